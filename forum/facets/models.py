"""Tables of facets: the values that can be compared, and which members have them. A row knows no words of a profile."""

import enum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from forum.db import Base, PrimaryKey, PublicId, words_of


class Dimension(enum.StrEnum):
    """What a facet is about."""

    PLACE = "place"  # countries, their regions, and cities below them
    SPECIALTY = "specialty"  # specialties, and subspecialties below them
    CAREER_STAGE = "career_stage"
    EMPLOYER = "employer"
    INTEREST = "interest"  # free tags


class Facet(Base):
    """One value: a region, a specialty, an interest. One that was merged into another leads there."""

    __tablename__ = "facet"
    __table_args__ = (
        UniqueConstraint("dimension", "code"),
        CheckConstraint("merged_into_id <> id AND parent_id <> id", name="not_its_own"),
        Index("ix_facet_parent_id", "parent_id"),
    )

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    dimension: Mapped[Dimension] = mapped_column(words_of(Dimension))
    # Stable and comparable: ISO 3166 codes of countries and regions, and below them the city's name in small letters
    # (US, US-OR, US-OR/portland); a specialty's word of the taxonomy; a tag or a name folded to small letters.
    code: Mapped[str] = mapped_column(String(120))
    name: Mapped[str] = mapped_column(String(200))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("facet.id"))
    # A medical condition and the like: it is shown to nobody, and matched only with consent.
    sensitive: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("facet.id"), index=True)


class MemberFacet(Base):
    """A member has a facet. `may_match`: it may count when groups are proposed; of a sensitive one only by consent."""

    __tablename__ = "member_facet"
    __table_args__ = (UniqueConstraint("member_id", "facet_id"),)

    id: Mapped[PrimaryKey]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    facet_id: Mapped[int] = mapped_column(ForeignKey("facet.id"), index=True)
    may_match: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
