"""The table of queue summaries: which held posts a moderator was shown under which numbers."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from forum.clock import now
from forum.db import Base, PrimaryKey


class QueueSummary(Base):
    """One mail that listed what waits; an answer such as "1a 2r" counts by the places in `held_ids`, from 1."""

    __tablename__ = "queue_summary"

    id: Mapped[PrimaryKey]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    held_ids: Mapped[list[int]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(default=now)
