"""Octets that nothing names any more go. Never commits."""

from collections.abc import Iterable

from sqlalchemy import delete, select

from forum.blobs import Blob
from forum.db import db
from forum.private.models import PrivateFile
from forum.threads.models import Attachment
from mailgateway.models import InboundMail

UNUSED = (
    ~select(InboundMail.id).where(InboundMail.raw_digest == Blob.digest).exists(),
    ~select(Attachment.id).where(Attachment.digest == Blob.digest).exists(),
    ~select(PrivateFile.id).where(PrivateFile.digest == Blob.digest).exists(),
)


def drop_unused(digests: Iterable[str]) -> None:
    """Remove blobs that nothing names any more."""
    unused = delete(Blob).where(Blob.digest.in_(list(digests)), *UNUSED)
    db.session.execute(unused.execution_options(synchronize_session=False))
