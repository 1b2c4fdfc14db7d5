"""What the report on evenness finds: planted unevenness, and almost nothing where there is none."""

import random
from collections.abc import Callable
from typing import Any

from forum.moderation.evenness import (
    APPROVE,
    NEWCOMERS,
    OLD_MEMBERS,
    REJECT,
    RETURN,
    Judged,
    assess,
    find_alarms,
    like_pairs,
)

RULES = ("no-politics", "no-selling", "moderated")
BOB, CAT, DAN = 1, 2, 3


def _one(
    held_id: int, moderator_id: int, outcome: str, words: str = "", rule: str = "no-politics", **more: Any
) -> Judged:
    known = {"seconds": 3600.0, "by_newcomer": False} | more
    return Judged(held_id, moderator_id, outcome, rules=(rule,), words=frozenset(words.split()), **known)


def _month(seed: int, harshness: Callable[[int, str, bool], float], posts: int = 300) -> list[Judged]:
    """Decisions of three moderators on posts that came to them by chance; `harshness` is how many go back."""
    chance = random.Random(seed)
    judged = []
    for held_id in range(posts):
        moderator, rule, new = chance.choice((BOB, CAT, DAN)), chance.choice(RULES), chance.random() < 0.4
        back = chance.random() < harshness(moderator, rule, new)
        judged.append(_one(held_id, moderator, RETURN if back else APPROVE, rule=rule, by_newcomer=new))
    return judged


def _even(moderator: int, rule: str, new: bool) -> float:
    # Rules differ, and so do newcomers; moderators do not.
    return {"no-politics": 0.5, "no-selling": 0.35, "moderated": 0.15}[rule] + (0.15 if new else 0)


def test_even_moderators_give_hardly_an_alarm() -> None:
    seeds = 200
    alarmed = sum(bool(find_alarms(_month(seed, _even))[0]) for seed in range(seeds))
    assert 0 < alarmed <= 0.09 * seeds


def test_a_moderator_who_is_harsher_under_one_rule_is_found() -> None:
    def planted(moderator: int, rule: str, new: bool) -> float:
        return 0.9 if (moderator, rule) == (CAT, "no-selling") else _even(moderator, rule, new)

    found = [find_alarms(_month(seed, planted))[0] for seed in range(30)]
    first = [(alarms[0].moderator_id, alarms[0].rule) for alarms in found if alarms]
    assert first.count((CAT, "no-selling")) >= 27
    alarm = found[0][0]
    assert alarm.table.hits / alarm.table.cases > alarm.table.other_hits / alarm.table.other_cases + 0.2


def test_a_moderator_who_is_harsher_with_newcomers_is_found() -> None:
    def planted(moderator: int, rule: str, new: bool) -> float:
        return 0.9 if moderator == DAN and new else _even(moderator, rule, False)

    found = [find_alarms(_month(seed, planted))[0] for seed in range(30)]
    of_authors = [[(each.moderator_id, each.authors) for each in alarms if each.authors] for alarms in found]
    assert sum((DAN, NEWCOMERS) in each for each in of_authors) >= 27
    assert sum((DAN, OLD_MEMBERS) in each for each in of_authors) <= 3


def test_who_gets_the_worse_posts_is_not_harsher() -> None:
    """One moderator has mostly newcomers' posts, which everybody sends back more often."""
    chance = random.Random(3)
    judged = []
    for held_id in range(400):
        moderator = chance.choice((BOB, CAT))
        new = chance.random() < (0.9 if moderator == BOB else 0.1)
        back = chance.random() < (0.8 if new else 0.1)
        judged.append(_one(held_id, moderator, REJECT if back else APPROVE, by_newcomer=new))
    alarms, compared = find_alarms(judged)
    assert not alarms
    # Under the rule and among newcomers; of old members' posts too few went back.
    assert compared == 2


def test_a_lone_moderator_is_compared_with_nobody() -> None:
    assert find_alarms([_one(held_id, BOB, REJECT) for held_id in range(50)]) == ([], 0)


_TEXTS = [f"vote for candidate{n} governor ballot{n} senate{n} taxes{n} because insurance suffers" for n in range(30)]


def test_like_posts_are_those_with_a_rule_and_most_words_in_common() -> None:
    other = "which antibiotic for cellulitis after penicillin allergy"
    judged = [
        _one(1, BOB, APPROVE, _TEXTS[0]),
        _one(2, CAT, REJECT, _TEXTS[0] + " please"),
        _one(3, CAT, REJECT, other),
        _one(4, CAT, REJECT, _TEXTS[0], rule="no-selling"),
        _one(5, BOB, REJECT, _TEXTS[0]),
    ]
    pairs = {(each.first.held_id, each.second.held_id) for each in like_pairs(judged)}
    assert pairs == {(1, 2), (5, 2)}
    assert [(each.first.held_id, each.second.held_id) for each in assess(judged).contradictions] == [(1, 2)]


def test_kappa_is_told_from_twenty_pairs_on_and_each_decision_is_in_one() -> None:
    judged = []
    for n, text in enumerate(_TEXTS):
        mild = APPROVE if n % 2 else REJECT
        judged += [_one(3 * n, BOB, mild, text), _one(3 * n + 1, CAT, mild, text), _one(3 * n + 2, CAT, mild, text)]
    even = assess(judged).agreement
    assert (even.pairs, even.same, even.kappa) == (30, 30, 1.0)
    # Whatever the first one does, the second sends back every other one.
    uneven = [
        _one(2 * n + k, (BOB, CAT)[k], (APPROVE if n % (2 + 2 * k) < 1 + k else REJECT), text)
        for n, text in enumerate(_TEXTS[:28])
        for k in (0, 1)
    ]
    report = assess(uneven)
    assert report.agreement.kappa is not None
    assert abs(report.agreement.kappa) < 0.1
    assert report.agreement.interval is not None
    assert report.agreement.interval.low < 0 < report.agreement.interval.high
    assert len(report.contradictions) == 10
    few = assess(judged[:45]).agreement
    assert (few.pairs, few.kappa, few.is_enough) == (15, None, False)


def test_newcomers_speed_and_second_looks() -> None:
    judged = [_one(n, BOB, REJECT if n < 10 else APPROVE, by_newcomer=True, seconds=60.0 * n) for n in range(20)]
    judged += [_one(100 + n, CAT, REJECT if n < 2 else APPROVE, by_newcomer=False) for n in range(20)]
    judged += [_one(200, CAT, REJECT, by_newcomer=None)]
    report = assess(judged, (4, 1))
    assert report.standing.unknown == 1
    assert report.standing.interval is not None
    assert 0 < report.standing.interval.low < 0.4 < report.standing.interval.high
    assert assess(judged[1:]).standing.interval is None
    assert [(each.moderator_id, each.decisions, each.median) for each in report.speeds] == [(1, 20, 570), (2, 21, 3600)]
    assert (report.second_looks.answered, report.second_looks.overturned) == (4, 1)
    assert assess([]).second_looks.interval is None
