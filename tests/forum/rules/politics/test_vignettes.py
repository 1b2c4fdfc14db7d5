"""The honest test: texts by another hand than those that the model learned from, never trained on."""

import json
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from forum.rules.politics import Label, Verdict, score

Judged = tuple[str, str, Verdict]


@cache
def vignettes() -> Sequence[Judged]:
    lines = Path(__file__).with_name("vignettes.jsonl").read_text("utf-8").splitlines()
    return [(entry["label"], entry["note"], score(entry["text"])) for entry in map(json.loads, lines)]


def scores(*labels: str) -> list[float]:
    return [verdict.score for label, _, verdict in vignettes() if label in labels]


def area(wanted: Sequence[float], others: Sequence[float]) -> float:
    """How often a wanted text outscores another."""
    return sum((one > other) + (one == other) / 2 for one in wanted for other in others) / (len(wanted) * len(others))


def flagged(label: str, note: str | None = None) -> float:
    judged = [verdict.label for each, said, verdict in vignettes() if each == label and note in (None, said)]
    return sum(each is Label.PARTISAN for each in judged) / len(judged)


def test_there_are_at_least_300_vignettes_of_all_classes() -> None:
    counts = Counter(label for label, _, _ in vignettes())
    assert sum(counts.values()) >= 300
    assert set(counts) == set(Label)


def test_partisan_vignettes_outscore_the_rest() -> None:
    assert area(scores("partisan"), scores("clinical", "policy")) > 0.97
    assert area(scores("partisan"), scores("policy")) > 0.97


def test_few_clinical_and_policy_vignettes_are_flagged() -> None:
    assert flagged("clinical") < 0.06
    assert flagged("policy") < 0.05
    assert flagged("clinical", "political word, clinical") < 0.16


def test_partisan_vignettes_are_flagged() -> None:
    assert flagged("partisan") > 0.8
    assert flagged("partisan", "no political word") > 0.5


def test_policy_is_told_from_medicine() -> None:
    for label, least in (("policy", 0.87), ("clinical", 0.79)):
        judged = [verdict.label for each, _, verdict in vignettes() if each == label]
        assert judged.count(Label(label)) / len(judged) > least
