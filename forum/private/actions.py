"""The writes on private answers: send one on, block, report, forget. Never commits.

Both doors come through `send_privately`, so that a form and a mail have the same rights, cap and words. The mail to
the recipient is made later, from the row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update

from forum import blobs
from forum.accounts.models import Member
from forum.accounts.queries import primary_address
from forum.clock import now
from forum.db import db, public_id
from forum.groups.models import Group
from forum.log import record
from forum.private.models import Block, PrivateAnswer, PrivateFile
from forum.private.queries import Continued, count_sent_since, is_blocked, reader
from forum.private.wording import Hider, hidden_words
from forum.queue import enqueue
from forum.rules.executables import programs_in
from forum.rules.submission import File
from forum.settings import current_settings
from forum.text.lines import one_line

A_DAY_AT_MOST = 10
KEPT_FOR = timedelta(days=14)
# What was reported stays until moderators have surely looked at it.
REPORTED_KEPT_FOR = timedelta(days=90)


@dataclass(frozen=True)
class Letter:
    """What one member wants to write to another, as members of a group.

    `text` is all that goes along, quotes too; `own` is what its author wrote for it.
    """

    sender_id: int
    recipient_id: int
    group_id: int
    subject: str
    text: str
    own: str
    author_message_id: str
    continued: Continued
    files: tuple[File, ...] = ()


@dataclass(frozen=True)
class Sent:
    """On its way; `again` when it had come before and goes only once."""

    answer_id: int
    again: bool = False


@dataclass(frozen=True)
class Undelivered:
    """It goes nowhere; the sentence tells its author why."""

    reason: str


def send_privately(letter: Letter) -> Sent | Undelivered:
    """Keep a private answer and send it on, once; or say why not."""
    # One at a time for each sender, so that two at once cannot both be the tenth.
    sender = db.session.get_one(Member, letter.sender_id, with_for_update=True)
    same = select(PrivateAnswer.id).where(
        PrivateAnswer.sender_id == sender.id,
        PrivateAnswer.recipient_id == letter.recipient_id,
        PrivateAnswer.author_message_id == letter.author_message_id,
    )
    answer_id = db.session.scalar(same)
    if answer_id is not None:
        return Sent(answer_id, again=True)
    recipient = db.session.get(Member, letter.recipient_id)
    group = db.session.get(Group, letter.group_id)
    if recipient is None or group is None:
        return Undelivered("The member or the group is not there any more.")
    reason = _obstacle(letter, sender, recipient, group)
    if reason:
        return Undelivered(reason)
    answer = _keep(letter, sender, recipient)
    record("send privately", "private_answer", answer.id, actor_id=sender.id, group_id=group.id)
    enqueue("notice.private_answer", answer.id)
    return Sent(answer.id)


def _obstacle(letter: Letter, sender: Member, recipient: Member, group: Group) -> str:
    """Why this cannot go, as a sentence for its author; empty when it can."""
    if sender.id == recipient.id:
        return "This goes to the author of the post, and that is you."
    if reader(sender.id, group) is None:
        return "You can write privately to members of the groups that you read. You do not read this one."
    address = primary_address(recipient.id)
    if reader(recipient.id, group) is None or address is None:
        return f"{recipient.name} has left and cannot be reached here."
    if address.bouncing_since is not None:
        return f"Mail does not reach {recipient.name} at the moment. Try again in some days."
    if is_blocked(recipient.id, sender.id):
        return f"It cannot be delivered: {recipient.name} gets no private answers from you."
    if not letter.own.strip() and not letter.files:
        return "We found no words of yours in it. Write your answer above the quoted text and send it again."
    if count_sent_since(sender.id, now() - timedelta(days=1)) >= A_DAY_AT_MOST:
        return f"You can send {A_DAY_AT_MOST} private answers a day. Send this one again tomorrow."
    programs = [name for file in letter.files for name in programs_in(file)]
    if programs:
        return f"Programs and scripts cannot be sent on: {', '.join(programs[:5])}. Send it again without."
    size = len(letter.text.encode(errors="surrogatepass")) + sum(len(file.content) for file in letter.files)
    if size > current_settings().max_message:
        return f"It is larger than {current_settings().max_message / 1e6:.0f} MB. Send smaller files, or a link."
    return ""


def _keep(letter: Letter, sender: Member, recipient: Member) -> PrivateAnswer:
    parties, identity = (sender, recipient), public_id()
    hide = Hider.of(parties)
    answer = PrivateAnswer(
        public_id=identity,
        sender_id=sender.id,
        recipient_id=recipient.id,
        group_id=letter.group_id,
        subject=hide(one_line(letter.subject))[:500],
        text=hidden_words(letter.text, letter.own, parties),
        message_id=f"<{identity}.private@{current_settings().domain}>",
        author_message_id=letter.author_message_id[:998],
        post_id=letter.continued.post_id,
        answers_id=letter.continued.answers_id,
    )
    db.session.add(answer)
    db.session.flush()
    for file in letter.files:
        stem, dot, ending = file.name.rpartition(".")
        name = f"{hide(stem)}{dot}{ending}"[:255] or "file"
        db.session.add(
            PrivateFile(answer_id=answer.id, digest=blobs.keep(file.content), name=name, type=file.type[:255])
        )
    db.session.flush()
    return answer


def block(member_id: int, blocked_id: int) -> None:
    """No private answers from this member any more. Safe to repeat."""
    if not is_blocked(member_id, blocked_id):
        db.session.add(Block(member_id=member_id, blocked_id=blocked_id))
        record("block", "member", blocked_id, actor_id=member_id, undo="unblock on the page of blocked people")


def unblock(member_id: int, blocked_id: int) -> None:
    """Private answers from this member again. Safe to repeat."""
    gone = db.session.execute(delete(Block).where(Block.member_id == member_id, Block.blocked_id == blocked_id))
    if getattr(gone, "rowcount", 0):
        record("unblock", "member", blocked_id, actor_id=member_id, undo="block from any private answer")


def report(answer: PrivateAnswer) -> bool:
    """Show an answer to the moderators, once. False when its words are no longer kept."""
    if answer.text is None:
        return False
    if answer.reported_at is None:
        answer.reported_at = now()
        record("report", "private_answer", answer.id, actor_id=answer.recipient_id, group_id=answer.group_id)
        enqueue("moderators.private_report", answer.id)
    return True


def answers_to_forget(moment: datetime, limit: int) -> Sequence[int]:
    """The ids of answers whose words and files are past their time, at most so many."""
    past = (
        select(PrivateAnswer.id)
        .where(
            PrivateAnswer.text.is_not(None),
            PrivateAnswer.created_at < moment - KEPT_FOR,
            or_(PrivateAnswer.reported_at.is_(None), PrivateAnswer.reported_at < moment - REPORTED_KEPT_FOR),
        )
        .limit(limit)
    )
    return db.session.scalars(past).all()


def forget_words(answer_ids: Sequence[int]) -> Sequence[str]:
    """Drop the words and files of answers; returns the digests of their files, which nothing may name any more."""
    of_these = PrivateFile.answer_id.in_(answer_ids)
    digests = db.session.scalars(select(PrivateFile.digest).where(of_these)).all()
    db.session.execute(delete(PrivateFile).where(of_these))
    db.session.execute(update(PrivateAnswer).where(PrivateAnswer.id.in_(answer_ids)).values(text=None, subject=""))
    return digests
