"""What rules saw in held posts, for moderators: each finding with its words, and where these stand. Reads only.

Of what may tell who a patient is, only the kind is named, so that it spreads into no list and no mail beside the text.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from forum.db import db
from forum.posting.models import HeldPost
from forum.rulebook.models import RuleVersion
from forum.rules.findings import Field, seen_words
from forum.rules.patient_identifiers import KIND_WORDS
from forum.text.plain import places_of

OF_PATIENTS = "patient_identifiers"


@dataclass(frozen=True)
class Evidence:
    """One finding: its rule and sentence in words, and what was seen - the words themselves, or their kinds."""

    rule: str
    sentence: str
    seen: tuple[str, ...]

    @property
    def beside(self) -> tuple[str, ...]:
        """What was seen and stands in the sentence not yet."""
        return tuple(words for words in self.seen if words not in self.sentence)


def evidence_of(held_posts: Sequence[HeldPost]) -> Mapping[int, Sequence[Evidence]]:
    """The findings of each held post, by its id, in one query."""
    checks = checks_of(finding for held in held_posts for finding in held.findings)
    return {held.id: [_evidence(held, finding, checks) for finding in held.findings] for held in held_posts}


def checks_of(findings: Iterable[Mapping[str, Any]]) -> Mapping[int, str]:
    """With which check each version of a group's rule looks, by the version's id."""
    versions = {finding["version_id"] for finding in findings if finding.get("version_id") is not None}
    if not versions:
        return {}
    rows = db.session.execute(select(RuleVersion.id, RuleVersion.check).where(RuleVersion.id.in_(versions)))
    return dict(rows.tuples().all())


def is_of_patients(finding: Mapping[str, Any], checks: Mapping[int, str]) -> bool:
    """Whether a finding is about what may tell who a patient is."""
    return checks.get(finding.get("version_id") or 0) == OF_PATIENTS


def kind_in_words(kind: str) -> str:
    """Such as "a date of birth"."""
    return KIND_WORDS.get(kind, kind.replace("_", " "))


def _evidence(held: HeldPost, finding: Mapping[str, Any], checks: Mapping[int, str]) -> Evidence:
    if is_of_patients(finding, checks):
        kinds = dict.fromkeys(passage["kind"] for passage in finding["passages"])
        seen = tuple(kind_in_words(kind) for kind in kinds)
    else:
        # The places are those of the text as it was judged, before a moderator changed it.
        text = held.text if held.original_text is None else held.original_text
        seen = seen_words(finding, text, held.subject)
    return Evidence(finding["rule"].replace("_", " "), finding["for_moderator"], seen)


def places_seen(held: HeldPost, field: Field, text: str) -> list[tuple[int, int]]:
    """Where the findings saw something in a field, to be marked in it: places of group rules, words of the gate's."""
    places = [
        (passage["start"], passage["end"])
        for finding in held.findings
        for passage in finding.get("passages", ())
        if passage["field"] == field
    ]
    return [*places, *places_of(text, (words for finding in held.findings for words in finding["evidence"]))]
