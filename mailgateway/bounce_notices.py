"""What a member is told of a pause: a probe to the address itself, and that mail goes to another address now.

Reads only. None means that there is nothing to say any more.
"""

from collections.abc import Callable, Mapping

from forum.accounts.models import Address, PauseReason
from forum.accounts.pausing import way_back
from forum.db import db
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


FACTS: Mapping[str, Callable[[Task], Notice | None]] = {
    "notice.probe": _probe,
    "notice.mail_moved": _mail_moved,
}
