"""Two owners together open the seal of an anonymous post; one alone, or a moderator, never does."""

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select

from forum.accounts.models import Member
from forum.db import db, transaction
from forum.groups.actions import NotPossible
from forum.groups.models import Assurance, Group, Kind, Role
from forum.groups.rights import Viewer, viewer_of
from forum.log import LogEntry
from forum.moderation.unsealing import agree_to_open, ask_to_open, name_behind, post_with_seal, seal_of, why_never
from forum.posting.outcomes import Published
from forum.posting.submit import submit
from forum.queue import Task
from forum.rules.submission import Submission
from forum.threads import sealed
from forum.threads.models import Post, TextFormat, Via
from mailgateway.notice_facts import FACTS
from tests.forum.web.browser import Browser
from tests.people import a_group, a_member


def an_anonymous_post(
    author: Member, group: Group, text: str = "I made a mistake.", answers: int | None = None
) -> Post:
    submission = Submission(
        group_id=group.id,
        author_id=author.id,
        byline=author.name,
        assurance=Assurance.PROVEN,
        via=Via.WEB,
        subject="A mistake",
        text=text,
        text_format=TextFormat.MARKDOWN,
        answers_post_id=answers,
        anonymous=True,
    )
    with transaction():
        outcome = submit(submission)
    assert isinstance(outcome, Published), outcome
    return db.session.get_one(Post, outcome.post_id)


def as_viewer(member: Member) -> Viewer:
    viewer = viewer_of(member)
    assert viewer is not None
    return viewer


@pytest.fixture
def group(app: Flask) -> Group:
    return a_group(anonymous_posts=True)


def test_one_owner_asks_another_agrees_and_only_these_two_see_the_name(group: Group, app: Flask, move_clock) -> None:
    owners = [
        a_member(f"{name}@example.org", f"{name.title()} Stone", group, role=Role.OWNER)
        for name in ("una", "vic", "wim")
    ]
    mo = a_member("mo@example.org", "Mo Day", group, role=Role.MODERATOR)
    ann = a_member("ann@example.org", "Annegret Leeman", group)
    post = an_anonymous_post(ann, group)
    una, vic, wim = (Browser(app).sign_in(owner) for owner in owners)
    page = f"/p/{post.public_id}/seal"
    assert Browser(app).sign_in(mo).fetch(page).status_code == 404
    una.open(page)
    una.press("Ask the other owners", reason=" ")
    assert una.status == 422
    una.press("Ask the other owners", reason="A patient is in danger.")
    assert "Another" not in una.text
    assert "one of them agrees" in una.open(page)
    assert "Annegret" not in una.body
    vic.open(page)
    assert "A patient is in danger." in vic.text
    assert "Annegret" not in vic.body
    vic.press("Open the seal", sure="yes")
    assert "Annegret Leeman" in vic.text
    assert "Annegret Leeman" in una.open(page)
    assert "Annegret" not in wim.open(page)
    acts = db.session.scalars(
        select(LogEntry).where(LogEntry.object_kind == "seal_opening").order_by(LogEntry.id)
    ).all()
    assert [(each.act, each.actor_id) for each in acts] == [
        ("ask to open seal", owners[0].id),
        ("open seal", owners[1].id),
    ]
    tasks = db.session.scalars(select(Task).where(Task.kind.startswith("notice.seal_")).order_by(Task.id)).all()
    [told] = [FACTS[task.kind](task) for task in tasks if task.kind == "notice.seal_opened"]
    assert told is not None
    assert (told.email, told.facts["reason"]) == ("ann@example.org", "A patient is in danger.")
    assert {task.other_id for task in tasks if task.kind == "notice.seal_asked"} == {owners[1].id, owners[2].id}
    move_clock(8 * 86_400)
    assert "Annegret" not in una.open(page)


def test_nobody_alone_opens_a_seal_nor_where_there_is_one_owner_or_a_wall(group: Group) -> None:
    una = a_member("una@example.org", "Una Stone", group, role=Role.OWNER)
    post = an_anonymous_post(a_member("ann@example.org", "Annegret Leeman", group), group)
    with pytest.raises(NotPossible, match="only one"), transaction():
        ask_to_open(post, "Why not?", actor_id=una.id)
    a_member("vic@example.org", "Vic Stone", group, role=Role.OWNER)
    with transaction():
        opening = ask_to_open(post, "Why not?", actor_id=una.id)
    with pytest.raises(NotPossible, match="Another owner"), transaction():
        agree_to_open(post, actor_id=una.id)
    assert name_behind(opening, as_viewer(una)) is None
    assert seal_of(post, as_viewer(una)).mine
    circle = a_group("ring", "Ring", kind=Kind.CIRCLE)
    assert "circle" in why_never(circle)
    named = replace(as_viewer(una), belongings={})
    assert post_with_seal(named, post.public_id) is None


def test_a_pseudonym_is_stable_in_its_thread_and_another_one_elsewhere(group: Group) -> None:
    ann, bea = (a_member(f"{name}@example.org", f"{name.title()}egret Leeman", group) for name in ("ann", "bea"))
    first = an_anonymous_post(ann, group)
    names = [first.byline]
    for author in (ann, bea, ann):
        names.append(an_anonymous_post(author, group, f"More {len(names)}.", answers=first.id).byline)
    assert names[0] == names[1] == names[3] != names[2]
    elsewhere = an_anonymous_post(ann, group, "Something else.")
    assert elsewhere.pseudonym_id != first.pseudonym_id
    assert first.author_id == elsewhere.author_id == sealed.anonymous_member_id()
    assert not db.session.get_one(Member, first.author_id).addresses
