"""What can be asked by mail: join, leave, help, settings. Each function does one thing and says what it did.

A proven member is obeyed at once. Anybody else changes nothing by mail: the member gets a link to do it with.
"""

import re
from collections.abc import Sequence
from datetime import timedelta

from forum.accounts.models import Member
from forum.accounts.queries import member_by_email, member_by_id
from forum.db import db
from forum.groups.actions import NotPossible
from forum.groups.choices import stop_digests
from forum.groups.joining import ask_to_join
from forum.groups.leaving import stop_mail
from forum.groups.models import Assurance, Group
from forum.groups.queries import community, membership_of
from forum.groups.rights import group_to_join, viewer_of
from forum.queue import asked_lately, enqueue
from forum.rules.submission import Submission
from forum.threads.queries import post_by_id
from mailgateway.addresses import ALL_DIGESTS, Verb
from mailgateway.authenticate import Authenticated
from mailgateway.command_answers import as_line
from mailgateway.command_words import find_command
from mailgateway.moderating import moderate_by_command
from mailgateway.parse import ParsedMail
from mailgateway.private_answers import block_or_report
from mailgateway.profile_answers import is_about_profile, profile_commands
from mailgateway.route import CommandRoute, LeaveRoute, PostRoute
from mailgateway.settings_by_mail import carry_out, follow_by_word, is_setting, is_thread_word, known_group

ONCE_IN = timedelta(days=1)
MOST_LINES = 20
_PREFIX = re.compile(r"^(?:\s*(?:re|aw|sv|fwd?|wg)\s*:)+", re.IGNORECASE)
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
_WHICH = frozenset({"which", "settings", "lists", "groups", "query", "status", "show"})
_COURTESY = frozenset({"re:", "please", "me", "to", "from", "the", "group", "list"})


def perform(parsed: ParsedMail, known: Authenticated, found: CommandRoute) -> str:
    """A command to a command address, to the system address, or caught on its way to a group."""
    about_private = block_or_report(parsed, known) if found.group_id is None else ""
    if about_private:
        return about_private
    member = member_by_email(parsed.from_address)
    if member is None or member.placeholder:
        return "a command from somebody who is no member; nothing done, nobody told"
    if known.assurance is Assurance.FAILED:
        return "a command from a sender that failed authentication; nothing done"
    moderated = moderate_by_command(member, parsed, known, found)
    if moderated:
        return moderated
    if found.group_id is None and (lines := _settings_in(parsed) or profile_commands(parsed)):
        return _settings(member, known, found, lines)
    if found.group_id is None and _first_word(parsed) in _WHICH:
        if known.assurance is not Assurance.PROVEN and asked_lately("notice.my_settings", member.id, ONCE_IN):
            return "the settings were sent to this member within a day, and the sender is not proven"
        enqueue("notice.my_settings", member.id)
        return "the member's settings were sent"
    verb, group = _asked(member, parsed, found)
    if verb is Verb.HELP and is_about_profile(parsed.subject):
        return "an answer to the question about the profile that says nothing"
    if verb is Verb.HELP:
        if known.assurance is not Assurance.PROVEN and asked_lately("notice.help", member.id, ONCE_IN):
            return "help was sent to this member within a day, and the sender is not proven"
        enqueue("notice.help", member.id, group.id)
        return "help was sent"
    if known.assurance is not Assurance.PROVEN:
        # Whoever forges a member's address cannot fill that mailbox through us.
        if not asked_lately("notice.command_unproven", member.id, ONCE_IN):
            enqueue("notice.command_unproven", member.id, group.id)
        return f"{verb}: the sender is not proven; a link was sent to the member instead, once a day"
    return _join(member, group) if verb is Verb.JOIN else _leave(member, group)


def _settings_in(parsed: ParsedMail) -> Sequence[str]:
    """The lines of a mail to the system address that may be commands: the subject, else the first lines of text."""
    subject = _PREFIX.sub("", parsed.subject).strip()
    lines = [line.strip() for line in parsed.text.split("\n") if line.strip()]
    return [line for line in (subject, *lines[:MOST_LINES]) if is_setting(line)]


def _settings(member: Member, known: Authenticated, found: CommandRoute, lines: Sequence[str]) -> str:
    """Settings of a proven member, one a line; all answers in one mail. What they say is kept with the recipient."""
    if known.assurance is not Assurance.PROVEN:
        if not asked_lately("notice.command_unproven", member.id, ONCE_IN):
            enqueue("notice.command_unproven", member.id, community().id)
        return "settings: the sender is not proven; a link was sent to the member instead, once a day"
    answers = [answer for line in lines for answer in carry_out(member, line) or ()]
    enqueue("notice.command_answer", found.recipient_ids[0], member.id)
    return "\n".join(as_line(answer) for answer in answers)


def choose_by_word(parsed: ParsedMail, found: PostRoute, submission: Submission) -> str:
    """What a single word in answer to a post changes (L48): follow, mute, unfollow or unmute its topic; else ""."""
    if found.token_post_id is None or submission.author_id is None or parsed.attachments:
        return ""
    if not is_thread_word(parsed.text) or submission.assurance.rank < Assurance.TOKEN.rank:
        return ""
    if membership_of(submission.author_id, found.group_id) is None:
        return ""
    post = post_by_id(found.token_post_id)
    if post is None:
        return ""
    answer = follow_by_word(db.session.get_one(Member, submission.author_id), post.thread, parsed.text)
    enqueue("notice.command_answer", found.recipient_ids[0], submission.author_id)
    return as_line(answer)


def leave_by_mail(parsed: ParsedMail, known: Authenticated, found: LeaveRoute) -> str:
    """One-click unsubscribe by mail. From the member's own address it is done; from another one it is asked back."""
    if found.group_id == ALL_DIGESTS:
        return _stop_digests(parsed, known, found)
    member, group = member_by_id(found.member_id), db.session.get(Group, found.group_id)
    if member is None or group is None or membership_of(found.member_id, found.group_id) is None:
        return "the member has left already"
    sender = member_by_email(parsed.from_address)
    if sender is not None and sender.id == member.id and known.assurance is not Assurance.FAILED and _is_alone(parsed):
        return _leave(member, group)
    if not asked_lately("notice.command_unproven", member.id, ONCE_IN, other_id=group.id):
        enqueue("notice.command_unproven", member.id, group.id)
    return "leave: it came from another address; a link was sent to the member instead"


def _stop_digests(parsed: ParsedMail, known: Authenticated, found: LeaveRoute) -> str:
    sender = member_by_email(parsed.from_address)
    if sender is None or sender.id != found.member_id or known.assurance is Assurance.FAILED:
        return "stop digests: it came from another address; nothing done"
    return f"stopped the digests of {stop_digests(sender, why='by mail')} groups"


def _is_alone(parsed: ParsedMail) -> bool:
    """Whether one author is named: of several, DMARC vouches for none."""
    return len(parsed.from_addresses) == 1


def _asked(member: Member, parsed: ParsedMail, found: CommandRoute) -> tuple[Verb, Group]:
    """The command and its group. What is not clearly a command about a group that the member knows asks for help."""
    if found.group_id is not None:
        group = db.session.get_one(Group, found.group_id)
        return found.verb or _verb_of(find_command(parsed.subject, parsed.text)), group
    for line in (parsed.subject, parsed.text.strip().partition("\n")[0]):
        words = [word for word in line.lower().split()[:12] if word not in _COURTESY]
        if words and words[0] in _VERBS and len(words) <= 2:
            named = known_group(member, words[1]) if words[1:] else community()
            return (_VERBS[words[0]], named) if named is not None else (Verb.HELP, community())
    return Verb.HELP, community()


def _first_word(parsed: ParsedMail) -> str:
    lines = (_PREFIX.sub("", parsed.subject), parsed.text)
    return next((line.split()[0].strip(".,:;!").lower() for line in lines if line.strip()), "")


def _verb_of(command: str) -> Verb:
    """What a mail means that is a command as a whole; in words that are not in the table somebody wants to leave."""
    return next((_VERBS[word] for word in command.split() if word in _VERBS), Verb.LEAVE)


def _join(member: Member, group: Group) -> str:
    viewer = viewer_of(member)
    if viewer is not None and group_to_join(viewer, group.slug) is None:
        enqueue("notice.help", member.id, group.id)
        return "join: the member may not know of that group; help was sent"
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
