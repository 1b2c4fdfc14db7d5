"""What can be asked by mail, who is obeyed, and what everybody else gets instead."""

import pytest

from forum.db import db, transaction
from forum.groups.joining import add_to_group
from forum.groups.models import Delivery, JoinPolicy, Kind, Role, Standing
from forum.groups.queries import community, membership_of
from forum.groups.standing import set_standing
from forum.posting.models import HeldPost
from mailgateway.models import MailState
from tests.gateway import a_mail, addresses, notices
from tests.people import a_group, a_member

GROUP = "cardiology@lists.localhost"
SYSTEM = "banyan@lists.localhost"
ANN = "Ann <ann@example.org>"


def test_a_proven_member_joins_and_leaves_by_any_mail_to_the_address(take) -> None:
    group = a_group(join_policy=JoinPolicy.OPEN)
    ann = a_member("ann@example.org", "Ann Lee")
    join, leave = "cardiology-join@lists.localhost", "cardiology-leave@lists.localhost"
    mail = take(a_mail(ANN, join, "hello", "What is this?"), join)
    assert (mail.state, mail.reason) == (MailState.COMMAND, "join: now active")
    assert membership_of(ann.id, group.id).standing is Standing.ACTIVE
    assert "already" in take(a_mail(ANN, join, "again", "me"), join).reason
    assert take(a_mail(ANN, leave, "", ""), leave).state is MailState.COMMAND
    assert membership_of(ann.id, group.id) is None
    assert take(a_mail(ANN, leave, "", "x"), leave).reason == "leave: not a member of that group"
    assert notices() == ["joined", "help", "left", "help"]


def test_who_asks_to_join_waits_for_a_moderator_where_the_group_says_so(take) -> None:
    group = a_group(join_policy=JoinPolicy.REQUEST)
    ann = a_member("ann@example.org", "Ann Lee")
    a_member("moe@example.org", "Moe Vance", group, role=Role.MODERATOR)
    join = "cardiology-join@lists.localhost"
    assert take(a_mail(ANN, join, "", "please"), join).reason == "join: now pending"
    assert membership_of(ann.id, group.id).standing is Standing.PENDING
    assert notices() == ["join_request"]
    with transaction():
        group.join_policy = JoinPolicy.INVITE
    bea = a_member("bea@example.org", "Bea Okafor")
    assert "by invitation" in take(a_mail("bea@example.org", join, "", "x"), join).reason
    assert membership_of(bea.id, group.id) is None


def test_nobody_without_standing_in_the_community_joins_by_mail(take) -> None:
    group = a_group(join_policy=JoinPolicy.OPEN)
    ann = a_member("ann@example.org", "Ann Lee")
    with transaction():
        set_standing(membership_of(ann.id, community().id), Standing.BANNED, actor_id=None)
    join = "cardiology-join@lists.localhost"
    assert "Only members of the community" in take(a_mail(ANN, join, "", "x"), join).reason
    assert membership_of(ann.id, group.id) is None


@pytest.mark.parametrize("dmarc", [None, "fail"])
def test_who_is_not_proven_changes_nothing(take, dmarc: str | None) -> None:
    group = a_group(join_policy=JoinPolicy.OPEN)
    ann = a_member("ann@example.org", "Ann Lee", group)
    for recipient, subject in ((f"{group.slug}-leave@lists.localhost", "x"), (GROUP, "unsubscribe"), (SYSTEM, "leave")):
        assert take(a_mail(ANN, recipient, subject, "", dmarc=dmarc), recipient).state is MailState.COMMAND
    assert membership_of(ann.id, group.id) is not None
    assert notices() == ([] if dmarc else ["command_unproven"])  # Once a day.


def test_strangers_get_no_answer_to_commands(take) -> None:
    a_group()
    for recipient in ("cardiology-join@lists.localhost", "cardiology-help@lists.localhost", SYSTEM, GROUP):
        mail = take(a_mail("eve@example.net", recipient, "unsubscribe", ""), recipient)
        assert (mail.state, notices()) == (MailState.COMMAND, [])


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("unsubscribe", ""),
        ("Re: [Cardiology] Join us for the meeting", "unsubscribe"),
        ("x", "Please remove me from this list\n\nThanks"),
        ("abmelden", ""),
    ],
)
def test_unsubscribe_sent_to_the_whole_group_is_caught_and_done(take, subject: str, text: str) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    mail = take(a_mail(ANN, GROUP, subject, text))
    assert mail.state is MailState.COMMAND
    assert membership_of(ann.id, group.id) is None
    assert notices() == ["left"]


@pytest.mark.parametrize("subject", ["help", "Hilfe", "aide", "info", "signon"])
def test_a_word_that_asks_for_something_else_makes_nobody_leave(take, subject: str) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    assert take(a_mail(ANN, GROUP, subject, "")).state is MailState.COMMAND
    assert membership_of(ann.id, group.id) is not None
    assert notices() == ["help"]


def test_in_the_community_leaving_by_mail_only_stops_its_mail(take) -> None:
    ann = a_member("ann@example.org", "Ann Lee")
    mail = take(a_mail(ANN, "community-leave@lists.localhost", "", "x"), "community-leave@lists.localhost")
    assert mail.state is MailState.COMMAND
    assert membership_of(ann.id, community().id).delivery is Delivery.NONE


def test_a_moderator_who_unsubscribes_stays_a_moderator_without_mail(take) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group, role=Role.OWNER)
    take(a_mail(ANN, GROUP, "unsubscribe", ""))
    assert membership_of(ann.id, group.id).delivery is Delivery.NONE


@pytest.mark.parametrize(
    ("subject", "text", "now_in"),
    [
        ("join cardiology", "", {"community", "cardiology", "gulf-coast"}),
        ("", "subscribe cardiology@lists.localhost\nThanks, Ann", {"community", "cardiology", "gulf-coast"}),
        ("Please join the group Cardiology", "", {"community", "cardiology", "gulf-coast"}),
        ("leave gulf-coast", "", {"community"}),
        ("unsubscribe me from gulf-coast", "", {"community"}),
        ("leave nosuchgroup", "", {"community", "gulf-coast"}),
        ("join secret", "", {"community", "gulf-coast"}),
        ("Cannot join cardiology, please help", "It says no.", {"community", "gulf-coast"}),
        ("About the leave policy", "Do we have one?", {"community", "gulf-coast"}),
        ("help", "", {"community", "gulf-coast"}),
    ],
)
def test_commands_to_the_program_name_their_group(take, subject: str, text: str, now_in: set[str]) -> None:
    groups = {
        "cardiology": a_group(join_policy=JoinPolicy.OPEN),
        "gulf-coast": a_group("gulf-coast", "Gulf Coast"),
        "secret": a_group("secret", "Secret", listed=False, mail_name="secret-x7k2p", join_policy=JoinPolicy.OPEN),
        "community": community(),
    }
    ann = a_member("ann@example.org", "Ann Lee", groups["gulf-coast"])
    assert take(a_mail(ANN, SYSTEM, subject, text), SYSTEM).state is MailState.COMMAND
    assert {slug for slug, group in groups.items() if membership_of(ann.id, group.id) is not None} == now_in
    assert membership_of(ann.id, community().id).delivery is Delivery.SINGLE


def test_the_mailto_unsubscribe_of_a_copy_works_from_its_members_address(take) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    a_member("bea@example.org", "Bea Okafor", group)
    leave = addresses().leave(ann.id, group.id)
    other = take(a_mail("bea@example.org", leave, "leave", ""), leave)
    assert "another address" in other.reason
    assert membership_of(ann.id, group.id) is not None
    assert take(a_mail(ANN, leave, "leave", "", dmarc="fail"), leave).state is MailState.COMMAND
    assert membership_of(ann.id, group.id) is not None
    for _ in range(2):
        written = a_mail(ANN, leave, "leave", "This message was automatically generated.", dmarc=None)
        assert take(written, leave).state is MailState.COMMAND
    assert membership_of(ann.id, group.id) is None
    assert notices() == ["command_unproven", "left"]  # The link once a day.


def hold_a_claim(take) -> tuple[HeldPost, str]:
    ann = a_member("ann@example.org", "Ann Lee", a_group())
    mail = take(a_mail(ANN, GROUP, "Locum", "Who can?", dmarc=None))
    held = db.session.get_one(HeldPost, mail.recipients[0].held_post_id)
    return held, addresses().confirm(held.id, ann.id)


def test_the_author_confirms_by_answering_and_nobody_else_does(take) -> None:
    held, confirm = hold_a_claim(take)
    a_member("bea@example.org", "Bea Okafor")
    for sender, dmarc in (("bea@example.org", "pass"), ("eve@example.net", "pass"), (ANN, "fail")):
        take(a_mail(sender, confirm, "Re: Did you write this?", "Yes", dmarc=dmarc), confirm)
        assert held.state == "waiting"
    away = a_mail(ANN, confirm, "Out of office", "I am away.", Auto_Submitted="auto-replied")
    assert take(away, confirm).state is MailState.AUTOMATIC
    assert held.state == "waiting"
    # The mail that brought the address came to the author's own mailbox: an answer from there is proof enough.
    assert take(a_mail(ANN, confirm, "Re: x", "Yes", dmarc=None), confirm).reason == "Thank you. It is posted."
    assert take(a_mail(ANN, confirm, "Re: x", "Yes"), confirm).reason == "it has come before; nothing done"
    assert take(a_mail(ANN, confirm, "Re: y", "Yes"), confirm).reason == "It is posted."


@pytest.mark.parametrize("words", ["No, that was not me!", "I did not write this.", "I am away until Monday.", "Nein"])
def test_only_a_yes_or_an_empty_answer_confirms(take, words: str) -> None:
    held, confirm = hold_a_claim(take)
    assert "nothing" in take(a_mail(ANN, confirm, "Re: Did you write this?", words), confirm).reason.lower()
    assert held.state == "waiting"
    assert take(a_mail(ANN, confirm, "Re: Did you write this?", "I wrote this."), confirm).reason.endswith("posted.")


def test_who_is_one_of_several_authors_confirms_nothing(take) -> None:
    held, confirm = hold_a_claim(take)
    two = a_mail(f"{ANN}, Eve <eve@example.net>", confirm, "Re: Did you write this?", "Yes", dmarc=None)
    take(two, confirm)
    assert held.state == "waiting"


def test_confirming_a_post_that_may_no_longer_go_out_is_no_fault(take) -> None:
    held, confirm = hold_a_claim(take)
    with transaction():
        set_standing(membership_of(held.author_id, held.group_id), Standing.BANNED, actor_id=None)
    mail = take(a_mail(ANN, confirm, "Re: x", "Yes"), confirm)
    assert mail.state is MailState.COMMAND
    assert "banned" in mail.reason
    assert held.state == "waiting"


@pytest.mark.parametrize("dmarc", ["pass", None])
def test_nobody_joins_or_learns_of_a_group_that_must_not_be_known(site, dmarc: str | None) -> None:
    circle = a_group("circle", "Quiet Circle", kind=Kind.CIRCLE, listed=False, join_policy=JoinPolicy.OPEN)
    ann = a_member("ann@example.org", "Ann Lee")
    join = f"{circle.mail_name}-join@lists.localhost"
    for to, subject in ((join, "x"), (SYSTEM, f"join {circle.mail_name}")):
        site.hand_in(a_mail(ANN, to, subject, "y", dmarc=dmarc), to)
        site.work()
    assert membership_of(ann.id, circle.id) is None
    assert site.mailed("ann@example.org")
    for sent in site.mailed("ann@example.org"):
        assert b"Quiet Circle" not in sent.content
        assert b"/circle" not in sent.content


def test_help_never_names_an_unlisted_group_to_who_is_not_in_it(site) -> None:
    circle = a_group("circle", "Quiet Circle", kind=Kind.CIRCLE)
    ann = a_member("ann@example.org", "Ann Lee")
    helped = f"{circle.mail_name}-help@lists.localhost"
    site.hand_in(a_mail(ANN, helped, "x", "y"), helped)
    site.work()
    assert b"Quiet Circle" not in site.mailed("ann@example.org")[-1].content
    with transaction():
        add_to_group(ann, circle)
    site.hand_in(a_mail(ANN, helped, "x", "z"), helped)
    site.work()
    assert b"Quiet Circle" in site.mailed("ann@example.org")[-1].content
