"""An author's own posts: which fate each has, and what the author can do about one that waits or came back.

Nobody else sees these pages but who holds a link that was mailed to the author. Decisions of moderators are elsewhere.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import assert_never

from flask import Blueprint, abort, flash, redirect, render_template, request

from forum.db import transaction
from forum.groups.actions import NotPossible
from forum.groups.rights import readable_group_ids
from forum.moderation.actions import Decided, withdraw
from forum.moderation.appeals import appeal_of, why_not
from forum.moderation.own_posts import Place, own_open_posts, own_posts, place_from
from forum.moderation.queries import held_attachments, held_of_author, held_to_confirm, is_letter, waits_for_author
from forum.moderation.releasing import confirm
from forum.posting.models import HeldPost, HeldState
from forum.posting.outcomes import Duplicate, Held, Published, Refused, Returned
from forum.posting.resubmit import ask_moderator, is_about_anonymity, look_at_other_words, may_be_changed, resubmit
from forum.rules.findings import Field, Passage
from forum.threads.models import TextFormat
from forum.threads.queries import post_by_id
from forum.web.confirmations import name_of
from forum.web.drafts import Draft, read_draft
from forum.web.gate import Page, place_of, sentences
from forum.web.look import Look, kept_findings, look, marked_as_kept
from forum.web.sending import NOTHING_MARKED, Next, Turn, turn_of
from forum.web.session import member, members_only, viewer

blueprint = Blueprint("submissions", __name__)

PAGE = 30


# --- all of them ---


@blueprint.get("/mine/posts")
@members_only
def own_list() -> Page:
    """Everything that the viewer has written, newest first; with `show=open` what waits or came back."""
    only_open = request.args.get("show") == "open"
    find = own_open_posts if only_open else own_posts
    rows = find(viewer().member_id, before=_asked_place(), limit=PAGE + 1)
    return render_template(
        "submissions/own_list.html",
        rows=[(each, each.held is not None and waits_for_author(each.held)) for each in rows[:PAGE]],
        older=rows[PAGE - 1].place if len(rows) > PAGE else None,
        only_open=only_open,
        readable=readable_group_ids(viewer()),
        is_letter=is_letter,
        HeldState=HeldState,
    )


@blueprint.get("/mine/held")
@members_only
def old_list() -> Page:
    """Where older mails and bookmarks lead."""
    return redirect("/mine/posts")


def _asked_place() -> Place | None:
    given = request.args.get("before", "")
    try:
        return place_from(given) if given else None
    except ValueError:
        abort(404)


# --- one ---


@blueprint.get("/mine/held/<public_id>")
@members_only
def own_held(public_id: str) -> Page:
    """What came back is shown with what the rules find in it today, so that it can be changed at once."""
    held = _own(public_id)
    draft = _kept_draft(held)
    if held.state is HeldState.RETURNED and may_be_changed(held):
        found = _look_at(held, draft)
        draft = draft.seen_as(found.note, found.names)
        return _own_page(held, Turn(Next.SHOW, draft, found))
    return _own_page(held, Turn(Next.SHOW, draft, Look()))


@blueprint.post("/mine/held/<public_id>")
@members_only
def act_on_own(public_id: str) -> Page:
    """Take it back, say "I wrote this", ask a moderator, or send other words."""
    held = _own(public_id)
    act = request.form.get("act", "")
    if act in ("withdraw", "confirm"):
        try:
            decided = _answer(held, act)
        except NotPossible as error:
            return _own_page(held, Turn(Next.SHOW, _kept_draft(held), Look()), {"": str(error)})
        flash(_said(decided, held))
        return redirect(f"/mine/held/{held.public_id}")
    if not act or not may_be_changed(held):
        return _gone(held) if act else abort(400)
    draft = _typed_draft(held)
    if act == "ask" and held.private:
        return _ask(held, draft)
    turn = turn_of(draft, act, lambda each: _look_at(held, each))
    return _own_page(held, turn) if turn.next is Next.SHOW else _send(held, turn)


def _own(public_id: str) -> HeldPost:
    return held_of_author(viewer().member_id, public_id) or abort(404)


def _kept_draft(held: HeldPost) -> Draft:
    words: Mapping[Field, str] = {"subject": held.subject, "text": held.text}
    names = tuple(name_of(Passage(**each), words) for each in held.confirmed)
    return Draft("", subject=held.subject, text=held.text, confirmed=names)


def _typed_draft(held: HeldPost) -> Draft:
    """What stands in the form; an answer has no subject of its own there."""
    draft = read_draft(member())
    return draft if "subject" in request.form else replace(draft, subject=held.subject)


def _look_at(held: HeldPost, draft: Draft) -> Look:
    return look(
        draft.words,
        draft.confirmed,
        lambda confirmed: look_at_other_words(
            held, draft.text, subject=draft.subject, text_format=_format(held, draft), confirmed=confirmed
        ),
    )


def _format(held: HeldPost, draft: Draft) -> TextFormat:
    """Words that are as they were keep their layout; others are plain, unless Markdown was written before."""
    kept = draft.text == held.text or held.text_format is TextFormat.MARKDOWN
    return held.text_format if kept else TextFormat.PLAIN


def _send(held: HeldPost, turn: Turn) -> Page:
    """The changed words through the gate. What the page is to show next is read before the door closes."""
    draft = turn.draft
    with transaction():
        outcome = resubmit(
            held,
            draft.text,
            subject=draft.subject,
            text_format=_format(held, draft),
            confirmed=turn.look.confirmed,
        )
        if isinstance(outcome, Returned) and turn.next is Next.ASK and not turn.look.to_confirm:
            ask_moderator(held)
    match outcome:
        case Published(post_id):
            flash("Your words have gone out.")
            post = post_by_id(post_id)
            return redirect(place_of(post), 303) if post is not None else _gone(held)
        case Held() | Returned():
            flash(_waits(held) if held.state is HeldState.WAITING else "Your words are kept. They cannot go out so.")
            return redirect(f"/mine/held/{held.public_id}")
        case Refused(findings):
            return _own_page(held, turn, sentences(findings))
        case Duplicate():
            return _gone(held)
        case unknown:
            assert_never(unknown)


def _ask(held: HeldPost, draft: Draft) -> Page:
    """A moderator shall read it, in the words that stand in the form."""
    if draft.words != {"subject": held.subject, "text": held.text}:
        found = _look_at(held, draft)
        turn = Turn(Next.ASK if found.findings else Next.SHOW, draft, found, "" if found.findings else NOTHING_MARKED)
        return _send(held, turn) if found.findings else _own_page(held, turn)
    try:
        with transaction():
            asked = ask_moderator(held)
    except NotPossible as error:
        return _own_page(held, Turn(Next.SHOW, draft, _look_at(held, draft)), {"": str(error)})
    if not asked:
        return _gone(held)
    flash(_waits(held))
    return redirect(f"/mine/held/{held.public_id}")


def _waits(held: HeldPost) -> str:
    return f"“{held.subject or '(no subject)'}” waits for a moderator of {held.group.name} now. A mail tells you more."


def _gone(held: HeldPost) -> Page:
    flash("Nothing has changed: it has been decided meanwhile.")
    return redirect(f"/mine/held/{held.public_id}")


def _answer(held: HeldPost, act: str) -> Decided:
    """What the author's button says: `withdraw`, or `confirm` where the author was asked."""
    with transaction():
        return withdraw(held) if act == "withdraw" else confirm(held)


def _own_page(held: HeldPost, turn: Turn, errors: Mapping[str, str] | None = None) -> Page:
    page = render_template(
        "submissions/own_held.html",
        **_shown(held),
        turn=turn,
        changeable=may_be_changed(held) and not waits_for_author(held),
        begins_thread=held.thread_id is None,
        letter=is_letter(held),
        may_ask=held.private and not is_about_anonymity(held),
        appeal=appeal_of(held),
        may_appeal=not why_not(held),
        errors=errors or {},
    )
    return (page, 422) if errors or (request.method == "POST" and turn.look.findings) else page


# --- from a mail ---


@blueprint.get("/confirm/<token>")
def confirm_page(token: str) -> Page:
    """ "Did you write this?", from a mail: a page with two buttons, for whoever reads the author's mailbox."""
    return render_template("submissions/confirm.html", token=token, errors={}, **_shown(_asked(token)))


@blueprint.post("/confirm/<token>")
def confirm_by_mail(token: str) -> Page:
    held = _asked(token)
    act = request.form.get("act", "")
    if act not in ("withdraw", "confirm"):
        abort(400)
    try:
        decided = _answer(held, act)
    except NotPossible as error:
        page = render_template("submissions/confirm.html", token=token, errors={"": str(error)}, **_shown(held))
        return page, 422
    flash(_said(decided, held))
    return redirect(f"/confirm/{token}")


def _asked(token: str) -> HeldPost:
    return held_to_confirm(token) or abort(404)


def _said(decided: Decided, held: HeldPost) -> str:
    if not decided.by_this:
        return f"Nothing has changed: {decided.by_name} has acted already."
    subject = f"“{held.subject}”" if held.subject else "It"
    if decided.state is HeldState.WITHDRAWN:
        return "Taken back. Its words and files are erased here."
    if decided.state is HeldState.APPROVED:
        return f"{subject} is now in {held.group.name} and goes out by mail."
    return f"Thank you. {subject} still waits for a moderator of {held.group.name}."


def _shown(held: HeldPost) -> dict[str, object]:
    """What was written as it was written: a moderator's changes stand in the post."""
    text = held.original_text if held.original_text is not None else held.text
    words: Mapping[Field, str] = {"subject": held.subject, "text": text}
    return {
        "held": held,
        "findings": kept_findings(held, words) if held.state is not HeldState.WITHDRAWN else (),
        "marked": marked_as_kept(held, words),
        "attachments": held_attachments(held),
        "post": post_by_id(held.post_id) if held.post_id is not None else None,
        "asked": waits_for_author(held),
        "HeldState": HeldState,
    }
