"""The domain's own later work, by the kind of the task."""

from collections.abc import Generator, Mapping

from forum.moderation.actions import release_pending
from forum.queue import Task
from forum.threads.actions import claim_posts
from forum.work import Handler, run_tasks


def _release_pending(task: Task) -> None:
    release_pending(task.target_id)


def _claim_posts(task: Task) -> None:
    if task.other_id is None:
        raise ValueError("claim_posts needs the member who claims")
    claim_posts(task.target_id, task.other_id)


HANDLERS: Mapping[str, Handler] = {
    "release_pending": _release_pending,
    "claim_posts": _claim_posts,
}


def run(owner: str) -> Generator[int, None, None]:
    """The worker of kind `tasks`."""
    yield from run_tasks(owner, HANDLERS)
