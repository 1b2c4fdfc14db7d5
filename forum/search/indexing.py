"""The worker that keeps the index in step with the posts. A task is finished only after the index has kept its post."""

import time
from collections.abc import Generator, Sequence

import structlog
from sqlalchemy import select

from forum.db import reading, transaction
from forum.queue import Task, anything_due, claim, finish, put_off
from forum.search.documents import KINDS
from forum.search.engine import Engine, current_engine
from forum.search.whoosh_engine import RebuildingError

BATCH = 500
# A steady stream of posts is written about once a second; what comes after a pause is written at once.
BATCH_SECONDS = 1.0

log = structlog.get_logger(__name__)


def run(owner: str) -> Generator[int, None, None]:
    """The worker of kind `index`."""
    engine = current_engine()
    mine = Task.kind.in_(KINDS)
    not_before = time.monotonic()
    while True:
        if not engine.exists():
            yield from _build(engine)
        with reading():
            due = engine.exists() and anything_due(Task, mine)
        if not due:
            yield 0
            continue
        time.sleep(max(0.0, not_before - time.monotonic()))
        with engine.hold() as held:
            done = _index_batch(engine, owner) if held else 0
        not_before = time.monotonic() + (BATCH_SECONDS if done < BATCH else 0.0)
        yield done


def _build(engine: Engine) -> Generator[int, None, None]:
    """The first index of a host, from all posts that there are: after a restored backup or a change of engine."""
    try:
        yield from engine.rebuild()
    except RebuildingError:
        log.info("another process builds the search index")


def _index_batch(engine: Engine, owner: str) -> int:
    with transaction():
        task_ids = claim(Task, BATCH, owner, Task.kind.in_(KINDS))
    if not task_ids:
        return 0
    try:
        engine.put(_posts_of(task_ids))
    except Exception as error:
        log.exception("indexing failed", tasks=len(task_ids))
        with transaction() as session:
            for task in session.scalars(select(Task).where(Task.id.in_(task_ids))):
                put_off(task, f"{type(error).__name__}: {error}")
    else:
        with transaction():
            finish(Task, task_ids)
    return len(task_ids)


def _posts_of(task_ids: Sequence[int]) -> Sequence[int]:
    with reading() as session:
        return session.scalars(select(Task.target_id).where(Task.id.in_(task_ids)).distinct()).all()
