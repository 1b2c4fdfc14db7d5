"""What mails say at the end of a plan: that its review is nearly over, and what came of undoing it. Reads only."""

from collections.abc import Callable, Mapping

from sqlalchemy import select

from forum.accounts.models import Member
from forum.db import db
from forum.groups.models import Group, Membership, Standing
from forum.moderation.models import Restriction
from forum.queue import Task
from forum.splitting.models import Plan, PlanState
from mailgateway.moderating_notices import still_moderates
from mailgateway.notice import Notice, site_url, to_member

# More names than these are counted.
_NAMES_AT_MOST = 50


def _review_ends(task: Task) -> Notice | None:
    """To each moderator of the parent, a week before nothing is put back any more."""
    plan = db.session.get_one(Plan, task.target_id)
    assert task.other_id is not None
    if plan.state is not PlanState.REVIEW or plan.due_at is None or not still_moderates(task.other_id, plan.group):
        return None
    return to_member(
        "plan_review_ends",
        task.other_id,
        group=plan.group,
        made=[each.group for each in plan.groups if each.group is not None],
        until=f"{plan.due_at:%-d %B %Y}",
        url=site_url(f"/g/{plan.group.slug}/split/{plan.public_id}/course"),
    )


def _put_back(task: Task) -> Notice | None:
    """To each moderator of the parent: what came back, what could not, and what is theirs to decide."""
    plan = db.session.get_one(Plan, task.target_id)
    assert task.other_id is not None
    if plan.state is not PlanState.UNDONE or not still_moderates(task.other_id, plan.group):
        return None
    closed = [each.group for each in plan.groups if each.group is not None and each.group.closed_at is not None]
    names, more = _formerly_restricted(closed)
    return to_member(
        "plan_put_back",
        task.other_id,
        group=plan.group,
        closed=closed,
        trouble=plan.trouble,
        restricted=names,
        more=more,
        waiting_url=site_url(f"/g/{plan.group.slug}/requests"),
        members_url=site_url(f"/g/{plan.group.slug}/members"),
    )


def _formerly_restricted(closed: list[Group]) -> tuple[list[str], int]:
    """Who was muted or banned in a group when it closed, with the word and the place; and how many more there are."""
    by_id = {group.id: group for group in closed}
    rows = (
        select(Restriction, Member.name)
        .join(Member, Member.id == Restriction.member_id)
        .where(Restriction.group_id.in_(by_id), Restriction.ended_at.is_not(None), Restriction.ended_by_id.is_(None))
        .order_by(Restriction.id)
    )
    found = [
        f"{name} ({'muted' if restriction.kind == 'mute' else 'banned'} in {by_id[restriction.group_id].name})"
        for restriction, name in db.session.execute(rows)
        if (ended := restriction.ended_at) is not None
        and (closed_at := by_id[restriction.group_id].closed_at) is not None
        and ended >= closed_at
    ]
    return found[:_NAMES_AT_MOST], max(0, len(found) - _NAMES_AT_MOST)


def _led_back(task: Task) -> Notice | None:
    """To who joined a new group and finds it closed: in the parent now, or waiting there to be let in."""
    membership = db.session.get(Membership, task.target_id)
    if membership is None or membership.standing is Standing.BANNED:
        return None
    assert task.other_id is not None
    return to_member(
        "plan_led_back",
        membership.member_id,
        group=membership.group,
        closed=db.session.get_one(Group, task.other_id),
        pending=membership.standing is Standing.PENDING,
        url=site_url(f"/g/{membership.group.slug}"),
    )


FACTS: Mapping[str, Callable[[Task], Notice | None]] = {
    "notice.plan_review_ends": _review_ends,
    "notice.plan_put_back": _put_back,
    "notice.plan_led_back": _led_back,
}
