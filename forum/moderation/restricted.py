"""Who and what is restricted now, and was; and who may restrict whom. Reads only."""

from collections.abc import Sequence

from sqlalchemy import Select, select

from forum.db import db
from forum.groups.models import Group, Membership, Role
from forum.groups.rights import Viewer, may_moderate, may_own
from forum.moderation.models import Restriction, Restricts
from forum.threads.models import Thread

Subject = Membership | Thread


def may_restrict(viewer: Viewer, group: Group, membership: Membership) -> bool:
    """Whether somebody may act on a membership: nobody on the own one, and on moderators only owners."""
    if membership.member_id == viewer.member_id or not may_moderate(viewer, group):
        return False
    return membership.role is Role.MEMBER or may_own(viewer, group)


def open_restriction(subject: Subject, kind: Restricts) -> Restriction | None:
    """What holds of this kind now; None also for what was begun before there were rows."""
    return db.session.scalars(_of(subject).where(Restriction.kind == kind, Restriction.ended_at.is_(None))).first()


def brakes_of(thread: Thread) -> Sequence[Restriction]:
    """What holds in a thread now, for all who read it. Asks nothing of a thread that has no brake."""
    if thread.locked_at is None and thread.slow_seconds is None and thread.moderated_at is None:
        return ()
    return db.session.scalars(_of(thread).where(Restriction.ended_at.is_(None)).order_by(Restriction.kind)).all()


def restrictions_of(membership: Membership, limit: int = 20) -> Sequence[Restriction]:
    """The mutes and bans of a member in a group, the newest first."""
    return db.session.scalars(_of(membership).order_by(Restriction.id.desc()).limit(limit)).all()


def _of(subject: Subject) -> Select[tuple[Restriction]]:
    if isinstance(subject, Thread):
        return select(Restriction).where(Restriction.thread_id == subject.id)
    return select(Restriction).where(
        Restriction.member_id == subject.member_id, Restriction.group_id == subject.group_id
    )
