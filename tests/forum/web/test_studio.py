"""The split studio: a proposal is asked for, edited on its pages, arranged and announced; two at once, and who may."""

import re

import pytest
from flask import Flask
from sqlalchemy import func, select

from forum.db import db, transaction
from forum.groups.models import JoinPolicy, Kind, Role
from forum.log import LogEntry
from forum.queue import Task
from forum.splitting import plans
from forum.splitting.models import (
    ParentBecomes,
    Plan,
    PlannedGroup,
    PlannedThread,
    PlanState,
    Seat,
    SeatBy,
    ThreadsGo,
)
from forum.splitting.queries import open_split_of
from forum.threads.models import Thread
from tests.forum.splitting.drafts import a_draft_plan, planted
from tests.forum.web.browser import Browser
from tests.people import a_crowd, a_group, a_member, post

# Where no statement is new to the other one.
ONE_DATABASE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


class Studio:
    """A group of 24 members with a draft of three groups, and its owner at a browser."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.group = a_group(listed=True)
        self.owner = a_member("own@example.org", "Olga Own", self.group, role=Role.OWNER)
        self.members = a_crowd(24, self.group)
        evidence = planted([member.id for member in self.members], 3, answers=600, outside=0.1)
        self.plan = a_draft_plan(self.group, evidence, "North", "South", "West")
        self.path = f"/g/{self.group.slug}/split/{self.plan.public_id}"
        self.browser = Browser(app).sign_in(self.owner)

    def groups(self) -> list[tuple[str, int]]:
        """Names and sizes, as the tables have them."""
        rows = (
            select(PlannedGroup.name, func.count(Seat.id))
            .join(Seat, Seat.planned_group_id == PlannedGroup.id)
            .where(PlannedGroup.plan_id == self.plan.id)
            .group_by(PlannedGroup.id, PlannedGroup.name, PlannedGroup.position)
            .order_by(PlannedGroup.position)
        )
        return [(name, count) for name, count in db.session.execute(rows)]

    def open_group(self, name: str) -> None:
        self.browser.open(self.path)
        link = next(words for words, _ in self.browser.links if words.endswith(f". {name}"))
        self.browser.follow(link)

    def rename_all(self) -> None:
        """So that no name is made anew."""
        with transaction():
            for planned in self.plan.groups:
                db.session.get_one(PlannedGroup, planned.id).named = True


def _listed(browser: Browser) -> list[str]:
    """Names of the members on a group's page that can be ticked."""
    return re.findall(r'<label for="person-\w+">([^<]+)<', browser.body)


@pytest.fixture
def studio(app: Flask) -> Studio:
    return Studio(app)


@ONE_DATABASE
def test_a_moderator_asks_for_a_proposal_in_plain_words(app: Flask) -> None:
    group = a_group()
    browser = Browser(app).sign_in(a_member("mod@example.org", "Mo Dee", group, role=Role.MODERATOR))
    browser.open("/g/cardiology/split")
    browser.press("Propose groups", largest="10", overlap="200")
    assert browser.status == 422
    assert "Write a larger number than the fewest." in browser.text
    assert "Write a number from 0 to 100." in browser.text
    browser.press("Propose groups", by="place", smallest="5", largest="500", overlap="20")
    assert "Groups are being proposed" in browser.text
    assert "up to two minutes" in browser.text
    plan = open_split_of(group)
    assert plan is not None
    assert plan.options == {"by": "place", "min": 5, "max": 500, "overlap": 0.2, "seed": 0}
    assert db.session.scalars(select(Task.target_id).where(Task.kind == "plan.propose")).all() == [plan.id]
    browser.open("/g/cardiology/split")
    assert "Propose groups" not in browser.buttons
    browser.follow("Go on with it")
    browser.press("Withdraw it")
    assert "The plan is withdrawn." in browser.text
    assert "Propose groups" in browser.buttons


@ONE_DATABASE
def test_the_studio_shows_advice_baselines_cuts_map_and_groups(studio: Studio) -> None:
    browser = studio.browser
    browser.open(studio.path)
    assert browser.status == 200
    for words in ("Beside doing nothing, and beside muting first", "Mails a day, for one member", "3 groups"):
        assert words in browser.text
    assert browser.body.index('class="notice advice"' if "notice advice" in browser.body else "warning advice") < (
        browser.body.index("<svg", browser.body.index("<main"))
    )
    assert [words for words in browser.buttons if words.endswith(("groups", "recommended"))] == [
        "2 groups",
        "3 groups, recommended",
    ]
    picture = browser.body[browser.body.index('<figure class="map"') : browser.body.index("</figure>")]
    assert 'role="img"' in picture
    assert "North 8, South 8, West 8" in re.sub(r"\s+", " ", picture)
    assert picture.count("<circle") == 3
    assert " style=" not in picture
    browser.press("2 groups")
    assert [count for _, count in studio.groups()] == [8, 16]


def test_edits_change_members_and_numbers_at_once(studio: Studio) -> None:
    browser = studio.browser
    studio.rename_all()
    studio.open_group("West")
    browser.press("Keep this name", name="West coast", slug="cardiology")
    assert browser.status == 422
    assert "The address cardiology is taken." in browser.text
    browser.press("Keep this name", name="West coast", slug="west-coast")
    assert "The group is called West coast now." in browser.text
    browser.press("Merge", into="1")
    assert studio.groups() == [("North", 16), ("South", 8)]
    assert "North and" not in browser.text
    assert "1. North" in browser.text
    studio.open_group("North")
    browser.press("Divide", parts="2")
    assert "North is divided into 2 groups." in browser.text
    assert sorted(count for _, count in studio.groups()) == [8, 8, 8]
    names = [name for name, _ in studio.groups()]
    assert "North" not in names
    studio.open_group("South")
    browser.press("Take South out")
    assert sum(count for _, count in studio.groups()) == 24
    assert "South" not in [name for name, _ in studio.groups()]
    acts = db.session.scalars(select(LogEntry.act).where(LogEntry.actor_id == studio.owner.id)).all()
    assert acts.count("plan edited") == 4


def test_members_are_found_by_name_and_moved_by_hand(studio: Studio) -> None:
    browser = studio.browser
    studio.rename_all()
    studio.open_group("North")
    assert "Everybody here has most ties in this group." in browser.text
    browser.open(f"{browser.path}?q=m+3")
    assert _listed(browser) == ["M 3"]
    assert re.search(r"\d+ of 100 ties here, \d+ in (South|West)\.|All ties are here\.", browser.text)
    who = studio.members[3]
    browser.press("Move them", who=who.public_id, to="2")
    assert "1 member is moved." in browser.text
    assert studio.groups() == [("North", 7), ("South", 9), ("West", 8)]
    seat = db.session.scalars(select(Seat).where(Seat.member_id == who.id)).one()
    assert seat.placed_by is SeatBy.MODERATOR
    studio.open_group("South")
    assert _listed(browser) == ["M 3"]  # A weak fit.
    browser.press("Move them", who=who.public_id, to="")
    assert studio.groups() == [("North", 8), ("South", 8), ("West", 8)]
    assert _listed(browser) == []


@ONE_DATABASE
def test_ticked_members_are_asked_to_look_after_a_group(studio: Studio) -> None:
    browser, who = studio.browser, studio.members[0]
    studio.rename_all()
    studio.open_group("North")
    browser.open(f"{browser.path}?show=all")
    browser.press("Ask them to look after it", to="")
    assert browser.status == 422
    browser.open(f"{browser.path}?show=all")
    browser.press("Ask them to look after it", to="", who=who.public_id)
    assert "1 member is asked by mail." in browser.text
    assert "Asked so far: M 0 (no answer yet)" in browser.text
    assert db.session.scalars(select(Task.kind).where(Task.kind == "notice.plan_moderate")).all()


def test_bounds_divide_what_is_too_large_and_join_what_is_too_small(studio: Studio) -> None:
    browser = studio.browser
    browser.open(studio.path)
    browser.press("Fit the groups into this", smallest="20", largest="10")
    assert browser.status == 422
    browser.press("Fit the groups into this", smallest="13", largest="20")
    assert browser.status == 422
    assert "24 people cannot be divided into groups of 13 to 20" in browser.text
    browser.press("Fit the groups into this", smallest="3", largest="5")
    sizes = [count for _, count in studio.groups()]
    assert sum(sizes) == 24
    assert all(3 <= size <= 5 for size in sizes)
    browser.press("Propose anew", smallest="3", largest="12")
    assert "Groups are being proposed" in browser.text


def test_of_two_moderators_at_once_the_second_is_told_and_sees_the_new_state(studio: Studio) -> None:
    second = Browser(studio.app).sign_in(studio.owner)
    studio.rename_all()
    studio.open_group("West")
    second.open(studio.browser.path)
    studio.browser.press("Merge", into="2")
    second.press("Merge", into="1")
    assert second.status == 404  # West is no more.
    second.open(studio.path)
    studio.open_group("South")
    studio.browser.press("Keep this name", name="Far south", slug="far-south")
    second.press("2 groups")
    assert second.status == 422
    assert "Somebody has changed the plan meanwhile." in second.text
    assert "2. Far south" in second.text
    assert studio.groups() == [("North", 8), ("Far south", 16)]


@ONE_DATABASE
def test_a_new_group_is_as_open_as_its_parent_at_most(studio: Studio) -> None:
    browser = studio.browser
    studio.open_group("North")
    browser.press("Keep these", kind=Kind.REGION, join=JoinPolicy.OPEN, listed="yes")
    assert browser.status == 422
    assert "easier to join" in browser.text
    browser.press("Keep these", kind=Kind.REGION, join=JoinPolicy.INVITE, listed="no")
    planned = db.session.scalars(select(PlannedGroup).where(PlannedGroup.name == "North")).one()
    assert (planned.kind, planned.join_policy, planned.listed) == (Kind.REGION, JoinPolicy.INVITE, False)


def test_a_plan_is_arranged_looked_at_and_announced(studio: Studio) -> None:
    browser, group = studio.browser, studio.group
    studio.rename_all()
    post(studio.members[0], group, "Locum cover")
    post(studio.members[1], group, "Night shifts")
    nights = db.session.scalars(select(Thread).order_by(Thread.id.desc())).first()
    browser.open(studio.path)
    browser.follow("Prepare the announcement")
    browser.press("Keep, and look ahead", notice_days="3", exceptions="/t/nowhere 1")
    assert browser.status == 422
    for words in ("Say why", "from 7 to 90", "write a thread's link"):
        assert words in browser.text
    browser.press(
        "Keep, and look ahead",
        why="<b>Too large</b> & impersonal",
        notice_days="21",
        parent="announcements",
        exceptions=f"https://forum.example/t/{nights.public_id} stays",
    )
    assert "Nobody gains sight of anything." in browser.text
    assert "1 of 2 threads would go along" in browser.text
    assert "&lt;b&gt;Too large&lt;/b&gt; &amp; impersonal" in browser.body
    assert "In Cardiology only moderators post from then on." in browser.text
    assert "25 members get this mail now." in browser.text
    plan = db.session.get_one(Plan, studio.plan.id)
    assert (plan.notice_days, plan.parent_becomes) == (21, ParentBecomes.ANNOUNCEMENTS)
    assert plan.threads_go is ThreadsGo.FITTING
    assert plan.measures == ["first_answer", "unanswered", "posters", "leavers"]
    assert db.session.scalars(select(PlannedThread.thread_id)).all() == [nights.id]
    browser.press("Announce it to 25 members")
    assert "The plan is announced." in browser.text
    assert "No answer yet" in browser.text
    assert db.session.get_one(Plan, plan.id).state is PlanState.ANNOUNCED
    browser.open(studio.path)
    assert browser.path.endswith("/course")
    browser.press("Withdraw the plan")
    assert db.session.get_one(Plan, plan.id).state is PlanState.WITHDRAWN


@ONE_DATABASE
def test_who_moderates_prepares_and_only_an_owner_announces(studio: Studio) -> None:
    moderator = Browser(studio.app).sign_in(a_member("mod@example.org", "Mo Dee", studio.group, role=Role.MODERATOR))
    moderator.open(f"{studio.path}/course")
    moderator.press("Keep, and look ahead", why="It is too large.")
    assert "Only owners of Cardiology can announce it." in moderator.text
    assert not [words for words in moderator.buttons if words.startswith("Announce")]
    moderator.open(f"{studio.path}/course")
    assert moderator.post(f"{studio.path}/course", do="announce") == 404
    moderator.open(f"{studio.path}/course")
    assert moderator.post(f"{studio.path}/course", do="undo") == 404
    with transaction():
        plans.announce(db.session.get_one(Plan, studio.plan.id), actor_id=studio.owner.id)
    moderator.open("/g/cardiology/write")
    moderator.post(studio.path, do="withdraw")
    assert "This is no draft any more" in moderator.text
    assert db.session.get_one(Plan, studio.plan.id).state is PlanState.ANNOUNCED
    plain = Browser(studio.app).sign_in(studio.members[0])
    for path in (studio.path, f"{studio.path}/course", f"{studio.path}/ahead", "/g/cardiology/split"):
        plain.open(path)
        assert plain.status == 404


@ONE_DATABASE
def test_in_review_undo_says_what_it_would_do(studio: Studio) -> None:
    with transaction():
        plan = db.session.get_one(Plan, studio.plan.id)
        plan.state, plan.why = PlanState.REVIEW, "It is too large."
        plan.due_at = plans.now()
        for seat in db.session.scalars(select(Seat)):
            seat.carried_at = plans.now()
    browser = studio.browser
    browser.open(f"{studio.path}/course")
    assert "24 members are in the new groups" in browser.text
    assert "24 members leave the new groups" in browser.text
    browser.press("Put 24 members back")
    assert db.session.get_one(Plan, plan.id).state is PlanState.UNDOING
    assert "You can leave this page; it goes on by itself." in browser.text
