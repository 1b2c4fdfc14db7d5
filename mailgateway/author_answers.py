"""An author's answer by mail about an own post that waits or came back: changed, spoken for, asked about, taken back.

Only the author is obeyed, from an own verified address. What was done or not stands in the sentence that this
returns; the author gets it by mail, with how it stands now.
"""

from collections.abc import Callable, Sequence
from typing import assert_never

from sqlalchemy import select

from forum.accounts.models import Member
from forum.accounts.queries import member_by_email
from forum.db import db
from forum.groups.actions import NotPossible
from forum.groups.models import Assurance, Standing
from forum.groups.rights import viewer_of
from forum.moderation.actions import withdraw
from forum.moderation.queries import is_letter, waits_for_author, waits_for_joining
from forum.moderation.releasing import confirm
from forum.posting.anonymous import author_of, sealed_message_id
from forum.posting.models import HeldPost, HeldState
from forum.posting.outcomes import Duplicate, Held, Published, Refused, Returned
from forum.posting.resubmit import ask_moderator, asks_for_own_name, is_open_to_author, resubmit
from forum.queue import Task, enqueue
from forum.rules.findings import Passage
from forum.text import normalise
from forum.threads.moved import join_where_moved, moved_for
from mailgateway.appealing import appeal_with_words, words_of_appeal
from mailgateway.authenticate import Authenticated
from mailgateway.author_words import (
    Ask,
    AsMyself,
    AuthorAnswer,
    Edit,
    NotAPatient,
    Unclear,
    Withdraw,
    read_author_answer,
    says_yes,
)
from mailgateway.marked_words import Place, carried_over, numbered_places, unmarked, version_of
from mailgateway.models import InboundMail, InboundRecipient
from mailgateway.moderating_words import own_words
from mailgateway.parse import ParsedMail
from mailgateway.route import ConfirmRoute

UNCHANGED = "Nothing has changed:"
NO_WORD = f"{UNCHANGED} the first word of your answer is none that we know."
_FILES = " The files of your answer were not taken; those that you sent first are kept."


def answer_by_mail(parsed: ParsedMail, known: Authenticated, found: ConfirmRoute) -> str:
    """Do what an author answers to a mail about an own post."""
    held, sender = db.session.get(HeldPost, found.held_id), member_by_email(parsed.from_address)
    if held is None or author_of(held) != found.member_id:
        return "confirm: there is no such held post"
    alone = len(parsed.from_addresses) == 1  # Of several, DMARC vouches for none.
    if sender is None or sender.id != found.member_id or known.assurance is Assurance.FAILED or not alone:
        return "confirm: it came from another address; nothing done"
    # Two copies of one answer at the same time: the second waits here, and finds the first.
    db.session.refresh(held, with_for_update={"of": HeldPost})
    if held.state is HeldState.WITHDRAWN:
        # This answer quotes the words as well.
        enqueue("erase.held", held.id)
    if _came_before(parsed, found):
        return "it has come before; nothing done"
    said = _done(held, parsed)
    enqueue("notice.answered", found.recipient_ids[0], sender.id)
    return said


def _came_before(parsed: ParsedMail, found: ConfirmRoute) -> bool:
    """Whether another copy of this very mail was answered already."""
    if not parsed.message_id:
        return False
    answered = (
        select(Task.id)
        .join(InboundRecipient, InboundRecipient.id == Task.target_id)
        .join(InboundMail, InboundMail.id == InboundRecipient.mail_id)
        .where(
            InboundMail.message_id.in_((parsed.message_id[:998], sealed_message_id(parsed.message_id[:998]))),
            InboundRecipient.held_post_id == found.held_id,
            InboundRecipient.id.not_in(found.recipient_ids),
            Task.kind == "notice.answered",
        )
    )
    return db.session.scalar(answered.limit(1)) is not None


def _done(held: HeldPost, parsed: ParsedMail) -> str:
    words = own_words(parsed.text)
    appealed = words_of_appeal(parsed.text)
    if appealed is not None and held.decided_by_id is not None:
        return appeal_with_words(held, appealed)
    unread = not words and bool(parsed.text.strip() or (parsed.attachments and not parsed.folded.strip()))
    asked = read_author_answer(words)
    if isinstance(asked, Unclear) and not unread and (says_yes(words) or not words):
        if waits_for_author(held):
            return _confirmed(held)
        if waits_for_joining(held):
            return _come_along(held)
        if held.state is HeldState.APPROVED:
            return "It is posted."
    if isinstance(asked, Unclear) and waits_for_author(held):
        return f"{UNCHANGED} only an answer that begins with yes says that you wrote it."
    said = _obeyed(held, parsed, asked)
    return said + _FILES if isinstance(asked, Edit) and parsed.attachments else said


def _confirmed(held: HeldPost) -> str:
    try:
        state = confirm(held).state
    except NotPossible as refusal:
        return f"{UNCHANGED} {refusal}"
    if waits_for_joining(held):
        enqueue("notice.held", held.id)  # Now it asks whether to join.
        return "Thank you. It waits until you join the group; a mail tells you how."
    return "Thank you. It is posted." if state is HeldState.APPROVED else "Thank you. It still waits for a moderator."


def _come_along(held: HeldPost) -> str:
    """The author joins the group where the thread is now; what waited for that goes out by itself."""
    author_id = author_of(held)
    member = None if author_id is None else db.session.get(Member, author_id)
    viewer = None if member is None else viewer_of(member)
    moved = None if viewer is None or held.thread is None else moved_for(viewer, held.thread.public_id)
    if member is None or moved is None:
        return f"{UNCHANGED} this thread is not open to you."
    try:
        joined = join_where_moved(member, moved)
    except NotPossible as refusal:
        return f"{UNCHANGED} {refusal}"
    if joined.standing is Standing.PENDING:
        return f"The moderators of {moved.group.name} have your request to join. Your answer waits for them."
    if joined.standing is Standing.BANNED:
        return f"{UNCHANGED} the moderators of {moved.group.name} have ended your membership there."
    return f"You are now a member of {moved.group.name}, and your answer goes out."


def _obeyed(held: HeldPost, parsed: ParsedMail, asked: AuthorAnswer) -> str:
    if not isinstance(asked, Unclear) and not is_open_to_author(held):
        return f"{UNCHANGED} {_too_late(held)}"
    match asked:
        case Edit(text="", subject=""):
            return f"{UNCHANGED} write your whole new text below the word edit."
        case Edit(text=text, subject=subject):
            return _edited(held, unmarked(text), unmarked(subject) or None)
        case NotAPatient(numbers=numbers):
            return _spoken_for(held, parsed, numbers)
        case Ask():
            return _asked(held)
        case AsMyself():
            return _as_myself(held)
        case Withdraw():
            withdraw(held)
            return "Withdrawn: it is not posted, and its words and files are erased here."
        case Unclear():
            return NO_WORD if is_open_to_author(held) else f"{UNCHANGED} {_too_late(held)}"
        case unknown:
            assert_never(unknown)


def _edited(held: HeldPost, text: str, subject: str | None) -> str:
    if is_letter(held):
        return f"{UNCHANGED} a letter cannot be changed. Write another one, or take this one back."
    before = [each for each in held.confirmed if subject is None or each["field"] != "subject"]
    if not text:
        # Only the subject is another one: the text keeps its layout.
        still = tuple(Passage(**each) for each in before)
        return _tried(
            held,
            lambda: resubmit(held, held.text, subject=subject, text_format=held.text_format, confirmed=still),
            "Your post",
        )
    words = normalise(text)
    moved = carried_over(before, held.text, words)
    return _tried(held, lambda: resubmit(held, words, subject=subject, confirmed=moved), "Your new text")


def _spoken_for(held: HeldPost, parsed: ParsedMail, numbers: Sequence[int]) -> str:
    """The author says of passages, by their numbers in the mail that was answered, that they identify no patient."""
    places = numbered_places(held.findings, held.confirmed)
    to_say = [place for place in places if place.open]
    if not to_say:
        return f"{UNCHANGED} there are no marked words of which you can say that."
    if _is_outdated(parsed, held, places):
        return f"{UNCHANGED} the text is another one since that mail. The numbers below are those of today."
    if not numbers and len(to_say) == 1:
        numbers = (to_say[0].number,)
    known = {place.number for place in places}
    if not numbers or not known.issuperset(numbers):
        return f"{UNCHANGED} write the numbers of the marked words behind it, such as: not a patient {_some(to_say)}"
    now_said = tuple(place.passage for place in to_say if place.number in numbers)
    before = tuple(Passage(**each) for each in held.confirmed)
    return _tried(
        held,
        lambda: resubmit(held, held.text, text_format=held.text_format, confirmed=(*before, *now_said)),
        "Your post",
    )


def _some(places: Sequence[Place]) -> str:
    return " ".join(str(place.number) for place in places[:2])


def _is_outdated(parsed: ParsedMail, held: HeldPost, places: Sequence[Place]) -> bool:
    """Whether the answer names a mail of ours with other numbers. An answer that names none is taken at its word."""
    ours = f"<yours.{held.public_id}."
    named = [each for each in (parsed.in_reply_to, *parsed.references) if each and each.startswith(ours)]
    return bool(named) and not any(
        each.startswith(f"{ours}{version_of(held.text, held.subject, places)}.") for each in named
    )


Resubmitted = Published | Held | Returned | Refused | Duplicate


def _tried(held: HeldPost, again: Callable[[], Resubmitted], what: str) -> str:
    """Send the post through the gate again and say what became of it."""
    outcome = again()
    match outcome:
        case Published():
            return f"{what} is posted now."
        case Held():
            return f"{what} waits for a moderator now. You get a mail when it is decided."
        case Returned():
            return f"{what} is not posted yet. It is kept for you, and nobody else has seen it."
        case Refused(findings=findings):
            return f"{UNCHANGED} {findings[0].sentence}"
        case Duplicate():
            return f"{UNCHANGED} {_too_late(held)}"
        case unknown:
            assert_never(unknown)


def _as_myself(held: HeldPost) -> str:
    """The author is sure to answer under the own name where there are anonymous posts of the same hand."""
    if not asks_for_own_name(held):
        return f"{UNCHANGED} this post does not ask under which name it is to go."
    return _tried(held, lambda: resubmit(held, held.text, text_format=held.text_format, own_name="sure"), "Your post")


def _asked(held: HeldPost) -> str:
    if held.state is HeldState.WAITING:
        return f"{UNCHANGED} a moderator looks at it already. You get a mail when it is decided."
    if not held.private:
        return f"{UNCHANGED} a moderator has looked at it already. Answer with edit and your new text below it."
    try:
        waits = ask_moderator(held)
    except NotPossible as refusal:
        return f"{UNCHANGED} {refusal}"
    if not waits:
        return f"{UNCHANGED} no moderator looks at who is anonymous. You can change the post, or take it back."
    return f"A moderator of {held.group.name} looks at it now. You get a mail when it is decided."


def _too_late(held: HeldPost) -> str:
    match held.state:
        case HeldState.APPROVED:
            return "it is posted already."
        case HeldState.REJECTED:
            return "a moderator has decided already not to post it."
        case HeldState.WITHDRAWN:
            return "you have taken it back already, and its words are gone here. To post it, send it as a new mail."
        case HeldState.WAITING | HeldState.RETURNED:
            return "it cannot be changed by its author."
        case unknown:
            assert_never(unknown)
