"""Tables of threads, posts, attachments and reading marks, and what a row knows alone."""

import enum
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy import text as sql_text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.clock import now
from forum.db import Base, PrimaryKey, PublicId, words_of
from forum.groups.models import Group


class Via(enum.StrEnum):
    MAIL = "mail"
    WEB = "web"
    CLI = "cli"
    IMPORT = "import"


class TextFormat(enum.StrEnum):
    PLAIN = "plain"
    MARKDOWN = "markdown"
    HTML = "html"  # a mail whose HTML was kept; `text` is its plain reading


class Thread(Base):
    """A conversation in one group. `posts`, `last_post_*` are kept by publishing, for lists of threads."""

    __tablename__ = "thread"
    __table_args__ = (
        Index("ix_thread_group_id_last_published_no", "group_id", "last_published_no"),
        Index("ix_thread_group_id_subject_key", "group_id", "subject_key"),
    )

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    group_id: Mapped[int] = mapped_column(ForeignKey("community_group.id"))
    subject: Mapped[str] = mapped_column(String(500))
    # The subject without prefixes, tags and case, for telling a changed subject from a reply.
    subject_key: Mapped[str] = mapped_column(String(500))
    # The post that this thread grew out of, when somebody replied under a really changed subject.
    grown_from_id: Mapped[int | None] = mapped_column(ForeignKey("post.id", use_alter=True))
    created_at: Mapped[datetime] = mapped_column(default=now)
    locked_at: Mapped[datetime | None]
    # Until when nobody answers, and why: the gate says it to whoever tries.
    locked_until: Mapped[datetime | None]
    lock_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    # Since when every answer waits for a moderator.
    moderated_at: Mapped[datetime | None]
    # Each member's answers here must be so far apart; None is no limit.
    slow_seconds: Mapped[int | None]
    posts: Mapped[int] = mapped_column(default=0)
    last_post_at: Mapped[datetime] = mapped_column(default=now)
    last_published_no: Mapped[int] = mapped_column(default=0)
    last_byline: Mapped[str] = mapped_column(String(200), default="")
    last_excerpt: Mapped[str] = mapped_column(String(200), default="")

    group: Mapped[Group] = relationship(viewonly=True)


class ThreadMove(Base):
    """A thread went from one group to another. Its posts up to `after_no` were written before; a note stays behind."""

    __tablename__ = "thread_move"
    __table_args__ = (
        CheckConstraint("from_group_id <> to_group_id", name="moves_away"),
        Index("ix_thread_move_from_group_id_after_no", "from_group_id", "after_no"),
        Index("ix_thread_move_after_no", "after_no"),
    )

    id: Mapped[PrimaryKey]
    thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id"), index=True)
    from_group_id: Mapped[int] = mapped_column(ForeignKey("community_group.id"))
    to_group_id: Mapped[int] = mapped_column(ForeignKey("community_group.id"), index=True)
    # The last published_no of the thread when it moved.
    after_no: Mapped[int]
    moved_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    moved_at: Mapped[datetime] = mapped_column(default=now)


class Pseudonym(Base):
    """Under which name a member writes anonymously in one thread. Who it is, only `threads.sealed` may read.

    A held post that begins a thread has a pseudonym before there is a thread.
    """

    __tablename__ = "pseudonym"
    __table_args__ = (UniqueConstraint("thread_id", "member_id"), UniqueConstraint("thread_id", "name"))

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    thread_id: Mapped[int | None] = mapped_column(ForeignKey("thread.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))


class Post(Base):
    """A published message. Readers see `byline`; only named functions look at `author_id`.

    Of an anonymous post, `author_id` is the member that stands for all anonymous authors, and has no mail.
    """

    __tablename__ = "post"
    __table_args__ = (
        Index("ix_post_thread_id_published_no", "thread_id", "published_no"),
        Index("ix_post_author_id_created_at", "author_id", "created_at"),
    )

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id"))
    # One number over the whole site, in the order of commits.
    published_no: Mapped[int] = mapped_column(unique=True)
    # Posts that one submission made in several groups share it: one copy per reader.
    fan_out_key: Mapped[int] = mapped_column(index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    pseudonym_id: Mapped[int | None] = mapped_column(ForeignKey("pseudonym.id"), index=True)
    byline: Mapped[str] = mapped_column(String(200))
    via: Mapped[Via] = mapped_column(words_of(Via))
    # Ours, stable, the same for every reader; an imported post keeps its own.
    message_id: Mapped[str] = mapped_column(String(998), unique=True)
    # As received, never sent to others than its author.
    author_message_id: Mapped[str | None] = mapped_column(String(998), index=True)
    in_reply_to_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"), index=True)
    subject: Mapped[str] = mapped_column(String(500))
    text: Mapped[str] = mapped_column(Text)
    text_format: Mapped[TextFormat] = mapped_column(words_of(TextFormat))
    html: Mapped[str] = mapped_column(Text)
    folded: Mapped[str] = mapped_column(Text, default="", server_default="")
    # The Date of the mail, as its author's clock had it; `created_at` is arrival.
    sent_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    # An announcement of the moderators, which also those get who want nothing else.
    special: Mapped[bool] = mapped_column(default=False, server_default=sql_text("false"))
    # Changed by a moderator before it came out; the held post keeps the original.
    edited_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]

    thread: Mapped[Thread] = relationship(foreign_keys=[thread_id])
    attachments: Mapped[list["Attachment"]] = relationship(order_by="Attachment.id", viewonly=True)


class Attachment(Base):
    """A file of a post, or of a held post that is not one yet."""

    __tablename__ = "attachment"
    __table_args__ = (CheckConstraint("(post_id IS NULL) <> (held_post_id IS NULL)", name="of_one_post"),)

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"), index=True)
    held_post_id: Mapped[int | None] = mapped_column(ForeignKey("held_post.id"), index=True)
    digest: Mapped[str] = mapped_column(ForeignKey("blob.digest"), index=True)
    name: Mapped[str] = mapped_column(String(255))
    type: Mapped[str] = mapped_column(String(255))
    size: Mapped[int]


class Choice(enum.StrEnum):
    """What a member wants of a thread or a tag, whatever the choice for the group."""

    FOLLOW = "follow"
    MUTE = "mute"


class ThreadTag(Base):
    """A [tag] or #tag of a thread, without its mark and in lower case."""

    __tablename__ = "thread_tag"
    __table_args__ = (UniqueConstraint("thread_id", "tag"), Index("ix_thread_tag_group_id_tag", "group_id", "tag"))

    id: Mapped[PrimaryKey]
    thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id"))
    group_id: Mapped[int] = mapped_column(ForeignKey("community_group.id"))
    tag: Mapped[str] = mapped_column(String(80))


class ThreadChoice(Base):
    """A member follows or mutes a thread."""

    __tablename__ = "thread_choice"
    __table_args__ = (
        UniqueConstraint("member_id", "thread_id"),
        Index("ix_thread_choice_thread_id_choice", "thread_id", "choice", "member_id"),
    )

    id: Mapped[PrimaryKey]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id"))
    choice: Mapped[Choice] = mapped_column(words_of(Choice, "thread_choice"))
    created_at: Mapped[datetime] = mapped_column(default=now)


class TagChoice(Base):
    """A member follows or mutes a tag in a group."""

    __tablename__ = "tag_choice"
    __table_args__ = (
        UniqueConstraint("member_id", "group_id", "tag"),
        Index("ix_tag_choice_group_id_tag", "group_id", "tag", "choice", "member_id"),
    )

    id: Mapped[PrimaryKey]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    group_id: Mapped[int] = mapped_column(ForeignKey("community_group.id"))
    tag: Mapped[str] = mapped_column(String(80))
    choice: Mapped[Choice] = mapped_column(words_of(Choice, "tag_choice"))
    created_at: Mapped[datetime] = mapped_column(default=now)


class ReadingMark(Base):
    """How far a member has read in a thread, by `published_no`. The one thing that a GET may write."""

    __tablename__ = "reading_mark"
    __table_args__ = (UniqueConstraint("member_id", "thread_id"),)

    id: Mapped[PrimaryKey]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    thread_id: Mapped[int] = mapped_column(ForeignKey("thread.id"))
    published_no: Mapped[int]
