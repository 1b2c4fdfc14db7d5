"""what moderators need: posting rules in versions, what they saw, restrictions, flags, appeals, pseudonyms"""

import sqlalchemy as sa
from alembic import op

from forum.db import Key, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Written out, since SQLite adds a column with its checks in one statement and cannot add them afterwards.
_COLUMNS = (
    ("community_group", "rules_mark VARCHAR(12)"),
    ("community_group", "anonymous_posts BOOLEAN DEFAULT false NOT NULL"),
    ("duty_turn", "reminded_at {moment}"),
    ("duty_turn", "passed_on_at {moment}"),
    ("held_post", "pseudonym_id {key} CONSTRAINT fk_held_post_pseudonym_id_pseudonym REFERENCES pseudonym (id)"),
    ("held_post", "confirmed JSON DEFAULT '[]' NOT NULL"),
    (
        "held_post",
        "private BOOLEAN DEFAULT false NOT NULL CONSTRAINT ck_held_post_private_waits_for_its_author CHECK (NOT private OR state IN ('returned', 'withdrawn'))",
    ),
    ("held_post", "changed_at {moment}"),
    ("thread", "locked_until {moment}"),
    ("thread", "lock_reason TEXT DEFAULT '' NOT NULL"),
    ("post", "pseudonym_id {key} CONSTRAINT fk_post_pseudonym_id_pseudonym REFERENCES pseudonym (id)"),
)


def add_columns() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    types = {"key": "INTEGER", "moment": "DATETIME"} if is_sqlite else {"key": "BIGINT", "moment": "TIMESTAMPTZ"}
    for table, column in _COLUMNS:
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column.format(**types)}")


def upgrade() -> None:
    op.create_table(
        "posting_rule",
        sa.Column("id", Key, nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("group_id", Key, nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["community_group.id"], name=op.f("fk_posting_rule_group_id_community_group")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posting_rule")),
        sa.UniqueConstraint("group_id", "name", name=op.f("uq_posting_rule_group_id_name")),
        sa.UniqueConstraint("public_id", name=op.f("uq_posting_rule_public_id")),
    )
    op.create_table(
        "reason_template",
        sa.Column("id", Key, nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("group_id", Key, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["community_group.id"], name=op.f("fk_reason_template_group_id_community_group")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reason_template")),
        sa.UniqueConstraint("group_id", "name", name=op.f("uq_reason_template_group_id_name")),
        sa.UniqueConstraint("public_id", name=op.f("uq_reason_template_public_id")),
    )
    op.create_table(
        "pseudonym",
        sa.Column("id", Key, nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("thread_id", Key, nullable=True),
        sa.Column("member_id", Key, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_pseudonym_member_id_member")),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], name=op.f("fk_pseudonym_thread_id_thread")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pseudonym")),
        sa.UniqueConstraint("public_id", name=op.f("uq_pseudonym_public_id")),
        sa.UniqueConstraint("thread_id", "member_id", name=op.f("uq_pseudonym_thread_id_member_id")),
        sa.UniqueConstraint("thread_id", "name", name=op.f("uq_pseudonym_thread_id_name")),
    )
    op.create_index(op.f("ix_pseudonym_member_id"), "pseudonym", ["member_id"], unique=False)
    op.create_table(
        "restriction",
        sa.Column("id", Key, nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("group_id", Key, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "mute",
                "ban",
                "lock",
                "slow",
                "hold",
                name="restricts",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("member_id", Key, nullable=True),
        sa.Column("thread_id", Key, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_by_id", Key, nullable=True),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended_by_id", Key, nullable=True),
        sa.CheckConstraint(
            "(kind IN ('mute', 'ban')) = (member_id IS NOT NULL) AND (member_id IS NULL) <> (thread_id IS NULL)",
            name=op.f("ck_restriction_of_a_member_or_a_thread"),
        ),
        sa.CheckConstraint("ends_at IS NULL OR starts_at < ends_at", name=op.f("ck_restriction_has_length")),
        sa.ForeignKeyConstraint(["ended_by_id"], ["member.id"], name=op.f("fk_restriction_ended_by_id_member")),
        sa.ForeignKeyConstraint(
            ["group_id"], ["community_group.id"], name=op.f("fk_restriction_group_id_community_group")
        ),
        sa.ForeignKeyConstraint(["made_by_id"], ["member.id"], name=op.f("fk_restriction_made_by_id_member")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_restriction_member_id_member")),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], name=op.f("fk_restriction_thread_id_thread")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restriction")),
        sa.UniqueConstraint("public_id", name=op.f("uq_restriction_public_id")),
    )
    op.create_index(
        "ix_restriction_due",
        "restriction",
        ["ends_at"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL AND ends_at IS NOT NULL"),
        postgresql_where=sa.text("ended_at IS NULL AND ends_at IS NOT NULL"),
    )
    op.create_index(op.f("ix_restriction_member_id"), "restriction", ["member_id"], unique=False)
    op.create_index(op.f("ix_restriction_thread_id"), "restriction", ["thread_id"], unique=False)
    op.create_index(
        "uq_restriction_open_member",
        "restriction",
        ["group_id", "kind", "member_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL AND member_id IS NOT NULL"),
        postgresql_where=sa.text("ended_at IS NULL AND member_id IS NOT NULL"),
    )
    op.create_index(
        "uq_restriction_open_thread",
        "restriction",
        ["thread_id", "kind"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL AND thread_id IS NOT NULL"),
        postgresql_where=sa.text("ended_at IS NULL AND thread_id IS NOT NULL"),
    )
    op.create_table(
        "rule_version",
        sa.Column("id", Key, nullable=False),
        sa.Column("rule_id", Key, nullable=False),
        sa.Column("group_id", Key, nullable=False),
        sa.Column("number", Key, nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("check", sa.String(length=40), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column(
            "severity",
            sa.Enum(
                "advise",
                "hold",
                "return",
                "refuse",
                name="rule_severity",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column(
            "binds",
            sa.Enum(
                "all",
                "members",
                "moderators",
                "newcomers",
                name="binds",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column(
            "mode",
            sa.Enum("off", "shadow", "on", name="rule_mode", native_enum=False, create_constraint=True, length=20),
            nullable=False,
        ),
        sa.Column("may_be_loosened", sa.Boolean(), nullable=False),
        sa.Column("as_above", sa.Boolean(), nullable=False),
        sa.Column("caught", sa.JSON(), nullable=False),
        sa.Column("passing", sa.JSON(), nullable=False),
        sa.Column("room_id", Key, nullable=True),
        sa.Column("made_by_id", Key, nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("severity <> 'refuse'", name=op.f("ck_rule_version_refuses_nobody")),
        sa.ForeignKeyConstraint(
            ["group_id"], ["community_group.id"], name=op.f("fk_rule_version_group_id_community_group")
        ),
        sa.ForeignKeyConstraint(["made_by_id"], ["member.id"], name=op.f("fk_rule_version_made_by_id_member")),
        sa.ForeignKeyConstraint(
            ["room_id"], ["community_group.id"], name=op.f("fk_rule_version_room_id_community_group")
        ),
        sa.ForeignKeyConstraint(["rule_id"], ["posting_rule.id"], name=op.f("fk_rule_version_rule_id_posting_rule")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_version")),
        sa.UniqueConstraint("rule_id", "group_id", "number", name=op.f("uq_rule_version_rule_id_group_id_number")),
    )
    op.create_index(op.f("ix_rule_version_group_id"), "rule_version", ["group_id"], unique=False)
    op.create_table(
        "seal_opening",
        sa.Column("id", Key, nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("pseudonym_id", Key, nullable=False),
        sa.Column("group_id", Key, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by_id", Key, nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("opened_by_id", Key, nullable=True),
        sa.Column("opened_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "(opened_by_id IS NULL) = (opened_at IS NULL)", name=op.f("ck_seal_opening_opened_by_somebody")
        ),
        sa.CheckConstraint(
            "opened_by_id IS NULL OR opened_by_id <> asked_by_id", name=op.f("ck_seal_opening_two_owners")
        ),
        sa.ForeignKeyConstraint(["asked_by_id"], ["member.id"], name=op.f("fk_seal_opening_asked_by_id_member")),
        sa.ForeignKeyConstraint(
            ["group_id"], ["community_group.id"], name=op.f("fk_seal_opening_group_id_community_group")
        ),
        sa.ForeignKeyConstraint(["opened_by_id"], ["member.id"], name=op.f("fk_seal_opening_opened_by_id_member")),
        sa.ForeignKeyConstraint(
            ["pseudonym_id"], ["pseudonym.id"], name=op.f("fk_seal_opening_pseudonym_id_pseudonym")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seal_opening")),
        sa.UniqueConstraint("public_id", name=op.f("uq_seal_opening_public_id")),
    )
    op.create_index(op.f("ix_seal_opening_group_id"), "seal_opening", ["group_id"], unique=False)
    op.create_index(op.f("ix_seal_opening_pseudonym_id"), "seal_opening", ["pseudonym_id"], unique=False)
    op.create_table(
        "flagged_post",
        sa.Column("id", Key, nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("post_id", Key, nullable=False),
        sa.Column("group_id", Key, nullable=False),
        sa.Column(
            "state",
            sa.Enum("open", "kept", "acted", name="flagstate", native_enum=False, create_constraint=True, length=20),
            nullable=False,
        ),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("claimed_by_id", Key, nullable=True),
        sa.Column("claimed_until", UtcDateTime(), nullable=True),
        sa.Column("reminded_at", UtcDateTime(), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by_id", Key, nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("(state = 'open') = (decided_at IS NULL)", name=op.f("ck_flagged_post_decided_or_open")),
        sa.ForeignKeyConstraint(["claimed_by_id"], ["member.id"], name=op.f("fk_flagged_post_claimed_by_id_member")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["member.id"], name=op.f("fk_flagged_post_decided_by_id_member")),
        sa.ForeignKeyConstraint(
            ["group_id"], ["community_group.id"], name=op.f("fk_flagged_post_group_id_community_group")
        ),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_flagged_post_post_id_post")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flagged_post")),
        sa.UniqueConstraint("post_id", name=op.f("uq_flagged_post_post_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_flagged_post_public_id")),
    )
    op.create_index("ix_flagged_post_group_id_state", "flagged_post", ["group_id", "state", "id"], unique=False)
    op.create_table(
        "appeal",
        sa.Column("id", Key, nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("group_id", Key, nullable=False),
        sa.Column("held_post_id", Key, nullable=True),
        sa.Column("restriction_id", Key, nullable=True),
        sa.Column("first_decider_id", Key, nullable=True),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open", "upheld", "overturned", name="appealstate", native_enum=False, create_constraint=True, length=20
            ),
            nullable=False,
        ),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("reminded_at", UtcDateTime(), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by_id", Key, nullable=True),
        sa.Column("answer", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("(state = 'open') = (decided_at IS NULL)", name=op.f("ck_appeal_decided_or_open")),
        sa.CheckConstraint(
            "(held_post_id IS NULL) <> (restriction_id IS NULL)", name=op.f("ck_appeal_of_one_decision")
        ),
        sa.ForeignKeyConstraint(["decided_by_id"], ["member.id"], name=op.f("fk_appeal_decided_by_id_member")),
        sa.ForeignKeyConstraint(["first_decider_id"], ["member.id"], name=op.f("fk_appeal_first_decider_id_member")),
        sa.ForeignKeyConstraint(["group_id"], ["community_group.id"], name=op.f("fk_appeal_group_id_community_group")),
        sa.ForeignKeyConstraint(["held_post_id"], ["held_post.id"], name=op.f("fk_appeal_held_post_id_held_post")),
        sa.ForeignKeyConstraint(
            ["restriction_id"], ["restriction.id"], name=op.f("fk_appeal_restriction_id_restriction")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal")),
        sa.UniqueConstraint("held_post_id", name=op.f("uq_appeal_held_post_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_appeal_public_id")),
        sa.UniqueConstraint("restriction_id", name=op.f("uq_appeal_restriction_id")),
    )
    op.create_index("ix_appeal_group_id_state", "appeal", ["group_id", "state", "id"], unique=False)
    op.create_table(
        "flag",
        sa.Column("id", Key, nullable=False),
        sa.Column("flagged_id", Key, nullable=False),
        sa.Column("member_id", Key, nullable=False),
        sa.Column("rule_id", Key, nullable=True),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["flagged_id"], ["flagged_post.id"], name=op.f("fk_flag_flagged_id_flagged_post")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_flag_member_id_member")),
        sa.ForeignKeyConstraint(["rule_id"], ["posting_rule.id"], name=op.f("fk_flag_rule_id_posting_rule")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flag")),
        sa.UniqueConstraint("flagged_id", "member_id", name=op.f("uq_flag_flagged_id_member_id")),
    )
    op.create_index(op.f("ix_flag_member_id"), "flag", ["member_id"], unique=False)
    op.create_table(
        "rule_sighting",
        sa.Column("id", Key, nullable=False),
        sa.Column("version_id", Key, nullable=False),
        sa.Column("group_id", Key, nullable=False),
        sa.Column("post_id", Key, nullable=True),
        sa.Column("held_post_id", Key, nullable=True),
        sa.Column("shadow", sa.Boolean(), nullable=False),
        sa.Column(
            "severity",
            sa.Enum(
                "advise",
                "hold",
                "return",
                "refuse",
                name="sighting_severity",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("label", sa.String(length=40), server_default="", nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("passages", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("post_id IS NULL OR held_post_id IS NULL", name=op.f("ck_rule_sighting_of_one_submission")),
        sa.ForeignKeyConstraint(
            ["group_id"], ["community_group.id"], name=op.f("fk_rule_sighting_group_id_community_group")
        ),
        sa.ForeignKeyConstraint(
            ["held_post_id"], ["held_post.id"], name=op.f("fk_rule_sighting_held_post_id_held_post")
        ),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_rule_sighting_post_id_post")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["rule_version.id"], name=op.f("fk_rule_sighting_version_id_rule_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_sighting")),
    )
    op.create_index("ix_rule_sighting_group_id_created_at", "rule_sighting", ["group_id", "created_at"], unique=False)
    op.create_index(op.f("ix_rule_sighting_held_post_id"), "rule_sighting", ["held_post_id"], unique=False)
    op.create_index(op.f("ix_rule_sighting_post_id"), "rule_sighting", ["post_id"], unique=False)
    op.create_index(
        "ix_rule_sighting_version_id_created_at", "rule_sighting", ["version_id", "created_at"], unique=False
    )

    add_columns()
    op.create_index(
        "ix_held_post_kept",
        "held_post",
        ["created_at"],
        unique=False,
        sqlite_where=sa.text("private AND state = 'returned'"),
        postgresql_where=sa.text("private AND state = 'returned'"),
    )
    op.create_index(op.f("ix_held_post_pseudonym_id"), "held_post", ["pseudonym_id"], unique=False)
    op.create_index(op.f("ix_post_pseudonym_id"), "post", ["pseudonym_id"], unique=False)
    op.create_index(
        "ix_log_entry_held_post",
        "log_entry",
        ["group_id", "at"],
        unique=False,
        sqlite_where=sa.text("object_kind = 'held_post'"),
        postgresql_where=sa.text("object_kind = 'held_post'"),
    )


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before the upgrade instead")
