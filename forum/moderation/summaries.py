"""Summaries of what waits: one mail for all, with numbers to answer with. Never commits."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import func, literal, select
from sqlalchemy.orm import aliased

from forum.accounts.models import Member
from forum.clock import now
from forum.db import db
from forum.groups.models import READS, Group, HeldNotices, Kind, Membership
from forum.groups.queries import community
from forum.groups.rights import moderated_group_ids, viewer_of
from forum.moderation.duty import MODERATES
from forum.moderation.flagged import count_flagged
from forum.moderation.models import FlaggedPost, FlagState, QueueSummary
from forum.moderation.queries import held_page
from forum.posting.models import HeldPost, HeldState
from forum.queue import enqueue

# So many decisions fit into one answer and one transaction.
PLACES = 20


def summarise(member: Member, group_ids: Iterable[int] | None = None) -> QueueSummary | None:
    """Ask for a summary of the oldest that wait for a moderator, in these groups or in all; None when nothing does."""
    summary = gather(member, group_ids)
    if summary is not None:
        enqueue("notice.queue", summary.id, member.id)
    return summary


def gather(member: Member, group_ids: Iterable[int] | None = None) -> QueueSummary | None:
    """What such a summary is about. Reported posts have no numbers in it: they are decided on the page."""
    viewer = viewer_of(member)
    if viewer is None:
        return None
    moderated = moderated_group_ids(viewer)
    groups = moderated if group_ids is None else moderated & set(group_ids)
    waiting = held_page(groups, limit=PLACES) if groups else ()
    return _keep(member.id, waiting) if waiting or count_flagged(viewer, groups) else None


def remind(member_id: int, late: Sequence[HeldPost]) -> None:
    """Ask for a reminder of what waits too long; reported posts are named in it anyway."""
    summary = _keep(member_id, late[:PLACES])
    enqueue("notice.queue_late", summary.id, member_id)


def _keep(member_id: int, waiting: Sequence[HeldPost]) -> QueueSummary:
    summary = QueueSummary(member_id=member_id, held_ids=[held.id for held in waiting])
    db.session.add(summary)
    db.session.flush()
    return summary


def summary_of(member_id: int, summary_id: int) -> Sequence[HeldPost]:
    """The held posts of a summary in the order of their numbers, whatever has become of them."""
    summary = db.session.get(QueueSummary, summary_id)
    if summary is None or summary.member_id != member_id:
        return ()
    found = {held.id: held for held in db.session.scalars(select(HeldPost).where(HeldPost.id.in_(summary.held_ids)))}
    return [found[held_id] for held_id in summary.held_ids]


def who_chose_summaries() -> dict[int, set[int]]:
    """The groups in which something waits, by the members who hear of it once a day."""
    # One query, since it is asked every minute: from each group up to the wall of a circle, as `chain_of` does, and of
    # those on the way who moderate the nearest, as `moderators_of` does.
    held = select(HeldPost.group_id).where(HeldPost.state == HeldState.WAITING)
    waits = held.union(select(FlaggedPost.group_id).where(FlaggedPost.state == FlagState.OPEN)).subquery()
    above = select(
        waits.c.group_id.label("waits_in"), waits.c.group_id.label("group_id"), literal(0).label("steps")
    ).cte("above", recursive=True)
    here = aliased(Group)
    above = above.union_all(
        select(above.c.waits_in, here.parent_id, above.c.steps + 1)
        .join(here, here.id == above.c.group_id)
        .where(here.kind != Kind.CIRCLE, here.parent_id.is_not(None))
    )
    own, root = aliased(Membership), aliased(Membership)
    nearest = func.min(above.c.steps).over(partition_by=above.c.waits_in)
    moderators = (
        select(above.c.waits_in, above.c.steps, own.member_id, own.held_notices, nearest.label("nearest"))
        .join(own, own.group_id == above.c.group_id)
        .join(root, root.member_id == own.member_id)
        .where(own.role.in_(MODERATES), own.standing.in_(READS))
        .where(root.group_id == community().id, root.standing.in_(READS))
        .subquery()
    )
    told = select(moderators.c.member_id, moderators.c.waits_in).where(
        moderators.c.steps == moderators.c.nearest, moderators.c.held_notices == HeldNotices.SUMMARY
    )
    chosen: dict[int, set[int]] = {}
    for member_id, group_id in db.session.execute(told):
        chosen.setdefault(member_id, set()).add(group_id)
    return chosen


def summary_is_due(member: Member, group_ids: Iterable[int]) -> bool:
    """Whether something waits since before the member's hour, and no summary has gone out since then."""
    hour = last_time_at(member.digest_hour, member.time_zone, now())
    sent = select(QueueSummary.id).where(QueueSummary.member_id == member.id, QueueSummary.created_at >= hour)
    if db.session.scalar(sent.limit(1)) is not None:
        return False
    oldest = select(HeldPost.id).where(
        HeldPost.group_id.in_(group_ids), HeldPost.state == HeldState.WAITING, HeldPost.created_at <= hour
    )
    reported = select(FlaggedPost.id).where(
        FlaggedPost.group_id.in_(group_ids), FlaggedPost.state == FlagState.OPEN, FlaggedPost.opened_at <= hour
    )
    return any(db.session.scalar(each.limit(1)) is not None for each in (oldest, reported))


def last_time_at(hour: int, zone_name: str, moment: datetime) -> datetime:
    """The last moment at which the clocks of a zone showed this full hour; UTC for a zone nobody knows.

    An hour that the change to summer time leaves out is the one after it.
    """
    try:
        zone = ZoneInfo(zone_name)
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")
    today = moment.astimezone(zone).date()
    at = datetime.combine(today, time(hour), zone).astimezone(UTC)
    return at if at <= moment else datetime.combine(today - timedelta(days=1), time(hour), zone).astimezone(UTC)
