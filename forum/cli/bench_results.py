"""`banyan bench results`: how often looking back at a split is wrong where nothing has happened, and finds what has."""

import json
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forum.splitting.looking_back.comparing import Comparison

# In the logarithm of the waiting time: a third less, half as long, a third as long.
_EFFECTS = (0.4, 0.7, 1.1)
_SHOCKS = (0.0, 0.2)


@click.command("results", epilog="Example: banyan bench results --plans 200")
@click.option("--plans", type=click.IntRange(10), default=200, show_default=True, help="Made-up splits of each kind.")
@click.option("--members", type=click.IntRange(60), default=300, show_default=True, help="Of each group.")
@click.option("--seed", default=1, show_default=True)
def results(plans: int, members: int, seed: int) -> None:
    """Look back at made-up splits without an effect, and with planted ones, and print how often that is right.

    Three new groups a split, four measures. Without an effect: of 100 intervals how many leave the truth out, and of
    100 splits how many get any verdict (about 5 of both are meant). With one: of 100 comparisons whose waiting time
    has become shorter how many are found. `shock` is by how much groups change by themselves, in the logarithm;
    `others` how many groups there are beside them that were not split.
    """
    quiet = [
        {"others": others, "shock": shock} | _without_effect(plans, members, others, shock, seed)
        for shock in _SHOCKS
        for others in (0, 2, 5)
    ]
    planted = [
        {"effect": effect, "others": 5, "shock": shock} | _with_effect(plans, members, effect, shock, seed)
        for shock in _SHOCKS
        for effect in _EFFECTS
    ]
    shown = {"bench": "results", "plans": plans, "members": members, "without_effect": quiet, "with_effect": planted}
    click.echo(json.dumps(shown))


def _looks(plans: int, seed: int, others: int, **of_groups: Any) -> "Sequence[Sequence[Comparison]]":
    from forum.splitting.looking_back.simulated_looks import a_look

    return [a_look(seed * 1_000_003 + number, others, **of_groups) for number in range(plans)]


def _without_effect(plans: int, members: int, others: int, shock: float, seed: int) -> dict[str, float]:
    from forum.splitting.looking_back.simulated_looks import says_something

    looks = _looks(plans, seed, others, members=members, shock=shock)
    outside = [each.low > 0 or each.high < 0 for look in looks for each in look if not each.thin]
    return {
        "intervals_off": _of_100(sum(outside), len(outside)),
        "splits_with_a_verdict": _of_100(sum(any(says_something(look)) for look in looks), plans),
    }


def _with_effect(plans: int, members: int, effect: float, shock: float, seed: int) -> dict[str, float]:
    from forum.splitting.looking_back.comparing import verdicts
    from forum.splitting.looking_back.measures import Verdict

    looks = _looks(plans, seed, 5, members=members, faster=effect, shock=shock)
    said = [said for look in looks for each, said in zip(look, verdicts(look), strict=True) if _waits(each)]
    return {"found": _of_100(said.count(Verdict.BETTER), len(said))}


def _waits(comparison: "Comparison") -> bool:
    return comparison.measure == "first_answer" and not comparison.thin


def _of_100(some: int, of: int) -> float:
    return round(100 * some / of, 1) if of else 0.0
