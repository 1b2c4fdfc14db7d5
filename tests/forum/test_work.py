"""Running tasks."""

import itertools

from flask import Flask

from forum.db import db, transaction
from forum.queue import Task, enqueue, finish
from forum.work import run_tasks


def test_a_task_that_somebody_else_has_done_meanwhile_is_not_done_again(core: Flask) -> None:
    with transaction():
        tasks = [enqueue("greet", 1), enqueue("greet", 2)]
    done: list[int] = []

    def greet(task: Task) -> None:
        done.append(task.target_id)
        finish(Task, [each.id for each in tasks])

    assert list(itertools.islice(run_tasks("me", {"greet": greet}), 2)) == [2, 0]
    assert done == [1]
    assert all(db.session.get_one(Task, task.id).done_at is not None for task in tasks)


def test_a_task_that_fails_undoes_nothing_of_those_that_were_due_with_it(core: Flask) -> None:
    with transaction():
        tasks = [enqueue("greet", number) for number in (1, 2, 3)]
    greeted: list[int] = []

    def greet(task: Task) -> None:
        enqueue("greeted", task.target_id)
        if task.target_id == 2:
            raise ValueError("nobody is there")
        greeted.append(task.target_id)

    assert list(itertools.islice(run_tasks("me", {"greet": greet}), 1)) == [3]
    db.session.expire_all()
    assert [task.done_at is not None for task in tasks] == [True, False, True]
    assert tasks[1].error == "ValueError: nobody is there"
    written = db.session.scalars(db.select(Task.target_id).where(Task.kind == "greeted").order_by(Task.target_id))
    assert list(written) == [1, 3]
