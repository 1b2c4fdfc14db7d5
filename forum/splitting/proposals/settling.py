"""Finding places for who has none, by how likely each group is and while it has room. Pure."""

import numpy as np
from numpy.typing import NDArray

from forum.splitting.cut.graph import Numbers


def settle(labels: Numbers, waiting: Numbers, scores: NDArray[np.float32], *, largest: int) -> Numbers:
    """Everybody's group, with these people in the likeliest one that has room for them.

    Where more want to go to a group than it can take, those go elsewhere to whom it makes the least difference.
    ValueError when there is no room for all.
    """
    found = labels.copy()
    groups = scores.shape[1]
    room = largest - _sizes_without(labels, waiting, groups)
    if np.maximum(room, 0).sum() < len(waiting):
        raise ValueError("there is no room for so many")
    still = np.arange(len(waiting))
    closed = room <= 0
    while len(still):
        open_ = np.where(closed, -np.inf, scores[still])
        rows = np.arange(len(still))
        best = np.argmax(open_, axis=1)
        likelihood = open_[rows, best]
        open_[rows, best] = -np.inf
        # Who has no other choice goes first; of equals, who stands first.
        margin = likelihood - open_.max(axis=1)
        order = np.lexsort((still, -margin, best))
        wanted = best[order]
        taken = np.arange(len(order)) - np.searchsorted(wanted, wanted) < room[wanted]
        found[waiting[still[order[taken]]]] = wanted[taken]
        room -= np.bincount(wanted[taken], minlength=groups)
        closed = room <= 0
        still = np.sort(still[order[~taken]])
    return found


def spread(labels: Numbers, waiting: Numbers, *, groups: int, largest: int) -> Numbers:
    """Everybody's group, with these people, of whom nothing is known, spread over the groups as everybody else is, as
    far as there is room: so no group fills up with strangers. ValueError when there is no room for all."""
    found = labels.copy()
    sizes = _sizes_without(labels, waiting, groups)
    room = np.maximum(largest - sizes, 0)
    if room.sum() < len(waiting):
        raise ValueError("there is no room for so many")
    quota = np.minimum(np.floor(len(waiting) * sizes / max(int(sizes.sum()), 1)).astype(np.int64), room)
    # What is left over by rounding and for want of room goes where most room is.
    while (left := len(waiting) - int(quota.sum())) > 0:
        fullest = np.lexsort((np.arange(groups), -(room - quota)))
        fullest = fullest[(room - quota)[fullest] > 0][:left]
        quota[fullest] += 1
    found[waiting] = np.repeat(np.arange(groups), quota)
    return found


def _sizes_without(labels: Numbers, waiting: Numbers, groups: int) -> Numbers:
    settled = np.delete(labels, waiting)
    sizes: Numbers = np.bincount(settled[settled >= 0], minlength=groups)
    return sizes
