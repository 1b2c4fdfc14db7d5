"""Cuts that a moderator asks for in the studio: one group divided, or all groups brought within other bounds. Pure.

Both begin from the draft as it lies there, so that what a moderator has done to other groups stays, and take the ties
of the evidence that the proposal was made of.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from forum.groups.actions import NotPossible
from forum.splitting.cut.bounds import Bounds, CannotBound
from forum.splitting.cut.cut import divide
from forum.splitting.cut.dividing import divide_large
from forum.splitting.cut.filling import within_bounds
from forum.splitting.cut.graph import Graph, Numbers, numbered, part_of
from forum.splitting.cut.joining import join_crumbs
from forum.splitting.proposals.evidence import Evidence, Places
from forum.splitting.proposals.weights import ties_of
from forum.splitting.studio.editing import Draft, DraftGroup, People


def divided(evidence: Evidence, people: People, *, parts: int, seed: int) -> Places:
    """These people in so many parts along their own ties, none of them smaller than half of what an even part had."""
    try:
        # So small and so large that no other number of parts fits.
        bounds = Bounds(len(people) // (parts + 1) + 1, max(-(-len(people) // (parts - 1)) - 1, 1))
        found = divide(part_of(ties_of(evidence), people), bounds, seed=seed)
    except CannotBound as reason:
        raise NotPossible(str(reason)) from None
    return found.astype(np.int32)


def fit_within(evidence: Evidence, draft: Draft, template: DraftGroup, bounds: Bounds, *, seed: int) -> Draft:
    """The draft with every group within the bounds: too large ones divided, too small ones joined to the closest.

    A group of which most is left keeps its row, its name and its settings; the others begin as the template.
    """
    if draft.labels.min(initial=0) < 0:
        raise NotPossible("Some members have no place. Take one of the proposed cuts, then set bounds.")
    ties = ties_of(evidence)
    try:
        bounds.groups_for(len(draft.labels))
        labels = _bounded(ties, draft.labels.astype(np.int64), bounds, seed)
    except CannotBound as reason:
        raise NotPossible(str(reason)) from None
    if int(labels.max(initial=0)) == 0:
        raise NotPossible("Within these bounds all would be one group. Choose a smaller number for the most members.")
    descends = _descent(draft.labels, labels)
    groups = tuple(template if old < 0 else draft.groups[old] for old in descends.tolist())
    new_of_old = np.full(len(draft.groups) + 1, -1, dtype=np.int32)
    new_of_old[descends[descends >= 0]] = np.flatnonzero(descends >= 0)
    first = labels.astype(np.int32)
    second = new_of_old[draft.second]
    second[second == first] = -1
    return replace(draft, groups=groups, labels=first, second=_as_far_as_there_is_room(first, second, bounds.largest))


def _bounded(ties: Graph, labels: Numbers, bounds: Bounds, seed: int) -> Numbers:
    """Only groups beyond the bounds are touched, unless that leaves no other way."""
    found, labels = labels, numbered(labels)
    for group in np.flatnonzero(np.bincount(labels) > bounds.largest).tolist():
        people = np.flatnonzero(labels == group)
        found = labels.copy()
        found[people] = int(labels.max()) + 1 + _parts(part_of(ties, people), bounds, seed)
        labels = found
    labels = join_crumbs(ties, numbered(labels), smallest=bounds.smallest, largest=bounds.largest)
    return within_bounds(ties, labels, bounds)


def _parts(ties: Graph, bounds: Bounds, seed: int) -> Numbers:
    try:
        return divide(ties, bounds, seed=seed)
    except CannotBound:
        # It cannot be divided alone so that all parts are large enough: the small ones find others to join.
        return divide_large(ties, np.zeros(ties.people, dtype=np.int64), largest=bounds.largest, seed=seed)


def _descent(old: Places, new: Numbers) -> NDArray[np.int64]:
    """For each new group the old one of which it has more than half and which is more than half of it, or -1."""
    olds, news = int(old.max()) + 1, int(new.max()) + 1
    shared = np.zeros((news, olds), dtype=np.int64)
    np.add.at(shared, (new, old), 1)
    most = shared.argmax(axis=1)
    count = shared[np.arange(news), most]
    is_heir = (2 * count > shared.sum(axis=1)) & (2 * count > shared.sum(axis=0)[most])
    return np.where(is_heir, most, -1)


def _as_far_as_there_is_room(labels: Places, second: Places, largest: int) -> Places:
    """Second places for as many as a group can take beside those who are there first."""
    room = largest - np.bincount(labels, minlength=int(labels.max()) + 1)
    twice = np.flatnonzero(second >= 0)
    order = twice[np.argsort(second[twice], kind="stable")]
    rank = np.arange(len(order)) - np.searchsorted(second[order], second[order])
    kept = np.full_like(second, -1)
    stays = order[rank < room[second[order]]]
    kept[stays] = second[stays]
    return kept
