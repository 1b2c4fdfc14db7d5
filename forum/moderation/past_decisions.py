"""The decisions of a group's moderators as the report on evenness reads them, out of the log. Reads only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, func, select

from forum.accounts.models import Member
from forum.db import db
from forum.groups.models import Group, Membership
from forum.log import LogEntry
from forum.moderation.evenness import OUTCOMES, Evenness, Judged, assess
from forum.moderation.models import Appeal, AppealState
from forum.moderation.similar import words_in
from forum.posting.hold import LETTER
from forum.posting.models import HeldPost
from forum.rules.findings import Severity

# So many decisions are read, the newest first.
AT_MOST = 2000
NEWCOMER_FOR = timedelta(days=30)
_CODE_POINTS = 800


@dataclass(frozen=True)
class GroupEvenness:
    """The report with what its ids stand for: names of moderators, and address and subject of held posts."""

    report: Evenness
    since: datetime
    # Older decisions of the time asked for were left out.
    cut: bool
    names: Mapping[int, str]
    posts: Mapping[int, tuple[str, str]]


def evenness_of(group: Group, since: datetime) -> GroupEvenness:
    """How even the decisions of a group's moderators since a moment are."""
    judged = decisions_of(group.id, since)
    report = assess(judged[:AT_MOST], _second_looks(group.id, since))
    shown = {one.held_id for each in report.contradictions for one in (each.first, each.second)}
    return GroupEvenness(
        report,
        since,
        len(judged) > AT_MOST,
        _names({each.moderator_id for each in judged}),
        {
            row.id: (row.public_id, row.subject)
            for row in db.session.execute(
                select(HeldPost.id, HeldPost.public_id, HeldPost.subject).where(HeldPost.id.in_(shown))
            )
        },
    )


def decisions_of(group_id: int, since: datetime) -> Sequence[Judged]:
    """The newest decisions of moderators on posts, one more than are read, so that it shows whether there are more.

    Of each decision the log tells who and when, also of one that another followed; the post is as it is now.
    """
    rows = (
        select(
            LogEntry.act,
            LogEntry.actor_id,
            LogEntry.at,
            HeldPost.id,
            HeldPost.created_at,
            HeldPost.findings,
            HeldPost.private,
            func.substr(func.coalesce(HeldPost.original_text, HeldPost.text), 1, _CODE_POINTS).label("text"),
            Membership.joined_at,
        )
        .join(HeldPost, HeldPost.id == LogEntry.object_id)
        .outerjoin(
            Membership, and_(Membership.member_id == HeldPost.author_id, Membership.group_id == HeldPost.group_id)
        )
        .where(
            LogEntry.object_kind == "held_post",
            LogEntry.group_id == group_id,
            LogEntry.at >= since,
            LogEntry.act.in_(OUTCOMES),
            LogEntry.actor_id.is_not(None),
        )
        .order_by(LogEntry.at.desc(), LogEntry.id.desc())
        .limit(AT_MOST + 1)
    )
    return [
        Judged(
            held_id=row.id,
            moderator_id=row.actor_id,
            outcome=row.act,
            seconds=(row.at - row.created_at).total_seconds(),
            rules=tuple(dict.fromkeys(each["rule"] for each in row.findings if each["severity"] != Severity.ADVISE)),
            by_newcomer=None if row.joined_at is None else row.created_at - row.joined_at < NEWCOMER_FOR,
            # What its author has changed since and has back is compared with nothing, and shown nowhere.
            words=frozenset() if row.private else words_in(row.text),
        )
        for row in db.session.execute(rows)
        if not any(each["rule"] == LETTER for each in row.findings)
    ]


def _second_looks(group_id: int, since: datetime) -> tuple[int, int]:
    """How many appeals against what was sent back were answered, and how many of them overturned."""
    rows = (
        select(Appeal.state, func.count())
        .where(Appeal.group_id == group_id, Appeal.held_post_id.is_not(None), Appeal.decided_at >= since)
        .group_by(Appeal.state)
    )
    found = {state: count for state, count in db.session.execute(rows).tuples()}
    return sum(found.values()), found.get(AppealState.OVERTURNED, 0)


def _names(member_ids: set[int]) -> Mapping[int, str]:
    rows = select(Member.id, Member.name).where(Member.id.in_(member_ids))
    return {member_id: name for member_id, name in db.session.execute(rows).tuples()}
