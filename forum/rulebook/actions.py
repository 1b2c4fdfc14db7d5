"""Writes of posting rules: made, changed, loosened where that is allowed, taken back. Never commits.

Each change is a version of its own and an entry in the log; nothing is overwritten.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import func, literal, select, update

from forum.db import db, public_id
from forum.groups.actions import NotPossible
from forum.groups.models import Group, Kind
from forum.groups.queries import take_turn_in_the_tree
from forum.log import record
from forum.rulebook.changes import changes
from forum.rulebook.defaults import pinned
from forum.rulebook.examples import failing
from forum.rulebook.models import PostingRule, RuleVersion
from forum.rulebook.queries import groups_under, rules_in_force, versions_of
from forum.rules import NAMES_OF_THE_GATE
from forum.rules.checks import CHECKS, HISTORY_CHECKS, read_options
from forum.rules.terms import Mode, RuleInForce, Terms, combined, loosened

_NAME = re.compile(r"[a-z][a-z0-9-]{1,39}")
_LONGEST_SENTENCE, _LONGEST_WHY, _LONGEST_EXAMPLE, _MOST_EXAMPLES = 500, 2_000, 20_000, 50


def add_rule(group: Group, name: str, terms: Terms, *, actor_id: int | None) -> PostingRule:
    """Make a rule of a group, which holds in all groups below it too. NotPossible with a sentence if it cannot be."""
    if not _NAME.fullmatch(name):
        raise NotPossible("A rule's name is 2 to 40 small letters, digits and hyphens, and begins with a letter.")
    if name in NAMES_OF_THE_GATE:
        raise NotPossible(f"{name} is the name of something that every group asks for. Choose another one.")
    _take_turn(group)
    if any(each.name == name for each in rules_in_force(group)):
        raise NotPossible(f"There is a rule {name} here already. Change that one, or choose another name.")
    below = [each.id for each in groups_under(group)]
    if db.session.scalar(select(PostingRule.id).where(PostingRule.group_id.in_(below), PostingRule.name == name)):
        raise NotPossible(f"A group below has a rule {name} of its own already. Choose another name.")
    terms = _readable(terms, None)
    _check(terms)
    _check_room(terms, below)
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
        undo=f"rule set {name} --group {group.slug} --mode off",
    )
    return rule


def change_rule(
    rule: PostingRule, group: Group, terms: Terms, *, actor_id: int | None, seen: int | None = None
) -> RuleVersion | None:
    """Give a rule other terms in its own group or in one below: there tighter ones, or looser ones where allowed.

    None when nothing is different. `seen` is the id of the version that the new terms were made from: when another one
    holds by now, somebody else has changed the rule meanwhile, and that change would be lost.
    """
    _take_turn(group)
    before = _in_force(rule, group)
    if seen is not None and seen != before.version_id:
        raise NotPossible(f"Somebody has changed {rule.name} meanwhile. Look at it again, then repeat your change.")
    terms = _readable(terms, before.terms)
    different = changes(before.terms, terms)
    if not different:
        return None
    if rule.group_id != group.id:
        above = _in_force(rule, _parent(group))
        looser = loosened(above.terms, terms)
        if looser and not above.terms.may_be_loosened:
            what = ", ".join(looser)
            raise NotPossible(f"The group above does not allow its rule {rule.name} to be loosened here: {what}.")
    _check(terms)
    if terms.room_id != before.terms.room_id:
        _check_room(terms, [each.id for each in groups_under(db.session.get_one(Group, rule.group_id))])
    undo = _way_back(rule, group)
    version = _add_version(rule, group, terms, actor_id=actor_id)
    record(
        "change rule",
        "posting_rule",
        rule.id,
        actor_id=actor_id,
        group_id=group.id,
        why=f"{rule.name}, version {version.number}: {'; '.join(different)}",
        undo=undo,
    )
    return version


def restore_version(
    rule: PostingRule, group: Group, version: RuleVersion, *, actor_id: int | None
) -> RuleVersion | None:
    """Let the terms of an older version hold again; nowhere looser than the group above allows by now."""
    if version.as_above and rule.group_id != group.id:
        return follow_above(rule, group, actor_id=actor_id)
    terms = version.terms
    if rule.group_id != group.id:
        terms = combined(_in_force(rule, _parent(group)).terms, terms)
    return change_rule(rule, group, terms, actor_id=actor_id)


def follow_above(rule: PostingRule, group: Group, *, actor_id: int | None) -> RuleVersion | None:
    """Let the terms of the group above hold again in a group that had its own; None when they hold already."""
    if rule.group_id == group.id:
        raise NotPossible(f"{rule.name} is a rule of this very group. To end it, switch it off.")
    _take_turn(group)
    newest = _newest_here(rule, group)
    if newest is None or newest.as_above:
        return None
    undo = _way_back(rule, group)
    terms = _in_force(rule, _parent(group)).terms
    version = _add_version(rule, group, terms, actor_id=actor_id, as_above=True)
    record(
        "follow rule above",
        "posting_rule",
        rule.id,
        actor_id=actor_id,
        group_id=group.id,
        why=f"{rule.name}, version {version.number}",
        undo=undo,
    )
    return version


def _readable(terms: Terms, before: Terms | None) -> Terms:
    """The terms, with the weights of today named where check or options are new; refuse what nobody could apply.

    Whoever writes the options, by page, command or seed, leaves a rule that judges after a release as it was tried.
    """
    if terms.check not in CHECKS and terms.check not in HISTORY_CHECKS:
        checks = ", ".join(sorted((*CHECKS, *HISTORY_CHECKS)))
        raise NotPossible(f"There is no check {terms.check!r}. There are: {checks}.")
    try:
        read_options(terms.check, terms.options)
    except ValueError as error:
        raise NotPossible(str(error)) from error
    if before is not None and (before.check, dict(before.options)) == (terms.check, dict(terms.options)):
        return terms
    return replace(terms, options=pinned(terms.check, terms.options))


def _check(terms: Terms) -> None:
    """Refuse terms that are too long, and to switch on what its own examples speak against."""
    if len(terms.sentence) > _LONGEST_SENTENCE or len(terms.why) > _LONGEST_WHY:
        raise NotPossible(
            f"A rule's sentence has at most {_LONGEST_SENTENCE} characters, and why it exists {_LONGEST_WHY:,}."
        )
    for examples in (terms.caught, terms.passing):
        if len(examples) > _MOST_EXAMPLES or any(len(each) > _LONGEST_EXAMPLE for each in examples):
            raise NotPossible(
                f"A rule has at most {_MOST_EXAMPLES} examples of each kind, of {_LONGEST_EXAMPLE:,} characters each."
            )
    if terms.mode is Mode.ON:
        if not terms.caught or not terms.passing:
            raise NotPossible("To switch a rule on, give it an example that it must catch and one that must pass.")
        wrong = failing(terms)
        if wrong:
            raise NotPossible(f"The rule cannot be switched on, since its examples fail. {wrong[0]}")


def _check_room(terms: Terms, below: Sequence[int]) -> None:
    """Only a group below the rule's own can take what is routed; `below` begins with that one. Nobody looks into a
    circle, and nobody outside can write to it."""
    if terms.room_id is None:
        return
    if terms.check != "political":
        raise NotPossible("Only a rule that looks for politics can send posts to another group.")
    if terms.room_id not in below[1:] or db.session.get_one(Group, terms.room_id).kind is Kind.CIRCLE:
        raise NotPossible("The room for such posts is a group below the one that the rule belongs to, and no circle.")


def _take_turn(group: Group) -> None:
    """Of two changes at once the second waits here, and then sees what the first has left."""
    take_turn_in_the_tree()
    db.session.expire(group, ["rules_mark"])


def _newest_here(rule: PostingRule, group: Group) -> RuleVersion | None:
    return next(iter(versions_of(rule, group.id)), None)


def _way_back(rule: PostingRule, group: Group) -> str:
    """The command that brings back what holds in a group now."""
    newest = _newest_here(rule, group)
    how = "--follow-above" if newest is None or newest.as_above else f"--like {newest.number}"
    return f"rule set {rule.name} --group {group.slug} {how}"


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
