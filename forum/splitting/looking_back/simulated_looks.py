"""Made-up groups before and after a split that nobody made, to see what is said of them: chance alone, or what was
planted. Pure, and drawn from a seed.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from forum.splitting.looking_back.comparing import Comparison, Periods, compare, verdicts
from forum.splitting.looking_back.measures import MEASURES, Verdict
from forum.splitting.looking_back.tally import Counts

SIMULATED = ("first_answer", "unanswered", "posters", "leavers")
# So many times in earlier weeks are looked at, as of a real split (`results.EARLIER_TIMES`).
EARLIER = 3


def a_group(
    random: np.random.Generator, members: int, *, faster: float = 0.0, shock: float = 0.0
) -> Mapping[str, Periods]:
    """A group before and after. What one member asks hangs together: some wait longer than others.

    `faster` shortens waiting and leaves less unanswered, by so much in the logarithm; `shock` is by how much groups
    differ in their weeks by themselves.
    """
    active, patience = random.gamma(0.4, 1.0, members), random.gamma(1.0, 1.0, members)

    def period(effect: float, by_itself: float) -> Mapping[str, Counts]:
        posts = random.poisson(7 * active * np.exp(by_itself))
        topics = random.binomial(posts, 0.25)
        waited = 20 * np.exp(by_itself - effect) * (0.5 + patience)
        hours = np.minimum(random.gamma(np.maximum(topics, 1e-9), waited), 168.0 * topics)
        unanswered = random.binomial(topics, np.clip(0.2 * np.exp(-effect) * (0.5 + patience / 2), 0.0, 1.0))
        everybody = np.ones(members)
        return {
            "first_answer": Counts(hours, topics.astype(float)),
            "unanswered": Counts(unanswered.astype(float), topics.astype(float)),
            "posters": Counts((posts > 0).astype(float), everybody),
            "leavers": Counts(random.binomial(1, 0.03, members).astype(float), everybody),
        }

    before, after = period(0.0, 0.0), period(faster, random.normal(0.0, shock))
    return {name: Periods(before[name], after[name]) for name in before}


def a_look(
    seed: int, others: int, *, members: int = 300, groups: int = 3, faster: float = 0.0, shock: float = 0.0
) -> Sequence[Comparison]:
    """All measures of some new groups beside so many others, and beside earlier weeks of these."""
    random = np.random.default_rng(seed)
    beside = [a_group(random, members, shock=shock) for _ in range(others)]
    # Without others it is the group itself that was there in earlier weeks.
    earlier = [[a_group(random, members, shock=shock) for _ in range(max(others, 1))] for _ in range(EARLIER)]
    made = [a_group(random, members + 50 * more, faster=faster, shock=shock) for more in range(groups)]
    return [
        comparison
        for name in SIMULATED
        for comparison in compare(
            MEASURES[name],
            [each[name] for each in made],
            [each[name] for each in beside],
            seed=seed,
            earlier=[[each[name] for each in time] for time in earlier],
        )
    ]


def says_something(look: Sequence[Comparison]) -> Sequence[bool]:
    """Of which comparisons it is said that something has changed."""
    return [verdict not in (Verdict.THIN, Verdict.NO_DIFFERENCE) for verdict in verdicts(look)]
