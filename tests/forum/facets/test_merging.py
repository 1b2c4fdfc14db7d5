"""Merging what means the same, marking what is sensitive: counts follow, everything can be taken back."""

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from forum.accounts.models import Member
from forum.db import db, transaction
from forum.facets.confiding import Confided, confide, confided_by, forget_confided, withdraw, without_sensitive
from forum.facets.merging import BadFacet, mark_sensitive, merge, unmark_sensitive, unmerge
from forum.facets.models import Dimension, Facet, MemberFacet
from forum.facets.profile import write_profile
from forum.facets.queries import (
    counts_of,
    facet_by_code,
    facet_by_public_id,
    facets_page,
    list_one,
    members_with,
    what_lies_above,
)
from forum.groups.leaving import leave, remove_for_good
from forum.groups.queries import community, ids_of_readers
from forum.log import LogEntry
from tests.meanwhile import meanwhile
from tests.people import a_crowd, a_member


def say(member: Member, **texts: str) -> None:
    with transaction():
        write_profile(member, texts)


def the(dimension: Dimension, code: str) -> Facet:
    found = facet_by_code(dimension, code)
    assert found is not None
    return found


def tag(code: str) -> Facet:
    return the(Dimension.INTEREST, code)


def count(facet: Facet) -> int:
    return counts_of([facet.id], ids_of_readers(community())).get(facet.id, 0)


def test_who_has_one_below_or_merged_into_it_counts_once_and_who_has_left_does_not(core: Flask) -> None:
    one, two, three, four = a_crowd(4, community())
    say(one, place="Portland, OR")
    say(two, place="Portland, OR; Salem, OR")
    say(three, place="Portland")
    say(four, place="Oregon")
    oregon, city = the(Dimension.PLACE, "US-OR"), the(Dimension.PLACE, "US-OR/portland")
    assert (count(oregon), count(city)) == (3, 2)
    with transaction():
        merge(the(Dimension.PLACE, "portland"), city, actor_id=one.id)
    assert (count(the(Dimension.PLACE, "US")), count(city)) == (4, 3)
    assert members_with(city, ids_of_readers(community())) == [one.id, two.id, three.id]
    with transaction():
        leave(two, community(), actor_id=two.id)
    assert count(city) == 2
    entry = db.session.scalars(select(LogEntry).where(LogEntry.act == "merge facet")).one()
    assert entry.undo.startswith("banyan facet unmerge")
    with transaction():
        unmerge(the(Dimension.PLACE, "portland"), actor_id=one.id)
    assert count(city) == 1


def test_what_makes_no_sense_is_refused(core: Flask) -> None:
    ann = a_member("ann@example.org", "Ann Lee")
    say(ann, place="Portland, OR", interests="running, jogging, trail runs")
    running, jogging, trails = tag("running"), tag("jogging"), tag("trail runs")
    with transaction():
        merge(jogging, running, actor_id=None)
    for source, target, why in (
        (running, running, "into itself"),
        (running, jogging, "leads to it"),
        (jogging, trails, "was merged before"),
        (running, the(Dimension.PLACE, "US"), "different kinds"),
        (the(Dimension.PLACE, "US"), the(Dimension.PLACE, "US-OR/portland"), "stands below"),
    ):
        with pytest.raises(BadFacet, match=why), transaction():
            merge(source, target, actor_id=None)
    with pytest.raises(BadFacet, match="leads to another"), transaction():
        mark_sensitive(jogging, actor_id=None)
    with pytest.raises(BadFacet, match="no interest"), transaction():
        mark_sensitive(the(Dimension.PLACE, "US"), actor_id=None)
    with transaction():
        mark_sensitive(running, actor_id=None)
    with pytest.raises(BadFacet, match="marked as sensitive"), transaction():
        merge(trails, running, actor_id=None)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(st.tuples(st.booleans(), st.integers(0, 4), st.integers(0, 4)), max_size=15))
def test_no_order_of_merges_makes_a_ring_or_loses_anybody(core: Flask, moves: list[tuple[bool, int, int]]) -> None:
    with transaction() as session:
        session.execute(delete(MemberFacet))
        session.execute(delete(Facet))
        tags = [Facet(dimension=Dimension.INTEREST, code=name, name=name) for name in "abcde"]
        session.add_all(tags)
    for merging, one, other in moves:
        try:
            with transaction():
                if merging:
                    merge(tags[one], tags[other], actor_id=None)
                else:
                    unmerge(tags[one], actor_id=None)
        except BadFacet:
            continue
    for each in tags:
        chain = [each, *what_lies_above(each)]
        assert len(set(chain)) == len(chain)
        assert chain[-1].merged_into_id is None


def test_a_marked_tag_leaves_profiles_and_counts_by_consent_alone(core: Flask) -> None:
    members = a_crowd(11, community())
    for member in members:
        say(member, interests="lupus, rowing")
    with transaction():
        mark_sensitive(tag("lupus"), actor_id=members[0].id)
    among = ids_of_readers(community())
    assert without_sensitive("Lupus, rowing") == "rowing"
    assert (count(tag("lupus")), list_one(tag("lupus"), among).members) == (0, None)
    assert confided_by(members[0].id).marked == ["lupus"]
    for member in members[:9]:
        with transaction():
            confide(member, "", may_match=True)
    assert members_with(tag("lupus"), among) == ()
    assert list_one(tag("lupus"), among).members is None
    with transaction():
        confide(members[9], "", may_match=True)
    assert len(members_with(tag("lupus"), among)) == 10
    assert list_one(tag("lupus"), among).members == 10
    # Who changes something else keeps what was agreed, and who did not agree is not made to.
    say(members[0], interests="lupus, chess")
    say(members[10], interests="lupus, chess")
    assert count(tag("lupus")) == 10
    with transaction():
        unmark_sensitive(tag("lupus"), actor_id=members[0].id)
    assert without_sensitive("Lupus, rowing") == "Lupus, rowing"
    assert count(tag("lupus")) == 11


def test_a_tag_that_is_marked_while_somebody_writes_it_counts_for_nobody(core: Flask) -> None:
    ann, bea, cy = (a_member(f"{name}@example.org", name) for name in ("ann", "bea", "cy"))
    say(ann, interests="lupus")

    def write() -> None:
        write_profile(db.session.get_one(Member, bea.id), {"interests": "lupus"})

    def mark() -> None:
        mark_sensitive(tag("lupus"), actor_id=None)

    with meanwhile(core, write), transaction():
        mark()
    assert count(tag("lupus")) == 0
    with transaction():
        unmark_sensitive(tag("lupus"), actor_id=None)
    assert count(tag("lupus")) == 2
    with meanwhile(core, mark):
        say(cy, interests="lupus")
    db.session.expire_all()
    assert (tag("lupus").sensitive, count(tag("lupus"))) == (True, 0)


def test_what_is_confided_is_nowhere_but_with_its_member(core: Flask) -> None:
    ann, bea = a_member("ann@example.org", "Ann Lee"), a_member("bea@example.org", "Bea Okafor")
    with transaction():
        confide(ann, "Crohn’s disease, migraine", may_match=False)
        confide(bea, "Migraine", may_match=True)
    said = confided_by(ann.id)
    assert (said.topics, said.may_match) == (["crohns disease", "migraine"], False)
    among = ids_of_readers(community())
    assert facets_page(among) == []
    hidden = db.session.scalars(select(Facet).where(Facet.code == "~migraine")).one()
    assert hidden.sensitive
    assert facet_by_public_id(hidden.public_id) is None
    assert facet_by_code(Dimension.INTEREST, "~migraine") is None
    assert counts_of([hidden.id], among) == {hidden.id: 1}
    assert members_with(hidden, among) == ()
    assert {entry.why for entry in db.session.scalars(select(LogEntry).where(LogEntry.act == "change profile"))} == {""}

    say(ann, interests="rowing")
    assert confided_by(ann.id) == said
    with transaction():
        confide(ann, "migraine", may_match=True)
    assert confided_by(ann.id).topics == ["migraine"]
    with transaction():
        withdraw(ann)
        remove_for_good(bea, why="test")
    assert confided_by(ann.id).topics == []
    assert counts_of([hidden.id], among) == {}
    assert db.session.scalars(select(MemberFacet).where(MemberFacet.member_id == bea.id)).all() == []


def test_a_topic_is_named_to_moderators_when_ten_agree_that_it_counts(core: Flask) -> None:
    members = a_crowd(11, community())
    among = ids_of_readers(community())
    for member in members:
        with transaction():
            confide(member, "Migraine", may_match=member is not members[0])
    [row] = facets_page(among, matching="migraine")
    assert (row.facet.name, row.members, row.above) == ("migraine", 10, "")
    assert facet_by_public_id(row.facet.public_id, among) == row.facet
    assert facet_by_public_id(row.facet.public_id) is None
    assert members_with(row.facet, among) == [member.id for member in members[1:]]
    with pytest.raises(BadFacet, match="said in confidence"), transaction():
        unmark_sensitive(row.facet, actor_id=None)
    with transaction():
        leave(members[5], community(), actor_id=members[5].id)
    assert facets_page(among) == []
    assert facet_by_public_id(row.facet.public_id, among) is None


def test_all_of_it_goes_in_one_step_also_out_of_the_interests(core: Flask) -> None:
    ann = a_member("ann@example.org", "Ann Lee")
    say(ann, interests="Lupus, rowing")
    with transaction():
        mark_sensitive(tag("lupus"), actor_id=None)
        confide(ann, "asthma", may_match=True)
    with transaction():
        withdraw(ann)
    assert ann.interests == "rowing"
    assert confided_by(ann.id) == Confided([], [], may_match=False)
    with transaction():
        forget_confided(ann.id)
    assert [row.name for row in db.session.scalars(select(Facet).join(MemberFacet))] == ["rowing"]
