"""The worker of kind `splitting`: whatever of a plan takes longer than a page may, and what is due by its clock.

It takes one task at a time and goes from step to step; between two of them everybody else has a turn. What computes
(a proposal, results) needs numpy, which is loaded only then.
"""

import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

import structlog
from flask import Flask, current_app
from sqlalchemy.exc import InterfaceError, OperationalError

from forum.clock import now
from forum.db import db, reading, transaction
from forum.groups.actions import NotPossible
from forum.queue import MAX_ATTEMPTS, Task, anything_due, claim, finish, put_off, renew
from forum.splitting import plans
from forum.splitting.course.by_the_clock import a_plan_is_due, go_on_by_the_clock
from forum.splitting.course.steps import Course, announce_course, carry_out_course, tell_course, undo_course
from forum.splitting.models import Plan, PlanState

LOOK_EVERY = timedelta(seconds=5)
_RENEW_SECONDS = 10.0
_WENT_WRONG = "Something went wrong"

log = structlog.get_logger(__name__)


def _propose(plan_id: int, _other_id: int | None) -> Course:
    from forum.splitting.studio.proposing import propose_plan

    propose_plan(plan_id)
    yield 0.0


def _announce(plan_id: int, _other_id: int | None) -> Course:
    return announce_course(plan_id)


def _carry_out(plan_id: int, _other_id: int | None) -> Course:
    """What was before is counted before anything changes."""
    from forum.splitting.looking_back.results import note_before

    with reading():
        plan = db.session.get_one(Plan, plan_id)
        begins = plan.state is PlanState.CARRYING_OUT and plans.is_measured(plan)
        told = plan.announced_at or now()
    if begins:
        note_before(plan_id, told)
        yield 0.0
    yield from carry_out_course(plan_id)


def _undo(plan_id: int, _other_id: int | None) -> Course:
    return undo_course(plan_id)


def _tell(plan_id: int, _other_id: int | None) -> Course:
    return tell_course(plan_id)


def _review_ends(plan_id: int, _other_id: int | None) -> Course:
    with transaction():
        plans.remind_of_the_end(db.session.get_one(Plan, plan_id))
    yield 0.0


def _results(plan_id: int, weeks: int | None) -> Course:
    from forum.splitting.looking_back.results import look_back

    if weeks is None:
        raise ValueError("plan.results needs the number of weeks")
    look_back(plan_id, weeks)
    yield 0.0


HANDLERS: Mapping[str, Callable[[int, int | None], Course]] = {
    "plan.propose": _propose,
    "plan.announce": _announce,
    "plan.carry_out": _carry_out,
    "plan.undo": _undo,
    "plan.tell_the_end": _tell,
    "plan.review_ends": _review_ends,
    "plan.results": _results,
}


def run(owner: str) -> Generator[int, None, None]:
    """One step at a time; 0 when nothing is due."""
    mine = Task.kind.in_(sorted(HANDLERS))
    next_look: datetime | None = None
    while True:
        moment = now()
        went_on = 0
        if next_look is None or not next_look - LOOK_EVERY <= moment < next_look:
            next_look = moment + LOOK_EVERY
            went_on = _go_on_by_the_clock(moment)
        with reading():
            due = anything_due(Task, mine)
        ids: Sequence[int] = ()
        if due:
            with transaction():
                ids = claim(Task, 1, owner, mine)
        for task_id in ids:
            yield from _work(task_id, owner)
            next_look = None  # What it has done may have made a plan due.
        if went_on or not ids:
            yield went_on


def _go_on_by_the_clock(moment: datetime) -> int:
    with reading():
        if not a_plan_is_due(moment):
            return 0
    with transaction():
        return go_on_by_the_clock(moment)


def _work(task_id: int, owner: str) -> Generator[int, None, None]:
    """Do one task step by step. What fails is tried again later; what is refused has its reason in the plan."""
    with reading():
        task = db.session.get_one(Task, task_id)
        kind, course = task.kind, HANDLERS[task.kind](task.target_id, task.other_id)
    try:
        with _kept(task_id, owner, current_app._get_current_object()):  # type: ignore[attr-defined]  # werkzeug's proxy
            for seconds in course:
                time.sleep(seconds)
                yield 1
    except NotPossible as refused:
        with transaction():
            task = db.session.get_one(Task, task_id)
            plans.stop(db.session.get_one(Plan, task.target_id), str(refused))
            finish(Task, [task_id])
    except Exception as error:
        log.exception("a plan could not go on", task=task_id, kind=kind)
        with transaction():
            _put_off(db.session.get_one(Task, task_id), error)
    else:
        with transaction():
            plan = db.session.get_one(Plan, db.session.get_one(Task, task_id).target_id)
            if plan.trouble.startswith(_WENT_WRONG):
                plan.trouble = ""
            finish(Task, [task_id])
    yield 1


def _put_off(task: Task, error: Exception) -> None:
    put_off(task, f"{type(error).__name__}: {error}")
    if task.set_aside_at is None:
        when = f"It is tried again at {task.due_at:%H:%M} UTC."
    else:
        when = f"It was tried {MAX_ATTEMPTS} times; an operator should look at the log of the program."
    plans.stop(db.session.get_one(Plan, task.target_id), f"{_WENT_WRONG} ({type(error).__name__}). {when}")


@contextmanager
def _kept(task_id: int, owner: str, core: Flask) -> Iterator[None]:
    """Keep the task leased while it goes on: a proposal computes for minutes without a step."""
    over = threading.Event()

    def keep() -> None:
        while not over.wait(_RENEW_SECONDS):
            with core.app_context():
                try:
                    with transaction():
                        renew(Task, [task_id], owner)
                except (OperationalError, InterfaceError) as error:
                    # The database is busy or away; the next try is soon.
                    log.warning("a lease will be renewed later", error=str(error.orig))
                finally:
                    db.session.remove()

    thread = threading.Thread(target=keep, name=f"lease of task {task_id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
