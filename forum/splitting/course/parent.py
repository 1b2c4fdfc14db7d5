"""What becomes of the group that others grow out of, and how that is put back. Never commits."""

from forum.db import db
from forum.groups.models import Group
from forum.log import record
from forum.splitting.models import ParentBecomes, Plan


def become_as_planned(plan: Plan) -> None:
    """Make the parent what the plan says, and remember what it was. Safe to repeat."""
    group = db.session.get_one(Group, plan.group_id)
    if "announce_only" not in plan.before:
        plan.before = {**plan.before, "announce_only": group.announce_only}
    if plan.parent_becomes is not ParentBecomes.OPEN:
        _set(plan, group, announce_only=True)


def restore(plan: Plan) -> None:
    """Put the parent's settings back as they were before. Safe to repeat."""
    if "announce_only" in plan.before:
        _set(plan, db.session.get_one(Group, plan.group_id), announce_only=bool(plan.before["announce_only"]))


def _set(plan: Plan, group: Group, *, announce_only: bool) -> None:
    if group.announce_only is announce_only:
        return
    before, group.announce_only = group.announce_only, announce_only
    db.session.flush()
    record(
        "change group",
        "group",
        group.id,
        group_id=group.id,
        why=f"announce_only, by plan {plan.public_id}",
        undo=f"announce_only {before}",
    )
