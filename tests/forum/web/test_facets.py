"""Pages about what members say: one's own profile and health topics, tidying and asking for moderators."""

from flask import Flask
from sqlalchemy import select

from forum.accounts.models import Member, Shown
from forum.db import db, transaction
from forum.facets.confiding import confided_by
from forum.facets.models import Facet, MemberFacet
from forum.facets.profile import write_profile
from forum.groups.models import Role
from forum.queue import Task
from tests.forum.web.browser import Browser
from tests.people import a_crowd, a_group, a_member


def test_each_part_of_a_profile_is_shown_as_chosen(app: Flask) -> None:
    ann, bea = a_member("ann@example.org", "Ann Lee"), a_member("bea@example.org", "Bea Okafor")
    browser, other = Browser(app).sign_in(ann), Browser(app).sign_in(bea)
    browser.open("/me")
    browser.press(
        "Save the profile",
        place="Graz, Austria",
        specialty="Cardiology",
        employer="Inn Clinic",
        interests="rowing",
        specialty_shown="nobody",
        employer_shown="community",
    )
    assert browser.status == 200
    seen = other.open(f"/m/{ann.public_id}")
    assert "Graz, Austria" in seen
    assert "Works at Inn Clinic" in seen
    assert "Cardiology" not in seen
    assert "rowing" not in seen
    db.session.refresh(ann)
    assert (ann.specialty_shown, ann.employer_shown, ann.place_shown) == (
        Shown.NOBODY,
        Shown.COMMUNITY,
        Shown.COMMUNITY,
    )
    codes = select(Facet.code).join(MemberFacet, MemberFacet.facet_id == Facet.id)
    assert set(db.session.scalars(codes)) == {"AT/graz", "cardiology", "inn clinic", "rowing"}


def test_health_topics_are_kept_with_or_without_consent_and_removed_in_one_step(app: Flask) -> None:
    ann, owner = a_member("ann@example.org", "Ann Lee"), a_member("own@example.org", "Own", role=Role.OWNER)
    browser, above = Browser(app).sign_in(ann), Browser(app).sign_in(owner)
    browser.open("/me")
    assert "Remove all health topics" not in browser.buttons
    said = browser.press("Save the health topics", topics="Crohn’s disease, migraine")
    assert "Nobody else sees them" in said
    assert confided_by(ann.id).may_match is False
    browser.press("Save the health topics", topics="migraine", may_match="yes")
    assert (confided_by(ann.id).topics, confided_by(ann.id).may_match) == (["migraine"], True)
    for page in (f"/m/{ann.public_id}", "/facets", "/facets?q=migraine"):
        above.open(page)
        assert "migraine" not in above.body.replace('value="migraine"', ""), page
    browser.open("/me")
    browser.press("Remove all health topics")
    assert confided_by(ann.id).topics == []


def test_a_moderator_of_the_community_merges_marks_and_takes_it_back_and_sees_nobody(app: Flask) -> None:
    mod = a_member("own@example.org", "Own", role=Role.MODERATOR)
    for number, member in enumerate(a_crowd(3, a_group())):
        with transaction():
            write_profile(member, {"interests": "trail running" if number else "running, lupus"})
    browser = Browser(app).sign_in(mod)
    browser.open("/facets")
    assert "trail running interest · 2 members" in browser.text
    assert "M 1" not in browser.text
    browser.open("/facets?dimension=interest&q=RUNN")
    assert "lupus" not in browser.text
    facet = db.session.scalars(select(Facet).where(Facet.code == "trail running")).one()
    browser.open(f"/facets/{facet.public_id}?q=running")
    said = browser.press("Count as running")
    assert "trail running counts as running now" in said
    browser.open("/facets?q=running")
    assert "running interest · 3 members" in browser.text
    browser.open(f"/facets/{facet.public_id}")
    browser.press("Take the merge back")
    db.session.refresh(facet)
    assert facet.merged_into_id is None
    lupus = db.session.scalars(select(Facet).where(Facet.code == "lupus")).one()
    browser.open(f"/facets/{lupus.public_id}")
    browser.press("Mark as sensitive")
    assert "fewer than 10 members" in browser.text
    assert browser.post(f"/facets/{facet.public_id}", act="merge", into=lupus.public_id) == 422
    assert "marked as sensitive and the other is not" in browser.text
    browser.open(f"/facets/{lupus.public_id}")
    browser.press("It is not sensitive")
    assert "1 member" in browser.text


def test_a_moderator_has_members_asked_and_sees_counts_alone(app: Flask) -> None:
    group = a_group()
    mod = a_member("mod@example.org", "Mod", group, role=Role.MODERATOR)
    member: Member = a_crowd(2, group)[0]
    with transaction():
        write_profile(member, {"place": "Oslo"})
    browser = Browser(app).sign_in(mod)
    browser.open("/g/cardiology/members")
    browser.follow("What members said of themselves")
    assert "Place 1" in browser.text
    assert "2 members would be asked" in browser.text
    assert "M 0" not in browser.text
    browser.press("Ask them by mail")
    assert browser.status == 422
    said = browser.press("Ask them by mail", place="yes")
    assert "2 members will be asked" in said
    assert db.session.scalars(select(Task.target_id).where(Task.kind == "ask_members")).all() == [group.id]
