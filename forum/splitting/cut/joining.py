"""Joining small groups into larger ones by their ties, never over a largest size. Pure."""

import heapq
from dataclasses import dataclass, field

import numpy as np

from forum.splitting.cut.graph import Graph, Numbers, numbered, quotient


def join_crumbs(graph: Graph, labels: Numbers, *, smallest: int, largest: int) -> Numbers:
    """Each group below the smallest size joined to the one it is tied to most closely, while that finds room; a group
    without ties, or with none that fits, stays as it is."""
    joined = _Joined.of(graph, labels, largest)
    waiting = [(size, group) for group, size in enumerate(joined.sizes) if size < smallest]
    heapq.heapify(waiting)
    while waiting:
        size, group = heapq.heappop(waiting)
        if joined.sizes[group] != size:
            continue  # It has been joined meanwhile, or has grown and waits with its new size.
        partners = [
            (joined.closeness(group, other), -other) for other in joined.ties[group] if joined.fit(group, other)
        ]
        if partners:
            kept = joined.join(group, -max(partners)[1])
            if joined.sizes[kept] < smallest:
                heapq.heappush(waiting, (joined.sizes[kept], kept))
    return joined.labels(labels)


def join_closest(graph: Graph, labels: Numbers, *, largest: int, weight_inside: float) -> Numbers:
    """The two closest groups joined, again and again, until so much weight of ties lies inside groups or none fits.

    Close is what has many ties for its pairs of people, so two small groups come before two large ones.
    """
    joined = _Joined.of(graph, labels, largest)
    inside = float(graph.weight[labels[graph.first] == labels[graph.second]].sum())
    queue = [
        (-joined.closeness(group, other), group, other)
        for group, ties in enumerate(joined.ties)
        for other in ties
        if group < other and joined.fit(group, other)
    ]
    heapq.heapify(queue)
    while queue and inside < weight_inside:
        minus, group, other = heapq.heappop(queue)
        # Sizes and ties change with each joining; what is no longer true has been queued anew.
        if other not in joined.ties[group] or -minus != joined.closeness(group, other) or not joined.fit(group, other):
            continue
        inside += joined.ties[group][other]
        kept = joined.join(group, other)
        for third in joined.ties[kept]:
            if joined.fit(kept, third):
                heapq.heappush(queue, (-joined.closeness(kept, third), min(kept, third), max(kept, third)))
    return joined.labels(labels)


@dataclass
class _Joined:
    """The groups as they are joined: one that has been joined to another has no people and no ties any more."""

    largest: int
    sizes: list[int]
    ties: list[dict[int, float]]
    became: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, graph: Graph, labels: Numbers, largest: int) -> "_Joined":
        between = quotient(graph, labels)
        ties: list[dict[int, float]] = [{} for _ in range(between.people)]
        ends = zip(between.first.tolist(), between.second.tolist(), between.weight.tolist(), strict=True)
        for group, other, weight in ends:
            ties[group][other] = ties[other][group] = weight
        return cls(largest, np.bincount(labels, minlength=between.people).tolist(), ties, list(range(between.people)))

    def closeness(self, group: int, other: int) -> float:
        return self.ties[group][other] / (self.sizes[group] * self.sizes[other])

    def fit(self, group: int, other: int) -> bool:
        return self.sizes[group] + self.sizes[other] <= self.largest

    def join(self, group: int, other: int) -> int:
        """Both become the one with more ties to others, whose number is returned."""
        kept, gone = (group, other) if len(self.ties[group]) >= len(self.ties[other]) else (other, group)
        self.sizes[kept] += self.sizes[gone]
        self.sizes[gone] = 0
        self.became[gone] = kept
        for third, weight in self.ties[gone].items():
            del self.ties[third][gone]
            if third != kept:
                total = self.ties[kept].get(third, 0.0) + weight
                self.ties[kept][third] = self.ties[third][kept] = total
        self.ties[gone] = {}
        return kept

    def labels(self, before: Numbers) -> Numbers:
        for group in range(len(self.became)):
            end = group
            while self.became[end] != end:
                end = self.became[end]
            self.became[group] = end
        return numbered(np.array(self.became, dtype=np.int64)[before])
