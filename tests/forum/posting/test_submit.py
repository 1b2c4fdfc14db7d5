"""The one gate: what becomes of a submission."""

from flask import Flask

from forum.groups.models import Moderate
from forum.posting.outcomes import Held, Published
from forum.threads.queries import post_by_id
from tests.people import a_group, a_member, post


def test_a_members_post_begins_a_thread(core: Flask) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    outcome = post(ann, group)
    assert isinstance(outcome, Published)
    published = post_by_id(outcome.post_id)
    assert published is not None
    assert published.thread.subject == "Locum cover in August"
    assert published.thread.posts == 1


def test_in_a_moderated_group_a_post_waits(core: Flask) -> None:
    group = a_group(moderate=Moderate.ALL)
    ann = a_member("ann@example.org", "Ann Lee", group)
    outcome = post(ann, group)
    assert isinstance(outcome, Held)
    assert [finding.rule for finding in outcome.findings] == ["moderated"]
