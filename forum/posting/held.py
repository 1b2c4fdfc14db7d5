"""A held post on its way out: the same publication as every other, with its files and its moment of arrival."""

from dataclasses import replace

from sqlalchemy import select, update

from forum import blobs
from forum.clock import now
from forum.db import db
from forum.groups.models import Assurance, Group
from forum.posting.anonymous import author_of
from forum.posting.facts import facts_of, memberships_for, without_pace
from forum.posting.models import Arrival, HeldPost
from forum.posting.placement import Placement
from forum.posting.publish import publish
from forum.posting.quotes import without_quoted_patients
from forum.posting.submit import judge
from forum.rules.findings import Finding, Passage, Severity
from forum.rules.submission import File, Submission
from forum.threads.models import Attachment, Post, Thread

# These judge what is in a submission, with its files and as it travelled: it was judged when it came.
JUDGED_ON_ARRIVAL = frozenset({"empty", "size", "quota", "slow_mode", "reused_id"})


def publish_held(held: HeldPost) -> Post:
    """Publish what has been approved, with its original time; it stays where it was an answer."""
    submission, group = as_submission(held), db.session.get_one(Group, held.group_id)
    own = memberships_for(submission.author_id, group).get(group.id)
    post = publish(
        submission,
        placement_of(held),
        group,
        own,
        arrived_at=held.created_at,
        pseudonym_id=held.pseudonym_id,
    )
    db.session.execute(
        update(Attachment).where(Attachment.held_post_id == held.id).values(held_post_id=None, post_id=post.id)
    )
    if held.original_text is not None:
        post.edited_at = now()
    _move_arrival(held, post)
    db.session.expire(post, ["attachments"])
    return post


def findings_today(held: HeldPost, assurance: Assurance) -> tuple[Finding, ...]:
    """What all rules say of a held post now, were its author known so well.

    For what goes out without a moderator: its author may be muted since, the thread locked, or a rule switched on. Not
    what a rule of the group has held it for already; and pace, as the quota, was judged when it came.
    """
    submission = replace(as_submission(held), assurance=assurance, files=files_of(held))
    group = db.session.get_one(Group, held.group_id)
    belongs = memberships_for(submission.author_id, group)
    facts = facts_of(submission, group, belongs, placement_of(held), None, besides=held.id)
    known = {row["rule"] for row in held.findings if row["severity"] != Severity.ADVISE}
    return tuple(
        each
        for each in judge(submission, without_pace(facts)).findings
        if each.rule not in JUDGED_ON_ARRIVAL and (each.version_id is None or each.rule not in known)
    )


def placement_of(held: HeldPost) -> Placement:
    answers = db.session.get(Post, held.in_reply_to_id) if held.in_reply_to_id is not None else None
    # The thread may have moved, been merged or split meanwhile: the post answered knows where it is now.
    thread = None
    if held.thread_id is not None:
        thread = db.session.get_one(Thread, answers.thread_id if answers is not None else held.thread_id)
    return Placement(answers, thread)


def files_of(held: HeldPost) -> tuple[File, ...]:
    """The files that came with it, for rules to judge: they are kept already."""
    rows = select(Attachment).where(Attachment.held_post_id == held.id).order_by(Attachment.id)
    return tuple(File(each.name, each.type, blobs.content_of(each.digest)) for each in db.session.scalars(rows))


def as_submission(held: HeldPost) -> Submission:
    """The submission that was held, without its files, which its post takes over (`files_of`)."""
    was_held = Submission(
        group_id=held.group_id,
        author_id=author_of(held),
        byline=held.byline,
        assurance=held.assurance,
        via=held.via,
        subject=held.subject,
        text=held.text,
        text_format=held.text_format,
        html=held.html,
        folded=held.folded,
        author_message_id=held.author_message_id,
        sent_at=held.sent_at,
        fan_out_key=held.fan_out_key,
        confirmed=tuple(Passage(**each) for each in held.confirmed),
        anonymous=held.pseudonym_id is not None,
    )
    return without_quoted_patients(was_held, db.session.get_one(Group, held.group_id))


def _move_arrival(held: HeldPost, post: Post) -> None:
    moved = db.session.scalars(
        update(Arrival)
        .where(Arrival.held_post_id == held.id)
        .values(held_post_id=None, post_id=post.id)
        .returning(Arrival.id)
    ).all()
    if moved or held.author_message_id is None:
        return
    # Held for missing authentication it used nothing up; now that it is a post, its id is used.
    used = select(Arrival.id).where(
        Arrival.group_id == held.group_id, Arrival.author_message_id == held.author_message_id
    )
    if db.session.scalar(used) is None:
        db.session.add(
            Arrival(
                group_id=held.group_id,
                author_message_id=held.author_message_id,
                content_digest=held.content_digest,
                post_id=post.id,
            )
        )
