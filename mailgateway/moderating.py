"""Moderating by mail: an answer to the mail about a held post, or to a summary, becomes acts and a sentence on them.

Only the moderator whom the token names is obeyed, from an own verified address, and only while still moderating.
What was done or not stands in the sentence that this returns; the moderator gets it by mail.
"""

import re
from collections.abc import Iterator
from datetime import datetime

from forum.accounts.models import Member
from forum.accounts.queries import member_by_email
from forum.db import db
from forum.groups.actions import NotPossible
from forum.groups.models import Assurance
from forum.groups.queries import group_by_mail_name, group_by_slug, living
from forum.moderation.brakes import hold_group, release_group
from forum.moderation.models import QueueSummary
from forum.moderation.shown import check_unchanged
from forum.moderation.summaries import summary_of
from forum.posting.models import HeldPost, HeldState
from forum.queue import enqueue
from mailgateway.authenticate import Authenticated
from mailgateway.moderating_acts import DOES, SUMMARY_COMES, choose, moderates, send_queue
from mailgateway.moderating_notices import id_for_moderator
from mailgateway.moderating_words import Act, Asked, Choice, own_words, read_answer, read_choices
from mailgateway.parse import ParsedMail
from mailgateway.route import CommandRoute, ConfirmRoute, ModerateRoute, QueueRoute

NOT_UNDERSTOOD = "Nothing has changed: the first word of your answer is none that decides."
_COMMAND = re.compile(
    r"\s*(?:(?P<queue>queue)|(?P<verb>hold|release)\s+(?P<slug>[a-z0-9-]{1,46})(?:@\S+)?)[\s.!]*", re.IGNORECASE
)


def moderate_by_mail(parsed: ParsedMail, known: Authenticated, found: ModerateRoute) -> str:
    """Do what a moderator answers to the mail about one held post."""
    held = db.session.get(HeldPost, found.held_id)
    moderator = _moderator(parsed, known, found.member_id)
    if isinstance(moderator, str):
        return moderator
    if held is None or not moderates(moderator, held.group):
        return "moderate: who wrote does not moderate this group; nothing done"
    if _is_outdated(held, moderator, parsed):
        enqueue("notice.held_for_moderators", held.id, moderator.id)
        return "Nothing has changed: the author has changed the post since that mail. The new words were sent."
    said = _answer(held, moderator, parsed)
    _tell(moderator, found.recipient_ids[0], said)
    return said


def _is_outdated(held: HeldPost, moderator: Member, parsed: ParsedMail) -> bool:
    """Whether it answers a mail with other words than those that wait now: nobody lets out what nobody has read."""
    known = [each for each in (parsed.in_reply_to, *parsed.references) if each]
    shown = [each for each in known if re.match(rf"<held\.{held.public_id}\.{moderator.id}\.", each)]
    now_shown = id_for_moderator(held, moderator.id)
    return held.state is HeldState.WAITING and bool(shown) and not any(each.startswith(now_shown) for each in shown)


def _tell(moderator: Member, recipient_id: int, said: str) -> None:
    """Say what came of an answer; a summary that was asked for is the answer itself."""
    if said != SUMMARY_COMES:
        enqueue("notice.moderated", recipient_id, moderator.id)


def held_id_of(found: ModerateRoute | ConfirmRoute) -> int | None:
    """The held post that an answer was about, if there is such a one."""
    held = db.session.get(HeldPost, found.held_id)
    return None if held is None else held.id


def decide_queue_by_mail(parsed: ParsedMail, known: Authenticated, found: QueueRoute) -> str:
    """Do what a moderator answers to a summary, such as "1a 2r:off-topic 3t"."""
    moderator = _moderator(parsed, known, found.member_id)
    if isinstance(moderator, str):
        return moderator
    listed = summary_of(found.member_id, found.summary_id)
    if not listed:
        return "moderate: there is no such summary; nothing done"
    words = own_words(parsed.text)
    if read_answer(words).acts == (Act.QUEUE,):
        said = send_queue(moderator)
    else:
        choices, unread = read_choices(words, len(listed))
        shown_at = db.session.get_one(QueueSummary, found.summary_id).created_at
        lines = [_chosen(choice, listed[choice.place - 1], moderator, shown_at) for choice in choices]
        lines += [f"“{piece[:60]}” was not understood; nothing was done for it." for piece in unread if choices]
        said = "\n".join(lines) or "Nothing has changed: write numbers with a letter each, such as 1a 2r:off-topic 3t."
    _tell(moderator, found.recipient_ids[0], said)
    return said


def _chosen(choice: Choice, held: HeldPost, moderator: Member, shown_at: datetime) -> str:
    try:
        check_unchanged(held, shown_at)
    except NotPossible as refusal:
        return f"{choice.place}. nothing was done: {refusal}"
    return choose(choice, held, moderator)


def _moderator(parsed: ParsedMail, known: Authenticated, member_id: int) -> Member | str:
    """The moderator whom the token names, if it is who wrote; else why nothing is done."""
    sender = member_by_email(parsed.from_address)
    if known.assurance is Assurance.FAILED or len(parsed.from_addresses) != 1:
        return "moderate: the sender failed authentication; nothing done"
    if sender is None or sender.id != member_id:
        return "moderate: it came from another address than the moderator's own; nothing done"
    return sender


def _answer(held: HeldPost, moderator: Member, parsed: ParsedMail) -> str:
    words = own_words(parsed.text)
    if not words and (parsed.text.strip() or (parsed.attachments and not parsed.folded.strip())):
        # Our mail stands there unmarked and a reason may be below it; or it is encrypted, or a picture of words.
        return NOT_UNDERSTOOD
    return " ".join(_said(held, moderator, read_answer(words))) or NOT_UNDERSTOOD


def _said(held: HeldPost, moderator: Member, asked: Asked) -> Iterator[str]:
    """Do the acts in their order and say each, up to one that is not possible."""
    for number, act in enumerate(asked.acts):
        try:
            yield DOES[act](held, moderator, asked)
        except NotPossible as refusal:
            yield f"{'Then nothing more was done' if number else 'Nothing has changed'}: {refusal}"
            return


def moderate_by_command(member: Member, parsed: ParsedMail, known: Authenticated, found: CommandRoute) -> str:
    """ "hold SLUG", "release SLUG" or "queue" to the system address, by a proven moderator; "" when it is not that."""
    if found.group_id is not None or known.assurance is not Assurance.PROVEN:
        return ""
    for line in (parsed.subject, own_words(parsed.text).partition("\n")[0]):
        words = _COMMAND.fullmatch(line)
        if words is None:
            continue
        if words["queue"]:
            said = send_queue(member)
        else:
            named = group_by_slug(words["slug"].lower()) or group_by_mail_name(words["slug"])
            if named is None or not moderates(member, living(named)):
                continue
            group = living(named)
            if words["verb"].lower() == "hold":
                hold_group(group, actor_id=member.id)
                said = f"Every post to {group.name} now waits. To undo it, write: release {group.slug}"
            else:
                release_group(group, actor_id=member.id)
                said = f"{group.name} is open again; what waited goes out, oldest first. To undo it: hold {group.slug}"
        _tell(member, found.recipient_ids[0], said)
        return said
    return ""
