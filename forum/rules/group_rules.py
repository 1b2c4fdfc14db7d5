"""What a group's own rules see in a submission: findings of those that are on, and what those in shadow would say.

Pure. A rule asks for what its terms say; what its check calls only advice stays advice.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Protocol

from forum.groups.models import Role
from forum.rules.checks import CHECKS, HISTORY_CHECKS, read_options
from forum.rules.findings import Finding, Judgement, Severity
from forum.rules.matter import Asks, Matter, Sighting
from forum.rules.politics import Label
from forum.rules.submission import Facts, Submission
from forum.rules.terms import Binds, Mode, RuleInForce, Terms


def judge_by_rules(submission: Submission, facts: Facts) -> Judgement:
    """All that the rules of the group see."""
    matter = Matter(submission.text, submission.subject, submission.files)
    findings: list[Finding] = []
    shadows: list[Finding] = []
    for rule in _speaking(facts):
        into = shadows if rule.terms.mode is Mode.SHADOW else findings
        into.extend(_findings(rule, submission, matter, facts))
    return Judgement(tuple(findings), tuple(shadows))


def rules_of_pace(facts: Facts) -> tuple[RuleInForce, ...]:
    """Those that judge this author's pace, for which somebody has to gather a history."""
    return tuple(rule for rule in _speaking(facts) if rule.terms.check in HISTORY_CHECKS)


def _speaking(facts: Facts) -> Iterator[RuleInForce]:
    """The rules that judge the author of a submission. Whom a moderator trusts is no newcomer any more."""
    for rule in facts.rules:
        trusted = facts.trusted and rule.terms.check == "newcomer"
        if rule.terms.mode is not Mode.OFF and is_bound(rule.terms.binds, facts) and not trusted:
            yield rule


class Writer(Protocol):
    """What says whether a rule binds who wrote: `Facts` of a submission, or what is known of a past post's author."""

    @property
    def role(self) -> Role | None: ...

    @property
    def newcomer_posts(self) -> int: ...


def is_bound(binds: Binds, writer: Writer) -> bool:
    """Whether a rule with this reach judges who wrote."""
    moderates = writer.role in (Role.MODERATOR, Role.OWNER)
    match binds:
        case Binds.ALL:
            return True
        case Binds.MEMBERS:
            return not moderates
        case Binds.MODERATORS:
            return moderates
        case Binds.NEWCOMERS:
            return writer.newcomer_posts > 0


def _findings(rule: RuleInForce, submission: Submission, matter: Matter, facts: Facts) -> Iterator[Finding]:
    for sighting in _sightings(rule, matter, facts):
        room_id = rule.terms.room_id if sighting.label == Label.POLICY else None
        if room_id == submission.group_id:
            # In the room itself, which inherits the rule, it is welcome.
            continue
        passages = sighting.passages
        if sighting.asks is Asks.CONFIRM:
            passages = tuple(each for each in passages if each not in submission.confirmed)
            if not passages:
                continue
        yield Finding(
            rule=rule.name,
            severity=severity_asked(rule.terms, sighting),
            sentence=f"{rule.terms.sentence} {sighting.sentence}",
            for_moderator=sighting.for_moderator,
            passages=passages,
            version_id=rule.version_id,
            to_confirm=sighting.asks is not Asks.NOTHING,
            label=sighting.label,
            room_id=room_id,
        )


def severity_asked(terms: Terms, sighting: Sighting) -> Severity:
    """What a rule asks for on a sighting: what its terms say, and never more than advice where its check advises."""
    return Severity.ADVISE if sighting.severity is Severity.ADVISE else terms.severity


def _sightings(rule: RuleInForce, matter: Matter, facts: Facts) -> tuple[Sighting, ...]:
    pace = HISTORY_CHECKS.get(rule.terms.check)
    if pace is None:
        return CHECKS[rule.terms.check].check(matter, options_of(rule))
    if facts.history is None:
        raise ValueError(f"the rule {rule.name} judges the pace, and nobody has gathered it")
    return pace.check(facts.history, options_of(rule))


@lru_cache(maxsize=4096)
def options_of(rule: RuleInForce) -> Any:
    """The options of the check, read once for each rule that is loaded."""
    return read_options(rule.terms.check, rule.terms.options)
