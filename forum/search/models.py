"""The table of PostgreSQL's full-text index. On SQLite, where Whoosh keeps the index in files, it stays empty."""

from typing import Any

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from forum.db import Base, Key


class PostSearch(Base):
    """The words of one post: subject under weight A, byline under B, text under D."""

    __tablename__ = "post_search"
    __table_args__ = (Index("ix_post_search_document", "document", postgresql_using="gin"),)

    post_id: Mapped[int] = mapped_column(Key, ForeignKey("post.id"), primary_key=True)
    document: Mapped[Any] = mapped_column(TSVECTOR().with_variant(Text, "sqlite"))
