"""The table of the numbers under which an old list knew its messages, so that old links find their posts."""

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from forum.db import Base, PrimaryKey


class OldNumber(Base):
    """Message `number` of a group's old archive is this post."""

    __tablename__ = "old_number"
    __table_args__ = (UniqueConstraint("group_id", "number"),)

    id: Mapped[PrimaryKey]
    group_id: Mapped[int] = mapped_column(ForeignKey("community_group.id"))
    number: Mapped[int]
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"), index=True)
