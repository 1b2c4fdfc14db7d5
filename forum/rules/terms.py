"""The terms of a posting rule: what it says, whom it binds, how it is checked; and what makes terms looser. Pure."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from forum.rules.findings import Severity

# What a rule of a group may ask for: no rule refuses anybody, that is the gate's.
SEVERITIES = (Severity.ADVISE, Severity.HOLD, Severity.RETURN)


class Mode(enum.StrEnum):
    """Whether a rule speaks. In shadow its sightings are counted and touch nobody."""

    OFF = "off"
    SHADOW = "shadow"
    ON = "on"

    @property
    def rank(self) -> int:
        return list(Mode).index(self)


class Binds(enum.StrEnum):
    """Whose posts a rule judges."""

    ALL = "all"
    MEMBERS = "members"  # all but moderators and owners
    MODERATORS = "moderators"  # and owners
    NEWCOMERS = "newcomers"


@dataclass(frozen=True)
class Terms:
    """One version of a rule. `caught` and `passing` are posts that its check must see, and must not."""

    sentence: str
    why: str
    check: str
    options: Mapping[str, Any] = field(default_factory=dict)
    severity: Severity = Severity.HOLD
    binds: Binds = Binds.ALL
    mode: Mode = Mode.SHADOW
    may_be_loosened: bool = False
    caught: tuple[str, ...] = ()
    passing: tuple[str, ...] = ()
    # The group where a new thread goes that the check calls professional policy, instead of waiting.
    room_id: int | None = None

    def __post_init__(self) -> None:
        if self.severity not in SEVERITIES:
            raise ValueError("A rule advises, holds or returns; it cannot refuse.")
        if not self.sentence.strip():
            raise ValueError("A rule needs a sentence that says to members what it asks.")


@dataclass(frozen=True, eq=False)
class RuleInForce:
    """A rule as it holds in one group: its terms there, and the version that they come from."""

    rule_id: int
    name: str
    version_id: int
    terms: Terms


def loosened(above: Terms, below: Terms) -> tuple[str, ...]:
    """What is looser below than above, each in a few words; empty when nothing is.

    Other options count as looser: whether a word list or a threshold is stricter, only people can say.
    """
    looser = []
    if below.check != above.check or dict(below.options) != dict(above.options):
        looser.append("another check or other options")
    if below.severity.rank < above.severity.rank:
        looser.append(f"{below.severity} instead of {above.severity}")
    if below.mode.rank < above.mode.rank:
        looser.append(f"{below.mode} instead of {above.mode}")
    if not _reaches(below.binds, above.binds):
        looser.append(f"binds {below.binds} instead of {above.binds}")
    if below.room_id not in (None, above.room_id):
        # What goes there waits for nobody here, and in the room itself the rule says nothing of it.
        looser.append("another room")
    if below.may_be_loosened and not above.may_be_loosened:
        looser.append("groups below may loosen it")
    return tuple(looser)


def combined(above: Terms, below: Terms) -> Terms:
    """What holds in a group whose own terms stand below others: its own, but nowhere looser than it may be."""
    if above.may_be_loosened or not loosened(above, below):
        return below
    same_check = below.check == above.check and dict(below.options) == dict(above.options)
    kept = below if same_check else above
    # What the group above has switched on was tried on its examples, and not on those below.
    tried = kept if below.mode.rank >= above.mode.rank else above
    return replace(
        kept,
        caught=tried.caught,
        passing=tried.passing,
        severity=max(above.severity, below.severity, key=lambda each: each.rank),
        mode=max(above.mode, below.mode, key=lambda each: each.rank),
        binds=below.binds if _reaches(below.binds, above.binds) else above.binds,
        may_be_loosened=False,
        room_id=None if kept.room_id is None else above.room_id,
    )


def _reaches(wide: Binds, narrow: Binds) -> bool:
    """Whether all whom the second binds are bound by the first. A new moderator is a newcomer, so none of the
    narrow ones holds another."""
    return wide in (narrow, Binds.ALL)
