"""Notices that members get by choice. See `notice_facts.py`. Reads only."""

from collections.abc import Callable, Mapping

from forum.db import db
from forum.groups.models import Group
from forum.queue import Task
from forum.threads.models import Thread
from forum.threads.queries import author_id_of, post_by_id
from mailgateway.notice import Notice, site_url, to_member


def _acknowledged(task: Task) -> Notice | None:
    post = post_by_id(task.target_id)
    if post is None or post.erased_at is not None:
        return None
    thread = db.session.get_one(Thread, post.thread_id)
    return to_member(
        "acknowledged",
        author_id_of(post),
        thread=thread,
        group=db.session.get_one(Group, thread.group_id),
        url=site_url(f"/p/{post.public_id}"),
        choices_url=site_url("/my-groups"),
    )


def _digests_stopped(task: Task) -> Notice | None:
    return to_member("digests_stopped", task.target_id, url=site_url("/my-groups"))


FACTS: Mapping[str, Callable[[Task], Notice | None]] = {
    "notice.acknowledged": _acknowledged,
    "notice.digests_stopped": _digests_stopped,
}
