"""Fits the weights of the political model to labelled texts, with scikit-learn; the only file that knows it.

What it makes is a sum over words, so that plain Python can score by it: a logistic regression over rarity-weighted
words, to which each word's log odds, averaged over sources, are added (they carry over to new sources better than
what is fitted to all of them at once).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from forum.rules.politics.material import OWN, Example
from forum.rules.politics.model import Label
from forum.rules.politics.proper_names import TITLES_AND_DATES, proper_names
from forum.rules.politics.traits import traits_in

# All numbers here were chosen by leaving out sources and by cross-validation on the own texts.
MOST_WORDS = 26_000
FEWEST_TEXTS = 3
STRENGTH = 1.0
OWN_TEXTS_COUNT = 25.0
# All policy is among the own texts. Where the given ones count in full against them, whatever sounds like a short post
# of colleagues sounds like policy.
GIVEN_TEXTS_COUNT = {Label.PARTISAN: 1.0, Label.POLICY: 0.1}
# Each text is weighed as if it held some more words that say nothing (this is the sum of their squared rarity, of about
# eight words), so that of a short one few words do not decide.
BALLAST = 200.0
# Half of the words are hidden in a second copy of each text, so that no few words carry everything.
HIDDEN = 0.5
# Log odds over sources say little of policy, which is in one source alone.
LOG_ODDS_COUNT = {Label.PARTISAN: 1.0, Label.POLICY: 0.0}
# What the policy sum adds to the partisan one, for each unit below 0 and above it.
POLICY_ADDS = (0.3, -1.0)
_MOST_LOG_ODDS = 3.0
_SMOOTHING = 1 / 400_000
# How near to the best weights is near enough: the default of the solver's authors, in half the time of a finer one.
_TOLERANCE = 0.01


@dataclass(frozen=True)
class Table:
    """The examples and what they hold: a row for each, a column for each word, and the terms' evidence."""

    examples: Sequence[Example]
    forms: Sequence[str]
    frequencies: sparse.csr_matrix
    evidence: np.ndarray
    is_own: np.ndarray
    sources: np.ndarray
    # For each side, which words speak for nothing there: 0 for these, else 1.
    speaks: Mapping[Label, np.ndarray]


@dataclass(frozen=True)
class Fit:
    """Weights for the columns that were chosen, in the same order as their rarity; then those of the evidence."""

    columns: np.ndarray
    rarity: np.ndarray
    weights: np.ndarray
    evidence: np.ndarray
    intercept: float

    def scores(self, table: Table, rows: np.ndarray) -> np.ndarray:
        words = _weighed(table, rows, self.columns, self.rarity)
        scores: np.ndarray = words @ self.weights + table.evidence[rows] @ self.evidence + self.intercept
        return scores


@dataclass(frozen=True)
class Fits:
    """The two sides of one model."""

    partisan: Fit
    policy: Fit

    def scores(self, table: Table, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The partisan sum, to which policy has been added as the model does it, and the policy sum."""
        policy = self.policy.scores(table, rows)
        return self.partisan.scores(table, rows) + policy * np.where(policy < 0, *POLICY_ADDS), policy


def fit_both(table: Table, rows: np.ndarray) -> Fits:
    return Fits(fit(table, rows, Label.PARTISAN), fit(table, rows, Label.POLICY))


def tabulate(examples: Sequence[Example]) -> Table:
    numbers: dict[str, int] = {}
    columns, values, ends, evidence = [], [], [0], []
    for example in examples:
        traits = traits_in(example.text)
        for form, places in traits.forms.items():
            columns.append(numbers.setdefault(form, len(numbers)))
            values.append(1 + np.log(len(places)))
        ends.append(len(columns))
        evidence.append(traits.evidence)
    frequencies = sparse.csr_matrix(
        (np.array(values, dtype=np.float32), columns, ends), shape=(len(examples), len(numbers))
    )
    held_by = np.bincount(frequencies.indices, minlength=len(numbers))
    every = list(numbers)
    kept = np.flatnonzero(held_by >= FEWEST_TEXTS)
    forms = [every[column] for column in kept]
    silent = {Label.PARTISAN: TITLES_AND_DATES, Label.POLICY: proper_names(examples)}
    return Table(
        examples,
        forms,
        frequencies[:, kept].tocsr(),
        np.array(evidence),
        np.array([example.source == OWN for example in examples]),
        np.array([example.source for example in examples]),
        {label: np.array([float(form not in names) for form in forms]) for label, names in silent.items()},
    )


def fit(table: Table, rows: np.ndarray, label: Label) -> Fit:
    """Weights that tell texts of this label from all others, from the rows given."""
    columns, rarity = _columns(table, rows)
    speaks = table.speaks[label][columns]
    words = (_weighed(table, rows, columns, rarity) @ sparse.diags(speaks)).tocsr()
    words.eliminate_zeros()
    evidence = sparse.csr_matrix(table.evidence[rows])
    wanted = np.array([table.examples[row].label is label for row in rows])
    hidden = words.copy()
    hidden.data *= (np.random.default_rng(1).random(len(hidden.data)) > HIDDEN) / np.sqrt(1 - HIDDEN)
    regression = LogisticRegression(
        C=STRENGTH, class_weight="balanced", solver="liblinear", tol=_TOLERANCE, random_state=1
    )
    regression.fit(
        sparse.vstack([sparse.hstack([words, evidence]), sparse.hstack([hidden, evidence])]).tocsr(),
        np.concatenate([wanted, wanted]),
        sample_weight=np.tile(_counts(table, rows, wanted, label), 2),
    )
    found = regression.coef_[0]
    weights = speaks * (found[: len(columns)] + LOG_ODDS_COUNT[label] * _log_odds(table, rows, columns, wanted))
    return Fit(columns, rarity, weights, found[len(columns) :], float(regression.intercept_[0]))


def rise_of(scores: np.ndarray, wanted: np.ndarray) -> tuple[float, float]:
    """Slope and offset of the logistic curve from a score to how likely a text is wanted."""
    curve = LogisticRegression().fit(scores[:, None], wanted)
    return float(curve.coef_[0][0]), float(curve.intercept_[0])


def _columns(table: Table, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The columns of the commonest words, and how rare each is."""
    held_by = np.bincount(table.frequencies[rows].indices, minlength=len(table.forms))
    candidates = np.flatnonzero(held_by >= FEWEST_TEXTS)
    columns = candidates[np.argsort(-held_by[candidates], kind="stable")][:MOST_WORDS]
    return columns, np.log((1 + len(rows)) / (1 + held_by[columns])) + 1


def _weighed(table: Table, rows: np.ndarray, columns: np.ndarray, rarity: np.ndarray) -> sparse.csr_matrix:
    words = table.frequencies[rows][:, columns] @ sparse.diags(rarity)
    length = np.sqrt(np.asarray(words.multiply(words).sum(axis=1)).ravel() + BALLAST)
    return (sparse.diags(1 / length) @ words).tocsr()


def _counts(table: Table, rows: np.ndarray, wanted: np.ndarray, label: Label) -> np.ndarray:
    """How much each text counts: given sources alike on each side, own texts more than given ones."""
    counts = np.where(table.is_own[rows], OWN_TEXTS_COUNT, GIVEN_TEXTS_COUNT[label])
    for side in (True, False):
        given = ~table.is_own[rows] & (wanted == side)
        names = np.unique(table.sources[rows][given])
        for name in names:
            these = given & (table.sources[rows] == name)
            counts[these] *= given.sum() / len(names) / these.sum()
    return counts


def _log_odds(table: Table, rows: np.ndarray, columns: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """For each column how much commoner it is among the wanted, each source counting alike."""
    present = (table.frequencies[rows][:, columns] > 0).astype(np.float64)
    sides: dict[bool, list[np.ndarray]] = {True: [], False: []}
    for source in np.unique(table.sources[rows]):
        for side in (True, False):
            these = (table.sources[rows] == source) & (wanted == side)
            if these.any():
                held_by = np.asarray(present[these].sum(axis=0)).ravel()
                sides[side].append(np.log((held_by + _SMOOTHING * held_by.sum()) / held_by.sum()))
    difference = np.mean(sides[True], axis=0) - np.mean(sides[False], axis=0)
    bounded: np.ndarray = np.clip(difference, -_MOST_LOG_ODDS, _MOST_LOG_ODDS)
    return bounded
