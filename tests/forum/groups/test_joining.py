"""Coming into a group and the community: added, asking, let in or not."""

import pytest
from flask import Flask
from sqlalchemy import select

from forum.db import db, transaction
from forum.groups.actions import NotPossible
from forum.groups.choices import set_delivery
from forum.groups.joining import NEWCOMER_POSTS, add_to_group, admit, ask_to_join, decline
from forum.groups.models import Delivery, Standing
from forum.groups.queries import community, membership_of, reason_for_declining
from forum.groups.standing import set_standing
from forum.queue import Task
from tests.people import a_group, a_member, its


def tasks(kind: str) -> list[tuple[int, int | None]]:
    return [(task.target_id, task.other_id) for task in db.session.scalars(select(Task).where(Task.kind == kind))]


def test_members_of_a_group_are_members_of_the_community(core: Flask) -> None:
    group, other = a_group(), a_group("other", "Other")
    ann = a_member("ann@example.org", "Ann Lee", group, newcomer=True)
    assert its(ann, community()).newcomer_posts == NEWCOMER_POSTS
    with transaction():
        set_delivery(its(ann, group), Delivery.DIGEST, actor_id=ann.id)
        again = add_to_group(ann, group)
    assert (again.delivery, again.newcomer_posts) == (Delivery.DIGEST, NEWCOMER_POSTS)
    for standing in (Standing.BANNED, Standing.PENDING):
        with transaction():
            set_standing(its(ann, community()), standing, actor_id=None)
        with transaction(), pytest.raises(NotPossible, match="no standing"):
            add_to_group(ann, other)
    assert membership_of(ann.id, other.id) is None


def test_requests_wait_are_admitted_or_declined_and_everybody_is_told(core: Flask) -> None:
    group = a_group()
    ann, bob = a_member("ann@example.org", "Ann Lee"), a_member("bob@example.org", "Bob Ray")
    with transaction():
        asked, other = ask_to_join(ann, group), ask_to_join(bob, group)
    with transaction(), pytest.raises(NotPossible, match="or have asked to"):
        ask_to_join(ann, group)
    with transaction():
        admit(asked, actor_id=None)
        admit(asked, actor_id=None)
        decline(other, actor_id=None, why="Cardiologists only.")
    assert its(ann, group).standing is Standing.ACTIVE
    assert membership_of(bob.id, group.id) is None
    assert tasks("notice.admitted") == [(asked.id, None)]
    assert tasks("release_pending") == [(asked.id, None)]
    assert tasks("notice.declined") == [(bob.id, group.id)]
    assert reason_for_declining(bob.id, group.id) == "Cardiologists only."
    assert reason_for_declining(ann.id, group.id) == ""
