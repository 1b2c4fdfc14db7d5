"""Writes of posting rules: made, changed, loosened where that is allowed, taken back. Never commits.

Each change is a version of its own and an entry in the log; nothing is overwritten.
"""

import re

from sqlalchemy import func, literal, select, update

from forum.db import db, public_id
from forum.groups.actions import NotPossible
from forum.groups.models import Group
from forum.log import record
from forum.rulebook.examples import failing
from forum.rulebook.models import PostingRule, RuleVersion
from forum.rulebook.queries import rules_in_force
from forum.rules import NAMES_OF_THE_GATE
from forum.rules.checks import CHECKS, HISTORY_CHECKS, read_options
from forum.rules.terms import Mode, RuleInForce, Terms, loosened

_NAME = re.compile(r"[a-z][a-z0-9-]{1,39}")


def add_rule(group: Group, name: str, terms: Terms, *, actor_id: int | None) -> PostingRule:
    """Make a rule of a group, which holds in all groups below it too. NotPossible with a sentence if it cannot be."""
    if not _NAME.fullmatch(name):
        raise NotPossible("A rule's name is 2 to 40 small letters, digits and hyphens, and begins with a letter.")
    if name in NAMES_OF_THE_GATE:
        raise NotPossible(f"{name} is the name of something that every group asks for. Choose another one.")
    if any(each.name == name for each in rules_in_force(group)):
        raise NotPossible(f"There is a rule {name} here already. Change that one, or choose another name.")
    _check(terms)
    rule = PostingRule(group_id=group.id, name=name)
    db.session.add(rule)
    db.session.flush()
    _add_version(rule, group, terms, actor_id=actor_id)
    record(
        "add rule",
        "posting_rule",
        rule.id,
        actor_id=actor_id,
        group_id=group.id,
        why=f"{name}, {terms.mode}",
        undo=f"rule set {name} --mode off",
    )
    return rule


def change_rule(rule: PostingRule, group: Group, terms: Terms, *, actor_id: int | None) -> RuleVersion:
    """Give a rule other terms in its own group or in one below: there tighter ones, or looser ones where allowed."""
    before = _in_force(rule, group)
    if rule.group_id != group.id:
        above = _in_force(rule, _parent(group))
        looser = loosened(above.terms, terms)
        if looser and not above.terms.may_be_loosened:
            what = ", ".join(looser)
            raise NotPossible(f"The group above does not allow its rule {rule.name} to be loosened here: {what}.")
    _check(terms)
    version = _add_version(rule, group, terms, actor_id=actor_id)
    record(
        "change rule",
        "posting_rule",
        rule.id,
        actor_id=actor_id,
        group_id=group.id,
        why=f"{rule.name}, version {version.number}, {terms.mode}",
        undo=f"rule set {rule.name} --like {before.version_id}",
    )
    return version


def follow_above(rule: PostingRule, group: Group, *, actor_id: int | None) -> None:
    """Let the terms of the group above hold again in a group that had its own."""
    if rule.group_id == group.id:
        raise NotPossible(f"{rule.name} is a rule of this very group. To end it, switch it off.")
    before = _in_force(rule, group)
    terms = _in_force(rule, _parent(group)).terms
    _add_version(rule, group, terms, actor_id=actor_id, as_above=True)
    record(
        "follow rule above",
        "posting_rule",
        rule.id,
        actor_id=actor_id,
        group_id=group.id,
        why=rule.name,
        undo=f"rule set {rule.name} --like {before.version_id}",
    )


def _check(terms: Terms) -> None:
    """Refuse terms that nobody could apply, and to switch on what its own examples speak against."""
    if terms.check not in CHECKS and terms.check not in HISTORY_CHECKS:
        checks = ", ".join(sorted((*CHECKS, *HISTORY_CHECKS)))
        raise NotPossible(f"There is no check {terms.check!r}. There are: {checks}.")
    try:
        read_options(terms.check, terms.options)
    except ValueError as error:
        raise NotPossible(str(error)) from error
    if terms.mode is Mode.ON:
        if not terms.caught or not terms.passing:
            raise NotPossible("To switch a rule on, give it an example that it must catch and one that must pass.")
        wrong = failing(terms)
        if wrong:
            raise NotPossible(f"The rule cannot be switched on, since its examples fail. {wrong[0]}")


def _in_force(rule: PostingRule, group: Group) -> RuleInForce:
    return next(each for each in rules_in_force(group) if each.rule_id == rule.id)


def _parent(group: Group) -> Group:
    if group.parent is None:
        raise ValueError("nothing is above the community")
    return group.parent


def _add_version(
    rule: PostingRule, group: Group, terms: Terms, *, actor_id: int | None, as_above: bool = False
) -> RuleVersion:
    last = select(func.max(RuleVersion.number)).where(RuleVersion.rule_id == rule.id, RuleVersion.group_id == group.id)
    version = RuleVersion(
        rule_id=rule.id,
        group_id=group.id,
        number=(db.session.scalar(last) or 0) + 1,
        sentence=terms.sentence,
        why=terms.why,
        check=terms.check,
        options=dict(terms.options),
        severity=terms.severity,
        binds=terms.binds,
        mode=terms.mode,
        may_be_loosened=terms.may_be_loosened,
        as_above=as_above,
        caught=list(terms.caught),
        passing=list(terms.passing),
        room_id=terms.room_id,
        made_by_id=actor_id,
    )
    db.session.add(version)
    db.session.flush()
    _mark_changed(group)
    return version


def _mark_changed(group: Group) -> None:
    """Have the rules of a group and of all below it read anew. Comes after the version: nobody may read too soon."""
    below = select(Group.id).where(Group.id == group.id).cte("below", recursive=True)
    below = below.union_all(select(Group.id).join(below, Group.parent_id == below.c.id))
    changed = update(Group).where(Group.id.in_(select(below.c.id))).values(rules_mark=literal(public_id()))
    db.session.execute(changed.execution_options(synchronize_session=False))
    for each in db.session.identity_map.values():
        if isinstance(each, Group):
            db.session.expire(each, ["rules_mark"])
