"""`banyan group numbers` and `banyan group evenness`: what moderation did in a group, and how even it is."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import click

from forum.cli.frame import as_json, how_far_back, open_site, show_json, show_table, the_group
from forum.clock import now
from forum.moderation.agreement import Interval
from forum.moderation.evenness import OUTCOMES, Agreement, Contradiction
from forum.moderation.evenness_words import (
    agreement_in_short,
    agreement_in_words,
    alarm_in_words,
    alarms_in_words,
    duration,
    second_looks_in_words,
    standing_in_words,
)
from forum.moderation.past_decisions import GroupEvenness, evenness_of
from forum.moderation.transparency import MEASURES, MonthNumbers, last_months, numbers_of


@click.command("numbers", epilog="Example: banyan group numbers cardiology --months 6 --json")
@click.argument("slug")
@click.option("--months", type=click.IntRange(1, 60), default=3, show_default=True, help="So many, with this one.")
@as_json
def numbers(slug: str, months: int, json_: bool) -> None:
    """What members see of moderation: counts and reasons per month, without names, the newest month first.

    A count that could point at one person is "fewer than 3", here as on the page.
    """
    with open_site():
        found = numbers_of(the_group(slug), last_months(months))
    if json_:
        show_json([_month_as_row(each) for each in found])
        return
    headings = ["", *(f"{each.month:%Y-%m}" for each in found)]
    rows: list[Sequence[object]] = [[each.words, *(month.counts[each.key] for month in found)] for each in MEASURES]
    median = ["-" if each.median_seconds is None else duration(each.median_seconds) for each in found]
    show_table(headings, [*rows, ["Half decided in less than", *median]])
    for each in found:
        if each.reasons:
            click.echo(f"\nWhy posts waited or went back in {each.month:%Y-%m}:")
            show_table(
                ("rule", "waited", "went back", ""),
                [(reason.rule, reason.held, reason.returned, reason.sentence) for reason in each.reasons],
            )


def _month_as_row(month: MonthNumbers) -> dict[str, Any]:
    return {
        "month": f"{month.month:%Y-%m}",
        **month.counts,
        "median_seconds": month.median_seconds,
        "reasons": [
            {"rule": each.rule, "sentence": each.sentence, "held": each.held, "returned": each.returned}
            for each in month.reasons
        ],
    }


@click.command("evenness", epilog="Example: banyan group evenness cardiology --since 90d --json")
@click.argument("slug")
@click.option(
    "--since", type=how_far_back, metavar="TIME", default="90d", show_default=True, help="Such as 90d, 12w or 48h."
)
@as_json
def evenness(slug: str, since: timedelta, json_: bool) -> None:
    """Whether like posts fare alike, whoever decides and whoever wrote: for people to look at, not a verdict."""
    with open_site():
        found = evenness_of(the_group(slug), now() - since)
    if json_:
        show_json(_as_row(found))
    else:
        _show(found)


def _show(found: GroupEvenness) -> None:
    report, name_of = found.report, found.names.__getitem__
    left_out = ", the newest of more" if found.cut else ""
    click.echo(f"{report.decisions} decisions since {found.since:%Y-%m-%d}{left_out}.")
    if not report.decisions:
        return
    click.echo(alarms_in_words(report))
    for alarm in report.alarms:
        click.echo(f"- {alarm_in_words(alarm, name_of)}")
    click.echo(f"\n{agreement_in_words(report.agreement)}")
    for moderator_id, agreement in report.agreement_of.items():
        if agreement.is_enough:
            click.echo(f"- {name_of(moderator_id)}, beside the others: {agreement_in_short(agreement)}")
    click.echo(f"{second_looks_in_words(report.second_looks)}\n{standing_in_words(report.standing)}\n")
    for each in report.contradictions:
        sides = (f"{one.held_id} {one.outcome} by {name_of(one.moderator_id)}" for one in (each.first, each.second))
        click.echo(
            f"Like posts, different outcomes ({each.likeness:.0%} alike): held post {', held post '.join(sides)}"
        )
    show_table(
        ("rule", "moderator", *OUTCOMES),
        [(each.rule, name_of(each.moderator_id), *each.outcomes.values()) for each in report.shares],
    )
    click.echo("\nTime to a decision: half took less than the first, one in ten longer than the second.")
    show_table(
        ("moderator", "decisions", "half", "one in ten"),
        [
            (name_of(each.moderator_id), each.decisions, duration(each.median), duration(each.slowest_tenth))
            for each in report.speeds
        ],
    )


def _as_row(found: GroupEvenness) -> dict[str, Any]:
    report, name_of = found.report, found.names.__getitem__
    table, looks = report.standing.table, report.second_looks
    return {
        "since": found.since.isoformat(),
        "decisions": report.decisions,
        "cut": found.cut,
        "compared": report.compared,
        "alarms": [
            {
                "moderator": name_of(each.moderator_id),
                "rule": each.rule or None,
                "authors": each.authors or None,
                "sent_back": [each.table.hits, each.table.cases],
                "others_sent_back": [each.table.other_hits, each.table.other_cases],
                "chance": each.chance,
                "sentence": alarm_in_words(each, name_of),
            }
            for each in report.alarms
        ],
        "agreement": _agreement(report.agreement),
        "agreement_of": {name_of(each): _agreement(found_) for each, found_ in report.agreement_of.items()},
        "contradictions": [_contradiction(each, found) for each in report.contradictions],
        "newcomers": {
            "sent_back": [table.hits, table.cases],
            "old_members_sent_back": [table.other_hits, table.other_cases],
            "unknown": report.standing.unknown,
            "difference": _interval(report.standing.interval),
        },
        "appeals": {"answered": looks.answered, "overturned": looks.overturned, "share": _interval(looks.interval)},
        "shares": [
            {"rule": each.rule, "moderator": name_of(each.moderator_id), **each.outcomes} for each in report.shares
        ],
        "speeds": [
            {
                "moderator": name_of(each.moderator_id),
                "decisions": each.decisions,
                "median_seconds": each.median,
                "slowest_tenth_seconds": each.slowest_tenth,
            }
            for each in report.speeds
        ],
    }


def _agreement(agreement: Agreement) -> dict[str, Any]:
    return {
        "pairs": agreement.pairs,
        "same": agreement.same,
        "kappa": agreement.kappa,
        "interval": _interval(agreement.interval),
        "sentence": agreement_in_words(agreement),
    }


def _contradiction(each: Contradiction, found: GroupEvenness) -> dict[str, Any]:
    sides = [
        {
            "id": one.held_id,
            "subject": found.posts[one.held_id][1],
            "moderator": found.names[one.moderator_id],
            "outcome": one.outcome,
        }
        for one in (each.first, each.second)
    ]
    return {"posts": sides, "likeness": round(each.likeness, 3)}


def _interval(interval: Interval | None) -> list[float] | None:
    return None if interval is None else [interval.low, interval.high]
