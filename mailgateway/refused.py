"""What doctor says of refused mail: addresses paused lately, and domains that refuse us for policy. Reads only.

A domain that refuses many of its members' mail for policy or DMARC means trouble of our own; nobody is paused for it.
"""

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import func, select

from forum.accounts.models import Address, BounceNote
from forum.clock import now
from forum.db import db

LATELY = timedelta(days=1)
# A share of a domain's members, and so many of them that it is no accident.
SHARE, AT_LEAST = 0.05, 3
_ADVICE = "Look at SPF, DKIM and DMARC of your domain and at block lists; see: banyan mail list --state bounce"


def checks() -> Iterator[tuple[str, str, str, str]]:
    """Name, health ("ok" or "warn"), text and advice of each."""
    since = now() - LATELY
    paused = db.session.scalar(select(func.count()).where(Address.bouncing_since > since)) or 0
    every = db.session.scalar(select(func.count()).where(Address.bouncing_since.is_not(None))) or 0
    yield "paused addresses", "ok", f"paused in the last day: {paused:,}; in all: {every:,}.", ""
    rows = db.session.execute(
        select(BounceNote.klass, func.count(BounceNote.address_id.distinct()))
        .where(BounceNote.at > since)
        .group_by(BounceNote.klass)
        .order_by(BounceNote.klass)
    )
    told = ", ".join(f"{klass} {count:,}" for klass, count in rows)
    strict = list(_strict_domains())
    if strict:
        yield "refused mail", "warn", f"refused for policy in the last day by {', '.join(strict[:5])}.", _ADVICE
    else:
        yield "refused mail", "ok", f"addresses in the last day by cause: {told or 'none'}.", ""


def _strict_domains() -> Iterator[str]:
    """Domains more than a share of whose members were refused lately for policy or DMARC, with the numbers."""
    refused: dict[str, int] = {}
    keys = (
        select(Address.key)
        .join(BounceNote, BounceNote.address_id == Address.id)
        .where(BounceNote.at > now() - LATELY, BounceNote.klass.in_(("policy", "dmarc")))
        .distinct()
    )
    for key in db.session.scalars(keys):
        domain = key.rpartition("@")[2]
        refused[domain] = refused.get(domain, 0) + 1
    for domain, count in sorted(refused.items(), key=lambda each: -each[1]):
        if count < AT_LEAST:
            continue
        members = select(func.count()).where(Address.key.endswith(f"@{domain}", autoescape=True), Address.is_primary)
        of = db.session.scalar(members) or 0
        if count > of * SHARE:
            yield f"{domain} ({count:,} of {of:,} members)"
