"""growing smaller groups: facets, plans of spin-offs and splits, threads that moved"""

import sqlalchemy as sa
from alembic import op

from forum.db import Key, UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Written out, since SQLite adds a column with its checks in one statement and cannot add them afterwards.
_COLUMNS = (
    ("community_group", "announce_only BOOLEAN DEFAULT false NOT NULL"),
    ("community_group", "members_may_be_moved BOOLEAN DEFAULT false NOT NULL"),
    ("community_group", "closed_at {moment}"),
    ("member", "asked_about_profile_at {moment}"),
    (
        "community_group",
        "became_id {key} CONSTRAINT fk_community_group_became_id_community_group REFERENCES community_group (id)"
        " CONSTRAINT ck_community_group_closed_into_another CHECK ((closed_at IS NULL) = (became_id IS NULL))",
    ),
    *(
        (
            "member",
            f"{name} VARCHAR(20) DEFAULT '{seen}' NOT NULL"
            f" CONSTRAINT ck_member_{name} CHECK ({name} IN ('community', 'groups', 'nobody'))",
        )
        for name, seen in (
            ("place_shown", "community"),
            ("specialty_shown", "community"),
            ("career_stage_shown", "community"),
            ("employer_shown", "nobody"),
            ("interests_shown", "nobody"),
        )
    ),
)


def add_columns() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    types = {"key": "INTEGER", "moment": "DATETIME"} if is_sqlite else {"key": "BIGINT", "moment": "TIMESTAMPTZ"}
    for table, column in _COLUMNS:
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column.format(**types)}")
    op.create_index(op.f("ix_community_group_became_id"), "community_group", ["became_id"], unique=False)
    # What waits in a thread goes along when the thread moves.
    op.create_index(op.f("ix_held_post_thread_id"), "held_post", ["thread_id"], unique=False)


def upgrade() -> None:
    add_columns()
    op.create_table(
        "facet",
        sa.Column("id", Key, nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column(
            "dimension",
            sa.Enum(
                "place",
                "specialty",
                "career_stage",
                "employer",
                "interest",
                name="dimension",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("code", sa.String(length=120), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("parent_id", Key, nullable=True),
        sa.Column("sensitive", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("merged_into_id", Key, nullable=True),
        sa.CheckConstraint("merged_into_id <> id AND parent_id <> id", name=op.f("ck_facet_not_its_own")),
        sa.ForeignKeyConstraint(["merged_into_id"], ["facet.id"], name=op.f("fk_facet_merged_into_id_facet")),
        sa.ForeignKeyConstraint(["parent_id"], ["facet.id"], name=op.f("fk_facet_parent_id_facet")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facet")),
        sa.UniqueConstraint("dimension", "code", name=op.f("uq_facet_dimension_code")),
        sa.UniqueConstraint("public_id", name=op.f("uq_facet_public_id")),
    )
    op.create_index(op.f("ix_facet_merged_into_id"), "facet", ["merged_into_id"], unique=False)
    op.create_index("ix_facet_parent_id", "facet", ["parent_id"], unique=False)
    op.create_table(
        "member_facet",
        sa.Column("id", Key, nullable=False),
        sa.Column("member_id", Key, nullable=False),
        sa.Column("facet_id", Key, nullable=False),
        sa.Column("may_match", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.ForeignKeyConstraint(["facet_id"], ["facet.id"], name=op.f("fk_member_facet_facet_id_facet")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_member_facet_member_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_facet")),
        sa.UniqueConstraint("member_id", "facet_id", name=op.f("uq_member_facet_member_id_facet_id")),
    )
    op.create_index(op.f("ix_member_facet_facet_id"), "member_facet", ["facet_id"], unique=False)
    op.create_table(
        "plan",
        sa.Column("id", Key, nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("spin_off", "split", name="plankind", native_enum=False, create_constraint=True, length=20),
            nullable=False,
        ),
        sa.Column("group_id", Key, nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "asked",
                "proposing",
                "draft",
                "announced",
                "carrying_out",
                "review",
                "undoing",
                "kept",
                "undone",
                "withdrawn",
                name="planstate",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.Column("grown_from", sa.String(length=200), server_default="", nullable=False),
        sa.Column("options", sa.JSON(), server_default="{}", nullable=False),
        sa.Column(
            "parent_becomes",
            sa.Enum(
                "open",
                "announcements",
                "chosen",
                name="parentbecomes",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            server_default="open",
            nullable=False,
        ),
        sa.Column(
            "threads_go",
            sa.Enum("fitting", "all", "listed", name="threadsgo", native_enum=False, create_constraint=True, length=20),
            server_default="fitting",
            nullable=False,
        ),
        sa.Column("moves_members", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("notice_days", Key, server_default="14", nullable=False),
        sa.Column("review_days", Key, server_default="84", nullable=False),
        sa.Column("measures", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("before", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("revision", Key, server_default="0", nullable=False),
        sa.Column("made_by_id", Key, nullable=True),
        sa.Column("asked_by_id", Key, nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("announced_at", UtcDateTime(), nullable=True),
        sa.Column("carried_out_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("trouble", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "notice_days BETWEEN 0 AND 90 AND review_days BETWEEN 0 AND 365", name=op.f("ck_plan_bounded_terms")
        ),
        sa.ForeignKeyConstraint(["asked_by_id"], ["member.id"], name=op.f("fk_plan_asked_by_id_member")),
        sa.ForeignKeyConstraint(["group_id"], ["community_group.id"], name=op.f("fk_plan_group_id_community_group")),
        sa.ForeignKeyConstraint(["made_by_id"], ["member.id"], name=op.f("fk_plan_made_by_id_member")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan")),
        sa.UniqueConstraint("public_id", name=op.f("uq_plan_public_id")),
    )
    op.create_index(op.f("ix_plan_asked_by_id"), "plan", ["asked_by_id"], unique=False)
    op.create_index("ix_plan_group_id_created_at", "plan", ["group_id", "created_at"], unique=False)
    op.create_index(op.f("ix_plan_made_by_id"), "plan", ["made_by_id"], unique=False)
    op.create_index("ix_plan_state_due_at", "plan", ["state", "due_at"], unique=False)
    op.create_index(
        "uq_plan_open",
        "plan",
        ["group_id"],
        unique=True,
        sqlite_where=sa.text("kind = 'split' AND state NOT IN ('kept', 'undone', 'withdrawn')"),
        postgresql_where=sa.text("kind = 'split' AND state NOT IN ('kept', 'undone', 'withdrawn')"),
    )
    op.create_table(
        "plan_evidence",
        sa.Column("plan_id", Key, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plan.id"], name=op.f("fk_plan_evidence_plan_id_plan"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("plan_id", name=op.f("pk_plan_evidence")),
    )
    op.create_table(
        "plan_result",
        sa.Column("id", Key, nullable=False),
        sa.Column("plan_id", Key, nullable=False),
        sa.Column("weeks", Key, nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_plan_result_plan_id_plan"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_result")),
        sa.UniqueConstraint("plan_id", "weeks", name=op.f("uq_plan_result_plan_id_weeks")),
    )
    op.create_table(
        "planned_group",
        sa.Column("id", Key, nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("plan_id", Key, nullable=False),
        sa.Column("position", Key, nullable=False),
        sa.Column("slug", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "community",
                "region",
                "specialty",
                "interest",
                "circle",
                name="planned_kind",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column(
            "join_policy",
            sa.Enum(
                "open", "request", "invite", name="planned_join", native_enum=False, create_constraint=True, length=20
            ),
            nullable=False,
        ),
        sa.Column("named", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("group_id", Key, nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id"], ["community_group.id"], name=op.f("fk_planned_group_group_id_community_group")
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plan.id"], name=op.f("fk_planned_group_plan_id_plan"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_planned_group")),
        sa.UniqueConstraint("group_id", name=op.f("uq_planned_group_group_id")),
        sa.UniqueConstraint("plan_id", "position", name=op.f("uq_planned_group_plan_id_position")),
        sa.UniqueConstraint("plan_id", "slug", name=op.f("uq_planned_group_plan_id_slug")),
        sa.UniqueConstraint("public_id", name=op.f("uq_planned_group_public_id")),
    )
    op.create_table(
        "thread_move",
        sa.Column("id", Key, nullable=False),
        sa.Column("thread_id", Key, nullable=False),
        sa.Column("from_group_id", Key, nullable=False),
        sa.Column("to_group_id", Key, nullable=False),
        sa.Column("after_no", Key, nullable=False),
        sa.Column("moved_by_id", Key, nullable=True),
        sa.Column("moved_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("from_group_id <> to_group_id", name=op.f("ck_thread_move_moves_away")),
        sa.ForeignKeyConstraint(
            ["from_group_id"], ["community_group.id"], name=op.f("fk_thread_move_from_group_id_community_group")
        ),
        sa.ForeignKeyConstraint(["moved_by_id"], ["member.id"], name=op.f("fk_thread_move_moved_by_id_member")),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], name=op.f("fk_thread_move_thread_id_thread")),
        sa.ForeignKeyConstraint(
            ["to_group_id"], ["community_group.id"], name=op.f("fk_thread_move_to_group_id_community_group")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_thread_move")),
    )
    op.create_index("ix_thread_move_after_no", "thread_move", ["after_no"], unique=False)
    op.create_index("ix_thread_move_from_group_id_after_no", "thread_move", ["from_group_id", "after_no"], unique=False)
    op.create_index(op.f("ix_thread_move_thread_id"), "thread_move", ["thread_id"], unique=False)
    op.create_index(op.f("ix_thread_move_to_group_id"), "thread_move", ["to_group_id"], unique=False)
    op.create_table(
        "plan_question",
        sa.Column("id", Key, nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("plan_id", Key, nullable=False),
        sa.Column("member_id", Key, nullable=False),
        sa.Column(
            "asks",
            sa.Enum(
                "place",
                "join",
                "moderate",
                "consent",
                name="asks",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("planned_group_id", Key, nullable=True),
        sa.Column("thread_id", Key, nullable=True),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("proposed", sa.JSON(), server_default="[]", nullable=False),
        sa.Column(
            "answer",
            sa.Enum(
                "keep",
                "chosen",
                "parent",
                "all",
                "yes",
                "no",
                name="answer",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=True,
        ),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("told_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "(asks = 'consent') = (thread_id IS NOT NULL)", name=op.f("ck_plan_question_consent_to_a_thread")
        ),
        sa.CheckConstraint(
            "(asks IN ('join', 'moderate')) = (planned_group_id IS NOT NULL)", name=op.f("ck_plan_question_of_a_group")
        ),
        sa.CheckConstraint(
            "answer IS NULL OR (asks = 'place') = (answer NOT IN ('yes', 'no'))",
            name=op.f("ck_plan_question_an_answer_that_fits"),
        ),
        sa.CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name=op.f("ck_plan_question_answered_when")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_plan_question_member_id_member")),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plan.id"], name=op.f("fk_plan_question_plan_id_plan"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["planned_group_id"],
            ["planned_group.id"],
            name=op.f("fk_plan_question_planned_group_id_planned_group"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], name=op.f("fk_plan_question_thread_id_thread")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_question")),
        sa.UniqueConstraint("public_id", name=op.f("uq_plan_question_public_id")),
    )
    op.create_index(op.f("ix_plan_question_member_id"), "plan_question", ["member_id"], unique=False)
    op.create_index("ix_plan_question_plan_id_asks", "plan_question", ["plan_id", "asks", "answer"], unique=False)
    op.create_index(op.f("ix_plan_question_thread_id"), "plan_question", ["thread_id"], unique=False)
    op.create_index(
        "uq_plan_question_group",
        "plan_question",
        ["planned_group_id", "member_id", "asks"],
        unique=True,
        sqlite_where=sa.text("planned_group_id IS NOT NULL"),
        postgresql_where=sa.text("planned_group_id IS NOT NULL"),
    )
    op.create_index(
        "uq_plan_question_place",
        "plan_question",
        ["plan_id", "member_id"],
        unique=True,
        sqlite_where=sa.text("asks = 'place'"),
        postgresql_where=sa.text("asks = 'place'"),
    )
    op.create_index(
        "uq_plan_question_thread",
        "plan_question",
        ["plan_id", "thread_id", "member_id"],
        unique=True,
        sqlite_where=sa.text("asks = 'consent'"),
        postgresql_where=sa.text("asks = 'consent'"),
    )
    op.create_table(
        "planned_thread",
        sa.Column("id", Key, nullable=False),
        sa.Column("plan_id", Key, nullable=False),
        sa.Column("thread_id", Key, nullable=False),
        sa.Column("planned_group_id", Key, nullable=True),
        sa.Column("left_behind", sa.Text(), server_default="", nullable=False),
        sa.Column("moved_at", UtcDateTime(), nullable=True),
        sa.Column("undone_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plan.id"], name=op.f("fk_planned_thread_plan_id_plan"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["planned_group_id"],
            ["planned_group.id"],
            name=op.f("fk_planned_thread_planned_group_id_planned_group"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["thread_id"], ["thread.id"], name=op.f("fk_planned_thread_thread_id_thread")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_planned_thread")),
        sa.UniqueConstraint("plan_id", "thread_id", name=op.f("uq_planned_thread_plan_id_thread_id")),
    )
    op.create_index("ix_planned_thread_planned_group_id", "planned_thread", ["planned_group_id"], unique=False)
    op.create_index(op.f("ix_planned_thread_thread_id"), "planned_thread", ["thread_id"], unique=False)
    op.create_table(
        "seat",
        sa.Column("id", Key, nullable=False),
        sa.Column("plan_id", Key, nullable=False),
        sa.Column("planned_group_id", Key, nullable=False),
        sa.Column("member_id", Key, nullable=False),
        sa.Column(
            "placed_by",
            sa.Enum(
                "proposal", "moderator", "member", name="seatby", native_enum=False, create_constraint=True, length=20
            ),
            nullable=False,
        ),
        sa.Column("fit", sa.Float(), nullable=True),
        sa.Column("carried_at", UtcDateTime(), nullable=True),
        sa.Column("undone_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_seat_member_id_member")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_seat_plan_id_plan"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["planned_group_id"],
            ["planned_group.id"],
            name=op.f("fk_seat_planned_group_id_planned_group"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat")),
        sa.UniqueConstraint("planned_group_id", "member_id", name=op.f("uq_seat_planned_group_id_member_id")),
    )
    op.create_index(op.f("ix_seat_member_id"), "seat", ["member_id"], unique=False)
    op.create_index("ix_seat_plan_id_member_id", "seat", ["plan_id", "member_id"], unique=False)
    op.create_index(
        "ix_log_entry_declined",
        "log_entry",
        ["object_id"],
        unique=False,
        sqlite_where=sa.text("act = 'decline'"),
        postgresql_where=sa.text("act = 'decline'"),
    )
    # What members said before is read by the worker, in steps: see forum/facets/actions.py.
    op.execute(
        "INSERT INTO task (kind, target_id, due_at, attempts)"
        " SELECT 'derive_facets', 0, CURRENT_TIMESTAMP, 0 WHERE EXISTS (SELECT 1 FROM member)"
    )


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before the upgrade instead")
