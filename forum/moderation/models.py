"""Tables of moderators' work besides held posts, and what a row knows alone."""

import enum
from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.accounts.models import Member
from forum.clock import now
from forum.db import Base, PrimaryKey, PublicId, words_of
from forum.groups.models import Group
from forum.posting.models import HeldPost
from forum.threads.models import Post


class QueueSummary(Base):
    """One mail that listed what waits; an answer such as "1a 2r" counts by the places in `held_ids`, from 1."""

    __tablename__ = "queue_summary"

    id: Mapped[PrimaryKey]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    held_ids: Mapped[list[int]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(default=now)


class Restricts(enum.StrEnum):
    """What a restriction takes away for a time."""

    MUTE = "mute"  # a member reads and does not write
    BAN = "ban"  # a member is out
    LOCK = "lock"  # nobody answers in a thread
    SLOW = "slow"  # answers in a thread are far apart
    HOLD = "hold"  # a moderator reads each answer in a thread first


class Restriction(Base):
    """A brake on a member or a thread: by whom, why and until when. What it does stands with the member or thread.

    Without `ends_at` it lasts until somebody ends it. Of each kind one is open at most, for a member in a
    group or for a thread.
    """

    __tablename__ = "restriction"
    __table_args__ = (
        CheckConstraint(
            "(kind IN ('mute', 'ban')) = (member_id IS NOT NULL) AND (member_id IS NULL) <> (thread_id IS NULL)",
            name="of_a_member_or_a_thread",
        ),
        CheckConstraint("ends_at IS NULL OR starts_at < ends_at", name="has_length"),
        Index(
            "uq_restriction_open_member",
            "group_id",
            "kind",
            "member_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL AND member_id IS NOT NULL"),
            postgresql_where=text("ended_at IS NULL AND member_id IS NOT NULL"),
        ),
        Index(
            "uq_restriction_open_thread",
            "thread_id",
            "kind",
            unique=True,
            sqlite_where=text("ended_at IS NULL AND thread_id IS NOT NULL"),
            postgresql_where=text("ended_at IS NULL AND thread_id IS NOT NULL"),
        ),
        Index(
            "ix_restriction_due",
            "ends_at",
            sqlite_where=text("ended_at IS NULL AND ends_at IS NOT NULL"),
            postgresql_where=text("ended_at IS NULL AND ends_at IS NOT NULL"),
        ),
    )

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    group_id: Mapped[int] = mapped_column(ForeignKey("community_group.id"))
    kind: Mapped[Restricts] = mapped_column(words_of(Restricts))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    thread_id: Mapped[int | None] = mapped_column(ForeignKey("thread.id"), index=True)
    # For the member, or for all who read the thread.
    reason: Mapped[str] = mapped_column(Text)
    # None for an operator at the terminal.
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    starts_at: Mapped[datetime] = mapped_column(default=now)
    ends_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))

    group: Mapped[Group] = relationship(viewonly=True)
    made_by: Mapped[Member | None] = relationship(foreign_keys=[made_by_id], viewonly=True)
    ended_by: Mapped[Member | None] = relationship(foreign_keys=[ended_by_id], viewonly=True)


class ReasonTemplate(Base):
    """Words that moderators of a group, and of those below it, send back posts with."""

    __tablename__ = "reason_template"
    __table_args__ = (UniqueConstraint("group_id", "name"),)

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    group_id: Mapped[int] = mapped_column(ForeignKey("community_group.id"))
    name: Mapped[str] = mapped_column(String(80))
    words: Mapped[str] = mapped_column(Text)

    group: Mapped[Group] = relationship(viewonly=True)


class FlagState(enum.StrEnum):
    """What has become of a post that members flagged."""

    OPEN = "open"
    KEPT = "kept"
    ACTED = "acted"  # erased, its thread locked, or its author restricted


class FlaggedPost(Base):
    """A post that members want a moderator to look at; their flags are merged here. A new flag opens it again."""

    __tablename__ = "flagged_post"
    __table_args__ = (
        Index("ix_flagged_post_group_id_state", "group_id", "state", "id"),
        CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decided_or_open"),
    )

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"), unique=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("community_group.id"))
    state: Mapped[FlagState] = mapped_column(words_of(FlagState), default=FlagState.OPEN)
    opened_at: Mapped[datetime] = mapped_column(default=now)
    claimed_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    claimed_until: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    reason: Mapped[str] = mapped_column(Text, default="", server_default="")

    post: Mapped[Post] = relationship(viewonly=True)
    group: Mapped[Group] = relationship(viewonly=True)
    decided_by: Mapped[Member | None] = relationship(foreign_keys=[decided_by_id], viewonly=True)


class Flag(Base):
    """One member's flag on a post: which rule it breaks, or why else, in the member's words."""

    __tablename__ = "flag"
    __table_args__ = (UniqueConstraint("flagged_id", "member_id"),)

    id: Mapped[PrimaryKey]
    flagged_id: Mapped[int] = mapped_column(ForeignKey("flagged_post.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    # The rule that the member names; None for another reason.
    rule_id: Mapped[int | None] = mapped_column(ForeignKey("posting_rule.id"))
    words: Mapped[str] = mapped_column(Text, default="", server_default="")
    created_at: Mapped[datetime] = mapped_column(default=now)


class AppealState(enum.StrEnum):
    """What a second moderator has said."""

    OPEN = "open"
    UPHELD = "upheld"
    OVERTURNED = "overturned"


class Appeal(Base):
    """An author's one request that somebody else looks at a decision on a held post, or at a restriction."""

    __tablename__ = "appeal"
    __table_args__ = (
        CheckConstraint("(held_post_id IS NULL) <> (restriction_id IS NULL)", name="of_one_decision"),
        CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decided_or_open"),
        Index("ix_appeal_group_id_state", "group_id", "state", "id"),
    )

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    group_id: Mapped[int] = mapped_column(ForeignKey("community_group.id"))
    held_post_id: Mapped[int | None] = mapped_column(ForeignKey("held_post.id"), unique=True)
    restriction_id: Mapped[int | None] = mapped_column(ForeignKey("restriction.id"), unique=True)
    # Who decided first, and must not decide again.
    first_decider_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    # What the author says for it.
    words: Mapped[str] = mapped_column(Text, default="", server_default="")
    state: Mapped[AppealState] = mapped_column(words_of(AppealState), default=AppealState.OPEN)
    created_at: Mapped[datetime] = mapped_column(default=now)
    reminded_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    answer: Mapped[str] = mapped_column(Text, default="", server_default="")

    group: Mapped[Group] = relationship(viewonly=True)
    held: Mapped[HeldPost | None] = relationship(viewonly=True)
    restriction: Mapped[Restriction | None] = relationship(viewonly=True)


class SealOpening(Base):
    """Two owners who together look at who writes under a pseudonym: one asks with a reason, another one agrees."""

    __tablename__ = "seal_opening"
    __table_args__ = (
        CheckConstraint("opened_by_id IS NULL OR opened_by_id <> asked_by_id", name="two_owners"),
        CheckConstraint("(opened_by_id IS NULL) = (opened_at IS NULL)", name="opened_by_somebody"),
    )

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    pseudonym_id: Mapped[int] = mapped_column(ForeignKey("pseudonym.id"), index=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("community_group.id"), index=True)
    reason: Mapped[str] = mapped_column(Text)
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    asked_at: Mapped[datetime] = mapped_column(default=now)
    opened_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    opened_at: Mapped[datetime | None]
