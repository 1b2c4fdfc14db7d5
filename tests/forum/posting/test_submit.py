"""The one gate: what becomes of a submission."""

from flask import Flask

from forum.db import db
from forum.groups.models import Assurance, Moderate
from forum.posting.outcomes import Held, Published, Refused, Returned
from forum.posting.submit import submit
from forum.rules.submission import Submission
from forum.threads.models import TextFormat, Thread, Via
from forum.threads.queries import post_by_id
from tests.meanwhile import meanwhile
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


def test_who_guesses_the_address_of_an_unlisted_group_learns_nothing_of_it(core: Flask) -> None:
    outsider = a_member("eve@example.org", "Eve Stone")
    listed, hidden = a_group(), a_group("night-owls", "Night Owls", listed=False)
    told = {}
    for group in (listed, hidden):
        outcome = post(outsider, group)
        assert isinstance(outcome, Refused)
        told[group.slug] = outcome.findings[0].sentence
    assert "Only members of Cardiology" in told["cardiology"]
    assert "Night Owls" not in told["night-owls"]


def test_two_answers_at_once_are_both_counted(core: Flask) -> None:
    group = a_group()
    ann, ben = (a_member(f"{name}@example.org", name.title(), group) for name in ("ann", "ben"))
    first = post(ann, group)
    assert isinstance(first, Published)
    answer = Submission(
        group_id=group.id,
        author_id=ann.id,
        byline="Ann",
        assurance=Assurance.PROVEN,
        via=Via.WEB,
        subject="",
        text="I can.",
        text_format=TextFormat.MARKDOWN,
        answers_post_id=first.post_id,
    )
    with meanwhile(core, lambda: submit(answer)):
        assert isinstance(post(ben, group, "", "So can I.", answers=first.post_id), Published)
    assert db.session.get_one(Thread, first.thread_id).posts == 3


def test_posts_that_wait_count_for_the_quota(core: Flask) -> None:
    group = a_group(moderate=Moderate.ALL, quota=1)
    ann = a_member("ann@example.org", "Ann Lee", group)
    assert isinstance(post(ann, group), Held)
    again = post(ann, group, subject="Another one")
    assert isinstance(again, Returned)
    assert "quota" in [finding.rule for finding in again.findings]
