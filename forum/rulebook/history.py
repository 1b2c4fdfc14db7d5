"""How a rule came to be as it is in a group: its versions, who made them and what each changed. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from forum.accounts.models import Member
from forum.db import db
from forum.groups.models import Group
from forum.rulebook.changes import changes
from forum.rulebook.models import PostingRule, RuleVersion
from forum.rulebook.queries import versions_of


@dataclass(frozen=True)
class VersionLine:
    """One version. `by` is None for an operator at the terminal."""

    version: RuleVersion
    group: Group
    by: str | None
    changed: str


def history_of(rule: PostingRule, group: Group) -> Sequence[VersionLine]:
    """The versions in a group and in those above it: the group's own first, each group's the newest first."""
    lines = []
    here: Group | None = group
    while here is not None:
        versions = versions_of(rule, here.id)
        lines += [
            (version, here, _changed(version, before))
            for version, before in zip(versions, (*versions[1:], None), strict=False)
        ]
        here = here.parent
    makers = {version.made_by_id for version, _, _ in lines}
    names = dict(db.session.execute(select(Member.id, Member.name).where(Member.id.in_(makers))).tuples().all())
    return [
        VersionLine(version, where, names.get(version.made_by_id) if version.made_by_id is not None else None, changed)
        for version, where, changed in lines
    ]


def _changed(version: RuleVersion, before: RuleVersion | None) -> str:
    if version.as_above:
        return "follows the group above"
    if before is None:
        return "the first one here"
    return "; ".join(changes(before.terms, version.terms)) or "the same again"
