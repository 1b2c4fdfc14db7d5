"""What can be asked by mail: join, leave, help, confirm. Each function does one thing and says what it did.

A proven member is obeyed at once. Anybody else changes nothing by mail: the member gets a link to do it with.
"""

from forum.accounts.models import Member
from forum.accounts.queries import member_by_email, member_by_id
from forum.db import db
from forum.groups.actions import NotPossible, ask_to_join, stop_mail
from forum.groups.models import Assurance, Group
from forum.groups.queries import community, group_by_mail_name, group_by_slug, membership_of
from forum.moderation.actions import confirm
from forum.posting.models import HeldPost
from forum.queue import enqueue
from mailgateway.addresses import Verb
from mailgateway.authenticate import Authenticated
from mailgateway.command_words import find_command
from mailgateway.parse import ParsedMail
from mailgateway.route import CommandRoute, ConfirmRoute, LeaveRoute

_VERBS = {
    "join": Verb.JOIN,
    "subscribe": Verb.JOIN,
    "leave": Verb.LEAVE,
    "unsubscribe": Verb.LEAVE,
    "remove": Verb.LEAVE,
    "signon": Verb.JOIN,
    "signoff": Verb.LEAVE,
    "stop": Verb.LEAVE,
    "help": Verb.HELP,
    "hilfe": Verb.HELP,
    "aide": Verb.HELP,
    "ayuda": Verb.HELP,
    "info": Verb.HELP,
    "commands": Verb.HELP,
}
_COURTESY = frozenset({"re:", "please", "me", "to", "from", "the", "group", "list"})


def perform(parsed: ParsedMail, known: Authenticated, found: CommandRoute) -> str:
    """A command to a command address, to the system address, or caught on its way to a group."""
    member = member_by_email(parsed.from_address)
    if member is None or member.placeholder:
        return "a command from somebody who is no member; nothing done, nobody told"
    if known.assurance is Assurance.FAILED:
        return "a command from a sender that failed authentication; nothing done"
    verb, group = _asked(member, parsed, found)
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
    try:
        return f"confirm: the post is {confirm(held).state}"
    except NotPossible as refusal:
        return f"confirm: {refusal}"


def _asked(member: Member, parsed: ParsedMail, found: CommandRoute) -> tuple[Verb, Group]:
    """The command and its group. What is not clearly a command about a group that the member knows asks for help."""
    if found.group_id is not None:
        group = db.session.get_one(Group, found.group_id)
        return found.verb or _verb_of(find_command(parsed.subject, parsed.text)), group
    for line in (parsed.subject, parsed.text.strip().partition("\n")[0]):
        words = [word for word in line.lower().split()[:12] if word not in _COURTESY]
        if words and words[0] in _VERBS and len(words) <= 2:
            named = _known_group(member, words[1]) if words[1:] else community()
            return (_VERBS[words[0]], named) if named is not None else (Verb.HELP, community())
    return Verb.HELP, community()


def _verb_of(command: str) -> Verb:
    """What a mail means that is a command as a whole; in words that are not in the table somebody wants to leave."""
    return next((_VERBS[word] for word in command.split() if word in _VERBS), Verb.LEAVE)


def _known_group(member: Member, name: str) -> Group | None:
    """The group of this mail name or, if the member may know of it, of this slug."""
    local = name.partition("@")[0]
    by_slug = group_by_slug(local)
    if by_slug is not None and not by_slug.listed and membership_of(member.id, by_slug.id) is None:
        by_slug = None
    return group_by_mail_name(local) or by_slug


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
