"""Seeding: what the content says is there, made by the real code, with dates that are true of the story."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from forum import blobs
from forum.accounts.models import Member
from forum.accounts.queries import member_by_email
from forum.clock import now
from forum.db import db
from forum.demo import content, seed
from forum.demo.content import DemoContent
from forum.groups.actions import NotPossible
from forum.groups.models import Delivery, Group, Membership
from forum.groups.queries import community, count_members, group_by_slug, membership_of
from forum.groups.rights import viewer_of
from forum.log import LogEntry
from forum.posting.models import HeldPost, HeldState
from forum.posting.outcomes import Outcome
from forum.queue import Task
from forum.rulebook.examples import failing
from forum.rulebook.models import RuleSighting
from forum.rulebook.queries import rules_in_force
from forum.rules.submission import Submission
from forum.rules.terms import Mode
from forum.threads.following import chosen_tags
from forum.threads.models import Attachment, Choice, Post, TextFormat, Thread, Via
from forum.threads.queries import latest_threads, with_marks
from tests.forum.demo.conftest import Seeding
from tests.people import a_member


@pytest.fixture(scope="module")
def words() -> DemoContent:
    return content.load()


@pytest.fixture(scope="module")
def told(seeding: tuple[Path, Seeding]) -> Seeding:
    return seeding[1]


@pytest.fixture(autouse=True)
def fresh_session(request: pytest.FixtureRequest) -> None:
    if "demo_site" in request.fixturenames:
        db.session.rollback()


def count(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_everybody_and_everything_is_there(demo_site: Flask, words: DemoContent) -> None:
    assert count(Member) == len(words.people) == 406
    assert count(Group) == len(words.groups)
    assert count(Thread) == len(words.threads)
    assert count(Post) == sum(len(thread.posts) for thread in words.threads) == 574
    assert count(HeldPost) == len(words.held)
    assert count(Membership) == sum(len(person.groups) for person in words.people)
    assert community().name == "Banyan Physicians"


def test_the_rules_are_on_or_in_shadow_and_hold_their_examples(demo_site: Flask) -> None:
    jobs = group_by_slug(seed.OFFERS_IN)
    assert jobs is not None
    assert [(rule.name, rule.terms.mode) for rule in rules_in_force(jobs)] == [
        ("no-politics", Mode.ON), ("patients", Mode.ON), ("offers", Mode.SHADOW)
    ]  # fmt: skip
    assert all(rule.terms.caught and not failing(rule.terms) for rule in rules_in_force(jobs))
    # What they saw while they were in shadow has touched nobody, and is little.
    seen = [row.shadow for row in db.session.scalars(select(RuleSighting))]
    assert all(seen)
    assert len(seen) < 30


def test_the_tree_is_as_written(demo_site: Flask, words: DemoContent) -> None:
    for written in words.groups:
        group = group_by_slug(written.slug)
        assert group is not None
        parent = group.parent.slug if group.parent is not None else None
        made = (group.name, group.kind, parent, group.listed, group.join_policy, group.moderate, group.description)
        assert made == (
            written.name, written.kind, written.parent, written.listed, written.join, written.moderate,
            written.description,
        )  # fmt: skip
        assert count_members(group.id) == sum(person.membership(written.slug) is not None for person in words.people)


def test_members_have_their_profile_roles_and_delivery(demo_site: Flask, words: DemoContent) -> None:
    for person in words.people[:40]:
        member = member_by_email(person.email)
        assert member is not None
        assert (member.name, member.place, member.specialty) == (person.name, person.place, person.specialty)
        assert (member.career_stage, member.time_zone) == (person.career_stage, person.time_zone)
        assert member.interests == ", ".join(person.interests)
        for written in person.groups:
            group = group_by_slug(written.group)
            assert group is not None
            membership = membership_of(member.id, group.id)
            assert membership is not None
            assert (membership.role, membership.delivery) == (written.role, written.delivery)


def test_only_the_invited_resident_is_a_newcomer(demo_site: Flask) -> None:
    newcomers = select(Membership).where(Membership.newcomer_posts > 0)
    memberships = db.session.scalars(newcomers).all()
    assert {membership.member.name for membership in memberships} == {"Daniel Owusu-Grant"}
    assert all(now() - timedelta(days=7) < membership.joined_at for membership in memberships)


def test_every_post_stands_where_and_when_it_was_written(demo_site: Flask, words: DemoContent, told: Seeding) -> None:
    names = {person.key: person.name for person in words.people}
    for written in words.threads:
        found = select(Thread).join(Group, Group.id == Thread.group_id)
        thread = db.session.scalars(found.where(Group.slug == written.group, Thread.subject == written.subject)).one()
        posts = db.session.scalars(select(Post).where(Post.thread_id == thread.id).order_by(Post.published_no)).all()
        # Answers of the same minute may have changed places, nothing else.
        in_order = sorted(written.posts, key=lambda post: -post.minutes_ago)
        assert [post.text for post in posts] == [post.text for post in in_order]
        ids = {id(content_post): post for content_post, post in zip(in_order, posts, strict=True)}
        for content_post, post in zip(in_order, posts, strict=True):
            answered = written.posts[content_post.reply_to] if content_post.reply_to is not None else None
            assert post.byline == names[content_post.author]
            assert post.via == content_post.via
            assert post.in_reply_to_id == (ids[id(answered)].id if answered is not None else None)
            moment = told.began - timedelta(minutes=content_post.minutes_ago)
            assert abs(post.created_at - moment) < timedelta(seconds=30)
        assert thread.last_post_at == posts[-1].created_at


def test_posts_are_numbered_in_the_order_of_their_moments(demo_site: Flask) -> None:
    moments = db.session.scalars(select(Post.created_at).order_by(Post.published_no)).all()
    assert list(moments) == sorted(moments)


def test_a_post_by_mail_looks_like_one(demo_site: Flask) -> None:
    by_mail = db.session.scalars(select(Post).where(Post.via == Via.MAIL)).all()
    assert len(by_mail) > 100
    assert all(post.text_format is TextFormat.PLAIN and post.author_message_id for post in by_mail)
    assert all(("wrote:\n>" in post.folded) == (post.in_reply_to_id is not None) for post in by_mail)
    by_web = db.session.scalars(select(Post).where(Post.via == Via.WEB)).all()
    assert all(post.text_format is TextFormat.MARKDOWN and not post.folded for post in by_web)


def test_what_waits_waits_for_the_reason_written(demo_site: Flask, words: DemoContent) -> None:
    waiting = db.session.scalars(select(HeldPost).order_by(HeldPost.id)).all()
    assert {held.state for held in waiting} == {HeldState.WAITING}
    expected = {"newcomer": "newcomer", "claimed": "assurance"}
    names = {person.key: person.name for person in words.people}
    assert sorted((held.byline, held.group.slug, held.findings[0]["rule"]) for held in waiting) == sorted(
        (names[held.author], held.group, expected[held.because]) for held in words.held
    )
    # The form for an answer asks for no subject: who decides sees the thread's.
    assert "Re: [welcome] Introduce yourself" in {held.subject for held in waiting}
    for held in waiting:
        assert (held.thread_id is None) == held.subject.startswith("Resident here")


def test_files_can_be_opened(demo_site: Flask) -> None:
    files = db.session.scalars(select(Attachment)).all()
    assert len(files) == 4
    assert all(len(blobs.content_of(file.digest)) == file.size > 0 for file in files)


def test_only_mail_of_the_last_days_still_goes_out(demo_site: Flask, told: Seeding) -> None:
    open_mail = db.session.scalars(select(Task).where(Task.kind == "fan_out", Task.done_at.is_(None))).all()
    recent = select(func.count()).select_from(Post).where(Post.created_at > told.began - seed.STILL_MAILED)
    assert len(open_mail) == db.session.scalar(recent)
    assert 40 < len(open_mail) < 100


def test_every_post_is_still_to_be_indexed(demo_site: Flask) -> None:
    waiting = select(func.count()).select_from(Task).where(Task.kind == "index", Task.done_at.is_(None))
    assert db.session.scalar(waiting) == count(Post)


def test_personas_have_read_the_older_threads_and_not_the_newest(demo_site: Flask, words: DemoContent) -> None:
    for persona in words.people[: len(words.personas)]:
        member = member_by_email(persona.email)
        assert member is not None
        viewer = viewer_of(member)
        assert viewer is not None
        rows = with_marks(viewer, latest_threads(viewer, limit=500))
        assert {row.unread for row in rows} == {True, False}
        assert not any(row.unread for row in rows if row.thread.last_post_at < now() - timedelta(days=3))


def test_the_clock_goes_on_as_before(demo_site: Flask, told: Seeding) -> None:
    assert told.began < told.ended < told.began + timedelta(seconds=60)
    newest = db.session.scalar(select(func.max(Post.created_at)))
    assert newest is not None
    assert newest < told.began


def test_personas_have_chosen_what_they_read_and_when(demo_site: Flask) -> None:
    aoife, tomas = the_member("aoife.kinsella@finbars-road"), the_member("tomas.villareal@lakestreet-general")
    pediatrics, parenting, running = (the_group(slug) for slug in ("pediatrics", "parenting", "running"))
    assert aoife.digest_hour == 19
    assert aoife.digest_due_at is not None
    assert aoife.digest_due_at < now()
    assert chosen_tags(aoife.id) == {
        pediatrics.id: {"protocol": Choice.FOLLOW}, parenting.id: {"pumping": Choice.MUTE},
    }  # fmt: skip
    assert chosen_tags(tomas.id) == {running.id: {"equipment": Choice.FOLLOW}}


def the_member(email: str) -> Member:
    member = member_by_email(f"{email}.example")
    assert member is not None
    return member


def the_group(slug: str) -> Group:
    group = group_by_slug(slug)
    assert group is not None
    return group


def test_the_first_digest_holds_what_still_goes_out_and_not_the_years_before(demo_site: Flask, told: Seeding) -> None:
    older = select(func.max(Post.published_no)).where(Post.created_at < told.began - seed.STILL_MAILED)
    last = db.session.scalar(older)
    marks = db.session.scalars(select(Membership.digest_no).where(Membership.delivery == Delivery.DIGEST)).all()
    assert last is not None
    assert last > 0
    assert min(marks) == last


def test_progress_is_told_post_by_post(told: Seeding) -> None:
    assert told.filled
    assert told.progress == [(done, 574) for done in range(1, 575)]


def test_a_second_seeding_does_nothing(demo_site: Flask) -> None:
    before = {model: count(model) for model in (Member, Group, Post, Task, LogEntry)}
    assert seed.seed() is False
    db.session.rollback()
    assert {model: count(model) for model in before} == before


@pytest.fixture
def few_words(monkeypatch: pytest.MonkeyPatch, words: DemoContent) -> DemoContent:
    """The demo with two short threads and whom they need, for what has to be seeded anew."""
    answered = {held.reply_to_subject for held in words.held}
    threads = tuple(replace(thread, posts=thread.posts[:4]) for thread in words.threads if thread.subject in answered)
    keys = {persona.key for persona in words.personas} | {held.author for held in words.held}
    keys |= {post.author for thread in threads for post in thread.posts}
    few = replace(words, threads=threads, people=tuple(person for person in words.people if person.key in keys))
    monkeypatch.setattr(seed, "load", lambda: few)
    return few


def test_a_community_with_members_of_its_own_is_left_alone(core: Flask) -> None:
    a_member("ann@example.org", "Ann Lee")
    with pytest.raises(NotPossible, match="members of its own"):
        seed.seed()
    assert count(Member) == 1
    assert count(Group) == 1


def test_a_crash_leaves_nothing_and_the_next_start_fills_it(
    core: Flask, few_words: DemoContent, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = 0

    def crash_at_the_fifth(submission: Submission) -> Outcome:
        nonlocal calls
        calls += 1
        if calls == 5:
            raise ConnectionError("the machine was switched off")
        return submit(submission)

    submit = seed.submit
    clock = core.extensions["banyan_clock"]
    monkeypatch.setattr(seed, "submit", crash_at_the_fifth)
    with pytest.raises(ConnectionError):
        seed.seed()
    assert core.extensions["banyan_clock"] is clock
    assert (count(Member), count(Group), count(Post), count(Task)) == (0, 1, 0, 0)

    monkeypatch.setattr(seed, "submit", submit)
    assert seed.seed() is True
    assert count(Member) == len(few_words.people)
    assert count(Post) == sum(len(thread.posts) for thread in few_words.threads)
    assert count(HeldPost) == 3


def test_a_gate_that_judges_otherwise_stops_the_seeding(
    core: Flask, few_words: DemoContent, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = tuple(replace(each, because="newcomer") for each in few_words.held)
    monkeypatch.setattr(seed, "load", lambda: replace(few_words, held=held))
    with pytest.raises(RuntimeError, match="was to wait"):
        seed.seed()
    assert (count(Member), count(Post), count(HeldPost)) == (0, 0, 0)
