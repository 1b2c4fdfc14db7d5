"""Runs the workers: generators, found by the entry points `banyan.tasks`, that do what is due and say how much it was.

A worker takes the name under which it leases rows, and yields after each step the number of pieces done; 0 means
that nothing is due. Closing the generator ends it.
"""

import sys
import threading
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from importlib.metadata import entry_points

import structlog
from flask import Flask
from sqlalchemy import select

from forum.db import db, reading, transaction
from forum.queue import Task, anything_due, claim, finish, put_off

IDLE_SECONDS = 0.2
_AFTER_A_FAILURE_SECONDS = 2.0
# A worker that computes lets those go on that answer a line, after a tenth of Python's usual time.
_TURN_SECONDS = 0.0005

Worker = Callable[[str], Generator[int, None, None]]
Handler = Callable[[Task], None]

log = structlog.get_logger(__name__)


def workers(only: str | None = None, but: Collection[str] = ()) -> Mapping[str, Worker]:
    """The workers by kind, one or all but some if so named; LookupError for a kind that there is not."""
    found = {point.name: point for point in entry_points(group="banyan.tasks")}
    for named in (*([] if only is None else [only]), *but):
        if named not in found:
            raise LookupError(f"There is no work of kind {named!r}. Kinds: {', '.join(sorted(found))}.")
    return {name: found[name].load() for name in sorted(found) if only in (None, name) and name not in but}


def run_tasks(owner: str, handlers: Mapping[str, Handler], batch: int = 20) -> Generator[int, None, None]:
    """A worker for tasks whose handlers only touch the database: each runs and is marked done in one transaction.

    Those that are due together share it, since a commit costs more than most of them; when one of them fails each runs
    again alone.
    """
    mine = Task.kind.in_(sorted(handlers))
    while True:
        with reading():
            due = anything_due(Task, mine)
        ids: Sequence[int] = ()
        if due:
            with transaction():
                ids = claim(Task, batch, owner, mine)
            if len(ids) < 2 or not _run_together(ids, handlers):
                for task_id in ids:
                    _run_task(task_id, handlers)
        yield len(ids)


def _run_together(ids: Sequence[int], handlers: Mapping[str, Handler]) -> bool:
    """Whether all of them are done now; else none is."""
    try:
        with transaction() as session:
            tasks = select(Task).where(Task.id.in_(ids)).order_by(Task.due_at, Task.id).with_for_update()
            # All that there are before the first is handled: a handler may write others.
            for task in session.scalars(tasks).all():
                if task.done_at is None:
                    handlers[task.kind](task)
            finish(Task, ids)
    except Exception as error:
        log.warning("tasks are run one by one, since one of them failed", error=f"{type(error).__name__}: {error}")
        return False
    return True


def _run_task(task_id: int, handlers: Mapping[str, Handler]) -> None:
    try:
        with transaction() as session:
            task = session.get_one(Task, task_id, with_for_update=True)
            if task.done_at is not None:
                return  # Its lease ran out behind slower ones of the batch, and somebody else was faster.
            handlers[task.kind](task)
            finish(Task, [task_id])
    except Exception as error:
        log.exception("task failed", task=task_id)
        with transaction() as session:
            put_off(session.get_one(Task, task_id), f"{type(error).__name__}: {error}")


def work_once(core: Flask, chosen: Mapping[str, Worker], owner: str) -> int:
    """Do everything that is due, in turns, until a whole round finds nothing; returns how many pieces."""
    with core.app_context():
        running = [worker(owner) for worker in chosen.values()]
        total = 0
        try:
            while done := sum(next(worker) for worker in running):
                total += done
        finally:
            for worker in running:
                worker.close()
        return total


def work_until(core: Flask, chosen: Mapping[str, Worker], owner: str, stop: threading.Event) -> None:
    """Run each worker in a thread of its own until `stop` is set. A failing one says so and goes on."""
    sys.setswitchinterval(_TURN_SECONDS)
    threads = [
        threading.Thread(target=_work_loop, args=(core, name, worker, owner, stop), name=name, daemon=True)
        for name, worker in chosen.items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _work_loop(core: Flask, name: str, worker: Worker, owner: str, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            with core.app_context():
                for done in worker(owner):
                    if stop.is_set():
                        return
                    if not done:
                        stop.wait(IDLE_SECONDS)
        except Exception:
            # The database may be away: what is due stays due, and the worker begins anew.
            log.exception("worker failed", worker=name)
            stop.wait(_AFTER_A_FAILURE_SECONDS)
        finally:
            with core.app_context():
                db.session.remove()
