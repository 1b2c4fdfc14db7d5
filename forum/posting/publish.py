"""Publication: a judged submission becomes a post in a thread, with the later work it causes. Never commits.

Only `forum.posting` calls this; whoever wants to post calls `submit`.
"""

import re
from collections.abc import Callable
from datetime import datetime

from forum import blobs
from forum.accounts.queries import member_by_email, names_by_email
from forum.clock import now
from forum.counter import PUBLISHED, next_number, take_turn
from forum.db import db, public_id
from forum.groups.models import Group, Membership, Role
from forum.groups.standing import count_newcomer_post
from forum.posting.anonymous import about
from forum.posting.image_location import without_location
from forum.posting.placement import Placement
from forum.queue import enqueue
from forum.rules.submission import Submission
from forum.settings import current_settings
from forum.text import excerpt, hide_addresses, hide_addresses_html, html_to_text, markdown_to_html, plain_to_html
from forum.threads import sealed
from forum.threads.models import Attachment, Post, TextFormat, Thread
from forum.threads.subjects import subject_key, title
from forum.threads.tags import SPECIAL, note_tags, tags_in, tags_of

NO_SUBJECT = "(no subject)"
_TAG = re.compile(r"\+[^@]*(?=@)")
_ADDRESS = re.compile(r"[^\s<>()\[\]\"',;:@]{1,64}@[A-Za-z0-9.-]{1,190}")


def publish(
    submission: Submission,
    placement: Placement,
    group: Group,
    membership: Membership | None,
    *,
    arrived_at: datetime | None = None,
    pseudonym_id: int | None = None,
) -> Post:
    """Make the post, in its thread or a new one, and queue its fan-out and indexing.

    `membership` is the author's in the group. Of what waited for a moderator, `arrived_at` keeps the moment of arrival
    and `pseudonym_id` the name that moderators have seen. MovedMeanwhileError when the thread is elsewhere by now.
    """
    if submission.author_id is None:
        raise ValueError("a post needs an author")
    number = next_number(PUBLISHED)
    moment = arrived_at or now()
    if submission.anonymous:
        # Neither the time nor what follows from a membership may tell whose it is.
        moment, membership = about(moment), None
    identity = public_id()
    name_of, others = _names_in(submission)
    text = hide_addresses(submission.text, name_of, others)
    html = render(text, submission.text_format, hide_addresses_html(submission.html, name_of, others))
    thread = placement.thread
    if thread is None:
        thread = _new_thread(submission, placement, group, moment)
    else:
        # While this one waited for its number, another post may have come into the thread, or it has moved.
        db.session.refresh(thread)
        _check_place(thread, group)
    author_id, byline = submission.author_id, submission.byline
    if submission.anonymous:
        db.session.flush()
        under = sealed.take_name(submission.author_id, thread.id, pseudonym_id)
        author_id, byline, pseudonym_id = sealed.anonymous_member_id(), under.name, under.id
    # Of the words as they are shown: no marks of Markdown in a list of threads.
    words = html_to_text(html) if submission.text_format is TextFormat.MARKDOWN else text
    thread.posts += 1
    # What waited for a moderator came before the answers that went out meanwhile.
    thread.last_post_at = max(thread.last_post_at, moment)
    thread.last_published_no, thread.last_byline, thread.last_excerpt = number, byline, excerpt(words, 160)
    own_subject = without_group_prefix(title(submission.subject), group)
    post = Post(
        public_id=identity,
        thread=thread,
        published_no=number,
        fan_out_key=submission.fan_out_key if submission.fan_out_key is not None else -number,
        author_id=author_id,
        pseudonym_id=pseudonym_id,
        byline=byline,
        via=submission.via,
        message_id=f"<{identity}@{current_settings().domain}>",
        author_message_id=submission.author_message_id,
        in_reply_to_id=placement.answers.id if placement.answers is not None else None,
        subject=submission.subject or thread.subject,
        text=text,
        text_format=submission.text_format,
        html=html,
        folded=hide_addresses(submission.folded, name_of, others),
        sent_at=submission.sent_at,
        created_at=moment,
    )
    post.special = _is_special(own_subject, placement.thread, membership)
    db.session.add(post)
    db.session.flush()
    note_tags(thread, own_subject)
    for file in submission.files:
        attach(post, file.name, file.type, file.content)
    count_newcomer_post(membership)
    if membership is not None and membership.acknowledge:
        enqueue("notice.acknowledged", post.id)
    enqueue("fan_out", post.id)
    enqueue("index", post.id)
    return post


class MovedMeanwhileError(Exception):
    """A thread is in another group than when its answer was judged: it is to be judged anew."""


def wait_for_moves(thread: Thread | None, group: Group) -> None:
    """Before an answer is kept: whoever moves threads is done or sees it. MovedMeanwhileError as in `publish`."""
    if thread is None:
        return
    take_turn(PUBLISHED)
    db.session.refresh(thread, ["group_id"])
    _check_place(thread, group)


def _check_place(thread: Thread, group: Group) -> None:
    if thread.group_id != group.id:
        db.session.expire(thread)
        raise MovedMeanwhileError


NameOf = Callable[[str], str | None]


def _names_in(submission: Submission) -> tuple[NameOf, NameOf]:
    """The names of the members whose addresses stand in the text, for quotes and for own words.

    Readers see those instead (L76). Only the author's own address stays, and only in the author's own words.
    """
    written = _ADDRESS.findall("\n".join((submission.text, submission.folded, submission.html)))
    # A plus-tag does not make a stranger.
    names = (
        names_by_email({spelling for email in written for spelling in (email, _TAG.sub("", email))}) if written else {}
    )

    def name_of(email: str) -> str | None:
        return names.get(email.lower()) or names.get(_TAG.sub("", email.lower()))

    def name_of_another(email: str) -> str | None:
        name = name_of(email)
        # Asked only of a member's: a text may hold thousands of addresses that are nobody's here.
        author = None if name is None else member_by_email(email)
        if submission.anonymous and author is not None and author.id == submission.author_id:
            return sealed.NOBODY
        return None if author is not None and author.id == submission.author_id else name

    return name_of, name_of_another


def attach(post: Post, name: str, type: str, content: bytes) -> None:
    """Keep a file with a post, an image without where it was made."""
    content = without_location(content)
    db.session.add(
        Attachment(post_id=post.id, digest=blobs.keep(content), name=name[:255], type=type[:255], size=len(content))
    )


def render(text: str, text_format: TextFormat, html: str) -> str:
    """The safe HTML of a post's text. Only what a member typed on the web is read as Markdown."""
    match text_format:
        case TextFormat.MARKDOWN:
            return markdown_to_html(text)
        case TextFormat.PLAIN:
            return plain_to_html(text)
        case TextFormat.HTML:
            return html


def thread_url(thread: Thread) -> str:
    return f"{current_settings().base_url}/t/{thread.public_id}"


def group_prefix(group: Group) -> str:
    """What stands before the subject of every copy that goes out, once."""
    return f"[{group.name}]"


def without_group_prefix(subject: str, group: Group) -> str:
    """The subject without our own prefix, which comes back with every reply (L15)."""
    while subject.lower().startswith(group_prefix(group).lower()):
        subject = title(subject[len(group_prefix(group)) :].lstrip())
    return subject


def _is_special(subject: str, thread: Thread | None, membership: Membership | None) -> bool:
    """Whether a post is an announcement: a moderator's, whose subject says so and not only because it answers one."""
    if membership is None or membership.role is Role.MEMBER or SPECIAL not in tags_in(subject):
        return False
    return thread is None or SPECIAL not in tags_of([thread.id]).get(thread.id, ())


def _new_thread(submission: Submission, placement: Placement, group: Group, moment: datetime) -> Thread:
    subject = without_group_prefix(title(submission.subject), group) or NO_SUBJECT
    thread = Thread(
        group_id=group.id,
        subject=subject,
        subject_key=subject_key(subject),
        grown_from_id=placement.grown_from.id if placement.grown_from is not None else None,
        created_at=moment if submission.anonymous else now(),
        posts=0,
        last_post_at=moment,
        # Said here, or the database would be asked for it with every thread, in a statement that is built anew.
        lock_reason="",
    )
    db.session.add(thread)
    return thread
