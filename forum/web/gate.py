"""Hands in at the one gate what was written in a form, and shows what the gate said. It reads no form."""

from collections.abc import Callable, Mapping, Sequence
from typing import assert_never

from flask import redirect, render_template
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response

from forum.db import db, transaction
from forum.moderation.queries import waits_for_joining
from forum.posting.models import HeldPost
from forum.posting.outcomes import Duplicate, Held, Ignored, Outcome, Published, Refused, Returned
from forum.posting.submit import submit
from forum.rules.findings import Field, Finding
from forum.rules.submission import Submission
from forum.threads import paging
from forum.threads.models import Post
from forum.web.look import kept_findings, marked_as_kept

Page = str | Response | tuple[str, int]

# Which field of the form a finding is about; the others are about the post as a whole.
_FIELD_OF_RULE = {"anonymity": "anonymous", "empty": "text", "size": "files"}


def hand_in(submission: Submission) -> Outcome:
    """Through the gate. Of two clicks at once the second fails there, looks again and finds what the first has left."""
    try:
        with transaction():
            return submit(submission)
    except IntegrityError:
        with transaction():
            return submit(submission)


def show_outcome(outcome: Outcome, again: Callable[[Mapping[str, str]], Page]) -> Page:
    """What the gate said, as a page: the post, that it waits, or the form `again` with sentences by field."""
    match outcome:
        case Published(post_id):
            return _to_post(post_id)
        case Held(held_id):
            return _held_page(held_id)
        case Duplicate(post_id, held_id):
            if post_id is not None:
                return _to_post(post_id)
            return _held_page(held_id) if held_id is not None else redirect("/mine/posts")
        case Returned(findings) | Refused(findings):
            return again(sentences(findings))
        case Ignored(reason):
            return again({"": f"This was not posted: {reason}."})
        case unknown:
            assert_never(unknown)


def sentences(findings: Sequence[Finding]) -> Mapping[str, str]:
    """What findings say, by the field of the form that they are about."""
    errors: dict[str, str] = {}
    for finding in findings:
        field = _FIELD_OF_RULE.get(finding.rule, "")
        errors[field] = f"{errors.get(field, '')} {finding.sentence}".strip()
    return errors


def _to_post(post_id: int) -> Response:
    return redirect(place_of(db.session.get_one(Post, post_id)), 303)


def place_of(post: Post) -> str:
    """Where a post stands now: its page in its thread."""
    after = paging.start_of_page_with(post)
    page = f"?after={after}" if after else ""
    return f"/t/{post.thread.public_id}{page}#p-{post.public_id}"


def _held_page(held_id: int) -> Page:
    held = db.session.get_one(HeldPost, held_id)
    words: Mapping[Field, str] = {"subject": held.subject, "text": held.text}
    page = render_template(
        "gate/held.html",
        held=held,
        joins_first=waits_for_joining(held),
        group=held.group,
        findings=kept_findings(held, words),
        marked=marked_as_kept(held, words),
    )
    return page, 202
