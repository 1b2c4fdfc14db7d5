"""Dividing one group and bringing all within bounds: what is within them stays, and every group ends within them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forum.groups.actions import NotPossible
from forum.splitting.cut.bounds import Bounds, CannotBound
from forum.splitting.studio.cutting_anew import divided, fit_within
from forum.splitting.studio.editing import Draft, rename
from tests.forum.splitting.drafts import planted
from tests.forum.splitting.studio.test_editing import LIKE, a_draft

PEOPLE = 40
EVIDENCE = planted(range(1, PEOPLE + 1), 4, answers=900, outside=0.05)


def four_groups() -> Draft:
    return a_draft(*(person % 4 for person in range(PEOPLE)), second={0: 1, 1: 2})


def test_a_planted_pair_is_divided_along_its_ties() -> None:
    parts = divided(EVIDENCE, np.flatnonzero(np.arange(PEOPLE) % 4 < 2), parts=2, seed=0)
    assert len(set(parts[0::2].tolist())) == len(set(parts[1::2].tolist())) == 1
    assert parts[0] != parts[1]
    with pytest.raises(NotPossible):
        divided(EVIDENCE, np.array([3]), parts=2, seed=0)


def test_only_what_is_out_of_bounds_is_touched() -> None:
    draft = rename(a_draft(*(min(person % 4, 2) for person in range(PEOPLE))), 0, "Nights", "nights")
    after = fit_within(EVIDENCE, draft, LIKE, Bounds(4, 12), seed=0)
    assert after.sizes().tolist() == [10, 10, 10, 10]
    assert [group.planned_id for group in after.groups if group.planned_id] == [10, 11]
    assert "Nights" in [group.name for group in after.groups]
    again = fit_within(EVIDENCE, after, LIKE, Bounds(4, 12), seed=0)
    assert (again.labels == after.labels).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 20), st.integers(1, 40))
def test_every_group_is_within_the_bounds_or_it_is_refused(smallest: int, more: int) -> None:
    largest = smallest + more
    try:
        Bounds(smallest, largest).groups_for(PEOPLE)
    except CannotBound:
        with pytest.raises(NotPossible):
            fit_within(EVIDENCE, four_groups(), LIKE, Bounds(smallest, largest), seed=0)
        return
    after = fit_within(EVIDENCE, four_groups(), LIKE, Bounds(smallest, largest), seed=0)
    first = np.bincount(after.labels, minlength=len(after.groups))
    assert first.min() >= smallest
    assert after.sizes().max() <= largest
    assert not np.any(after.second == after.labels)


def test_a_draft_with_somebody_without_a_place_is_not_brought_within_bounds() -> None:
    draft = four_groups()
    labels = draft.labels.copy()
    labels[5] = -1
    with pytest.raises(NotPossible, match="no place"):
        fit_within(EVIDENCE, replace(draft, labels=labels), LIKE, Bounds(2, 20), seed=0)
