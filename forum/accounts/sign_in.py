"""Passwords, one-time links and the limit on tries. Says nothing about who may read what."""

import enum
import hmac
from datetime import timedelta
from functools import cache
from ipaddress import IPv6Address, ip_address

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from sqlalchemy import delete, func, select, update

from forum.accounts.emails import BadAddress, address_key, base_key
from forum.accounts.models import LinkPurpose, Member, OneTimeLink, SignInAttempt
from forum.clock import now
from forum.db import db
from forum.log import record
from forum.settings import current_settings
from forum.tokens import Purpose, current_tokens

LINK_LIFETIME = timedelta(minutes=30)
WINDOW = timedelta(minutes=15)
TRIES_PER_ACCOUNT = 8
TRIES_PER_NETWORK_ADDRESS = 60
# New addresses that one member may ask for: each is a mail to somebody who may never have heard of us.
ADDRESSES_A_DAY = 5
_KEPT = timedelta(days=1)
SHORTEST_PASSWORD = 10

_hasher = PasswordHasher()


class Way(enum.StrEnum):
    """How somebody tries to sign in. Each is counted by itself: guessing passwords never locks out the links."""

    LINK = "link"
    PASSWORD = "password"  # noqa: S105  (the word, not a password)


_WAIT = {
    Way.LINK: "Too many links have been asked for. Use one that you have, or wait 15 minutes and ask again.",
    Way.PASSWORD: "Too many tries with a password. Wait 15 minutes, or ask for a sign-in link instead.",
}


class TooManyAttempts(Exception):
    """Somebody has tried or asked too often; the sentence says when to try again."""


class BadPassword(ValueError):
    """The new password will not do; the sentence says why."""


def count_attempt(way: Way, account: str, network_address: str) -> None:
    """Note one try, for the account and for where it comes from; TooManyAttempts when either has had its share.

    The caller commits even when the sign-in then fails, or the count would be lost.
    """
    moment = now()
    db.session.execute(delete(SignInAttempt).where(SignInAttempt.at < moment - _KEPT))
    limits = (
        (f"{way} for {_one_account(account)}", TRIES_PER_ACCOUNT),
        (f"{way} from {_one_network(network_address)}", TRIES_PER_NETWORK_ADDRESS),
    )
    for what, limit in limits:
        _note(what, limit, WINDOW, _WAIT[way])
    db.session.flush()


def count_new_address(member_id: int) -> None:
    """Note that a member asks to add an address, by mail or on the web; TooManyAttempts after so many in a day."""
    wait = f"You have asked for {ADDRESSES_A_DAY} new addresses within a day. Wait a day, then ask again."
    _note(f"address of {member_id}", ADDRESSES_A_DAY, _KEPT, wait)
    db.session.flush()


def _note(what: str, limit: int, within: timedelta, sentence: str) -> None:
    hashed, moment = _hash_of(what), now()
    recent = select(func.count()).where(SignInAttempt.what == hashed, SignInAttempt.at > moment - within)
    if (db.session.scalar(recent) or 0) >= limit:
        raise TooManyAttempts(sentence)
    db.session.add(SignInAttempt(what=hashed, at=moment))


def _one_account(account: str) -> str:
    """One name for all spellings that sign in to one account, or a plus-tag would be a fresh set of tries."""
    try:
        return base_key(address_key(account))
    except BadAddress:
        return account.strip().lower()


def _one_network(network_address: str) -> str:
    """One name for where somebody comes from: a household has a whole /64 of IPv6."""
    try:
        address = ip_address(network_address)
    except ValueError:
        return network_address
    return str(int(address) >> 64) if isinstance(address, IPv6Address) else str(address)


def _hash_of(what: str) -> str:
    return hmac.digest(current_settings().secret_keys()[0], what.encode(), "sha256").hex()


@cache
def _nobodys_hash() -> str:
    """Checked when there is no such account, so that the time taken does not tell."""
    return _hasher.hash("nobody has this password")


def password_fits(member: Member | None, password: str) -> bool:
    """Check a password in constant work, whether or not the account or its password exists."""
    stored = member.password_hash if member is not None else None
    try:
        return _hasher.verify(stored or _nobodys_hash(), password) and stored is not None
    except (VerifyMismatchError, VerificationError, InvalidHashError):
        return False


def hash_new_password(member: Member, password: str) -> str:
    """What is kept of a password; BadPassword when it is too short, or is the name or address.

    It takes a tenth of a second on purpose: never inside a transaction.
    """
    if len(password) < SHORTEST_PASSWORD:
        raise BadPassword(
            f"Choose a password of at least {SHORTEST_PASSWORD} characters. A few words in a row do well."
        )
    if len(password) > 500:
        raise BadPassword("Choose a password of at most 500 characters.")
    known = {member.name.casefold(), *(address.key for address in member.addresses)}
    if password.casefold() in known:
        raise BadPassword("Choose a password that is not your name or address.")
    return _hasher.hash(password)


def set_password(member: Member, hashed: str) -> None:
    """Set or change a password, as its hash. All sessions and open links end: somebody else may have begun them."""
    member.password_hash = hashed
    member.session_epoch += 1
    end_links(member)
    record("set password", "member", member.id, actor_id=member.id)


def make_link(member: Member, purpose: LinkPurpose, email: str) -> OneTimeLink:
    """A link that works once within 30 minutes. What goes into the mail is `link_token` of it."""
    moment = now()
    link = OneTimeLink(
        purpose=purpose,
        member_id=member.id,
        email=email,
        created_at=moment,
        expires_at=moment + LINK_LIFETIME,
    )
    db.session.add(link)
    db.session.flush()
    return link


def end_links(member: Member) -> None:
    """Make every open link of this member useless, those that would add an address too."""
    db.session.execute(
        update(OneTimeLink)
        .where(OneTimeLink.member_id == member.id, OneTimeLink.used_at.is_(None))
        .values(used_at=now())
    )


def link_token(link: OneTimeLink) -> str:
    return current_tokens().make(Purpose.SIGN_IN, link.id)


def living_link(token: str, purpose: LinkPurpose) -> OneTimeLink | None:
    """The link behind a token if it is unused and in time. Looking does not use it up: scanners look too."""
    numbers = current_tokens().read(Purpose.SIGN_IN, token)
    link = None if numbers is None else db.session.get(OneTimeLink, numbers[0])
    if link is None or link.purpose is not purpose or link.used_at is not None or link.expires_at <= now():
        return None
    return link


def use_link(token: str, purpose: LinkPurpose) -> OneTimeLink | None:
    """Use a link up; None when it is used, late or not ours. Two at once: one gets it."""
    link = living_link(token, purpose)
    if link is None:
        return None
    used = db.session.execute(
        update(OneTimeLink)
        .where(OneTimeLink.id == link.id, OneTimeLink.used_at.is_(None))
        .values(used_at=now())
        .returning(OneTimeLink.id)
        .execution_options(synchronize_session=False)
    ).all()
    db.session.refresh(link)
    return link if used else None
