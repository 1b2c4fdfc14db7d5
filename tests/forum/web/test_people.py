"""Members for moderators, settings for owners, profiles for members."""

from datetime import timedelta

from flask import Flask

from forum.accounts.actions import add_placeholder, change_profile
from forum.clock import now
from forum.db import db, transaction
from forum.groups.models import Assurance, JoinPolicy, Kind, Moderate, Role, Standing
from forum.groups.queries import community, membership_of
from forum.groups.standing import set_standing
from tests.forum.web.browser import Browser
from tests.people import a_group, a_member


def test_moderators_find_members_by_name_address_and_standing(app: Flask) -> None:
    group = a_group()
    names = [f"Member {number:02}" for number in range(60)]
    members = [a_member(f"m_{number:02}@example.org", name, group) for number, name in enumerate(names)]
    mod = a_member("mod@example.org", "Mo Dee", group, role=Role.MODERATOR)
    with transaction():
        membership = membership_of(members[5].id, group.id)
        assert membership is not None
        set_standing(membership, Standing.MUTED, actor_id=None, until=now() + timedelta(days=2))
    browser = Browser(app).sign_in(mod)
    assert "61 members" in browser.open("/g/cardiology/members")
    assert "Member 49" in browser.text
    assert "Member 50" not in browser.text
    next_page = browser.body.partition("&amp;after=")[2].partition('"')[0]
    assert "Member 50" in browser.open(f"/g/cardiology/members?after={next_page}")
    assert "Member 49" not in browser.text
    browser.press("Show", q="M_07@example")
    assert "Member 07" in browser.text
    assert "Member 08" not in browser.text
    assert "Member 17" in browser.press("Show", q="member 17", standing="")
    assert "Member 05 muted until" in browser.press("Show", q="", standing="muted")
    assert "Member 06" not in browser.text
    assert "Nobody here fits that" in browser.press("Show", q="100%", standing="")
    assert 'value="100%"' in browser.body

    outsider = Browser(app).sign_in(members[0])
    for path in ("/g/cardiology/members", f"/g/cardiology/members/{mod.public_id}", "/g/cardiology/settings"):
        outsider.open(path)
        assert outsider.status == 404
    browser.open("/g/cardiology/settings")
    assert browser.status == 404


def test_a_moderator_mutes_bans_and_lifts_and_each_act_says_what_it_does(app: Flask) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    mod = a_member("mod@example.org", "Mo Dee", group, role=Role.MODERATOR)
    membership = membership_of(ann.id, group.id)
    assert membership is not None
    browser, hers = Browser(app).sign_in(mod), Browser(app).sign_in(ann)
    path = f"/g/cardiology/members/{ann.public_id}"
    browser.open(path)
    assert "Change the role" not in browser.buttons
    for wrong in ("", "tomorrow", "9999-12-31"):
        assert "Write a day" in browser.press("Mute Ann Lee", mute_lasts="", mute_until=wrong, mute_reason="Heat.")
        assert browser.status == 422
    assert "a day in the future" in browser.press("Mute Ann Lee", mute_until="2020-01-01", mute_reason="Heat.")
    assert "Write a reason" in browser.press("Mute Ann Lee", mute_until="", mute_reason=" ")
    day = (now() + timedelta(days=3)).date()
    browser.press("Mute Ann Lee", mute_until=day.isoformat(), mute_reason="Too heated in two threads.")
    db.session.refresh(membership)
    assert membership.standing is Standing.MUTED
    assert membership.muted_until.date() == day + timedelta(days=1)
    browser.press("End the mute now")
    hers.open("/g/cardiology")
    assert "Write to Cardiology" in hers.text

    assert "Write a reason" in browser.press("Ban Ann Lee", ban_reason="")
    browser.press("Ban Ann Lee", ban_reason="Sold addresses.", ban_lasts="month")
    assert "Ann Lee is banned from Cardiology until" in browser.text
    assert "by Mo Dee, until" in browser.text
    assert "Too heated in two threads. Ended on" in browser.text
    assert browser.buttons.count("Lift the ban") == 1
    assert "Remove Ann Lee" not in browser.buttons
    assert "ended your membership" in hers.open("/g/cardiology")
    browser.press("Lift the ban")
    browser.press("Remove Ann Lee")
    assert "Ann Lee is no longer a member" in browser.text
    assert membership_of(ann.id, group.id) is None
    # Who was removed asks again; the undo of leaving is for who left.
    hers.open("/g/cardiology")
    hers.press("Ask to join Cardiology")
    again = membership_of(ann.id, group.id)
    assert again is not None
    assert again.standing is Standing.PENDING
    browser.open(path)
    assert not [words for words in browser.buttons if words.startswith(("Mute", "Remove"))]


def test_moderators_do_not_touch_each_other_and_owners_appoint(app: Flask) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    mod = a_member("mod@example.org", "Mo Dee", group, role=Role.MODERATOR)
    second = a_member("sec@example.org", "Sec Ond", group, role=Role.MODERATOR)
    owner = a_member("own@example.org", "Olga Own", group, role=Role.OWNER)
    browser = Browser(app).sign_in(mod)
    for target in (second, owner, mod):
        path = f"/g/cardiology/members/{target.public_id}"
        browser.open(path)
        assert not [words for words in browser.buttons if words.startswith(("Mute", "Ban", "Remove", "Change"))]
        browser.open("/me")
        assert browser.post(path, act="ban", reason="x") == 403
        browser.open("/me")
        assert browser.post(path, act="role", role="owner") == 403
    browser.open("/me")
    assert browser.post(f"/g/cardiology/members/{ann.public_id}", act="role", role="owner") == 403

    at_top = Browser(app).sign_in(owner)
    at_top.open(f"/g/cardiology/members/{ann.public_id}")
    at_top.press("Change the role", role="moderator")
    assert "Ann Lee is now moderator of Cardiology." in at_top.text
    assert "Choose one of the roles" in at_top.press("Change the role", role="king")
    at_top.open(f"/g/cardiology/members/{owner.public_id}")
    assert "This is you" in at_top.text
    at_top.open(f"/g/cardiology/members/{mod.public_id}")
    at_top.press("Remove Mo Dee")
    browser.open("/g/cardiology/members")
    assert browser.status == 404


def test_a_ban_in_the_community_ends_everything(app: Flask) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    mod = a_member("mod@example.org", "Mo Dee", role=Role.MODERATOR)
    hers, browser = Browser(app).sign_in(ann), Browser(app).sign_in(mod)
    browser.open(f"/g/community/members/{ann.public_id}")
    assert "is signed out everywhere" in browser.text
    browser.press("Ban Ann Lee", ban_reason="Spam.")
    for path in ("/", "/g/cardiology", "/me", "/search?q=x", f"/m/{mod.public_id}"):
        assert hers.open(path).startswith("Sign in")
    assert "Not a member of the community now" in browser.open(f"/m/{ann.public_id}")


def test_owners_change_the_settings_and_mistakes_keep_what_was_typed(app: Flask) -> None:
    group = a_group()
    owner = a_member("own@example.org", "Olga Own", group, role=Role.OWNER)
    browser = Browser(app).sign_in(owner)
    browser.open("/g/cardiology/settings")
    page = browser.press("Save the settings", name=" ", description="Hearts & more", quota="many", moderate="all")
    assert browser.status == 422
    assert "Give the group a name." in page
    assert "Write a number of posts such as 20" in page
    assert "Hearts &amp; more" in browser.body
    browser.press("Save the settings", assurance_new="failed", name="Cardiology", quota="")
    assert "Choose how sure the sender must be." in browser.text
    browser.press(
        "Save the settings",
        name="Heart",
        description="Hearts & more",
        moderate="newcomers",
        join_policy="open",
        listed="no",
        quota="",
        assurance_new="token",
        assurance_reply="claimed",
    )
    assert browser.status == 200
    db.session.refresh(group)
    assert (group.name, group.description, group.moderate) == ("Heart", "Hearts & more", Moderate.NEWCOMERS)
    assert (group.join_policy, group.listed, group.quota) == (JoinPolicy.OPEN, False, None)
    assert (group.assurance_new, group.assurance_reply) == (Assurance.TOKEN, Assurance.CLAIMED)
    assert group.mail_name == "cardiology"

    circle = a_group("evening", "Evening circle", kind=Kind.CIRCLE)
    hers = Browser(app).sign_in(a_member("cir@example.org", "Circe Own", circle, role=Role.OWNER))
    assert "Who can join" not in hers.open("/g/evening/settings")
    hers.press("Save the settings", description="We meet on Mondays.")
    db.session.refresh(circle)
    assert (circle.listed, circle.description) == (False, "We meet on Mondays.")
    browser.open("/g/evening/settings")
    assert browser.status == 404


def test_a_profile_shows_shared_groups_and_no_address(app: Flask) -> None:
    group, secret = a_group(), a_group("secret", "Secret", listed=False)
    third = a_group("third", "Third")
    ann = a_member("ann@example.org", "Ann Lee", group, secret, third)
    bob = a_member("bob@example.org", "Bob Ray", group)
    with transaction():
        change_profile(
            ann, name="Ann Lee", place="Graz", specialty="Cardiology", career_stage="Fellow", employer="Inn Clinic"
        )
        old = add_placeholder("Old Author")
    browser = Browser(app).sign_in(bob)
    page = browser.open(f"/m/{ann.public_id}")
    assert "Fellow · Cardiology · Graz" in page
    assert "Groups you share Cardiology" in page
    for hidden in ("Secret", "Third", "ann@example.org", "Inn Clinic", "manage"):
        assert hidden not in page
    assert "old archive" in browser.open(f"/m/{old.public_id}")
    browser.open("/m/000000000000")
    assert browser.status == 404
    assert "Change your profile" in browser.open(f"/m/{bob.public_id}")
    mod = Browser(app).sign_in(a_member("mod@example.org", "Mo Dee", group, role=Role.MODERATOR))
    assert "manage" in mod.open(f"/m/{ann.public_id}")
    assert community().name not in mod.text.partition("Groups you share")[2]
