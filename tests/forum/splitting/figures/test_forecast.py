import numpy as np
import pytest

from forum.groups.models import Delivery
from forum.splitting.figures.describing import figures_of
from forum.splitting.figures.words import Words
from tests.evidence import evidence_of

SINGLE, DIGEST, WEEKLY, FOLLOWED, SPECIALS, NONE = range(len(Delivery))


def forecast(deliveries, posts, threads, labels, second=None, **more):
    """`threads`: (writers, posts in 90 days, tag or None)."""
    members = len(deliveries)
    evidence = evidence_of(
        members,
        member_delivery=deliveries,
        member_posts_recent=posts,
        thread_ids=range(1, len(threads) + 1),
        thread_days=[200] * len(threads),
        thread_asker=[writers[0] for writers, _, _ in threads],
        thread_posts_recent=[count for _, count, _ in threads],
        wrote_thread=[at for at, (writers, _, _) in enumerate(threads) for _ in writers],
        wrote_member=[writer for writers, _, _ in threads for writer in writers],
        wrote_posts=[1 for writers, _, _ in threads for _ in writers],
        tag_ids=[1, 2],
        tagged_thread=[at for at, (_, _, tag) in enumerate(threads) if tag is not None],
        tagged=[tag for _, _, tag in threads if tag is not None],
        **more,
    )
    second = [-1] * members if second is None else second
    figures = figures_of(evidence, np.array(labels, np.int32), np.array(second, np.int32), Words("Physicians"))
    return {each.member_type: each for each in figures.forecasts}, figures


# Three threads of 90, 180 and 270 posts in 90 days: 1, 2 and 3 a day.
THREADS = [((0, 1), 90, 0), ((2, 3), 180, 1), ((0, 2), 270, None)]


def test_after_the_split_a_member_gets_the_own_groups_and_what_stays_in_the_parent():
    found, figures = forecast([SINGLE] * 4, [20, 5, 0, 0], THREADS, [0, 0, 1, 1])
    assert [group.posts_a_day for group in figures.groups] == [1.0, 2.0]
    a_lot, now_and_then, reads = found["writes a lot"], found["writes now and then"], found["only reads"]
    assert (a_lot.members, now_and_then.members, reads.members) == (1, 1, 2)
    assert [each.now for each in (a_lot, now_and_then, reads)] == [6.0] * 3
    # The third thread fits nowhere: half of its writers are here, half there.
    assert [each.after for each in (a_lot, now_and_then, reads)] == [4.0, 4.0, 5.0]
    assert a_lot.sentence == (
        "Who writes a lot and gets single mails: now 6.0 a day, after the split 4.0, and 4.0 by muting tags that one "
        "never writes in (1 member)."
    )


def test_who_is_in_two_groups_gets_both_and_each_post_once():
    found, _ = forecast([SINGLE] * 4, [1] * 4, THREADS, [0, 0, 1, 1], [1, -1, -1, -1])
    # With member 0 in both groups the third thread goes along with the second one.
    assert found["writes now and then"].after == pytest.approx((6 + 1 + 5 + 5) / 4)


def test_muting_first_leaves_what_one_writes_in_and_what_has_no_tag():
    found, _ = forecast([SINGLE] * 5, [20, 5, 20, 5, 0], THREADS, [0, 0, 1, 1, 1])
    assert found["writes a lot"].mute_first == pytest.approx((4 + 5) / 2)
    # Who never wrote is taken to mute as much as the others.
    assert found["only reads"].mute_first == pytest.approx(3 + (1 + 1 + 2 + 2) / 4)


def test_a_tag_that_one_follows_is_not_muted():
    found, _ = forecast(
        [SINGLE] * 4, [5, 0, 0, 0], [((0, 1), 90, 0), ((2, 3), 180, 1)], [0] * 4, tag_follow_member=[0], tag_follow=[1]
    )
    assert found["writes now and then"].mute_first == 3.0


def test_digests_stay_one_mail_with_fewer_posts_in_it():
    found, _ = forecast([DIGEST, SINGLE, WEEKLY, NONE], [0] * 4, THREADS, [0, 0, 1, 1])
    daily, weekly = found["gets a daily digest"], found["gets a weekly digest"]
    assert (daily.now, daily.after, daily.mute_first) == (1.0, 1.0, 1.0)
    assert "with 6.0 posts in it now and 4.0 after the split (1 member)" in daily.sentence
    assert weekly.after == pytest.approx(1 / 7)
    assert "with 42.0 posts in it now and 35.0 after" in weekly.sentence
    assert (found["gets no mail"].members, found["gets no mail"].now) == (1, 0.0)


def test_who_gets_only_followed_topics_gets_the_same():
    found, _ = forecast(
        [FOLLOWED, SINGLE, FOLLOWED, SINGLE],
        [0] * 4,
        THREADS,
        [0, 0, 1, 1],
        follow_thread=[1],
        follow_member=[0],
        tag_follow_member=[2],
        tag_follow=[0],
    )
    # Member 0 wrote in the first and third and follows the second; member 2 wrote in two and follows the tag of one.
    assert (found["gets followed topics"].now, found["gets followed topics"].after) == (6.0, 6.0)


def test_a_young_group_is_measured_by_the_days_that_it_has():
    evidence = evidence_of(
        2,
        thread_ids=[1],
        thread_days=[9],
        thread_asker=[0],
        thread_posts_recent=[20],
        wrote_thread=[0],
        wrote_member=[0],
        wrote_posts=[1],
    )
    figures = figures_of(evidence, np.zeros(2, np.int32), np.full(2, -1, np.int32), Words("Physicians"))
    assert figures.groups[0].posts_a_day == 2.0


def test_threads_that_would_lose_all_their_answerers_are_counted():
    evidence = evidence_of(
        4,
        thread_ids=[1, 2, 3, 4],
        thread_days=[10, 10, 100, 10],
        thread_asker=[0, 0, 0, 1],
        wrote_thread=[0, 0, 0, 1, 1, 2, 2, 3],
        wrote_member=[0, 1, 2, 0, 2, 0, 2, 1],
        wrote_posts=[1] * 8,
    )
    figures = figures_of(evidence, np.array([0, 0, 1, 1], np.int32), np.full(4, -1, np.int32), Words("Physicians"))
    # The first keeps one, the second loses its only one; the third is old, the last has no answer.
    assert (figures.threads_looked_at, figures.threads_without_answerers) == (2, 1)
