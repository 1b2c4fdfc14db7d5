import numpy as np
import pytest

from forum.db import reading, transaction
from forum.facets.models import Dimension
from forum.groups.models import Kind, Membership, Standing
from forum.splitting.proposals.evidence import to_bytes
from forum.splitting.proposals.gathering import gather
from forum.splitting.proposals.talk import key_of
from forum.threads.following import choose_thread
from forum.threads.models import Choice, Post
from forum.threads.sealed import anonymous_member_id
from tests.forum.splitting.talking import a_facet, posts_of, talk, they_have, under_a_name
from tests.people import a_crowd, a_group, its


def gathered(group):
    with reading():
        return gather(group)


def answers(evidence, members):
    """Who answered whom how often, by places among these members."""
    places = {int(np.flatnonzero(evidence.member_ids == member.id)[0]): at for at, member in enumerate(members)}
    rows = zip(evidence.answer_from.tolist(), evidence.answer_to.tolist(), evidence.answer_count.tolist(), strict=True)
    return {(places[one], places[other]): count for one, other, count in rows}


@pytest.mark.usefixtures("core")
def test_answers_threads_and_words_of_the_group_are_counted_and_of_no_other_group():
    group, beside = a_group(), a_group("secret", "Secret", kind=Kind.CIRCLE, listed=False)
    ann, ben, cleo, *others = members = a_crowd(12, group)
    [outsider] = a_crowd(1, beside, stem="out")
    [thread, *_] = talk(group, [(ann, ben, cleo, ben)] * 3, subject="Locum contracts", tag="locum")
    talk(beside, [(outsider, outsider)], subject="Hidden words", tag="hidden")
    with transaction():
        choose_thread(others[0].id, thread, Choice.FOLLOW)
    evidence = gathered(group)
    assert evidence.member_ids.tolist() == sorted(member.id for member in members)
    # Who asked is answered besides by what answers somebody else there: no answer, but a part of the weight.
    assert answers(evidence, members) == {(1, 0): 3, (2, 1): 3, (1, 2): 3, (2, 0): 0}
    assert evidence.member_posts[:3].tolist() == [3, 6, 3]
    assert evidence.member_started[:3].tolist() == [3, 0, 0]
    assert evidence.thread_asker.tolist() == [0, 0, 0]
    assert evidence.thread_answerer.tolist() == [1, 1, 1]
    assert evidence.thread_posts_recent.tolist() == [4, 4, 4]
    assert evidence.follow_member.tolist() == [3]
    assert len(evidence.tag_ids) == 1
    assert set(evidence.term_keys.tolist()) == {key_of("locum"), key_of("contracts")}


@pytest.mark.usefixtures("core")
def test_anonymous_and_erased_posts_and_people_who_have_left_leave_a_hole():
    group = a_group()
    ann, ben, cleo, dora = members = a_crowd(4, group)
    with transaction():
        nobody = anonymous_member_id()
    [begun, answered, erased, _left] = talk(group, [(ann, ben, cleo), (ann, ben), (ann, ben), (dora, ben)], tag="cover")
    under_a_name(posts_of(begun)[0], nobody)
    under_a_name(posts_of(answered)[1], nobody)
    with transaction() as session:
        session.get_one(Post, posts_of(erased)[1].id).erased_at = erased.created_at
        session.get_one(Membership, its(dora, group).id).standing = Standing.BANNED
    evidence = gathered(group)
    # What is left: Cleo answered Ben, in a thread of which nothing tells who began it.
    assert answers(evidence, members[:3]) == {(2, 1): 1}
    assert nobody not in evidence.member_ids
    assert dora.id not in evidence.member_ids
    assert evidence.thread_asker.tolist() == [-1, 0, 0, -1]
    assert begun.id not in evidence.thread_ids[evidence.tagged_thread]
    assert evidence.member_posts.tolist() == [2, 2, 1]
    assert evidence.thread_posts_recent.tolist() == [2, 1, 1, 2]


@pytest.mark.usefixtures("core")
def test_facets_count_with_those_above_and_sensitive_ones_only_by_consent():
    group = a_group()
    ann, ben, cleo, _dora = a_crowd(4, group)
    region = a_facet(Dimension.PLACE, "US-OR", "Oregon")
    city = a_facet(Dimension.PLACE, "US-OR/portland", "Portland", parent=region)
    condition = a_facet(Dimension.INTEREST, "lupus", "Lupus", sensitive=True)
    merged = a_facet(Dimension.INTEREST, "living with lupus", "Living with lupus", merged_into_id=condition.id)
    misspelt = a_facet(Dimension.PLACE, "portlnd", "Portlnd", merged_into_id=city.id)
    they_have(city, [ann])
    they_have(misspelt, [ben])
    they_have(condition, [ann])
    they_have(condition, [cleo], may_match=False)
    # A plain interest that was merged into a condition is no consent to match by the condition.
    they_have(merged, [ben])
    evidence = gathered(group)
    having = set(zip(evidence.has_facet_member.tolist(), evidence.has_facet.tolist(), strict=True))
    places = {facet_id: place for place, facet_id in enumerate(evidence.facet_ids.tolist())}
    assert set(places) == {region.id, city.id, condition.id}
    where = [places[region.id], places[city.id]]
    assert having == {(0, where[0]), (0, where[1]), (1, where[0]), (1, where[1]), (0, places[condition.id])}
    assert evidence.facet_sensitive.tolist() == [False, False, True]


@pytest.mark.usefixtures("core")
def test_an_old_answer_weighs_less_than_a_new_one_and_a_very_old_one_nothing(move_clock):
    group = a_group()
    ann, ben, cleo = members = a_crowd(3, group)
    talk(group, [(ann, ben)], days=1)
    talk(group, [(ann, cleo)], days=181)
    talk(group, [(ben, cleo)], days=800)
    evidence = gathered(group)
    assert answers(evidence, members) == {(1, 0): 1, (2, 0): 1}
    weights = evidence.answer_weight.tolist()
    assert weights[1] == pytest.approx(weights[0] / 2, rel=0.02)
    # Later on the same day it is the same to the last octet.
    move_clock(1)
    assert to_bytes(gathered(group)) == to_bytes(evidence)


@pytest.mark.usefixtures("core")
def test_a_group_without_members_or_posts_is_gathered_too():
    assert gathered(a_group()).members == 0
