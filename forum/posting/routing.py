"""Where a new thread goes instead of waiting: to the room that a rule names for what it says. Decides and tells.

It never makes a post: the gate judges the thread once more, for the room, and publishes it there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from forum.db import db
from forum.groups.models import Group, Kind, Standing
from forum.groups.queries import membership_of
from forum.groups.rights import ancestors
from forum.log import record
from forum.posting.placement import Placement
from forum.queue import enqueue
from forum.rulebook.queries import rules_in_force
from forum.rules.findings import Finding, Severity
from forum.rules.submission import Submission
from forum.settings import current_settings
from forum.threads.models import Post, Via


def room_for(submission: Submission, group: Group, placement: Placement, findings: Sequence[Finding]) -> Group | None:
    """The room where a submission goes, when nothing else keeps it here and its author may write there.

    An answer stays with what it answers, and who asks for a moderator gets one. An anonymous post stays too, or where
    it goes would tell to which groups its author belongs.
    """
    if placement.answers is not None or submission.asks_moderator or submission.anonymous:
        return None
    keeping = [each for each in findings if each.severity.rank >= Severity.HOLD.rank]
    rooms = {each.room_id for each in keeping}
    room_id = rooms.pop() if len(rooms) == 1 else None
    if room_id is None or submission.author_id is None:
        return None
    own = membership_of(submission.author_id, room_id)
    room = db.session.get_one(Group, room_id)
    if own is None or own.standing is not Standing.ACTIVE or is_outside(room, group):
        return None
    return room


def is_outside(room: Group, group: Group) -> bool:
    """Whether somebody reads the room from whom the group is hidden: it leads out of a circle or an unlisted group."""
    inside = {each.id for each in (room, *ancestors(room))}
    closed = (each for each in (group, *ancestors(group)) if each.kind is Kind.CIRCLE or not each.listed)
    return any(each.id not in inside for each in closed)


def in_the_room(
    findings: Sequence[Finding], there: Iterable[Finding], group: Group, room: Group
) -> tuple[Finding, ...]:
    """What is said of a thread that goes to the room: what is found there, and why it goes, which holds nothing up."""
    sentences = {each.version_id: each.terms.sentence for each in rules_in_force(group)}
    why = [
        replace(
            each,
            severity=Severity.ADVISE,
            sentence=f"{sentences[each.version_id]} This reads like health policy or the rules of the profession, so"
            f" it goes to {room.name} as a thread of its own: {_url(room)}",
            for_moderator=f"{each.for_moderator} It goes from {group.name} to {room.name}.",
        )
        if each.room_id == room.id and each.version_id is not None
        else each
        for each in findings
        if each.severity.rank < Severity.HOLD.rank or each.room_id == room.id
    ]
    return tuple(sorted((*there, *why), key=lambda each: -each.severity.rank))


def with_room_named(findings: Iterable[Finding], author_id: int | None) -> tuple[Finding, ...]:
    """The findings on what stays here although a rule names a room for it: they name the better place.

    An unlisted room is named only to its members.
    """
    return tuple(_naming(each, author_id) if each.room_id is not None else each for each in findings)


def _naming(finding: Finding, author_id: int | None) -> Finding:
    room = db.session.get_one(Group, finding.room_id)
    own = None if author_id is None else membership_of(author_id, room.id)
    if not room.listed and (own is None or own.standing is Standing.BANNED):
        return finding
    return replace(
        finding,
        sentence=f"{finding.sentence} The place for this is {room.name}: {_url(room)}",
        for_moderator=f"{finding.for_moderator} Its place is {room.name}.",
    )


def note_routed(submission: Submission, group: Group, room: Group, post: Post) -> None:
    """Log that a thread has gone to the room, and tell an author who could not see it before sending."""
    record(
        "route",
        "post",
        post.id,
        group_id=group.id,
        why=f"a rule names {room.slug} for it",
        undo="erase the post",
    )
    if submission.via is Via.MAIL:
        enqueue("notice.routed", post.id, group.id)


def _url(room: Group) -> str:
    return f"{current_settings().base_url}/g/{room.slug}"
