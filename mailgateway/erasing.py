"""What is left of an erased post goes: its files, the raw mail that it came as, and copies that were captured here.

The same for what waited or came back and was taken back by its author, with every answer that was written about it.

Captured copies are files of every mailbox: they are looked through while no transaction is open, in a step of its own
that may be done twice.
"""

import mailbox
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import structlog
from sqlalchemy import ColumnElement, Select, delete, or_, select, update

from forum.db import db, reading, transaction
from forum.moderation.models import Appeal
from forum.posting.models import HeldPost
from forum.queue import Task, anything_due, claim, enqueue, finish, put_off
from forum.settings import current_settings
from forum.threads.models import Attachment, Post
from forum.work import Handler, run_tasks
from mailgateway.models import InboundMail, InboundRecipient, MailState
from mailgateway.unused import drop_unused

CAPTURED, CAPTURED_HELD = "erase.captured", "erase.captured_held"
TAKEN_BACK = "its author has taken it back"

log = structlog.get_logger(__name__)


def erase_copies(task: Task) -> None:
    """Forget files and mail of an erased post. The mail's row stays, without subject, so that its fate is told."""
    post = db.session.get_one(Post, task.target_id)
    # A mail that was held knows only what was held.
    was_held = select(HeldPost.id).where(HeldPost.post_id == post.id)
    came_as = select(InboundRecipient.mail_id).where(
        or_(InboundRecipient.post_id == post.id, InboundRecipient.held_post_id.in_(was_held))
    )
    digests = _forget_mail(select(InboundMail).where(InboundMail.id.in_(came_as)))
    _forget_appeals(was_held)
    files = delete(Attachment).where(Attachment.post_id == post.id).returning(Attachment.digest)
    drop_unused(digests | set(db.session.scalars(files)))
    if current_settings().smarthost == "capture":
        enqueue("erase.captured", post.id)


def erase_held_copies(task: Task) -> None:
    """Forget files and mail of a held post that was taken back: what it came as, and answers, which quote it."""
    held = db.session.get_one(HeldPost, task.target_id)
    rows = select(InboundRecipient).where(InboundRecipient.held_post_id == held.id)
    concerned = db.session.scalars(rows).all()
    digests = _forget_mail(select(InboundMail).where(InboundMail.id.in_([row.mail_id for row in concerned])))
    for row in concerned:
        if row.state in (MailState.RETURNED, MailState.HELD):
            # The rule's sentence may name a file.
            if row.mail.reason == row.reason:
                row.mail.reason = TAKEN_BACK
            row.reason = TAKEN_BACK
    _forget_appeals(select(HeldPost.id).where(HeldPost.id == held.id))
    files = delete(Attachment).where(Attachment.held_post_id == held.id).returning(Attachment.digest)
    drop_unused(digests | set(db.session.scalars(files)))
    if current_settings().smarthost == "capture":
        enqueue("erase.captured_held", held.id)


def _signs(task: Task) -> Sequence[str]:
    """What stands in each captured copy: an alone one names its own id, a digest or a notice links to it."""
    if task.kind == CAPTURED_HELD:
        held = db.session.get_one(HeldPost, task.target_id)
        return f"/held/{held.public_id}", *_links_to_appeals(HeldPost.id == held.id)
    post = db.session.get_one(Post, task.target_id)
    return f"\nMessage-ID: {post.message_id}\n", f"/p/{post.public_id}", *_links_to_appeals(HeldPost.post_id == post.id)


def _links_to_appeals(of_held: ColumnElement[bool]) -> Sequence[str]:
    rows = select(Appeal.public_id).join(HeldPost, HeldPost.id == Appeal.held_post_id).where(of_held)
    return [f"/appeals/{public_id}" for public_id in db.session.scalars(rows)]


def _forget_appeals(of_held: Select[tuple[int]]) -> None:
    """An author's words for a post speak of what stood in it."""
    db.session.execute(update(Appeal).where(Appeal.held_post_id.in_(of_held)).values(words=""))


def _forget_mail(which: Select[tuple[InboundMail]]) -> set[str]:
    """Forget what mails said; their rows stay. Returns the digests that they no longer name."""
    mails = db.session.scalars(which).all()
    digests = {mail.raw_digest for mail in mails if mail.raw_digest is not None}
    for mail in mails:
        mail.raw_digest, mail.subject = None, ""
    db.session.flush()
    return digests


def remove_captured(folder: Path, *signs: str) -> None:
    """Remove captured copies in which one of the signs stands: an id of their own, or a link to what was erased."""
    wanted = [sign.encode() for sign in signs]
    for box in sorted(folder.iterdir()) if folder.is_dir() else ():
        maildir = mailbox.Maildir(box, create=False)
        for key in list(maildir.iterkeys()):
            # Quoted-printable breaks long lines, links too.
            content = maildir.get_bytes(key).replace(b"\r\n", b"\n").replace(b"=\n", b"")
            if any(sign in content for sign in wanted):
                maildir.discard(key)


HANDLERS: Mapping[str, Handler] = {"erase.copies": erase_copies, "erase.held": erase_held_copies}


def run(owner: str) -> Generator[int, None, None]:
    """The worker of kind `erasing`."""
    with closing(run_tasks(owner, HANDLERS)) as in_database:
        for done in in_database:
            yield done + _remove_next_captured(owner)


def _remove_next_captured(owner: str) -> int:
    """The captured copies of one erased post, held or not. Cut short, it begins anew when the lease ends."""
    mine = Task.kind.in_((CAPTURED, CAPTURED_HELD))
    with reading():
        if not anything_due(Task, mine):
            return 0
    with transaction():
        ids = claim(Task, 1, owner, mine)
    for task_id in ids:
        try:
            with reading() as session:
                signs = _signs(session.get_one(Task, task_id))
            remove_captured(current_settings().data_dir / "mail", *signs)
        except Exception as error:
            log.exception("captured copies of an erased post could not be removed", task=task_id)
            with transaction() as session:
                put_off(session.get_one(Task, task_id), f"{type(error).__name__}: {error}")
        else:
            with transaction():
                finish(Task, [task_id])
    return len(ids)
