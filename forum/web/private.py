"""Answering one member alone, and the end of it: the form under a post, the page behind "Block or report", the list.

The page behind the link in a mail is for whoever holds the link, signed in or not; looking at it changes nothing.
"""

from collections.abc import Mapping
from hashlib import sha256
from secrets import token_urlsafe

from flask import Blueprint, abort, flash, redirect, render_template, request
from werkzeug.wrappers import Response

from forum.accounts.queries import member_by_public_id
from forum.db import transaction
from forum.posting.publish import group_prefix
from forum.private.actions import A_DAY_AT_MOST, Letter, Undelivered, block, report, send_privately, unblock
from forum.private.models import PrivateAnswer
from forum.private.queries import Continued, answer_by_token, blocks_of, is_blocked
from forum.settings import current_settings
from forum.text import normalise
from forum.threads.models import Post
from forum.threads.queries import author_id_of, post_for
from forum.web.session import member, members_only, viewer

blueprint = Blueprint("private", __name__)

Page = Response | str | tuple[str, int]


@blueprint.get("/p/<public_id>/private")
@members_only
def write(public_id: str) -> Page:
    """The form for an answer to the author of a post alone."""
    post = _the_post(public_id)
    if author_id_of(post) == viewer().member_id:
        return redirect(f"/p/{post.public_id}")
    return _write_page(post, token_urlsafe(12), "", {})


@blueprint.post("/p/<public_id>/private")
@members_only
def send(public_id: str) -> Page:
    post = _the_post(public_id)
    text, token = normalise(request.form.get("text", "")), request.form.get("token", "")[:40] or token_urlsafe(12)
    if not text.strip():
        return _write_page(post, token, text, {"text": "Write your answer first."})
    with transaction():
        outcome = send_privately(_letter(post, text, token))
    if isinstance(outcome, Undelivered):
        return _write_page(post, token, text, {"": outcome.reason})
    flash(f"Sent to {post.byline} alone.")
    return redirect(f"/p/{post.public_id}")


def _letter(post: Post, text: str, token: str) -> Letter:
    """The form as the domain takes it. A double click brings the same id, other words another one."""
    thread, sent = post.thread, repr((viewer().member_id, token, text))
    return Letter(
        sender_id=viewer().member_id,
        recipient_id=author_id_of(post),
        group_id=thread.group_id,
        subject=f"Re: {group_prefix(thread.group)} {thread.subject}",
        text=text,
        own=text,
        author_message_id=f"<web-{sha256(sent.encode()).hexdigest()[:32]}@{current_settings().domain}>",
        continued=Continued(post.id, None),
    )


def _the_post(public_id: str) -> Post:
    post = post_for(viewer(), public_id)
    # To somebody who writes under a pseudonym nobody writes alone: an answer would tell who it is.
    answerable = post is not None and post.erased_at is None and post.pseudonym_id is None
    return post if post is not None and answerable else abort(404)


def _write_page(post: Post, token: str, text: str, errors: Mapping[str, str]) -> Page:
    page = render_template(
        "private/write.html", post=post, token=token, text=text, errors=errors, a_day_at_most=A_DAY_AT_MOST
    )
    return (page, 422) if errors else page


# --- the link in a mail ---


@blueprint.get("/private/<token>")
def answer(token: str) -> Page:
    return _answer_page(token, _the_answer(token), "")


@blueprint.post("/private/<token>")
def end(token: str) -> Page:
    """Block the sender, or show the answer to the moderators. Safe to repeat."""
    found = _the_answer(token)
    with transaction():
        match request.form.get("act"):
            case "block":
                block(found.recipient_id, found.sender_id)
                said = f"{found.sender.name} is blocked. You get no more private answers from there."
            case "report":
                kept = report(found)
                said = "The moderators get it." if kept else "It is too old: its text is no longer kept."
            case _:
                abort(400)
    return _answer_page(token, found, said)


def _the_answer(token: str) -> PrivateAnswer:
    return answer_by_token(token) or abort(404)


def _answer_page(token: str, found: PrivateAnswer, said: str) -> Page:
    return render_template(
        "private/answer.html",
        token=token,
        answer=found,
        said=said,
        blocked=is_blocked(found.recipient_id, found.sender_id),
    )


# --- whom I have blocked ---


@blueprint.get("/me/blocked")
@members_only
def blocked() -> Page:
    return render_template("private/blocked.html", blocks=blocks_of(viewer().member_id))


@blueprint.post("/me/blocked/<public_id>/unblock")
@members_only
def end_block(public_id: str) -> Page:
    other = member_by_public_id(public_id) or abort(404)
    with transaction():
        unblock(member().id, other.id)
    flash(f"{other.name} can write to you privately again.")
    return redirect("/me/blocked")
