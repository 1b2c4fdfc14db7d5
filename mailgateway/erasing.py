"""What is left of an erased post goes: its files, the raw mail that it came as, and copies that were captured here.

Captured copies are files of every mailbox: they are looked through while no transaction is open, in a step of its own
that may be done twice.
"""

import mailbox
from collections.abc import Generator, Mapping
from contextlib import closing
from pathlib import Path

import structlog
from sqlalchemy import delete, or_, select, update

from forum.db import db, reading, transaction
from forum.posting.models import HeldPost
from forum.queue import Task, anything_due, claim, enqueue, finish, put_off
from forum.settings import current_settings
from forum.threads.models import Attachment, Post
from forum.work import Handler, run_tasks
from mailgateway.models import InboundMail, InboundRecipient
from mailgateway.retention import drop_unused

CAPTURED = "erase.captured"

log = structlog.get_logger(__name__)


def erase_copies(task: Task) -> None:
    """Forget files and mail of an erased post. The mail's row stays, without subject, so that its fate is told."""
    post = db.session.get_one(Post, task.target_id)
    # A mail that was held knows only what was held.
    was_held = select(HeldPost.id).where(HeldPost.post_id == post.id)
    came_as = select(InboundRecipient.mail_id).where(
        or_(InboundRecipient.post_id == post.id, InboundRecipient.held_post_id.in_(was_held))
    )
    mails = db.session.scalars(select(InboundMail).where(InboundMail.id.in_(came_as))).all()
    digests = {mail.raw_digest for mail in mails if mail.raw_digest is not None}
    db.session.execute(
        update(InboundMail).where(InboundMail.id.in_([mail.id for mail in mails])).values(raw_digest=None, subject="")
    )
    files = delete(Attachment).where(Attachment.post_id == post.id).returning(Attachment.digest)
    drop_unused(digests | set(db.session.scalars(files)))
    if current_settings().smarthost == "capture":
        enqueue("erase.captured", post.id)


def remove_captured(folder: Path, message_id: str, public_id: str) -> None:
    """Remove captured copies of a post, alone or in a digest: what names its id as its own or links to it."""
    own_id = f"\nMessage-ID: {message_id}\n".encode()
    link = f"/p/{public_id}".encode()
    for box in sorted(folder.iterdir()) if folder.is_dir() else ():
        maildir = mailbox.Maildir(box, create=False)
        for key in list(maildir.iterkeys()):
            # Quoted-printable breaks long lines, links too.
            content = maildir.get_bytes(key).replace(b"\r\n", b"\n").replace(b"=\n", b"")
            if own_id in content or link in content:
                maildir.discard(key)


HANDLERS: Mapping[str, Handler] = {"erase.copies": erase_copies}


def run(owner: str) -> Generator[int, None, None]:
    """The worker of kind `erasing`."""
    with closing(run_tasks(owner, HANDLERS)) as in_database:
        for done in in_database:
            yield done + _remove_next_captured(owner)


def _remove_next_captured(owner: str) -> int:
    """The captured copies of one erased post. Cut short, it begins anew when the lease ends."""
    mine = Task.kind == CAPTURED
    with reading():
        if not anything_due(Task, mine):
            return 0
    with transaction():
        ids = claim(Task, 1, owner, mine)
    for task_id in ids:
        try:
            with reading() as session:
                post = session.get_one(Post, session.get_one(Task, task_id).target_id)
                message_id, public_id = post.message_id, post.public_id
            remove_captured(current_settings().data_dir / "mail", message_id, public_id)
        except Exception as error:
            log.exception("captured copies of an erased post could not be removed", task=task_id)
            with transaction() as session:
                put_off(session.get_one(Task, task_id), f"{type(error).__name__}: {error}")
        else:
            with transaction():
                finish(Task, [task_id])
    return len(ids)
