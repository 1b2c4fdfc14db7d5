"""Holding: a submission is kept whole, with all findings, until somebody decides. Never commits."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import insert, select

from forum import blobs
from forum.clock import now
from forum.db import Base, db
from forum.groups.models import Assurance
from forum.log import record
from forum.posting.anonymous import about, for_others
from forum.posting.image_location import without_location
from forum.posting.models import HeldPost, HeldState
from forum.posting.placement import Placement
from forum.queue import enqueue
from forum.rules.findings import Finding, Severity, as_row
from forum.rules.submission import Submission
from forum.threads import sealed
from forum.threads.models import Attachment, Via

LETTER = "letter"
# Held for the first two, a copy has used nothing up: a forger could else block the real one that comes after it.
# A letter is no post: the same mail may go to the group as well.
_USES_NOTHING_UP = frozenset({"assurance", "reused_id", LETTER})


def hold(submission: Submission, placement: Placement, findings: Sequence[Finding]) -> HeldPost:
    """Keep a submission for a moderator and, where its author can help, tell the author."""
    held = _keep(submission, placement, findings)
    # A stranger who adds the address sends the same mail again.
    if held.author_id is not None and uses_up(findings):
        note_arrival(submission, held_post_id=held.id)
    record("hold", "held_post", held.id, group_id=held.group_id, why=", ".join(finding.rule for finding in findings))
    if held.author_id is not None:
        enqueue("notice.held", held.id)
    enqueue("moderators.held", held.id)
    return held


def uses_up(findings: Sequence[Finding]) -> bool:
    """Whether the id of a mail with such findings is used, so that the same mail again is a duplicate."""
    return _USES_NOTHING_UP.isdisjoint(finding.rule for finding in findings)


def keep_for_author(submission: Submission, placement: Placement, findings: Sequence[Finding]) -> HeldPost | None:
    """Keep what goes back to its author by mail, for a corrected text to come as an answer; else None.

    Nobody but the author sees it. On the web the author has the words still before the eyes; and what failed to say
    who wrote it is nobody's to correct.
    """
    if submission.via is not Via.MAIL or submission.author_id is None or submission.assurance is Assurance.FAILED:
        return None
    same = _kept_before(submission)
    if same is not None:
        same.findings = [as_row(finding) for finding in findings]
        # Its author is told anew how long it is kept.
        same.created_at, same.reminded_at = _moment_of(submission), None
        return same
    held = _keep(submission, placement, findings, private=True)
    record("return", "held_post", held.id, group_id=held.group_id, why=", ".join(finding.rule for finding in findings))
    return held


def _kept_before(submission: Submission) -> HeldPost | None:
    """The same mail, if it came back before and is kept unchanged: sent again it does not pile up."""
    assert submission.author_id is not None
    mine = HeldPost.author_id == submission.author_id
    if submission.anonymous:
        mine = HeldPost.pseudonym_id.in_(sealed.own_pseudonyms(submission.author_id))
    same = select(HeldPost).where(
        mine,
        HeldPost.group_id == submission.group_id,
        HeldPost.author_message_id == submission.author_message_id,
        HeldPost.content_digest == content_digest(submission),
        HeldPost.text == submission.text,
        HeldPost.state == HeldState.RETURNED,
        HeldPost.private,
    )
    return db.session.scalars(same.order_by(HeldPost.id).limit(1).with_for_update(of=HeldPost)).first()


def _keep(
    submission: Submission, placement: Placement, findings: Sequence[Finding], *, private: bool = False
) -> HeldPost:
    # The form for an answer asks for no subject; whoever decides wants to see what it is about.
    answered = f"Re: {placement.thread.subject}" if placement.thread is not None else ""
    under = None
    if submission.anonymous and submission.author_id is not None:
        under = sealed.take_name(
            submission.author_id,
            # What may be a forgery, or goes back, makes nobody anonymous in a thread.
            placement.thread.id if placement.thread is not None and not private else None,
        )
        # What its author alone may read is kept for its author alone.
        findings = findings if private else for_others(findings)
    held = HeldPost(
        group_id=submission.group_id,
        author_id=submission.author_id if under is None else sealed.anonymous_member_id(),
        pseudonym_id=under.id if under is not None else None,
        byline=under.name if under is not None else submission.byline,
        via=submission.via,
        assurance=submission.assurance,
        subject=submission.subject or answered[:500],
        text=submission.text,
        text_format=submission.text_format,
        html=submission.html,
        folded=submission.folded,
        author_message_id=submission.author_message_id,
        content_digest=content_digest(submission),
        in_reply_to_id=placement.answers.id if placement.answers is not None else None,
        thread_id=placement.thread.id if placement.thread is not None else None,
        fan_out_key=submission.fan_out_key,
        sent_at=submission.sent_at,
        findings=[as_row(finding) for finding in findings],
        confirmed=[asdict(passage) for passage in submission.confirmed],
        created_at=_moment_of(submission),
        state=HeldState.RETURNED if private else HeldState.WAITING,
        private=private,
    )
    db.session.add(held)
    db.session.flush()
    for file in submission.files:
        content = without_location(file.content)
        db.session.add(
            Attachment(
                held_post_id=held.id,
                digest=blobs.keep(content),
                name=file.name[:255],
                type=file.type[:255],
                size=len(content),
            )
        )
    return held


def _moment_of(submission: Submission) -> datetime:
    return about(now()) if submission.anonymous else now()


def hold_letter(submission: Submission) -> HeldPost:
    """Keep a letter to the moderators (mail to `-owner`, postmaster or abuse). It can be answered, never posted."""
    finding = Finding(
        LETTER,
        Severity.HOLD,
        "Your letter has gone to the moderators.",
        f"A letter to the moderators from {submission.byline}.",
    )
    return hold(submission, Placement(None, None), [finding])


def content_digest(submission: Submission) -> str:
    """Equal for two copies of one message: the author's words, folded text and files; not how it travelled."""
    words = [submission.text, submission.folded, [blobs.digest_of(file.content) for file in submission.files]]
    return hashlib.sha256(json.dumps(words).encode()).hexdigest()


_ARRIVAL = insert(Base.metadata.tables["arrival"])


def note_arrival(submission: Submission, *, post_id: int | None = None, held_post_id: int | None = None) -> None:
    """Remember that this id has come to this group; twice at once, the second fails and the door tries again."""
    if submission.author_message_id is None:
        return
    row = {
        "group_id": submission.group_id,
        "author_message_id": submission.author_message_id,
        "content_digest": content_digest(submission),
        "post_id": post_id,
        "held_post_id": held_post_id,
        "created_at": now(),
    }
    db.session.connection().execute(_ARRIVAL, row)
