"""Threads move whole: what hangs on them, what is on its way, what is being written, and who follows them."""

from collections.abc import Sequence
from contextlib import suppress

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from forum.accounts.actions import add_member
from forum.accounts.models import Member
from forum.clock import now
from forum.db import db, transaction
from forum.groups.actions import create_group
from forum.groups.choices import set_delivery
from forum.groups.joining import add_to_group
from forum.groups.leaving import leave
from forum.groups.models import Assurance, Group, JoinPolicy, Kind, Membership, Moderate
from forum.groups.models import Delivery as Mode
from forum.groups.queries import community, membership_of
from forum.groups.rights import viewer_of
from forum.log import LogEntry
from forum.moderation.flags import flag_post
from forum.moderation.models import FlaggedPost, Restriction, Restricts
from forum.moderation.restrictions import restrict
from forum.posting.models import HeldPost
from forum.posting.outcomes import Held, Published
from forum.posting.submit import submit
from forum.rules.submission import Submission
from forum.splitting.readership.moves import take_along
from forum.threads.actions import mark_read
from forum.threads.following import choose_tag, choose_thread, is_followed, tag_choices
from forum.threads.models import Choice, Post, TextFormat, Thread, ThreadMove, ThreadTag, Via
from forum.threads.moved import comes_in_at_once, moved_for
from forum.threads.moving import relocate
from forum.threads.queries import reading_marks
from forum.work import work_once, workers
from mailgateway.digest_choice import Batch, Span
from mailgateway.models import Delivery
from mailgateway.permission import may_go
from tests.meanwhile import meanwhile
from tests.people import a_group, a_member, its, post


def under(parent: Group, slug: str = "echo", name: str = "Echo", **settings: object) -> Group:
    with transaction():
        group = create_group(slug, name, parent=parent, kind=Kind.INTEREST)
        for key, value in settings.items():
            setattr(group, key, value)
    return group


def joins(member: Member, *groups: Group) -> None:
    with transaction():
        for group in groups:
            add_to_group(member, group)


def a_thread(author: Member, group: Group, subject: str = "Locum cover [ecg]") -> Thread:
    outcome = post(author, group, subject)
    assert isinstance(outcome, Published)
    return db.session.get_one(Thread, outcome.thread_id)


def move(thread: Thread, to: Group) -> None:
    with transaction():
        assert take_along([thread.id], to, actor_id=None).moved == {thread.id}


def test_all_that_names_the_group_of_a_thread_moves_with_it_and_the_log_says_the_way_back(core: Flask) -> None:
    parent = a_group()
    child = under(parent)
    ann, bea = a_member("ann@example.org", "Ann Lee", parent, child), a_member("bea@example.org", "Bea Diaz", parent)
    joins(bea, child)
    cal = a_member("cal@example.org", "Cal Okafor", parent)
    thread = a_thread(ann, parent)
    first = db.session.scalars(select(Post)).one()
    with transaction():
        flag_post(first, bea, rule_id=None, words="An advertisement?")
        restrict(thread, Restricts.HOLD, actor_id=None)
        for member in (bea, cal):
            choose_tag(member.id, parent.id, "ecg", Choice.FOLLOW)
        mark_read(bea.id, thread.id, first.published_no)
    waiting = [post(author, parent, "", "I can.", answers=first.id) for author in (bea, cal)]
    assert all(isinstance(each, Held) for each in waiting)
    move(thread, child)
    for table in (Thread, ThreadTag, FlaggedPost, Restriction, HeldPost):
        assert set(db.session.scalars(select(table.group_id))) == {child.id}, table
    assert dict(tag_choices(bea.id, child.id)) == {"ecg": Choice.FOLLOW}
    # Who is not there has no choice there, and keeps the one at the old place.
    assert (tag_choices(cal.id, child.id), tag_choices(cal.id, parent.id)) == ({}, {"ecg": Choice.FOLLOW})
    assert reading_marks(bea.id, [thread.id]) == {thread.id: first.published_no}
    move_row = db.session.scalars(select(ThreadMove)).one()
    assert (move_row.from_group_id, move_row.to_group_id, move_row.after_no) == (
        parent.id,
        child.id,
        first.published_no,
    )
    entry = db.session.scalars(select(LogEntry).where(LogEntry.act == "move threads")).one()
    assert (entry.why, entry.undo) == ("1 threads to echo", "move them back to cardiology")
    # The answer of who has not come along waits for that now.
    labels = {each.author_id: {row["label"] for row in each.findings} for each in db.session.scalars(select(HeldPost))}
    assert ("comes along" in labels[cal.id], "comes along" in labels[bea.id]) == (True, False)


def test_copies_on_their_way_go_to_the_readers_of_the_old_place_and_to_nobody_else(core: Flask) -> None:
    parent = a_group()
    child = under(parent)
    ann = a_member("ann@example.org", "Ann Lee", parent, child)
    stays, both = a_member("s@example.org", "Stay", parent), a_member("b@example.org", "Both", parent)
    joins(both, child)
    with transaction():
        set_delivery(its(both, child), Mode.NONE, actor_id=None)
    picky, muting = a_member("p@example.org", "Picky", parent), a_member("m@example.org", "Muting", parent)
    with transaction():
        set_delivery(its(picky, parent), Mode.FOLLOWED, actor_id=None)
        choose_tag(picky.id, parent.id, "ecg", Choice.FOLLOW)
        choose_tag(muting.id, parent.id, "ecg", Choice.MUTE)
    before, after = a_thread(ann, parent, "Before [ecg]"), a_thread(ann, parent, "After [ecg]")
    work_once(core, {"fan_out": workers()["fan_out"]}, "test")
    first = db.session.scalars(select(Post).where(Post.thread_id == before.id)).one()
    post(ann, parent, "", "One more.", answers=first.id)
    for thread in (before, after):
        move(thread, child)
    work_once(core, {"fan_out": workers()["fan_out"]}, "test")
    copies = db.session.scalars(select(Delivery.id)).all()
    going = may_go(copies).going
    assert sorted((each.member_id, each.post_id) for each in going) == sorted(
        (member.id, post_id) for member in (ann, stays, both, picky) for post_id in db.session.scalars(select(Post.id))
    )
    post(ann, child, "", "Only here.", answers=first.id)
    work_once(core, {"fan_out": workers()["fan_out"]}, "test")
    newest = db.session.scalars(select(Post.id).order_by(Post.id.desc())).first()
    told = db.session.scalars(select(Delivery.member_id).where(Delivery.post_id == newest)).all()
    assert told == [ann.id]


def test_an_answer_that_is_judged_while_its_thread_moves_lands_where_the_thread_is(core: Flask) -> None:
    parent = a_group()
    child = under(parent, moderate=Moderate.ALL)
    ann = a_member("ann@example.org", "Ann Lee", parent, child)
    bea = a_member("bea@example.org", "Bea Diaz", parent)
    joins(bea, child)
    thread = a_thread(ann, parent)
    first = db.session.scalars(select(Post.id)).one()
    thread_id, child_id = thread.id, child.id
    db.session.rollback()

    def moving() -> None:
        assert take_along([thread_id], db.session.get_one(Group, child_id), actor_id=None).moved == {thread_id}

    with meanwhile(core, moving):
        outcome = post(bea, parent, "", "I can.", answers=first)
    # There everything waits for a moderator.
    assert isinstance(outcome, Held)
    db.session.rollback()
    assert db.session.get_one(HeldPost, outcome.held_id).group_id == child_id


def test_what_somebody_is_deciding_on_stays_for_the_next_try(core: Flask) -> None:
    parent = a_group(moderate=Moderate.NONE)
    child = under(parent)
    ann = a_member("ann@example.org", "Ann Lee", parent, child)
    threads = [a_thread(ann, parent, f"Question {number}").id for number in range(2)]
    with transaction():
        restrict(db.session.get_one(Thread, threads[0]), Restricts.LOCK, actor_id=None)
    child_id = child.id
    db.session.rollback()

    def locking() -> None:
        rows = select(Restriction).where(Restriction.thread_id == threads[0])
        db.session.scalars(rows.with_for_update()).one()

    with meanwhile(core, locking), transaction():
        taken = take_along(threads, db.session.get_one(Group, child_id), actor_id=None)
    if db.engine.dialect.name == "postgresql":
        assert (taken.moved, taken.busy) == ({threads[1]}, {threads[0]})
    else:  # There the whole of the one transaction waits for the whole of the other.
        assert (taken.moved, taken.busy) == (set(threads), set())


def test_a_former_reader_comes_in_at_once_but_not_past_a_door_that_is_closed_to_this_member(core: Flask) -> None:
    parent = a_group()
    child = under(parent)
    ann, bea = a_member("ann@example.org", "Ann Lee", parent, child), a_member("bea@example.org", "Bea Diaz", parent)
    outsider = a_member("out@example.org", "Out")
    thread = a_thread(ann, parent)
    move(thread, child)

    def meets(member: Member) -> bool | None:
        viewer = viewer_of(member)
        assert viewer is not None
        moved = moved_for(viewer, thread.public_id)
        return None if moved is None else comes_in_at_once(member.id, moved)

    assert (meets(ann), meets(bea), meets(outsider)) == (None, True, None)
    # Behind the door stand more words than those of this thread.
    late = a_member("late@example.org", "Late Lu")
    joins(late, parent)
    assert meets(late) is False
    for parents, childs, at_once in (
        ("open", "request", False),
        ("invite", "request", True),
        ("request", "invite", False),
    ):
        with transaction():
            parent.join_policy, child.join_policy = JoinPolicy(parents), JoinPolicy(childs)
        assert meets(bea) is at_once
    with transaction():
        parent.join_policy = child.join_policy = JoinPolicy.REQUEST
    with transaction():
        add_to_group(bea, child)
        leave(bea, child, actor_id=ann.id, why="removed by a moderator")
    assert meets(bea) is False
    with transaction():
        child.listed = False
    assert meets(bea) is None


Step = tuple[int, int]


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=6),
    st.lists(st.sets(st.integers(0, 2)), min_size=2, max_size=3),
    st.booleans(),
)
@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_moves_there_and_back_leave_every_row_consistent_and_lose_nobodys_follow(
    core: Flask, steps: Sequence[Step], belongings: Sequence[set[int]], answered: bool
) -> None:
    with suppress(_RolledBackError), transaction():
        _move_about(steps, belongings, answered)
        raise _RolledBackError


class _RolledBackError(Exception):
    pass


def _move_about(steps: Sequence[Step], belongings: Sequence[set[int]], answered: bool) -> None:
    root = community()
    groups = [create_group(f"g{number}", f"G {number}", parent=root, kind=Kind.INTEREST) for number in range(3)]
    members = [add_member(f"m{number}@example.org", f"M {number}", why="test") for number in range(len(belongings))]
    for member, places in zip(members, belongings, strict=True):
        for place in (0, *places):
            add_to_group(member, groups[place])
    threads = [_published(members[0], groups[0], f"Case {number} [ecg]") for number in range(3)]
    for member in members:
        choose_thread(member.id, threads[0], Choice.FOLLOW)
        choose_tag(member.id, groups[0].id, "ecg", Choice.FOLLOW)
    for number, place in steps:
        followed = _follows(members, threads)
        relocate([threads[number].id], groups[place], actor_id=None)
        if answered:
            before = db.session.scalars(select(Post).where(Post.thread_id == threads[number].id)).first()
            assert before is not None
            _published(members[0], threads[number].group, "", answers=before.id)
        now_followed = _follows(members, threads)
        there = select(Membership.member_id).where(Membership.group_id == threads[number].group_id)
        readers = set(db.session.scalars(there))
        assert {each for each in followed if each[0] in readers} <= now_followed
    for thread in threads:
        places = select(ThreadTag.group_id).where(ThreadTag.thread_id == thread.id)
        assert set(db.session.scalars(places)) == {thread.group_id}
        moves = db.session.scalars(select(ThreadMove).where(ThreadMove.thread_id == thread.id).order_by(ThreadMove.id))
        here = groups[0].id
        for row in moves:
            assert row.from_group_id == here != row.to_group_id
            here = row.to_group_id
        assert here == thread.group_id


def _published(author: Member, group: Group, subject: str, answers: int | None = None) -> Thread:
    if membership_of(author.id, group.id) is None:
        add_to_group(author, group)
    outcome = submit(
        Submission(
            group_id=group.id,
            author_id=author.id,
            byline=author.name,
            assurance=Assurance.PROVEN,
            via=Via.WEB,
            subject=subject,
            text="Words.",
            text_format=TextFormat.MARKDOWN,
            answers_post_id=answers,
        )
    )
    assert isinstance(outcome, Published)
    return db.session.get_one(Thread, outcome.thread_id)


def _follows(members: Sequence[Member], threads: Sequence[Thread]) -> set[tuple[int, int]]:
    return {
        (member.id, thread.id)
        for member in members
        for thread in threads
        if db.session.scalar(select(Member.id).where(Member.id == member.id, is_followed(Member.id, thread.id)))
    }


def test_a_digest_has_each_post_where_it_was_published_and_brings_no_old_ones_again(core: Flask) -> None:
    parent = a_group()
    child = under(parent)
    ann, bea = a_member("ann@example.org", "Ann Lee", parent, child), a_member("bea@example.org", "Bea Diaz", parent)
    joins(bea, child)
    with transaction():
        for group in (parent, child):
            set_delivery(its(bea, group), Mode.DIGEST, actor_id=None)
            its(bea, group).digest_no = 0
    thread = a_thread(ann, parent)
    first = db.session.scalars(select(Post)).one()
    move(thread, child)
    post(ann, child, "", "Only here.", answers=first.id)
    second = db.session.scalars(select(Post).order_by(Post.id.desc())).first()
    assert second is not None
    spans = [Span(its(bea, group).id, bea.id, group.id, 0, 99, True, False) for group in (parent, child)]
    sections = Batch(spans).choose(bea.id, spans).sections
    found = [(each.name, [topic.post_ids for topic in each.topics]) for each in sections]
    assert found == [("Cardiology", [(first.id,)]), ("Echo", [(second.id,)])]
    with transaction():
        child.became_id, child.closed_at = parent.id, now()
    move(thread, parent)
    # Merged back, all that was published there is the parent's, for whoever has not had it.
    [section] = Batch(spans).choose(bea.id, spans).sections
    assert (section.name, section.posts) == ("Cardiology", 2)
