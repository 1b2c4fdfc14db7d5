import dataclasses
import json
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forum.cli.split_shown import figures_json
from forum.splitting.figures.describing import figures_of
from forum.splitting.figures.group_figures import is_proposed
from forum.splitting.figures.seating import seating_of
from forum.splitting.figures.values import PlanFigures
from forum.splitting.figures.words import Words
from tests.evidence import evidence_of
from tests.forum.splitting.communities import UNSAID, a_community, its_words

COMMUNITIES = {"seed": st.integers(0, 2**32 - 1), "members": st.integers(0, 70), "groups": st.integers(1, 5)}


def described(evidence, labels=None, second=None, words=None) -> PlanFigures:
    labels = evidence.labels[0] if labels is None else np.array(labels, dtype=np.int32)
    second = evidence.second[0] if second is None else np.array(second, dtype=np.int32)
    return figures_of(evidence, labels, second, words or its_words(evidence))


@settings(max_examples=60, deadline=None)
@given(**COMMUNITIES)
def test_shares_are_shares_and_every_member_counts_once(seed, members, groups):
    evidence = a_community(seed, members, groups)
    figures = described(evidence)
    shares = [figures.kept, figures.kept_unbounded, *(border.share for border in figures.borders)]
    shares += [group.kept for group in figures.groups if group.kept is not None]
    shares += [trait.share for group in figures.groups for trait in group.traits if trait.share is not None]
    assert all(0 <= share <= 1 for share in shares)
    assert figures.kept + sum(border.share for border in figures.borders) == pytest.approx(1)
    assert sum(each.members for each in figures.forecasts) == members
    assert sum(group.members for group in figures.groups) == members + figures.placed_twice
    assert all(min(each.now, each.after, each.mute_first) >= 0 for each in figures.forecasts)
    assert all(each.after <= each.now + 1e-9 for each in figures.forecasts)
    assert 0 <= figures.threads_without_answerers <= figures.threads_looked_at
    assert len({group.name for group in figures.groups}) == len({group.slug for group in figures.groups})
    assert all(thread.posts > 0 for group in figures.groups for thread in group.threads)
    json.dumps(figures_json(figures), allow_nan=False)


@settings(max_examples=60, deadline=None)
@given(**COMMUNITIES, edited=st.booleans())
def test_something_sensitive_is_told_of_no_few_people_and_never_after_an_edit(seed, members, groups, edited):
    evidence = a_community(seed, members, groups)
    labels = evidence.labels[0].copy()
    if edited and members:
        labels[0] = groups
    figures = described(evidence, labels, np.full(members, -1) if edited else None)
    told = 0
    for group in figures.groups:
        seated = (labels == group.position - 1) | (evidence.second[0] == group.position - 1)
        for trait in group.traits:
            if UNSAID not in trait.words:
                continue
            told += 1
            place = 4 if trait.words == UNSAID else 5
            having = np.isin(np.arange(members), evidence.has_facet_member[evidence.has_facet == place]) & seated
            assert min(having.sum(), (seated & ~having).sum()) >= 10
            assert trait.sensitive
            assert trait.share is None
            assert trait.lift is None
            assert re.findall(r"\d+", trait.sentence) == ["10"]
    assert not (edited and members and told)
    rest = dataclasses.replace(figures, groups=tuple(dataclasses.replace(group, traits=()) for group in figures.groups))
    assert UNSAID.casefold() not in json.dumps(figures_json(rest)).casefold()


def test_a_sensitive_trait_of_many_is_told_without_a_number():
    evidence = evidence_of(
        60,
        facet_ids=[1],
        facet_dimension=[4],
        facet_sensitive=[True],
        has_facet_member=range(15),
        has_facet=[0] * 15,
        labels=[[0] * 30 + [1] * 30],
        second=[[-1] * 60],
    )
    words = Words("Physicians", facets={0: "Migraine"})
    first, other = described(evidence, words=words).groups
    assert [trait.sentence for trait in first.traits] == [
        "10 members or more share Migraine and agreed to be matched by it. How many is not said."
    ]
    assert not other.traits
    assert "Migraine" not in first.name
    merged = described(evidence, [0] * 29 + [1] * 31, words=words)
    assert not any(group.traits for group in merged.groups)


def test_what_is_shown_to_nobody_is_not_counted_once_somebody_has_edited():
    employer, interest = 3, 4
    evidence = evidence_of(
        80,
        facet_ids=[1, 2, 3],
        facet_dimension=[employer, interest, interest],
        facet_sensitive=[False] * 3,
        has_facet_member=[*range(15), *range(12), *range(8)],
        has_facet=[0] * 15 + [1] * 12 + [2] * 8,
        labels=[[0] * 30 + [1] * 50],
        second=[[-1] * 80],
    )
    words = Words("Physicians", facets={0: "County Hospital", 1: "Rowing", 2: "Chess"})
    proposed = described(evidence, words=words).groups[0].traits
    assert [each.words for each in proposed] == ["County Hospital", "Rowing", "Chess"]
    assert proposed[2].sentence == (
        "8 of 30 members are interested in Chess, 2.7 times as large a share as in the whole group."
    )
    edited = described(evidence, [0] * 29 + [1] * 51, words=words).groups[0].traits
    assert [(each.words, each.share, each.lift) for each in edited] == [
        ("County Hospital", None, None),
        ("Rowing", None, None),
    ]
    assert edited[1].sentence == (
        "10 or more of 29 members are interested in Rowing. In an edited draft it is not said how many."
    )


def test_every_number_of_a_group_has_its_sentence():
    answers = [(0, 1, 3), (1, 0, 2), (2, 0, 1), (3, 4, 4)]
    figures = described(
        evidence_of(
            6,
            answers,
            member_posts_recent=[1] * 5 + [0],
            thread_ids=[7],
            thread_days=[89],
            thread_asker=[0],
            thread_posts_recent=[90],
            wrote_thread=[0, 0],
            wrote_member=[0, 1],
            wrote_posts=[1, 1],
        ),
        [0, 0, 1, 1, 1, 1],
        [-1, -1, 0, -1, -1, -1],
        Words("Physicians", threads={0: ("abc", "Who reads MRI at night?")}),
    )
    first, other = figures.groups
    assert first.sentences == (
        "3 members, 1 of them in another group as well.",
        "6 of 6 answers that members of this group wrote went to others in it.",
        "1.0 posts a day, from 3 members: those of the last 90 days in threads that would go along, since most of "
        "their writers would be here. That is too quiet to live.",
        "Weak fit: 0 with most of their ties in other groups, and 0 without any tie, who have neither answered anybody "
        "nor got an answer.",
    )
    assert (first.kept, first.posts_a_day, first.too_quiet) == (1.0, 1.0, True)
    assert [thread.subject for thread in first.threads] == ["Who reads MRI at night?"]
    assert other.sentences[1] == "4 of 5 answers that members of this group wrote went to others in it."
    assert (other.weak_fit, other.kept) == (1, 0.8)
    assert figures.sentences[0] == "Of 6 members, 6 would be in 2 groups, 1 of them in two."
    assert figures.sentences[1].startswith("10 of 10 answers (100%) went to people of the same group.")


def test_who_stays_only_in_the_parent_counts_there():
    figures = described(evidence_of(4, [(0, 3, 1)]), [0, 1, 1, -1], [-1] * 4, Words("Physicians"))
    assert [group.members for group in figures.groups] == [1, 2]
    assert figures.sentences[0].endswith("0 of them in two. 1 would be in none and stay in the parent.")
    assert figures.kept == 0.0


def test_names_that_a_moderator_gave_stay_even_without_members():
    words = Words("Physicians", named={1: "Heart talk", 3: "Empty yet"})
    figures = described(evidence_of(2), [0, 1], [-1, -1], words)
    assert [(group.position, group.name, group.slug) for group in figures.groups] == [
        (1, "Heart talk", ""),
        (2, "Physicians 2", "physicians-2"),
        (3, "Empty yet", ""),
    ]


@pytest.mark.parametrize(
    ("labels", "second", "proposed"),
    [
        ([0, 0, 1, 1], [-1, 1, -1, -1], True),
        ([1, 1, 0, 0], [-1, 0, -1, -1], True),
        ([0, 0, 1, 1], [-1, -1, -1, -1], False),
        ([0, 0, 0, 0], [-1, -1, -1, -1], False),
        ([0, 0, 1, 2], [-1, 1, -1, -1], False),
        ([0, 0, 1, -1], [-1, 1, -1, -1], False),
    ],
)
def test_a_cut_is_the_proposed_one_however_its_groups_are_numbered(labels, second, proposed):
    evidence = evidence_of(4, labels=[[0, 0, 0, 1], [0, 0, 1, 1]], second=[[-1] * 4, [-1, 1, -1, -1]])
    seating = seating_of(np.array(labels, dtype=np.int32), np.array(second, dtype=np.int32))
    assert is_proposed(evidence, seating) == proposed
