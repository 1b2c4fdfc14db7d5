"""A moderator moves a held post to another group: where it may go, and who is told. Never commits.

Judging it there is the gate's (`forum.posting.elsewhere`).
"""

from collections.abc import Sequence

from forum.clock import now
from forum.db import db
from forum.groups.actions import NotPossible
from forum.groups.models import Group, Standing
from forum.groups.queries import group_by_mail_name, group_by_slug, memberships_of
from forum.groups.rights import Viewer, may_moderate
from forum.log import record
from forum.moderation.actions import Decided
from forum.moderation.duty import told_at_once
from forum.moderation.queries import has_finding, is_letter
from forum.posting.elsewhere import carry_over, has_come_to, judge_elsewhere
from forum.posting.models import HeldPost, HeldState
from forum.posting.routing import is_outside
from forum.queue import enqueue
from forum.rules.findings import Severity

MOVE = "move"


def places_to_move(viewer: Viewer, held: HeldPost) -> Sequence[Group]:
    """Where a moderator may move a held post: groups of its author that the moderator moderates or belongs to.

    Never out of a circle or an unlisted group: what was written inside is not for those outside.
    """
    if held.author_id is None or held.pseudonym_id is not None or is_letter(held):
        return ()
    belongs = (each.group for each in memberships_of(held.author_id) if each.standing is not Standing.BANNED)
    return [
        group
        for group in belongs
        if group.id != held.group_id and _reaches(viewer, group) and not is_outside(group, held.group)
    ]


def place_to_move(viewer: Viewer, held: HeldPost, slug: str) -> Group:
    """The group of this name, if the post may be moved there; NotPossible says why not."""
    if held.pseudonym_id is not None:
        raise NotPossible("An anonymous post stays: another group would tell where its author belongs.")
    if is_letter(held):
        raise NotPossible("This is a letter to the moderators. It cannot be posted.")
    if held.author_id is None:
        raise NotPossible("The sender is not a member.")
    name = slug.strip().lower()
    wanted = group_by_slug(name) or group_by_mail_name(name)
    if wanted is not None and wanted.id == held.group_id:
        raise NotPossible(f"It is in {wanted.name} already.")
    found = next((each for each in places_to_move(viewer, held) if wanted is not None and each.id == wanted.id), None)
    if found is None:
        raise NotPossible(
            f"It cannot be moved to “{slug[:40]}”. Name a group to which its author belongs, and which you moderate or "
            "belong to. What was written to a circle or an unlisted group stays inside."
        )
    return found


def _reaches(viewer: Viewer, group: Group) -> bool:
    own = viewer.belongings.get(group.id)
    return (own is not None and own.may_read()) or may_moderate(viewer, group)


def move_held(held: HeldPost, target: Group, *, actor_id: int, reason: str = "") -> Decided:
    """Move a waiting post to a group, where it is published or waits. Once: what is decided stays as it is.

    NotPossible when its author cannot post there, or its rules would send it back. Who may is asked by the door.
    """
    db.session.refresh(held, with_for_update={"of": HeldPost})
    if held.state is not HeldState.WAITING or held.group_id == target.id:
        return Decided(held.state, False, held.decided_by.name if held.decided_by else "somebody")
    if has_come_to(held, target):
        raise NotPossible(f"The same mail has come to {target.name} already. Reject this copy.")
    judged = judge_elsewhere(held, target)
    worst = next((each for each in judged.findings if each.severity.rank > Severity.HOLD.rank), None)
    if worst is not None:
        raise NotPossible(f"In {target.name} it could not be posted: {worst.for_moderator}")
    origin, had_to_confirm, why = held.group, has_finding(held, "assurance"), reason.strip()[:5000]
    carry_over(held, target, judged)
    if held.post_id is None:
        enqueue("moderators.held", held.id)
        if has_finding(held, "assurance") and not had_to_confirm:
            enqueue("notice.held", held.id)  # Asks "did you write this?"
        undo = f"move to {origin.slug}"
    else:
        held.decided_at, held.decided_by_id, held.reason = now(), actor_id, why
        undo = "erase the post"
    db.session.flush()
    db.session.expire(held, ["decided_by"])
    record(MOVE, "held_post", held.id, actor_id=actor_id, group_id=origin.id, why=why[:500], undo=undo)
    record("move here", "held_post", held.id, actor_id=actor_id, group_id=target.id, why=why[:500], undo=undo)
    enqueue("notice.moved_held", held.id, origin.id)
    for moderator in told_at_once(origin):
        if moderator.told_of_decisions and moderator.member_id not in (held.author_id, actor_id):
            enqueue("notice.held_moved_away", held.id, moderator.member_id)
    return Decided(held.state, True, "")
