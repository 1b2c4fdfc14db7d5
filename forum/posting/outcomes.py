"""What became of a submission: values, never exceptions. Doors match them all and end with assert_never."""

from dataclasses import dataclass

from forum.rules.findings import Finding


@dataclass(frozen=True)
class Published:
    """It is a post now; what rules only advise stands in `findings`."""

    post_id: int
    thread_id: int
    findings: tuple[Finding, ...] = ()
    anonymous: bool = False


@dataclass(frozen=True)
class Held:
    """It waits for a moderator, or for its author to confirm it."""

    held_id: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Returned:
    """Its author has it back, with what to do. What came by mail is kept as `held_id` for the author to change."""

    findings: tuple[Finding, ...]
    held_id: int | None = None


@dataclass(frozen=True)
class Refused:
    """It will not be posted."""

    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Duplicate:
    """The same thing came before; what it became then stands."""

    post_id: int | None
    held_id: int | None


@dataclass(frozen=True)
class Ignored:
    """Automatic mail, a loop, a bounce: listed for 30 days, never a post."""

    reason: str


Outcome = Published | Held | Returned | Refused | Duplicate | Ignored
