"""What mails about the rota say: that a turn begins, and that one has changed hands. Reads only."""

from collections.abc import Callable, Mapping
from datetime import datetime

from forum.accounts.models import Member
from forum.accounts.preferences import zone_of
from forum.clock import now
from forum.db import db
from forum.groups.models import DutyTurn, Group
from forum.queue import Task
from mailgateway.moderating_notices import still_moderates, waiting_mail
from mailgateway.notice import Notice, site_url, to_member


def _duty_begins(task: Task) -> Notice | None:
    """The turn and what waits, with numbers to answer with; None when the turn was given away or taken off since."""
    turn = db.session.get(DutyTurn, task.target_id)
    if turn is None or turn.ends_at <= now():
        return None
    group = db.session.get_one(Group, turn.group_id)
    if not still_moderates(turn.member_id, group):
        return None
    return waiting_mail(turn.member_id, task.other_id, duty_in=group, until=_there(turn.member_id, turn.ends_at))


def _duty_taken(task: Task) -> Notice | None:
    """To the moderator who has the turn now."""
    turn = db.session.get(DutyTurn, task.target_id)
    return None if turn is None else _handed_over(task, turn, turn.member_id)


def _duty_given(task: Task) -> Notice | None:
    """To the moderator who had it."""
    turn = db.session.get(DutyTurn, task.target_id)
    return None if turn is None or task.other_id is None else _handed_over(task, turn, task.other_id)


def _handed_over(task: Task, turn: DutyTurn, told_id: int) -> Notice | None:
    assert task.other_id is not None
    group = db.session.get_one(Group, turn.group_id)
    if not still_moderates(told_id, group):
        return None
    return to_member(
        "duty_handed_over",
        told_id,
        group=group,
        mine=told_id == turn.member_id,
        giver=db.session.get_one(Member, task.other_id),
        taker=db.session.get_one(Member, turn.member_id),
        starts=_there(told_id, turn.starts_at),
        ends=_there(told_id, turn.ends_at),
        begun=turn.starts_at <= now(),
        url=site_url(f"/g/{group.slug}/duty"),
    )


def _there(member_id: int, moment: datetime) -> datetime:
    """In the reader's zone."""
    return moment.astimezone(zone_of(db.session.get_one(Member, member_id)))


FACTS: Mapping[str, Callable[[Task], Notice | None]] = {
    "notice.duty_begins": _duty_begins,
    "notice.duty_taken": _duty_taken,
    "notice.duty_given": _duty_given,
}
