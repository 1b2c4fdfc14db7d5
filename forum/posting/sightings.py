"""Notes what the rules of a group saw, in shadow or not: counted and shown to moderators. Never commits."""

from dataclasses import asdict, replace

from sqlalchemy import insert

from forum.clock import now
from forum.db import Base, db
from forum.rules.findings import Finding, Judgement

_SIGHTING = insert(Base.metadata.tables["rule_sighting"])


def note_sightings(
    judged: Judgement, group_id: int, *, post_id: int | None = None, held_post_id: int | None = None
) -> None:
    """Keep kind and place of all that rules of the group saw in one submission, and none of its words."""
    findings = tuple(each for each in judged.findings if each.version_id is not None)
    shared = {"group_id": group_id, "post_id": post_id, "held_post_id": held_post_id, "created_at": now()}
    rows = [
        {
            "version_id": each.version_id,
            "shadow": shadow,
            "severity": each.severity,
            "label": each.label,
            "sentence": each.sentence,
            "passages": [asdict(passage) for passage in each.passages],
            **shared,
        }
        for shadow, seen in ((False, findings), (True, judged.shadows))
        for each in seen
    ]
    if rows:
        db.session.connection().execute(_SIGHTING, rows)


def places_in(judged: Judgement, judged_text: str, kept_text: str) -> Judgement:
    """The same judgement for the text that is kept: where members' addresses became names, places are lost."""
    if judged_text == kept_text:
        return judged
    return Judgement(tuple(map(_without_places, judged.findings)), tuple(map(_without_places, judged.shadows)))


def _without_places(finding: Finding) -> Finding:
    return replace(finding, passages=tuple(each for each in finding.passages if each.field == "subject"))
