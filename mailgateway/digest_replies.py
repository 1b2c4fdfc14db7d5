"""An answer to a whole digest: which of its posts is meant, in the author's own words and no others (L16).

A marker that the answer quotes or that its subject names says which post. When it is not clear the mail is kept and
its author is asked; the number alone is then answer enough. The text of a digest is never posted.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select

from forum import blobs
from forum.accounts.queries import member_by_email, member_by_id
from forum.db import db
from forum.groups.models import Assurance
from forum.groups.rights import Viewer, viewer_of
from forum.queue import enqueue
from forum.text import html_to_text, plain_to_html
from forum.text.plain import split_quote
from forum.threads.models import Post
from forum.threads.moved import old_place_of
from forum.threads.queries import post_by_public_id, post_for
from mailgateway.authenticate import Authenticated
from mailgateway.mime import read_contents
from mailgateway.models import InboundMail, InboundRecipient, MailState
from mailgateway.parse import ParsedMail, parse
from mailgateway.route import DigestRoute

MARKER = re.compile(r"\[#(\d{1,3}) +([0-9a-z]{12})\]")
_ATTRIBUTION = re.compile(r"^.{0,300}[:\uff1a]\s*$")
_NUMBER_ALONE = re.compile(r"#?(\d{1,3})[.)]?")
_LISTS_TOPICS = re.compile(r"\s*(?:TOPICS|Topics|Today's Topics:)\s*")


@dataclass(frozen=True)
class OwnWords:
    """An answer divided: what its author wrote, and what was set aside.

    `mixed` says that the digest stood there without quote marks, so that not even the author's words are sure.
    """

    text: str
    folded: str
    mixed: bool


@dataclass(frozen=True)
class Meant:
    """The answer is one to this post; `parsed` has only the author's words, under the subject of the thread.

    `kept` is the row of the earlier mail that has these words, when its author has now said what it answers.
    """

    post_id: int
    group_id: int
    parsed: ParsedMail
    kept: InboundRecipient | None = None


@dataclass(frozen=True)
class Unclear:
    """What was done instead of posting."""

    state: MailState
    reason: str


def read_answer(parsed: ParsedMail, known: Authenticated, found: DigestRoute, row: InboundRecipient) -> Meant | Unclear:
    """What an answer to a digest means; when it is not clear, its author is asked."""
    words = own_words(parsed)
    if not words.text and not parsed.attachments:
        return Unclear(MailState.REFUSED, "an answer to a digest without own words")
    sender = member_by_email(parsed.from_address)
    is_reader = sender is not None and sender.id == found.member_id and known.assurance is not Assurance.FAILED
    number = _NUMBER_ALONE.fullmatch(words.text.strip())
    if number is not None and is_reader:
        kept = _kept_before(row)
        post = _post_of({marker for n, marker in _markers(parsed) if n == number[1]}, found.member_id)
        if kept is not None and post is not None:
            waiting, before, words = kept
            return replace(_meant(post, replace(before, message_id=parsed.message_id), words), kept=waiting)
    post = None if words.mixed else _post_of(_candidates(parsed, words, row), found.member_id)
    if post is not None:
        return _meant(post, parsed, words)
    if not is_reader or known.assurance is Assurance.FAILED:
        return Unclear(MailState.REFUSED, "an answer to another member's digest that does not say to which post")
    enqueue("notice.which_post", row.id, found.member_id)
    return Unclear(MailState.HELD, "an answer to a digest; its author was asked which post it is to")


def own_words(parsed: ParsedMail) -> OwnWords:
    """Divide an answer: every quote is set aside, and so is everything from where a digest stands unmarked."""
    own: list[str] = []
    aside: list[str] = []
    lines = parsed.text.split("\n")
    end = _unmarked_digest(lines)
    for line in lines[:end]:
        if split_quote(line)[0]:
            while own and not own[-1].strip():
                own.pop()
            if own and not aside and _ATTRIBUTION.match(own[-1]):
                aside.append(own.pop())
            aside.append(line)
        else:
            own.append(line)
    folded = "\n".join([*aside, *lines[end:], parsed.folded]).strip("\n")
    return OwnWords("\n".join(own).strip("\n"), folded, end < len(lines))


def _unmarked_digest(lines: Sequence[str]) -> int:
    """Where the text of a digest begins that no quote marks; the number of lines if it does not stand there."""
    first = next((at for at, line in enumerate(lines) if not split_quote(line)[0] and MARKER.search(line)), len(lines))
    topics = next((at for at, line in enumerate(lines[:first]) if _LISTS_TOPICS.fullmatch(line)), first)
    # Above the list of topics stand the digest's own first lines, and what a program puts over an old mail.
    return max(topics - 6, 0) if topics < first < len(lines) else first


def _markers(parsed: ParsedMail) -> list[tuple[str, str]]:
    return MARKER.findall("\n".join((parsed.text, parsed.folded)))


def posts_named(parsed: ParsedMail, member_id: int) -> list[tuple[int, Post]]:
    """The posts whose markers an answer holds, with their numbers in the digest, as far as the member reads them."""
    named = {int(number): marker for number, marker in _markers(parsed)}
    found = ((number, _post_of({marker}, member_id)) for number, marker in sorted(named.items()))
    return [(number, post) for number, post in found if post is not None]


def _candidates(parsed: ParsedMail, words: OwnWords, row: InboundRecipient) -> set[str]:
    """The markers that may say which post is meant, from the surest place that has any."""
    in_subject = {marker for _, marker in MARKER.findall(parsed.subject)}
    if in_subject:
        return in_subject
    raw_digest = db.session.get_one(InboundMail, row.mail_id).raw_digest
    near = set() if raw_digest is None else _near(words.text, blobs.content_of(raw_digest))
    return near if near and "" not in near else {marker for _, marker in _markers(parsed)}


def _near(words: str, raw: bytes) -> set[str]:
    """The last marker in a quote above each of the author's lines, in the mail as it came; "" where there is none."""
    bodies = (body for body in read_contents(raw).bodies if not body.forwarded)
    whole = "\n".join(html_to_text(body.text) if body.form == "html" else body.text for body in bodies)
    own = {line.strip() for line in words.split("\n") if line.strip()}
    near: set[str] = set()
    marker = ""
    for line in whole.split("\n"):
        found = MARKER.search(line) if split_quote(line)[0] else None
        marker = found[2] if found else marker
        if line.strip() in own:
            near.add(marker)
    return near


def _post_of(markers: set[str], member_id: int) -> Post | None:
    """The one post that is meant, if the member may read it: anybody can write the marker of another group's post."""
    member = member_by_id(member_id)
    viewer = None if member is None else viewer_of(member)
    if len(markers) != 1 or viewer is None:
        return None
    marker = next(iter(markers))
    # The thread of a post in an old digest may have moved: the gate knows what becomes of the answer.
    post = post_for(viewer, marker) or _moved_post(viewer, marker)
    return post if post is not None and post.erased_at is None else None


def _moved_post(viewer: Viewer, marker: str) -> Post | None:
    post = post_by_public_id(marker)
    return post if post is not None and old_place_of(viewer, post.thread) is not None else None


def _meant(post: Post, parsed: ParsedMail, words: OwnWords) -> Meant:
    answer = replace(
        parsed,
        kind="post",
        subject=f"Re: {post.thread.subject}",
        text=words.text,
        folded=words.folded,
        html=plain_to_html(words.text) if words.text else "",
        has_format="plain",
    )
    return Meant(post.id, post.thread.group_id, answer)


def _kept_before(row: InboundRecipient) -> tuple[InboundRecipient, ParsedMail, OwnWords] | None:
    """The newest answer to the same digest that waits for its author to say what it answers; it waits no longer."""
    found = db.session.execute(
        select(InboundRecipient, InboundMail)
        .join(InboundMail, InboundMail.id == InboundRecipient.mail_id)
        .where(
            InboundRecipient.address == row.address,
            InboundRecipient.id < row.id,
            InboundRecipient.state == MailState.HELD,
            InboundRecipient.held_post_id.is_(None),
            InboundMail.raw_digest.is_not(None),
        )
        .order_by(InboundRecipient.id.desc())
        .limit(1)
    ).first()
    if found is None:
        return None
    waiting, mail = found
    parsed = answer_as_it_came(mail)
    if parsed is None:
        return None
    waiting.state = mail.state = MailState.DUPLICATE
    waiting.reason = mail.reason = "its author has said which post it answers"
    return waiting, parsed, own_words(parsed)


def answer_as_it_came(mail: InboundMail) -> ParsedMail | None:
    """A stored mail read again; None when its time is over."""
    raw = None if mail.raw_digest is None else blobs.content_of(mail.raw_digest)
    return None if raw is None else parse(raw)
