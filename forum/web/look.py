"""What the rules of a group see in words, as a page shows it to their author: before they are sent, and afterwards.

Looking writes nothing. What a rule in shadow sees is never shown, and no page says that a text is clean.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from markupsafe import Markup
from sqlalchemy import select

from forum.clock import now
from forum.db import db
from forum.groups.models import Group
from forum.posting.models import HeldPost
from forum.rulebook.models import RuleVersion
from forum.rulebook.queries import rules_in_force
from forum.rules.findings import Field, Finding, Judgement, Passage, Severity
from forum.rules.terms import Mode, RuleInForce
from forum.text import mark_places, places_of
from forum.web.confirmations import generalisation_of, name_of, passages_named

# So many marked words are named beside a rule, and none that is longer; the rest is marked in the text alone.
_WORDS_NAMED, _LONGEST = 6, 60


@dataclass(frozen=True)
class ShownPassage:
    """Words that may tell who a patient is, with what they are, and as the buttons beside them name them."""

    words: str
    kind: str
    name: str
    instead: str | None
    in_subject: bool


@dataclass(frozen=True)
class ShownFinding:
    """What one rule says, to its author. `words` are some of those it is about, where each is not asked about alone."""

    rule: str
    sentence: str
    why: str
    severity: Severity
    to_confirm: bool
    words: tuple[str, ...] = ()
    passages: tuple[ShownPassage, ...] = ()
    # Whether a rule of the group says so, and not the gate, which nobody can overrule.
    of_group: bool = True


@dataclass(frozen=True)
class Marked:
    """What was written, with the words marked that findings are about."""

    subject: Markup
    text: Markup
    has_marks: bool


@dataclass(frozen=True)
class Look:
    """What the rules see in words that are not sent yet. `note` stands for exactly these words and findings.

    `confirmed` are the passages of which the author says that they are no patient's; `names` what the form carries.
    """

    findings: tuple[ShownFinding, ...] = ()
    marked: Marked | None = None
    severity: Severity | None = None
    note: str = ""
    confirmed: tuple[Passage, ...] = ()
    names: tuple[str, ...] = ()
    # All that may be named by a button of the page.
    passages: tuple[Passage, ...] = ()
    # The gate has something to say that changed words would not change: it goes there at once.
    gate_speaks: bool = False

    @property
    def to_confirm(self) -> bool:
        return any(each.to_confirm for each in self.findings)

    @property
    def may_ask(self) -> bool:
        """Whether a moderator can let out what is sent back here, once the author has spoken for the passages."""
        returned = [each for each in self.findings if each.severity is Severity.RETURN]
        return bool(returned) and all(each.of_group and not each.to_confirm for each in returned)


def look(words: Mapping[Field, str], names: Sequence[str], judged: Callable[[tuple[Passage, ...]], Judgement]) -> Look:
    """Have words looked at as the gate would judge them; `judged` asks it, with the passages that are confirmed.

    Where the gate itself has something to say first, such as that the thread is closed, there is nothing to show here.
    """
    judgement = judged(())
    confirmed: tuple[Passage, ...] = ()
    if names:
        open_ones = [each for found in judgement.findings if found.to_confirm for each in found.passages]
        confirmed = passages_named(names, open_ones, words)
        judgement = judged(confirmed) if confirmed else judgement
    carried = tuple(name_of(each, words) for each in confirmed)
    findings = [each for each in judgement.findings if each.version_id is not None or each.passages]
    gate_speaks = any(_is_said_first(each) for each in judgement.findings)
    if not findings or gate_speaks:
        return Look(confirmed=confirmed, names=carried, gate_speaks=gate_speaks)
    whys = _whys(each.version_id for each in findings)
    passages = tuple(each for finding in findings for each in finding.passages)
    return Look(
        findings=tuple(_shown(each, words, whys) for each in findings),
        marked=marked(words, passages),
        severity=max((each.severity for each in findings), key=lambda each: each.rank),
        note=_note(words, confirmed, findings),
        confirmed=confirmed,
        names=carried,
        passages=passages,
    )


def rules_to_show(group: Group) -> tuple[RuleInForce, ...]:
    """The rules that speak in a group, for those who write there. What is tried in shadow is not among them."""
    return tuple(each for each in rules_in_force(group) if each.terms.mode is Mode.ON)


def kept_findings(held: HeldPost, words: Mapping[Field, str]) -> tuple[ShownFinding, ...]:
    """What was found in a held post when it came or was changed, the gate's own findings too."""
    whys = _whys(row.get("version_id") for row in held.findings)
    return tuple(_shown(_finding(row), words, whys) for row in held.findings)


def marked_as_kept(held: HeldPost, words: Mapping[Field, str]) -> Marked:
    """A held post with its words marked. What the gate's own rules saw is found again by the words."""
    evidence = [each for row in held.findings for each in row["evidence"]]
    passages = [each for row in held.findings for each in _passages(row)]
    fields: tuple[Field, ...] = ("subject", "text")
    for field in fields:
        passages += [Passage(start, end, "", field) for start, end in places_of(words[field], evidence)]
    return marked(words, passages)


def marked(words: Mapping[Field, str], passages: Iterable[Passage]) -> Marked:
    """Both fields as escaped text with <mark>."""
    places: dict[Field, list[tuple[int, int]]] = {"subject": [], "text": []}
    for each in passages:
        if each.start < each.end:
            places[each.field].append((each.start, each.end))
    subject, text = (mark_places(words[field], places[field]) for field in places)
    return Marked(subject, text, any(places.values()))


def _is_said_first(finding: Finding) -> bool:
    """Whether the gate sends it back whatever words are changed, or sees a second click."""
    if finding.version_id is not None or finding.passages:
        return False
    return finding.severity.rank > Severity.HOLD.rank or finding.rule == "reused_id"


def _whys(version_ids: Iterable[int | None]) -> dict[int | None, str]:
    """Why these rules exist."""
    wanted = {each for each in version_ids if each is not None}
    if not wanted:
        return {}
    rows = db.session.execute(select(RuleVersion.id, RuleVersion.why).where(RuleVersion.id.in_(wanted)))
    return {version: why for version, why in rows.tuples()}


def _shown(finding: Finding, words: Mapping[Field, str], whys: Mapping[int | None, str]) -> ShownFinding:
    identifiers = _identifiers(finding, words)
    said = [words[each.field][each.start : each.end].strip() for each in finding.passages] if not identifiers else []
    named = [each for each in dict.fromkeys((*finding.evidence, *said)) if each and len(each) <= _LONGEST]
    return ShownFinding(
        rule=finding.rule.replace("-", " ").capitalize() if finding.version_id is not None else "",
        sentence=finding.sentence,
        why=whys.get(finding.version_id, ""),
        severity=finding.severity,
        to_confirm=finding.to_confirm,
        words=tuple(named[:_WORDS_NAMED]),
        passages=identifiers,
        of_group=finding.version_id is not None,
    )


def _identifiers(finding: Finding, words: Mapping[Field, str]) -> tuple[ShownPassage, ...]:
    if not finding.passages or finding.version_id is None:
        return ()
    # The checks behind it take time to load, which only groups with such a rule pay.
    from forum.rules.patient_identifiers import KIND_WORDS

    today = now().date()
    return tuple(
        ShownPassage(
            words=words[each.field][each.start : each.end],
            kind=KIND_WORDS[each.kind],
            name=name_of(each, words),
            instead=generalisation_of(each, words, today),
            in_subject=each.field == "subject",
        )
        for each in finding.passages
        if each.kind in KIND_WORDS and each.start < each.end
    )


def _note(words: Mapping[Field, str], confirmed: Sequence[Passage], findings: Sequence[Finding]) -> str:
    found = [(each.version_id, each.sentence, each.passages) for each in findings]
    seen = repr((words["subject"], words["text"], confirmed, found))
    return sha256(seen.encode()).hexdigest()[:32]


def _finding(row: Mapping[str, Any]) -> Finding:
    return Finding(
        rule=row["rule"],
        severity=Severity(row["severity"]),
        sentence=row["sentence"],
        for_moderator="",
        evidence=tuple(row["evidence"]),
        passages=tuple(_passages(row)),
        version_id=row.get("version_id"),
        room_id=row.get("room_id"),
    )


def _passages(row: Mapping[str, Any]) -> list[Passage]:
    return [Passage(**each) for each in row.get("passages", ())]
