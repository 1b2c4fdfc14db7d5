"""What is said beside a reply box and under mails while a group may still be put back into the one it grew out of.

Whoever writes there is told before: what is written then is read by the parent's members. Reads only.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from forum.db import db
from forum.groups.models import Group
from forum.groups.queries import count_members
from forum.splitting.models import Plan, PlannedGroup, PlanState
from forum.splitting.readership.readers import HAS_TERMS


@dataclass(frozen=True)
class Terms:
    """The groups that it may be put back into, nearest first, and until when; None while it is being carried out."""

    parents: tuple[Group, ...]
    until: datetime | None


def terms_of(group: Group) -> Terms | None:
    """One look by an index, and nothing more for a group without terms.

    What was made as a circle or as an unlisted group has none: what was written inside stays inside, also when the plan
    is undone. A group that is unlisted afterwards keeps them, and goes on saying so.
    """
    parents: list[Group] = []
    until: datetime | None = None
    while (found := _grown_from(group)) is not None:
        group, ends = found
        until = ends if not parents else max(until, ends) if until is not None and ends is not None else None
        parents.append(group)
    return Terms(tuple(parents), until) if parents else None


def _grown_from(group: Group) -> tuple[Group, datetime | None] | None:
    if group.closed_at is not None:
        return None
    found = (
        select(Plan.group_id, Plan.due_at)
        .join(PlannedGroup, PlannedGroup.plan_id == Plan.id)
        .where(
            PlannedGroup.group_id == group.id,
            *HAS_TERMS,
            Plan.state.in_((PlanState.CARRYING_OUT, PlanState.REVIEW, PlanState.UNDOING)),
        )
    )
    row = db.session.execute(found).first()
    return None if row is None else (db.session.get_one(Group, row.group_id), row.due_at)


def review_terms(group: Group) -> str | None:
    """The sentence for who is about to write there on the web."""
    terms = terms_of(group)
    if terms is None:
        return None
    last = terms.parents[-1]
    count = count_members(last.id)
    return (
        f"{_until(terms)} the moderators may put {group.name} back into {_and_into(terms)}. "
        f"What is written here is then in {last.name}, with its {count:,} {'member' if count == 1 else 'members'}."
    )


def review_line(group: Group) -> str:
    """The same on one short line for all readers of a mail, "" without terms. It counts nobody, so that it stays the
    same while copies go out."""
    terms = terms_of(group)
    if terms is None:
        return ""
    return f"{_until(terms)} {group.name} may go back into {_and_into(terms)}, with what is written here."


def _and_into(terms: Terms) -> str:
    return ", and with it into ".join(each.name for each in terms.parents)


def _until(terms: Terms) -> str:
    return "For now" if terms.until is None else f"Until {terms.until:%-d %B %Y}"
