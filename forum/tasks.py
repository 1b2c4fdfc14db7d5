"""The domain's own later work, by the kind of the task."""

from collections.abc import Generator, Mapping

from forum.moderation.actions import approve_next_of_author
from forum.moderation.releasing import release_held_in_emergency, release_pending
from forum.queue import Task
from forum.threads.actions import claim_posts
from forum.work import Handler, run_tasks


def _release_pending(task: Task) -> None:
    release_pending(task.target_id, task.other_id or 0)


def _release_group(task: Task) -> None:
    release_held_in_emergency(task.target_id, task.other_id or 0)


def _approve_all(task: Task) -> None:
    if task.other_id is None:
        raise ValueError("approve_all needs the moderator who approves")
    approve_next_of_author(task.target_id, task.other_id)


def _claim_posts(task: Task) -> None:
    if task.other_id is None:
        raise ValueError("claim_posts needs the member who claims")
    claim_posts(task.target_id, task.other_id)


HANDLERS: Mapping[str, Handler] = {
    "release_pending": _release_pending,
    "release_group": _release_group,
    "approve_all": _approve_all,
    "claim_posts": _claim_posts,
}


def run(owner: str) -> Generator[int, None, None]:
    """The worker of kind `tasks`."""
    yield from run_tasks(owner, HANDLERS)
