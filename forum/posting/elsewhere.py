"""A held post for another group than it was sent to: judged there as if it had been, then out there or waiting there.

It becomes a thread of its own. Its arrival stays with the group where it came in. Never commits.
"""

from dataclasses import replace

from sqlalchemy import select

from forum.db import db
from forum.groups.models import Group
from forum.posting.facts import facts_of, memberships_for
from forum.posting.held import JUDGED_ON_ARRIVAL, as_submission, files_of, publish_held
from forum.posting.models import Arrival, HeldPost, HeldState
from forum.posting.placement import Placement
from forum.posting.sightings import note_sightings, places_in
from forum.posting.submit import judge
from forum.rules import severity_of
from forum.rules.findings import Judgement, Severity, as_row


def has_come_to(held: HeldPost, target: Group) -> bool:
    """Whether the same mail, which was sent to several groups, has come to that one itself."""
    if held.author_message_id is None:
        return False
    came = select(Arrival.id).where(Arrival.group_id == target.id, Arrival.author_message_id == held.author_message_id)
    return db.session.scalar(came) is not None


def judge_elsewhere(held: HeldPost, target: Group) -> Judgement:
    """What the gate says of a held post in another group, with its files, which are judged by the rules there."""
    submission = replace(as_submission(held), group_id=target.id, files=files_of(held))
    belongs = memberships_for(submission.author_id, target)
    judged = judge(submission, facts_of(submission, target, belongs, Placement(None, None), None, besides=held.id))
    return replace(judged, findings=tuple(each for each in judged.findings if each.rule not in JUDGED_ON_ARRIVAL))


def carry_over(held: HeldPost, target: Group, judged: Judgement) -> None:
    """Have a locked held post wait in another group, or come out there when nothing of `judged` holds it."""
    held.group_id, held.thread_id, held.in_reply_to_id = target.id, None, None
    held.findings = [as_row(finding) for finding in judged.findings]
    held.claimed_by_id = held.claimed_until = held.reminded_at = None
    db.session.flush()
    db.session.expire(held, ["group", "thread"])
    if severity_of(judged.findings) is Severity.HOLD:
        note_sightings(judged, target.id, held_post_id=held.id)
        return
    post = publish_held(held)
    held.state, held.post_id = HeldState.APPROVED, post.id
    note_sightings(places_in(judged, held.text, post.text), target.id, post_id=post.id)
    db.session.flush()
