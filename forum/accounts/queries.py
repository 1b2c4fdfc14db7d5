"""Reads of members and addresses."""

from collections.abc import Iterable

from sqlalchemy import bindparam, select

from forum.accounts.emails import BadAddress, address_key, base_key
from forum.accounts.models import Address, Member
from forum.db import db

_AT_ONCE = 5_000


_OWNED = select(Address, Member).join(Member, Member.id == Address.member_id)
_EXACT = _OWNED.where(Address.key == bindparam("the_key"))
_ALIKE = _OWNED.where(Address.base_key == bindparam("the_key")).order_by(Address.is_primary.desc(), Address.id)


def owner_of_email(email: str) -> tuple[Address, Member] | None:
    """The verified address that this spelling means, and whose it is; a plus-tag does not make a stranger.

    An exact match wins. Without one, all addresses that differ only by the tag must be one member's.
    """
    try:
        key = address_key(email)
    except BadAddress:
        return None
    exact = db.session.execute(_EXACT, {"the_key": key}).tuples().first()
    if exact is not None:
        return exact
    alike = db.session.execute(_ALIKE, {"the_key": base_key(key)}).tuples().all()
    return alike[0] if len({member.id for _, member in alike}) == 1 else None


def address_by_email(email: str) -> Address | None:
    """The verified address that this spelling means, as `owner_of_email` finds it."""
    owned = owner_of_email(email)
    return None if owned is None else owned[0]


def member_by_email(email: str) -> Member | None:
    owned = owner_of_email(email)
    return None if owned is None else owned[1]


def member_by_id(member_id: int) -> Member | None:
    return db.session.get(Member, member_id)


def member_by_public_id(public_id: str) -> Member | None:
    return db.session.scalars(select(Member).where(Member.public_id == public_id)).first()


def primary_address(member_id: int) -> Address | None:
    """Where mail to this member goes; None for a placeholder without an address."""
    return db.session.scalars(select(Address).where(Address.member_id == member_id, Address.is_primary)).first()


def names_by_email(emails: Iterable[str]) -> dict[str, str]:
    """Names of the members who have these addresses, by lower-cased address."""
    keys = sorted({email.lower() for email in emails})
    named = select(Address.key, Member.name).join(Member, Member.id == Address.member_id)
    names: dict[str, str] = {}
    # A text may hold any number of addresses, and a query only so many variables.
    for start in range(0, len(keys), _AT_ONCE):
        rows = db.session.execute(named.where(Address.key.in_(keys[start : start + _AT_ONCE])))
        names.update((row.key, row.name) for row in rows)
    return names
