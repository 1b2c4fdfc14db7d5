"""Who writes under a pseudonym: the only module that reads or writes it. Never commits.

Everything else sees of an anonymous post the member that stands for all anonymous authors, and the pseudonym. What
needs the author - rights over one's own post, limits on one's own pace, a mail about a held post - asks here by name.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from forum.accounts.models import Member
from forum.clock import now
from forum.db import db, public_id
from forum.threads.models import Pseudonym
from forum.threads.pseudonym_names import draw_name

NOBODY = "Anonymous"
# The public id of the member who stands for them all; random ones have all their places, too.
_ITS_ID = "anonymous000"
# Limits look back some hours, in which nobody takes more names.
_NEWEST = 500


@dataclass(frozen=True)
class UnderName:
    """A pseudonym without whose it is."""

    id: int
    name: str


def anonymous_member_id() -> int:
    """The member who stands for all anonymous authors: without address and memberships; made with the first use."""
    wanted = select(Member.id).where(Member.public_id == _ITS_ID)
    found = db.session.scalar(wanted)
    if found is None:
        insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
        row = insert(Member).values(public_id=_ITS_ID, name=NOBODY, placeholder=True, created_at=now())
        db.session.execute(row.on_conflict_do_nothing())
        found = db.session.scalars(wanted).one()
    return found


def take_name(member_id: int, thread_id: int | None, kept_id: int | None = None) -> UnderName:
    """The member's pseudonym in a thread, always the same there; a new one where there is none yet.

    Without a thread, one for a thread that is still to be: `kept_id` is that one when the thread has come.
    """
    if thread_id is not None:
        mine = _in_thread(member_id, thread_id)
        if mine is not None:
            return mine
        if kept_id is not None:
            settled = _settle(kept_id, thread_id)
            if settled is not None:
                return settled
    while True:
        name = draw_name(_names_in(thread_id) if thread_id is not None else ())
        insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
        row = insert(Pseudonym).values(public_id=public_id(), thread_id=thread_id, member_id=member_id, name=name)
        made = db.session.scalar(row.on_conflict_do_nothing().returning(Pseudonym.id))
        if made is not None:
            return UnderName(made, name)
        # Somebody else has just taken the name, or another worker this member's.
        mine = _in_thread(member_id, thread_id) if thread_id is not None else None
        if mine is not None:
            return mine


def _settle(kept_id: int, thread_id: int) -> UnderName | None:
    """Give a pseudonym that has no thread yet its thread; None for one that has another thread."""
    row = db.session.execute(
        update(Pseudonym)
        .where(Pseudonym.id == kept_id, Pseudonym.thread_id.is_(None))
        .values(thread_id=thread_id)
        .returning(Pseudonym.id, Pseudonym.name)
        .execution_options(synchronize_session=False)
    ).first()
    return None if row is None else UnderName(row.id, row.name)


def _in_thread(member_id: int, thread_id: int) -> UnderName | None:
    row = db.session.execute(
        select(Pseudonym.id, Pseudonym.name).where(Pseudonym.thread_id == thread_id, Pseudonym.member_id == member_id)
    ).first()
    return None if row is None else UnderName(row.id, row.name)


def _names_in(thread_id: int) -> frozenset[str]:
    return frozenset(db.session.scalars(select(Pseudonym.name).where(Pseudonym.thread_id == thread_id)))


def own_name_in(member_id: int, thread_id: int) -> UnderName | None:
    """Under which name a member writes anonymously in a thread, if at all. For that member's own eyes and pace."""
    return _in_thread(member_id, thread_id)


def has_anonymous(thread_id: int) -> bool:
    """Whether anybody writes under a pseudonym in a thread, or has tried to."""
    return db.session.scalar(select(Pseudonym.id).where(Pseudonym.thread_id == thread_id).limit(1)) is not None


def own_pseudonyms(member_id: int) -> Sequence[int]:
    """The newest pseudonyms of a member, for limits on the member's pace and for the member's own lists."""
    rows = select(Pseudonym.id).where(Pseudonym.member_id == member_id).order_by(Pseudonym.id.desc()).limit(_NEWEST)
    return db.session.scalars(rows).all()


def is_written_by(member_id: int, author_id: int | None, pseudonym_id: int | None) -> bool:
    """Whether a post, or held post, with these two columns is the member's own."""
    if pseudonym_id is None:
        return author_id == member_id
    owned = select(Pseudonym.id).where(Pseudonym.id == pseudonym_id, Pseudonym.member_id == member_id)
    return db.session.scalar(owned) is not None


def own_among(member_id: int, pseudonym_ids: Sequence[int]) -> frozenset[int]:
    """Which of these pseudonyms are the member's."""
    if not pseudonym_ids:
        return frozenset()
    owned = select(Pseudonym.id).where(Pseudonym.id.in_(pseudonym_ids), Pseudonym.member_id == member_id)
    return frozenset(db.session.scalars(owned))


def addressee(author_id: int | None, pseudonym_id: int | None) -> int | None:
    """To whom a mail about somebody's own held post goes, and whose standing the gate asks for; None for a stranger."""
    if pseudonym_id is None:
        return author_id
    return db.session.scalars(select(Pseudonym.member_id).where(Pseudonym.id == pseudonym_id)).one()


def pseudonym_name(pseudonym_id: int) -> str:
    """The name that everybody sees."""
    return db.session.scalars(select(Pseudonym.name).where(Pseudonym.id == pseudonym_id)).one()


def broken_open(pseudonym_id: int) -> Member:
    """Who it is. Only for two owners who have opened the seal together (`forum.moderation.unsealing`)."""
    rows = select(Member).join(Pseudonym, Pseudonym.member_id == Member.id).where(Pseudonym.id == pseudonym_id)
    return db.session.scalars(rows).one()
