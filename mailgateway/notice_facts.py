"""What each kind of notice says and to whom: one function a kind, from a task's ids to facts for its templates.

Reads only. None means that there is nothing to say any more.
"""

from collections.abc import Callable, Mapping

from sqlalchemy import select

from forum.accounts.models import Address, Member, OneTimeLink
from forum.accounts.sign_in import link_token
from forum.clock import now
from forum.db import db
from forum.groups.invitations import invitation_token
from forum.groups.leaving import left_lately_with
from forum.groups.models import Group, Invitation, Kind, Membership
from forum.groups.queries import community, invitation_is_open, reason_for_declining
from forum.queue import Task
from forum.settings import current_settings
from forum.tokens import current_tokens
from mailgateway import (
    appeal_notices,
    author_notices,
    bounce_notices,
    choice_notices,
    command_notices,
    digest_notices,
    duty_notices,
    flag_notices,
    moderating_notices,
    moved_notices,
    plan_end_notices,
    plan_notices,
    plan_result_notices,
    private_notices,
    profile_notices,
    restriction_notices,
    routing_notices,
    seal_notices,
    sender_notices,
    spin_off_notices,
)
from mailgateway.addresses import Addresses
from mailgateway.models import InboundMail, InboundRecipient
from mailgateway.moderating_notices import still_moderates
from mailgateway.notice import Notice
from mailgateway.notice import site_url as _url
from mailgateway.notice import to_member as _to_member


def _addresses() -> Addresses:
    return Addresses(current_settings().domain, current_tokens())


def _sign_in(task: Task) -> Notice | None:
    link = db.session.get(OneTimeLink, task.target_id)
    if link is None or link.used_at is not None or link.expires_at <= now():
        return None
    return _link_notice("sign_in", link, _url(f"/sign-in/{link_token(link)}"))


def _verify_address(task: Task) -> Notice | None:
    link = db.session.get(OneTimeLink, task.target_id)
    if link is None or link.used_at is not None or link.expires_at <= now():
        return None
    return _link_notice("verify_address", link, _url(f"/verify/{link_token(link)}"))


def _link_notice(template: str, link: OneTimeLink, url: str) -> Notice:
    member, root = db.session.get_one(Member, link.member_id), community()
    facts = {"member": member, "community": root, "url": url, "email": link.email}
    return Notice(template, link.email, member.name, None, root.name, facts)


def _address_taken(task: Task) -> Notice | None:
    address = db.session.get(Address, task.target_id)
    return None if address is None else _to_member("address_taken", address.member_id, email=address.email)


def _invitation(task: Task) -> Notice | None:
    invitation = db.session.get(Invitation, task.target_id)
    if invitation is None or not invitation_is_open(invitation):
        return None
    group, root = db.session.get_one(Group, invitation.group_id), community()
    facts = {
        "invitation": invitation,
        "inviter": db.session.get_one(Member, invitation.invited_by_id),
        "group": group,
        "community": root,
        "url": _url(f"/invitation/{invitation_token(invitation)}"),
    }
    return Notice("invitation", invitation.email, invitation.name, None, root.name, facts)


def _join_request(task: Task) -> Notice | None:
    membership = db.session.get(Membership, task.target_id)
    if membership is None or membership.standing != "pending":
        return None
    group = membership.group
    assert task.other_id is not None
    if not still_moderates(task.other_id, group):
        return None
    requests = _url(f"/g/{group.slug}/requests")
    return _to_member("join_request", task.other_id, applicant=membership.member, group=group, url=requests)


def _joined(task: Task) -> Notice | None:
    membership = db.session.get(Membership, task.target_id)
    if membership is None or membership.standing != "active":
        return None
    group = membership.group
    address = _addresses().group(group.mail_name)
    return _to_member("joined", membership.member_id, group=group, address=address, url=_url(f"/g/{group.slug}"))


def _declined(task: Task) -> Notice | None:
    assert task.other_id is not None
    reason = reason_for_declining(task.target_id, task.other_id)
    return _to_member("declined", task.target_id, group=db.session.get_one(Group, task.other_id), reason=reason)


def _left(task: Task) -> Notice | None:
    assert task.other_id is not None
    group = db.session.get_one(Group, task.other_id)
    stopped = any(m.group_id == group.id for m in _memberships(task.target_id))
    is_community = group.kind is Kind.COMMUNITY
    undo = f"/u/{_addresses().leave_token(task.target_id, group.id)}" if is_community and not stopped else "/my-groups"
    return _to_member(
        "left",
        task.target_id,
        group=group,
        only_mail=stopped,
        is_community=is_community,
        below=() if stopped or is_community else left_lately_with(task.target_id, group),
        url=_url(undo),
    )


def _memberships(member_id: int) -> list[Membership]:
    return list(db.session.scalars(select(Membership).where(Membership.member_id == member_id)))


def _help(task: Task) -> Notice | None:
    assert task.other_id is not None
    group, addresses = db.session.get_one(Group, task.other_id), _addresses()
    mine = {membership.group_id for membership in _memberships(task.target_id)}
    shown = group if group.listed or group.id in mine else community()
    return _to_member("help", task.target_id, group=shown, address=addresses.group(shown.mail_name))


def _command_unproven(task: Task) -> Notice | None:
    assert task.other_id is not None
    group = db.session.get_one(Group, task.other_id)
    belongs = any(membership.group_id == group.id for membership in _memberships(task.target_id))
    group = group if group.listed or belongs else community()
    leave = _url(f"/u/{_addresses().leave_token(task.target_id, group.id)}")
    url = leave if belongs else _url(f"/g/{group.slug}")
    return _to_member("command_unproven", task.target_id, group=group, belongs=belongs, url=url)


def _refused(task: Task) -> Notice | None:
    row = db.session.get_one(InboundRecipient, task.target_id)
    mail = db.session.get_one(InboundMail, row.mail_id)
    if task.other_id is not None:
        return _to_member("refused", task.other_id, mail=mail, row=row)
    root = community()
    facts = {"mail": mail, "row": row, "community": root}
    return Notice("refused_stranger", mail.from_address, "", None, root.name, facts)


FACTS: Mapping[str, Callable[[Task], Notice | None]] = {
    "notice.sign_in": _sign_in,
    "notice.verify_address": _verify_address,
    "notice.address_taken": _address_taken,
    "notice.invitation": _invitation,
    "notice.join_request": _join_request,
    "notice.admitted": _joined,
    "notice.joined": _joined,
    "notice.declined": _declined,
    "notice.left": _left,
    "notice.help": _help,
    "notice.command_unproven": _command_unproven,
    "notice.refused": _refused,
    **appeal_notices.FACTS,
    **author_notices.FACTS,
    **bounce_notices.FACTS,
    **choice_notices.FACTS,
    **command_notices.FACTS,
    **digest_notices.FACTS,
    **duty_notices.FACTS,
    **flag_notices.FACTS,
    **private_notices.FACTS,
    **profile_notices.FACTS,
    **moved_notices.FACTS,
    **plan_end_notices.FACTS,
    **plan_notices.FACTS,
    **plan_result_notices.FACTS,
    **restriction_notices.FACTS,
    **routing_notices.FACTS,
    **seal_notices.FACTS,
    **sender_notices.FACTS,
    **spin_off_notices.FACTS,
    **moderating_notices.FACTS,
}
