"""The author's second word on what waits or came back: other words, or "a moderator shall look". Never commits.

Other words go through the same gate as new ones. What a moderator has sent back waits for a moderator again.
"""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import assert_never

from sqlalchemy import select

from forum import blobs
from forum.clock import now
from forum.db import db
from forum.groups.models import Group
from forum.log import record
from forum.posting.held import JUDGED_ON_ARRIVAL, as_submission, placement_of, publish_held
from forum.posting.models import HeldPost, HeldState
from forum.posting.outcomes import Duplicate, Held, Published, Refused, Returned
from forum.posting.sightings import note_sightings
from forum.posting.submit import facts_of, judge, memberships_for
from forum.queue import enqueue
from forum.rules import severity_of
from forum.rules.findings import Finding, Judgement, Passage, Severity, as_row
from forum.rules.submission import File, Submission
from forum.text import normalise
from forum.threads.models import Attachment, TextFormat

RETURNED_BEFORE = "returned_before"


def is_open_to_author(held: HeldPost) -> bool:
    """Whether the author may still change it: it waits, or has come back."""
    return held.state in (HeldState.WAITING, HeldState.RETURNED) and held.author_id is not None


def resubmit(
    held: HeldPost, text: str, *, text_format: TextFormat = TextFormat.PLAIN, confirmed: Sequence[Passage] = ()
) -> Published | Held | Returned | Refused | Duplicate:
    """Have a waiting or returned post judged with other words, as new ones would be. Its files stay.

    `confirmed` are passages of the new text that identify no patient, as the author says. Duplicate: it is decided.
    """
    db.session.refresh(held, with_for_update={"of": HeldPost})
    if not is_open_to_author(held):
        return Duplicate(held.post_id, held.id)
    submission = _with_words(held, text, text_format, confirmed)
    judged = _judged(held, submission)
    findings = judged.findings
    severity = severity_of(findings)
    if severity is Severity.REFUSE:
        return Refused(findings)
    before = held.state
    _take_over(held, submission, findings)
    match severity:
        case None | Severity.ADVISE:
            held.private = False
            post = publish_held(held)
            held.state, held.post_id, held.decided_at = HeldState.APPROVED, post.id, now()
            note_sightings(judged, held.group_id, post_id=post.id)
            outcome: Published | Held | Returned = Published(post.id, post.thread_id, findings)
        case Severity.HOLD:
            held.private, held.state = False, HeldState.WAITING
            note_sightings(judged, held.group_id, held_post_id=held.id)
            if before is not HeldState.WAITING:
                enqueue("moderators.held", held.id)
            outcome = Held(held.id, findings)
        case Severity.RETURN:
            held.private, held.state = True, HeldState.RETURNED
            note_sightings(judged, held.group_id, held_post_id=held.id)
            outcome = Returned(findings, held.id)
        case unknown:
            assert_never(unknown)
    db.session.flush()
    undo = "erase the post" if isinstance(outcome, Published) else "withdraw"
    why = f"now {held.state}" + (f", {len(confirmed)} passages confirmed" if confirmed else "")
    record("resubmit", "held_post", held.id, actor_id=held.author_id, group_id=held.group_id, why=why, undo=undo)
    return outcome


def ask_moderator(held: HeldPost) -> bool:
    """The author wants a person to look at what a rule has sent back; False when that is not how it stands."""
    db.session.refresh(held, with_for_update={"of": HeldPost})
    if not held.private or held.state is not HeldState.RETURNED:
        return False
    held.private, held.state = False, HeldState.WAITING
    record("ask", "held_post", held.id, actor_id=held.author_id, group_id=held.group_id, undo="withdraw")
    enqueue("moderators.held", held.id)
    return True


def _with_words(held: HeldPost, text: str, text_format: TextFormat, confirmed: Sequence[Passage]) -> Submission:
    rows = select(Attachment).where(Attachment.held_post_id == held.id).order_by(Attachment.id)
    files = tuple(File(each.name, each.type, blobs.content_of(each.digest)) for each in db.session.scalars(rows))
    return replace(
        as_submission(held),
        text=normalise(text),
        text_format=text_format,
        html="",
        folded="",
        files=files,
        confirmed=tuple(confirmed),
    )


def _judged(held: HeldPost, submission: Submission) -> Judgement:
    group = db.session.get_one(Group, held.group_id)
    belongs = memberships_for(held.author_id, group)
    judged = judge(submission, facts_of(submission, group, belongs, placement_of(held), None))
    # The words and files are new; how the mail travelled, and how many came in that hour, is not.
    arrived = JUDGED_ON_ARRIVAL - {"empty", "size"}
    findings = [each for each in judged.findings if each.rule not in arrived]
    if held.decided_by_id is not None:
        findings.append(_returned_before())
    return replace(judged, findings=tuple(sorted(findings, key=lambda each: -each.severity.rank)))


def _returned_before() -> Finding:
    return Finding(
        RETURNED_BEFORE,
        Severity.HOLD,
        "A moderator has sent this back to you before, and reads it again now.",
        "A moderator has returned this before; the author has changed it.",
    )


def _take_over(held: HeldPost, submission: Submission, findings: Sequence[Finding]) -> None:
    held.text, held.text_format = submission.text, submission.text_format
    held.html = held.folded = ""
    held.findings = [as_row(finding) for finding in findings]
    held.confirmed = [asdict(passage) for passage in submission.confirmed]
    held.claimed_by_id = held.claimed_until = held.reminded_at = None
