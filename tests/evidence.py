"""Evidence for pure tests, from what a test says of it; what it does not say is empty or zero."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from forum.splitting.proposals.evidence import Evidence

_DAYS = 730
_FLOATS, _BOOLS = frozenset({"answer_weight"}), frozenset({"facet_sensitive"})
_WIDE = frozenset({"moment", "member_ids", "thread_ids", "tag_ids", "term_keys", "facet_ids"})
_OF_MEMBERS = ("joined_days", "delivery", "posts", "started", "posts_recent", "started_recent")
_OF_THREADS = ("days", "asker", "answerer", "posts_recent")


def evidence_of(members: int, answers: Sequence[tuple[int, int, int]] = (), **arrays: Sequence[object]) -> Evidence:
    """Members with ids 1, 2, ...; who answered whom so often; and any other column by its name in `Evidence`."""
    given: dict[str, Sequence[object]] = {
        "moment": [1_700_000_000, _DAYS],
        "member_ids": range(1, members + 1),
        "answer_from": [each[0] for each in answers],
        "answer_to": [each[1] for each in answers],
        "answer_count": [each[2] for each in answers],
        "answer_weight": [each[2] for each in answers],
        "labels": np.zeros((0, members)),
        "second": np.zeros((0, members)),
        "unbounded": [0] * members,
    }
    given |= {f"member_{name}": [0] * members for name in _OF_MEMBERS}
    given |= {f"thread_{name}": [0] * len(arrays.get("thread_ids", ())) for name in _OF_THREADS}
    given |= arrays
    columns = [each.name for each in dataclasses.fields(Evidence)]
    assert set(given) <= set(columns), set(given) - set(columns)
    return Evidence(**{name: np.asarray(given.get(name, ()), dtype=_type_of(name)) for name in columns})


def _type_of(name: str) -> type[np.generic]:
    if name in _FLOATS:
        return np.float32
    if name in _BOOLS:
        return np.bool_
    return np.int64 if name in _WIDE else np.int32
