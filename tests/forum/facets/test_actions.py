"""Who has which facet follows from what stands in the profiles, however it came there."""

from flask import Flask
from sqlalchemy import select

from forum.accounts.actions import change_profile
from forum.accounts.models import Member
from forum.db import db, transaction
from forum.facets.actions import set_facets
from forum.facets.models import Dimension, Facet, MemberFacet
from forum.facets.profile import write_profile
from forum.groups.models import Group
from forum.groups.queries import community
from forum.groups.roster import RosterRow, import_rows
from forum.queue import Task
from forum.work import work_once, workers
from tests.people import a_member


def facets_of(member: Member) -> set[str]:
    rows = (
        select(Facet.code).join(MemberFacet, MemberFacet.facet_id == Facet.id).where(MemberFacet.member_id == member.id)
    )
    return set(db.session.scalars(rows))


def test_a_profile_becomes_facets_and_follows_each_change(core: Flask) -> None:
    ann = a_member("ann@example.org", "Ann Lee")
    said = {
        "place": "Portland, OR",
        "specialty": "Interventional cardiology",
        "career_stage": "PGY-3",
        "employer": "St. Mary’s Hospital",
        "interests": "Rock climbing, #rowing; rock-climbing",
    }
    with transaction():
        write_profile(ann, said)
    assert facets_of(ann) == {
        "US-OR/portland",
        "interventional cardiology",
        "resident",
        "st marys hospital",
        "rock climbing",
        "rowing",
    }
    above = {facet.code: facet for facet in db.session.scalars(select(Facet))}
    assert above["US-OR/portland"].parent_id == above["US-OR"].id
    assert above["US-OR"].parent_id == above["US"].id
    assert above["interventional cardiology"].parent_id == above["cardiology"].id
    before = db.session.scalars(select(MemberFacet.id).order_by(MemberFacet.id)).all()
    with transaction():
        set_facets([ann.id])
    assert db.session.scalars(select(MemberFacet.id).order_by(MemberFacet.id)).all() == before

    with transaction():
        write_profile(ann, {"place": "", "interests": "rowing"})
    assert facets_of(ann) == {"interventional cardiology", "resident", "st marys hospital", "rowing"}


def imported(group: Group, *rows: dict[str, str]) -> list[Member]:
    roster = [RosterRow(line, f"m{line}@example.org", f"M {line}", facets=row) for line, row in enumerate(rows)]
    with transaction():
        import_rows(group, roster)
    return list(db.session.scalars(select(Member).where(Member.name.startswith("M ")).order_by(Member.id)))


def test_a_roster_brings_the_facets_of_new_members(core: Flask) -> None:
    one, two, three = imported(
        community(), {"place": "Oslo", "specialty": "EM"}, {"place": "Bergen, Norway"}, {"place": ""}
    )
    assert facets_of(one) == {"NO-03", "emergency medicine"}
    assert facets_of(two) == {"NO/bergen"}
    assert facets_of(three) == set()


def test_profiles_of_before_are_read_by_the_worker_in_steps(core: Flask, monkeypatch) -> None:
    monkeypatch.setattr("forum.facets.actions._A_STEP", 2)
    members = imported(community(), *[{"place": "Oslo"}] * 5)
    with transaction() as session:
        session.query(MemberFacet).delete()
        session.query(Facet).delete()
        # As the migration asks for it.
        session.add(
            Task(kind="derive_facets", target_id=0, due_at=db.session.get_one(Member, members[0].id).created_at)
        )
    work_once(core, workers("tasks"), "test")
    assert [facets_of(member) for member in members] == [{"NO-03"}] * 5
    assert len(db.session.scalars(select(Task).where(Task.kind == "derive_facets")).all()) == 3


def test_what_changed_without_its_facets_is_put_right(core: Flask) -> None:
    ann = a_member("ann@example.org", "Ann Lee")
    with transaction():
        change_profile(ann, name="Ann Lee", interests="rowing")
        set_facets([ann.id])
        change_profile(ann, name="Ann Lee", interests="chess")
        set_facets([ann.id, ann.id + 999])
    assert facets_of(ann) == {"chess"}
    assert {each.dimension for each in db.session.scalars(select(Facet))} == {Dimension.INTEREST}
