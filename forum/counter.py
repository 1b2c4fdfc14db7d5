"""Site-wide numbers that go up in the transaction that uses them: the order of commits, which ids are not."""

from sqlalchemy import String, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from forum.db import Base, db

PUBLISHED = "published"


class Counter(Base):
    """The last number given under a name."""

    __tablename__ = "counter"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[int] = mapped_column(default=0)


# Not as an upsert: SQLAlchemy would compile that anew for each number.
_RAISED = (
    update(Counter)
    .where(Counter.name == bindparam("the_name"))
    .values(value=Counter.value + bindparam("the_count"))
    .returning(Counter.value)
)


def next_number(name: str) -> int:
    """The next value of a site-wide counter, in the order of commits: its row is locked until the commit."""
    return next_numbers(name, 1)[0]


def next_numbers(name: str, count: int) -> range:
    """The next `count` values, for what is written set-wise; at least one."""
    parameters = {"the_name": name, "the_count": count}
    last = db.session.connection().execute(_RAISED, parameters).scalar()
    if last is None:
        # Nobody has asked for a number of this name, or somebody is doing so now.
        insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
        db.session.execute(insert(Counter).values(name=name, value=0).on_conflict_do_nothing())
        last = db.session.connection().execute(_RAISED, parameters).scalar_one()
    return range(last - count + 1, last + 1)


def take_turn(name: str) -> None:
    """Wait for whoever is using a number of this name, and let nobody have the next before the commit."""
    rows = select(Counter.value).where(Counter.name == name).with_for_update()
    if db.session.scalar(rows) is None:
        # Nobody has asked for a number of this name yet: one is used up, which leaves a gap and does no harm.
        next_number(name)


def last_number(name: str) -> int:
    """The last number that was given and committed, or given in this transaction; 0 before the first."""
    return db.session.scalar(select(Counter.value).where(Counter.name == name)) or 0
