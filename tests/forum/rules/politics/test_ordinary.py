"""Short everyday posts of physicians' groups, of which none is politics or policy: how many are taken for either.

They were written apart from the texts that the model learns from, and are never among them.
"""

import json
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

from forum.rules.politics import Label, score
from forum.rules.politics.material import read_own


@cache
def posts() -> Sequence[tuple[str, str]]:
    lines = Path(__file__).with_name("ordinary.jsonl").read_text("utf-8").splitlines()
    return [(entry["text"], entry["note"]) for entry in map(json.loads, lines)]


def test_they_are_200_of_many_kinds_and_the_model_has_not_learned_from_them() -> None:
    assert len(posts()) >= 200
    assert len(Counter(note for _, note in posts())) >= 12
    assert not {text for text, _ in posts()} & {example.text for example in read_own()}


def test_few_of_them_are_taken_for_politics_or_for_policy() -> None:
    judged = Counter(score(text).label for text, _ in posts())
    assert judged[Label.PARTISAN] / len(posts()) < 0.025
    assert judged[Label.POLICY] / len(posts()) < 0.08


@pytest.mark.parametrize("note", ["case", "locum", "thanks", "condolence", "short clinical questions"])
def test_no_kind_of_them_is_taken_for_something_else_as_a_rule(note: str) -> None:
    judged = Counter(score(text).label for text, kind in posts() if kind == note)
    assert judged[Label.CLINICAL] / judged.total() > 0.75
