"""Tables of members, their addresses and one-time links, and what a row knows alone."""

import enum
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.clock import now
from forum.db import Base, PrimaryKey, PublicId, words_of


class Member(Base):
    """A person. Whether the person belongs to the community is the membership in the root group."""

    __tablename__ = "member"

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    name: Mapped[str] = mapped_column(String(200))
    place: Mapped[str] = mapped_column(String(200), default="", server_default="")
    specialty: Mapped[str] = mapped_column(String(200), default="", server_default="")
    career_stage: Mapped[str] = mapped_column(String(200), default="", server_default="")
    employer: Mapped[str] = mapped_column(String(200), default="", server_default="")
    interests: Mapped[str] = mapped_column(Text, default="", server_default="")
    time_zone: Mapped[str] = mapped_column(String(60), default="UTC", server_default="UTC")
    password_hash: Mapped[str | None] = mapped_column(Text)
    # Signing out everywhere raises the epoch; a session of an older epoch is nobody's.
    session_epoch: Mapped[int] = mapped_column(default=0, server_default="0")
    # Authors of an imported archive whom nobody has claimed yet: they own posts and can do nothing.
    placeholder: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    created_at: Mapped[datetime] = mapped_column(default=now)

    addresses: Mapped[list["Address"]] = relationship(
        order_by="(Address.is_primary.desc(), Address.id)", lazy="select", viewonly=True
    )


class Address(Base):
    """A mail address of a member. Only verified ones are rows; two spellings of one address share `key`."""

    __tablename__ = "address"
    __table_args__ = (
        Index(
            "uq_address_primary",
            "member_id",
            unique=True,
            sqlite_where=text("is_primary"),
            postgresql_where=text("is_primary"),
        ),
    )

    id: Mapped[PrimaryKey]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    email: Mapped[str] = mapped_column(String(254))
    key: Mapped[str] = mapped_column(String(254), unique=True)
    # The key without a plus-tag: ann+lists@x.org and ann@x.org are one person.
    base_key: Mapped[str] = mapped_column(String(254), index=True)
    is_primary: Mapped[bool] = mapped_column(default=False)
    bouncing_since: Mapped[datetime | None]
    verified_at: Mapped[datetime] = mapped_column(default=now)


class LinkPurpose(enum.StrEnum):
    SIGN_IN = "sign_in"
    VERIFY_ADDRESS = "verify_address"
    CLAIM = "claim"  # verify an address that an imported placeholder has, and take over its posts


class OneTimeLink(Base):
    """A link sent by mail that works once. What stands in the mail is a token over the row's number."""

    __tablename__ = "one_time_link"

    id: Mapped[PrimaryKey]
    purpose: Mapped[LinkPurpose] = mapped_column(words_of(LinkPurpose))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    email: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SignInAttempt(Base):
    """One try to sign in, kept an hour: limits hold across all web processes since they are rows."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (Index("ix_sign_in_attempt_what", "what", "at"),)

    id: Mapped[PrimaryKey]
    # A keyed hash of the address typed or of the network address, never the thing itself.
    what: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(default=now)
