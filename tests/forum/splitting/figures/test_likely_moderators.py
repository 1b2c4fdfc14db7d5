import numpy as np

from forum.splitting.figures.likely_moderators import likely_moderators
from forum.splitting.figures.seating import seating_of
from forum.splitting.figures.words import Person
from tests.evidence import evidence_of


def likely(answers, recent, labels, people, second=None):
    evidence = evidence_of(len(labels), answers, member_posts_recent=recent)
    second = [-1] * len(labels) if second is None else second
    seating = seating_of(np.array(labels, dtype=np.int32), np.array(second, dtype=np.int32))
    return likely_moderators(evidence, seating, people)


def people(count, **willing):
    return {at: Person(f"p{at}", f"Member {at}", willing.get(f"m{at}", "")) for at in range(count)}


def answering(member, partners):
    return [(member, partner, 2) for partner in partners]


def test_who_helps_many_of_the_group_and_is_active_is_named_with_a_reason():
    answers = answering(0, range(1, 6)) + answering(1, [0]) + answering(2, [0])
    (found,) = likely(answers, [9, 9, 9, 0, 0, 0], [0] * 6, people(6))
    assert [(each.member_id, each.name) for each in found] == [(1, "Member 0")]
    assert found[0].sentence == (
        "Has answered 5 members of this group, was answered by 2, and wrote 9 posts in the last 90 days."
    )


def test_at_most_three_are_named_the_willing_before_the_busy():
    answers = [row for member in range(5) for row in answering(member, range(5, 9 + member))]
    (found,) = likely(answers, [5] * 13, [0] * 13, people(13, m0="Moderates a group already."))
    assert [each.name for each in found] == ["Member 0", "Member 4", "Member 3"]
    assert found[0].sentence.endswith("in the last 90 days. Moderates a group already.")


def test_who_answers_only_people_elsewhere_is_silent_or_may_not_be_named_is_not():
    answers = answering(0, [3, 4, 5]) + answering(1, [6, 7, 8]) + answering(2, [6, 7, 8]) + answering(6, [7, 8, 1])
    recent = [9, 1, 9, 0, 0, 0, 9, 0, 0]
    labels = [1, 1, 1, 0, 0, 0, 1, 1, 1]
    may = {at: person for at, person in people(9).items() if at != 2}
    here, there = likely(answers, recent, labels, may)
    assert not here
    assert [each.name for each in there] == ["Member 6"]


def test_people_whom_one_meets_in_their_second_group_count():
    answers = answering(0, [1, 2, 3])
    here, _ = likely(answers, [9] * 4, [0, 1, 1, 1], people(4), [-1, 0, 0, 0])
    assert [each.name for each in here] == ["Member 0"]
