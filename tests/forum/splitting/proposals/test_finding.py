from dataclasses import replace

import numpy as np
import pytest

from forum.facets.models import Dimension
from forum.splitting.cut.agreement import adjusted_rand_index
from forum.splitting.cut.bounds import CannotBound
from forum.splitting.proposals.counting import Posts, count_posts
from forum.splitting.proposals.finding import find_cuts
from forum.splitting.proposals.options import By, Options
from forum.splitting.proposals.settling import settle, spread
from forum.splitting.proposals.simulated import REGIONS, SPECIALTIES, simulate
from tests.evidence import evidence_of

_NOTHING = {"answer_from": 0, "answer_to": 0, "answer_count": 0, "answer_weight": 0.0}


def evidence_from(simulated):
    """What gathering would make of the community, without words."""
    members, posts = len(simulated.groups), len(simulated.post_thread)
    written = Posts(
        ids=np.arange(1, posts + 1),
        thread=simulated.post_thread.astype(np.int32),
        number=np.arange(posts),
        author=simulated.post_author.astype(np.int32),
        answers=simulated.post_answers + 1,
        age=simulated.post_age,
    )
    counted = dict(vars(count_posts(written, np.ones(simulated.threads, dtype=bool), members)))
    del counted["thread_is_open"]
    dimensions = list(Dimension)
    return evidence_of(
        members,
        **counted
        | {
            "thread_ids": np.arange(simulated.threads),
            "follow_thread": simulated.follows.trait,
            "follow_member": simulated.follows.owner,
            "facet_ids": np.arange(REGIONS.values + SPECIALTIES.values),
            "facet_dimension": [dimensions.index(Dimension.PLACE)] * REGIONS.values
            + [dimensions.index(Dimension.SPECIALTY)] * SPECIALTIES.values,
            "facet_sensitive": [False] * (REGIONS.values + SPECIALTIES.values),
            "has_facet_member": np.concatenate((simulated.regions.owner, simulated.specialties.owner)),
            "has_facet": np.concatenate((simulated.regions.trait, simulated.specialties.trait + REGIONS.values)),
        },
    )


def index(found, planted):
    return adjusted_rand_index(found.labels[found.recommended].astype(np.int64), planted)


def without_answers(evidence):
    empty = {name: np.zeros(0, dtype=getattr(evidence, name).dtype) for name in _NOTHING}
    return replace(evidence, **empty, thread_asker=np.full(evidence.threads, -1, dtype=np.int32))


@pytest.fixture(scope="module")
def community():
    simulated = simulate(400, 5_000, seed=3, planted=4)
    return evidence_from(simulated), simulated.groups


def test_planted_groups_are_found_better_than_by_facets_alone_and_the_same_each_time(community):
    evidence, planted = community
    options = Options(smallest=20, largest=260, overlap=0.05)
    found = find_cuts(evidence, options)
    answered = (evidence.given + evidence.received) > 0
    labels = found.labels[found.recommended].astype(np.int64)
    assert adjusted_rand_index(labels[answered], planted[answered]) > 0.85
    assert index(found, planted) > 0.7
    assert index(found, planted) > index(find_cuts(without_answers(evidence), options), planted) + 0.2
    again = find_cuts(evidence, options)
    assert np.array_equal(again.labels, found.labels)
    assert np.array_equal(again.second, found.second)
    groups = found.labels.max(axis=1)
    assert groups.tolist() == sorted(set(groups.tolist()))
    for row, second in zip(found.labels, found.second, strict=True):
        sizes = np.bincount(row)
        twice = np.bincount(second[second >= 0], minlength=len(sizes))
        assert 20 <= sizes.min() <= (sizes + twice).max() <= 260
        assert (second >= 0).sum() <= 0.05 * len(row)
        assert not np.any(second == row)


def test_by_place_those_of_one_place_stay_together_whoever_they_talk_with(community):
    evidence, _planted = community
    found = find_cuts(evidence, Options(by=By.PLACE, smallest=10, largest=260, overlap=0.0))
    labels = found.labels[found.recommended]
    together = []
    for value in range(REGIONS.values):
        theirs = labels[evidence.has_facet_member[evidence.has_facet == value]]
        if len(theirs) > 5:
            together.append(np.bincount(theirs).max() / len(theirs))
    assert np.mean(together) > 0.95
    assert labels.min() == 0


def test_a_small_community_without_answers_or_facets_cannot_be_divided():
    with pytest.raises(CannotBound, match="Nothing is known yet"):
        find_cuts(evidence_of(30), Options(smallest=5, largest=20))
    with pytest.raises(CannotBound, match="too few"):
        find_cuts(evidence_of(30, [(0, 1, 2)]), Options(smallest=16, largest=20))


def test_who_fits_best_gets_the_place_and_strangers_are_spread_as_everybody_is():
    labels = np.array([0, 0, 1, -1, -1, -1])
    scores = np.array([[0.0, -1.0], [0.0, -5.0], [0.0, -3.0]], dtype=np.float32)
    assert settle(labels, np.array([3, 4, 5]), scores, largest=4).tolist() == [0, 0, 1, 1, 0, 0]
    assert spread(labels, np.array([3, 4, 5]), groups=2, largest=4).tolist() == [0, 0, 1, 0, 0, 1]
    for full in (
        lambda: settle(labels, np.array([3, 4, 5]), scores, largest=2),
        lambda: spread(labels, np.array([3, 4, 5]), groups=2, largest=2),
    ):
        with pytest.raises(ValueError, match="no room"):
            full()
