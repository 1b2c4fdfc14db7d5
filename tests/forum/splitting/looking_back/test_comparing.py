"""What is said to have changed: planted effects are found, and without any effect about 5 of 100 looks are wrong."""

import numpy as np

from forum.splitting.looking_back.comparing import Periods, compare, verdicts
from forum.splitting.looking_back.measures import MEASURES, Verdict
from forum.splitting.looking_back.simulated_looks import a_group, a_look, says_something
from forum.splitting.looking_back.tally import Counts

_OFF = 1.96 * (0.05 * 0.95) ** 0.5


def test_without_an_effect_few_intervals_leave_it_out_and_few_plans_get_a_verdict() -> None:
    looks = [a_look(seed, others) for seed in range(5) for others in (0, 2)]
    outside = [each.low > 0 or each.high < 0 for look in looks for each in look if not each.thin]
    told = sum(any(says_something(look)) for look in looks)
    assert len(outside) > 100
    # What belongs to a member hangs together over the measures, so more may be off at once than chance alone says.
    assert abs(np.mean(outside) - 0.05) < 2 * _OFF / len(outside) ** 0.5
    assert told <= 2


def test_a_planted_effect_is_found_and_in_its_direction() -> None:
    found = [verdicts(a_look(seed, 2, members=900, faster=1.2)) for seed in range(3)]
    first_answer = [verdict for each in found for verdict in each[:3]]
    assert first_answer.count(Verdict.BETTER) >= 8
    assert Verdict.WORSE not in first_answer


def test_where_groups_differ_by_themselves_the_interval_is_wider() -> None:
    def width(shock: float) -> float:
        looks = [a_look(seed, 4, members=600, shock=shock) for seed in range(2)]
        return float(np.mean([each.high - each.low for look in looks for each in look[:3]]))

    assert width(0.8) > 2 * width(0.0)


def test_what_all_groups_have_changed_is_no_effect_of_the_split() -> None:
    random = np.random.default_rng(7)
    groups = [a_group(random, 500, faster=0.8) for _ in range(6)]
    name = "first_answer"
    quiet = [[a_group(random, 500)[name]] for _ in range(3)]
    alone = compare(MEASURES[name], [groups[0][name]], [], seed=1, earlier=quiet)
    beside = compare(MEASURES[name], [groups[0][name]], [each[name] for each in groups[1:]], seed=1)
    assert verdicts(alone) == [Verdict.BETTER]
    assert verdicts(beside) == [Verdict.NO_DIFFERENCE]
    assert beside[0].others == 5
    assert beside[0].others_change < -5


def test_earlier_weeks_tell_how_much_a_group_changes_by_itself() -> None:
    random = np.random.default_rng(3)
    name = "first_answer"
    changed = a_group(random, 500, faster=0.4)[name]
    for shock, verdict in ((0.0, Verdict.BETTER), (0.6, Verdict.NO_DIFFERENCE)):
        earlier = [[a_group(random, 500, shock=shock)[name]] for _ in range(3)]
        said = compare(MEASURES[name], [changed], [], seed=1, earlier=earlier)
        assert verdicts(said) == [verdict]
        assert said[0].others == 0


def test_of_too_little_nothing_is_said() -> None:
    # Nor where nothing tells how much a group changes by itself.
    assert verdicts(compare(MEASURES["posters"], [a_group(np.random.default_rng(1), 500)["posters"]], [], seed=1)) == [
        Verdict.THIN
    ]
    few = Counts(np.ones(9), np.ones(9))
    said = compare(MEASURES["posters"], [Periods(few, few)], [], seed=1)
    assert said[0].thin
    assert verdicts(said) == [Verdict.THIN]
    # Many topics of few members are few members still.
    one = Counts(np.array([3.0] * 9), np.array([20.0] * 9))
    assert verdicts(compare(MEASURES["unanswered"], [Periods(one, one)], [], seed=1)) == [Verdict.THIN]


def test_the_busiest_tenth_of_the_writers_is_a_tenth_of_those_who_write() -> None:
    posts = np.array([90.0] * 10 + [1.0] * 90 + [0.0] * 400)
    even = np.array([10.0] * 100 + [0.0] * 400)
    random = np.random.default_rng(1)
    usual = [Counts(often, often) for often in random.poisson(5.0, (2, 500)).astype(float)]
    changed = Periods(Counts(posts, posts), Counts(even, even))
    said = compare(MEASURES["concentration"], [changed], [], seed=1, earlier=[[Periods(*usual)]])[0]
    assert round(said.before, 1) == round(100 * 900 / 990, 1)
    assert round(said.after, 1) == 10.0
    assert verdicts([said]) == [Verdict.BETTER]


def test_the_same_seed_says_the_same() -> None:
    assert a_look(3, 2) == a_look(3, 2)
