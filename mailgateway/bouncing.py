"""What reports do to an address: noted, counted once a day when they say "dead", and a complaint pauses at once.

Only a token of ours names whom a report is about; the addresses inside it are never believed. Nobody is answered.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta

from sqlalchemy import select

from forum.accounts.models import Address, BounceNote, PauseReason
from forum.accounts.pausing import count_dead_day, pause, resume
from forum.accounts.queries import primary_address
from forum.clock import now
from forum.db import db
from forum.groups.models import Assurance
from forum.queue import Task, asked_lately, enqueue
from forum.work import Handler
from mailgateway.addresses import Addresses, ToBounce, ToLeave, ToReply, month_number
from mailgateway.bounce_words import Cause
from mailgateway.bounces import BounceReport, read_reply
from mailgateway.models import Delivery, DeliveryState, Digest
from mailgateway.parse import ParsedMail, parse
from mailgateway.route import BounceRoute, Route

# Mail servers try for five days at most; what comes later than the month after is an old mail sent in again.
OLDEST_MONTHS = 2
# Of a report on several addresses that our one became, the mildest holds: somebody may have got the mail.
_MILDEST_FIRST: Sequence[Cause] = ("transient", "full", "policy", "dmarc", "unknown", "dead")
_TOKEN = re.compile(rb"\b((?:bounce|reply|leave)\+[a-z2-7]{16,40}@[a-z0-9.-]+)", re.IGNORECASE)
_MAX_TOKENS = 50
TELL_AGAIN_AFTER = timedelta(days=3)


def hear(parsed: ParsedMail, raw: bytes, routes: Sequence[Route], addresses: Addresses, assurance: Assurance) -> str:
    """Take in one report or complaint; returns a sentence on what it did. `raw` is needed where no report was read.

    A report is believed by its return path alone, a complaint only from a proven sender, as mail providers are: the
    tokens in a copy go along when somebody forwards it.
    """
    found = [each for each in routes if isinstance(each, BounceRoute)]
    if parsed.kind == "complaint":
        return _hear_complaint(raw, [each.address_id for each in found], addresses, assurance)
    if not found:
        return "not to a return path of ours, so it counts for nothing"
    # The envelope's empty sender, which a mail at the door does not hold yet, tells more reports from other mail.
    reports = parsed.bounces or parse(b"Return-Path: <>\r\n" + raw).bounces
    return " ".join([_hear_report(each, reports) for each in found])


def _hear_report(found: BounceRoute, reports: Sequence[BounceReport]) -> str:
    address = db.session.get(Address, found.address_id)
    if address is None:
        return "the address that it is about is nobody's any more"
    if not 0 <= month_number(now()) - found.month <= OLDEST_MONTHS:
        return "it is about mail of another season, so it counts for nothing"
    return note(address, _report_on(address, reports))


def _report_on(address: Address, reports: Sequence[BounceReport]) -> BounceReport:
    """What a report says of the address that the token names, whatever the server calls it."""
    own = [each for each in reports if each.address.lower() == address.email.lower()]
    told = sorted(own or reports, key=lambda each: _MILDEST_FIRST.index(each.cause))
    return told[0] if told else BounceReport(address.email, "", "unknown")


def note(address: Address, report: BounceReport) -> str:
    """Note what was said of an address, once a day and cause, and count it if it says "dead"."""
    counted = report.cause == "dead" and count_dead_day(address, _good_days(address))
    _keep(address, report.cause, report.status, counted=counted)
    if counted and address.bouncing_since is not None:
        return "dead: counted, and mail to the address is paused"
    return f"{report.cause}: {'counted for today' if counted else 'noted, not counted'}"


def _keep(address: Address, klass: str, status: str, *, counted: bool) -> None:
    """At most one note a UTC day and cause, so that a flood of reports is one row."""
    today = datetime.combine(now().date(), time(), now().tzinfo)
    same = select(BounceNote.id).where(
        BounceNote.address_id == address.id, BounceNote.at >= today, BounceNote.klass == klass
    )
    if counted or db.session.scalar(same.limit(1)) is None:
        db.session.add(BounceNote(address_id=address.id, klass=klass, status=status[:20], counted=counted))
        db.session.flush()


def _good_days(address: Address) -> int:
    """Whole UTC days since the last counted report on which mail went to the address."""
    if address.bounce_counted_at is None:
        return 0
    first = datetime.combine(address.bounce_counted_at.date() + timedelta(days=1), time(), now().tzinfo)
    today = datetime.combine(now().date(), time(), now().tzinfo)
    days = set()
    for queue in (Delivery, Digest):
        sent = select(queue.done_at).where(
            queue.member_id == address.member_id,
            queue.state == DeliveryState.SENT,
            queue.done_at >= first,
            queue.done_at < today,
        )
        days |= {done_at.date() for done_at in db.session.scalars(sent) if done_at is not None}
    return len(days)


def _hear_complaint(raw: bytes, address_ids: Sequence[int], addresses: Addresses, assurance: Assurance) -> str:
    """Pause the address that a complaint is about: whoever calls our mail unwanted gets none, and stays a member."""
    by_token = (address for text in _tokens_in(raw) if (address := _address_of(text, addresses)) is not None)
    by_route = (address for each in address_ids if (address := db.session.get(Address, each)) is not None)
    address = next((each for found in (by_route, by_token) for each in found), None)
    if address is None:
        return "it names no mail of ours, so it counts for nothing"
    if assurance is not Assurance.PROVEN:
        _keep(address, "complaint", "", counted=False)
        return "its sender is not proven, so it is noted and pauses nothing"
    pause(address, PauseReason.COMPLAINT, why="its mail provider passed a complaint on")
    _keep(address, "complaint", "", counted=False)
    return "mail to the address is paused"


def _tokens_in(raw: bytes) -> Iterator[str]:
    """Addresses of ours in a complaint, return paths first: they name the very address that the mail went to."""
    text = raw.replace(b"=\r\n", b"").replace(b"=\n", b"")
    found = dict.fromkeys(match[1].decode("ascii").lower() for match in _TOKEN.finditer(text))
    yield from sorted(list(found)[:_MAX_TOKENS], key=lambda each: not each.startswith("bounce+"))


def _address_of(text: str, addresses: Addresses) -> Address | None:
    match addresses.read(text):
        case ToBounce(address_id, _):
            return db.session.get(Address, address_id)
        case ToReply(member_id, _) | ToLeave(member_id, _):
            return primary_address(member_id)
        case _:
            return None


def hear_from(address: Address, assurance: Assurance) -> None:
    """A mail that is proven to come from a bouncing address shows that somebody is there: mail goes again.

    It is no proof that mail is wanted again after a complaint, but whoever writes may ask why none comes.
    """
    if assurance is not Assurance.PROVEN:
        return
    if address.pause_reason is PauseReason.BOUNCES:
        resume(address, actor_id=address.member_id, why="a proven mail came from it")
    elif address.pause_reason is PauseReason.COMPLAINT and not asked_lately(
        "notice.still_paused", address.id, TELL_AGAIN_AFTER
    ):
        enqueue("notice.still_paused", address.id)


def _hear_refusal(sent: Delivery | Digest | None) -> None:
    """The relay refused a mail at once: read like a report, for the address that the mail went to."""
    address = None if sent is None else primary_address(sent.member_id)
    if sent is None or address is None or sent.state is not DeliveryState.REFUSED:
        return
    said = re.fullmatch(r"refused: (\d+) (.*)", sent.error or "", re.DOTALL)
    if said is not None:
        note(address, read_reply(int(said[1]), said[2]))


def hear_refused_copy(task: Task) -> None:
    _hear_refusal(db.session.get(Delivery, task.target_id))


def hear_refused_digest(task: Task) -> None:
    _hear_refusal(db.session.get(Digest, task.target_id))


HANDLERS: Mapping[str, Handler] = {
    "bounce.refused": hear_refused_copy,
    "bounce.digest_refused": hear_refused_digest,
}
