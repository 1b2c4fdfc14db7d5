"""What a notice is before it is written: one mail to one person, with facts for its templates. Reads only.

Which kinds there are and what each says stands in `notice_facts.py` and the files of `*_notices.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from forum.accounts.models import Member, PauseReason
from forum.accounts.queries import primary_address
from forum.db import db
from forum.groups.queries import community, was_removed
from forum.settings import current_settings
from forum.tokens import current_tokens
from mailgateway.addresses import Addresses
from mailgateway.attachments import Attachment


@dataclass(frozen=True)
class Notice:
    """One mail to one person. `address_id` is None for somebody who is no member.

    `headers` take the place of those that every notice has; an empty value leaves one out.
    """

    template: str
    email: str
    name: str
    address_id: int | None
    from_name: str
    facts: Mapping[str, Any]
    reply_to: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    files: Sequence[Attachment] = ()


def site_url(path: str) -> str:
    return f"{current_settings().base_url}{path}"


def our_addresses() -> Addresses:
    return Addresses(current_settings().domain, current_tokens())


def to_member(template: str, member_id: int, reply_to: str = "", **facts: Any) -> Notice | None:
    """A notice to a member's address for mail.

    None for whoever has no address, was removed from the community, or has reported our mail as unwanted: they never
    hear from us again unless they ask for it.
    """
    member, address = db.session.get_one(Member, member_id), primary_address(member_id)
    if address is None or address.pause_reason is PauseReason.COMPLAINT or was_removed(member_id):
        return None
    root = community()
    facts |= {"member": member, "community": root}
    return Notice(template, address.email, member.name, address.id, root.name, facts, reply_to)
