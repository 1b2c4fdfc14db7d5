"""`banyan split list | show | announce | carry-out | undo | keep | withdraw`: the plans of groups, and their course."""

from collections.abc import Callable
from typing import Any

import click
from sqlalchemy import func, select

from forum.cli.frame import acting, as_json, open_site, refuse, show_json, show_table, the_group, the_member
from forum.clock import now
from forum.db import db
from forum.groups.rights import may_moderate, may_own, viewer_of
from forum.settings import current_settings
from forum.splitting import plans
from forum.splitting.course.looking_ahead import look_ahead
from forum.splitting.course.questions import count_answers
from forum.splitting.models import Answer, Asks, Plan, PlanKind, PlannedGroup, PlannedThread, PlanState, Seat
from forum.splitting.queries import plan_by_public_id

_as_member = click.option(
    "--as", "email", metavar="EMAIL", help="Act as this member, with this member's rights; else as the operator."
)
_why = click.option("--why", metavar="TEXT", default="", help="The reason, for the log.")
_READERSHIP = (
    "Carried out today: {going:,} of {threads:,} threads go along, {gained:,} pairs of a member and a thread gain sight"
    " with the authors' consent, {lost:,} lose it, and {stay:,} threads stay for their readers' sake."
)
_SOON = "It goes on by itself while banyan up or banyan work runs."


@click.command("list", epilog="Example: banyan split list --group cardiology")
@click.option("--group", "slug", metavar="SLUG", help="Only plans for this group.")
@as_json
def list_(slug: str | None, json_: bool) -> None:
    """List the plans of splits and spin-offs, the newest first."""
    with open_site():
        group = None if slug is None else the_group(slug)
        rows = select(Plan).order_by(Plan.created_at.desc(), Plan.id.desc()).limit(200)
        if group is not None:
            rows = rows.where(Plan.group_id == group.id)
        found = [_row(plan) for plan in db.session.scalars(rows)]
    if json_:
        show_json(found)
    else:
        headings = ("id", "kind", "group", "state", "due")
        show_table(headings, [[row[name] or "" for name in headings] for row in found])


@click.command("show", epilog="Example: banyan split show 7ct2m0a9vvke")
@click.argument("plan_id", metavar="PLAN")
@as_json
def show(plan_id: str, json_: bool) -> None:
    """Show a plan: its groups, how many sit in each, what members answered, and how far it has come."""
    with open_site():
        plan = _the_plan(plan_id, None)
        shown = _whole(plan) | {"ahead": _ahead(plan)}
    if json_:
        show_json(shown)
        return
    click.echo(f"{shown['kind']} of {shown['group']}: {shown['state']}" + (f", {shown['due']}" if shown["due"] else ""))
    if shown["trouble"]:
        click.echo(f"Trouble: {shown['trouble']}")
    headings = ("position", "name", "address", "planned", "members", "threads")
    show_table(headings, [[each[name] for name in headings] for each in shown["groups"]])
    click.echo("Answers: " + (", ".join(f"{word} {count}" for word, count in shown["answers"].items()) or "none"))
    if shown["ahead"] is not None:
        click.echo(_READERSHIP.format(**shown["ahead"]))
    if shown["left_behind"]:
        click.echo(f"{shown['left_behind']:,} threads stay, since more people could read them elsewhere.")


def _step(
    name: str, act: Callable[[Plan, int | None, str], None], help_: str, said: str, *, owned: bool
) -> click.Command:
    """A command that takes a plan one step on. `owned`: of a split, only who owns its group may."""

    @click.command(name, help=help_, epilog=f"Example: banyan split {name} 7ct2m0a9vvke --as ann@example.org")
    @click.argument("plan_id", metavar="PLAN")
    @_as_member
    @_why
    @as_json
    def step(plan_id: str, email: str | None, why: str, json_: bool) -> None:
        with open_site():
            with acting():
                plan = _the_plan(plan_id, email, owned=owned)
                act(plan, None if email is None else the_member(email).id, why)
            shown = _whole(plan)
        if json_:
            show_json(shown)
        else:
            click.echo(f"The plan {plans.words_for_state(PlanState(shown['state']))}. {said}".rstrip())

    return step


def _the_plan(plan_id: str, email: str | None, *, owned: bool = False) -> Plan:
    """The plan, or refuse: to a member without rights in the same words as for one that does not exist."""
    plan = plan_by_public_id(plan_id)
    if plan is None:
        refuse(f"There is no plan {plan_id!r}. See: banyan split list")
    if email is not None:
        viewer = viewer_of(the_member(email))
        if viewer is None or not may_moderate(viewer, plan.group):
            refuse(f"There is no plan {plan_id!r}. See: banyan split list")
        # What members know of is for owners to take back.
        owned = owned or plan.state is PlanState.ANNOUNCED
        if owned and plan.kind is PlanKind.SPLIT and not may_own(viewer, plan.group):
            refuse(f"Only owners of {plan.group.name} can do this.")
    return plan


def _row(plan: Plan) -> dict[str, Any]:
    return {
        "id": plan.public_id,
        "kind": plan.kind.value,
        "group": plan.group.slug,
        "state": plan.state.value,
        "due": _due(plan),
        "trouble": plan.trouble,
    }


def _due(plan: Plan) -> str | None:
    if plan.due_at is None:
        return None
    words = {PlanState.ANNOUNCED: "carried out", PlanState.REVIEW: "kept"}
    how = words.get(plan.state, "goes on")
    return f"{how} {plan.due_at:%Y-%m-%d %H:%M} UTC" if plan.due_at > now() else f"{how} any moment"


def _whole(plan: Plan) -> dict[str, Any]:
    seats = _counts(select(Seat.planned_group_id, func.count()).where(Seat.plan_id == plan.id), Seat.planned_group_id)
    there = _counts(
        select(Seat.planned_group_id, func.count()).where(
            Seat.plan_id == plan.id, Seat.carried_at.is_not(None), Seat.undone_at.is_(None)
        ),
        Seat.planned_group_id,
    )
    of_plan = PlannedThread.plan_id == plan.id
    moved = PlannedThread.moved_at.is_not(None) & PlannedThread.undone_at.is_(None)
    threads = _counts(
        select(PlannedThread.planned_group_id, func.count()).where(of_plan, moved), PlannedThread.planned_group_id
    )
    behind = select(func.count()).where(of_plan, PlannedThread.left_behind != "")
    domain = current_settings().domain
    return {
        **_row(plan),
        "why": plan.why,
        "parent_becomes": plan.parent_becomes.value,
        "groups": [
            {
                "position": planned.position,
                "name": planned.name,
                "address": _address(planned, domain),
                "planned": seats.get(planned.id, 0),
                "members": there.get(planned.id, 0),
                "threads": threads.get(planned.id, 0),
            }
            for planned in plan.groups
        ],
        "answers": _answers(plan),
        "left_behind": db.session.scalar(behind) or 0,
    }


def _ahead(plan: Plan) -> dict[str, int] | None:
    """The readership proof of a split before it is carried out: who would read which threads."""
    if plan.kind is not PlanKind.SPLIT or plan.state not in (PlanState.DRAFT, PlanState.ANNOUNCED):
        return None
    ahead = look_ahead(plan, names=0)
    return {
        "threads": ahead.threads,
        "going": sum(each.threads for each in ahead.going),
        "gained": ahead.gained,
        "lost": ahead.lost,
        "stay": ahead.left_behind,
    }


def _address(planned: PlannedGroup, domain: str) -> str:
    """Where mail to the group goes; before it is made, where it will."""
    return f"{planned.group.mail_name if planned.group is not None else planned.slug}@{domain}"


def _counts(rows: Any, by: Any) -> dict[int, int]:
    return {key: count for key, count in db.session.execute(rows.group_by(by)) if key is not None}


def _answers(plan: Plan) -> dict[str, int]:
    """How members answered where they want to belong, or whether they come."""
    found: dict[str, int] = {}
    for asks in (Asks.PLACE, Asks.JOIN):
        for answer, count in count_answers(plan.id, asks).items():
            word = answer.value if isinstance(answer, Answer) else "none yet"
            found[word] = found.get(word, 0) + count
    return found


_STEPS = (
    _step(
        "announce",
        lambda plan, actor_id, _why: plans.announce(plan, actor_id=actor_id),
        "Tell every member of the group about the plan, and begin the notice period.",
        _SOON,
        owned=True,
    ),
    _step(
        "carry-out",
        lambda plan, actor_id, _why: plans.carry_out(plan, actor_id=actor_id),
        "Make the groups, now that the notice period is over; again for a plan that has stopped half-way.",
        _SOON,
        owned=True,
    ),
    _step(
        "undo",
        lambda plan, actor_id, why: plans.undo(plan, actor_id=actor_id, why=why),
        "Put back what was carried out: members, threads, addresses and settings.",
        _SOON,
        owned=True,
    ),
    _step(
        "keep",
        lambda plan, actor_id, why: plans.keep(plan, actor_id=actor_id, why=why),
        "End the review period before its time: the groups stay, and can no longer be put back.",
        "",
        owned=True,
    ),
    _step(
        "withdraw",
        lambda plan, actor_id, why: plans.withdraw(plan, actor_id=actor_id, why=why),
        "Give up a plan, or decline one that was asked for, before anything of it was carried out.",
        "",
        owned=False,
    ),
)
PLAN_COMMANDS = (list_, show, *_STEPS)
