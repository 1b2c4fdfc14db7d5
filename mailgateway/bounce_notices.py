"""What a member is told of a pause: a probe to the address itself, and that mail goes to another address now.

Reads only. None means that there is nothing to say any more.
"""

from collections.abc import Callable, Mapping

from forum.accounts.models import Address, Member, PauseReason
from forum.accounts.pausing import way_back
from forum.db import db
from forum.groups.queries import community, was_removed
from forum.queue import Task
from mailgateway.notice import Notice, site_url, to_member


def _probe(task: Task) -> Notice | None:
    """Asked of the paused address itself; a newer probe, another address or the end of the pause makes it needless."""
    address = db.session.get(Address, task.target_id)
    if address is None or address.pause_reason is not PauseReason.BOUNCES or address.probes != task.other_id:
        return None
    if not address.is_primary:
        return None
    return to_member("probe", address.member_id, email=address.email, url=site_url(f"/mail-again/{way_back(address)}"))


def _mail_moved(task: Task) -> Notice | None:
    assert task.other_id is not None
    new, old = db.session.get(Address, task.target_id), db.session.get(Address, task.other_id)
    if new is None or old is None or not new.is_primary:
        return None
    return to_member("mail_moved", new.member_id, old=old.email, new=new.email, url=site_url("/me/addresses"))


def _still_paused(task: Task) -> Notice | None:
    """To who writes while a complaint holds the mail back; the only mail there is meanwhile."""
    address = db.session.get(Address, task.target_id)
    if address is None or address.pause_reason is not PauseReason.COMPLAINT or was_removed(address.member_id):
        return None
    member, root = db.session.get_one(Member, address.member_id), community()
    facts = {"member": member, "community": root, "url": site_url(f"/mail-again/{way_back(address)}")}
    return Notice("still_paused", address.email, member.name, address.id, root.name, facts)


FACTS: Mapping[str, Callable[[Task], Notice | None]] = {
    "notice.probe": _probe,
    "notice.mail_moved": _mail_moved,
    "notice.still_paused": _still_paused,
}
