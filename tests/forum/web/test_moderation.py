"""Held posts for moderators and authors, join requests."""

from dataclasses import replace

from flask import Flask
from sqlalchemy import select

from forum.db import db, transaction
from forum.groups.models import Assurance, JoinPolicy, Moderate, Role, Standing
from forum.groups.queries import membership_of
from forum.log import LogEntry
from forum.posting.hold import hold_letter
from forum.posting.models import HeldPost, HeldState
from forum.posting.outcomes import Held, Outcome
from forum.posting.submit import submit
from forum.queue import Task
from forum.rules.submission import File, Submission
from forum.threads.models import Post, TextFormat, Via
from tests.forum.web.browser import Browser
from tests.people import a_group, a_member, post

HOSTILE = 'Look: <img src="https://evil.example/x.png"> <script>alert(1)</script> https://evil.example/login'


def held_row(outcome: Outcome) -> HeldPost:
    assert isinstance(outcome, Held)
    return db.session.get_one(HeldPost, outcome.held_id)


def test_a_moderator_sees_what_waits_and_nothing_in_it_can_be_clicked(app: Flask) -> None:
    group = a_group(moderate=Moderate.ALL)
    ann = a_member("ann@example.org", "Ann Lee", group)
    mod = a_member("mod@example.org", "Mo Dee", group, role=Role.MODERATOR)
    with transaction():
        outcome = submit(
            Submission(
                group_id=group.id,
                author_id=ann.id,
                byline=ann.name,
                assurance=Assurance.PROVEN,
                via=Via.MAIL,
                subject="A <b>case</b>",
                text=HOSTILE,
                text_format=TextFormat.PLAIN,
                folded="> quoted words",
                files=(File("scan <x>.pdf", "application/pdf", b"12345"),),
            )
        )
    held = held_row(outcome)
    browser = Browser(app).sign_in(mod)
    assert "1 waiting" in browser.body
    assert "A <b>case</b> Cardiology · Ann Lee" in browser.open("/held")
    assert "Every post to this group is read first." in browser.text
    assert "A <b>case</b> Ann Lee" in browser.open("/g/cardiology/held")
    page = browser.open(f"/held/{held.public_id}")
    assert HOSTILE in page
    assert "<script>alert" not in browser.body
    assert "<img" not in browser.body
    assert 'href="https://evil' not in browser.body
    assert "scan <x>.pdf application/pdf, 5 bytes" in page
    assert "quoted words" in page
    assert "Ann Lee in Cardiology A member since" in page
    assert "No post yet" in page

    stranger = Browser(app).sign_in(ann)
    for path in ("/held", "/g/cardiology/held", f"/held/{held.public_id}", "/g/cardiology/requests"):
        stranger.open(path)
        assert stranger.status == 404
    stranger.open("/me")
    assert stranger.post(f"/held/{held.public_id}", decision="approve") == 404
    db.session.refresh(held)
    assert held.state is HeldState.WAITING


def test_a_decision_is_made_once_and_the_second_moderator_is_told_by_whom(app: Flask) -> None:
    group = a_group(moderate=Moderate.ALL)
    ann = a_member("ann@example.org", "Ann Lee", group)
    mods = [a_member(f"mod{n}@example.org", f"Mo {n}", group, role=Role.MODERATOR) for n in (1, 2)]
    good, bad, later = (held_row(post(ann, group, subject)) for subject in ("Good", "Bad", "Later"))
    first, second = (Browser(app).sign_in(mod) for mod in mods)

    second.open(f"/held/{good.public_id}")
    first.open(f"/held/{good.public_id}")
    first.press("Approve: send to Cardiology")
    assert first.path == "/held"
    assert "“Good” is now in Cardiology" in first.text
    second.press("Reject", reason="not for us")
    assert "Nothing has changed: Mo 1 has acted already." in second.text
    assert "Mo 1 approved this" in second.text
    assert [each.subject for each in db.session.scalars(select(Post))] == ["Good"]

    first.open(f"/held/{bad.public_id}")
    assert "Write a reason" in first.press("Reject", reason="  ")
    assert first.status == 422
    first.press("Reject", reason="Names a patient.")
    assert "will not be posted" in first.text
    first.open(f"/held/{later.public_id}")
    first.press("Return to be changed", reason="Say where.")
    assert "Nothing waits" in first.open("/held")
    db.session.expire_all()
    assert [(each.state, each.reason) for each in (good, bad, later)] == [
        ("approved", ""),
        ("rejected", "Names a patient."),
        ("returned", "Say where."),
    ]
    assert [task.target_id for task in db.session.scalars(select(Task).where(Task.kind == "notice.decided"))] == [
        bad.id,
        later.id,
    ]
    author = Browser(app).sign_in(ann)
    assert "The reason: Names a patient." in author.open(f"/mine/held/{bad.public_id}")
    assert "1 approved" in first.open(f"/held/{good.public_id}")
    assert "2 rejected or returned" in first.text


def test_the_queue_holds_only_what_one_moderates_and_is_paged_oldest_first(app: Flask) -> None:
    group = a_group(moderate=Moderate.ALL, quota=None)
    other = a_group("locum", "Locum", moderate=Moderate.ALL)
    ann = a_member("ann@example.org", "Ann Lee", group, other)
    mod = a_member("mod@example.org", "Mo Dee", group, role=Role.MODERATOR)
    post(ann, other, "Elsewhere")
    with transaction():
        letter = Submission(
            group.id, ann.id, ann.name, Assurance.PROVEN, Via.WEB, "Number 00", "words", TextFormat.PLAIN
        )
        for number in range(32):
            submit(replace(letter, subject=f"Number {number:02}"))
    browser = Browser(app).sign_in(mod)
    browser.open("/held")
    assert "Number 00" in browser.text
    assert "Number 29" in browser.text
    assert "Number 30" not in browser.text
    assert "Elsewhere" not in browser.text
    page = browser.body.partition("?after=")[2].partition('"')[0]
    assert "Number 30" in browser.open(f"/held?after={page}")
    assert "Number 29" not in browser.text
    assert "Elsewhere" not in browser.text


def test_a_letter_to_the_moderators_can_be_set_aside_and_not_posted(app: Flask) -> None:
    group = a_group()
    mod = a_member("mod@example.org", "Mo Dee", group, role=Role.MODERATOR)
    with transaction():
        held = hold_letter(
            Submission(
                group.id,
                None,
                "Pat Outside <pat@example.net>",
                Assurance.CLAIMED,
                Via.MAIL,
                "A question",
                "Can I join?",
                TextFormat.PLAIN,
            )
        )
    browser = Browser(app).sign_in(mod)
    assert "A letter to the moderators" in browser.open(f"/held/{held.public_id}")
    assert "Pat Outside <pat@example.net>" in browser.text
    assert browser.post(f"/held/{held.public_id}", decision="approve") == 422
    assert "cannot be posted" in browser.text
    browser.press("Set aside", reason="answered")
    db.session.refresh(held)
    assert held.state is HeldState.REJECTED


def test_requests_are_admitted_or_declined_with_a_reason(app: Flask) -> None:
    group = a_group(join_policy=JoinPolicy.REQUEST)
    ann, bob = a_member("ann@example.org", "Ann Lee"), a_member("bob@example.org", "Bob Ray")
    for member in (ann, bob):
        asking = Browser(app).sign_in(member)
        asking.open("/me")
        asking.post("/g/cardiology/join")
    mod = a_member("mod@example.org", "Mo Dee", group, role=Role.MODERATOR)
    browser, late = Browser(app).sign_in(mod), Browser(app).sign_in(mod)
    late.open("/g/cardiology/requests")
    assert "Ann Lee ann@example.org" in browser.open("/g/cardiology/requests")
    browser.press("Admit Ann Lee")
    assert "Ann Lee is now a member" in browser.text
    assert "Write a reason" in browser.press("Decline Bob Ray")
    assert browser.status == 422
    browser.press("Decline Bob Ray", **{f"reason-{bob.public_id}": "Cardiologists only."})
    assert "Nobody waits" in browser.text
    late.press("Admit Bob Ray")
    assert "Somebody has answered this request already" in late.text
    membership = membership_of(ann.id, group.id)
    assert membership is not None
    assert membership.standing is Standing.ACTIVE
    assert membership_of(bob.id, group.id) is None
    assert db.session.scalars(select(LogEntry.why).where(LogEntry.act == "decline")).all() == ["Cardiologists only."]
