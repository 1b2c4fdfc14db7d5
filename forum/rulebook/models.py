"""Tables of the posting rules of groups, and what a row knows alone."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from forum.clock import now
from forum.db import Base, PrimaryKey, PublicId, words_of
from forum.rules.findings import Severity
from forum.rules.terms import Binds, Mode, Terms


class PostingRule(Base):
    """A rule of a group and of all below it. What it says stands in its versions."""

    __tablename__ = "posting_rule"
    __table_args__ = (UniqueConstraint("group_id", "name"),)

    id: Mapped[PrimaryKey]
    public_id: Mapped[PublicId]
    group_id: Mapped[int] = mapped_column(ForeignKey("community_group.id"))
    name: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(default=now)


class RuleVersion(Base):
    """The terms of a rule from a moment on, in its own group or, changed, in one below: the newest there counts."""

    __tablename__ = "rule_version"
    __table_args__ = (
        UniqueConstraint("rule_id", "group_id", "number"),
        CheckConstraint("severity <> 'refuse'", name="refuses_nobody"),
    )

    id: Mapped[PrimaryKey]
    rule_id: Mapped[int] = mapped_column(ForeignKey("posting_rule.id"))
    group_id: Mapped[int] = mapped_column(ForeignKey("community_group.id"), index=True)
    number: Mapped[int]
    sentence: Mapped[str] = mapped_column(Text)
    why: Mapped[str] = mapped_column(Text)
    check: Mapped[str] = mapped_column(String(40))
    options: Mapped[dict[str, Any]] = mapped_column(JSON)
    severity: Mapped[Severity] = mapped_column(words_of(Severity, "rule_severity"))
    binds: Mapped[Binds] = mapped_column(words_of(Binds))
    mode: Mapped[Mode] = mapped_column(words_of(Mode, "rule_mode"))
    may_be_loosened: Mapped[bool]
    # In a group below its own: from here on the terms of the group above hold again.
    as_above: Mapped[bool] = mapped_column(default=False)
    caught: Mapped[list[str]] = mapped_column(JSON)
    passing: Mapped[list[str]] = mapped_column(JSON)
    room_id: Mapped[int | None] = mapped_column(ForeignKey("community_group.id"))
    # None for an operator at the terminal.
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)

    @property
    def terms(self) -> Terms:
        return Terms(
            sentence=self.sentence,
            why=self.why,
            check=self.check,
            options=self.options,
            severity=self.severity,
            binds=self.binds,
            mode=self.mode,
            may_be_loosened=self.may_be_loosened,
            caught=tuple(self.caught),
            passing=tuple(self.passing),
            room_id=self.room_id,
        )


class RuleSighting(Base):
    """What one version of a rule saw in one submission: in shadow, or as a finding. Its place and kind, no words of it.

    What went back to its author at once on the web is neither a post nor a held post, and is only counted.
    """

    __tablename__ = "rule_sighting"
    __table_args__ = (
        CheckConstraint("post_id IS NULL OR held_post_id IS NULL", name="of_one_submission"),
        Index("ix_rule_sighting_version_id_created_at", "version_id", "created_at"),
        Index("ix_rule_sighting_group_id_created_at", "group_id", "created_at"),
    )

    id: Mapped[PrimaryKey]
    version_id: Mapped[int] = mapped_column(ForeignKey("rule_version.id"))
    group_id: Mapped[int] = mapped_column(ForeignKey("community_group.id"))
    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"), index=True)
    held_post_id: Mapped[int | None] = mapped_column(ForeignKey("held_post.id"), index=True)
    shadow: Mapped[bool]
    severity: Mapped[Severity] = mapped_column(words_of(Severity, "sighting_severity"))
    label: Mapped[str] = mapped_column(String(40), default="", server_default="")
    # For the author; of what identifies a patient it names the kind alone.
    sentence: Mapped[str] = mapped_column(Text)
    passages: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(default=now)
