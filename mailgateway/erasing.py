"""What is left of an erased post goes: its files, the raw mail that it came as, and copies that were captured here."""

import mailbox
from collections.abc import Generator, Mapping
from pathlib import Path

from sqlalchemy import delete, or_, select, update

from forum.db import db
from forum.posting.models import HeldPost
from forum.queue import Task
from forum.settings import current_settings
from forum.threads.models import Attachment, Post
from forum.work import Handler, run_tasks
from mailgateway.models import InboundMail, InboundRecipient
from mailgateway.retention import drop_unused


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
    settings = current_settings()
    if settings.smarthost == "capture":
        remove_captured(settings.data_dir / "mail", post)


def remove_captured(folder: Path, post: Post) -> None:
    """Remove captured copies of the post, alone or in a digest: what names its id as its own or links to it."""
    own_id = f"\nMessage-ID: {post.message_id}\n".encode()
    link = f"/p/{post.public_id}".encode()
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
    yield from run_tasks(owner, HANDLERS)
