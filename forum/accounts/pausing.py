"""Mail to an address is paused, and goes again: when, what takes over meanwhile, and the link that ends it.

It counts days; what a report said is read elsewhere. Never commits.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update

from forum.accounts.models import Address, Member, PauseReason
from forum.accounts.queries import address_by_email
from forum.accounts.sign_in import end_links
from forum.clock import now
from forum.counter import PUBLISHED, last_number
from forum.db import db
from forum.log import record
from forum.queue import enqueue
from forum.tokens import Purpose, current_tokens

# Three bad days, not one: a server that is being moved says "no such user" for an afternoon or a weekend.
PAUSE_AT = 3
# A report that is older than this says nothing about today: counting begins anew.
STALE_AFTER = timedelta(days=7)
# Days after the pause on which a probe asks again, each wait longer than the one before: soon enough for a mailbox
# that was only being moved, rare enough for one that is gone. Then only the owner's own act ends the pause.
PROBE_DAYS = (1, 4, 11, 25, 53, 109)
_AT_ONCE = 200


def count_dead_day(address: Address, good_days: int) -> bool:
    """Count a day on which the address was reported dead, once a UTC day; pauses it when there are enough.

    `good_days` are the days since the last counted one on which mail went there and no report came: each takes one
    bad day back. Returns whether this report has counted.
    """
    _lock(address)
    moment, last = now(), address.bounce_counted_at
    if address.bouncing_since is not None or (last is not None and last.date() >= moment.date()):
        return False
    is_fresh = last is not None and moment - last <= STALE_AFTER
    address.bounce_score = (max(address.bounce_score - good_days, 0) if is_fresh else 0) + 1
    address.bounce_counted_at = moment
    if address.bounce_score >= PAUSE_AT:
        pause(address, PauseReason.BOUNCES, why=f"reported dead on {address.bounce_score} days")
    return True


def pause(address: Address, reason: PauseReason, *, why: str, actor_id: int | None = None) -> None:
    """Stop the mail of all groups to this address. One that bounces is replaced by another of its member if it can be.

    A complaint outlasts a bounce, and a removal outlasts both; to repeat it changes nothing.
    """
    _lock(address)
    ranks = list(PauseReason)
    if address.pause_reason is not None and ranks.index(address.pause_reason) >= ranks.index(reason):
        return
    if address.bouncing_since is None:
        address.bouncing_since, address.paused_from_no = now(), last_number(PUBLISHED)
    address.pause_reason, address.probe_due_at = reason, None
    address.probes += 1
    record("pause mail", "address", address.id, actor_id=actor_id, why=f"{reason}: {why}", undo="resume mail")
    db.session.flush()
    if reason is PauseReason.BOUNCES and address.is_primary and not _send_elsewhere(address):
        address.probe_due_at = next_probe_at(address.bouncing_since, now())


def _send_elsewhere(address: Address) -> bool:
    """Let mail go to another verified address of the same member, which is told so; False when there is none."""
    others = select(Address).where(
        Address.member_id == address.member_id, Address.id != address.id, Address.bouncing_since.is_(None)
    )
    other = db.session.scalars(others.order_by(Address.id).limit(1)).first()
    if other is None:
        return False
    _make_primary(other)
    record(
        "send mail elsewhere",
        "member",
        address.member_id,
        why=f"address {address.id} bounces",
        undo=f"choose address {address.id} for mail",
    )
    enqueue("notice.mail_moved", other.id, address.id)
    return True


def _make_primary(address: Address) -> None:
    db.session.execute(update(Address).where(Address.member_id == address.member_id).values(is_primary=False))
    db.session.execute(update(Address).where(Address.id == address.id).values(is_primary=True))
    db.session.expire_all()


def next_probe_at(paused_at: datetime, moment: datetime) -> datetime | None:
    """When the next probe after `moment` is due in a pause that began at `paused_at`; None after the last."""
    days = (paused_at + timedelta(days=days) for days in PROBE_DAYS)
    return next((day for day in days if day > moment), None)


def send_due_probes(moment: datetime) -> int:
    """Queue the probes that are due and settle when the next ones are; returns how many."""
    due = select(Address).where(Address.probe_due_at <= moment).order_by(Address.probe_due_at).limit(_AT_ONCE)
    addresses = db.session.scalars(due.with_for_update(skip_locked=True)).all()
    for address in addresses:
        assert address.bouncing_since is not None
        address.probes += 1
        address.probe_due_at = next_probe_at(address.bouncing_since, moment)
        enqueue("notice.probe", address.id, address.probes)
    return len(addresses)


def way_back(address: Address) -> str:
    """The token that ends this pause: without a term, but good for this pause alone, and only until it is made anew."""
    return current_tokens().make(Purpose.PROBE, address.id, address.probes)


def paused_address(token: str) -> Address | None:
    """The address whose pause a token may end. Looking changes nothing: scanners look too."""
    numbers = current_tokens().read(Purpose.PROBE, token)
    address = None if numbers is None else db.session.get(Address, numbers[0])
    if address is None or numbers is None or address.probes != numbers[1] or not may_resume(address):
        return None
    return address


def may_resume(address: Address) -> bool:
    """Whether its owner can end the pause."""
    return address.pause_reason in (PauseReason.BOUNCES, PauseReason.COMPLAINT)


def resume(address: Address, *, actor_id: int | None, why: str) -> bool:
    """End the pause; False when there is none. What came meanwhile is summed up in one mail, never sent after."""
    _lock(address)
    if not may_resume(address):
        return False
    from_no = address.paused_from_no or 0
    record("resume mail", "address", address.id, actor_id=actor_id, why=why, undo=f"pause mail {address.pause_reason}")
    _clear(address)
    if address.is_primary and last_number(PUBLISHED) > from_no:
        enqueue("digest.catch_up", address.member_id, from_no)
    return True


def _clear(address: Address) -> None:
    address.bouncing_since = address.pause_reason = address.paused_from_no = None
    address.bounce_counted_at = address.probe_due_at = None
    address.bounce_score = 0


def retire_addresses(member: Member, *, why: str) -> None:
    """Nothing goes to any address of this member ever again, and none of them signs in.

    The rows stay: an address that is known cannot come in again with the next roster.
    """
    for address in _addresses_of(member):
        pause(address, PauseReason.REMOVED, why=why)
        address.is_primary = False
    member.session_epoch += 1
    end_links(member)
    db.session.flush()
    db.session.expire(member, ["addresses"])


def is_retired(email: str) -> bool:
    """Whether nothing may go to this address, whoever asks for it."""
    address = address_by_email(email)
    return address is not None and address.pause_reason is PauseReason.REMOVED


def revive_addresses(member: Member) -> None:
    """A member who belongs again has an address for mail again: what `retire_addresses` did is undone."""
    addresses = _addresses_of(member)
    for address in addresses:
        if address.pause_reason is PauseReason.REMOVED:
            record("resume mail", "address", address.id, why="a member again", undo="pause mail")
            _clear(address)
    db.session.flush()
    if addresses and not any(address.is_primary for address in addresses):
        _make_primary(addresses[0])


def _addresses_of(member: Member) -> Sequence[Address]:
    return db.session.scalars(select(Address).where(Address.member_id == member.id).order_by(Address.id)).all()


def _lock(address: Address) -> None:
    """Of two reports at once, the second sees what the first has counted."""
    db.session.flush()
    db.session.refresh(address, with_for_update=True)
