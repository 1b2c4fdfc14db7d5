"""What can be asked by mail: join, leave, help, confirm. Each function does one thing and says what it did.

A proven member is obeyed at once. Anybody else changes nothing by mail: the member gets a link to do it with.
"""

from forum.accounts.models import Member
from forum.accounts.queries import member_by_email, member_by_id
from forum.db import db
from forum.groups.actions import NotPossible, ask_to_join, stop_mail
from forum.groups.models import Assurance, Group
from forum.groups.queries import community, membership_of
from forum.moderation.actions import confirm
from forum.posting.models import HeldPost
from forum.queue import enqueue
from mailgateway.addresses import Verb
from mailgateway.authenticate import Authenticated
from mailgateway.parse import ParsedMail
from mailgateway.route import CommandRoute, ConfirmRoute, LeaveRoute

_VERBS = {
    "join": Verb.JOIN,
    "subscribe": Verb.JOIN,
    "leave": Verb.LEAVE,
    "unsubscribe": Verb.LEAVE,
    "remove": Verb.LEAVE,
    "signoff": Verb.LEAVE,
    "stop": Verb.LEAVE,
    "help": Verb.HELP,
}


def perform(parsed: ParsedMail, known: Authenticated, found: CommandRoute) -> str:
    """A command to a command address, to the system address, or caught on its way to a group."""
    member = member_by_email(parsed.from_address)
    if member is None or member.placeholder:
        return "a command from somebody who is no member; nothing done, nobody told"
    if known.assurance is Assurance.FAILED:
        return "a command from a sender that failed authentication; nothing done"
    verb, group = found.verb or _verb_of(parsed), _group_of(parsed, found)
    if verb is Verb.HELP:
        enqueue("notice.help", member.id, group.id)
        return "help was sent"
    if known.assurance is not Assurance.PROVEN:
        enqueue("notice.command_unproven", member.id, group.id)
        return f"{verb}: the sender is not proven; a link was sent to the member instead"
    return _join(member, group) if verb is Verb.JOIN else _leave(member, group)


def leave_by_mail(parsed: ParsedMail, known: Authenticated, found: LeaveRoute) -> str:
    """One-click unsubscribe by mail. From the member's own address it is done; from another one it is asked back."""
    member, group = member_by_id(found.member_id), db.session.get(Group, found.group_id)
    if member is None or group is None or membership_of(found.member_id, found.group_id) is None:
        return "the member has left already"
    sender = member_by_email(parsed.from_address)
    if sender is not None and sender.id == member.id and known.assurance is not Assurance.FAILED:
        return _leave(member, group)
    enqueue("notice.command_unproven", member.id, group.id)
    return "leave: it came from another address; a link was sent to the member instead"


def confirm_by_mail(parsed: ParsedMail, known: Authenticated, found: ConfirmRoute) -> str:
    """The author answers "I wrote this" from a verified address: the answer proves that the mailbox is the author's."""
    held, sender = db.session.get(HeldPost, found.held_id), member_by_email(parsed.from_address)
    if held is None or held.author_id != found.member_id:
        return "confirm: there is no such held post"
    if sender is None or sender.id != found.member_id or known.assurance is Assurance.FAILED:
        return "confirm: it came from another address; nothing done"
    return f"confirm: the post is {confirm(held).state}"


def _verb_of(parsed: ParsedMail) -> Verb:
    """The first word of the subject, or of the text, that names a command; help when none does."""
    for words in (parsed.subject, parsed.text):
        for word in words.lower().split()[:4]:
            if word.strip(".,!:;") in _VERBS:
                return _VERBS[word.strip(".,!:;")]
    return Verb.HELP if parsed.kind != "command" else Verb.LEAVE


def _group_of(parsed: ParsedMail, found: CommandRoute) -> Group:
    return community() if found.group_id is None else db.session.get_one(Group, found.group_id)


def _join(member: Member, group: Group) -> str:
    try:
        membership = ask_to_join(member, group)
    except NotPossible as refusal:
        enqueue("notice.help", member.id, group.id)
        return f"join: {refusal}"
    if membership.standing == "active":
        enqueue("notice.joined", membership.id)
    return f"join: now {membership.standing}"


def _leave(member: Member, group: Group) -> str:
    if membership_of(member.id, group.id) is None:
        enqueue("notice.help", member.id, group.id)
        return "leave: not a member of that group"
    stop_mail(member, group, why="by mail")
    return f"left {group.slug}, or its mail stopped; the member was told how to undo it"
