"""Mails about who may write from where: strangers, filters that ask back, changes of addresses. Reads only."""

from collections.abc import Callable, Mapping

from forum.accounts.models import Address, Member, OneTimeLink
from forum.db import db
from forum.groups.queries import community
from forum.queue import Task
from mailgateway.models import InboundMail, InboundRecipient
from mailgateway.notice import Notice, site_url, to_member


def _stranger_held(task: Task) -> Notice | None:
    row = db.session.get_one(InboundRecipient, task.target_id)
    mail, root = db.session.get_one(InboundMail, row.mail_id), community()
    facts = {"mail": mail, "row": row, "community": root}
    return Notice("stranger_held", mail.from_address, "", None, root.name, facts)


def _challenged(task: Task) -> Notice | None:
    """To where the mail of the member goes now, which may be another address than the guarded one."""
    address = db.session.get(Address, task.target_id)
    if address is None:
        return None
    return to_member("challenged", address.member_id, email=address.email, url=site_url("/me/addresses"))


def _address_added(task: Task) -> Notice | None:
    """To each address that was there before; what is added may have been added by somebody else."""
    added, other = db.session.get(Address, task.target_id), db.session.get(Address, task.other_id)
    if added is None or other is None:
        return None
    member, root = db.session.get_one(Member, other.member_id), community()
    facts = {"member": member, "community": root, "added": added.email, "url": site_url("/me/addresses")}
    return Notice("address_added", other.email, member.name, other.id, root.name, facts)


def _address_removed(task: Task) -> Notice | None:
    """To the removed address, and - with its id - to each one that is left."""
    gone = db.session.get_one(OneTimeLink, task.target_id)
    other = None if task.other_id is None else db.session.get(Address, task.other_id)
    if task.other_id is not None and other is None:
        return None
    member, root = db.session.get_one(Member, gone.member_id), community()
    facts = {"member": member, "community": root, "removed": gone.email}
    email, address_id = (gone.email, None) if other is None else (other.email, other.id)
    return Notice("address_removed", email, member.name, address_id, root.name, facts)


FACTS: Mapping[str, Callable[[Task], Notice | None]] = {
    "notice.stranger_held": _stranger_held,
    "notice.challenged": _challenged,
    "notice.address_added": _address_added,
    "notice.address_removed": _address_removed,
}
