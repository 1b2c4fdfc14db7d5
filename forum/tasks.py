"""The domain's own later work, by the kind of the task."""

from collections.abc import Generator, Mapping

from forum.facets.actions import derive_all
from forum.groups.asking import ask_next
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


def _derive_facets(task: Task) -> None:
    derive_all(task.target_id)


def _ask_members(task: Task) -> None:
    ask_next(task.target_id, task.other_id or 0)


HANDLERS: Mapping[str, Handler] = {
    "release_pending": _release_pending,
    "release_group": _release_group,
    "approve_all": _approve_all,
    "claim_posts": _claim_posts,
    "derive_facets": _derive_facets,
    "ask_members": _ask_members,
}


def run(owner: str) -> Generator[int, None, None]:
    """The worker of kind `tasks`."""
    yield from run_tasks(owner, HANDLERS)
