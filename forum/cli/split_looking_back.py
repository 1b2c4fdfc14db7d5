"""`banyan group signals` and `banyan split results`: whether it may be time for smaller groups, and what came of it.

Counting needs numpy, which is imported when it is asked for.
"""

from typing import Any

import click

from forum.cli.frame import as_json, open_site, refuse, show_json, the_group
from forum.splitting.looking_back.result_words import Line, Told, result_of, told
from forum.splitting.models import Plan, PlanState
from forum.splitting.plans import RESULTS_AFTER_WEEKS
from forum.splitting.queries import plan_by_public_id


@click.command("signals", epilog="Example: banyan group signals cardiology")
@click.argument("slug")
@as_json
def signals(slug: str, json_: bool) -> None:
    """Say whether it may be time to grow smaller groups out of a group. Suggestions only."""
    from forum.splitting.looking_back.signals import signals_of

    with open_site():
        found = signals_of(the_group(slug))
    if json_:
        show_json({"advice": found.advice, "signals": [vars(signal) for signal in found.each]})
        return
    click.echo(found.advice)
    for signal in found.each:
        click.echo(f"{'!' if signal.says_so else ' '} {signal.title}: {signal.sentence}")


@click.command("results", epilog="Example: banyan split results 7ct2m0a9vvke")
@click.argument("plan_id", metavar="PLAN")
@as_json
def results(plan_id: str, json_: bool) -> None:
    """Show what the agreed measures said 4 and 12 weeks after a split, beside groups that were not split."""
    with open_site():
        plan = plan_by_public_id(plan_id) or refuse(f"There is no plan {plan_id!r}. See: banyan split list")
        found = (result_of(plan, weeks) for weeks in RESULTS_AFTER_WEEKS)
        looks = [told(plan, result) for result in found if result is not None]
        nothing = None if looks else _why_nothing(plan)
    if json_:
        show_json([_look(look) for look in looks])
    elif nothing is not None:
        click.echo(nothing)
    else:
        for look in looks:
            _show(look)


def _why_nothing(plan: Plan) -> str:
    if plan.state in (PlanState.REVIEW, PlanState.KEPT):
        return f"Nothing has been looked at yet: that is done {RESULTS_AFTER_WEEKS[0]} weeks after the split."
    return "This plan is not carried out, so there is nothing to look back at."


def _look(look: Told) -> dict[str, Any]:
    return {
        "weeks": look.weeks,
        "summary": look.summary,
        "others": look.others,
        "measures": [
            {"name": each.measure.name, "unit": each.measure.unit, "groups": [_line(line) for line in each.lines]}
            for each in look.measures
        ],
    }


def _line(line: Line) -> dict[str, Any]:
    return {**vars(line), "verdict": line.verdict.value}


def _show(look: Told) -> None:
    click.echo(f"After {look.weeks} weeks. {look.summary}")
    for each in look.measures:
        click.echo(f"  {each.measure.words}")
        for line in each.lines:
            click.echo(f"    {line.group}: {line.sentence}")
