"""the first schema"""

import sqlalchemy as sa
from alembic import op

from forum.db import Key, UtcDateTime
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


_APPEND_ONLY_SQLITE = """
CREATE TRIGGER log_entry_no_{act} BEFORE {act} ON log_entry
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END
"""
_APPEND_ONLY_POSTGRESQL = """
CREATE FUNCTION log_entry_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the log is append-only'; END $$
"""


def make_log_append_only() -> None:
    """The database itself refuses to change or remove what was logged."""
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(_APPEND_ONLY_SQLITE.format(act=act))
        return
    op.execute(_APPEND_ONLY_POSTGRESQL)
    op.execute(
        "CREATE TRIGGER log_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log_entry "
        "EXECUTE FUNCTION log_entry_is_append_only()"
    )


def answered_afterwards() -> None:
    """thread.grown_from_id and post.thread_id point at each other: SQLite takes it inline, PostgreSQL afterwards."""
    if op.get_bind().dialect.name != "sqlite":
        op.create_foreign_key("fk_thread_grown_from_id_post", "thread", "post", ["grown_from_id"], ["id"])


def upgrade() -> None:
    op.create_table(
        "blob",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("size", Key, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("kept_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_blob")),
    )
    with op.batch_alter_table("blob", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_blob_kept_at"), ["kept_at"], unique=False)

    op.create_table(
        "community_group",
        sa.Column("id", Key, nullable=False),
        sa.Column("slug", sa.String(length=40), nullable=False),
        sa.Column("mail_name", sa.String(length=46), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "community",
                "region",
                "specialty",
                "interest",
                "circle",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("parent_id", Key, nullable=True),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column(
            "join_policy",
            sa.Enum(
                "open", "request", "invite", name="joinpolicy", native_enum=False, create_constraint=True, length=20
            ),
            nullable=False,
        ),
        sa.Column(
            "moderate",
            sa.Enum("all", "newcomers", "none", name="moderate", native_enum=False, create_constraint=True, length=20),
            nullable=False,
        ),
        sa.Column(
            "assurance_new",
            sa.Enum(
                "failed",
                "claimed",
                "token",
                "proven",
                name="assurance",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column(
            "assurance_reply",
            sa.Enum(
                "failed",
                "claimed",
                "token",
                "proven",
                name="assurance_reply",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("quota", Key, nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'community') = (parent_id IS NULL)", name=op.f("ck_community_group_only_the_root_has_no_parent")
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["community_group.id"], name=op.f("fk_community_group_parent_id_community_group")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_community_group")),
        sa.UniqueConstraint("mail_name", name=op.f("uq_community_group_mail_name")),
        sa.UniqueConstraint("slug", name=op.f("uq_community_group_slug")),
    )
    with op.batch_alter_table("community_group", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_community_group_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(
            "uq_community_group_root",
            ["kind"],
            unique=True,
            sqlite_where=sa.text("kind = 'community'"),
            postgresql_where=sa.text("kind = 'community'"),
        )

    op.create_table(
        "counter",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", Key, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counter")),
    )
    op.create_table(
        "log_entry",
        sa.Column("id", Key, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor_id", Key, nullable=True),
        sa.Column("act", sa.String(length=60), nullable=False),
        sa.Column("object_kind", sa.String(length=30), nullable=False),
        sa.Column("object_id", Key, nullable=False),
        sa.Column("group_id", Key, nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("undo", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_entry")),
    )
    op.create_table(
        "member",
        sa.Column("id", Key, nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("place", sa.String(length=200), server_default="", nullable=False),
        sa.Column("specialty", sa.String(length=200), server_default="", nullable=False),
        sa.Column("career_stage", sa.String(length=200), server_default="", nullable=False),
        sa.Column("employer", sa.String(length=200), server_default="", nullable=False),
        sa.Column("interests", sa.Text(), server_default="", nullable=False),
        sa.Column("time_zone", sa.String(length=60), server_default="UTC", nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("session_epoch", Key, server_default="0", nullable=False),
        sa.Column("placeholder", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member")),
        sa.UniqueConstraint("public_id", name=op.f("uq_member_public_id")),
    )
    op.create_table(
        "sign_in_attempt",
        sa.Column("id", Key, nullable=False),
        sa.Column("what", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempt")),
    )
    with op.batch_alter_table("sign_in_attempt", schema=None) as batch_op:
        batch_op.create_index("ix_sign_in_attempt_what", ["what", "at"], unique=False)

    op.create_table(
        "task",
        sa.Column("id", Key, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("target_id", Key, nullable=False),
        sa.Column("other_id", Key, nullable=True),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("attempts", Key, server_default="0", nullable=False),
        sa.Column("leased_until", UtcDateTime(), nullable=True),
        sa.Column("leased_by", sa.String(length=80), nullable=True),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("set_aside_at", UtcDateTime(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.create_index(
            "ix_task_due",
            ["kind", "due_at", "id"],
            unique=False,
            sqlite_where=sa.text("done_at IS NULL AND set_aside_at IS NULL"),
            postgresql_where=sa.text("done_at IS NULL AND set_aside_at IS NULL"),
        )

    op.create_table(
        "address",
        sa.Column("id", Key, nullable=False),
        sa.Column("member_id", Key, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("key", sa.String(length=254), nullable=False),
        sa.Column("base_key", sa.String(length=254), nullable=False),
        sa.Column("is_primary", sa.Boolean(), nullable=False),
        sa.Column("bouncing_since", UtcDateTime(), nullable=True),
        sa.Column("verified_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_address_member_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address")),
        sa.UniqueConstraint("key", name=op.f("uq_address_key")),
    )
    with op.batch_alter_table("address", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_address_base_key"), ["base_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_address_member_id"), ["member_id"], unique=False)
        batch_op.create_index(
            "uq_address_primary",
            ["member_id"],
            unique=True,
            sqlite_where=sa.text("is_primary"),
            postgresql_where=sa.text("is_primary"),
        )

    op.create_table(
        "former_membership",
        sa.Column("id", Key, nullable=False),
        sa.Column("member_id", Key, nullable=False),
        sa.Column("group_id", Key, nullable=False),
        sa.Column(
            "role",
            sa.Enum("member", "moderator", "owner", name="role", native_enum=False, create_constraint=True, length=20),
            nullable=False,
        ),
        sa.Column(
            "delivery",
            sa.Enum(
                "single",
                "digest",
                "weekly",
                "followed",
                "specials",
                "none",
                name="delivery",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("own_copy", sa.Boolean(), nullable=False),
        sa.Column("newcomer_posts", Key, nullable=False),
        sa.Column("muted_until", UtcDateTime(), nullable=True),
        sa.Column("by_choice", sa.Boolean(), nullable=False),
        sa.Column("left_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["community_group.id"], name=op.f("fk_former_membership_group_id_community_group")
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_former_membership_member_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_former_membership")),
        sa.UniqueConstraint("member_id", "group_id", name=op.f("uq_former_membership_member_id_group_id")),
    )
    op.create_table(
        "inbound_mail",
        sa.Column("id", Key, nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("envelope_sender", sa.String(length=320), nullable=False),
        sa.Column("raw_digest", sa.String(length=64), nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("from_address", sa.String(length=320), nullable=False),
        sa.Column("subject", sa.String(length=500), nullable=False),
        sa.Column("message_id", sa.String(length=998), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "received",
                "posted",
                "held",
                "returned",
                "refused",
                "duplicate",
                "automatic",
                "bounce",
                "command",
                "set_aside",
                name="mailstate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("attempts", Key, server_default="0", nullable=False),
        sa.Column("leased_until", UtcDateTime(), nullable=True),
        sa.Column("leased_by", sa.String(length=80), nullable=True),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("set_aside_at", UtcDateTime(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["raw_digest"], ["blob.digest"], name=op.f("fk_inbound_mail_raw_digest_blob")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_mail")),
        sa.UniqueConstraint("public_id", name=op.f("uq_inbound_mail_public_id")),
    )
    with op.batch_alter_table("inbound_mail", schema=None) as batch_op:
        batch_op.create_index(
            "ix_inbound_mail_due",
            ["due_at", "id"],
            unique=False,
            sqlite_where=sa.text("done_at IS NULL AND set_aside_at IS NULL"),
            postgresql_where=sa.text("done_at IS NULL AND set_aside_at IS NULL"),
        )
        batch_op.create_index(batch_op.f("ix_inbound_mail_from_address"), ["from_address"], unique=False)
        batch_op.create_index(batch_op.f("ix_inbound_mail_message_id"), ["message_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_inbound_mail_raw_digest"), ["raw_digest"], unique=False)
        batch_op.create_index(batch_op.f("ix_inbound_mail_received_at"), ["received_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_inbound_mail_state"), ["state"], unique=False)

    op.create_table(
        "invitation",
        sa.Column("id", Key, nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_key", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("group_id", Key, nullable=False),
        sa.Column("invited_by_id", Key, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("accepted_at", UtcDateTime(), nullable=True),
        sa.Column("accepted_by_id", Key, nullable=True),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("accepted_at IS NULL OR withdrawn_at IS NULL", name=op.f("ck_invitation_one_end")),
        sa.ForeignKeyConstraint(["accepted_by_id"], ["member.id"], name=op.f("fk_invitation_accepted_by_id_member")),
        sa.ForeignKeyConstraint(
            ["group_id"], ["community_group.id"], name=op.f("fk_invitation_group_id_community_group")
        ),
        sa.ForeignKeyConstraint(["invited_by_id"], ["member.id"], name=op.f("fk_invitation_invited_by_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("public_id", name=op.f("uq_invitation_public_id")),
    )
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invitation_email_key"), ["email_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_invitation_invited_by_id"), ["invited_by_id"], unique=False)
        batch_op.create_index(
            "uq_invitation_open",
            ["group_id", "email_key"],
            unique=True,
            sqlite_where=sa.text("accepted_at IS NULL AND withdrawn_at IS NULL"),
            postgresql_where=sa.text("accepted_at IS NULL AND withdrawn_at IS NULL"),
        )

    op.create_table(
        "log_seal",
        sa.Column("number", Key, nullable=False),
        sa.Column("entry_id", Key, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["log_entry.id"], name=op.f("fk_log_seal_entry_id_log_entry")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_log_seal")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_log_seal_entry_id")),
    )
    op.create_table(
        "membership",
        sa.Column("id", Key, nullable=False),
        sa.Column("member_id", Key, nullable=False),
        sa.Column("group_id", Key, nullable=False),
        sa.Column(
            "role",
            sa.Enum("member", "moderator", "owner", name="role", native_enum=False, create_constraint=True, length=20),
            nullable=False,
        ),
        sa.Column(
            "standing",
            sa.Enum(
                "active",
                "pending",
                "muted",
                "banned",
                name="standing",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("muted_until", UtcDateTime(), nullable=True),
        sa.Column(
            "delivery",
            sa.Enum(
                "single",
                "digest",
                "weekly",
                "followed",
                "specials",
                "none",
                name="delivery",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("own_copy", sa.Boolean(), server_default=sa.text("(true)"), nullable=False),
        sa.Column("newcomer_posts", Key, server_default="0", nullable=False),
        sa.Column("joined_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "(standing = 'muted') = (muted_until IS NOT NULL)", name=op.f("ck_membership_muted_until_when_muted")
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["community_group.id"], name=op.f("fk_membership_group_id_community_group")
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_membership_member_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
        sa.UniqueConstraint("member_id", "group_id", name=op.f("uq_membership_member_id_group_id")),
    )
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.create_index("ix_membership_group_id_delivery", ["group_id", "delivery"], unique=False)
        batch_op.create_index("ix_membership_group_id_role_standing", ["group_id", "role", "standing"], unique=False)

    op.create_table(
        "one_time_link",
        sa.Column("id", Key, nullable=False),
        sa.Column(
            "purpose",
            sa.Enum(
                "sign_in",
                "verify_address",
                "claim",
                name="linkpurpose",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("member_id", Key, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_one_time_link_member_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_one_time_link")),
    )
    with op.batch_alter_table("one_time_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_one_time_link_member_id"), ["member_id"], unique=False)

    op.create_table(
        "thread",
        sa.Column("id", Key, nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("group_id", Key, nullable=False),
        sa.Column("subject", sa.String(length=500), nullable=False),
        sa.Column("subject_key", sa.String(length=500), nullable=False),
        sa.Column("grown_from_id", Key, nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("locked_at", UtcDateTime(), nullable=True),
        sa.Column("posts", Key, nullable=False),
        sa.Column("last_post_at", UtcDateTime(), nullable=False),
        sa.Column("last_published_no", Key, nullable=False),
        sa.Column("last_byline", sa.String(length=200), nullable=False),
        sa.Column("last_excerpt", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["community_group.id"], name=op.f("fk_thread_group_id_community_group")),
        sa.ForeignKeyConstraint(
            ["grown_from_id"], ["post.id"], name=op.f("fk_thread_grown_from_id_post"), use_alter=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_thread")),
        sa.UniqueConstraint("public_id", name=op.f("uq_thread_public_id")),
    )
    with op.batch_alter_table("thread", schema=None) as batch_op:
        batch_op.create_index("ix_thread_group_id_last_published_no", ["group_id", "last_published_no"], unique=False)
        batch_op.create_index("ix_thread_group_id_subject_key", ["group_id", "subject_key"], unique=False)

    op.create_table(
        "post",
        sa.Column("id", Key, nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("thread_id", Key, nullable=False),
        sa.Column("published_no", Key, nullable=False),
        sa.Column("fan_out_key", Key, nullable=False),
        sa.Column("author_id", Key, nullable=False),
        sa.Column("byline", sa.String(length=200), nullable=False),
        sa.Column(
            "via",
            sa.Enum("mail", "web", "cli", "import", name="via", native_enum=False, create_constraint=True, length=20),
            nullable=False,
        ),
        sa.Column("message_id", sa.String(length=998), nullable=False),
        sa.Column("author_message_id", sa.String(length=998), nullable=True),
        sa.Column("in_reply_to_id", Key, nullable=True),
        sa.Column("subject", sa.String(length=500), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column(
            "text_format",
            sa.Enum(
                "plain", "markdown", "html", name="textformat", native_enum=False, create_constraint=True, length=20
            ),
            nullable=False,
        ),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), server_default="", nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("erased_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["author_id"], ["member.id"], name=op.f("fk_post_author_id_member")),
        sa.ForeignKeyConstraint(["in_reply_to_id"], ["post.id"], name=op.f("fk_post_in_reply_to_id_post")),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], name=op.f("fk_post_thread_id_thread")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post")),
        sa.UniqueConstraint("message_id", name=op.f("uq_post_message_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_post_public_id")),
        sa.UniqueConstraint("published_no", name=op.f("uq_post_published_no")),
    )
    with op.batch_alter_table("post", schema=None) as batch_op:
        batch_op.create_index("ix_post_author_id_created_at", ["author_id", "created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_post_author_message_id"), ["author_message_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_post_fan_out_key"), ["fan_out_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_post_in_reply_to_id"), ["in_reply_to_id"], unique=False)
        batch_op.create_index("ix_post_thread_id_published_no", ["thread_id", "published_no"], unique=False)

    op.create_table(
        "reading_mark",
        sa.Column("id", Key, nullable=False),
        sa.Column("member_id", Key, nullable=False),
        sa.Column("thread_id", Key, nullable=False),
        sa.Column("published_no", Key, nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_reading_mark_member_id_member")),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], name=op.f("fk_reading_mark_thread_id_thread")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading_mark")),
        sa.UniqueConstraint("member_id", "thread_id", name=op.f("uq_reading_mark_member_id_thread_id")),
    )
    op.create_table(
        "delivery",
        sa.Column("id", Key, nullable=False),
        sa.Column("fan_out_key", Key, nullable=False),
        sa.Column("post_id", Key, nullable=False),
        sa.Column("member_id", Key, nullable=False),
        sa.Column("address_id", Key, nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "sent",
                "refused",
                "skipped",
                "given_up",
                name="deliverystate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("attempts", Key, server_default="0", nullable=False),
        sa.Column("leased_until", UtcDateTime(), nullable=True),
        sa.Column("leased_by", sa.String(length=80), nullable=True),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("set_aside_at", UtcDateTime(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["address_id"], ["address.id"], name=op.f("fk_delivery_address_id_address"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_delivery_member_id_member")),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_delivery_post_id_post")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("fan_out_key", "member_id", name=op.f("uq_delivery_fan_out_key_member_id")),
    )
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_delivery_address_id"), ["address_id"], unique=False)
        batch_op.create_index(
            "ix_delivery_due",
            ["due_at", "id"],
            unique=False,
            sqlite_where=sa.text("done_at IS NULL AND set_aside_at IS NULL"),
            postgresql_where=sa.text("done_at IS NULL AND set_aside_at IS NULL"),
        )
        batch_op.create_index("ix_delivery_member_id", ["member_id"], unique=False)
        batch_op.create_index("ix_delivery_state_done_at", ["state", "done_at"], unique=False)

    op.create_table(
        "delivery_summary",
        sa.Column("post_id", Key, nullable=False),
        sa.Column("first_sent_at", UtcDateTime(), nullable=False),
        sa.Column("last_sent_at", UtcDateTime(), nullable=False),
        sa.Column("member_ids", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_delivery_summary_post_id_post")),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_delivery_summary")),
    )
    op.create_table(
        "held_post",
        sa.Column("id", Key, nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("group_id", Key, nullable=False),
        sa.Column("author_id", Key, nullable=True),
        sa.Column("byline", sa.String(length=500), nullable=False),
        sa.Column(
            "via",
            sa.Enum("mail", "web", "cli", "import", name="via", native_enum=False, create_constraint=True, length=20),
            nullable=False,
        ),
        sa.Column(
            "assurance",
            sa.Enum(
                "failed",
                "claimed",
                "token",
                "proven",
                name="assurance",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("subject", sa.String(length=500), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column(
            "text_format",
            sa.Enum(
                "plain", "markdown", "html", name="textformat", native_enum=False, create_constraint=True, length=20
            ),
            nullable=False,
        ),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), server_default="", nullable=False),
        sa.Column("author_message_id", sa.String(length=998), nullable=True),
        sa.Column("content_digest", sa.String(length=64), nullable=False),
        sa.Column("in_reply_to_id", Key, nullable=True),
        sa.Column("thread_id", Key, nullable=True),
        sa.Column("fan_out_key", Key, nullable=True),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "approved",
                "rejected",
                "returned",
                "withdrawn",
                name="heldstate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by_id", Key, nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("post_id", Key, nullable=True),
        sa.CheckConstraint(
            "(state = 'approved') = (post_id IS NOT NULL)", name=op.f("ck_held_post_approved_is_a_post")
        ),
        sa.ForeignKeyConstraint(["author_id"], ["member.id"], name=op.f("fk_held_post_author_id_member")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["member.id"], name=op.f("fk_held_post_decided_by_id_member")),
        sa.ForeignKeyConstraint(
            ["group_id"], ["community_group.id"], name=op.f("fk_held_post_group_id_community_group")
        ),
        sa.ForeignKeyConstraint(["in_reply_to_id"], ["post.id"], name=op.f("fk_held_post_in_reply_to_id_post")),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_held_post_post_id_post")),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], name=op.f("fk_held_post_thread_id_thread")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_post")),
        sa.UniqueConstraint("public_id", name=op.f("uq_held_post_public_id")),
    )
    with op.batch_alter_table("held_post", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_held_post_author_id"), ["author_id"], unique=False)
        batch_op.create_index("ix_held_post_group_id_state", ["group_id", "state", "id"], unique=False)

    op.create_table(
        "post_search",
        sa.Column("post_id", Key, nullable=False),
        sa.Column("document", postgresql.TSVECTOR().with_variant(sa.Text(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_post_search_post_id_post")),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_post_search")),
    )
    with op.batch_alter_table("post_search", schema=None) as batch_op:
        batch_op.create_index("ix_post_search_document", ["document"], unique=False, postgresql_using="gin")

    op.create_table(
        "arrival",
        sa.Column("id", Key, nullable=False),
        sa.Column("group_id", Key, nullable=False),
        sa.Column("author_message_id", sa.String(length=998), nullable=False),
        sa.Column("content_digest", sa.String(length=64), nullable=False),
        sa.Column("post_id", Key, nullable=True),
        sa.Column("held_post_id", Key, nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("(post_id IS NULL) <> (held_post_id IS NULL)", name=op.f("ck_arrival_one_fate")),
        sa.ForeignKeyConstraint(["group_id"], ["community_group.id"], name=op.f("fk_arrival_group_id_community_group")),
        sa.ForeignKeyConstraint(["held_post_id"], ["held_post.id"], name=op.f("fk_arrival_held_post_id_held_post")),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_arrival_post_id_post")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrival")),
        sa.UniqueConstraint("group_id", "author_message_id", name=op.f("uq_arrival_group_id_author_message_id")),
    )
    with op.batch_alter_table("arrival", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_arrival_held_post_id"), ["held_post_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_arrival_post_id"), ["post_id"], unique=False)

    op.create_table(
        "attachment",
        sa.Column("id", Key, nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("post_id", Key, nullable=True),
        sa.Column("held_post_id", Key, nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("type", sa.String(length=255), nullable=False),
        sa.Column("size", Key, nullable=False),
        sa.CheckConstraint("(post_id IS NULL) <> (held_post_id IS NULL)", name=op.f("ck_attachment_of_one_post")),
        sa.ForeignKeyConstraint(["digest"], ["blob.digest"], name=op.f("fk_attachment_digest_blob")),
        sa.ForeignKeyConstraint(["held_post_id"], ["held_post.id"], name=op.f("fk_attachment_held_post_id_held_post")),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_attachment_post_id_post")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
        sa.UniqueConstraint("public_id", name=op.f("uq_attachment_public_id")),
    )
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_attachment_digest"), ["digest"], unique=False)
        batch_op.create_index(batch_op.f("ix_attachment_held_post_id"), ["held_post_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_attachment_post_id"), ["post_id"], unique=False)

    op.create_table(
        "inbound_recipient",
        sa.Column("id", Key, nullable=False),
        sa.Column("mail_id", Key, nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "received",
                "posted",
                "held",
                "returned",
                "refused",
                "duplicate",
                "automatic",
                "bounce",
                "command",
                "set_aside",
                name="mailstate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("post_id", Key, nullable=True),
        sa.Column("held_post_id", Key, nullable=True),
        sa.ForeignKeyConstraint(
            ["held_post_id"], ["held_post.id"], name=op.f("fk_inbound_recipient_held_post_id_held_post")
        ),
        sa.ForeignKeyConstraint(
            ["mail_id"], ["inbound_mail.id"], name=op.f("fk_inbound_recipient_mail_id_inbound_mail")
        ),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_inbound_recipient_post_id_post")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_recipient")),
        sa.UniqueConstraint("mail_id", "address", name=op.f("uq_inbound_recipient_mail_id_address")),
    )
    with op.batch_alter_table("inbound_recipient", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_inbound_recipient_held_post_id"), ["held_post_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_inbound_recipient_mail_id"), ["mail_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_inbound_recipient_post_id"), ["post_id"], unique=False)

    answered_afterwards()
    make_log_append_only()


def downgrade() -> None:
    raise NotImplementedError("the first schema has nothing below it: remove the database instead")
