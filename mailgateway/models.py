"""Tables of the gateway: mail that came in, each of its recipients' fate, and copies on their way out."""

import enum
from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy import text as sql_text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.clock import now
from forum.db import Base, PrimaryKey, PublicId, words_of
from forum.queue import Queued, due_index


class MailState(enum.StrEnum):
    """The fate of a mail, as `banyan mail list` names it."""

    RECEIVED = "received"
    POSTED = "posted"
    HELD = "held"
    RETURNED = "returned"
    REFUSED = "refused"
    DUPLICATE = "duplicate"
    AUTOMATIC = "automatic"
    BOUNCE = "bounce"
    COMMAND = "command"
    SET_ASIDE = "set_aside"


class InboundMail(Queued, Base):
    """One message as it came, kept whole in a blob until its time is over. Stored and synced before 250."""

    __tablename__ = "inbound_mail"
    __table_args__ = (due_index("inbound_mail", "due_at", "id"),)

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    envelope_sender: Mapped[str] = mapped_column(String(320))
    raw_digest: Mapped[str | None] = mapped_column(ForeignKey("blob.digest"), index=True)
    received_at: Mapped[datetime] = mapped_column(default=now, index=True)
    # Filled by intake, for lists and for tracing.
    from_address: Mapped[str] = mapped_column(String(320), default="", index=True)
    subject: Mapped[str] = mapped_column(String(500), default="")
    message_id: Mapped[str] = mapped_column(String(998), default="", index=True)
    state: Mapped[MailState] = mapped_column(words_of(MailState), default=MailState.RECEIVED, index=True)
    reason: Mapped[str] = mapped_column(Text, default="")

    recipients: Mapped[list["InboundRecipient"]] = relationship(
        order_by="InboundRecipient.id", cascade="all, delete-orphan", back_populates="mail"
    )


class InboundRecipient(Base):
    """One recipient of a message and what became of the message there."""

    __tablename__ = "inbound_recipient"
    __table_args__ = (UniqueConstraint("mail_id", "address"),)

    id: Mapped[PrimaryKey]
    mail_id: Mapped[int] = mapped_column(ForeignKey("inbound_mail.id"), index=True)
    address: Mapped[str] = mapped_column(String(320))
    state: Mapped[MailState] = mapped_column(words_of(MailState), default=MailState.RECEIVED)
    reason: Mapped[str] = mapped_column(Text, default="")
    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"), index=True)
    held_post_id: Mapped[int | None] = mapped_column(ForeignKey("held_post.id"), index=True)

    mail: Mapped[InboundMail] = relationship(back_populates="recipients")


class DeliveryState(enum.StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    REFUSED = "refused"
    SKIPPED = "skipped"  # the right or the wish to have it was gone at the moment of sending
    GIVEN_UP = "given_up"


class Delivery(Queued, Base):
    """A copy of a post for one member. One a member however many groups, addresses or workers (see `fan_out_key`)."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("fan_out_key", "member_id"),
        due_index("delivery", "due_at", "id"),
        # From fan-out to fan-out among what is not done, so that each gets its share (claiming.py).
        Index(
            "ix_delivery_open",
            "fan_out_key",
            "due_at",
            "id",
            sqlite_where=sql_text("done_at IS NULL AND set_aside_at IS NULL"),
            postgresql_where=sql_text("done_at IS NULL AND set_aside_at IS NULL"),
        ),
        Index("ix_delivery_member_id", "member_id"),
        Index("ix_delivery_state_done_at", "state", "done_at"),
    )

    id: Mapped[PrimaryKey]
    fan_out_key: Mapped[int]
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    # None when the member has removed the address since.
    address_id: Mapped[int | None] = mapped_column(ForeignKey("address.id", ondelete="SET NULL"), index=True)
    state: Mapped[DeliveryState] = mapped_column(words_of(DeliveryState), default=DeliveryState.WAITING)
    # Skipped, since its member has chosen digests meanwhile: the next one has it.
    for_digest: Mapped[bool] = mapped_column(default=False, server_default=sql_text("false"))


class DigestKind(enum.StrEnum):
    DAILY = "daily"
    WEEKLY = "weekly"
    CATCH_UP = "catch_up"  # after an absence or a pause: the topics of all groups


class Digest(Queued, Base):
    """One digest of one member: what was published after `from_no` up to `through_no`. `slot` is its day there."""

    __tablename__ = "digest"
    __table_args__ = (UniqueConstraint("member_id", "kind", "slot"), due_index("digest", "due_at", "id"))

    id: Mapped[PrimaryKey]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    kind: Mapped[DigestKind] = mapped_column(words_of(DigestKind))
    slot: Mapped[str] = mapped_column(String(20))
    # Of a catch-up; the others go by the mark of each membership.
    from_no: Mapped[int | None]
    through_no: Mapped[int]
    state: Mapped[DeliveryState] = mapped_column(words_of(DeliveryState, "digest_state"), default=DeliveryState.WAITING)


class DeliverySummary(Base):
    """What is left of the sent deliveries of a post when their rows have folded: who got it, and between when."""

    __tablename__ = "delivery_summary"

    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"), primary_key=True)
    first_sent_at: Mapped[datetime]
    last_sent_at: Mapped[datetime]
    # Sorted ids of members, packed (see retention.py).
    member_ids: Mapped[bytes | None] = mapped_column(LargeBinary)
