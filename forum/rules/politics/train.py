"""`make train DATA=FILE`: fits the political model, measures it, and writes its weights and a report.

`python -m forum.rules.politics.train FILE FOLDER` reads the given texts from FILE and writes the weights into FOLDER
(gzipped JSON, named for their version); the report goes to standard output. It needs the extra `train`, and is no part
of what runs.
"""

import gzip
import json
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from forum.rules.politics.fitting import BALLAST, POLICY_ADDS, Fit, Fits, Table, fit_both, rise_of, tabulate
from forum.rules.politics.material import OWN, Example, read_given, read_own, with_beginnings
from forum.rules.politics.model import Label
from forum.rules.politics.trials import Trials, area, cross_validate, leave_sources_out, recall

VERSION = "2026.11.2"
THRESHOLD = 0.5
# The posts of medical communities of which one in twenty-five at most is to be flagged.
COMMUNITY = "reddit-top-2013/medical"
FLAGGED = 0.04
# How likely a text of the own ones has to be policy. They hold about as much of it as of other talk; a community has
# far more of the other.
POLICY_LIKELY = 0.6


@dataclass(frozen=True)
class Calibration:
    """Turns a sum of weights into a share of 1: 1 / (1 + exp(-(slope * sum + offset)))."""

    slope: float
    offset: float


def main(arguments: Sequence[str]) -> None:
    given, folder = map(Path, arguments)
    own = read_own()
    table = tabulate(list(with_beginnings([*read_given(given), *own])))
    every = np.arange(len(table.examples))
    trials = leave_sources_out(table)
    partisan_scores, policy_scores = cross_validate(table)
    partisan, policy = _calibrate(own, partisan_scores, policy_scores, trials)
    document = {
        "version": VERSION,
        "threshold": THRESHOLD,
        "ballast": BALLAST,
        "policy_adds": POLICY_ADDS,
        **_weights(table, fit_both(table, every), partisan, policy),
    }
    written = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    # Without the time of day the same data give the same file.
    (folder / f"weights-{VERSION}.json.gz").write_bytes(gzip.compress(written, mtime=0))
    print("\n".join(_report(own, trials, partisan_scores, policy_scores, partisan, policy)))


def _calibrate(
    own: Sequence[Example], partisan_scores: np.ndarray, policy_scores: np.ndarray, trials: Trials
) -> tuple[Calibration, Calibration]:
    """From scores of texts that the fit had not seen: 0.5 is where few posts of medical communities are flagged,
    and where a text is likely enough to be policy among what is not partisan."""
    labels = np.array([example.label for example in own])
    slope, _ = rise_of(partisan_scores, labels == Label.PARTISAN)
    bar = float(np.quantile(trials.held_out[COMMUNITY], 1 - FLAGGED))
    others = labels != Label.PARTISAN
    policy_slope, policy_offset = rise_of(policy_scores[others], labels[others] == Label.POLICY)
    return (
        Calibration(slope, -slope * bar),
        Calibration(policy_slope, policy_offset - math.log(POLICY_LIKELY / (1 - POLICY_LIKELY))),
    )


def _weights(table: Table, fits: Fits, partisan: Calibration, policy: Calibration) -> dict[str, object]:
    columns = zip(fits.partisan.columns, fits.partisan.rarity, fits.partisan.weights, fits.policy.weights, strict=True)
    return {
        "partisan": _scale(fits.partisan, partisan),
        "policy": _scale(fits.policy, policy),
        "words": {table.forms[column]: [round(float(number), 2) for number in numbers] for column, *numbers in columns},
    }


def _scale(found: Fit, calibration: Calibration) -> dict[str, object]:
    return {
        "intercept": round(found.intercept, 4),
        "evidence": [round(float(weight), 4) for weight in found.evidence],
        "slope": round(calibration.slope, 4),
        "offset": round(calibration.offset, 4),
    }


def _report(
    own: Sequence[Example],
    trials: Trials,
    partisan_scores: np.ndarray,
    policy_scores: np.ndarray,
    partisan: Calibration,
    policy: Calibration,
) -> Iterator[str]:
    yield "Two sources left out: area under ROC and recall at 5 % false alarms; then the same for short posts"
    for pair in trials.pairs:
        yield (
            f"{pair.political:30}{pair.other:26}{pair.area:.3f} {pair.recall:.3f}"
            f"   {pair.short_area:.3f} {pair.short_recall:.3f}"
        )
    yield (
        f"{'mean of ' + str(len(trials.pairs)):56}{trials.mean('area'):.3f} {trials.mean('recall'):.3f}"
        f"   {trials.mean('short_area'):.3f} {trials.mean('short_recall'):.3f}"
    )
    yield ""
    yield "Flagged at the default threshold, by fits that had not seen the source:"
    for source, scores in trials.held_out.items():
        yield f"{source:30}{_share(scores, partisan):.3f}"
    labels = np.array([example.label for example in own])
    yield ""
    yield f"Own texts, cross-validated ({OWN}): "
    yield f"partisan against the rest: area {area(labels == Label.PARTISAN, partisan_scores):.3f}"
    yield f"  recall at 5 % false alarms {recall(labels == Label.PARTISAN, partisan_scores):.3f}"
    for label in (Label.CLINICAL, Label.POLICY):
        these = (labels == Label.PARTISAN) | (labels == label)
        yield f"  against {label}: area {area(labels[these] == Label.PARTISAN, partisan_scores[these]):.3f}"
    flagged = partisan.slope * partisan_scores + partisan.offset >= 0
    chosen = np.where(flagged, 2, np.where(policy.slope * policy_scores + policy.offset >= 0, 1, 0))
    yield "label, judged as clinical, policy, partisan:"
    for label in Label:
        yield f"  {label:10}" + "".join(f"{int((chosen[labels == label] == place).sum()):6}" for place in range(3))


def _share(scores: np.ndarray, calibration: Calibration) -> float:
    return float((calibration.slope * scores + calibration.offset >= 0).mean())


if __name__ == "__main__":
    main(sys.argv[1:])
