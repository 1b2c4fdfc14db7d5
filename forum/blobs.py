"""Octets kept once by their content: attachments and raw mail, in the database on both kinds (one backup)."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from sqlalchemy import LargeBinary, String, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from forum.clock import now
from forum.db import Base, db


class Blob(Base):
    """Content under its SHA-256. Rows that name a digest own it together; housekeeping removes what none names."""

    __tablename__ = "blob"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    # When it was last kept: what nothing names yet (the files of a draft) has some days' grace from here.
    kept_at: Mapped[datetime] = mapped_column(default=now, index=True)


def digest_of(content: bytes) -> str:
    return sha256(content).hexdigest()


def keep(content: bytes) -> str:
    """Store content, once however often it comes; returns its digest."""
    return keep_all([content])[0]


def keep_all(contents: Sequence[bytes]) -> Sequence[str]:
    """Store several contents with one statement; returns their digests."""
    moment = now()
    digests = [digest_of(content) for content in contents]
    rows = {
        digest: {"digest": digest, "size": len(content), "content": content, "kept_at": moment}
        for digest, content in zip(digests, contents, strict=True)
    }
    insert = (postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert)(
        Base.metadata.tables["blob"]
    )
    kept = insert.on_conflict_do_update(index_elements=["digest"], set_={"kept_at": insert.excluded.kept_at})
    db.session.connection().execute(kept, list(rows.values()))
    return digests


def content_of(digest: str) -> bytes:
    """The octets under a digest; KeyError when they are no longer kept."""
    content = db.session.scalar(select(Blob.content).where(Blob.digest == digest))
    if content is None:
        raise KeyError(digest)
    return content
