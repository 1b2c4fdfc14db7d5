"""Tables of held posts and of arrivals, and what a row knows alone."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy import text as sql_text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.accounts.models import Member
from forum.clock import now
from forum.db import Base, PrimaryKey, PublicId, words_of
from forum.groups.models import Assurance, Group
from forum.threads.models import TextFormat, Thread, Via


class HeldState(enum.StrEnum):
    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"


class HeldPost(Base):
    """A submission that waits for a moderator, whole, with all that was found."""

    __tablename__ = "held_post"
    __table_args__ = (
        Index("ix_held_post_group_id_state", "group_id", "state", "id"),
        Index(
            "ix_held_post_waiting",
            "created_at",
            sqlite_where=sql_text("state = 'waiting'"),
            postgresql_where=sql_text("state = 'waiting'"),
        ),
        Index(
            "ix_held_post_kept",
            "created_at",
            sqlite_where=sql_text("private AND state = 'returned'"),
            postgresql_where=sql_text("private AND state = 'returned'"),
        ),
        CheckConstraint("(state = 'approved') = (post_id IS NOT NULL)", name="approved_is_a_post"),
        CheckConstraint("NOT private OR state IN ('returned', 'withdrawn')", name="private_waits_for_its_author"),
    )

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    group_id: Mapped[int] = mapped_column(ForeignKey("community_group.id"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    # Of an anonymous post, as with posts: `author_id` then names nobody.
    pseudonym_id: Mapped[int | None] = mapped_column(ForeignKey("pseudonym.id"), index=True)
    # Who wrote, as the moderator is to see it; for mail to -owner from a stranger, name and address.
    byline: Mapped[str] = mapped_column(String(500))
    via: Mapped[Via] = mapped_column(words_of(Via))
    assurance: Mapped[Assurance] = mapped_column(words_of(Assurance))
    subject: Mapped[str] = mapped_column(String(500))
    text: Mapped[str] = mapped_column(Text)
    text_format: Mapped[TextFormat] = mapped_column(words_of(TextFormat))
    html: Mapped[str] = mapped_column(Text)
    folded: Mapped[str] = mapped_column(Text, default="", server_default="")
    author_message_id: Mapped[str | None] = mapped_column(String(998))
    content_digest: Mapped[str] = mapped_column(String(64))
    # Where it belongs when it is approved: the post answered, if any, and whether the subject really changed.
    in_reply_to_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"))
    thread_id: Mapped[int | None] = mapped_column(ForeignKey("thread.id"), index=True)
    # Submissions of one mail to several groups share it, as their posts will.
    fan_out_key: Mapped[int | None]
    sent_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    # Passages of the text of which the author has said that they identify no patient.
    confirmed: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list, server_default="[]")
    state: Mapped[HeldState] = mapped_column(words_of(HeldState), default=HeldState.WAITING)
    # A rule has sent it back: kept for its author to change, and nobody else has seen it.
    private: Mapped[bool] = mapped_column(default=False, server_default=sql_text("false"))
    # When its author last gave it other words, which a moderator may not have read yet.
    changed_at: Mapped[datetime | None]
    # What the author wrote, when a moderator has changed the words before approving them.
    original_text: Mapped[str | None] = mapped_column(Text)
    original_html: Mapped[str | None] = mapped_column(Text)
    # A moderator is looking at it; the others may wait so long.
    claimed_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    claimed_until: Mapped[datetime | None]
    # When all moderators were reminded of it.
    reminded_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"), index=True)

    author: Mapped[Member | None] = relationship(foreign_keys=[author_id], viewonly=True)
    decided_by: Mapped[Member | None] = relationship(foreign_keys=[decided_by_id], viewonly=True)
    claimed_by: Mapped[Member | None] = relationship(foreign_keys=[claimed_by_id], viewonly=True)
    group: Mapped[Group] = relationship(viewonly=True)
    thread: Mapped[Thread | None] = relationship(viewonly=True)


class Arrival(Base):
    """That a message has come to a group once. Moves of its post later do not touch it.

    What failed authentication, was refused or set aside leaves no row, so that it uses nothing up.
    """

    __tablename__ = "arrival"
    __table_args__ = (
        UniqueConstraint("group_id", "author_message_id"),
        CheckConstraint("(post_id IS NULL) <> (held_post_id IS NULL)", name="one_fate"),
    )

    id: Mapped[PrimaryKey]
    group_id: Mapped[int] = mapped_column(ForeignKey("community_group.id"))
    author_message_id: Mapped[str] = mapped_column(String(998))
    content_digest: Mapped[str] = mapped_column(String(64))
    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"), index=True)
    held_post_id: Mapped[int | None] = mapped_column(ForeignKey("held_post.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
