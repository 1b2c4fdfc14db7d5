"""What moderation did in a group: the numbers, for its members, and how even the decisions are, for its moderators."""

from collections.abc import Callable
from datetime import date, timedelta
from string import ascii_uppercase

from flask import Blueprint, abort, render_template, request
from werkzeug.wrappers import Response

from forum.clock import now
from forum.groups.rights import may_moderate, may_own, may_read
from forum.moderation.evenness_words import (
    agreement_in_short,
    agreement_in_words,
    alarm_in_words,
    alarms_in_words,
    duration,
    second_looks_in_words,
    standing_in_words,
)
from forum.moderation.past_decisions import AT_MOST, GroupEvenness, evenness_of
from forum.moderation.transparency import MEASURES, before, last_months, numbers_of
from forum.web.session import members_only, the_group, the_moderated_group, viewer

blueprint = Blueprint("reports", __name__)

Page = Response | str | tuple[str, int]

MONTHS = 3
SPANS = (30, 90, 365)


@blueprint.get("/g/<slug>/numbers")
@members_only
def numbers(slug: str) -> Page:
    """Three months of a group, for whoever reads it; the ones before behind a link."""
    group = the_group(slug)
    if not may_read(viewer(), group):
        abort(404)
    months = last_months(MONTHS, _asked_month())
    return render_template(
        "reports/numbers.html",
        group=group,
        months=numbers_of(group, months),
        measures=MEASURES,
        older=before(months[-1]) if before(months[-1]) >= group.created_at.date().replace(day=1) else None,
        newest=months[0] >= now().date().replace(day=1),
        moderates=may_moderate(viewer(), group),
        duration=duration,
    )


def _asked_month() -> date | None:
    """The month in the address, such as 2026-11; 404 for what is none."""
    asked = request.args.get("upto", "")
    if not asked:
        return None
    try:
        return date.fromisoformat(f"{asked}-01") if len(asked) == 7 else abort(404)
    except ValueError:
        abort(404)


@blueprint.get("/g/<slug>/evenness")
@members_only
def evenness(slug: str) -> Page:
    group = the_moderated_group(slug)
    asked = request.args.get("days", "90")
    days = next((each for each in SPANS if str(each) == asked), None) or abort(404)
    found = evenness_of(group, now() - timedelta(days=days))
    owns = may_own(viewer(), group)
    name_of = _named(found, owns)
    report = found.report
    return render_template(
        "reports/evenness.html",
        group=group,
        found=found,
        report=report,
        days=days,
        spans=SPANS,
        at_most=AT_MOST,
        owns=owns,
        name_of=name_of,
        alarms=[alarm_in_words(each, name_of) for each in report.alarms],
        alarms_said=alarms_in_words(report),
        agreement=agreement_in_words(report.agreement),
        agreements=[
            (name_of(each), agreement_in_short(agreement))
            for each, agreement in report.agreement_of.items()
            if agreement.is_enough
        ],
        standing=standing_in_words(report.standing),
        second_looks=second_looks_in_words(report.second_looks),
        duration=duration,
    )


def _named(found: GroupEvenness, owns: bool) -> Callable[[int], str]:
    """Names for who owns the group. A moderator sees the own one, and the others by letters: it is no contest."""
    if owns:
        return lambda member_id: found.names.get(member_id, "A former member")
    letters = {each: ascii_uppercase[place % 26] for place, each in enumerate(sorted(found.names))}
    return lambda member_id: "You" if member_id == viewer().member_id else f"Moderator {letters[member_id]}"
