"""Subgroups and moves, L69 and L71 to L73, as members meet them by mail and on the pages."""

from collections.abc import Sequence
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from sqlalchemy import select

from forum.accounts.models import Member
from forum.clock import now
from forum.db import db, transaction
from forum.groups.actions import GroupChange, NotPossible, change_group, create_group
from forum.groups.choices import set_delivery
from forum.groups.joining import add_to_group
from forum.groups.leaving import come_back, leave, stop_mail
from forum.groups.models import Delivery, Group, JoinPolicy, Kind, Role, Standing
from forum.groups.queries import membership_of
from forum.groups.standing import set_role
from forum.moderation.models import Restricts
from forum.moderation.restrictions import restrict
from forum.posting.models import HeldPost, HeldState
from forum.splitting.readership.moves import take_along
from forum.threads.following import choice_of_thread, choose_thread
from forum.threads.models import Choice, Post
from forum.work import work_once, workers
from tests.forum.web.browser import Browser
from tests.gateway import a_mail
from tests.people import a_group, a_member, its, post
from tests.site import Site

CARDIOLOGY = "cardiology@lists.localhost"
ANN, BEA, CAL = "ann@example.org", "bea@example.org", "cal@example.org"


def a_child(parent: Group, slug: str, name: str, *members: Member, **settings: object) -> Group:
    """A group under another one, with these members of it."""
    with transaction():
        group = create_group(slug, name, parent=parent, kind=settings.pop("kind", Kind.INTEREST))  # type: ignore[arg-type]
        for key, value in settings.items():
            setattr(group, key, value)
        for member in members:
            add_to_group(member, group)
    return group


def moved(post_id: int, to: Group) -> Post:
    """A post whose thread has just moved, since all who read it there read it before."""
    with transaction():
        found = db.session.get_one(Post, post_id)
        assert take_along([found.thread_id], to, actor_id=None).moved == {found.thread_id}
    return db.session.get_one(Post, post_id)


def copies_for(site: Site, email: str) -> Sequence[EmailMessage]:
    found = (message_from_bytes(each.content, policy=default) for each in site.mailed(email))
    return [each for each in found if isinstance(each, EmailMessage)]


def body_of(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def test_l69_a_group_keeps_its_address_and_list_id_when_its_name_changes_and_when_it_is_merged_back(
    site: Site,
) -> None:
    """A subgroup's address and List-Id stay through renames; merged back, its address and page lead on for ever."""
    parent = a_group()
    ann, bea = a_member(ANN, "Ann Lee", parent), a_member(BEA, "Bea Okafor", parent)
    child = a_child(parent, "echo", "Echo", ann, bea)
    site.hand_in(a_mail(ANN, "echo@lists.localhost", "Strain imaging", "Who does it?"), "echo@lists.localhost")
    site.work()
    before = copies_for(site, BEA)[-1]
    with transaction():
        change_group(db.session.merge(child), GroupChange(name="Cardiac Imaging"))
    site.hand_in(a_mail(ANN, "echo@lists.localhost", "CT first?", "Who orders it?"), "echo@lists.localhost")
    site.work()
    after = copies_for(site, BEA)[-1]
    assert after["List-Id"].split()[-1] == before["List-Id"].split()[-1]
    assert (after["List-Post"], before["Subject"]) == (before["List-Post"], "[Echo] Strain imaging")
    assert after["Subject"] == "[Cardiac Imaging] CT first?"
    with transaction():
        group = db.session.get_one(Group, child.id)
        group.closed_at, group.became_id = now(), parent.id
    site.hand_in(a_mail(ANN, "echo@lists.localhost", "Still here?", "Old address."), "echo@lists.localhost")
    site.work()
    newest = db.session.scalars(select(Post).order_by(Post.id.desc())).first()
    assert newest is not None
    assert newest.thread.group_id == parent.id
    assert "cardiology" in copies_for(site, BEA)[-1]["List-Id"]


def test_l71_a_moved_thread_keeps_its_links_authors_dates_followers_and_reply_addresses(site: Site) -> None:
    """A thread that moves keeps links, authorship, dates and followers; an old reply address posts where it is now."""
    parent = a_group()
    ann, bea = a_member(ANN, "Ann Lee", parent), a_member(BEA, "Bea Okafor", parent)
    child = a_child(parent, "echo", "Echo", ann, bea)
    site.hand_in(a_mail(ANN, CARDIOLOGY, "Strain imaging", "Who does it?"), CARDIOLOGY)
    site.work()
    copy = copies_for(site, BEA)[-1]
    first = db.session.scalars(select(Post)).one()
    with transaction():
        choose_thread(bea.id, first.thread, Choice.FOLLOW)
    was = (first.thread.public_id, first.public_id, first.author_id, first.created_at, first.published_no)
    there = moved(first.id, child)
    assert there.thread.group_id == child.id
    assert (there.thread.public_id, there.public_id, there.author_id, there.created_at, there.published_no) == was
    assert choice_of_thread(bea.id, there.thread_id) is Choice.FOLLOW
    site.hand_in(
        a_mail(BEA, CARDIOLOGY, "Re: Strain imaging", "We do.", In_Reply_To=str(copy["Message-ID"])),
        CARDIOLOGY,
        copy["Reply-To"].addresses[0].addr_spec,
    )
    site.work()
    answers = db.session.scalars(select(Post).where(Post.thread_id == there.thread_id).order_by(Post.id)).all()
    # Sent to the group and to the reply address, it is one post, in the thread.
    assert [each.text for each in answers] == ["Who does it?", "We do."]
    assert answers[1].thread.group_id == child.id


def test_l71_a_former_readers_answer_waits_for_joining_and_goes_out_by_the_word_yes(site: Site) -> None:
    """Who has not come along with a moved thread answers by mail all the same: yes joins, and the answer goes out."""
    parent = a_group()
    ann = a_member(ANN, "Ann Lee", parent)
    a_member(BEA, "Bea Okafor", parent)
    child = a_child(parent, "echo", "Echo", ann)
    site.hand_in(a_mail(ANN, CARDIOLOGY, "Strain imaging", "Who does it?"), CARDIOLOGY)
    site.work()
    copy = copies_for(site, BEA)[-1]
    first = moved(db.session.scalars(select(Post)).one().id, child)
    to = copy["Reply-To"].addresses[0].addr_spec
    site.hand_in(a_mail(BEA, to, "Re: Strain imaging", "We do.", In_Reply_To=str(copy["Message-ID"])), to)
    site.work()
    held = db.session.scalars(select(HeldPost)).one()
    assert (held.group_id, held.state) == (child.id, HeldState.WAITING)
    asked = copies_for(site, BEA)[-1]
    assert asked["Subject"] == "Join Echo to post your answer: Re: Strain imaging"
    back = asked["Reply-To"].addresses[0].addr_spec
    site.hand_in(a_mail(BEA, back, "Re: Join", "yes"), back)
    site.work()
    texts = db.session.scalars(select(Post.text).where(Post.thread_id == first.thread_id).order_by(Post.id)).all()
    assert texts == ["Who does it?", "We do."]


def test_l71_who_may_not_know_where_a_thread_went_has_the_answer_back_without_a_name(site: Site) -> None:
    """An answer to a thread that went to a hidden group comes back with its words, and the group is not named."""
    parent = a_group()
    ann = a_member(ANN, "Ann Lee", parent)
    a_member(BEA, "Bea Okafor", parent)
    hidden = a_child(parent, "quiet", "Quiet Room", ann, kind=Kind.CIRCLE, listed=False, join_policy=JoinPolicy.INVITE)
    site.hand_in(a_mail(ANN, CARDIOLOGY, "Strain imaging", "Who does it?"), CARDIOLOGY)
    site.work()
    copy = copies_for(site, BEA)[-1]
    moved(db.session.scalars(select(Post)).one().id, hidden)
    to = copy["Reply-To"].addresses[0].addr_spec
    for address in (to, CARDIOLOGY):
        site.hand_in(
            a_mail(BEA, address, "Re: Strain imaging", f"We do, {address[:5]}.", In_Reply_To=str(copy["Message-ID"])),
            address,
        )
    site.work()
    assert len(db.session.scalars(select(Post)).all()) == 1
    for returned in copies_for(site, BEA)[-2:]:
        words = body_of(returned)
        assert "takes no more answers" in words
        assert "We do" in words
        assert "quiet" not in returned.as_string().lower()


def test_l71_a_note_stands_at_the_old_place_and_leads_along_with_one_button(site: Site) -> None:
    """A note stands at the old place; its link leads to one button, which lets a former reader in at once."""
    parent = a_group()
    ann, bea = a_member(ANN, "Ann Lee", parent), a_member(BEA, "Bea Okafor", parent)
    child = a_child(parent, "echo", "Echo", ann)
    post(ann, parent, "Strain imaging", "Who does it?")
    there = moved(db.session.scalars(select(Post)).one().id, child)
    link = f"/t/{there.thread.public_id}"
    browser = Browser(site.core).sign_in(bea)
    browser.open("/g/cardiology")
    assert "moved to Echo" in browser.text
    assert link in [address for _, address in browser.links]
    browser.open(f"/p/{there.public_id}")
    assert "This thread has moved to Echo." in browser.text
    assert "Who does it?" not in browser.text
    browser.press("Join Echo")
    assert "Who does it?" in browser.text
    assert its(bea, child).standing is Standing.ACTIVE
    with transaction():
        change_group(db.session.merge(child), GroupChange(listed=False))
        leave(db.session.merge(bea), db.session.merge(child), actor_id=None)
    browser.open(link)
    assert browser.status == 404
    assert "Echo" not in browser.open("/g/cardiology")


def test_l72_leaving_a_group_leaves_those_below_it_and_coming_back_restores_them_with_their_choices(site: Site) -> None:
    """Leaving a group leaves those below it, one-click too; coming back within 30 days restores all with choices."""
    parent = a_group()
    bea = a_member(BEA, "Bea Okafor", parent)
    a_member(ANN, "Ann Lee", parent, role=Role.OWNER)
    child = a_child(parent, "echo", "Echo", bea)
    room = a_child(child, "room", "Quiet Room", bea, kind=Kind.CIRCLE, listed=False, join_policy=JoinPolicy.INVITE)
    banned = a_child(parent, "old", "Old News", bea)
    with transaction():
        set_delivery(its(bea, child), Delivery.WEEKLY, actor_id=bea.id)
        restrict(its(bea, banned), Restricts.BAN, actor_id=None, reason="Advertising.", until=None)
    browser = Browser(site.core).sign_in(bea)
    browser.open("/g/cardiology/leave")
    assert "You also leave 2 groups below it: Echo, Quiet Room." in browser.text
    browser.press("Leave Cardiology")
    belongs = [membership_of(bea.id, group.id) is not None for group in (parent, child, room, banned)]
    assert belongs == [False, False, False, True]
    with transaction():
        come_back(db.session.merge(bea), db.session.merge(parent))
    assert its(bea, child).delivery is Delivery.WEEKLY
    assert its(bea, room).standing is Standing.ACTIVE
    assert its(bea, banned).standing is Standing.BANNED
    with transaction():
        stop_mail(db.session.merge(bea), db.session.merge(parent), why="one-click unsubscribe")
    site.work()
    assert membership_of(bea.id, child.id) is None
    assert "Echo, Quiet Room" in body_of(copies_for(site, BEA)[-1])


def test_l72_the_last_owner_of_a_group_below_stays_until_there_is_another(site: Site) -> None:
    """Who is the last owner of a group below is told so and leaves nothing; one-click leaves only what may be left."""
    parent = a_group()
    bea = a_member(BEA, "Bea Okafor", parent)
    child = a_child(parent, "echo", "Echo", bea)
    with transaction():
        set_role(its(bea, child), Role.OWNER, actor_id=None)
    browser = Browser(site.core).sign_in(bea)
    browser.open("/g/cardiology/leave")
    browser.press("Leave Cardiology")
    assert "the last owner of Echo" in browser.text
    assert membership_of(bea.id, parent.id) is not None
    with transaction():
        stop_mail(db.session.merge(bea), db.session.merge(parent), why="one-click unsubscribe")
    assert (membership_of(bea.id, parent.id) is None, its(bea, child).role) == (True, Role.OWNER)


def test_l73_a_hidden_group_shows_in_no_profile_search_error_or_header_of_another(site: Site) -> None:
    """Hidden groups show in no profile, search count, error text, taken name or List header to who may not know."""
    parent = a_group()
    ann, cal = a_member(ANN, "Ann Lee", parent), a_member(CAL, "Cal Diaz", parent)
    hidden = a_child(parent, "quiet", "Quiet Room", ann, kind=Kind.CIRCLE, listed=False, join_policy=JoinPolicy.INVITE)
    post(ann, hidden, "Zebra", "A zebra in the room.")
    post(ann, parent, "Zebra in public", "Another zebra.")
    site.work()
    work_once(site.core, {"index": workers()["index"]}, "test")
    browser = Browser(site.core).sign_in(cal)
    pages = [
        browser.open(page)
        for page in (f"/m/{ann.public_id}", "/search?q=zebra", "/groups", "/", "/g/quiet", "/search?q=zebra&in=quiet")
    ]
    assert not [page for page in pages if "quiet room" in page.lower() or "in the room" in page]
    assert "1 post" in pages[1]
    with pytest.raises(NotPossible) as taken, transaction():
        create_group("quiet", "Another", parent=parent)
    assert str(taken.value) == "The short name quiet is not free. Choose another."
    site.hand_in(
        a_mail(CAL, f"{hidden.mail_name}@lists.localhost", "Hello?", "Is there anybody?"),
        f"{hidden.mail_name}@lists.localhost",
    )
    site.hand_in(
        a_mail(ANN, CARDIOLOGY, "To both", "x", Cc=f"{hidden.mail_name}@lists.localhost"),
        CARDIOLOGY,
        f"{hidden.mail_name}@lists.localhost",
    )
    site.work()
    for copy in copies_for(site, CAL):
        assert "quiet" not in "\n".join(f"{name}: {value}" for name, value in copy.items() if name != "Subject").lower()
        assert "Quiet Room" not in body_of(copy)
