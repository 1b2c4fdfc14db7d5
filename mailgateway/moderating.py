"""Moderating by mail: an answer to the mail about a held post, or to a summary, becomes acts and a sentence on them.

Only the moderator whom the token names is obeyed, from an own verified address, and only while still moderating.
What was done or not stands in the sentence that this returns; the moderator gets it by mail.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import assert_never

from forum.accounts.models import Member
from forum.accounts.queries import member_by_email
from forum.db import db
from forum.groups.actions import NotPossible
from forum.groups.models import Assurance, Group, HeldNotices
from forum.groups.queries import group_by_mail_name, group_by_slug, may_moderate, viewer_of
from forum.moderation.actions import (
    Decided,
    Decision,
    approve_all_of_author,
    claim,
    decide,
    decide_among_others,
    edit_and_approve,
    set_trusted,
    withdraw,
)
from forum.moderation.brakes import SLOW_MINUTES, hold_group, hold_thread, release_group, release_thread, slow_thread
from forum.moderation.duty import choose_notices, moderating_membership
from forum.moderation.queries import author_hears
from forum.moderation.summaries import summarise, summary_of
from forum.posting.models import HeldPost, HeldState
from forum.queue import enqueue
from forum.threads.models import Post, Thread
from mailgateway.authenticate import Authenticated
from mailgateway.moderating_words import Act, Asked, Choice, Letter, own_words, read_answer, read_choices
from mailgateway.parse import ParsedMail
from mailgateway.route import CommandRoute, ConfirmRoute, ModerateRoute, QueueRoute

_SUMMARY_COMES = "A summary is on its way."
NOT_UNDERSTOOD = "Nothing has changed: the first word of your answer is none that decides."
_COMMAND = re.compile(
    r"\s*(?:(?P<queue>queue)|(?P<verb>hold|release)\s+(?P<slug>[a-z0-9-]{1,46})(?:@\S+)?)[\s.!]*", re.IGNORECASE
)
_WITHDRAW = re.compile(r"[\W_]*withdraw\b", re.IGNORECASE)
NO_REASON = "A moderator has decided so and has given no more of a reason."


def moderate_by_mail(parsed: ParsedMail, known: Authenticated, found: ModerateRoute) -> str:
    """Do what a moderator answers to the mail about one held post."""
    held = db.session.get(HeldPost, found.held_id)
    moderator = _moderator(parsed, known, found.member_id)
    if isinstance(moderator, str):
        return moderator
    if held is None or not _moderates(moderator, held.group):
        return "moderate: who wrote does not moderate this group; nothing done"
    said = _answer(held, moderator, parsed)
    _tell(moderator, found.recipient_ids[0], said)
    return said


def _tell(moderator: Member, recipient_id: int, said: str) -> None:
    """Say what came of an answer; a summary that was asked for is the answer itself."""
    if said != _SUMMARY_COMES:
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
        said = _send_queue(moderator)
    else:
        choices, unread = read_choices(words, len(listed))
        lines = [_choose(choice, listed[choice.place - 1], moderator) for choice in choices]
        lines += [f"“{piece[:60]}” was not understood; nothing was done for it." for piece in unread if choices]
        said = "\n".join(lines) or "Nothing has changed: write numbers with a letter each, such as 1a 2r:off-topic 3t."
    _tell(moderator, found.recipient_ids[0], said)
    return said


def _moderator(parsed: ParsedMail, known: Authenticated, member_id: int) -> Member | str:
    """The moderator whom the token names, if it is who wrote; else why nothing is done."""
    sender = member_by_email(parsed.from_address)
    if known.assurance is Assurance.FAILED or len(parsed.from_addresses) != 1:
        return "moderate: the sender failed authentication; nothing done"
    if sender is None or sender.id != member_id:
        return "moderate: it came from another address than the moderator's own; nothing done"
    return sender


def _moderates(moderator: Member, group: Group) -> bool:
    viewer = viewer_of(moderator)
    return viewer is not None and may_moderate(viewer, group)


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
            yield _DOES[act](held, moderator, asked)
        except NotPossible as refusal:
            yield f"{'Then nothing more was done' if number else 'Nothing has changed'}: {refusal}"
            return


def _too_late(decided: Decided) -> str:
    return f"Nothing has changed: {decided.by_name} has {_DONE[decided.state]} it already."


_DONE: Mapping[HeldState, str] = {
    HeldState.APPROVED: "approved",
    HeldState.REJECTED: "rejected",
    HeldState.RETURNED: "returned",
    HeldState.WITHDRAWN: "withdrawn",
    HeldState.WAITING: "left",
}


# Of letters, and of mail from strangers.
_SILENT = "No mail goes to who wrote it; answer from your own mail if you want to."


def _approve(held: HeldPost, moderator: Member, asked: Asked) -> str:
    return _approved(decide(held, Decision.APPROVE, actor_id=moderator.id), held)


def _approved(decided: Decided, held: HeldPost) -> str:
    if not decided.by_this:
        return _too_late(decided)
    return f"Approved: it is in {held.group.name} and goes out by mail. It can be erased on its page."


def _approve_all(held: HeldPost, moderator: Member, asked: Asked) -> str:
    decided = approve_all_of_author(held, actor_id=moderator.id)
    return (
        f"{_approved(decided, held)} Out goes also whatever else of {held.byline} waits there, oldest first, "
        "unless it is in doubt who wrote it."
    )


def _edit(held: HeldPost, moderator: Member, asked: Asked) -> str:
    decided = edit_and_approve(held, asked.words, actor_id=moderator.id)
    if not decided.by_this:
        return _too_late(decided)
    return f"{_approved(decided, held)} Readers see that a moderator changed it; the original is kept for moderators."


def _reject(held: HeldPost, moderator: Member, asked: Asked) -> str:
    decided = decide(held, Decision.REJECT, actor_id=moderator.id, reason=asked.words)
    if decided.by_this:
        return f"Rejected. {'The author gets your reason, and can send it again.' if author_hears(held) else _SILENT}"
    return _too_late(decided)


def _return(held: HeldPost, moderator: Member, asked: Asked) -> str:
    decided = decide(held, Decision.RETURN, actor_id=moderator.id, reason=asked.words)
    if decided.by_this:
        return f"Returned. {'The author gets your words and can change it.' if author_hears(held) else _SILENT}"
    return _too_late(decided)


def _trust(held: HeldPost, moderator: Member, asked: Asked) -> str:
    said = _approve(held, moderator, asked) + " " if held.state is HeldState.WAITING else ""
    set_trusted(_author_of(held), held.group_id, True, actor_id=moderator.id)
    return f"{said}Posts of {held.byline} are no longer read first. To undo that, answer: distrust"


def _distrust(held: HeldPost, moderator: Member, asked: Asked) -> str:
    set_trusted(_author_of(held), held.group_id, False, actor_id=moderator.id)
    return f"Posts of {held.byline} are read first again where others' are. To undo that, answer: trust"


def _author_of(held: HeldPost) -> int:
    if held.author_id is None:
        raise NotPossible("Its author is not a member.")
    return held.author_id


def _hold_thread(held: HeldPost, moderator: Member, asked: Asked) -> str:
    hold_thread(_thread_of(held), actor_id=moderator.id)
    return "Answers in this thread now wait for a moderator. To undo it, answer: release thread"


def _release_thread(held: HeldPost, moderator: Member, asked: Asked) -> str:
    release_thread(_thread_of(held), actor_id=moderator.id)
    return "Answers in this thread go out at once again. To undo it, answer: hold thread"


def _slow_thread(held: HeldPost, moderator: Member, asked: Asked) -> str:
    minutes = asked.minutes if asked.minutes is not None else SLOW_MINUTES
    slow_thread(_thread_of(held), minutes, actor_id=moderator.id)
    return (
        f"Each member now answers in this thread at most once in {minutes} minutes. To undo it, answer: release thread"
    )


def _thread_of(held: HeldPost) -> Thread:
    """The thread where the post stands, or would stand."""
    post = db.session.get(Post, held.post_id or held.in_reply_to_id or 0)
    if post is not None:
        return db.session.get_one(Thread, post.thread_id)
    thread = None if held.thread_id is None else db.session.get(Thread, held.thread_id)
    if thread is None:
        raise NotPossible("This post begins a thread of its own. Answer: approve and hold thread")
    return thread


def _hold_group(held: HeldPost, moderator: Member, asked: Asked) -> str:
    hold_group(held.group, actor_id=moderator.id)
    return f"Every post to {held.group.name} now waits. To undo it, answer: release group"


def _release_group(held: HeldPost, moderator: Member, asked: Asked) -> str:
    release_group(held.group, actor_id=moderator.id)
    return (
        f"{held.group.name} is open again; what waited for that goes out, oldest first. To undo it, answer: hold group"
    )


def _claim(held: HeldPost, moderator: Member, asked: Asked) -> str:
    other = claim(held, actor_id=moderator.id)
    if other:
        return f"{other} is looking at it. You can decide all the same."
    return "It is yours for 15 minutes; the other moderators see that you are looking at it."


def _queue(held: HeldPost, moderator: Member, asked: Asked) -> str:
    return _send_queue(moderator)


def _send_queue(moderator: Member) -> str:
    return _SUMMARY_COMES if summarise(moderator) is not None else "Nothing waits."


def _notices(held: HeldPost, moderator: Member, asked: Asked) -> str:
    membership = moderating_membership(moderator.id, held.group)
    words = asked.words.lower().split()
    chosen = next((each for each in HeldNotices if words[:1] == [each.value]), None)
    if membership is None or chosen is None:
        raise NotPossible("Write notices each, notices each quiet, notices summary or notices none.")
    before = membership.held_notices
    choose_notices(membership, chosen, "quiet" not in words, actor_id=moderator.id)
    return f"You now hear of held posts so: {' '.join(words[:2])}. To undo it, answer: notices {before}"


_DOES: Mapping[Act, Callable[[HeldPost, Member, Asked], str]] = {
    Act.APPROVE: _approve,
    Act.APPROVE_ALL: _approve_all,
    Act.REJECT: _reject,
    Act.RETURN: _return,
    Act.EDIT: _edit,
    Act.TRUST: _trust,
    Act.DISTRUST: _distrust,
    Act.HOLD_THREAD: _hold_thread,
    Act.RELEASE_THREAD: _release_thread,
    Act.SLOW_THREAD: _slow_thread,
    Act.HOLD_GROUP: _hold_group,
    Act.RELEASE_GROUP: _release_group,
    Act.CLAIM: _claim,
    Act.QUEUE: _queue,
    Act.NOTICES: _notices,
}


def _choose(choice: Choice, held: HeldPost, moderator: Member) -> str:
    """One decision of many, as one line of the answer."""
    place = f"{choice.place}."
    if not _moderates(moderator, held.group):
        return f"{place} nothing was done: you do not moderate {held.group.name} now."
    try:
        match choice.letter:
            case Letter.APPROVE | Letter.TRUST:
                decided = decide_among_others(held, Decision.APPROVE, actor_id=moderator.id)
                if choice.letter is Letter.TRUST and decided.by_this:
                    set_trusted(_author_of(held), held.group_id, True, actor_id=moderator.id)
            case Letter.REJECT | Letter.BACK:
                decision = Decision.REJECT if choice.letter is Letter.REJECT else Decision.RETURN
                reason = choice.reason or NO_REASON
                decided = decide_among_others(held, decision, actor_id=moderator.id, reason=reason)
            case Letter.CLAIM:
                return f"{place} {_claim(held, moderator, Asked(()))}"
            case unknown:
                assert_never(unknown)
    except NotPossible as refusal:
        return f"{place} nothing was done: {refusal}"
    if not decided.by_this:
        return f"{place} nothing was done: {decided.by_name} has {_DONE[decided.state]} it already."
    trusted = ", and its author is trusted now" if choice.letter is Letter.TRUST else ""
    return f"{place} {_DONE[decided.state]}{trusted}."


def moderate_by_command(member: Member, parsed: ParsedMail, known: Authenticated, found: CommandRoute) -> str:
    """ "hold SLUG", "release SLUG" or "queue" to the system address, by a proven moderator; "" when it is not that."""
    if found.group_id is not None or known.assurance is not Assurance.PROVEN:
        return ""
    for line in (parsed.subject, own_words(parsed.text).partition("\n")[0]):
        words = _COMMAND.fullmatch(line)
        if words is None:
            continue
        if words["queue"]:
            said = _send_queue(member)
        else:
            group = group_by_slug(words["slug"].lower()) or group_by_mail_name(words["slug"])
            if group is None or not _moderates(member, group):
                continue
            if words["verb"].lower() == "hold":
                hold_group(group, actor_id=member.id)
                said = f"Every post to {group.name} now waits. To undo it, write: release {group.slug}"
            else:
                release_group(group, actor_id=member.id)
                said = f"{group.name} is open again; what waited goes out, oldest first. To undo it: hold {group.slug}"
        _tell(member, found.recipient_ids[0], said)
        return said
    return ""


def asks_to_withdraw(parsed: ParsedMail) -> bool:
    """Whether an author's answer to a mail about an own held post takes the post back."""
    return bool(_WITHDRAW.match(own_words(parsed.text)))


def answer_author(held: HeldPost, author: Member, parsed: ParsedMail, found: ConfirmRoute) -> str:
    """The author takes an own held post back, or asked for something that cannot be done so."""
    enqueue("notice.moderated", found.recipient_ids[0], author.id)
    if not asks_to_withdraw(parsed):
        return "Nothing has changed: the first word of your answer is not withdraw."
    decided = withdraw(held)
    if not decided.by_this:
        return _too_late(decided)
    return "Withdrawn: it is not posted. Nobody has seen it but moderators. To undo it, send it again."
