"""What a division of a graph is worth: the ties it keeps, its modularity, how shortly it describes the graph. Pure."""

import numpy as np

from forum.splitting.cut.graph import Graph, Numbers


def share_kept(graph: Graph, labels: Numbers) -> float:
    """The share of the weight of ties that lies inside groups, 0 to 1; 1 where there is no tie to lose."""
    total = float(graph.weight.sum())
    return float(graph.weight[labels[graph.first] == labels[graph.second]].sum()) / total if total else 1.0


def share_counted(graph: Graph, labels: Numbers) -> float:
    """The share of ties inside groups, each counting the same."""
    return float(np.mean(labels[graph.first] == labels[graph.second])) if len(graph.first) else 1.0


def modularity(graph: Graph, labels: Numbers, *, resolution: float = 1.0) -> float:
    """The share of ties inside groups above what people with as many ties would have by chance; 0 without ties. At a
    higher resolution chance counts for more, so smaller groups are worth more.

    Newman and Girvan, "Finding and evaluating community structure in networks", Phys. Rev. E 69, 026113 (2004),
    for weights as in Newman, "Analysis of weighted networks", Phys. Rev. E 70, 056131 (2004).
    """
    total = float(graph.weight.sum())
    if not total:
        return 0.0
    volumes = np.bincount(labels, graph.strength)
    return share_kept(graph, labels) - resolution * float(((volumes / (2 * total)) ** 2).sum())


def description_length(graph: Graph, labels: Numbers) -> float:
    """How many nats say who is in which group and then, knowing that and how many ties each person has, the ties.

    The fewer, the more of the groups is in the graph and the less is chance: dividing people who are tied evenly makes
    it longer. The degree-corrected block model of Karrer and Newman, Phys. Rev. E 83, 016107 (2011), with the costs of
    the groups and of their table of ties after Peixoto, Phys. Rev. X 4, 011047 (2014). Ties count without weights.
    """
    ties = len(graph.first)
    if not ties:
        return 0.0
    sizes = np.bincount(labels)
    sizes = sizes[sizes > 0]
    groups = len(sizes)
    one, other = labels[graph.first], labels[graph.second]
    width = int(labels.max()) + 1
    pairs, counts = np.unique(np.minimum(one, other) * width + np.maximum(one, other), return_counts=True)
    ends = np.bincount(np.concatenate((one, other)), minlength=width).astype(np.float64)
    low, high = pairs // width, pairs % width
    # A tie inside a group has both its ends there.
    seen = np.where(low == high, 2.0 * counts, counts)
    fit = float((counts * np.log(seen / (ends[low] * ends[high]))).sum())
    cells = groups * (groups + 1) / 2
    table = (ties + cells) * _entropy(cells / (ties + cells))
    places = -float((sizes * np.log(sizes / graph.people)).sum())
    return -fit + table + places


def _entropy(share: float) -> float:
    return 0.0 if share in (0.0, 1.0) else -float(share * np.log(share) + (1 - share) * np.log(1 - share))
