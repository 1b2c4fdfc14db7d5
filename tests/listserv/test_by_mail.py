"""For people who never open the web: L48 and L50."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from sqlalchemy import select

from forum.db import db
from forum.groups.queries import membership_of
from forum.threads.following import choice_of_thread
from forum.threads.models import Post
from tests.gateway import a_mail
from tests.people import a_group, a_member
from tests.site import Site

CARDIOLOGY = "cardiology@lists.localhost"
SYSTEM = "banyan@lists.localhost"
ANN = "Ann <ann@example.org>"
BEA = "Bea <bea@example.org>"


def newest(site: Site, email: str) -> EmailMessage:
    found = message_from_bytes(site.mailed(email)[-1].content, policy=default)
    assert isinstance(found, EmailMessage)
    return found


def words_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return " ".join(body.get_content().split())


def ask(site: Site, subject: str, text: str = "") -> str:
    """Send commands as Bea; the words of the answer."""
    assert site.hand_in(a_mail(BEA, SYSTEM, subject, text), SYSTEM) == {}
    site.work()
    db.session.rollback()
    return words_of(newest(site, "bea@example.org"))


def test_l48_one_word_in_answer_to_a_topic_follows_or_mutes_it(site: Site) -> None:
    """Answering a mail with the one word follow, mute, unfollow or unmute does so, and nothing of it is posted."""
    group = a_group()
    a_member("ann@example.org", "Ann Lee", group)
    bea = a_member("bea@example.org", "Bea Okafor", group)
    site.hand_in(a_mail(ANN, CARDIOLOGY, "Parking", "Where?"), CARDIOLOGY)
    site.work()
    copy = newest(site, "bea@example.org")
    post = db.session.scalars(select(Post)).one()

    def answer(text: str) -> None:
        reply_to = copy["Reply-To"].addresses[0].addr_spec
        mail = a_mail(BEA, reply_to, f"Re: {copy['Subject']}", text, In_Reply_To=str(copy["Message-ID"]))
        assert site.hand_in(mail, reply_to) == {}
        site.work()
        db.session.rollback()

    answer("Mute.\n\n> Where?\n")
    assert choice_of_thread(bea.id, post.thread_id) == "mute"
    assert "no more mail of this topic" in words_of(newest(site, "bea@example.org"))
    assert "unmute" in words_of(newest(site, "bea@example.org"))
    site.hand_in(a_mail(ANN, CARDIOLOGY, "Re: Parking", "Behind the ward.", In_Reply_To=post.message_id), CARDIOLOGY)
    site.work()
    assert "Behind the ward." not in words_of(newest(site, "bea@example.org"))
    answer("unmute")
    assert choice_of_thread(bea.id, post.thread_id) is None
    answer("Follow the signs.")
    assert [each.text for each in db.session.scalars(select(Post).order_by(Post.published_no))] == [
        "Where?",
        "Behind the ward.",
        "Follow the signs.",
    ]


@pytest.mark.parametrize(
    ("command", "said", "undo"),
    [
        ("set cardiology digest", "Cardiology: one mail a day with all posts.", "set cardiology single"),
        ("SET CARDIOLOGY NOMAIL", "Cardiology: no mail.", "set cardiology single"),
        ("set cardiology topics", "Cardiology: one mail a day with the topics.", "set cardiology single"),
        ("set cardiology followed", "Cardiology: only topics you follow.", "set cardiology single"),
        ("set cardiology norepro", "you do not get copies of your own posts", "set cardiology own yes"),
        ("set cardiology ack yes", "you get a short mail when your post has gone out", "set cardiology ack no"),
        ("set cardiology copies no", "you do not get a copy also of what", "set cardiology copies yes"),
        ("digest at 18 on friday", "Digests come at 18:00 your time, weekly ones on Friday.", "digest at 7 on Monday"),
        (
            "digest format rfc1153",
            "Digests come as plain text that mail programs can take apart (RFC 1153).",
            "digest format html",
        ),
        ("time zone Europe/Vienna", "Your time zone is Europe/Vienna.", "time zone UTC"),
        ("away 14 days", "No mail of any group until", "back"),
        ("follow #ecg in cardiology", "Cardiology: you follow #ecg.", "unfollow #ecg in cardiology"),
        ("profile place Graz", "Your place is now: Graz.", "profile place -"),
    ],
)
def test_l50_every_setting_is_a_command_whose_answer_says_how_to_undo_it(
    site: Site, command: str, said: str, undo: str
) -> None:
    """Everything a member can set works by mail; the answer says what changed and the line that undoes it."""
    a_member("bea@example.org", "Bea Okafor", a_group())
    answer = ask(site, command)
    assert said in answer
    assert f"send this line to {SYSTEM}: {undo}" in answer
    undone = ask(site, undo)
    assert "To undo it" in undone or "Welcome back" in undone
    again = ask(site, command)
    assert said in again
    assert f"send this line to {SYSTEM}: {undo}" in again


def test_l50_several_commands_in_one_mail_and_the_whole_of_ones_settings(site: Site) -> None:
    """Several commands go in one mail; the word which sends all settings and groups, help all commands."""
    group, other = a_group(), a_group("gulf-coast", "Gulf Coast")
    bea = a_member("bea@example.org", "Bea Okafor", group)
    answer = ask(site, "", "set cardiology weekly\nset cardiology own no\nset nowhere none\n\n-- \nBea")
    assert "one mail a week" in answer
    assert "no group with the name nowhere" in answer
    membership = membership_of(bea.id, group.id)
    assert membership is not None
    assert (membership.delivery, membership.own_copy) == ("weekly", False)
    shown = ask(site, "which")
    assert "Cardiology (cardiology): one mail a week with all posts copies of your own posts: no (own)" in shown
    assert "as before. For all" in ask(site, "set cardiology weekly")
    assert f"{other.mail_name}-join@lists.localhost" in shown
    assert "away until" in ask(site, "help")
    ask(site, "away 14 days")
    assert "You get no mail of any group until" in ask(site, "which")
    ask(site, "back")
    assert "You get no mail of any group until" not in ask(site, "which")


def test_l50_nobody_else_sets_anything_by_mail(site: Site) -> None:
    """A sender who is not proven changes nothing; the member gets a link instead, once a day."""
    group = a_group()
    bea = a_member("bea@example.org", "Bea Okafor", group)
    for dmarc in (None, "fail"):
        for _ in range(2):
            site.hand_in(a_mail(BEA, SYSTEM, "set cardiology none", "", dmarc=dmarc), SYSTEM)
    site.work()
    db.session.rollback()
    membership = membership_of(bea.id, group.id)
    assert membership is not None
    assert membership.delivery == "single"
    assert len(site.mailed("bea@example.org")) == 1
