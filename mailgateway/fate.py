"""What becomes of a mail: by its kind and by where it was sent, each of its recipients has a fate. Needs a transaction.

Every road of a mail begins here; what happens on it is the business of others.
"""

from dataclasses import replace
from typing import assert_never

from sqlalchemy import select

from forum import blobs
from forum.db import db
from forum.posting.hold import content_digest, hold_letter
from forum.posting.models import HeldPost, HeldState
from forum.posting.outcomes import Duplicate, Held, Ignored, Outcome, Published, Refused, Returned
from forum.posting.submit import submit
from forum.queue import enqueue
from forum.settings import current_settings
from forum.threads.models import Thread
from forum.tokens import current_tokens
from mailgateway.addresses import Addresses
from mailgateway.appealing import appeal_by_mail, appealed_post_of, review_by_mail
from mailgateway.author_answers import answer_by_mail
from mailgateway.automatic import CHALLENGE
from mailgateway.bouncing import hear, hear_from
from mailgateway.commands import choose_by_word, leave_by_mail, perform
from mailgateway.digest_replies import Meant, Unclear, read_answer
from mailgateway.models import InboundMail, InboundRecipient, MailState
from mailgateway.moderating import decide_queue_by_mail, held_id_of, moderate_by_mail
from mailgateway.parse import ParsedMail
from mailgateway.plan_answers import answer_plan_by_mail
from mailgateway.private_answers import relay_privately
from mailgateway.refusals import refuse, return_to_author, tell_held_stranger, tell_of_challenge
from mailgateway.reporting import report_by_mail
from mailgateway.route import (
    AppealRoute,
    AuthorRoute,
    BounceRoute,
    CommandRoute,
    ConfirmRoute,
    DigestRoute,
    LeaveRoute,
    LetterRoute,
    ModerateRoute,
    NoRoute,
    PlanRoute,
    PostRoute,
    QueueRoute,
    ReviewRoute,
    Route,
    route,
)
from mailgateway.sealing import hides_its_author, seal
from mailgateway.submitting import Arrived, is_anonymous, stable_id, submission_of

MAX_HOPS = 50


def decide(arrived: Arrived) -> None:
    """Give a mail and all of its recipients their fate."""
    mail, parsed = arrived.mail, arrived.parsed
    addresses = Addresses(current_settings().domain, current_tokens())
    routes = route([(recipient.id, recipient.address) for recipient in mail.recipients], addresses)
    unfit = _not_for_people(mail, parsed, addresses, routes)
    # Posts under a name, of which nobody need ask again whether they are anonymous.
    named: set[int] = set()
    if unfit is None and parsed.kind == "broken":
        raise ValueError(f"unreadable mail: {parsed.reason}")
    if unfit is not None:
        state, reason = unfit
        if state is MailState.BOUNCE:
            assert mail.raw_digest is not None
            raw = blobs.content_of(mail.raw_digest) if not parsed.bounces else b""
            reason = f"{reason}; {hear(parsed, raw, routes, addresses, arrived.known.assurance)}"
        for recipient in mail.recipients:
            recipient.state, recipient.reason = state, reason
        if reason.startswith(CHALLENGE):
            tell_of_challenge(routes)
    else:
        for each in routes:
            match _follow(arrived, each):
                case Published(post_id=post_id, anonymous=False):
                    named.add(post_id)
    _sum_up(mail)
    asks_for_it = any(isinstance(each, PostRoute) and is_anonymous(arrived, each) for each in routes)
    if hides_its_author(mail, named) or (asks_for_it and arrived.author is not None and unfit is None):
        seal(mail)
    elif arrived.sender is not None and unfit is None:
        hear_from(arrived.sender[0], arrived.known.assurance)


def _not_for_people(
    mail: InboundMail, parsed: ParsedMail, addresses: Addresses, routes: tuple[Route, ...]
) -> tuple[MailState, str] | None:
    """Automatic mail, reports and loops: listed with their reason, never posted, never answered."""
    if parsed.kind in ("automatic", "receipt"):
        return MailState.AUTOMATIC, parsed.reason
    if parsed.kind in ("bounce", "complaint") or not mail.envelope_sender:
        return MailState.BOUNCE, parsed.reason or "a report with an empty return path"
    if any(
        addresses.is_ours(list_id.partition(".")[0] + "@" + list_id.partition(".")[2]) for list_id in parsed.list_ids
    ):
        return MailState.AUTOMATIC, "our own list mail came back"
    if parsed.received_hops > MAX_HOPS:
        return MailState.AUTOMATIC, f"a loop: {parsed.received_hops} hops"
    if parsed.from_address and addresses.is_ours(parsed.from_address):
        return MailState.REFUSED, "it claims to come from an address of ours"
    return None


def _follow(arrived: Arrived, found: Route) -> Outcome | None:
    """Do what the mail asks for at one of its addresses; what became of it, where it was to be a post."""
    match found:
        case PostRoute():
            return _post(arrived, found)
        case LetterRoute():
            _letter(arrived, found)
        case CommandRoute():
            _note(arrived, found, MailState.COMMAND, perform(arrived.parsed, arrived.known, found))
        case LeaveRoute():
            _note(arrived, found, MailState.COMMAND, leave_by_mail(arrived.parsed, arrived.known, found))
        case ConfirmRoute():
            said = answer_by_mail(arrived.parsed, arrived.known, found)
            _note(arrived, found, MailState.COMMAND, said, held_id=held_id_of(found))
        case AuthorRoute():
            _private(arrived, found)
        case ModerateRoute():
            said = moderate_by_mail(arrived.parsed, arrived.known, found)
            _note(arrived, found, MailState.COMMAND, said, held_id=held_id_of(found))
        case QueueRoute():
            _note(arrived, found, MailState.COMMAND, decide_queue_by_mail(arrived.parsed, arrived.known, found))
        case AppealRoute():
            _note(arrived, found, MailState.COMMAND, appeal_by_mail(arrived.parsed, arrived.known, found))
        case PlanRoute():
            _note(arrived, found, MailState.COMMAND, answer_plan_by_mail(arrived.parsed, arrived.known, found))
        case ReviewRoute():
            said = review_by_mail(arrived.parsed, arrived.known, found)
            _note(arrived, found, MailState.COMMAND, said, held_id=appealed_post_of(found))
        case DigestRoute():
            _answer_to_digest(arrived, found)
        case BounceRoute():
            _note(arrived, found, MailState.BOUNCE, "mail to a return path that is no report")
        case NoRoute():
            _note(arrived, found, MailState.REFUSED, found.reason)
        case unknown:
            assert_never(unknown)
    return None


def _answer_to_digest(arrived: Arrived, found: DigestRoute) -> None:
    if arrived.parsed.kind == "command":
        command = CommandRoute(found.recipient_ids, None, None)
        _note(arrived, found, MailState.COMMAND, perform(arrived.parsed, arrived.known, command))
        return
    match read_answer(arrived.parsed, arrived.known, found, _first_row(arrived.mail, found)):
        case Meant(post_id, group_id, parsed, kept):
            _post(replace(arrived, parsed=parsed), PostRoute(found.recipient_ids, group_id, found.member_id, post_id))
            if kept is not None:
                # What became of its words: who erases the post erases this mail too.
                settled = _first_row(arrived.mail, found)
                kept.post_id, kept.held_post_id = settled.post_id, settled.held_post_id
                if hides_its_author(kept.mail, frozenset()):
                    seal(kept.mail)
        case Unclear(state, reason):
            _note(arrived, found, state, reason)


def _post(arrived: Arrived, found: PostRoute) -> Outcome | None:
    parsed, mail = arrived.parsed, arrived.mail
    if parsed.kind == "command":
        # "unsubscribe" sent to the whole list: caught, answered, not distributed.
        command = CommandRoute(found.recipient_ids, found.group_id, None)
        _note(arrived, found, MailState.COMMAND, perform(parsed, arrived.known, command))
        return None
    submission = submission_of(arrived, found)
    chosen = choose_by_word(parsed, found, submission) or report_by_mail(parsed, found, submission)
    if chosen:
        _note(arrived, found, MailState.COMMAND, chosen)
        return None
    outcome = submit(submission)
    match outcome:
        case Published(post_id=post_id, thread_id=thread_id, findings=findings):
            _note(arrived, found, MailState.POSTED, "", post_id=post_id)
            advice = [each for each in findings if each.version_id is not None]
            if advice:
                # Of what sent it to another group than it was written to, a mail of its own tells.
                routed = db.session.get_one(Thread, thread_id).group_id != submission.group_id
                if not (routed and all(each.room_id for each in advice)):
                    enqueue("notice.advised", post_id)
        case Held(held_id=held_id, findings=findings):
            _note(arrived, found, MailState.HELD, findings[0].for_moderator, held_id=held_id)
            if submission.author_id is None:
                tell_held_stranger(_first_row(mail, found), submission)
        case Returned(findings=findings, held_id=held_id):
            _note(arrived, found, MailState.RETURNED, findings[0].sentence, held_id=held_id)
            return_to_author(_first_row(mail, found), submission)
        case Refused(findings=findings):
            _note(arrived, found, MailState.REFUSED, findings[0].sentence)
            refuse(_first_row(mail, found), submission)
        case Duplicate(post_id=post_id, held_id=held_id):
            _note(arrived, found, MailState.DUPLICATE, "it has come before", post_id=post_id, held_id=held_id)
            if held_id is not None and db.session.get_one(HeldPost, held_id).state is HeldState.WITHDRAWN:
                # This copy holds what its author has had erased.
                enqueue("erase.held", held_id)
        case Ignored(reason=reason):
            _note(arrived, found, MailState.AUTOMATIC, reason)
        case unknown:
            assert_never(unknown)
    return outcome


def _private(arrived: Arrived, found: AuthorRoute) -> None:
    mail, parsed = arrived.mail, arrived.parsed
    assert mail.raw_digest is not None
    raw, message_id = blobs.content_of(mail.raw_digest), parsed.message_id or stable_id(parsed)
    row = _first_row(mail, found)
    _note(arrived, found, *relay_privately(parsed, arrived.known, found, row, raw, message_id))


def _letter(arrived: Arrived, found: LetterRoute) -> None:
    to_moderators = PostRoute(found.recipient_ids, found.group_id)
    if is_anonymous(arrived, to_moderators):
        _note(arrived, found, MailState.REFUSED, "an anonymous post is no letter: that would say who has written it")
        return
    letter = submission_of(arrived, to_moderators)
    same = select(HeldPost.id).where(
        HeldPost.group_id == letter.group_id,
        HeldPost.author_message_id == letter.author_message_id,
        HeldPost.content_digest == content_digest(letter),
    )
    held_id = db.session.scalar(same.limit(1))
    if held_id is not None:
        _note(arrived, found, MailState.DUPLICATE, "it has come before", held_id=held_id)
        return
    held = hold_letter(letter)
    _note(arrived, found, MailState.HELD, "a letter to the moderators", held_id=held.id)


def _first_row(mail: InboundMail, found: Route) -> InboundRecipient:
    return next(recipient for recipient in mail.recipients if recipient.id in found.recipient_ids)


def _note(
    arrived: Arrived,
    found: Route,
    state: MailState,
    reason: str,
    *,
    post_id: int | None = None,
    held_id: int | None = None,
) -> None:
    for recipient in arrived.mail.recipients:
        if recipient.id in found.recipient_ids:
            recipient.state, recipient.reason = state, reason
            recipient.post_id, recipient.held_post_id = post_id, held_id


# What a mail became as a whole: the first of these that any of its recipients has.
_ORDER = (
    MailState.POSTED,
    MailState.HELD,
    MailState.RETURNED,
    MailState.DUPLICATE,
    MailState.COMMAND,
    MailState.REFUSED,
    MailState.BOUNCE,
    MailState.AUTOMATIC,
)


def _sum_up(mail: InboundMail) -> None:
    leading = min(mail.recipients, key=lambda recipient: _ORDER.index(recipient.state))
    mail.state, mail.reason = leading.state, leading.reason
