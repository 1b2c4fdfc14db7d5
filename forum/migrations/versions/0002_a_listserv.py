"""what a listserv needs: digests, bounces, tags, moderating by mail, private answers"""

import sqlalchemy as sa
from alembic import op

from forum.db import Key, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Written out, since SQLite adds a column with its checks in one statement and cannot add them afterwards.
_COLUMNS = (
    (
        "address",
        "pause_reason VARCHAR(20) CONSTRAINT ck_address_pausereason CHECK (pause_reason IN ('bounces', 'complaint', 'removed')) CONSTRAINT ck_address_paused_for_a_reason CHECK ((bouncing_since IS NULL) = (pause_reason IS NULL))",
    ),
    ("address", "paused_from_no {key}"),
    ("address", "bounce_score {key} DEFAULT 0 NOT NULL"),
    ("address", "bounce_counted_at {moment}"),
    ("address", "probes {key} DEFAULT 0 NOT NULL"),
    ("address", "probe_due_at {moment}"),
    (
        "community_group",
        "strangers VARCHAR(20) DEFAULT 'hold' NOT NULL CONSTRAINT ck_community_group_strangers CHECK (strangers IN ('hold', 'refuse'))",
    ),
    (
        "community_group",
        "mail_content VARCHAR(20) DEFAULT 'full' NOT NULL CONSTRAINT ck_community_group_mailcontent CHECK (mail_content IN ('full', 'link'))",
    ),
    (
        "community_group",
        "reply_to VARCHAR(20) DEFAULT 'group' NOT NULL CONSTRAINT ck_community_group_replyto CHECK (reply_to IN ('group', 'author'))",
    ),
    (
        "community_group",
        "one_click VARCHAR(20) DEFAULT 'leave' NOT NULL CONSTRAINT ck_community_group_oneclick CHECK (one_click IN ('leave', 'stop'))",
    ),
    ("community_group", "moderators_obey BOOLEAN DEFAULT false NOT NULL"),
    ("community_group", "hold_unaddressed BOOLEAN DEFAULT false NOT NULL"),
    ("community_group", "emergency_since {moment}"),
    ("community_group", "decide_within_days {key} DEFAULT 14 NOT NULL"),
    ("delivery", "for_digest BOOLEAN DEFAULT false NOT NULL"),
    ("former_membership", "topics_only BOOLEAN DEFAULT false NOT NULL"),
    ("former_membership", "acknowledge BOOLEAN DEFAULT false NOT NULL"),
    ("former_membership", "copy_when_addressed BOOLEAN DEFAULT true NOT NULL"),
    ("held_post", "original_text TEXT"),
    ("held_post", "original_html TEXT"),
    ("held_post", "claimed_by_id {key} CONSTRAINT fk_held_post_claimed_by_id_member REFERENCES member (id)"),
    ("held_post", "claimed_until {moment}"),
    ("held_post", "reminded_at {moment}"),
    (
        "member",
        "digest_hour {key} DEFAULT 7 NOT NULL CONSTRAINT ck_member_an_hour_of_the_day CHECK (digest_hour BETWEEN 0 AND 23)",
    ),
    (
        "member",
        "digest_weekday {key} DEFAULT 0 NOT NULL CONSTRAINT ck_member_a_day_of_the_week CHECK (digest_weekday BETWEEN 0 AND 6)",
    ),
    (
        "member",
        "digest_format VARCHAR(20) DEFAULT 'html' NOT NULL CONSTRAINT ck_member_digestformat CHECK (digest_format IN ('html', 'plain', 'rfc1153'))",
    ),
    ("member", "digest_due_at {moment}"),
    ("member", "away_until {moment}"),
    (
        "member",
        "away_from_no {key} CONSTRAINT ck_member_away_from_when_away CHECK ((away_until IS NULL) = (away_from_no IS NULL))",
    ),
    ("membership", "topics_only BOOLEAN DEFAULT false NOT NULL"),
    ("membership", "acknowledge BOOLEAN DEFAULT false NOT NULL"),
    ("membership", "copy_when_addressed BOOLEAN DEFAULT true NOT NULL"),
    ("membership", "trusted BOOLEAN DEFAULT false NOT NULL"),
    (
        "membership",
        "held_notices VARCHAR(20) DEFAULT 'each' NOT NULL CONSTRAINT ck_membership_heldnotices CHECK (held_notices IN ('each', 'summary', 'none'))",
    ),
    ("membership", "told_of_decisions BOOLEAN DEFAULT true NOT NULL"),
    ("membership", "digest_no {key} DEFAULT 0 NOT NULL"),
    ("membership", "digest_until_no {key}"),
    ("post", "special BOOLEAN DEFAULT false NOT NULL"),
    ("post", "edited_at {moment}"),
    ("thread", "moderated_at {moment}"),
    ("thread", "slow_seconds {key}"),
)


def add_columns() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    types = {"key": "INTEGER", "moment": "DATETIME"} if is_sqlite else {"key": "BIGINT", "moment": "TIMESTAMPTZ"}
    # No version before this one paused an address, and a pause has a reason from now on.
    op.execute("UPDATE address SET bouncing_since = NULL")
    for table, column in _COLUMNS:
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column.format(**types)}")


def upgrade() -> None:
    op.create_table(
        "block",
        sa.Column("id", Key, nullable=False),
        sa.Column("member_id", Key, nullable=False),
        sa.Column("blocked_id", Key, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["blocked_id"], ["member.id"], name=op.f("fk_block_blocked_id_member")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_block_member_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_block")),
        sa.UniqueConstraint("member_id", "blocked_id", name=op.f("uq_block_member_id_blocked_id")),
    )
    op.create_table(
        "digest",
        sa.Column("id", Key, nullable=False),
        sa.Column("member_id", Key, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "daily", "weekly", "catch_up", name="digestkind", native_enum=False, create_constraint=True, length=20
            ),
            nullable=False,
        ),
        sa.Column("slot", sa.String(length=20), nullable=False),
        sa.Column("from_no", Key, nullable=True),
        sa.Column("through_no", Key, nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "sent",
                "refused",
                "skipped",
                "given_up",
                name="digest_state",
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
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_digest_member_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest")),
        sa.UniqueConstraint("member_id", "kind", "slot", name=op.f("uq_digest_member_id_kind_slot")),
    )
    with op.batch_alter_table("digest", schema=None) as batch_op:
        batch_op.create_index(
            "ix_digest_due",
            ["due_at", "id"],
            unique=False,
            sqlite_where=sa.text("done_at IS NULL AND set_aside_at IS NULL"),
            postgresql_where=sa.text("done_at IS NULL AND set_aside_at IS NULL"),
        )

    op.create_table(
        "duty_turn",
        sa.Column("id", Key, nullable=False),
        sa.Column("group_id", Key, nullable=False),
        sa.Column("member_id", Key, nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_duty_turn_a_turn_has_length")),
        sa.ForeignKeyConstraint(
            ["group_id"], ["community_group.id"], name=op.f("fk_duty_turn_group_id_community_group")
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_duty_turn_member_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_turn")),
    )
    with op.batch_alter_table("duty_turn", schema=None) as batch_op:
        batch_op.create_index("ix_duty_turn_group_id_ends_at", ["group_id", "ends_at"], unique=False)

    op.create_table(
        "queue_summary",
        sa.Column("id", Key, nullable=False),
        sa.Column("member_id", Key, nullable=False),
        sa.Column("held_ids", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_queue_summary_member_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue_summary")),
    )
    with op.batch_alter_table("queue_summary", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_queue_summary_member_id"), ["member_id"], unique=False)

    op.create_table(
        "roster_sync",
        sa.Column("id", Key, nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("group_id", Key, nullable=False),
        sa.Column("added", sa.JSON(), nullable=False),
        sa.Column("removed", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("undone_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id"], ["community_group.id"], name=op.f("fk_roster_sync_group_id_community_group")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_sync")),
        sa.UniqueConstraint("public_id", name=op.f("uq_roster_sync_public_id")),
    )
    with op.batch_alter_table("roster_sync", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_roster_sync_group_id"), ["group_id"], unique=False)

    op.create_table(
        "tag_choice",
        sa.Column("id", Key, nullable=False),
        sa.Column("member_id", Key, nullable=False),
        sa.Column("group_id", Key, nullable=False),
        sa.Column("tag", sa.String(length=80), nullable=False),
        sa.Column(
            "choice",
            sa.Enum("follow", "mute", name="tag_choice", native_enum=False, create_constraint=True, length=20),
            nullable=False,
        ),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["community_group.id"], name=op.f("fk_tag_choice_group_id_community_group")
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_tag_choice_member_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag_choice")),
        sa.UniqueConstraint("member_id", "group_id", "tag", name=op.f("uq_tag_choice_member_id_group_id_tag")),
    )
    with op.batch_alter_table("tag_choice", schema=None) as batch_op:
        batch_op.create_index("ix_tag_choice_group_id_tag", ["group_id", "tag", "choice", "member_id"], unique=False)

    op.create_table(
        "bounce_note",
        sa.Column("id", Key, nullable=False),
        sa.Column("address_id", Key, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("klass", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["address_id"], ["address.id"], name=op.f("fk_bounce_note_address_id_address"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bounce_note")),
    )
    with op.batch_alter_table("bounce_note", schema=None) as batch_op:
        batch_op.create_index("ix_bounce_note_address_id_at", ["address_id", "at"], unique=False)

    op.create_table(
        "private_answer",
        sa.Column("id", Key, nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("sender_id", Key, nullable=False),
        sa.Column("recipient_id", Key, nullable=False),
        sa.Column("group_id", Key, nullable=False),
        sa.Column("subject", sa.String(length=500), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("message_id", sa.String(length=300), nullable=False),
        sa.Column("author_message_id", sa.String(length=998), nullable=False),
        sa.Column("post_id", Key, nullable=True),
        sa.Column("answers_id", Key, nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("reported_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["answers_id"], ["private_answer.id"], name=op.f("fk_private_answer_answers_id_private_answer")
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["community_group.id"], name=op.f("fk_private_answer_group_id_community_group")
        ),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_private_answer_post_id_post")),
        sa.ForeignKeyConstraint(["recipient_id"], ["member.id"], name=op.f("fk_private_answer_recipient_id_member")),
        sa.ForeignKeyConstraint(["sender_id"], ["member.id"], name=op.f("fk_private_answer_sender_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_private_answer")),
        sa.UniqueConstraint("message_id", name=op.f("uq_private_answer_message_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_private_answer_public_id")),
        sa.UniqueConstraint(
            "sender_id",
            "recipient_id",
            "author_message_id",
            name=op.f("uq_private_answer_sender_id_recipient_id_author_message_id"),
        ),
    )
    with op.batch_alter_table("private_answer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_private_answer_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_private_answer_recipient_id"), ["recipient_id"], unique=False)
        batch_op.create_index("ix_private_answer_sender_id_created_at", ["sender_id", "created_at"], unique=False)

    op.create_table(
        "private_file",
        sa.Column("id", Key, nullable=False),
        sa.Column("answer_id", Key, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("type", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(
            ["answer_id"], ["private_answer.id"], name=op.f("fk_private_file_answer_id_private_answer")
        ),
        sa.ForeignKeyConstraint(["digest"], ["blob.digest"], name=op.f("fk_private_file_digest_blob")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_private_file")),
    )
    with op.batch_alter_table("private_file", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_private_file_answer_id"), ["answer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_private_file_digest"), ["digest"], unique=False)

    op.create_table(
        "thread_choice",
        sa.Column("id", Key, nullable=False),
        sa.Column("member_id", Key, nullable=False),
        sa.Column("thread_id", Key, nullable=False),
        sa.Column(
            "choice",
            sa.Enum("follow", "mute", name="thread_choice", native_enum=False, create_constraint=True, length=20),
            nullable=False,
        ),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_thread_choice_member_id_member")),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], name=op.f("fk_thread_choice_thread_id_thread")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_thread_choice")),
        sa.UniqueConstraint("member_id", "thread_id", name=op.f("uq_thread_choice_member_id_thread_id")),
    )
    with op.batch_alter_table("thread_choice", schema=None) as batch_op:
        batch_op.create_index("ix_thread_choice_thread_id_choice", ["thread_id", "choice", "member_id"], unique=False)

    op.create_table(
        "thread_tag",
        sa.Column("id", Key, nullable=False),
        sa.Column("thread_id", Key, nullable=False),
        sa.Column("group_id", Key, nullable=False),
        sa.Column("tag", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["community_group.id"], name=op.f("fk_thread_tag_group_id_community_group")
        ),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], name=op.f("fk_thread_tag_thread_id_thread")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_thread_tag")),
        sa.UniqueConstraint("thread_id", "tag", name=op.f("uq_thread_tag_thread_id_tag")),
    )
    with op.batch_alter_table("thread_tag", schema=None) as batch_op:
        batch_op.create_index("ix_thread_tag_group_id_tag", ["group_id", "tag"], unique=False)

    op.create_table(
        "old_number",
        sa.Column("id", Key, nullable=False),
        sa.Column("group_id", Key, nullable=False),
        sa.Column("number", Key, nullable=False),
        sa.Column("post_id", Key, nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["community_group.id"], name=op.f("fk_old_number_group_id_community_group")
        ),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_old_number_post_id_post")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_old_number")),
        sa.UniqueConstraint("group_id", "number", name=op.f("uq_old_number_group_id_number")),
    )
    op.create_index(op.f("ix_old_number_post_id"), "old_number", ["post_id"], unique=False)
    add_columns()
    op.create_index(
        "ix_membership_no_second_copy",
        "membership",
        ["group_id"],
        unique=False,
        sqlite_where=sa.text("copy_when_addressed = 0"),
        postgresql_where=sa.text("NOT copy_when_addressed"),
    )
    op.create_index(op.f("ix_held_post_post_id"), "held_post", ["post_id"], unique=False)
    op.create_index(
        "ix_address_bouncing_since",
        "address",
        ["bouncing_since"],
        unique=False,
        sqlite_where=sa.text("bouncing_since IS NOT NULL"),
        postgresql_where=sa.text("bouncing_since IS NOT NULL"),
    )
    op.create_index(
        "ix_delivery_open",
        "delivery",
        ["fan_out_key", "due_at", "id"],
        unique=False,
        sqlite_where=sa.text("done_at IS NULL AND set_aside_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL AND set_aside_at IS NULL"),
    )
    op.create_index(
        "ix_address_probe_due_at",
        "address",
        ["probe_due_at"],
        unique=False,
        sqlite_where=sa.text("probe_due_at IS NOT NULL"),
        postgresql_where=sa.text("probe_due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_held_post_waiting",
        "held_post",
        ["created_at"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "ix_member_away_until",
        "member",
        ["away_until"],
        unique=False,
        sqlite_where=sa.text("away_until IS NOT NULL"),
        postgresql_where=sa.text("away_until IS NOT NULL"),
    )
    op.create_index("ix_task_target_id_kind", "task", ["target_id", "kind"], unique=False)
    op.create_index(
        "ix_member_digest_due_at",
        "member",
        ["digest_due_at"],
        unique=False,
        sqlite_where=sa.text("digest_due_at IS NOT NULL"),
        postgresql_where=sa.text("digest_due_at IS NOT NULL"),
    )
    # Who chose digests before there were any gets the first one at the next digest hour, with what is new from now on.
    op.execute(
        "UPDATE membership SET digest_no = COALESCE((SELECT value FROM counter WHERE name = 'published'), 0)"
        " WHERE delivery IN ('digest', 'weekly')"
    )
    op.execute(
        "UPDATE member SET digest_due_at = CURRENT_TIMESTAMP"
        " WHERE id IN (SELECT member_id FROM membership WHERE delivery IN ('digest', 'weekly'))"
    )


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before the upgrade instead")
