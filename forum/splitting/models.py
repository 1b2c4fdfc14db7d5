"""Tables of plans: what is to grow out of a group, who and what goes where, what people answered, what came of it."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.accounts.models import Member
from forum.clock import now
from forum.db import Base, PrimaryKey, PublicId, words_of
from forum.groups.models import Group, JoinPolicy, Kind
from forum.threads.models import Thread


class PlanKind(enum.StrEnum):
    SPIN_OFF = "spin_off"  # one new group, without a notice period
    SPLIT = "split"


class PlanState(enum.StrEnum):
    """Where a plan stands. It goes on only by `forum.splitting.plans`, which knows what may follow what."""

    ASKED = "asked"  # a member asks for a spin-off; a moderator grants or declines it
    PROPOSING = "proposing"  # the cuts are being computed
    DRAFT = "draft"
    ANNOUNCED = "announced"  # members have been told and may answer until `due_at`
    CARRYING_OUT = "carrying_out"
    REVIEW = "review"  # carried out; until `due_at` it can be undone
    UNDOING = "undoing"
    KEPT = "kept"
    UNDONE = "undone"
    WITHDRAWN = "withdrawn"  # declined, or given up before anything was carried out

    @property
    def has_ended(self) -> bool:
        return self in (PlanState.KEPT, PlanState.UNDONE, PlanState.WITHDRAWN)

    @property
    def is_in_the_studio(self) -> bool:
        """Nobody but moderators knows of it yet."""
        return self in (PlanState.PROPOSING, PlanState.DRAFT)


class ParentBecomes(enum.StrEnum):
    """What becomes of the group that others grow out of."""

    OPEN = "open"
    ANNOUNCEMENTS = "announcements"  # only its moderators post there
    CHOSEN = "chosen"  # ... and every thread goes along but those that were chosen to stay


class ThreadsGo(enum.StrEnum):
    """Which threads go along."""

    FITTING = "fitting"  # those whose writers mostly belong to one of the new groups
    ALL = "all"
    LISTED = "listed"  # only those with a row in `planned_thread`


class Plan(Base):
    """A spin-off or a split of one group: its proposal, its course and its end. Of a group one is open at most."""

    __tablename__ = "plan"
    __table_args__ = (
        Index(
            "uq_plan_open",
            "group_id",
            unique=True,
            sqlite_where=text("kind = 'split' AND state NOT IN ('kept', 'undone', 'withdrawn')"),
            postgresql_where=text("kind = 'split' AND state NOT IN ('kept', 'undone', 'withdrawn')"),
        ),
        Index("ix_plan_group_id_created_at", "group_id", "created_at"),
        Index("ix_plan_state_due_at", "state", "due_at"),
        CheckConstraint("notice_days BETWEEN 0 AND 90 AND review_days BETWEEN 0 AND 365", name="bounded_terms"),
    )

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    kind: Mapped[PlanKind] = mapped_column(words_of(PlanKind))
    group_id: Mapped[int] = mapped_column(ForeignKey("community_group.id"))
    state: Mapped[PlanState] = mapped_column(words_of(PlanState), default=PlanState.DRAFT)
    # Why, in the words of who made or asked for it; it stands in every mail about the plan.
    why: Mapped[str] = mapped_column(Text, default="", server_default="")
    # Of a spin-off, what it grows from: thread, tag, facet, search or members, and which.
    grown_from: Mapped[str] = mapped_column(String(200), default="", server_default="")
    # How the proposal was asked for: by, min, max, overlap, seed; and which of its candidates was taken.
    options: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default="{}")
    parent_becomes: Mapped[ParentBecomes] = mapped_column(
        words_of(ParentBecomes), default=ParentBecomes.OPEN, server_default=ParentBecomes.OPEN.value
    )
    threads_go: Mapped[ThreadsGo] = mapped_column(
        words_of(ThreadsGo), default=ThreadsGo.FITTING, server_default=ThreadsGo.FITTING.value
    )
    # Of a spin-off: members are moved with notice, instead of being invited.
    moves_members: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    notice_days: Mapped[int] = mapped_column(default=14, server_default="14")
    review_days: Mapped[int] = mapped_column(default=84, server_default="84")
    # The measures agreed before the split, by name, in the order of their weight.
    measures: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")
    # Settings of the group as they were before it was carried out, to be put back.
    before: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default="{}")
    # Raised by every change of the draft: an edit that was made on an older one is refused.
    revision: Mapped[int] = mapped_column(default=0, server_default="0")
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    announced_at: Mapped[datetime | None]
    carried_out_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    # When the notice or the review period ends.
    due_at: Mapped[datetime | None]
    # Why it stopped, when it could not go on; a moderator sees it and may try again.
    trouble: Mapped[str] = mapped_column(Text, default="", server_default="")

    group: Mapped[Group] = relationship(viewonly=True)
    groups: Mapped[list["PlannedGroup"]] = relationship(order_by="PlannedGroup.position", viewonly=True)


class PlannedGroup(Base):
    """A group that a plan makes; `group_id` once it is made."""

    __tablename__ = "planned_group"
    __table_args__ = (UniqueConstraint("plan_id", "position"), UniqueConstraint("plan_id", "slug"))

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id", ondelete="CASCADE"))
    # From 1, as people name it in an answer by mail.
    position: Mapped[int]
    slug: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[Kind] = mapped_column(words_of(Kind, "planned_kind"))
    description: Mapped[str] = mapped_column(Text, default="", server_default="")
    listed: Mapped[bool] = mapped_column(default=True)
    join_policy: Mapped[JoinPolicy] = mapped_column(words_of(JoinPolicy, "planned_join"), default=JoinPolicy.REQUEST)
    # A moderator has named it; names that were made up are made anew when its members change.
    named: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    group_id: Mapped[int | None] = mapped_column(ForeignKey("community_group.id"), unique=True)

    plan: Mapped[Plan] = relationship(viewonly=True)
    group: Mapped[Group | None] = relationship(viewonly=True)


class SeatBy(enum.StrEnum):
    """Who placed a member in a planned group."""

    PROPOSAL = "proposal"
    MODERATOR = "moderator"
    MEMBER = "member"


class Seat(Base):
    """A member's place in a planned group. `carried_at`: the membership stands; `undone_at`: it has ended again."""

    __tablename__ = "seat"
    __table_args__ = (
        UniqueConstraint("planned_group_id", "member_id"),
        Index("ix_seat_plan_id_member_id", "plan_id", "member_id"),
    )

    id: Mapped[PrimaryKey]
    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id", ondelete="CASCADE"))
    planned_group_id: Mapped[int] = mapped_column(ForeignKey("planned_group.id", ondelete="CASCADE"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    placed_by: Mapped[SeatBy] = mapped_column(words_of(SeatBy), default=SeatBy.PROPOSAL)
    # The share of the member's ties that lie in this group, 0 to 1; None where it has none.
    fit: Mapped[float | None]
    carried_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]


class PlannedThread(Base):
    """A thread that goes along, or stays where a rule would take it (`planned_group_id` empty)."""

    __tablename__ = "planned_thread"
    __table_args__ = (
        UniqueConstraint("plan_id", "thread_id"),
        Index("ix_planned_thread_planned_group_id", "planned_group_id"),
    )

    id: Mapped[PrimaryKey]
    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id", ondelete="CASCADE"))
    thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id"), index=True)
    planned_group_id: Mapped[int | None] = mapped_column(ForeignKey("planned_group.id", ondelete="CASCADE"))
    # Why it was left behind, in a sentence; empty while it may go or has gone.
    left_behind: Mapped[str] = mapped_column(Text, default="", server_default="")
    moved_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]

    thread: Mapped[Thread] = relationship(viewonly=True)


class Asks(enum.StrEnum):
    """What a plan asks of a member."""

    PLACE = "place"  # where to belong after a split
    JOIN = "join"  # whether to come to a spin-off
    MODERATE = "moderate"  # whether to be a first moderator
    CONSENT = "consent"  # whether one's words in a thread may be read by more people


class Answer(enum.StrEnum):
    """`keep` and the like answer where to belong; `yes` and `no` everything else."""

    KEEP = "keep"
    CHOSEN = "chosen"
    PARENT = "parent"
    ALL = "all"
    YES = "yes"
    NO = "no"


class PlanQuestion(Base):
    """A mail that asks a member something about a plan, and the answer. Nobody is asked the same twice."""

    __tablename__ = "plan_question"
    __table_args__ = (
        Index(
            "uq_plan_question_place",
            "plan_id",
            "member_id",
            unique=True,
            sqlite_where=text("asks = 'place'"),
            postgresql_where=text("asks = 'place'"),
        ),
        Index(
            "uq_plan_question_group",
            "planned_group_id",
            "member_id",
            "asks",
            unique=True,
            sqlite_where=text("planned_group_id IS NOT NULL"),
            postgresql_where=text("planned_group_id IS NOT NULL"),
        ),
        Index(
            "uq_plan_question_thread",
            "plan_id",
            "thread_id",
            "member_id",
            unique=True,
            sqlite_where=text("asks = 'consent'"),
            postgresql_where=text("asks = 'consent'"),
        ),
        CheckConstraint("(asks = 'consent') = (thread_id IS NOT NULL)", name="consent_to_a_thread"),
        CheckConstraint("(asks IN ('join', 'moderate')) = (planned_group_id IS NOT NULL)", name="of_a_group"),
        CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answered_when"),
        CheckConstraint(
            "answer IS NULL OR (asks = 'place') = (answer NOT IN ('yes', 'no'))", name="an_answer_that_fits"
        ),
        Index("ix_plan_question_plan_id_asks", "plan_id", "asks", "answer"),
    )

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id", ondelete="CASCADE"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    asks: Mapped[Asks] = mapped_column(words_of(Asks))
    planned_group_id: Mapped[int | None] = mapped_column(ForeignKey("planned_group.id", ondelete="CASCADE"))
    thread_id: Mapped[int | None] = mapped_column(ForeignKey("thread.id"), index=True)
    asked_at: Mapped[datetime] = mapped_column(default=now)
    # Planned groups by id. Of `place`: where the member sat when asked, which `keep` means ever after. Of `consent`:
    # the one for which it was asked.
    proposed: Mapped[list[int]] = mapped_column(JSON, default=list, server_default="[]")
    answer: Mapped[Answer | None] = mapped_column(words_of(Answer))
    answered_at: Mapped[datetime | None]
    # When the member was told what has been carried out.
    told_at: Mapped[datetime | None]

    plan: Mapped[Plan] = relationship(viewonly=True)
    member: Mapped[Member] = relationship(viewonly=True)
    planned_group: Mapped[PlannedGroup | None] = relationship(viewonly=True)


class PlanEvidence(Base):
    """What a proposal was computed from, numbers alone, so that the studio's figures are the proposal's.

    `data` is a compressed archive of arrays, made and read by `forum.splitting.proposals.evidence` only.
    """

    __tablename__ = "plan_evidence"

    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id", ondelete="CASCADE"), primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime] = mapped_column(default=now)


class PlanResult(Base):
    """What the measures said so many weeks after a plan was carried out."""

    __tablename__ = "plan_result"
    __table_args__ = (UniqueConstraint("plan_id", "weeks"),)

    id: Mapped[PrimaryKey]
    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id", ondelete="CASCADE"))
    weeks: Mapped[int]
    # By measure and group: estimates, intervals and a sentence, as `looking_back.results` makes them.
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    made_at: Mapped[datetime] = mapped_column(default=now)
