"""Running tasks."""

import itertools

from flask import Flask
from sqlalchemy import select

from forum.db import db, transaction
from forum.queue import Task, enqueue, finish
from forum.work import run_tasks


def test_a_task_that_somebody_else_has_done_meanwhile_is_not_done_again(core: Flask) -> None:
    with transaction() as session:
        enqueue("greet", 1)
        enqueue("greet", 2)
        ids = session.scalars(select(Task.id)).all()
    done: list[int] = []

    def greet(task: Task) -> None:
        done.append(task.target_id)
        if len(done) == 1:
            raise ValueError("so each is run alone")
        finish(Task, ids)

    assert list(itertools.islice(run_tasks("me", {"greet": greet}), 2)) == [2, 0]
    assert done == [1, 1]
    assert all(db.session.get_one(Task, task_id).done_at is not None for task_id in ids)


def test_a_task_that_fails_undoes_nothing_of_those_that_were_due_with_it(core: Flask) -> None:
    with transaction():
        for number in (1, 2, 3):
            enqueue("greet", number)
    greeted: list[int] = []

    def greet(task: Task) -> None:
        enqueue("greeted", task.target_id)
        if task.target_id == 2:
            raise ValueError("nobody is there")
        greeted.append(task.target_id)

    assert list(itertools.islice(run_tasks("me", {"greet": greet}), 1)) == [3]
    tasks = db.session.scalars(select(Task).where(Task.kind == "greet").order_by(Task.id)).all()
    assert [task.done_at is not None for task in tasks] == [True, False, True]
    assert tasks[1].error == "ValueError: nobody is there"
    written = db.session.scalars(select(Task.target_id).where(Task.kind == "greeted").order_by(Task.target_id))
    assert list(written) == [1, 3]
