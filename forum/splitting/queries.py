"""Reads of plans. Loading for a person includes the right to see one: whoever moderates its group."""

from collections.abc import Sequence

from sqlalchemy import select

from forum.db import db
from forum.groups.models import Group
from forum.groups.rights import Viewer, may_moderate
from forum.splitting.models import Plan, PlanKind, PlanState


def plan_by_public_id(public_id: str) -> Plan | None:
    """For operators and for the program itself: no viewer asks."""
    return db.session.scalars(select(Plan).where(Plan.public_id == public_id)).first()


def plan_for(viewer: Viewer, public_id: str) -> Plan | None:
    """The plan if the viewer may moderate its group; None is "not found" for everybody else."""
    plan = plan_by_public_id(public_id)
    return plan if plan is not None and may_moderate(viewer, plan.group) else None


def open_split_of(group: Group) -> Plan | None:
    """The split of this group that has not ended. There is one at most."""
    found = select(Plan).where(
        Plan.group_id == group.id,
        Plan.kind == PlanKind.SPLIT,
        Plan.state.not_in([state for state in PlanState if state.has_ended]),
    )
    return db.session.scalars(found).first()


def plans_of(group: Group, limit: int = 50) -> Sequence[Plan]:
    """Plans that a group grows by or has grown by, the newest first."""
    rows = select(Plan).where(Plan.group_id == group.id).order_by(Plan.created_at.desc(), Plan.id.desc()).limit(limit)
    return db.session.scalars(rows).all()
