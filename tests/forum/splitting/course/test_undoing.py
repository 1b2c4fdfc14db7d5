"""Undoing a split: whatever people did meanwhile, nothing is lost, and nobody reads what was not theirs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import count

import hypothesis
import pytest
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from sqlalchemy import select

from forum.accounts.models import Member
from forum.clock import now
from forum.db import db, transaction
from forum.groups.actions import NotPossible
from forum.groups.choices import set_delivery
from forum.groups.invitations import invite
from forum.groups.joining import ask_to_join
from forum.groups.leaving import leave
from forum.groups.models import (
    Delivery,
    DutyTurn,
    Group,
    Invitation,
    JoinPolicy,
    Membership,
    Moderate,
    Role,
    Standing,
)
from forum.groups.queries import group_by_mail_name, group_by_slug, membership_of
from forum.groups.rights import may_read, viewer_of
from forum.log import LogEntry
from forum.moderation.models import Restriction, Restricts
from forum.moderation.restrictions import restrict
from forum.posting.models import HeldPost, HeldState
from forum.posting.outcomes import Held, Published
from forum.queue import Task
from forum.splitting import plans
from forum.splitting.course.leading_back import Mark, merged
from forum.splitting.course.steps import carry_out_course, undo_course
from forum.splitting.course.terms import review_line
from forum.splitting.models import ParentBecomes, Plan, PlanState, Seat
from forum.threads.following import choose_thread
from forum.threads.models import Choice, Post, Thread, ThreadChoice
from tests.people import a_group, a_member, its, post
from tests.plans import a_plan

NUMBERS = count()


def carry_out(plan: Plan) -> None:
    """From a draft, without the letters and the notice."""
    with transaction():
        plan.state, plan.announced_at = PlanState.ANNOUNCED, now()
        plans.carry_out(plan, actor_id=None)
    for _ in carry_out_course(plan.id):
        pass
    assert plan.state is PlanState.REVIEW, plan.trouble


def undo(plan: Plan) -> None:
    with transaction():
        plans.undo(plan, actor_id=None)
    for _ in undo_course(plan.id):
        pass
    assert plan.state is PlanState.UNDONE, plan.trouble


def published(author: Member, group: Group, subject: str, **more: int) -> Post:
    outcome = post(author, group, subject, **more)
    assert isinstance(outcome, Published), outcome
    return db.session.get_one(Post, outcome.post_id)


def made(slug: str) -> Group:
    group = group_by_slug(slug)
    assert group is not None
    return group


def tasks(kind: str) -> list[tuple[int, int | None]]:
    rows = select(Task.target_id, Task.other_id).where(Task.kind == kind).order_by(Task.id)
    return list(db.session.execute(rows).tuples())


def test_undoing_puts_everything_back_and_brings_what_was_written_meanwhile(core: Flask) -> None:
    group = a_group()
    owner = a_member("owner@example.org", "Olga Owner", group, role=Role.OWNER)
    ann, ben, cy, dot = (a_member(f"{each}@example.org", each.title(), group) for each in ("ann", "ben", "cy", "dot"))
    eve, fay = a_member("eve@example.org", "Eve"), a_member("fay@example.org", "Fay")
    old = published(ann, group, "Locum cover")
    plan = a_plan(group, {"North": [ann, ben, cy], "South": [dot]})
    with transaction():
        plan.parent_becomes = ParentBecomes.ANNOUNCEMENTS
    before = choices_in(group)
    carry_out(plan)
    north = made("north")
    assert (old.thread.group_id, group.announce_only) == (north.id, True)

    answer = published(ben, north, "Re: Locum cover", answers=old.id)
    new = published(cy, north, "Night shifts")
    with transaction():
        north.join_policy, north.moderate = JoinPolicy.OPEN, Moderate.ALL
        ask_to_join(eve, north)
        north.join_policy = JoinPolicy.REQUEST
        ask_to_join(fay, north)
        set_delivery(its(ann, north), Delivery.NONE, actor_id=ann.id)
        restrict(its(ben, north), Restricts.MUTE, actor_id=owner.id, reason="Calm", until=now() + timedelta(days=9))
        leave(cy, north, actor_id=cy.id)
        db.session.add(
            DutyTurn(group_id=north.id, member_id=ann.id, starts_at=now(), ends_at=now() + timedelta(days=7))
        )
        invitation = invite(ann.id, north, "gil@example.org")
    held = post(ann, north, "Waits")
    assert isinstance(held, Held)
    undo(plan)

    assert {post.thread.group_id for post in (old, answer, new)} == {group.id}
    assert (answer.thread_id, group.announce_only, plan.trouble) == (old.thread_id, False, "")
    assert (north.became_id, made("south").became_id) == (group.id, group.id)
    assert group_by_mail_name(north.mail_name) is group
    after = choices_in(group)
    assert {member_id: after[member_id] for member_id in before} == before
    assert {eve.id: Standing.PENDING, fay.id: Standing.PENDING} == {
        member_id: after[member_id][0] for member_id in after.keys() - before.keys()
    }
    waiting = [its(eve, group).id, its(fay, group).id]
    assert [target for target, _ in tasks("moderators.join_request")[-2:]] == waiting
    assert tasks("notice.plan_led_back") == [(each, north.id) for each in waiting]
    assert choices_in(north) == choices_in(made("south")) == {}
    assert all(seat.undone_at is not None for seat in db.session.scalars(select(Seat)) if seat.carried_at is not None)
    waits = db.session.get_one(HeldPost, held.held_id)
    assert (waits.group_id, waits.state) == (group.id, HeldState.WAITING)
    mute = db.session.scalars(select(Restriction)).one()
    assert mute.ended_at is not None
    told = db.session.scalars(select(LogEntry).where(LogEntry.act == "mute ended")).one()
    assert (told.object_id, told.group_id) == (ben.id, group.id)
    assert db.session.scalars(select(DutyTurn)).all() == []
    assert db.session.get_one(Invitation, invitation.id).group_id == group.parent_id
    assert tasks("notice.plan_put_back") == [(plan.id, owner.id)]
    assert len(tasks("plan.tell_the_end")) == 1
    # An answer to what was written before finds its thread, and whoever wrote it.
    late = published(dot, group, "Re: Locum cover", answers=answer.id)
    assert late.thread_id == old.thread_id


def choices_in(group: Group) -> dict[int, tuple[Standing, Delivery, bool, Role]]:
    rows = select(Membership).where(Membership.group_id == group.id)
    return {
        row.member_id: (row.standing, row.delivery, row.own_copy, row.role)
        for row in db.session.scalars(rows.execution_options(populate_existing=True))
    }


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_a_group_with_words_of_its_own_stands_and_the_plan_says_so(core: Flask) -> None:
    group = a_group()
    ann, ben = a_member("ann@example.org", "Ann", group), a_member("ben@example.org", "Ben", group)
    old = published(ann, group, "Locum cover")
    plan = a_plan(group, {"North": [ben], "Quiet": [ann]}, hidden="Quiet")
    carry_out(plan)
    quiet = made("quiet")
    inside = published(ann, quiet, "Between us")
    assert old.thread.group_id == quiet.id
    undo(plan)
    assert (old.thread.group_id, inside.thread.group_id) == (group.id, quiet.id)
    assert (quiet.closed_at, made("north").became_id) == (None, group.id)
    assert its(ann, quiet).standing is Standing.ACTIVE
    assert plan.trouble.startswith(
        "Quiet could not be closed: it has words that were written for its own members alone"
    )


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_what_a_group_was_when_it_was_made_says_whose_its_words_are(core: Flask) -> None:
    group = a_group()
    ann, ben = a_member("ann@example.org", "Ann", group), a_member("ben@example.org", "Ben", group)
    plan = a_plan(group, {"North": [ben], "Quiet": [ann]}, hidden="Quiet")
    carry_out(plan)
    north, quiet = made("north"), made("quiet")
    with transaction():
        north.listed, quiet.listed = False, True
    told, untold = published(ben, north, "Rota"), published(ann, quiet, "Between us")
    assert [bool(review_line(each)) for each in (north, quiet)] == [True, False]
    with transaction():
        north.listed, quiet.listed = True, False
    undo(plan)
    assert (told.thread.group_id, untold.thread.group_id) == (group.id, quiet.id)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_what_is_half_carried_out_can_be_undone(core: Flask) -> None:
    group = a_group()
    ann, ben = a_member("ann@example.org", "Ann", group), a_member("ben@example.org", "Ben", group)
    old = published(ann, group, "Locum cover")
    plan = a_plan(group, {"North": [ann], "South": [ben]})
    for steps in range(20):
        with transaction():
            plan = db.session.get_one(Plan, plan.id)
            plan.state, plan.announced_at = PlanState.ANNOUNCED, now()
            plans.carry_out(plan, actor_id=None)
        course = carry_out_course(plan.id)
        for _ in range(steps):
            next(course, None)
        finished = plan.state is PlanState.REVIEW
        undo(plan)
        # A worker that was asleep meanwhile wakes up, and finds that there is nothing more to do.
        for _ in course:
            pass
        assert plan.state is PlanState.UNDONE
        assert old.thread.group_id == group.id
        rows = select(Group.became_id).where(Group.parent_id == group.id)
        assert set(db.session.scalars(rows)) <= {group.id}
        assert set(choices_in(group)) == {ann.id, ben.id}
        if finished:
            return
        plan = a_plan(group, {f"North {steps}": [ann], f"South {steps}": [ben]})
    raise AssertionError("it was never finished")


def test_digests_go_on_where_both_groups_were() -> None:
    for one, other, expected in (
        (Mark(90, False), Mark(200, False), 200),
        (Mark(90, True), Mark(200, False), 90),
        (Mark(90, False), Mark(200, True), 200),
        (Mark(90, True), Mark(80, True), 80),
    ):
        assert merged(one, other) == merged(other, one) == expected


# --- whatever people do meanwhile ---

KINDS = ["post", "post", "answer", "answer", "join", "join", "leave", "deliver", "mute thread", "ban", "mute", "gate"]
STEP = st.tuples(st.sampled_from(KINDS), st.integers(0, 8), st.integers(0, 2), st.integers(0, 5))
DELIVERIES = list(Delivery)


@dataclass(frozen=True)
class Written:
    """A post, and the groups whose readers may read it: where it was written, and what that could become."""

    post_id: int
    thread_id: int
    for_groups: frozenset[int]


class Community:
    """A group of five, two members beside it, and what they write and choose."""

    def __init__(self, seats: Sequence[int], hidden: bool) -> None:
        number = next(NUMBERS)
        self.parent = a_group(f"whole-{number}", f"Whole {number}", quota=None)
        self.people = [a_member(f"p{number}-{at}@example.org", f"P {at}", self.parent) for at in range(5)]
        self.people += [a_member(f"p{number}-{at}@example.org", f"P {at}") for at in (5, 6)]
        self.written: list[Written] = []
        self.held: list[int] = []
        self.places = [self.parent]
        for at in (0, 1, 2, 0):
            self.post(self.people[at], self.parent)
        names = (f"North {number}", f"South {number}")
        in_north = [self.people[at] for at, seat in enumerate(seats) if seat & 1]
        in_south = [self.people[at] for at, seat in enumerate(seats) if seat & 2]
        self.plan = a_plan(self.parent, {names[0]: in_north, names[1]: in_south}, hidden=names[1] if hidden else "")

    def post(self, author: Member, group: Group, answered: Post | None = None) -> None:
        if answered is None:
            outcome = post(author, group, f"Question {len(self.written)}")
        else:
            outcome = post(author, group, f"Re: {answered.thread.subject}", answers=answered.id)
        match outcome:
            case Published(post_id, thread_id):
                terms = {group.id, self.parent.id} if group.listed else {group.id}
                self.written.append(Written(post_id, thread_id, frozenset(terms)))
            case Held(held_id):
                self.held.append(held_id)
            case _:
                pass

    def take(self, step: tuple[str, int, int, int]) -> None:
        what, who, where, which = step
        # Who came from outside does more than one person's share.
        member, group = self.people[min(who, 6)], self.places[where]
        own = membership_of(member.id, group.id)
        try:
            with transaction():
                self.choose(what, member, group, own, which)
        except NotPossible:
            return
        if what == "post":
            self.post(member, group)
        elif what == "answer":
            each = self.written[which % len(self.written)]
            answered = db.session.get_one(Post, each.post_id)
            self.post(member, db.session.get_one(Group, answered.thread.group_id), answered)

    def choose(self, what: str, member: Member, group: Group, own: Membership | None, which: int) -> None:
        match what:
            case "join":
                ask_to_join(member, group)
            case "leave":
                leave(member, group, actor_id=member.id)
            case "deliver" if own is not None:
                set_delivery(own, DELIVERIES[which % len(DELIVERIES)], actor_id=member.id)
            case "mute thread":
                thread = db.session.get_one(Thread, self.written[which % len(self.written)].thread_id)
                choose_thread(member.id, thread, Choice.MUTE)
            case "ban" if own is not None and group is not self.parent:
                restrict(own, Restricts.BAN, actor_id=None, reason="Enough")
            case "mute" if own is not None:
                restrict(own, Restricts.MUTE, actor_id=None, reason="Calm", until=now() + timedelta(days=2))
            case "gate":
                group.join_policy = list(JoinPolicy)[which % 3] if group.listed else JoinPolicy.INVITE
                group.moderate = list(Moderate)[which % 3]
            case _:
                pass

    def readers(self, group: Group) -> set[int]:
        found = set()
        for member in self.people:
            viewer = viewer_of(member)
            if viewer is not None and may_read(viewer, group):
                found.add(member.id)
        return found


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@hypothesis.settings(
    max_examples=7, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    seats=st.lists(st.integers(0, 3), min_size=5, max_size=5),
    hidden=st.booleans(),
    becomes=st.sampled_from(ParentBecomes),
    traffic=st.lists(STEP, min_size=10, max_size=18),
)
def test_undoing_loses_no_message_link_or_membership_whatever_was_done_meanwhile(
    core: Flask, seats: list[int], hidden: bool, becomes: ParentBecomes, traffic: list[tuple[str, int, int, int]]
) -> None:
    if not any(seat & 1 for seat in seats) or not any(seat & 2 for seat in seats):
        return
    here = Community(seats, hidden)
    parent, plan = here.parent, here.plan
    with transaction():
        plan.parent_becomes = becomes
    before_split = here.readers(parent)
    carry_out(plan)
    here.places += [db.session.get_one(Group, each.group_id) for each in plan.groups]
    for step in traffic:
        here.take(step)
    meanwhile = {group.id: here.readers(group) for group in here.places}
    chosen, joined = choices_in(parent), {group.id: choices_in(group) for group in here.places[1:]}
    muted = thread_choices()
    undo(plan)

    after = here.readers(parent)
    closed = [group for group in here.places[1:] if group.closed_at is not None]
    assert [group for group in here.places[1:] if group.listed and group.closed_at is None] == []
    # Who was in the parent is there as before; who was in a group that is closed is there, or waits to be let in.
    now_in_parent = choices_in(parent)
    assert {member_id: now_in_parent[member_id] for member_id in chosen} == chosen
    for group in closed:
        assert choices_in(group) == {}
        assert group_by_mail_name(group.mail_name) is parent
        for member_id, (standing, *_) in joined[group.id].items():
            assert member_id in now_in_parent or standing is Standing.BANNED
    for each in here.written:
        thread = db.session.get_one(Thread, each.thread_id)
        assert db.session.get_one(Post, each.post_id).thread_id == each.thread_id
        assert thread.group_id == parent.id or thread.group_id not in {group.id for group in closed}
        can_read = after if thread.group_id == parent.id else here.readers(db.session.get_one(Group, thread.group_id))
        # Nobody reads what was not written for the readers of one of these groups, now or later.
        assert can_read <= set().union(*(here.readers(db.session.get_one(Group, at)) for at in each.for_groups))
        if thread.group_id == parent.id:
            waiting = {member_id for member_id, row in now_in_parent.items() if row[0] is not Standing.ACTIVE}
            assert before_split & set(chosen) <= can_read | waiting
            could = set().union(*(meanwhile[at] for at in each.for_groups - {parent.id}))
            assert could <= can_read | waiting
    for held_id in here.held:
        held = db.session.get_one(HeldPost, held_id)
        assert held.group_id not in {group.id for group in closed}
    assert thread_choices() == muted


def thread_choices() -> set[tuple[int, int, Choice]]:
    return {(row.member_id, row.thread_id, row.choice) for row in db.session.scalars(select(ThreadChoice))}


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_after_undoing_a_digest_brings_what_no_digest_has_brought(core: Flask) -> None:
    group = a_group()
    ann, ben, cy = (a_member(f"{each}@example.org", each.title(), group) for each in ("ann", "ben", "cy"))
    with transaction():
        set_delivery(its(ann, group), Delivery.DIGEST, actor_id=ann.id)
    plan = a_plan(group, {"North": [ann, ben, cy]})
    carry_out(plan)
    north = made("north")
    had = published(cy, north, "Night shifts").published_no
    with transaction():
        set_delivery(its(ben, north), Delivery.DIGEST, actor_id=ben.id)
        # Ann's digest has brought it; nothing was written in the parent, whose mark stays where it was.
        its(ann, north).digest_no = had
    published(cy, north, "Day shifts")
    with transaction():
        its(ann, north).digest_no = had + 1
    undo(plan)
    assert its(ann, group).digest_no == had + 1
    bens = its(ben, group)
    assert (bens.delivery, bens.digest_no, bens.digest_until_no) == (Delivery.SINGLE, had, had + 1)
    assert ben.digest_due_at is not None
    assert (its(cy, group).digest_until_no, cy.digest_due_at) == (None, None)
