"""Tables of private answers, their files, and who wants none from whom."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.accounts.models import Member
from forum.clock import now
from forum.db import Base, PrimaryKey, PublicId
from forum.groups.models import Group


class PrivateAnswer(Base):
    """An answer from one member to another as members of a group, on its way through us.

    Its words and files are kept for some days, so that it can be reported; then `text` is None. The row stays: it is
    what a button in an old mail and the next answer refer to.
    """

    __tablename__ = "private_answer"
    __table_args__ = (
        Index("ix_private_answer_sender_id_created_at", "sender_id", "created_at"),
        # The same mail handed over twice is one answer.
        UniqueConstraint("sender_id", "recipient_id", "author_message_id"),
    )

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    sender_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    recipient_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("community_group.id"))
    subject: Mapped[str] = mapped_column(String(500))
    text: Mapped[str | None] = mapped_column(Text)
    # Ours, the one that the recipient sees; and the sender's own, which nobody else ever gets.
    message_id: Mapped[str] = mapped_column(String(300), unique=True)
    author_message_id: Mapped[str] = mapped_column(String(998))
    # What it answers: a post, or an earlier private answer.
    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"))
    answers_id: Mapped[int | None] = mapped_column(ForeignKey("private_answer.id"))
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)
    reported_at: Mapped[datetime | None]

    sender: Mapped[Member] = relationship(foreign_keys=[sender_id], viewonly=True)
    recipient: Mapped[Member] = relationship(foreign_keys=[recipient_id], viewonly=True)
    group: Mapped[Group] = relationship(viewonly=True)
    files: Mapped[list["PrivateFile"]] = relationship(order_by="PrivateFile.id", viewonly=True)


class PrivateFile(Base):
    """A file of a private answer."""

    __tablename__ = "private_file"

    id: Mapped[PrimaryKey]
    answer_id: Mapped[int] = mapped_column(ForeignKey("private_answer.id"), index=True)
    digest: Mapped[str] = mapped_column(ForeignKey("blob.digest"), index=True)
    name: Mapped[str] = mapped_column(String(255))
    type: Mapped[str] = mapped_column(String(255))


class Block(Base):
    """A member who gets no private answers from another."""

    __tablename__ = "block"
    __table_args__ = (UniqueConstraint("member_id", "blocked_id"),)

    id: Mapped[PrimaryKey]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    blocked_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)

    blocked: Mapped[Member] = relationship(foreign_keys=[blocked_id], viewonly=True)
