"""Made-up organisations whose units are known, like the mail of real ones, to hold the cut against. Pure."""

import numpy as np

from forum.splitting.cut.graph import Graph, Numbers, graph_of


def organisation(
    seed: int, *, people: int = 600, units: int = 25, ties: int = 8000, apart: float = 1.5, uneven: float = 0.9
) -> tuple[Graph, Numbers]:
    """Units of very uneven sizes, near and far from each other, where less than half of the mail stays in a unit; a few
    people without any; and who is in which unit."""
    random = np.random.default_rng(seed)
    share = random.lognormal(0, uneven, units)
    labels = np.sort(random.choice(units, people, p=share / share.sum()))
    place = random.normal(size=(units, 3))
    near = np.exp(-apart * np.linalg.norm(place[:, None] - place[None], axis=2)) + 0.02
    near[np.diag_indices(units)] = 2.0
    activity = random.lognormal(0, 1, people)
    activity[random.choice(people, 10, replace=False)] = 0
    chance = near[np.ix_(labels, labels)] * np.outer(activity, activity)
    chance[np.diag_indices(people)] = 0
    at = random.choice(people * people, ties, p=chance.ravel() / chance.sum())
    pairs = np.unique(np.minimum(at // people, at % people) * people + np.maximum(at // people, at % people))
    return graph_of(people, pairs // people, pairs % people, np.ones(len(pairs))), labels
