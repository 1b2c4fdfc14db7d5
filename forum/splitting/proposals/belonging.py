"""To which group each member belongs most likely, by ties and by what they have in common with its people. Pure.

For who has many ties the cut itself knows best. Who has few or none is judged as in a naive Bayes classifier: groups
are as likely as they are large, and everything known of the member makes each of them more or less likely, by how often
it is so among the people whom the cut has placed there. Ties are judged by the same rule: how often do people of that
group answer people of this one? (The degree-corrected block model of Karrer and Newman, Phys. Rev. E 83, 016107, 2011.)
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forum.splitting.cut.graph import Graph, Numbers
from forum.splitting.proposals.having import Having

Scores = NDArray[np.float32]

# As if so much more had been seen that is like everybody: one person alone makes nothing certain.
_LIKE_EVERYBODY = 5.0
_TIES_LIKE_EVERYBODY = 20.0
# So many numbers are worked on at once.
_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Known:
    """One kind of thing that is known of members, and how far to trust it: things that say the same again (the words
    of one subject) count less than things that are independent."""

    having: Having
    trust: float


def likelihoods(labels: Numbers, groups: int, ties: Graph, known: Sequence[Known], who: Numbers) -> Scores:
    """For each of `who`, ascending, and each group how likely it is, as a logarithm, judged by the label of everybody;
    -1 is who has none."""
    sizes = np.bincount(labels[labels >= 0], minlength=groups)
    scores = np.empty((len(who), groups), dtype=np.float32)
    scores[:] = np.log((sizes + 1) / (sizes.sum() + groups))
    _add_ties(scores, labels, ties, who)
    for each in known:
        _add_having(scores, labels, each, who)
    return scores


def anything_known(ties: Graph, known: Sequence[Known]) -> NDArray[np.bool_]:
    """Of each member, whether there is anything to judge by."""
    found = ties.strength > 0
    for each in known:
        found |= np.bincount(each.having.member, minlength=len(found)) > 0
    return found


def _add_ties(scores: Scores, labels: Numbers, graph: Graph, who: Numbers) -> None:
    groups, ties = scores.shape[1], graph.neighbours
    placed = labels[ties.other] >= 0
    end, other, weight = ties.end[placed], labels[ties.other[placed]], ties.weight[placed]
    home = labels[end]
    both = home >= 0
    between = np.bincount(home[both] * groups + other[both], weight[both], groups * groups).reshape(groups, groups)
    usual = between.sum(axis=0) / max(float(between.sum()), 1e-9)
    totals = between.sum(axis=1, keepdims=True)
    says = _how_likely((between + _TIES_LIKE_EVERYBODY * usual) / (totals + _TIES_LIKE_EVERYBODY), usual)
    starts = np.searchsorted(end, np.append(who, graph.people))
    # Ties are in the order of `end`: those of each of `who` stand between two starts.
    stops = np.searchsorted(end, who, side="right")
    for rows in _parts(len(who), groups):
        at, row = _ranges(starts[:-1][rows], stops[rows])
        theirs = np.bincount(row * groups + other[at], weight[at], len(starts[:-1][rows]) * groups)
        scores[rows] += theirs.reshape(-1, groups) @ says.T


def _add_having(scores: Scores, labels: Numbers, known: Known, who: Numbers) -> None:
    groups, having = scores.shape[1], known.having
    home = labels[having.member]
    seen = home >= 0
    counts = np.bincount(having.thing[seen] * groups + home[seen], having.amount[seen], having.kinds * groups)
    counts = counts.reshape(having.kinds, groups)
    usual = counts.sum(axis=1, keepdims=True) / max(float(counts.sum()), 1e-9)
    says = _how_likely((counts + _LIKE_EVERYBODY * usual) / (counts.sum(axis=0) + _LIKE_EVERYBODY), usual)
    says *= known.trust
    starts, stops = np.searchsorted(having.member, who), np.searchsorted(having.member, who, side="right")
    most = int((stops - starts).max(initial=0))
    for rows in _parts(len(who), groups * max(most, 1)):
        at, row = _ranges(starts[rows], stops[rows])
        if len(at):
            named, firsts = np.unique(row, return_index=True)
            each = having.amount[at, None].astype(np.float32) * says[having.thing[at]]
            scores[rows][named] += np.add.reduceat(each, firsts, axis=0)


def _how_likely(share: NDArray[np.float64], usual: NDArray[np.float64]) -> Scores:
    """The logarithm of how many times more often than usual; what was never seen says nothing."""
    often = np.broadcast_to(usual, share.shape)
    times = np.divide(share, often, out=np.ones_like(share), where=often > 0)
    return np.log(times).astype(np.float32)


def _ranges(starts: Numbers, stops: Numbers) -> tuple[Numbers, Numbers]:
    """All places from each start to its stop, and beside each the number of its range."""
    counts = stops - starts
    row = np.repeat(np.arange(len(counts)), counts)
    return starts[row] + np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts), row


def _parts(rows: int, width: int) -> Sequence[slice]:
    step = max(1, _AT_ONCE // width)
    return [slice(first, min(first + step, rows)) for first in range(0, rows, step)]
