"""The edits of a draft: rename, merge, divide, move, take out, cut anew. Pure: a draft in, another one out.

`studio` reads a draft from the tables and writes what has changed. People are numbered as in the evidence, groups by
their place in the draft, from 0. Every member keeps a place, whatever is edited. NotPossible says what cannot be done.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from forum.groups.actions import NotPossible
from forum.groups.models import JoinPolicy, Kind
from forum.splitting.proposals.evidence import Places

People = NDArray[np.int64]

# So much of a group and of what it was must be the same people.
_THE_SAME = 0.9
_OPENNESS = (JoinPolicy.INVITE, JoinPolicy.REQUEST, JoinPolicy.OPEN)


@dataclass(frozen=True)
class DraftGroup:
    """A planned group; `planned_id` is the row's, or None for one that is new."""

    planned_id: int | None
    name: str
    slug: str
    kind: Kind
    listed: bool
    join_policy: JoinPolicy
    named: bool
    description: str = ""


@dataclass(frozen=True)
class Draft:
    """Who is where: for each member the place of a group, and of a second one or -1; and who was moved by hand."""

    groups: tuple[DraftGroup, ...]
    labels: Places
    second: Places
    by_hand: NDArray[np.bool_]

    def people_of(self, at: int) -> People:
        """Who has a place in this group, the first or the second."""
        return np.flatnonzero((self.labels == at) | (self.second == at))

    def sizes(self) -> NDArray[np.int64]:
        """How many have a place in each group."""
        both = np.concatenate((self.labels, self.second))
        return np.bincount(both[both >= 0], minlength=len(self.groups)).astype(np.int64)


def rename(draft: Draft, at: int, name: str, slug: str, description: str = "") -> Draft:
    """A name, an address and a line about it that stay, whoever is moved."""
    renamed = replace(draft.groups[at], name=name, slug=slug, description=description, named=True)
    return _with_group(draft, at, renamed)


def describe(draft: Draft, at: int, *, kind: Kind, listed: bool, join_policy: JoinPolicy, like: DraftGroup) -> Draft:
    """Another kind, and who may know of it and come in: never more open than `like`, the group that it grows out of."""
    if kind is Kind.COMMUNITY:
        raise NotPossible("There is one community. Choose another kind.")
    if listed and not like.listed:
        raise NotPossible("The group that it grows out of is not listed, so this one cannot be.")
    if _OPENNESS.index(join_policy) > _OPENNESS.index(like.join_policy):
        raise NotPossible("It cannot be easier to join than the group that it grows out of.")
    return _with_group(draft, at, replace(draft.groups[at], kind=kind, listed=listed, join_policy=join_policy))


def merge(draft: Draft, at: int, into: int) -> Draft:
    """Everybody of one group goes to another one, which keeps its name if it was given by a moderator."""
    if at == into:
        raise NotPossible("Choose another group to merge with.")
    if len(draft.groups) <= 2:
        raise NotPossible("Two groups are left. To merge them is not to split: withdraw the plan instead.")
    target, source = draft.groups[into], draft.groups[at]
    if source.named and not target.named:
        target = replace(target, name=source.name, slug=source.slug, named=True)
    labels, second = draft.labels.copy(), draft.second.copy()
    labels[labels == at] = into
    second[second == at] = into
    second[second == labels] = -1
    return _without(replace(_with_group(draft, into, target), labels=labels, second=second), at)


def divide(draft: Draft, at: int, halves: Places) -> Draft:
    """One group becomes several: `halves` numbers them for each of `people_of(at)`; the largest keeps the row."""
    people = draft.people_of(at)
    if len(halves) != len(people):
        raise ValueError("everybody of the group goes somewhere")
    found, sizes = np.unique(halves, return_counts=True)
    if len(found) < 2:
        raise NotPossible(f"{draft.groups[at].name} hangs together: no cut through it within the bounds was found.")
    order = found[np.argsort(-sizes, kind="stable")]
    template = replace(draft.groups[at], planned_id=None, named=False, name="", slug="", description="")
    places = {int(half): at if number == 0 else len(draft.groups) + number - 1 for number, half in enumerate(order)}
    # A name that was given to the whole would be wrong for a part: both parts are named anew.
    groups = list(draft.groups)
    groups[at] = replace(groups[at], named=False, name="", slug="")
    groups += [template] * (len(order) - 1)
    target = np.array([places[int(half)] for half in halves], dtype=draft.labels.dtype)
    labels, second = draft.labels.copy(), draft.second.copy()
    first_here = labels[people] == at
    labels[people[first_here]] = target[first_here]
    second[people[~first_here]] = target[~first_here]
    return replace(draft, groups=tuple(groups), labels=labels, second=second)


def move(draft: Draft, people: People, to: int) -> Draft:
    """These members belong to the group first; a second place elsewhere stays. Emptied groups are taken out."""
    return without_empty(moved(draft, people, to))


def moved(draft: Draft, people: People, to: int) -> Draft:
    """The same, with a group that nobody is left in."""
    if not len(people):
        raise NotPossible("Choose at least one member to move.")
    labels, second, by_hand = draft.labels.copy(), draft.second.copy(), draft.by_hand.copy()
    labels[people] = to
    second[people[second[people] == to]] = -1
    by_hand[people] = True
    return replace(draft, labels=labels, second=second, by_hand=by_hand)


def move_to_new(draft: Draft, people: People, template: DraftGroup) -> Draft:
    """These members become a group of their own."""
    return move(replace(draft, groups=(*draft.groups, template)), people, len(draft.groups))


def take_out(draft: Draft, at: int, next_best: Places) -> Draft:
    """Without this group: its members stay where they have a second place, else go to `next_best` of them, or where
    that is nowhere (-1) to the largest group that is left."""
    if len(draft.groups) <= 2:
        raise NotPossible("Two groups are left. To take one out is not to split: withdraw the plan instead.")
    sizes = draft.sizes()
    sizes[at] = -1
    largest = int(np.argmax(sizes))
    labels, second = draft.labels.copy(), draft.second.copy()
    second[second == at] = -1
    here = np.flatnonzero(labels == at)
    elsewhere = np.where(second[here] >= 0, second[here], next_best[here])
    elsewhere[(elsewhere < 0) | (elsewhere == at)] = largest
    labels[here] = elsewhere
    second[second == labels] = -1
    return _without(replace(draft, labels=labels, second=second), at)


def cut_anew(labels: Places, second: Places, template: DraftGroup) -> Draft:
    """Another cut of everybody: every group is new, and nothing that was named or moved by hand is left."""
    count = int(labels.max()) + 1 if len(labels) else 0
    nobody = np.zeros(len(labels), dtype=np.bool_)
    return Draft((template,) * count, labels.astype(np.int32), second.astype(np.int32), nobody)


@dataclass(frozen=True)
class Fits:
    """How strong each member's ties to each group are: of the pairs `person * count + group` that have any, in order,
    the strength; and of each member all ties together."""

    count: int
    pairs: People
    strength: NDArray[np.float64]
    all_ties: NDArray[np.float64]

    def share(self, people: People, groups: Places) -> NDArray[np.float64]:
        """Which share of each one's ties lies in that group; nan for who has none."""
        wanted = people * self.count + groups
        at = np.minimum(np.searchsorted(self.pairs, wanted), max(len(self.pairs) - 1, 0))
        found = np.zeros(len(people))
        if len(self.pairs):
            found = np.where(self.pairs[at] == wanted, self.strength[at], 0.0)
        ties = self.all_ties[people]
        shares = np.full(len(people), np.nan)
        shares[ties > 0] = found[ties > 0] / ties[ties > 0]
        return shares

    def next_best(self, draft: Draft) -> Places:
        """For each member the group with most of the member's ties beside those where the member is; -1 without one."""
        people, groups = self.pairs // self.count, self.pairs % self.count
        outside = (groups != draft.labels[people]) & (groups != draft.second[people])
        people, groups, strength = people[outside], groups[outside], self.strength[outside]
        best = np.full(len(draft.labels), -1, dtype=np.int32)
        # The last one written stays: the strongest, and of equals the first in order.
        order = np.lexsort((-groups, strength, people))
        best[people[order]] = groups[order]
        return best


def fits_of(one: NDArray[np.integer], other: NDArray[np.integer], weight: NDArray[np.floating], draft: Draft) -> Fits:
    """How these ties between two people lie in the groups, by the first place of who is at the other end."""
    count = max(len(draft.groups), 1)
    ends = np.concatenate((one, other)).astype(np.int64)
    groups = draft.labels[np.concatenate((other, one))]
    weights = np.concatenate((weight, weight)).astype(np.float64)
    in_a_group = groups >= 0
    pairs, at = np.unique(ends[in_a_group] * count + groups[in_a_group], return_inverse=True)
    strength = np.bincount(at, weights[in_a_group], len(pairs)).astype(np.float64)
    return Fits(count, pairs, strength, np.bincount(ends, weights, len(draft.labels)).astype(np.float64))


def place_of(draft: Draft, planned_id: int) -> int | None:
    """The place in the draft of a planned group's row."""
    return next((at for at, group in enumerate(draft.groups) if group.planned_id == planned_id), None)


def with_names(draft: Draft, names: Sequence[tuple[str, str]], keep: Collection[int] = ()) -> Draft:
    """The draft with names and slugs for the groups that no moderator has named and that do not `keep` theirs.

    Each slug stands there once.
    """
    taken = {group.slug for at, group in enumerate(draft.groups) if group.named or at in keep}
    groups = []
    for at, (group, (name, slug)) in enumerate(zip(draft.groups, names, strict=True)):
        if group.named or at in keep:
            groups.append(group)
            continue
        free = slug
        number = 2
        while free in taken:
            free = f"{slug[:36]}-{number}"
            number += 1
        taken.add(free)
        groups.append(replace(group, name=name, slug=free))
    return replace(draft, groups=tuple(groups))


def much_the_same(before: Draft, after: Draft) -> frozenset[int]:
    """The places of groups in `after` of which nearly everybody was in the same row's group before: a name that was
    made up for it still holds."""
    rows = {group.planned_id: at for at, group in enumerate(before.groups) if group.planned_id is not None}
    found = set()
    for at, group in enumerate(after.groups):
        if group.planned_id in rows and group.name:
            was, now = before.people_of(rows[group.planned_id]), after.people_of(at)
            same = len(np.intersect1d(was, now, assume_unique=True))
            if same >= _THE_SAME * (len(was) + len(now) - same):
                found.add(at)
    return frozenset(found)


def _with_group(draft: Draft, at: int, group: DraftGroup) -> Draft:
    return replace(draft, groups=(*draft.groups[:at], group, *draft.groups[at + 1 :]))


def _without(draft: Draft, at: int) -> Draft:
    """The draft without a group that nobody has a place in any more; those after it come one place forward."""
    labels, second = draft.labels.copy(), draft.second.copy()
    labels[labels > at] -= 1
    second[second > at] -= 1
    return replace(draft, groups=draft.groups[:at] + draft.groups[at + 1 :], labels=labels, second=second)


def without_empty(draft: Draft) -> Draft:
    """The draft without groups that nobody has a place in."""
    for at in reversed(np.flatnonzero(draft.sizes() == 0).tolist()):
        draft = _without(draft, at)
    return draft
