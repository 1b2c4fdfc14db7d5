"""What a rule answers: how grave it is, in which words, and where it saw something. Frozen values; pure."""

import enum
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Field = Literal["subject", "text"]


@dataclass(frozen=True)
class Passage:
    """A stretch of one field, in code points from `start` up to but without `end`; `kind` names what it is."""

    start: int
    end: int
    kind: str
    field: Field = "text"


class Severity(enum.StrEnum):
    """What a finding asks for, mildest first."""

    ADVISE = "advise"
    HOLD = "hold"
    RETURN = "return"
    REFUSE = "refuse"

    @property
    def rank(self) -> int:
        return list(Severity).index(self)


@dataclass(frozen=True)
class Finding:
    """What one rule says of one submission: a sentence for the author, one for the moderator, and what it saw.

    The gate's own rules name the words (`evidence`). A group's rule, of the version `version_id`, says only where it
    saw them (`passages`), so that what identifies a patient is never kept a second time. `to_confirm`: the author may
    say of each passage that it is none, and the finding is gone; until then the post cannot go. `label` is the class
    that a check found, such as `partisan`.
    """

    rule: str
    severity: Severity
    sentence: str
    for_moderator: str
    evidence: tuple[str, ...] = ()
    passages: tuple[Passage, ...] = ()
    version_id: int | None = None
    to_confirm: bool = False
    label: str = ""
    # The group where a new thread goes instead of waiting.
    room_id: int | None = None


@dataclass(frozen=True)
class Judgement:
    """`findings` count, the most severe first; `shadows` are what rules in shadow would have found."""

    findings: tuple[Finding, ...] = ()
    shadows: tuple[Finding, ...] = ()


def as_row(finding: Finding) -> dict[str, Any]:
    """A finding as it is kept with a held post, in plain values."""
    return asdict(finding) | {
        "evidence": list(finding.evidence),
        "passages": [asdict(passage) for passage in finding.passages],
    }


def seen_words(row: Mapping[str, Any], text: str, subject: str) -> tuple[str, ...]:
    """The words that a kept finding is about, each once, for who may read the post itself."""
    fields = {"text": text, "subject": subject}
    places = (
        fields[passage["field"]][passage["start"] : passage["end"]].strip() for passage in row.get("passages", ())
    )
    return tuple(dict.fromkeys(words for words in (*row["evidence"], *places) if words))
