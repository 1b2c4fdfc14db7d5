"""Delivery choices, L44, L45, L48 and L49. Digests and vacation are in `test_digests.py`, mail commands elsewhere."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from sqlalchemy import select

from forum.accounts.models import Member
from forum.db import db, transaction
from forum.groups.choices import set_acknowledge, set_copy_when_addressed, set_delivery, set_own_copy
from forum.groups.models import Delivery, Group, Moderate, Role
from forum.groups.queries import community, membership_of
from forum.threads.queries import post_by_id
from forum.work import work_once, workers
from mailgateway.models import Delivery as Copy
from tests.forum.web.browser import Browser
from tests.gateway import a_mail
from tests.people import a_group, a_member
from tests.site import Site

CARDIOLOGY = "cardiology@lists.localhost"
ANN, BEA, MOE = "ann@example.org", "bea@example.org", "moe@example.org"


def write(site: Site, sender: str, subject: str, *to: str, text: str = "What do you think of it?", **more: str) -> None:
    mail = a_mail(sender, ", ".join(to or (CARDIOLOGY,)), subject, text, **more)
    ours = [each for each in (*to, more.get("Cc", "")) if each.endswith("@lists.localhost")]
    assert site.hand_in(mail, *(ours or (CARDIOLOGY,))) == {}
    site.work()


def letters(site: Site, email: str) -> list[EmailMessage]:
    found = [message_from_bytes(each.content, policy=default) for each in site.mailed(email)]
    assert all(isinstance(each, EmailMessage) for each in found)
    return found  # type: ignore[return-value]  # The policy makes them so.


def subjects(site: Site, email: str) -> list[str]:
    return [str(each["Subject"]) for each in letters(site, email)]


def choose(member: Member, group: Group, delivery: Delivery) -> None:
    with transaction():
        set_delivery(membership_of(member.id, group.id), delivery, actor_id=member.id)


def test_l44_each_group_has_its_own_way(site: Site) -> None:
    """Per group: each post, only followed topics, only special announcements, or no mail."""
    group = a_group()
    a_member(BEA, "Bea Okafor", group)
    a_member(MOE, "Moe Idris", group, role=Role.MODERATOR)
    readers = {}
    for delivery in (Delivery.SINGLE, Delivery.FOLLOWED, Delivery.SPECIALS, Delivery.NONE):
        readers[delivery] = a_member(f"{delivery}@example.org", f"Reader {delivery}", group)
        choose(readers[delivery], group, delivery)
    write(site, BEA, "Which lead is this? #ecg")
    browser = Browser(site.core).sign_in(readers[Delivery.FOLLOWED])
    browser.open("/g/cardiology/tag/ecg")
    browser.press("Follow this tag")
    write(site, BEA, "Another lead #ecg")
    write(site, BEA, "Coffee in the library")
    write(site, MOE, "[special] The meeting has moved")
    ecg, lead, coffee, moved = (
        "[Cardiology] Which lead is this? #ecg",
        "[Cardiology] Another lead #ecg",
        "[Cardiology] Coffee in the library",
        "[Cardiology] [special] The meeting has moved",
    )
    assert subjects(site, "single@example.org") == [ecg, lead, coffee, moved]
    assert subjects(site, "followed@example.org") == [lead, moved]
    assert subjects(site, "specials@example.org") == [moved]
    assert subjects(site, "none@example.org") == []


def test_l44_who_answers_follows_and_the_page_has_every_way(site: Site) -> None:
    """A topic that one has written in is followed; every way can be chosen on the page."""
    group = a_group()
    a_member(BEA, "Bea Okafor", group)
    ann = a_member(ANN, "Ann Lee", group)
    write(site, BEA, "Which lead is this?")
    browser = Browser(site.core).sign_in(ann)
    for way, delivery, topics in (
        ("single", "single", False),
        ("digest", "digest", False),
        ("digest-topics", "digest", True),
        ("weekly", "weekly", False),
        ("weekly-topics", "weekly", True),
        ("specials", "specials", False),
        ("none", "none", False),
        ("followed", "followed", False),
    ):
        browser.open("/my-groups")
        browser.press("Save all choices", **{"delivery-cardiology": way})
        db.session.rollback()
        membership = membership_of(ann.id, group.id)
        assert (membership.delivery, membership.topics_only) == (delivery, topics)
        form = next(form for form in browser.forms() if "delivery-cardiology" in form.values)
        assert form.values["delivery-cardiology"] == way
    write(site, BEA, "Re: Which lead is this?", text="Nobody?", In_Reply_To=letters(site, BEA)[0]["Message-ID"])
    assert len(site.mailed(ANN)) == 1
    write(site, ANN, "Re: Which lead is this?", text="V2.", In_Reply_To=letters(site, BEA)[0]["Message-ID"])
    write(site, BEA, "Re: Which lead is this?", text="Thank you.", In_Reply_To=letters(site, BEA)[0]["Message-ID"])
    assert len(site.mailed(ANN)) == 3  # The first when each post came, the own one, and the answer to it.


def test_l44_a_change_is_obeyed_by_copies_on_their_way(site: Site) -> None:
    """A change is obeyed at once, also by copies on their way."""
    group = a_group()
    a_member(BEA, "Bea Okafor", group)
    ann = a_member(ANN, "Ann Lee", group)
    assert site.hand_in(a_mail(BEA, CARDIOLOGY, "Which lead is this?", "And why?"), CARDIOLOGY) == {}
    work_once(site.core, {kind: workers()[kind] for kind in ("intake", "fan_out")}, "test")
    db.session.rollback()
    choose(ann, group, Delivery.NONE)
    site.work()
    assert subjects(site, ANN) == []
    assert len(site.mailed(BEA)) == 1


def test_l45_ones_own_copy_and_word_that_it_went_out(site: Site) -> None:
    """A copy of one's own post, and a short mail that it has gone out, by choice."""
    group = a_group()
    ann = a_member(ANN, "Ann Lee", group)
    a_member(BEA, "Bea Okafor", group)
    with transaction():
        set_own_copy(membership_of(ann.id, group.id), False, actor_id=ann.id)
        set_acknowledge(membership_of(ann.id, group.id), True, actor_id=ann.id)
    write(site, ANN, "Which lead is this?")
    write(site, BEA, "Coffee in the library")
    assert subjects(site, ANN) == ["Your post has gone out: Which lead is this?", "[Cardiology] Coffee in the library"]
    assert subjects(site, BEA) == ["[Cardiology] Which lead is this?", "[Cardiology] Coffee in the library"]
    told = letters(site, ANN)[0]
    assert "http://127.0.0.1:8000/my-groups" in told.get_body(("plain",)).get_content()


def test_l45_no_second_copy_of_what_came_directly(site: Site) -> None:
    """No second copy of what the author has sent to one directly, by choice."""
    group = a_group()
    a_member(BEA, "Bea Okafor", group)
    ann = a_member(ANN, "Ann Lee", group)
    a_member("cy@example.org", "Cy Lund", group)
    with transaction():
        set_copy_when_addressed(membership_of(ann.id, group.id), False, actor_id=ann.id)
    write(site, BEA, "To you both", CARDIOLOGY, "Ann Lee <ANN@example.org>", Cc="cy@example.org")
    write(site, BEA, "To all")
    assert subjects(site, ANN) == ["[Cardiology] To all"]
    assert subjects(site, "cy@example.org") == ["[Cardiology] To you both", "[Cardiology] To all"]
    row = db.session.scalars(select(Copy).where(Copy.member_id == ann.id, Copy.error.is_not(None))).one()
    assert (row.state, "directly" in row.error) == ("skipped", True)
    assert post_by_id(row.post_id).subject == "To you both"


def test_l48_a_topic_is_followed_or_muted_on_its_page(site: Site) -> None:
    """A topic or a tag is followed or muted with one button."""
    group = a_group()
    a_member(BEA, "Bea Okafor", group)
    ann = a_member(ANN, "Ann Lee", group)
    write(site, BEA, "Which lead is this? #ecg")
    first = letters(site, BEA)[0]["Message-ID"]
    browser = Browser(site.core).sign_in(ann)
    browser.open("/g/cardiology")
    browser.open(next(path for _, path in browser.links if path.startswith("/t/")))
    assert "You have muted this thread" in browser.press("Mute")
    write(site, BEA, "Re: Which lead is this?", text="Nobody?", In_Reply_To=first)
    assert len(site.mailed(ANN)) == 1
    browser.press("Get its mail again")
    write(site, BEA, "Re: Which lead is this?", text="Anybody?", In_Reply_To=first)
    assert len(site.mailed(ANN)) == 2
    browser.follow("#ecg")
    browser.press("Mute this tag")
    write(site, BEA, "Another one [ECG]")
    write(site, BEA, "Coffee in the library")
    assert subjects(site, ANN)[2:] == ["[Cardiology] Coffee in the library"]


def test_l48_who_mutes_a_group_still_hears_what_waits_there(site: Site) -> None:
    """Muting a subgroup keeps a moderator's notices."""
    group = a_group(moderate=Moderate.ALL)
    a_member(BEA, "Bea Okafor", group)
    moe = a_member(MOE, "Moe Idris", group, role=Role.MODERATOR)
    choose(moe, group, Delivery.NONE)
    write(site, BEA, "Which lead is this?")
    assert len(site.mailed(MOE)) == 1
    assert "Which lead is this?" in letters(site, MOE)[0].get_body(("plain",)).get_content()


def test_l49_one_copy_of_a_post_to_parent_and_subgroup(site: Site) -> None:
    """Members of parent and subgroup get one copy of a post to both, with both named."""
    group = a_group()
    root = community()
    everybody = f"{root.mail_name}@lists.localhost"
    a_member(BEA, "Bea Okafor", group)
    ann = a_member(ANN, "Ann Lee", group)
    cy = a_member("cy@example.org", "Cy Lund", root)
    write(site, BEA, "A locum for August", CARDIOLOGY, everybody)
    assert len(site.mailed(ANN)) == len(site.mailed("cy@example.org")) == len(site.mailed(BEA)) == 1
    for email in (ANN, "cy@example.org"):
        named = str(letters(site, email)[0]["To"])
        assert CARDIOLOGY in named
        assert everybody in named
    # Who wants no mail of one group has it by the other, and still once.
    choose(ann, group, Delivery.NONE)
    choose(cy, root, Delivery.NONE)
    write(site, BEA, "A locum for September", CARDIOLOGY, everybody)
    assert len(site.mailed(ANN)) == 2
    assert len(site.mailed("cy@example.org")) == 1
