"""Reads of posting rules: which hold in a group, on which terms, and how a rule came to be as it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any

from sqlalchemy import Select, bindparam, func, literal, select
from sqlalchemy.orm import aliased

from forum.db import db
from forum.groups.models import Group, Kind
from forum.rulebook.models import PostingRule, RuleVersion
from forum.rules.terms import RuleInForce, Terms, combined


def _line() -> Select[Any]:
    """The newest versions in a group and in all above it, with each group's height above the first."""
    line = (
        select(Group.id, Group.parent_id, literal(0).label("height"))
        .where(Group.id == bindparam("the_group"))
        .cte("line", recursive=True)
    )
    above = aliased(Group)
    line = line.union_all(select(above.id, above.parent_id, line.c.height + 1).join(line, above.id == line.c.parent_id))
    later = aliased(RuleVersion)
    newest = (
        select(func.max(later.number))
        .where(later.rule_id == RuleVersion.rule_id, later.group_id == RuleVersion.group_id)
        .scalar_subquery()
    )
    return (
        select(PostingRule.id, PostingRule.name, RuleVersion)
        .join(RuleVersion, RuleVersion.rule_id == PostingRule.id)
        .join(line, line.c.id == RuleVersion.group_id)
        .where(RuleVersion.number == newest)
        # A rule's own group is the highest that can have a version of it.
        .order_by(PostingRule.id, line.c.height.desc())
    )


_LINE = _line()


def rules_in_force(group: Group) -> tuple[RuleInForce, ...]:
    """The rules that hold in a group, its own and inherited ones, in the order in which they were made.

    Read anew only after a change: each change of a rule gives all groups under it another mark.
    """
    return () if group.rules_mark is None else _marked(group.id, group.rules_mark)


@lru_cache(maxsize=1024)
def _marked(group_id: int, mark: str) -> tuple[RuleInForce, ...]:
    """The rules of a group as they are under one mark, which is random, so that none comes twice."""
    rows = db.session.execute(_LINE, {"the_group": group_id}).tuples()
    found = []
    for (rule_id, name), versions in groupby(rows, key=lambda row: (row[0], row[1])):
        own, *below = (version for _, _, version in versions)
        terms, version = own.terms, own
        for each in below:
            if not each.as_above:
                terms, version = combined(terms, each.terms), each
        found.append(RuleInForce(rule_id, name, version.id, terms))
    return tuple(found)


def rule_named(group: Group, name: str) -> PostingRule | None:
    """The rule of this name that holds in a group, be it made there or above."""
    found = next((each for each in rules_in_force(group) if each.name == name), None)
    return db.session.get(PostingRule, found.rule_id) if found is not None else None


def versions_of(rule: PostingRule, group_id: int) -> Sequence[RuleVersion]:
    """How a rule came to be as it is in a group, the newest first; what it changed above is not among it."""
    rows = select(RuleVersion).where(RuleVersion.rule_id == rule.id, RuleVersion.group_id == group_id)
    return db.session.scalars(rows.order_by(RuleVersion.number.desc())).all()


def version_numbered(rule: PostingRule, group: Group, number: int) -> RuleVersion | None:
    """The version of this number in a group, or, while a group has none of its own, in the nearest above that has."""
    here: Group | None = group
    while here is not None:
        versions = versions_of(rule, here.id)
        if versions:
            return next((each for each in versions if each.number == number), None)
        here = here.parent
    return None


@dataclass(frozen=True)
class StandingRule:
    """A rule as it holds in a group, the group that it was made in, and the version that its terms come from."""

    in_force: RuleInForce
    made_in: Group
    version: RuleVersion

    @property
    def name(self) -> str:
        return self.in_force.name

    @property
    def terms(self) -> Terms:
        return self.in_force.terms


def standing_rules(group: Group) -> Sequence[StandingRule]:
    """The rules that hold in a group with where they come from, the in the order in which they were made."""
    found = rules_in_force(group)
    rules = {
        row.id: row
        for row in db.session.scalars(select(PostingRule).where(PostingRule.id.in_([each.rule_id for each in found])))
    }
    versions = {
        row.id: row
        for row in db.session.scalars(
            select(RuleVersion).where(RuleVersion.id.in_([each.version_id for each in found]))
        )
    }
    return [
        StandingRule(each, db.session.get_one(Group, rules[each.rule_id].group_id), versions[each.version_id])
        for each in found
    ]


@dataclass(frozen=True)
class GroupBelow:
    """A group of a branch of the tree."""

    id: int
    parent_id: int | None
    slug: str
    name: str
    kind: Kind


def groups_under(group: Group) -> Sequence[GroupBelow]:
    """A group and all below it, each after the one above it."""
    branch = (
        select(Group.id, Group.parent_id, Group.slug, Group.name, Group.kind, literal(0).label("depth"))
        .where(Group.id == group.id)
        .cte("branch", recursive=True)
    )
    below = aliased(Group)
    branch = branch.union_all(
        select(below.id, below.parent_id, below.slug, below.name, below.kind, branch.c.depth + 1).join(
            branch, below.parent_id == branch.c.id
        )
    )
    rows = select(branch.c.id, branch.c.parent_id, branch.c.slug, branch.c.name, branch.c.kind)
    return [GroupBelow(*row) for row in db.session.execute(rows.order_by(branch.c.depth, branch.c.slug))]


def terms_under(rule_id: int, group: Group, terms: Terms) -> Mapping[int, Terms]:
    """What would hold of a rule in a group and, by group id, in each below it, if it had these terms in the first."""
    later = aliased(RuleVersion)
    newest = (
        select(func.max(later.number))
        .where(later.rule_id == RuleVersion.rule_id, later.group_id == RuleVersion.group_id)
        .scalar_subquery()
    )
    rows = select(RuleVersion).where(RuleVersion.rule_id == rule_id, RuleVersion.number == newest)
    own = {row.group_id: row for row in db.session.scalars(rows)}
    first, *others = groups_under(group)
    held = {first.id: terms}
    for each in others:
        assert each.parent_id is not None
        above, version = held[each.parent_id], own.get(each.id)
        held[each.id] = above if version is None or version.as_above else combined(above, version.terms)
    return held
