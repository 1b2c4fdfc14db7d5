"""A group grows out of another by its pages: made by a moderator, asked for by a member, carried out by the worker."""

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from forum.accounts.models import Member, Shown
from forum.db import db, transaction
from forum.facets.merging import mark_sensitive
from forum.facets.models import Dimension, MemberFacet
from forum.facets.profile import write_profile
from forum.facets.queries import facet_by_code
from forum.groups.actions import GroupChange, change_group
from forum.groups.models import Group, JoinPolicy, Kind, Role
from forum.groups.queries import community, group_by_slug, membership_of
from forum.posting.outcomes import Published
from forum.queue import Task
from forum.splitting.course.questions import question_token
from forum.splitting.models import Asks, Plan, PlannedThread, PlanQuestion, PlanState
from forum.splitting.spin_off.sources import Source, SourceKind, gather
from forum.splitting.spin_off.spinning_off import Wanted, spin_off
from forum.threads.models import Post, Thread
from forum.work import work_once, workers
from tests.forum.web.browser import Browser
from tests.people import a_crowd, a_group, a_member, post
from tests.plans import question_to


def some_members(group: Group, *names: str) -> list[Member]:
    """The first of them owns the group."""
    return [
        a_member(f"{name}@example.org", name.title(), group, role=Role.MEMBER if at else Role.OWNER)
        for at, name in enumerate(names)
    ]


def begun(author: Member, group: Group, subject: str) -> Thread:
    made = post(author, group, subject, f"Words of {author.name}.")
    assert isinstance(made, Published)
    return db.session.get_one(Post, made.post_id).thread


def stands_in(thread: Thread) -> int:
    return db.session.get_one(Thread, thread.id).group_id


def carried_out(app: Flask) -> Plan:
    """The newest plan, after the worker has done what was due."""
    work_once(app, workers("splitting"), "test")
    db.session.rollback()
    return db.session.scalars(select(Plan).order_by(Plan.id.desc()).limit(1)).one()


def the(slug: str) -> Group:
    found = group_by_slug(slug)
    assert found is not None
    return found


def belongs(member: Member, slug: str) -> bool:
    return membership_of(member.id, the(slug).id) is not None


def asked(plan: Plan, asks: Asks) -> list[str]:
    rows = select(Member.name).join(PlanQuestion, PlanQuestion.member_id == Member.id)
    return sorted(db.session.scalars(rows.where(PlanQuestion.plan_id == plan.id, PlanQuestion.asks == asks)))


def letters(kind: str) -> list[int | None]:
    return list(db.session.scalars(select(Task.other_id).where(Task.kind == kind).order_by(Task.id)))


def test_a_moderator_grows_a_group_from_a_tag_and_members_come_by_saying_yes(app: Flask) -> None:
    group = a_group()
    mod, ann, ben, _dot = some_members(group, "mod", "ann", "ben", "dot")
    threads = begun(ann, group, "#ecg A strange tracing"), begun(ben, group, "#ecg And another")
    begun(ann, group, "Rota")

    browser = Browser(app).sign_in(mod)
    browser.open(f"/g/{group.slug}/tag/ecg")
    browser.follow("Grow a group out of this tag")
    assert "It grows from the tag #ecg: 2 members, 2 threads." in browser.text
    words = {"name": "ECG rounds", "why": "To talk about tracings.", "me": "yes", "moderators": "ben@example.org"}
    browser.press("Make the group", slug="cardiology", **words)
    assert (browser.status, "The short name cardiology is not free." in browser.text) == (422, True)
    browser.press("Make the group", slug="ecg", **words)
    browser.open(f"/g/{group.slug}/spin-off?from=tag&what=ecg")
    assert "A group ecg is being made already" in browser.press("Make the group", slug="ecg", **words)
    plan = carried_out(app)

    made = the("ecg")
    assert (plan.state, plan.trouble, made.parent_id) == (PlanState.REVIEW, "", group.id)
    assert (asked(plan, Asks.JOIN), asked(plan, Asks.MODERATE)) == (["Ann"], ["Ben", "Mod"])
    own = membership_of(mod.id, made.id)
    assert own is not None
    assert own.role is Role.OWNER
    assert not belongs(ann, "ecg")
    assert {stands_in(each) for each in threads} == {made.id}
    assert len(letters("notice.plan_join")) == 1

    guest = Browser(app)
    guest.open(f"/plan/answer/{question_token(question_to(ann, plan, Asks.JOIN))}")
    guest.press("Come to the group")
    assert belongs(ann, "ecg")
    guest.sign_in(ann).open(f"/t/{threads[1].public_id}")
    assert "Words of Ben." in guest.text

    browser.open(f"/g/{group.slug}/split")
    browser.follow(next(words for words, _ in browser.links if words.startswith("A spin-off")))
    assert "1 member was invited: 1 said yes, 0 said no, 0 have not answered yet." in browser.text
    browser.press("Put 2 members back")
    plan = carried_out(app)
    assert (plan.state, plan.trouble) == (PlanState.UNDONE, "")
    assert {stands_in(each) for each in threads} == {group.id}
    assert (db.session.get_one(Group, made.id).became_id, belongs(ann, group.slug)) == (group.id, True)


def test_a_member_asks_for_a_group_and_a_moderator_grants_it_as_it_should_be(app: Flask) -> None:
    group = a_group()
    mod, ann, ben = some_members(group, "mod", "ann", "ben")
    thread = begun(ben, group, "Night work and sleep")
    browser = Browser(app).sign_in(ann)
    browser.open(f"/t/{thread.public_id}")
    browser.follow("Ask for a group of its own")
    browser.press("Ask the moderators", slug="night-work", me="yes")
    assert "Say in a sentence or two why." in browser.text
    browser.press("Ask the moderators", slug="night-work", me="yes", why="So many of us work at night.")
    assert browser.path == f"/g/{group.slug}"
    plan = carried_out(app)
    assert (plan.state, letters("notice.spin_off_asked")) == (PlanState.ASKED, [mod.id])
    page = f"/g/{group.slug}/spin-off/{plan.public_id}"
    assert browser.open(page)
    assert browser.status == 404

    moderator = Browser(app).sign_in(mod)
    moderator.open(f"/g/{group.slug}/split")
    moderator.follow(next(words for words, _ in moderator.links if words.startswith("A spin-off")))
    assert (moderator.path, "Ann asks for a group" in moderator.text) == (page, True)
    assert "So many of us work at night." in moderator.body
    late = Browser(app).sign_in(mod)
    late.open(page)
    moderator.press("Make the group", name="Nights")
    assert "This has been answered already." in late.press("Make the group")
    plan = carried_out(app)
    assert (plan.state, plan.trouble, the("night-work").name) == (PlanState.REVIEW, "", "Nights")
    own = membership_of(ann.id, the("night-work").id)
    assert own is not None
    assert (own.role, belongs(mod, "night-work")) == (Role.OWNER, False)
    assert (asked(plan, Asks.JOIN), letters("notice.spin_off_answered")) == (["Ben"], [ann.id])


def test_a_moderator_says_no_with_a_reason_and_nobody_asks_without_end(app: Flask) -> None:
    group = a_group()
    mod, ann = some_members(group, "mod", "ann")
    thread = begun(ann, group, "Night work")
    browser, moderator = Browser(app).sign_in(ann), Browser(app).sign_in(mod)
    address = f"/g/{group.slug}/spin-off?from=thread&what={thread.public_id}"
    for number in range(4):
        browser.open(address)
        browser.press("Ask the moderators", slug=f"nights-{number}", why="We work at night.")
    assert "You have asked for 3 groups in a week." in browser.text
    assert db.session.scalar(select(func.count()).select_from(Plan)) == 3
    moderator.open(f"/g/{group.slug}/spin-off/{carried_out(app).public_id}")
    moderator.press("Say no")
    assert "Give a reason." in moderator.text
    moderator.press("Say no", reason="There is a group for this: shifts.")
    plan = carried_out(app)
    assert (plan.state, letters("notice.spin_off_answered")) == (PlanState.WITHDRAWN, [ann.id])
    for refused in ("from=members&what=ann@example.org", "from=facet&what=place:US"):
        browser.open(f"/g/{group.slug}/spin-off?{refused}")
        assert "Go on" in browser.buttons


def test_members_are_moved_only_where_the_charter_says_so_and_others_are_invited(app: Flask) -> None:
    group = a_group()
    mod, ann, ben = some_members(group, "mod", "ann", "ben")
    out = a_member("out@example.org", "Out")
    browser = Browser(app).sign_in(mod)
    address = f"/g/{group.slug}/spin-off?from=members&what=ann@example.org,ben@example.org,out@example.org"
    browser.open(address)
    with pytest.raises(AssertionError, match="no form with"):
        browser.press("Make the group", name="North", slug="north", members="move")
    browser.post(
        f"/g/{group.slug}/spin-off",
        **{"from": "members", "what": "ann@example.org", "name": "North"},
        slug="north",
        kind="region",
        members="move",
    )
    assert "The charter of this community does not let moderators move members." in browser.text
    with transaction():
        change_group(community(), GroupChange(members_may_be_moved=True))
    browser.open(address)
    browser.press("Make the group", name="North", slug="north", members="move")
    plan = carried_out(app)
    assert (plan.state, plan.trouble) == (PlanState.REVIEW, "")
    assert [belongs(each, "north") for each in (ann, ben, out, mod)] == [True, True, False, False]
    assert asked(plan, Asks.JOIN) == ["Out"]
    assert len(letters("notice.plan_carried_out")) == 2
    # What somebody shows to nobody is not told by being moved, either.
    with transaction():
        for each, shown in ((ann, Shown.COMMUNITY), (ben, Shown.NOBODY)):
            write_profile(each, {"place": "Portland, OR"}, {"place_shown": shown})
    browser.open(f"/g/{group.slug}/spin-off?from=facet&what=oregon")
    assert "It grows from Oregon: 2 members." in browser.text
    browser.press("Make the group", name="Oregon", slug="oregon", members="move")
    by_facet = carried_out(app)
    assert [belongs(each, "oregon") for each in (ann, ben)] == [True, False]
    assert asked(by_facet, Asks.JOIN) == ["Ben"]
    browser.open(f"/g/{group.slug}/split/{plan.public_id}/course")
    assert "2 members are in the new group" in browser.text


def test_a_thread_that_more_could_read_stays_and_the_page_says_so(app: Flask) -> None:
    group = a_group(anonymous_posts=True, listed=False, join_policy=JoinPolicy.INVITE)
    mod, ann = some_members(group, "mod", "ann")
    open_group = a_group("open", "Open")
    a_member("out@example.org", "Out", open_group)
    thread = begun(ann, group, "Among ourselves")
    browser = Browser(app).sign_in(mod)
    browser.open(f"/g/{group.slug}/spin-off?from=members&what=out@example.org")
    assert "Not a member of Cardiology: out@example.org." in browser.text
    browser.open(f"/g/{group.slug}/spin-off?from=thread&what={thread.public_id}")
    browser.press("Make the group", name="Ten", slug="ten", kind="interest", moderators="out@example.org")
    assert "must be a member of Banyan Physicians, and know Cardiology" in browser.text
    # Of a listed one anybody in the community can be asked; what was written for its members stays theirs.
    with transaction():
        change_group(group, GroupChange(listed=True))
    browser.press("Make the group", name="Ten", slug="ten", kind="interest", moderators="out@example.org", me="yes")
    plan = carried_out(app)
    row = db.session.scalars(select(PlannedThread)).one()
    assert (plan.state, stands_in(thread), row.left_behind[:27]) == (
        PlanState.REVIEW,
        group.id,
        "More people could read it, ",
    )
    browser.open(f"/g/{group.slug}/split/{plan.public_id}/course")
    assert "1 thread: More people could read it" in browser.text


def test_of_what_was_said_in_confidence_nobody_learns_who_said_it(app: Flask) -> None:
    group = a_group()
    (mod,) = some_members(group, "mod")
    crowd = a_crowd(10, group)
    with transaction():
        change_group(community(), GroupChange(members_may_be_moved=True))
        for each in (*crowd, mod):
            write_profile(each, {"interests": "lupus"})
        facet = facet_by_code(Dimension.INTEREST, "lupus")
        assert facet is not None
        mark_sensitive(facet, actor_id=None)
        db.session.execute(update(MemberFacet).where(MemberFacet.member_id != crowd[0].id).values(may_match=True))
        db.session.execute(update(MemberFacet).where(MemberFacet.member_id == crowd[0].id).values(may_match=False))
    browser = Browser(app).sign_in(mod)
    browser.open(f"/g/{group.slug}/spin-off?from=facet&what=interest:lupus")
    assert "It grows from a health topic: 10 members. Who they are is told to nobody" in browser.text
    assert not any("members" in form.names for form in browser.forms())
    browser.press("Make the group", name="Lupus", slug="lupus", kind="circle", me="yes")
    assert "A circle has at most 9 members, and this names 11." in browser.text
    browser.press("Make the group", name="Lupus", slug="lupus", kind="interest", me="yes")
    plan = carried_out(app)
    # Ten are invited, also who makes the group: one less would tell something.
    assert len(asked(plan, Asks.JOIN)) == 10
    browser.open(f"/g/{group.slug}/split/{plan.public_id}/course")
    assert "10 members were invited" in browser.text
    with transaction():
        db.session.execute(update(MemberFacet).where(MemberFacet.member_id == mod.id).values(may_match=False))
    browser.open(f"/g/{group.slug}/spin-off?from=facet&what=interest:lupus")
    assert "Nobody in Cardiology is known to have this." in browser.text
    browser.open(f"/g/{group.slug}/spin-off?from=facet&what=interest:nothing")
    assert "Nobody in Cardiology is known to have this." in browser.text


def test_what_grows_is_never_more_open_than_what_it_grows_out_of(app: Flask) -> None:
    circle = a_group("eight", "Eight", kind=Kind.CIRCLE, listed=False, join_policy=JoinPolicy.INVITE)
    for group, expected in ((community(), (True, JoinPolicy.REQUEST)), (circle, (False, JoinPolicy.INVITE))):
        mod, ann = (
            a_member(f"{name}@{group.slug}.example", name, group, role=role)
            for name, role in (("mod", Role.OWNER), ("ann", Role.MEMBER))
        )
        thread = begun(ann, group, "Among us")
        source = Source(SourceKind.THREAD, thread.public_id)
        with transaction():
            wanted = Wanted("More", f"{group.slug}-more", moderator_ids=(mod.id,))
            spin_off(group, wanted, gather(group, source, None), actor_id=mod.id)
        assert carried_out(app).trouble == ""
        made = the(f"{group.slug}-more")
        assert (made.listed, made.join_policy) == expected
        assert (made.parent_id, stands_in(thread)) == (group.id, made.id)
