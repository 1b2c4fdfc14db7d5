"""Measures how well a fit does on texts it has not seen: sources left out, short posts, and own texts in five parts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from forum.rules.politics.fitting import Table, fit_both
from forum.rules.politics.material import OWN, is_long
from forum.rules.politics.model import Label

PARTS = 5
FALSE_ALARMS = 0.05


@dataclass(frozen=True)
class Trial:
    """One political and one other source left out together: figures for whole texts and for short ones."""

    political: str
    other: str
    area: float
    recall: float
    short_area: float
    short_recall: float


@dataclass(frozen=True)
class Trials:
    """All pairs of sources, and each text's scores by a fit that had not seen its source."""

    pairs: Sequence[Trial]
    held_out: Mapping[str, np.ndarray]

    def mean(self, name: str) -> float:
        return float(np.mean([getattr(pair, name) for pair in self.pairs]))


def leave_sources_out(table: Table) -> Trials:
    """Each political source with each other one: train on all the rest, test on these two."""
    given = ~table.is_own
    is_political = np.array([example.label is Label.PARTISAN for example in table.examples])
    cut = np.array([example.cut for example in table.examples])
    long = np.array([is_long(example) for example in table.examples])
    pairs = []
    held_out: dict[str, list[np.ndarray]] = {}
    for political in np.unique(table.sources[given & is_political]):
        for other in np.unique(table.sources[given & ~is_political]):
            left_out = np.isin(table.sources, (political, other))
            found = fit_both(table, np.flatnonzero(~left_out))
            rows = np.flatnonzero(left_out & ~cut)
            scores, _ = found.scores(table, rows)
            short = np.flatnonzero(left_out & (cut | ~long))
            short_scores, _ = found.scores(table, short)
            pairs.append(
                Trial(
                    political,
                    other,
                    area(is_political[rows], scores),
                    recall(is_political[rows], scores),
                    area(is_political[short], short_scores),
                    recall(is_political[short], short_scores),
                )
            )
            for source in (political, other):
                held_out.setdefault(source, []).append(scores[table.sources[rows] == source])
    return Trials(pairs, {source: np.concatenate(scores) for source, scores in held_out.items()})


def cross_validate(table: Table) -> tuple[np.ndarray, np.ndarray]:
    """Both scores of each own text, in order, by a fit to the given texts and the other four parts of the own."""
    own = np.flatnonzero(table.sources == OWN)
    given = np.flatnonzero(~table.is_own)
    part = np.random.default_rng(0).integers(0, PARTS, len(own))
    partisan, policy = np.zeros(len(own)), np.zeros(len(own))
    for number in range(PARTS):
        found = fit_both(table, np.concatenate([given, own[part != number]]))
        partisan[part == number], policy[part == number] = found.scores(table, own[part == number])
    return partisan, policy


def area(wanted: np.ndarray, scores: np.ndarray) -> float:
    """The area under the ROC curve: how often a wanted text outscores another (Mann and Whitney; ties half)."""
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    positives = int(wanted.sum())
    return float((ranks[wanted].sum() - positives * (positives + 1) / 2) / (positives * (len(wanted) - positives)))


def recall(wanted: np.ndarray, scores: np.ndarray) -> float:
    """The share of wanted texts found where one in twenty of the others is found too."""
    return float((scores[wanted] > np.quantile(scores[~wanted], 1 - FALSE_ALARMS)).mean())
