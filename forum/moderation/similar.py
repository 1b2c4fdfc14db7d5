"""Earlier decisions on posts like the one that waits: so that like is decided alike, also by another moderator.

Reads only. Two posts are alike when a rule of the group found something in both, or when they share rare words. Never
shown: what no other moderator may see, what its author took back, and what was erased.
"""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import log, sqrt
from typing import Any

from sqlalchemy import func, select

from forum.accounts.models import Member
from forum.db import db
from forum.groups.models import Group
from forum.groups.rights import Viewer, moderated_group_ids
from forum.moderation.evidence import checks_of, is_of_patients, kind_in_words
from forum.posting.models import HeldPost, HeldState
from forum.rulebook.models import RuleSighting, RuleVersion
from forum.text import excerpt

MOST = 3
# So many decisions of a group are looked through, and so many code points of each.
_LOOKED_THROUGH = 300
_UNDER_THE_RULE = 100
_CODE_POINTS = 800
# The least part of their rare words that two posts share to be alike without a rule.
_ALIKE = 0.3
_SHARED_RULE = 0.5
_DECIDED = (HeldState.APPROVED, HeldState.REJECTED, HeldState.RETURNED)
# Of the gate's own rules those that speak of what was written; the others speak of who wrote, or when.
_OF_THE_WORDS = frozenset({"over_quoted", "executables", "encrypted"})
# Shorter words join others.
_WORD = re.compile(r"[^\W\d_]{5,}")


@dataclass(frozen=True)
class Earlier:
    """A post on which somebody has decided, as far as it is compared."""

    id: int
    words: frozenset[str]
    rules: frozenset[str]


@dataclass(frozen=True)
class Similar:
    """An earlier decision as moderators see it."""

    public_id: str
    group: str
    subject: str
    words: str
    state: HeldState
    reason: str
    decided_by: str
    decided_at: datetime


def words_in(text: str) -> frozenset[str]:
    """What is compared of a text."""
    return frozenset(_WORD.findall(text.lower()))


def most_alike(
    words: Collection[str], rules: Collection[str], earlier: Sequence[Earlier], most: int = MOST
) -> list[int]:
    """The ids of those that are most like a post with these words and findings, the most alike first. Pure.

    A word weighs the more the fewer posts have it (inverse document frequency); what two posts share is taken in
    proportion to what each has (the cosine of the two sets).
    """
    spread = Counter(word for each in earlier for word in each.words)
    weight = {word: log(1 + (len(earlier) + 1) / (spread[word] + 1)) for word in {*spread, *words}}
    own = sum(weight[word] for word in words)
    ranked = []
    for each in earlier:
        shared = sum(weight[word] for word in each.words if word in words)
        whole = own * sum(weight[word] for word in each.words)
        like = shared / sqrt(whole) if whole else 0.0
        has_rule = not each.rules.isdisjoint(rules)
        if has_rule or like >= _ALIKE:
            ranked.append((like + _SHARED_RULE * has_rule, each.id))
    return [held_id for _, held_id in sorted(ranked, reverse=True)[:most]]


def similar_decisions(held: HeldPost, viewer: Viewer) -> Sequence[Similar]:
    """Up to three: of the same group, and of other groups under the same rule that the viewer moderates."""
    found = {row.id: row for row in _decided(_candidates(held), viewer, held)}
    rules = {name for finding in held.findings if (name := _judging(finding))}
    alike = most_alike(
        words_in(held.text[:_CODE_POINTS]),
        rules,
        [
            Earlier(row.id, words_in(row.text), frozenset(filter(None, map(_judging, row.findings))))
            for row in found.values()
        ],
    )
    chosen = [found[held_id] for held_id in alike]
    checks = checks_of(finding for row in chosen for finding in row.findings)
    return [_shown(row, checks) for row in chosen]


def _judging(finding: Mapping[str, Any]) -> str:
    """The name of the rule, if it is one that speaks of the words."""
    rule: str = finding["rule"]
    return rule if finding.get("version_id") is not None or rule in _OF_THE_WORDS else ""


def _candidates(held: HeldPost) -> set[int]:
    """The newest decisions of the group, and of all groups under the same rules; ids alone, out of indexes."""
    ids: list[int] = []
    for state in _DECIDED:
        rows = select(HeldPost.id).where(HeldPost.group_id == held.group_id, HeldPost.state == state)
        ids += db.session.scalars(rows.order_by(HeldPost.id.desc()).limit(_LOOKED_THROUGH))
    newest = set(sorted(ids, reverse=True)[:_LOOKED_THROUGH])
    versions = [finding["version_id"] for finding in held.findings if finding.get("version_id") is not None]
    if versions:
        rules = select(RuleVersion.rule_id).where(RuleVersion.id.in_(versions))
        under = (
            select(RuleSighting.held_post_id)
            .join(RuleVersion, RuleVersion.id == RuleSighting.version_id)
            .where(RuleVersion.rule_id.in_(rules), ~RuleSighting.shadow, RuleSighting.held_post_id.is_not(None))
        )
        newest |= {
            each for each in db.session.scalars(under.order_by(RuleSighting.id.desc()).limit(_UNDER_THE_RULE)) if each
        }
    return newest - {held.id}


def _decided(ids: Collection[int], viewer: Viewer, held: HeldPost) -> Sequence[Any]:
    groups = {held.group_id, *moderated_group_ids(viewer)}
    rows = (
        select(
            HeldPost.id,
            HeldPost.public_id,
            Group.name.label("group"),
            HeldPost.subject,
            func.substr(HeldPost.text, 1, _CODE_POINTS).label("text"),
            HeldPost.original_text.is_not(None).label("edited"),
            HeldPost.findings,
            HeldPost.state,
            HeldPost.reason,
            Member.name.label("decided_by"),
            HeldPost.decided_at,
        )
        .join(Member, Member.id == HeldPost.decided_by_id)
        .join(Group, Group.id == HeldPost.group_id)
        .where(
            HeldPost.id.in_(ids),
            HeldPost.group_id.in_(groups),
            HeldPost.state.in_(_DECIDED),
            ~HeldPost.private,
            HeldPost.text != "",
        )
    )
    return db.session.execute(rows).all()


def _shown(row: Any, checks: Mapping[int, str]) -> Similar:
    of_patients = [
        passage
        for finding in row.findings
        if is_of_patients(finding, checks)
        for passage in finding["passages"]
        if passage["start"] < passage["end"]
    ]
    # Of a text that a moderator has changed since, nobody knows where it may tell who a patient is.
    text = "" if row.edited and of_patients else _masked(row.text, "text", of_patients)
    return Similar(
        row.public_id,
        row.group,
        _masked(row.subject, "subject", of_patients),
        excerpt(text, 120),
        row.state,
        row.reason,
        row.decided_by,
        row.decided_at,
    )


def _masked(text: str, field: str, passages: Sequence[Mapping[str, Any]]) -> str:
    """The field with a kind in brackets for each passage: this leaves the post that it stands in."""
    here = [each for each in passages if each["field"] == field and each["start"] < len(text)]
    # From the end, so that the places before stay right.
    for each in sorted(here, key=lambda passage: -passage["start"]):
        text = f"{text[: each['start']]}[{kind_in_words(each['kind'])}]{text[each['end'] :]}"
    return text
