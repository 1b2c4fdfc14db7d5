"""Pages of threads: reading one, writing and answering.

Every post goes through the one gate: a form becomes a submission, and what the gate says of it becomes a page.
"""

from collections.abc import Mapping
from dataclasses import replace

from flask import Blueprint, redirect, render_template, request
from markupsafe import Markup
from sqlalchemy.exc import OperationalError
from structlog import get_logger

from forum.db import transaction
from forum.groups.models import Group, Role, Standing
from forum.groups.queries import count_members, own_groups_below
from forum.groups.rights import may_moderate, may_own, may_post
from forum.moderation.restricted import brakes_of
from forum.posting.erase import erasable
from forum.posting.publish import render
from forum.posting.submit import look_at
from forum.rules.submission import Submission
from forum.settings import current_settings
from forum.splitting.course.terms import review_terms
from forum.text import excerpt
from forum.threads import paging
from forum.threads.actions import mark_read
from forum.threads.following import choice_of_thread
from forum.threads.models import Choice, Post, TextFormat, Thread
from forum.threads.queries import (
    last_post_of,
    post_by_id,
    post_for,
    posts_page,
    reading_marks,
    thread_for,
)
from forum.threads.sealed import own_name_in
from forum.threads.tags import SPECIAL, subject_beside, tags_in, tags_of
from forum.web.asked import asked_number
from forum.web.drafts import FILES_AT_MOST, Draft, fresh_draft, keep_files, read_draft, submission_of
from forum.web.gate import Page, hand_in, show_outcome
from forum.web.lasting import CHOICES, NO_END
from forum.web.look import Look, look, rules_to_show
from forum.web.moved import answer_after_move, moved_page
from forum.web.sending import Next, Turn, turn_of
from forum.web.session import member, members_only, the_group, viewer
from forum.web.shown import quoted, shown

blueprint = Blueprint("threads", __name__)
log = get_logger(__name__)

_NO_SUBJECT = "Write a subject: a few words on what it is about."


@blueprint.url_value_preprocessor
def _take_large_forms(_endpoint: str | None, _values: object) -> None:
    """A form somewhat above the limit is read all the same, so that its words can be given back with a sentence."""
    request.max_content_length = 2 * current_settings().max_message + 2**20


@blueprint.get("/t/<public_id>")
@members_only
def thread(public_id: str) -> Page:
    """A thread, 200 posts a page. The reader's own mark moves on: the one thing that a GET may write."""
    thread = thread_for(viewer(), public_id)
    if thread is None:
        return moved_page(public_id)
    after = asked_number("after") or 0
    read_to = reading_marks(viewer().member_id, [thread.id]).get(thread.id, 0)
    if request.method == "GET":
        _move_mark(thread, read_to, paging.end_of_page(thread, after))
    answered = _post_of(thread, request.args.get("reply", ""))
    quote = quoted(answered) if answered is not None and request.args.get("quote") else ""
    draft = fresh_draft(
        text=quote,
        answers=answered.public_id if answered is not None else "",
        # Who is anonymous here stays so without a thought.
        anonymous=own_name_in(viewer().member_id, thread.id) is not None,
    )
    return _thread_page(thread, draft, after=after, read_to=read_to)


@blueprint.post("/t/<public_id>/reply")
@members_only
def reply(public_id: str) -> Page:
    """An answer in a thread, or a look at how it would read."""
    thread = thread_for(viewer(), public_id)
    if thread is None:
        return answer_after_move(public_id)
    draft = read_draft(member())
    after = asked_number("after") or 0
    faults = _faults(draft)
    if faults and not _is_preview():
        return _thread_page(thread, draft, after=after, errors=faults)
    answers = _post_of(thread, draft.answers) or last_post_of(thread)
    turn = _turn(draft, thread.group, answers)
    if turn.next is Next.SHOW:
        return _thread_page(thread, turn.draft, after=after, turn=turn, preview=_preview(draft))
    outcome = hand_in(_to_hand_in(turn, turn.draft, thread.group, answers))
    return show_outcome(outcome, lambda errors: _thread_page(thread, turn.draft, after=after, errors=errors))


@blueprint.get("/g/<slug>/write")
@members_only
def write(slug: str) -> Page:
    """The form for a new thread."""
    group = the_group(slug)
    if group.id not in viewer().belongings or not may_post(viewer(), group):
        return redirect(f"/g/{group.slug}")
    return _write_page(group, fresh_draft())


@blueprint.post("/g/<slug>/write")
@members_only
def begin(slug: str) -> Page:
    """A new thread, or a look at how its first post would read."""
    group = the_group(slug)
    draft = read_draft(member())
    faults = _faults(draft) | ({} if draft.subject else {"subject": _NO_SUBJECT})
    if faults and not _is_preview():
        return _write_page(group, draft, errors=faults)
    turn = _turn(draft, group, None)
    if turn.next is Next.SHOW:
        return _write_page(group, turn.draft, turn=turn, preview=_preview(draft))
    outcome = hand_in(_to_hand_in(turn, _announced(turn.draft, group), group, None))
    return show_outcome(outcome, lambda errors: _write_page(group, turn.draft, errors=errors))


def _turn(draft: Draft, group: Group, answers: Post | None) -> Turn:
    """What the button leads to that was pressed under this draft."""

    def look_at_draft(draft: Draft) -> Look:
        submission = submission_of(draft, member(), group, answers)
        return look(draft.words, draft.confirmed, lambda confirmed: look_at(replace(submission, confirmed=confirmed)))

    return turn_of(draft, request.form.get("act", "send"), look_at_draft)


def _to_hand_in(turn: Turn, draft: Draft, group: Group, answers: Post | None) -> Submission:
    """The draft for the gate, with what its author has confirmed; the mark of announcements moves the subject."""
    before = len(draft.subject) - len(turn.draft.subject)
    confirmed = tuple(
        replace(each, start=each.start + before, end=each.end + before) if each.field == "subject" else each
        for each in turn.look.confirmed
    )
    submission = submission_of(draft, member(), group, answers)
    return replace(submission, confirmed=confirmed, asks_moderator=turn.next is Next.ASK)


def _announced(draft: Draft, group: Group) -> Draft:
    """The draft with the tag of announcements in its subject, when a moderator has ticked that."""
    if draft.anonymous:
        # It would say that a moderator writes.
        return draft
    if request.form.get("special") != "yes" or not _may_announce(group) or SPECIAL in tags_in(draft.subject):
        return draft
    return replace(draft, subject=f"[{SPECIAL}] {draft.subject}")


def _may_announce(group: Group) -> bool:
    own = viewer().belongings.get(group.id)
    return own is not None and own.role is not Role.MEMBER


def _post_of(thread: Thread, public_id: str) -> Post | None:
    """The post of this thread that the viewer has chosen to answer."""
    post = post_for(viewer(), public_id) if public_id else None
    return post if post is not None and post.thread_id == thread.id else None


def _move_mark(thread: Thread, read_to: int, seen_to: int) -> None:
    if seen_to <= read_to:
        return
    thread_id = thread.id
    try:
        with transaction():
            mark_read(viewer().member_id, thread_id, seen_to)
    except OperationalError:
        # The database is busy with writing. The page is worth more than the mark, which moves with the next visit.
        log.warning("a reading mark did not move", thread=thread_id)


def _thread_page(
    thread: Thread,
    draft: Draft,
    *,
    after: int,
    read_to: int = 0,
    errors: Mapping[str, str] | None = None,
    preview: Markup | None = None,
    turn: Turn | None = None,
) -> Page:
    files = keep_files(draft, member())
    found = posts_page(thread, after=after, limit=paging.PAGE + 1)
    posts = found[: paging.PAGE]
    more = posts[-1].published_no if len(found) > paging.PAGE else None
    own = viewer().belongings.get(thread.group_id)
    tags = tags_of([thread.id]).get(thread.id, ())
    answered = _post_of(thread, draft.answers)
    chosen = answered is not None and (more is not None or answered.id != posts[-1].id if posts else True)
    unread_elsewhere = None
    if 0 < read_to < thread.last_published_no and posts and (more is not None or after) and not errors:
        unread = paging.first_unread(thread, read_to)
        unread_elsewhere = unread if unread is not None and unread not in posts else None
    page = render_template(
        "threads/thread.html",
        thread=thread,
        group=thread.group,
        moderates=may_moderate(viewer(), thread.group),
        owns=may_own(viewer(), thread.group),
        brakes={each.kind.value: each for each in brakes_of(thread)},
        lasts=(NO_END, *CHOICES),
        tags=tags,
        subject=subject_beside(thread.subject, tags),
        choice=choice_of_thread(viewer().member_id, thread.id),
        Choice=Choice,
        posts=shown(posts, read_to, viewer()),
        me=member().public_id,
        erasable=erasable(viewer(), posts),
        new=sum(1 for post in posts if 0 < read_to < post.published_no),
        grown_from=_grown_from(thread),
        unread_elsewhere=unread_elsewhere,
        after=after,
        earlier=paging.start_of_page_before(thread, after) if after else None,
        more=more,
        own=own,
        Standing=Standing,
        takes_answers=may_post(viewer(), thread.group),
        write_in=own_groups_below(viewer().member_id, thread.group) if thread.group.announce_only else (),
        may_write=own is not None and own.standing is Standing.ACTIVE and thread.locked_at is None,
        members=count_members(thread.group_id),
        terms=review_terms(thread.group),
        pseudonym=own_name_in(viewer().member_id, thread.id),
        draft=draft,
        files=files,
        answered=answered if chosen else None,
        answered_words=excerpt(answered.text, 90) if answered is not None and chosen else "",
        last=posts[-1] if posts else None,
        writing=more is None or answered is not None or bool(draft.text),
        errors=errors or {},
        preview=preview,
        turn=turn,
        rules=rules_to_show(thread.group),
        files_at_most=FILES_AT_MOST,
        max_size=current_settings().max_message,
    )
    return (page, 422) if errors or _is_stopped(turn) else page


def _write_page(
    group: Group,
    draft: Draft,
    *,
    errors: Mapping[str, str] | None = None,
    preview: Markup | None = None,
    turn: Turn | None = None,
) -> Page:
    files = keep_files(draft, member())
    page = render_template(
        "threads/write.html",
        group=group,
        may_announce=_may_announce(group),
        special=request.form.get("special") == "yes",
        members=count_members(group.id),
        terms=review_terms(group),
        draft=draft,
        files=files,
        errors=errors or {},
        preview=preview,
        turn=turn,
        rules=rules_to_show(group),
        files_at_most=FILES_AT_MOST,
        max_size=current_settings().max_message,
    )
    return (page, 422) if errors or _is_stopped(turn) else page


def _is_preview() -> bool:
    return request.form.get("act") == "preview"


def _is_stopped(turn: Turn | None) -> bool:
    return turn is not None and bool(turn.look.findings) and not _is_preview()


def _grown_from(thread: Thread) -> Post | None:
    """The post that this thread grew out of, if the viewer may read it."""
    if thread.grown_from_id is None:
        return None
    post = post_by_id(thread.grown_from_id)
    return post_for(viewer(), post.public_id) if post is not None else None


def _faults(draft: Draft) -> dict[str, str]:
    """What is wrong with the form itself, before the gate sees what is in it."""
    if len(draft.files) > FILES_AT_MOST:
        return {"files": f"These are {len(draft.files)} files; at most {FILES_AT_MOST} go with one post."}
    return {}


def _preview(draft: Draft) -> Markup | None:
    """How the text would read, where somebody asked for that."""
    if not _is_preview():
        return None
    return Markup(render(draft.text, TextFormat.MARKDOWN, ""))  # noqa: S704  (`render` gives safe HTML)
