"""What a group's own rules see in a submission: findings of those that are on, and what those in shadow would say.

Pure. A rule asks for what its terms say; what its check calls only advice stays advice.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from forum.groups.models import Role
from forum.rules.checks import CHECKS, HISTORY_CHECKS, read_options
from forum.rules.findings import Finding, Judgement, Severity
from forum.rules.matter import Asks, Matter, Sighting
from forum.rules.politics import Label
from forum.rules.submission import Facts, Submission
from forum.rules.terms import Binds, Mode, RuleInForce


def judge_by_rules(submission: Submission, facts: Facts) -> Judgement:
    """All that the rules of the group see."""
    matter = Matter(submission.text, submission.subject, submission.files)
    findings: list[Finding] = []
    shadows: list[Finding] = []
    for rule in facts.rules:
        if rule.terms.mode is Mode.OFF or not is_bound(rule.terms.binds, facts):
            continue
        into = shadows if rule.terms.mode is Mode.SHADOW else findings
        into.extend(_findings(rule, submission, matter, facts))
    return Judgement(tuple(findings), tuple(shadows))


def is_bound(binds: Binds, facts: Facts) -> bool:
    """Whether a rule with this reach judges the author of a submission."""
    moderates = facts.role in (Role.MODERATOR, Role.OWNER)
    match binds:
        case Binds.ALL:
            return True
        case Binds.MEMBERS:
            return not moderates
        case Binds.MODERATORS:
            return moderates
        case Binds.NEWCOMERS:
            return facts.newcomer_posts > 0


def _findings(rule: RuleInForce, submission: Submission, matter: Matter, facts: Facts) -> Iterator[Finding]:
    for sighting in _sightings(rule, matter, facts):
        confirmable = sighting.asks is Asks.CONFIRM
        passages = sighting.passages
        if confirmable:
            passages = tuple(each for each in passages if each not in submission.confirmed)
            if not passages:
                continue
        yield Finding(
            rule=rule.name,
            severity=Severity.ADVISE if sighting.severity is Severity.ADVISE else rule.terms.severity,
            sentence=f"{rule.terms.sentence} {sighting.sentence}",
            for_moderator=sighting.for_moderator,
            passages=passages,
            version_id=rule.version_id,
            to_confirm=confirmable,
            label=sighting.label,
            room_id=rule.terms.room_id if sighting.label == Label.POLICY else None,
        )


def _sightings(rule: RuleInForce, matter: Matter, facts: Facts) -> tuple[Sighting, ...]:
    pace = HISTORY_CHECKS.get(rule.terms.check)
    if pace is None:
        return CHECKS[rule.terms.check].check(matter, _options(rule))
    if facts.history is None:
        raise ValueError(f"the rule {rule.name} judges the pace, and nobody has gathered it")
    return pace.check(facts.history, _options(rule))


@lru_cache(maxsize=4096)
def _options(rule: RuleInForce) -> Any:
    """The options of the check, read once for each rule that is loaded."""
    return read_options(rule.terms.check, rule.terms.options)
