"""Holds the bar of a rule against politics against what moderators decided, and moves it when an owner says so.

What a moderator decided counts once, with the text as the moderator saw it. Never commits.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select

from forum.db import db
from forum.groups.actions import NotPossible
from forum.groups.models import Group, Kind
from forum.posting.models import HeldPost, HeldState
from forum.posting.replaying import plan_of, replay_some, wanted_by
from forum.rulebook.actions import change_rule
from forum.rulebook.calibration import Calibration, Decided, calibrate
from forum.rulebook.models import RuleSighting, RuleVersion
from forum.rulebook.queries import groups_under, rule_named, rules_in_force, terms_under
from forum.rulebook.replay import Listed
from forum.rules.checks import read_options
from forum.rules.findings import Severity
from forum.rules.matter import Matter
from forum.rules.political import PoliticalOptions, weigh_political
from forum.rules.politics import Label
from forum.rules.terms import RuleInForce, Terms

# The newest decisions; older ones were made on other posts, and often by other people.
AT_MOST = 1_000
_STATES = (HeldState.APPROVED, HeldState.REJECTED, HeldState.RETURNED)


@dataclass(frozen=True)
class Bar:
    """A rule against politics as it holds in a group, and what moderators' decisions say of its bar."""

    rule: RuleInForce
    calibration: Calibration

    @property
    def present(self) -> float:
        return self.calibration.present.bar

    @property
    def terms_proposed(self) -> Terms | None:
        """The terms with the proposed bar; everything else, the weights among it, stays."""
        proposed = self.calibration.proposed
        return None if proposed is None else _with_bar(self.rule.terms, proposed.bar)


def bar_of(group: Group, name: str) -> Bar | None:
    """The rule of this name with its bar; None when there is no such rule, or it does not weigh politics."""
    rule = next((each for each in rules_in_force(group) if each.name == name), None)
    if rule is None or rule.terms.check != "political":
        return None
    options: PoliticalOptions = read_options("political", rule.terms.options)
    return Bar(rule, calibrate(_decided(rule, group, options), options.threshold))


def move_bar(group: Group, name: str, *, to: float, actor_id: int | None) -> RuleVersion:
    """Give the rule the proposed bar, as a new version. NotPossible when `to` is not what is proposed now.

    Like every change it is refused when the rule's examples would fail, or the group above does not allow it.
    """
    bar, rule = bar_of(group, name), rule_named(group, name)
    if bar is None or rule is None:
        raise NotPossible(f"There is no rule {name} that looks for politics here.")
    terms = bar.terms_proposed
    if terms is None or terms.options["threshold"] != to:
        raise NotPossible("Moderators have decided more meanwhile. Look at the new proposal first.")
    version = change_rule(rule, group, terms, actor_id=actor_id, seen=bar.rule.version_id)
    if version is None:
        raise NotPossible("The bar lies there already.")
    return version


@dataclass(frozen=True)
class Effect:
    """What the proposed bar would have changed among past posts; `left` says that not all of them were looked at."""

    posts: int
    more: Listed
    fewer: Listed
    oldest: datetime | None
    left: bool


def effect_of(
    bar: Bar, group: Group, since: datetime, *, within: Collection[int] | None, most: int, seconds: float
) -> Effect | None:
    """What would have been held since then and was not, and the other way round; None when nothing is proposed.

    `within` are the groups that may be looked into, None is all. Looks at `most` posts, the newest first, and for about
    so many seconds.
    """
    terms = bar.terms_proposed
    if terms is None:
        return None
    plan = plan_of(bar.rule, group, terms, bar.rule.terms)
    done, left = replay_some([plan], wanted_by([plan], since, within), after="", most=most, seconds=seconds)
    [rule] = done.rules
    return Effect(done.posts, rule.newly, rule.no_longer, done.oldest, left)


def _with_bar(terms: Terms, bar: float) -> Terms:
    return replace(terms, options={**terms.options, "threshold": bar})


def _decided(rule: RuleInForce, group: Group, options: PoliticalOptions) -> Sequence[Decided]:
    """The moderators' decisions on posts that the rule called partisan, here and where the same terms hold below."""
    terms = terms_under(rule.rule_id, group, rule.terms)
    alike = [each for each in _open_below(group) if _same(terms[each], rule.terms)]
    seen = (
        select(RuleSighting.held_post_id)
        .join(RuleVersion, RuleVersion.id == RuleSighting.version_id)
        .where(
            RuleVersion.rule_id == rule.rule_id,
            RuleSighting.group_id.in_(alike),
            RuleSighting.held_post_id.is_not(None),
            RuleSighting.label == Label.PARTISAN.value,
            ~RuleSighting.shadow,
        )
    )
    rows = (
        select(HeldPost.state, HeldPost.subject, HeldPost.text, HeldPost.findings)
        .where(HeldPost.id.in_(seen), HeldPost.group_id.in_(alike), HeldPost.state.in_(_STATES))
        # What a moderator let out with other words says neither yes nor no to these.
        .where(HeldPost.decided_by_id.is_not(None), ~HeldPost.private, HeldPost.original_text.is_(None))
        .order_by(HeldPost.decided_at.desc(), HeldPost.id.desc())
        .limit(AT_MOST)
    )
    found = []
    for state, subject, text, findings in db.session.execute(rows).tuples():
        kept_out = state is not HeldState.APPROVED
        # Of what was kept out nobody knows whether it was for this rule, if another one held it too.
        if kept_out and not _held_alone(rule.name, findings):
            continue
        matter = Matter(text, subject)
        score, _ = weigh_political(matter, options)
        if not _is_held_anyway(matter, options):
            found.append(Decided(score, kept_out))
    return found


def _open_below(group: Group) -> Sequence[int]:
    """The group and those below it, up to the walls of circles."""
    found = [group.id]
    for each in groups_under(group)[1:]:
        if each.parent_id in found and each.kind is not Kind.CIRCLE:
            found.append(each.id)
    return found


def _same(terms: Terms, others: Terms) -> bool:
    return terms.check == others.check and dict(terms.options) == dict(others.options)


def _held_alone(name: str, findings: Sequence[Mapping[str, object]]) -> bool:
    return all(each["rule"] == name for each in findings if each["severity"] != Severity.ADVISE)


def _is_held_anyway(matter: Matter, options: PoliticalOptions) -> bool:
    """Whether the text is of a class that the group does not want, wherever the bar lies."""
    _, label = weigh_political(matter, replace(options, threshold=1.0))
    return label not in options.allowed
