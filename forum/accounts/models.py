"""Tables of members, their addresses with what was said of them, and one-time links; and what a row knows alone."""

import enum
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forum.clock import now
from forum.db import Base, PrimaryKey, PublicId, words_of


class DigestFormat(enum.StrEnum):
    """How a member's digests look: HTML beside text, text alone, or the plain form of RFC 1153."""

    HTML = "html"
    PLAIN = "plain"
    RFC1153 = "rfc1153"


class PauseReason(enum.StrEnum):
    """Why no mail of the groups goes to an address: it comes back, was reported as unwanted, or is nobody's now."""

    BOUNCES = "bounces"
    COMPLAINT = "complaint"
    # Its member was removed by an operator or has died: nothing goes there any more, no notice either.
    REMOVED = "removed"


class Shown(enum.StrEnum):
    """Who sees what a member says in the profile: all members, those who share a group, or nobody."""

    COMMUNITY = "community"
    GROUPS = "groups"
    NOBODY = "nobody"


class Member(Base):
    """A person. Whether the person belongs to the community is the membership in the root group."""

    __tablename__ = "member"
    __table_args__ = (
        CheckConstraint("digest_hour BETWEEN 0 AND 23", name="an_hour_of_the_day"),
        CheckConstraint("digest_weekday BETWEEN 0 AND 6", name="a_day_of_the_week"),
        CheckConstraint("(away_until IS NULL) = (away_from_no IS NULL)", name="away_from_when_away"),
        Index(
            "ix_member_digest_due_at",
            "digest_due_at",
            sqlite_where=text("digest_due_at IS NOT NULL"),
            postgresql_where=text("digest_due_at IS NOT NULL"),
        ),
        Index(
            "ix_member_away_until",
            "away_until",
            sqlite_where=text("away_until IS NOT NULL"),
            postgresql_where=text("away_until IS NOT NULL"),
        ),
    )

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    name: Mapped[str] = mapped_column(String(200))
    place: Mapped[str] = mapped_column(String(200), default="", server_default="")
    specialty: Mapped[str] = mapped_column(String(200), default="", server_default="")
    career_stage: Mapped[str] = mapped_column(String(200), default="", server_default="")
    employer: Mapped[str] = mapped_column(String(200), default="", server_default="")
    interests: Mapped[str] = mapped_column(Text, default="", server_default="")
    place_shown: Mapped[Shown] = mapped_column(
        words_of(Shown, "place_shown"), default=Shown.COMMUNITY, server_default=Shown.COMMUNITY.value
    )
    specialty_shown: Mapped[Shown] = mapped_column(
        words_of(Shown, "specialty_shown"), default=Shown.COMMUNITY, server_default=Shown.COMMUNITY.value
    )
    career_stage_shown: Mapped[Shown] = mapped_column(
        words_of(Shown, "career_stage_shown"), default=Shown.COMMUNITY, server_default=Shown.COMMUNITY.value
    )
    employer_shown: Mapped[Shown] = mapped_column(
        words_of(Shown, "employer_shown"), default=Shown.NOBODY, server_default=Shown.NOBODY.value
    )
    interests_shown: Mapped[Shown] = mapped_column(
        words_of(Shown, "interests_shown"), default=Shown.NOBODY, server_default=Shown.NOBODY.value
    )
    # When a moderator last had this member asked by mail for what the profile does not say.
    asked_about_profile_at: Mapped[datetime | None]
    time_zone: Mapped[str] = mapped_column(String(60), default="UTC", server_default="UTC")
    password_hash: Mapped[str | None] = mapped_column(Text)
    # Signing out everywhere raises the epoch; a session of an older epoch is nobody's.
    session_epoch: Mapped[int] = mapped_column(default=0, server_default="0")
    # Authors of an imported archive whom nobody has claimed yet: they own posts and can do nothing.
    placeholder: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    # Digests come at this hour of the member's own time zone; weekly ones on this day, Monday is 0.
    digest_hour: Mapped[int] = mapped_column(default=7, server_default="7")
    digest_weekday: Mapped[int] = mapped_column(default=0, server_default="0")
    digest_format: Mapped[DigestFormat] = mapped_column(
        words_of(DigestFormat), default=DigestFormat.HTML, server_default=DigestFormat.HTML.value
    )
    # When the next digest is due; None while no group is set so.
    digest_due_at: Mapped[datetime | None]
    # No mail of any group until then; what came after `away_from_no` is summed up afterwards.
    away_until: Mapped[datetime | None]
    away_from_no: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(default=now)

    addresses: Mapped[list["Address"]] = relationship(
        order_by="(Address.is_primary.desc(), Address.id)", lazy="select", viewonly=True
    )


class Address(Base):
    """A mail address of a member. Only verified ones are rows; two spellings of one address share `key`."""

    __tablename__ = "address"
    __table_args__ = (
        CheckConstraint("(bouncing_since IS NULL) = (pause_reason IS NULL)", name="paused_for_a_reason"),
        Index(
            "ix_address_bouncing_since",
            "bouncing_since",
            sqlite_where=text("bouncing_since IS NOT NULL"),
            postgresql_where=text("bouncing_since IS NOT NULL"),
        ),
        Index(
            "ix_address_probe_due_at",
            "probe_due_at",
            sqlite_where=text("probe_due_at IS NOT NULL"),
            postgresql_where=text("probe_due_at IS NOT NULL"),
        ),
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
    # Mail of all groups to this address is paused since then, and why.
    bouncing_since: Mapped[datetime | None]
    pause_reason: Mapped[PauseReason | None] = mapped_column(words_of(PauseReason))
    # The last number published before the pause: what came after it is summed up when mail goes there again.
    paused_from_no: Mapped[int | None]
    # Days on which the address was reported dead, at most one a day; days on which mail arrived lower it again.
    bounce_score: Mapped[int] = mapped_column(default=0, server_default="0")
    bounce_counted_at: Mapped[datetime | None]
    # Links out of a pause that were made so far: only the newest is good, and only while the pause lasts.
    probes: Mapped[int] = mapped_column(default=0, server_default="0")
    probe_due_at: Mapped[datetime | None]
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


class BounceNote(Base):
    """What a report or a refusal said of an address, and whether it counted against it."""

    __tablename__ = "bounce_note"
    __table_args__ = (Index("ix_bounce_note_address_id_at", "address_id", "at"),)

    id: Mapped[PrimaryKey]
    address_id: Mapped[int] = mapped_column(ForeignKey("address.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(default=now)
    # dead, full, policy, dmarc, transient, unknown, complaint or challenge
    klass: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(20), default="")
    counted: Mapped[bool] = mapped_column(default=False)


class SignInAttempt(Base):
    """One try to sign in or to add an address, kept a day: limits hold across all processes since they are rows."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (Index("ix_sign_in_attempt_what", "what", "at"),)

    id: Mapped[PrimaryKey]
    # A keyed hash of the address typed, of the network address or of who asks, never the thing itself.
    what: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(default=now)
