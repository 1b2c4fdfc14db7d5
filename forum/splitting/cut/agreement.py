"""How far two ways of dividing the same people agree. Pure."""

import numpy as np

from forum.splitting.cut.graph import Numbers


def adjusted_rand_index(one: Numbers, other: Numbers) -> float:
    """1 for the same groups, about 0 for groups that have nothing to do with each other.

    Hubert and Arabie, "Comparing partitions", Journal of Classification 2, 193-218 (1985), equation 5.
    """
    if len(one) != len(other):
        raise ValueError("both divide the same people")
    mine = np.unique(one, return_inverse=True)[1].astype(np.int64)
    theirs = np.unique(other, return_inverse=True)[1].astype(np.int64)
    width = int(theirs.max()) + 1 if len(theirs) else 1
    both = _pairs(np.unique(mine * width + theirs, return_counts=True)[1])
    in_one, in_other, all_pairs = _pairs(np.bincount(mine)), _pairs(np.bincount(theirs)), _pairs(np.array([len(one)]))
    by_chance = in_one * in_other / all_pairs if all_pairs else 0.0
    most = (in_one + in_other) / 2
    return 1.0 if most == by_chance else (both - by_chance) / (most - by_chance)


def _pairs(sizes: Numbers) -> float:
    counts = sizes.astype(np.float64)
    return float((counts * (counts - 1)).sum() / 2)
