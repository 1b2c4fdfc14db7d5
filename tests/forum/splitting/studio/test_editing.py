"""The edits of a draft keep everybody in a group, whatever is pressed in whatever order."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forum.groups.actions import NotPossible
from forum.groups.models import JoinPolicy, Kind
from forum.splitting.studio.editing import (
    Draft,
    DraftGroup,
    cut_anew,
    describe,
    divide,
    fits_of,
    merge,
    move,
    move_to_new,
    rename,
    take_out,
    with_names,
)

LIKE = DraftGroup(None, "", "", Kind.INTEREST, True, JoinPolicy.REQUEST, named=False)


def a_draft(*labels: int, second: dict[int, int] | None = None) -> Draft:
    """Groups 0, 1, ... with rows 10, 11, ...; and who has a second place where."""
    draft = cut_anew(np.array(labels, dtype=np.int32), np.full(len(labels), -1, dtype=np.int32), LIKE)
    for person, at in (second or {}).items():
        draft.second[person] = at
    groups = (replace(LIKE, planned_id=10 + at, name=f"G {at}", slug=f"g-{at}") for at in range(len(draft.groups)))
    return replace(draft, groups=tuple(groups))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_everybody_keeps_a_place_whatever_is_edited(data: st.DataObject) -> None:
    people = 12
    labels = data.draw(st.lists(st.integers(0, 3), min_size=people, max_size=people).filter(lambda x: len({*x}) == 4))
    draft = a_draft(*labels, second={0: (labels[0] + 1) % 4})
    for _ in range(data.draw(st.integers(1, 6))):
        group = st.integers(0, len(draft.groups) - 1)
        some = st.lists(st.integers(0, people - 1), unique=True)
        here = data.draw(group)
        try:
            match data.draw(st.sampled_from(("merge", "divide", "move", "new", "out"))):
                case "merge":
                    draft = merge(draft, here, data.draw(group))
                case "divide":
                    draft = divide(draft, here, np.arange(len(draft.people_of(here)), dtype=np.int32) % 2)
                case "move":
                    draft = move(draft, np.array(data.draw(some), dtype=np.int64), here)
                case "new":
                    draft = move_to_new(draft, np.array(data.draw(some), dtype=np.int64), LIKE)
                case "out":
                    best = data.draw(st.lists(st.integers(-1, len(draft.groups) - 1), min_size=people, max_size=people))
                    draft = take_out(draft, here, np.array(best, dtype=np.int32))
        except NotPossible:
            continue
        assert draft.labels.min() >= 0
        assert max(draft.labels.max(), draft.second.max()) < len(draft.groups)
        assert not np.any(draft.labels == draft.second)
        assert draft.sizes().min() > 0
        rows = [group.planned_id for group in draft.groups if group.planned_id is not None]
        assert len(rows) == len(set(rows))


def test_merged_groups_keep_the_name_that_a_moderator_gave() -> None:
    draft = merge(rename(a_draft(0, 0, 1, 2, second={2: 0}), 1, "Night shift", "nights"), 1, 0)
    assert [(group.name, group.planned_id) for group in draft.groups] == [("Night shift", 10), ("G 2", 12)]
    assert draft.labels.tolist() == [0, 0, 0, 1]
    assert draft.second.tolist() == [-1, -1, -1, -1]
    with pytest.raises(NotPossible, match="withdraw"):
        merge(draft, 1, 0)


def test_a_divided_group_gives_its_row_to_the_largest_part_and_a_new_one_to_the_rest() -> None:
    draft = divide(rename(a_draft(0, 0, 0, 1, second={3: 0}), 0, "All", "all"), 0, np.array([1, 0, 1, 1]))
    assert [group.planned_id for group in draft.groups] == [10, 11, None]
    assert draft.labels.tolist() == [0, 2, 0, 1]
    assert draft.second.tolist() == [-1, -1, -1, 0]
    assert not draft.groups[0].named
    with pytest.raises(NotPossible, match="hangs together"):
        divide(draft, 0, np.array([0, 0, 0]))


def test_members_who_move_leave_their_first_place_and_keep_the_other() -> None:
    draft = move(a_draft(0, 0, 1, 2, second={0: 1, 3: 0}), np.array([0, 3]), 1)
    assert draft.labels.tolist() == [1, 0, 1, 1]
    assert draft.second.tolist() == [-1, -1, -1, 0]
    assert draft.by_hand.tolist() == [True, False, False, True]
    assert [group.planned_id for group in draft.groups] == [10, 11]


def test_who_loses_a_group_goes_where_most_of_the_own_ties_are_else_to_the_largest() -> None:
    draft = a_draft(0, 0, 0, 1, 2, 2, 2, second={6: 1})
    fits = fits_of(np.array([4, 3, 6]), np.array([0, 4, 0]), np.array([1.0, 3.0, 9.0]), draft)
    assert fits.next_best(draft).tolist() == [2, -1, -1, 2, 1, -1, 0]
    assert fits.share(np.array([4, 4, 1]), np.array([0, 1, 0], dtype=np.int32)).tolist()[:2] == [0.25, 0.75]
    assert np.isnan(fits.share(np.array([1]), np.array([0], dtype=np.int32))[0])
    assert take_out(draft, 2, fits.next_best(draft)).labels.tolist() == [0, 0, 0, 1, 1, 0, 1]


def test_a_new_group_is_never_more_open_than_the_one_it_grows_out_of() -> None:
    draft = a_draft(0, 1)
    with pytest.raises(NotPossible, match="easier to join"):
        describe(draft, 0, kind=Kind.INTEREST, listed=True, join_policy=JoinPolicy.OPEN, like=LIKE)
    with pytest.raises(NotPossible, match="not listed"):
        describe(
            draft, 0, kind=Kind.REGION, listed=True, join_policy=JoinPolicy.INVITE, like=replace(LIKE, listed=False)
        )
    closed = describe(draft, 0, kind=Kind.CIRCLE, listed=False, join_policy=JoinPolicy.INVITE, like=LIKE)
    assert (closed.groups[0].kind, closed.groups[0].listed) == (Kind.CIRCLE, False)


def test_made_up_names_are_never_the_same_and_given_ones_stay() -> None:
    draft = rename(a_draft(0, 1, 2), 1, "Portland", "portland")
    named = with_names(draft, [("Portland", "portland"), ("", ""), ("Portland", "portland")])
    assert [group.slug for group in named.groups] == ["portland-2", "portland", "portland-3"]
