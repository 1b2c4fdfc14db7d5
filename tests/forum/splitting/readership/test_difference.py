"""The proof of who can read, held against asking for each member and thread: in small worlds, and sampled in a larger.

The worlds are made of rows, and each is rolled back.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from forum.accounts.models import Member
from forum.clock import now
from forum.counter import PUBLISHED, next_number
from forum.db import db, public_id, transaction
from forum.groups.models import Group, JoinPolicy, Kind, Membership, Role, Standing
from forum.groups.queries import community
from forum.groups.rights import chain_of, may_read, viewer_of
from forum.queue import Task
from forum.splitting.models import Answer, Asks, Plan, PlanKind, PlannedGroup, PlanQuestion, PlanState
from forum.splitting.readership.consents import ask_consent
from forum.splitting.readership.difference import difference, names_of_some
from forum.splitting.readership.moves import NOT_AGREED, take_along
from forum.splitting.readership.readers import Readers
from forum.threads.models import Post, TextFormat, Thread, Via
from forum.threads.moving import relocate

ONE_BY_ONE = settings(
    max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@dataclass(frozen=True)
class AGroup:
    kind: Kind
    parent: int
    listed: bool
    join_policy: JoinPolicy


@dataclass(frozen=True)
class ABelonging:
    standing: Standing | None
    role: Role


@dataclass(frozen=True)
class AThread:
    """Where it began, who wrote, where it moved after its first post, and who of the authors agrees to go on."""

    group: int
    authors: Sequence[int]
    moved_to: int | None
    agree: frozenset[int]


@dataclass(frozen=True)
class World:
    groups: Sequence[AGroup]
    belongings: Sequence[Sequence[ABelonging]]
    threads: Sequence[AThread]
    target: int
    # The group that a plan has made, and the one it grew out of.
    grown: int
    parent: int
    state: PlanState


_KINDS = st.sampled_from([Kind.REGION, Kind.SPECIALTY, Kind.CIRCLE])
_STANDINGS = st.sampled_from([Standing.ACTIVE] * 4 + [Standing.MUTED, Standing.BANNED, Standing.PENDING, None, None])
_ROLES = st.sampled_from([Role.MEMBER] * 4 + [Role.MODERATOR, Role.OWNER])
_BELONGINGS = st.builds(ABelonging, _STANDINGS, _ROLES)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    # Group 0 is the community.
    count = draw(st.integers(2, 4))
    groups = [
        AGroup(draw(_KINDS), draw(st.integers(0, number)), draw(st.booleans()), draw(st.sampled_from(JoinPolicy)))
        for number in range(count)
    ]
    members = draw(st.integers(2, 4))
    rows = st.lists(_BELONGINGS, min_size=count + 1, max_size=count + 1)
    some_group, some_member = st.integers(0, count), st.integers(0, members - 1)
    thread = st.builds(
        AThread,
        some_group,
        st.lists(some_member, min_size=1, max_size=3),
        st.none() | some_group,
        st.frozensets(some_member),
    )
    return World(
        groups,
        [draw(rows) for _ in range(members)],
        draw(st.lists(thread, min_size=1, max_size=3)),
        draw(some_group),
        draw(some_group),
        draw(some_group),
        draw(st.sampled_from([PlanState.REVIEW, PlanState.UNDOING, PlanState.KEPT])),
    )


class _RolledBackError(Exception):
    pass


@dataclass(frozen=True)
class Built:
    groups: Sequence[Group]
    members: Sequence[Member]
    threads: Sequence[Thread]
    plan: Plan


def _build(world: World) -> Built:
    root = community()
    groups = [root]
    for number, each in enumerate(world.groups, 1):
        group = Group(
            slug=f"g{number}",
            mail_name=f"g{number}",
            name=f"G {number}",
            kind=each.kind,
            parent_id=groups[each.parent].id,
            listed=each.listed,
            join_policy=each.join_policy,
        )
        db.session.add(group)
        db.session.flush()
        groups.append(group)
    members = [Member(name=f"M {number}") for number in range(len(world.belongings))]
    db.session.add_all(members)
    db.session.flush()
    for member, row in zip(members, world.belongings, strict=True):
        for group, belonging in zip(groups, row, strict=True):
            if belonging.standing is not None:
                muted = now() + timedelta(days=1) if belonging.standing is Standing.MUTED else None
                db.session.add(
                    Membership(
                        member_id=member.id,
                        group_id=group.id,
                        role=belonging.role,
                        standing=belonging.standing,
                        muted_until=muted,
                    )
                )
    db.session.flush()
    grown, parent = groups[world.grown], groups[world.parent]
    plan = Plan(kind=PlanKind.SPIN_OFF, group_id=parent.id, state=world.state)
    db.session.add(plan)
    db.session.flush()
    planned = PlannedGroup(
        plan_id=plan.id,
        position=1,
        slug="p",
        name="P",
        kind=grown.kind,
        listed=grown.listed,
        group_id=grown.id if grown is not parent else None,
    )
    db.session.add(planned)
    db.session.flush()
    threads = [_thread(each, groups, members, plan, planned) for each in world.threads]
    return Built(groups, members, threads, plan)


def _thread(
    wanted: AThread, groups: Sequence[Group], members: Sequence[Member], plan: Plan, planned: PlannedGroup
) -> Thread:
    thread = Thread(group_id=groups[wanted.group].id, subject="S", subject_key="s", posts=len(wanted.authors))
    db.session.add(thread)
    db.session.flush()
    for number, author in enumerate(wanted.authors):
        a_post(thread, members[author])
        if number == 0 and wanted.moved_to is not None:
            relocate([thread.id], groups[wanted.moved_to], actor_id=None)
    for author in sorted(wanted.agree):
        db.session.add(
            PlanQuestion(
                plan_id=plan.id,
                member_id=members[author].id,
                asks=Asks.CONSENT,
                thread_id=thread.id,
                proposed=[planned.id],
                answer=Answer.YES,
                answered_at=now(),
            )
        )
    db.session.flush()
    return thread


def a_post(thread: Thread, author: Member) -> Post:
    number, identity = next_number(PUBLISHED), public_id()
    post = Post(
        public_id=identity,
        thread_id=thread.id,
        published_no=number,
        fan_out_key=-number,
        author_id=author.id,
        byline=author.name,
        via=Via.WEB,
        message_id=f"<{identity}@test>",
        subject="S",
        text="words",
        text_format=TextFormat.PLAIN,
        html="",
    )
    db.session.add(post)
    thread.last_published_no = number
    db.session.flush()
    return post


def _reading(built: Built, group: Group) -> frozenset[int]:
    """Asked one by one."""
    viewers = {member.id: viewer_of(member) for member in built.members}
    return frozenset(key for key, viewer in viewers.items() if viewer is not None and may_read(viewer, group))


@given(worlds())
@ONE_BY_ONE
def test_in_every_small_world_the_difference_is_what_asking_one_by_one_finds_and_nobody_reads_without_consent(
    core: Flask, world: World
) -> None:
    with suppress(_RolledBackError), transaction():
        built = _build(world)
        _check(world, built)
        raise _RolledBackError


def _check(world: World, built: Built) -> None:
    target = built.groups[world.target]
    place = Readers().place(target)
    going = [thread for thread in built.threads if thread.group_id != target.id]
    before = {thread.id: _reading(built, thread.group) for thread in going}
    after = _reading(built, target)
    found = difference({thread.id: place for thread in built.threads})
    predicted = {each: way for way in found.ways for each in way.thread_ids}
    assert predicted.keys() == before.keys()
    for thread_id, way in predicted.items():
        assert (way.gained, way.lost) == (after - before[thread_id], before[thread_id] - after)
    assert found.gained == sum(len(after - reading) for reading in before.values())
    taken = take_along([thread.id for thread in built.threads], target, actor_id=None, plan=built.plan)
    for thread, wanted in zip(built.threads, world.threads, strict=True):
        if thread in going:
            asked = {author.id for author, home in _homes(wanted, built) if _widens(world, built, home, target, after)}
            agreed = (
                {built.members[each].id for each in wanted.agree}
                if world.grown == world.target != world.parent
                else set()
            )
            # Neither moved without consent, nor left behind without need.
            assert (thread.id in taken.moved) is (asked <= agreed)
            assert (thread.id in found.widened) is bool(asked)
            assert thread.group_id == (target.id if thread.id in taken.moved else thread.group_id)


def _homes(wanted: AThread, built: Built) -> Sequence[tuple[Member, Group]]:
    later = wanted.group if wanted.moved_to is None else wanted.moved_to
    where = [wanted.group] + [later] * (len(wanted.authors) - 1)
    return [(built.members[author], built.groups[group]) for author, group in zip(wanted.authors, where, strict=True)]


def _widens(world: World, built: Built, home: Group, target: Group, after: frozenset[int]) -> bool:
    """Whether anybody may read at the target, now or by coming in, for whom a post at home there was not written."""
    homes = [home]
    undoable = world.state is not PlanState.KEPT and world.grown != world.parent
    if undoable and home is built.groups[world.grown] and home.listed and home.kind is not Kind.CIRCLE:
        homes.append(built.groups[world.parent])
    if target in homes:
        return False
    intended = frozenset().union(*(_reading(built, each) for each in homes))
    everybody = _reading(built, built.groups[0])
    could = everybody if all(_is_more_open(target, each) for each in homes) else after
    return bool(could - intended)


def _is_more_open(group: Group, home: Group) -> bool:
    ease = [JoinPolicy.INVITE, JoinPolicy.REQUEST, JoinPolicy.OPEN]
    looking_in = {each.id for each in chain_of(group)} - {group.id} - {each.id for each in chain_of(home)}
    return (
        group.listed > home.listed
        or ease.index(group.join_policy) > ease.index(home.join_policy)
        or looking_in != set()
    )


def test_in_a_larger_community_samples_agree_with_asking_one_by_one(core: Flask) -> None:
    random = Random(7)
    with transaction():
        groups = _a_larger_tree()
        members = [Member(name=f"M {number:03}") for number in range(300)]
        db.session.add_all(members)
        db.session.flush()
        for member in members:
            db.session.add(Membership(member_id=member.id, group_id=groups[0].id))
            for group in random.sample(groups[1:], 3):
                role = Role.MODERATOR if random.random() < 0.05 else Role.MEMBER
                standing = random.choice([Standing.ACTIVE] * 9 + [Standing.BANNED])
                db.session.add(Membership(member_id=member.id, group_id=group.id, role=role, standing=standing))
        db.session.flush()
        threads = [Thread(group_id=random.choice(groups).id, subject="S", subject_key="s", posts=1) for _ in range(150)]
        db.session.add_all(threads)
        db.session.flush()
    readers = Readers()
    places = {group.id: readers.place(group) for group in groups}
    goes = {thread.id: places[random.choice(groups).id] for thread in threads}
    found = difference(goes, readers)
    ways = {thread_id: way for way in found.ways for thread_id in way.thread_ids}
    for thread in random.sample(threads, 60):
        way = ways.get(thread.id)
        for member in random.sample(members, 4):
            viewer = viewer_of(member)
            assert viewer is not None
            to = db.session.get_one(Group, goes[thread.id].group_id)
            before, after = may_read(viewer, thread.group), may_read(viewer, to)
            assert (way is not None and member.id in way.gained) is (after and not before)
            assert (way is not None and member.id in way.lost) is (before and not after)


def _a_larger_tree() -> Sequence[Group]:
    groups = [community()]
    for number in range(7):
        kind = Kind.CIRCLE if number == 5 else Kind.REGION
        parent = groups[0 if number < 3 else number - 2]
        groups.append(
            Group(slug=f"g{number}", mail_name=f"g{number}", name=f"G {number}", kind=kind, parent_id=parent.id)
        )
        db.session.add(groups[-1])
        db.session.flush()
    return groups


def test_authors_are_asked_once_and_their_yes_counts_for_one_place_alone(core: Flask) -> None:
    with transaction():
        root = community()
        ann, bea, cal = (Member(name=name) for name in ("Ann", "Bea", "Cal"))
        db.session.add_all([ann, bea, cal])
        parent, grown, other = (
            Group(slug=slug, mail_name=slug, name=slug, kind=Kind.REGION, parent_id=root.id)
            for slug in ("parent", "grown", "other")
        )
        db.session.add_all([parent, grown, other])
        db.session.flush()
        for member in (ann, bea, cal):
            db.session.add(Membership(member_id=member.id, group_id=root.id))
        for member, group in ((ann, parent), (bea, parent), (ann, grown), (cal, grown), (cal, other)):
            db.session.add(Membership(member_id=member.id, group_id=group.id))
        plan = Plan(kind=PlanKind.SPIN_OFF, group_id=parent.id, state=PlanState.CARRYING_OUT)
        db.session.add(plan)
        db.session.flush()
        first, second = (
            PlannedGroup(plan_id=plan.id, position=at, slug=group.slug, name="P", kind=group.kind, group_id=group.id)
            for at, group in ((1, grown), (2, other))
        )
        thread = Thread(group_id=parent.id, subject="S", subject_key="s", posts=2)
        db.session.add_all([first, second, thread])
        db.session.flush()
        for author in (ann, bea):
            a_post(thread, author)
    [way] = difference({thread.id: Readers().planned_place(first)}).ways
    assert way.gained == {cal.id}
    # Who belongs to a group that is there already is not named any more.
    assert names_of_some(way, way.gained) == ()
    assert names_of_some(replace(way, to=replace(way.to, group_id=None)), way.gained) == ["Cal"]
    with transaction():
        assert ask_consent(plan, first, [thread.id], actor_id=None).questions == 2
        assert ask_consent(plan, first, [thread.id], actor_id=None).questions == 0
        # A late answer to the first letter must not count for another group: the thread stays.
        asked_anew = ask_consent(plan, second, [thread.id], actor_id=None)
        assert (asked_anew.questions, asked_anew.unaskable) == (0, {thread.id})
        assert take_along([thread.id], grown, actor_id=None, plan=plan).left_behind == {thread.id: NOT_AGREED}
    for question in db.session.scalars(select(PlanQuestion)).all():
        with transaction():
            question.answer, question.answered_at = Answer.YES, now()
    with transaction():
        assert take_along([thread.id], other, actor_id=None, plan=plan).left_behind == {thread.id: NOT_AGREED}
        assert take_along([thread.id], grown, actor_id=None).left_behind == {thread.id: NOT_AGREED}
    with transaction():
        assert take_along([thread.id], grown, actor_id=None, plan=plan).moved == {thread.id}
    assert set(db.session.scalars(select(Task.kind))) == {"notice.plan_consent"}
