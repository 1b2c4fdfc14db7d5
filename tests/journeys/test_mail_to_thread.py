"""The main job: a mail becomes a thread, and the thread becomes mail for everybody; an answer finds its thread."""

from email import message_from_bytes
from email.policy import default

from sqlalchemy import select

from forum.db import db
from forum.threads.models import Post, Thread
from tests.gateway import a_mail
from tests.people import a_group, a_member


def test_a_mail_becomes_a_thread_and_the_thread_becomes_mail(site) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    a_member("bea@example.org", "Bea Okafor", group)
    assert (
        site.hand_in(
            a_mail("Ann <ann@example.org>", "cardiology@lists.localhost", "Locum in August", "Who can?"),
            "cardiology@lists.localhost",
        )
        == {}
    )
    site.work()
    thread = db.session.scalars(select(Thread)).one()
    assert (thread.subject, thread.posts) == ("Locum in August", 1)
    [copy] = site.mailed("bea@example.org")
    mail = message_from_bytes(copy.content, policy=default)
    assert mail["Subject"] == "[Cardiology] Locum in August"
    assert "Who can?" in mail.get_body(("plain",)).get_content()
    assert ann.name in mail["From"]
    assert b"ann@example.org" not in copy.content

    answer = a_mail(
        "Bea <bea@example.org>",
        mail["Reply-To"],
        f"Re: {mail['Subject']}",
        "I can, first half.",
        In_Reply_To=mail["Message-ID"],
        References=mail["Message-ID"],
    )
    assert site.hand_in(answer, mail["Reply-To"].addresses[0].addr_spec) == {}
    site.work()
    db.session.rollback()
    posts = db.session.scalars(select(Post).order_by(Post.published_no)).all()
    assert [post.text.strip() for post in posts] == ["Who can?", "I can, first half."]
    assert posts[1].in_reply_to_id == posts[0].id
    answer_to_ann = message_from_bytes(site.mailed("ann@example.org")[-1].content, policy=default)
    assert answer_to_ann["Subject"] == "Re: [Cardiology] Locum in August"
    assert posts[0].author_message_id in answer_to_ann["References"]


def test_an_unknown_address_is_refused_at_once(site) -> None:
    refused = site.hand_in(
        a_mail("Ann <ann@example.org>", "nobody@lists.localhost", "x", "y"), "nobody@lists.localhost"
    )
    assert refused["nobody@lists.localhost"][0] == 550
