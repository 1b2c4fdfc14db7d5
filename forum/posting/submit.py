"""The one gate. Every post of every door comes through `submit`: gather facts, let all rules speak, decide, write.

Runs inside the door's transaction and never commits. Speaks neither HTTP nor SMTP.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import assert_never

from sqlalchemy import bindparam, select

from forum.db import db
from forum.groups.models import Group, Membership
from forum.posting.anonymous import as_meant, with_sealed_answers
from forum.posting.facts import facts_of, memberships_for
from forum.posting.hold import content_digest, hold, keep_for_author, note_arrival, uses_up
from forum.posting.models import Arrival, HeldPost, HeldState
from forum.posting.moved import led_by_move
from forum.posting.outcomes import Duplicate, Held, Outcome, Published, Refused, Returned
from forum.posting.placement import Placement, place
from forum.posting.publish import MovedMeanwhileError, publish, wait_for_moves
from forum.posting.quotes import without_quoted_patients
from forum.posting.routing import in_the_room, note_routed, room_for, with_room_named
from forum.posting.sightings import note_sightings, places_in
from forum.rules import findings_of, severity_of
from forum.rules.findings import Finding, Judgement, Severity
from forum.rules.submission import Facts, Submission
from forum.text.lines import one_line

_NEW_THREAD = Placement(None, None)


def submit(submission: Submission) -> Outcome:
    """Judge a submission and publish, hold, return or refuse it. Needs an open transaction."""
    while True:
        with suppress(MovedMeanwhileError):
            return _submit(replace(submission, subject=one_line(submission.subject)[:500]))


def _submit(submission: Submission) -> Outcome:
    """MovedMeanwhileError when its thread has gone to another group since it was judged; nothing is written then."""
    submission, placement = _placed(submission)
    group = db.session.get_one(Group, submission.group_id)
    submission = without_quoted_patients(as_meant(submission, placement), group)
    arrival = _arrival_of(submission)
    if arrival is not None and arrival.content_digest == content_digest(submission):
        return Duplicate(arrival.post_id, arrival.held_post_id)
    waiting_id = None if submission.author_id is not None else _of_stranger(submission)
    if waiting_id is not None:
        return Duplicate(None, waiting_id)
    belongs = memberships_for(submission.author_id, group)
    judged = judge(submission, facts_of(submission, group, belongs, placement, arrival))
    there = in_room(submission, group, placement, judged)
    if there is not None:
        return _submit_there(submission, group, judged, there)
    findings = _as_asked(submission, with_room_named(judged.findings, _known_author(submission)))
    match severity_of(findings):
        case None | Severity.ADVISE:
            post = publish(submission, placement, group, belongs.get(group.id))
            note_arrival(submission, post_id=post.id)
            note_sightings(places_in(judged, submission.text, post.text), group.id, post_id=post.id)
            return Published(post.id, post.thread_id, findings, submission.anonymous)
        case Severity.HOLD:
            wait_for_moves(placement.thread, group)
            held = hold(submission, placement, findings)
            note_sightings(judged, group.id, held_post_id=held.id)
            return Held(held.id, findings)
        case Severity.RETURN:
            wait_for_moves(placement.thread, group)
            kept = keep_for_author(submission, placement, findings)
            note_sightings(judged, group.id, held_post_id=kept.id if kept is not None else None)
            return Returned(findings, kept.id if kept is not None else None)
        case Severity.REFUSE:
            return Refused(findings)
        case unknown:
            assert_never(unknown)


def _placed(submission: Submission) -> tuple[Submission, Placement]:
    """Where it belongs; an answer to a thread that has moved goes where that is now."""
    placement = place(with_sealed_answers(submission))
    led = led_by_move(submission, placement)
    if led is None:
        return submission, placement
    placement = place(with_sealed_answers(led.submission))
    return led.submission, replace(placement, gone=led.gone)


@dataclass(frozen=True)
class There:
    """A thread in the room where it goes: as the gate judges it there, and what has come there before."""

    submission: Submission
    room: Group
    own: Membership | None
    judged: Judgement
    findings: tuple[Finding, ...]
    arrival: Arrival | None


def in_room(
    submission: Submission, group: Group, placement: Placement, judged: Judgement, *, besides: int | None = None
) -> There | None:
    """The submission as it would be in the room that rules name for it; None when it stays. `besides` as in facts."""
    room = room_for(submission, group, placement, judged.findings)
    if room is None:
        return None
    moved = replace(submission, group_id=room.id, answers=(), answers_post_id=None)
    belongs, arrival = memberships_for(submission.author_id, room), _arrival_of(moved)
    same = arrival is not None and arrival.content_digest == content_digest(moved)
    facts = facts_of(moved, room, belongs, _NEW_THREAD, None if same else arrival, besides=besides)
    asked = judge(moved, facts)
    if severity_of(asked.findings) in (Severity.RETURN, Severity.REFUSE) and not same:
        return None
    findings = in_the_room(judged.findings, asked.findings, group, room)
    return There(moved, room, belongs.get(room.id), asked, findings, arrival if same else None)


def _submit_there(submission: Submission, group: Group, judged: Judgement, there: There) -> Outcome:
    """Publish in the room, or hold for its moderators. That the mail has come is noted in both groups."""
    if there.arrival is not None:
        note_arrival(submission, post_id=there.arrival.post_id, held_post_id=there.arrival.held_post_id)
        return Duplicate(there.arrival.post_id, there.arrival.held_post_id)
    if severity_of(there.findings) is Severity.HOLD:
        held = hold(there.submission, _NEW_THREAD, there.findings)
        if uses_up(there.findings):
            note_arrival(submission, held_post_id=held.id)
        note_sightings(judged, group.id, held_post_id=held.id)
        note_sightings(there.judged, there.room.id, held_post_id=held.id)
        return Held(held.id, there.findings)
    post = publish(there.submission, _NEW_THREAD, there.room, there.own)
    for each in (submission, there.submission):
        note_arrival(each, post_id=post.id)
    for asked, where in ((judged, group), (there.judged, there.room)):
        note_sightings(places_in(asked, submission.text, post.text), where.id, post_id=post.id)
    note_routed(submission, group, there.room, post)
    return Published(post.id, post.thread_id, there.findings)


def _as_asked(submission: Submission, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """What a group's rule sends back waits for a moderator where its author asks for one: no rule has the last word.

    Of what may tell who a patient is, the author has to decide first.
    """
    if not submission.asks_moderator:
        return findings
    return tuple(
        replace(each, severity=Severity.HOLD)
        if each.severity is Severity.RETURN and each.version_id is not None and not each.to_confirm
        else each
        for each in findings
    )


def look_at(submission: Submission) -> Judgement:
    """What the gate would say of a submission, for its author to see before it is sent. Writes nothing."""
    submission = replace(submission, subject=one_line(submission.subject)[:500])
    submission, placement = _placed(submission)
    group = db.session.get_one(Group, submission.group_id)
    submission = as_meant(submission, placement)
    belongs = memberships_for(submission.author_id, group)
    judged = judge(submission, facts_of(submission, group, belongs, placement, _arrival_of(submission)))
    there = in_room(submission, group, placement, judged)
    if there is not None:
        return replace(there.judged, findings=there.findings)
    return replace(judged, findings=with_room_named(judged.findings, _known_author(submission)))


def _known_author(submission: Submission) -> int | None:
    """Whose memberships may show in what is said of a submission: nobody's, when it is anonymous."""
    return None if submission.anonymous else submission.author_id


def judge(submission: Submission, facts: Facts) -> Judgement:
    """All that the gate's own rules and the group's say of a submission, the most severe first. Pure."""
    own = findings_of(submission, facts)
    if not facts.rules:
        return Judgement(own)
    # What stands behind the checks takes time to load, which only groups with rules of their own pay.
    from forum.rules.group_rules import judge_by_rules

    asked = judge_by_rules(submission, facts)
    return Judgement(tuple(sorted((*own, *asked.findings), key=lambda each: -each.severity.rank)), asked.shadows)


_ARRIVAL = select(Arrival).where(
    Arrival.group_id == bindparam("the_group"), Arrival.author_message_id == bindparam("the_message_id")
)


def _arrival_of(submission: Submission) -> Arrival | None:
    if submission.author_message_id is None:
        return None
    return db.session.scalars(
        _ARRIVAL, {"the_group": submission.group_id, "the_message_id": submission.author_message_id}
    ).first()


def _of_stranger(submission: Submission) -> int | None:
    """The same mail of somebody who is no member, if it waits already: such mail leaves no arrival."""
    same = select(HeldPost.id).where(
        HeldPost.group_id == submission.group_id,
        HeldPost.state == HeldState.WAITING,
        HeldPost.author_id.is_(None),
        HeldPost.author_message_id == submission.author_message_id,
        HeldPost.content_digest == content_digest(submission),
    )
    return db.session.scalar(same.limit(1))
