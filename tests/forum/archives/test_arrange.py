"""Threads out of ids, subjects and dates alone."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from forum.archives.arrange import Known, KnownPost, KnownThread, Leaf, Place, arrange

DAY = datetime(2019, 3, 7, 12, tzinfo=UTC)
NOTHING = Known()


def leaf(name: str, *answers: str, subject: str = "Re: Lake", days: float = 0, thread: str = "") -> Leaf:
    return Leaf(name, answers, subject, DAY + timedelta(days=days), thread)


def threads(places: Sequence[Place]) -> list[set[int]]:
    found: dict[object, set[int]] = {}
    for place in places:
        found.setdefault((place.opener, place.thread_id), set()).add(place.leaf)
    return sorted(found.values(), key=min)


def parents(places: Sequence[Place]) -> dict[int, int | None]:
    return {place.leaf: place.answers for place in places}


def test_a_reply_joins_what_it_answers() -> None:
    places = arrange([leaf("a", subject="Lake"), leaf("b", "a", days=1), leaf("c", "b", "a", days=2)], NOTHING)
    assert threads(places) == [{0, 1, 2}]
    assert parents(places) == {0: None, 1: 0, 2: 1}


def test_a_reply_that_stands_before_its_question_and_was_dated_before_it_still_follows_it() -> None:
    places = arrange([leaf("b", "a", days=-3), leaf("c", "b", days=-2), leaf("a", subject="Lake")], NOTHING)
    assert [place.leaf for place in places] == [2, 0, 1]
    assert threads(places) == [{0, 1, 2}]


def test_the_nearest_known_ancestor_is_answered_when_the_nearest_is_lost() -> None:
    places = arrange([leaf("a", subject="Lake"), leaf("c", "lost", "a", days=2)], NOTHING)
    assert parents(places) == {0: None, 1: 0}


def test_replies_to_the_same_lost_mail_belong_together() -> None:
    places = arrange([leaf("b", "lost", subject="x"), leaf("c", "other", "lost", subject="x", days=30)], NOTHING)
    assert threads(places) == [{0, 1}]
    assert parents(places) == {0: None, 1: None}


def test_a_changed_subject_begins_a_thread_that_remembers_where_it_grew() -> None:
    mails = [
        leaf("a", subject="Lake"),
        leaf("b", "a", subject="Billing of video visits", days=1),
        leaf("c", "b", days=2),
    ]
    mails[2] = leaf("c", "b", subject="Re: Billing of video visits", days=2)
    places = arrange(mails, NOTHING)
    assert threads(places) == [{0}, {1, 2}]
    assert parents(places) == {0: None, 1: 0, 2: 1}


def test_two_answers_to_a_lost_mail_that_had_changed_the_subject_are_one_new_thread() -> None:
    mails = [
        leaf("a", subject="Lake"),
        leaf("c", "lost", "a", subject="Re: Billing of video visits", days=1),
        leaf("d", "lost", "a", subject="Re: Billing of video visits", days=2),
    ]
    places = arrange(mails, NOTHING)
    assert threads(places) == [{0}, {1, 2}]
    assert parents(places) == {0: None, 1: 0, 2: None}


def test_a_reply_without_ids_joins_a_recent_thread_of_its_subject_and_no_older_one() -> None:
    mails = [leaf("a", subject="Lake"), leaf("b", subject="RE: lake", days=13), leaf("c", days=60)]
    places = arrange(mails, NOTHING)
    assert threads(places) == [{0, 1}, {2}]
    assert parents(places) == {0: None, 1: 0, 2: None}


def test_the_same_subject_without_a_reply_mark_is_a_new_thread() -> None:
    assert threads(arrange([leaf("a", subject="Lake"), leaf("b", subject="Lake", days=1)], NOTHING)) == [{0}, {1}]


def test_mails_without_a_subject_do_not_join() -> None:
    assert threads(arrange([leaf("a", subject=""), leaf("b", subject="Re:", days=1)], NOTHING)) == [{0}, {1}]


def test_mails_that_answer_each_other_in_a_circle_are_one_thread_under_the_oldest() -> None:
    mails = [leaf("a", "c", days=3), leaf("b", "a", days=1), leaf("c", "b", days=2), leaf("d", "d", subject="x")]
    places = arrange(mails, NOTHING)
    assert threads(places) == [{0, 1, 2}, {3}]
    assert parents(places)[1] is None


def test_what_an_export_knows_to_be_one_thread_is_one_whatever_the_subjects() -> None:
    mails = [
        leaf("a", subject="Lake", thread="t1"),
        leaf("b", "a", subject="Quite another", days=1, thread="t1"),
        leaf("c", "a", subject="Re: Lake", days=2, thread="t2"),
    ]
    assert threads(arrange(mails, NOTHING)) == [{0, 1}, {2}]


def test_posts_that_are_there_already_are_answered_by_id_or_subject() -> None:
    thread = KnownThread(7, "lake", 70, DAY)
    known = Known({"old": KnownPost(71, thread)}, {"lake": [thread]})
    mails = [leaf("a", "old", days=90), leaf("b", days=1), leaf("c", "old", subject="Quite another", days=2)]
    by_leaf = {place.leaf: place for place in arrange(mails, known)}
    assert (by_leaf[0].thread_id, by_leaf[0].answers_post_id) == (7, 71)
    assert (by_leaf[1].thread_id, by_leaf[1].answers_post_id) == (7, 70)
    assert (by_leaf[2].thread_id, by_leaf[2].opener, by_leaf[2].answers_post_id) == (None, 2, 71)


NAMES = [f"<{number}>" for number in range(8)]


@given(
    st.lists(
        st.tuples(
            st.lists(st.sampled_from(NAMES), max_size=3),
            st.sampled_from(["Lake", "Re: Lake", "Re: Billing of video visits", ""]),
            st.integers(-20, 20),
            st.sampled_from(["", "", "t"]),
        ),
        max_size=6,
    )
)
def test_every_mail_has_one_place_after_what_it_answers(
    drawn: list[tuple[list[str], str, int, str]],
) -> None:
    mails = [
        leaf(NAMES[number], *answers, subject=subject, days=days, thread=thread)
        for number, (answers, subject, days, thread) in enumerate(drawn)
    ]
    places = arrange(mails, NOTHING)
    assert sorted(place.leaf for place in places) == list(range(len(mails)))
    at = {place.leaf: index for index, place in enumerate(places)}
    opener = {place.leaf: place.opener for place in places}
    for place in places:
        assert place.opener is not None
        assert at[place.opener] <= at[place.leaf]
        if place.answers is not None:
            assert at[place.answers] < at[place.leaf]
            assert place.opener == place.leaf or opener[place.answers] == place.opener
