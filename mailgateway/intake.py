"""The only place that knows the order: a stored mail is parsed, authenticated, routed, submitted - and has a fate.

One transaction per mail. A mail that breaks the code is set aside whole, for a person to look at and replay; while
DNS or the database is in trouble it waits. Nothing is dropped in silence.
"""

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from typing import assert_never

import structlog
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError
from sqlalchemy.orm import selectinload

from forum import blobs
from forum.accounts.models import Address, Member
from forum.accounts.queries import member_by_email, owner_of_email
from forum.blobs import Blob
from forum.clock import now
from forum.db import db, reading, transaction
from forum.groups.models import Assurance, Group, MailContent
from forum.posting.hold import content_digest, hold_letter
from forum.posting.models import HeldPost
from forum.posting.outcomes import Duplicate, Held, Ignored, Published, Refused, Returned
from forum.posting.submit import submit
from forum.queue import anything_due, claim
from forum.rules.submission import File, Submission
from forum.settings import current_settings
from forum.threads.models import TextFormat, Via
from forum.threads.subjects import subject_key
from forum.tokens import current_tokens
from mailgateway.addresses import Addresses
from mailgateway.authenticate import Authenticated, SystemDns, TxtLookup, authenticate
from mailgateway.automatic import CHALLENGE
from mailgateway.bouncing import hear, hear_from
from mailgateway.commands import choose_by_word, confirm_by_mail, leave_by_mail, perform
from mailgateway.compose import NEW_POST
from mailgateway.digest_replies import Meant, Unclear, read_answer
from mailgateway.models import InboundMail, InboundRecipient, MailState
from mailgateway.moderating import decide_queue_by_mail, held_id_of, moderate_by_mail
from mailgateway.parse import ParsedMail, parse
from mailgateway.private_answers import relay_privately
from mailgateway.refusals import refuse, return_to_author, tell_held_stranger, tell_of_challenge
from mailgateway.route import (
    AuthorRoute,
    BounceRoute,
    CommandRoute,
    ConfirmRoute,
    DigestRoute,
    LeaveRoute,
    LetterRoute,
    ModerateRoute,
    NoRoute,
    PostRoute,
    QueueRoute,
    Route,
    route,
)

BATCH = 20
# So many share a commit, and their transaction stays well under a quarter of a second.
TOGETHER = 8
# While mail streams in, intake works a quarter of the time, and never waits longer than this.
GIVE_WAY, GIVE_WAY_SECONDS = 3, 0.5
TOGETHER_OCTETS = 2_000_000
# A mail whose worker died this often before it had a fate is set aside: it may be what kills it.
MAX_STARTS = 5
DNS_PATIENCE = timedelta(hours=1)
SENDER_WINDOW = timedelta(minutes=10)
AGAIN_AFTER = timedelta(seconds=1)
MAX_HOPS = 50

log = structlog.get_logger(__name__)


def run(owner: str, lookup_txt: TxtLookup | None = None) -> Generator[int, None, None]:
    """The worker of kind `intake`; tests bring their own DNS."""
    lookup_txt = lookup_txt or SystemDns()
    newest: int | None = None
    busy = 0.0
    while True:
        with reading():
            due = anything_due(InboundMail)
            before, newest = newest, _newest_mail()
        if due and before is not None and newest > before:
            # Whoever sends it waits for each answer; its fate can wait a moment, and SQLite has one writer at a time.
            time.sleep(min(GIVE_WAY * busy, GIVE_WAY_SECONDS))
        taken, began = 0, time.monotonic()
        if due:
            taken += _take_in_batch(BATCH, owner, InboundMail.attempts == 0, lookup_txt)
            # A mail that was begun before may be what ended the worker: it is begun alone, so that it takes no other
            # mail of a batch along.
            taken += _take_in_batch(1, owner, InboundMail.attempts > 0, lookup_txt)
        busy = time.monotonic() - began
        yield taken


def _newest_mail() -> int:
    return db.session.scalar(select(func.max(InboundMail.id))) or 0


def _take_in_batch(limit: int, owner: str, which: ColumnElement[bool], lookup_txt: TxtLookup) -> int:
    with transaction():
        ids = list(claim(InboundMail, limit, owner, which))
    for some in _few_at_a_time(ids):
        if len(some) == 1 or not _take_in_together(some, lookup_txt):
            for mail_id in some:
                take_in(mail_id, lookup_txt)
    return len(ids)


def _few_at_a_time(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """Mails in their order that are small enough to be held together; a large one goes alone."""
    with reading() as session:
        sizes = dict(
            session.execute(
                select(InboundMail.id, Blob.size)
                .join(Blob, Blob.digest == InboundMail.raw_digest)
                .where(InboundMail.id.in_(ids))
            )
            .tuples()
            .all()
        )
    some: list[int] = []
    octets = 0
    for mail_id in ids:
        size = sizes.get(mail_id, 0)
        if some and (len(some) == TOGETHER or octets + size > TOGETHER_OCTETS):
            yield some
            some, octets = [], 0
        some.append(mail_id)
        octets += size
    if some:
        yield some


def _take_in_together(mail_ids: Sequence[int], lookup_txt: TxtLookup) -> bool:
    """Whether all of them have their fate now, by one commit; else none has, and each must be taken in alone."""
    try:
        with reading() as session:
            stored = (
                select(InboundMail.id, Blob.content)
                .join(Blob, Blob.digest == InboundMail.raw_digest)
                .where(InboundMail.id.in_(mail_ids))
            )
            raws = dict(session.execute(stored).tuples().all())
        if len(raws) < len(mail_ids):
            return False
        read = {mail_id: _read(raws[mail_id], lookup_txt) for mail_id in mail_ids}
        with transaction():
            _settle(read)
    except Exception as error:
        log.info("mails are taken in one by one", mails=len(mail_ids), error=f"{type(error).__name__}: {error}")
        return False
    return True


def take_in(mail_id: int, lookup_txt: TxtLookup) -> None:
    """Give one stored mail its fate."""
    with reading() as session:
        mail = session.get_one(InboundMail, mail_id)
        starts, error, raw_digest = mail.attempts, mail.error, mail.raw_digest
        raw = None if raw_digest is None else blobs.content_of(raw_digest)
    if raw is None:
        _set_aside(mail_id, "its text is gone")
        return
    if starts > MAX_STARTS:
        _set_aside(mail_id, error or "the worker stopped several times while it had this mail")
        return
    try:
        read = {mail_id: _read(raw, lookup_txt)}
        with transaction():
            _settle(read)
    except (OperationalError, InterfaceError) as error:
        # The database is busy or away, and the mail is not to blame.
        log.warning("intake will be tried again", mail=mail_id, error=str(error.orig))
        _try_again(mail_id, 0)
    except IntegrityError as error:
        # Two copies at once: the second look finds what the first left. What fails again and again is set aside.
        log.warning("intake will be tried again", mail=mail_id, error=str(error.orig))
        _try_again(mail_id, starts, str(error.orig))
    except Exception as error:
        log.exception("a mail is set aside", mail=mail_id)
        _set_aside(mail_id, f"{type(error).__name__}: {error}")


def _read(raw: bytes, lookup_txt: TxtLookup) -> tuple[ParsedMail, Authenticated]:
    """What a mail says and how well its author is known. No transaction is open: DNS may take its time."""
    parsed = parse(raw)
    return parsed, authenticate(parsed, raw, current_settings().trusted_authserv_id, lookup_txt)


@dataclass(frozen=True)
class Arrived:
    """A mail with what is known of it."""

    mail: InboundMail
    parsed: ParsedMail
    known: Authenticated

    @cached_property
    def sender(self) -> tuple[Address, Member] | None:
        """The address in From, the first of several, and the member whose it is."""
        return owner_of_email(self.parsed.from_address)

    @cached_property
    def author(self) -> Member | None:
        """The member in From: of several authors (RFC 5322 allows them) the first one whom we know."""
        if self.sender is not None and not self.sender[1].placeholder:
            return self.sender[1]
        others = (member_by_email(address) for address in self.parsed.from_addresses[1:])
        return next((member for member in others if member is not None and not member.placeholder), None)


def _settle(read: Mapping[int, tuple[ParsedMail, Authenticated]]) -> None:
    """Give mails, in their order, what was read of them and their fate."""
    rows = select(InboundMail).where(InboundMail.id.in_(read)).options(selectinload(InboundMail.recipients))
    mails = db.session.scalars(rows.order_by(InboundMail.id).with_for_update()).all()
    # Who was faster after a lease had run out has settled a mail already.
    arrived = [Arrived(mail, *read[mail.id]) for mail in mails if mail.state is MailState.RECEIVED]
    for each in arrived:
        _describe(each.mail, each.parsed)
    for each in arrived:
        _settle_one(each)


def _settle_one(arrived: Arrived) -> None:
    mail = arrived.mail
    wait = _reason_to_wait(mail, arrived.known)
    if wait is None:
        _decide(arrived)
        mail.done_at = now()
    else:
        mail.due_at, mail.reason, mail.attempts = now() + wait[0], wait[1], 0
    mail.leased_until = mail.leased_by = None


def _describe(mail: InboundMail, parsed: ParsedMail) -> None:
    mail.from_address = parsed.from_address[:320]
    mail.subject = parsed.subject[:500]
    mail.message_id = parsed.message_id[:998]


def _reason_to_wait(mail: InboundMail, known: Authenticated) -> tuple[timedelta, str] | None:
    if known.retry and mail.received_at > now() - DNS_PATIENCE:
        return timedelta(minutes=5), known.reason
    limit = current_settings().sender_limit
    if not limit or not mail.from_address:
        return None
    # Only those before this one count, so that a paused sender's mails go on in their order.
    recent = select(func.count()).where(
        InboundMail.from_address == mail.from_address,
        InboundMail.received_at > now() - SENDER_WINDOW,
        InboundMail.id < mail.id,
    )
    if (db.session.scalar(recent) or 0) >= limit:
        return SENDER_WINDOW, f"more than {limit} mails from this sender in 10 minutes; it waits"
    return None


def _decide(arrived: Arrived) -> None:
    mail, parsed = arrived.mail, arrived.parsed
    addresses = Addresses(current_settings().domain, current_tokens())
    routes = route([(recipient.id, recipient.address) for recipient in mail.recipients], addresses)
    unfit = _not_for_people(mail, parsed, addresses, routes)
    if unfit is None and parsed.kind == "broken":
        raise ValueError(f"unreadable mail: {parsed.reason}")
    if unfit is not None:
        state, reason = unfit
        if state is MailState.BOUNCE:
            assert mail.raw_digest is not None
            raw = blobs.content_of(mail.raw_digest) if not parsed.bounces else b""
            reason = f"{reason}; {hear(parsed, raw, routes, addresses)}"
        for recipient in mail.recipients:
            recipient.state, recipient.reason = state, reason
        if reason.startswith(CHALLENGE):
            tell_of_challenge(routes)
    else:
        if arrived.sender is not None:
            hear_from(arrived.sender[0], arrived.known.assurance)
        for each in routes:
            _follow(arrived, each)
    _sum_up(mail)


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


def _follow(arrived: Arrived, found: Route) -> None:
    match found:
        case PostRoute():
            _post(arrived, found)
        case LetterRoute():
            _letter(arrived, found)
        case CommandRoute():
            _note(arrived, found, MailState.COMMAND, perform(arrived.parsed, arrived.known, found))
        case LeaveRoute():
            _note(arrived, found, MailState.COMMAND, leave_by_mail(arrived.parsed, arrived.known, found))
        case ConfirmRoute():
            said = confirm_by_mail(arrived.parsed, arrived.known, found)
            _note(arrived, found, MailState.COMMAND, said, held_id=held_id_of(found))
        case AuthorRoute():
            _private(arrived, found)
        case ModerateRoute():
            said = moderate_by_mail(arrived.parsed, arrived.known, found)
            _note(arrived, found, MailState.COMMAND, said, held_id=held_id_of(found))
        case QueueRoute():
            _note(arrived, found, MailState.COMMAND, decide_queue_by_mail(arrived.parsed, arrived.known, found))
        case DigestRoute():
            _answer_to_digest(arrived, found)
        case BounceRoute():
            _note(arrived, found, MailState.BOUNCE, "mail to a return path that is no report")
        case NoRoute():
            _note(arrived, found, MailState.REFUSED, found.reason)
        case unknown:
            assert_never(unknown)


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
        case Unclear(state, reason):
            _note(arrived, found, state, reason)


def _post(arrived: Arrived, found: PostRoute) -> None:
    parsed, mail = arrived.parsed, arrived.mail
    if parsed.kind == "command":
        # "unsubscribe" sent to the whole list: caught, answered, not distributed.
        command = CommandRoute(found.recipient_ids, found.group_id, None)
        _note(arrived, found, MailState.COMMAND, perform(parsed, arrived.known, command))
        return
    submission = submission_of(arrived, found)
    chosen = choose_by_word(parsed, found, submission)
    if chosen:
        _note(arrived, found, MailState.COMMAND, chosen)
        return
    outcome = submit(submission)
    match outcome:
        case Published(post_id=post_id):
            _note(arrived, found, MailState.POSTED, "", post_id=post_id)
        case Held(held_id=held_id, findings=findings):
            _note(arrived, found, MailState.HELD, findings[0].for_moderator, held_id=held_id)
            if submission.author_id is None:
                tell_held_stranger(_first_row(mail, found), submission)
        case Returned(findings=findings):
            _note(arrived, found, MailState.RETURNED, findings[0].sentence)
            return_to_author(_first_row(mail, found), submission)
        case Refused(findings=findings):
            _note(arrived, found, MailState.REFUSED, findings[0].sentence)
            refuse(_first_row(mail, found), submission)
        case Duplicate(post_id=post_id, held_id=held_id):
            _note(arrived, found, MailState.DUPLICATE, "it has come before", post_id=post_id, held_id=held_id)
        case Ignored(reason=reason):
            _note(arrived, found, MailState.AUTOMATIC, reason)
        case unknown:
            assert_never(unknown)


def submission_of(arrived: Arrived, found: PostRoute) -> Submission:
    """What the author of a mail wants to post to one group."""
    parsed = arrived.parsed
    author = arrived.author
    assurance = arrived.known.assurance
    alone = len(parsed.from_addresses) == 1
    if alone and assurance is Assurance.CLAIMED and author is not None and found.token_member_id == author.id:
        # The reply address was signed for this member, who is also in From, and DMARC has not failed.
        assurance = Assurance.TOKEN
    nearest_first = (parsed.in_reply_to, *reversed(parsed.references))
    stranger = f"{parsed.from_name} <{parsed.from_address}>" if parsed.from_name else parsed.from_address
    return Submission(
        group_id=found.group_id,
        author_id=author.id if author is not None else None,
        byline=author.name if author is not None else stranger[:500],
        assurance=assurance,
        via=Via.MAIL,
        subject=_own_subject(parsed, found.group_id),
        text=parsed.text,
        text_format=TextFormat.HTML if parsed.has_format == "html" else TextFormat.PLAIN,
        html=parsed.html,
        folded=parsed.folded,
        files=tuple(File(each.name, each.type, each.content) for each in parsed.attachments),
        author_message_id=(parsed.message_id or stable_id(parsed))[:998],
        answers=tuple(dict.fromkeys(message_id for message_id in nearest_first if message_id))[:100],
        answers_post_id=found.token_post_id,
        sent_at=parsed.date,
        fan_out_key=arrived.mail.id,
        addressed=_is_addressed(arrived, found),
        recipients=len({address.lower() for address in (*parsed.to, *parsed.cc)}),
    )


def _is_addressed(arrived: Arrived, found: PostRoute) -> bool:
    """Whether an address of ours stands in To or Cc, be it of another list: then the mail is no blind one.

    Whoever answers by a reply address has surely meant the group.
    """
    if found.token_post_id is not None:
        return True
    addresses = Addresses(current_settings().domain, current_tokens())
    return any(addresses.is_ours(address) for address in (*arrived.parsed.to, *arrived.parsed.cc))


def _own_subject(parsed: ParsedMail, group_id: int) -> str:
    """The author's subject. The one that a group gives mail which may say nothing is nobody's."""
    link_only = db.session.get_one(Group, group_id).mail_content is MailContent.LINK
    return "" if link_only and subject_key(parsed.subject) == subject_key(NEW_POST) else parsed.subject


def stable_id(parsed: ParsedMail) -> str:
    """An id made from the content of a mail that has none, so that a second copy is known again (L11)."""
    content = "\n".join((parsed.from_address, parsed.subject, str(parsed.date), parsed.text, parsed.folded))
    return f"<{blobs.digest_of(content.encode(errors='surrogatepass'))[:32]}@no-message-id.invalid>"


def _private(arrived: Arrived, found: AuthorRoute) -> None:
    mail, parsed = arrived.mail, arrived.parsed
    assert mail.raw_digest is not None
    raw, message_id = blobs.content_of(mail.raw_digest), parsed.message_id or stable_id(parsed)
    row = _first_row(mail, found)
    _note(arrived, found, *relay_privately(parsed, arrived.known, found, row, raw, message_id))


def _letter(arrived: Arrived, found: LetterRoute) -> None:
    letter = submission_of(arrived, PostRoute(found.recipient_ids, found.group_id))
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


def _try_again(mail_id: int, attempts: int, why: str | None = None) -> None:
    with transaction() as session:
        mail = session.get_one(InboundMail, mail_id)
        mail.due_at, mail.leased_until = now() + AGAIN_AFTER, None
        mail.attempts, mail.error = attempts, why


def _set_aside(mail_id: int, why: str) -> None:
    with transaction() as session:
        mail = session.get_one(InboundMail, mail_id)
        mail.state, mail.reason, mail.error = MailState.SET_ASIDE, why[:500], why[:5000]
        mail.set_aside_at, mail.leased_until = now(), None
        for recipient in mail.recipients:
            recipient.state, recipient.reason = MailState.SET_ASIDE, why[:500]
