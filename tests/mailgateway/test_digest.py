"""Digests from their hour to the last mark: what stands in them, how they look, who gets none."""

from email import message_from_bytes
from email.policy import default

import pytest

from forum.accounts.models import Member
from forum.db import db, transaction
from forum.groups.choices import set_delivery
from forum.groups.models import Delivery as Mode
from forum.groups.queries import membership_of
from forum.threads.models import Post
from tests.gateway import addresses, do_mail_work
from tests.people import a_group, a_member, post

ANN, BEA, CY = "ann@example.org", "bea@example.org", "cy@example.org"


def choose(member: Member, group, mode: Mode) -> None:
    with transaction():
        set_delivery(membership_of(member.id, group.id), mode, actor_id=member.id)


def mails(sink, email: str = BEA):
    return [message_from_bytes(each.content, policy=default) for each in sink.messages if email in each.recipients]


def text_of(mail) -> str:
    return mail.get_body(("plain",)).get_content().replace("\r\n", "\n")


@pytest.fixture
def days(move_clock):
    """Call with days (and hours): the clock moves on by so much."""
    gone = [0.0]

    def on(days: float, hours: float = 0) -> None:
        gone[0] += days * 86_400 + hours * 3_600
        move_clock(gone[0])

    return on


def test_one_digest_a_day_has_all_groups_topics_first_and_a_way_to_answer_each(core, sink, days) -> None:
    cardiology, echo = a_group(), a_group("echo", "Echo")
    ann, bea = a_member(ANN, "Ann Lee", cardiology, echo), a_member(BEA, "Bea Okafor", cardiology, echo)
    choose(bea, cardiology, Mode.DIGEST)
    choose(bea, echo, Mode.DIGEST)
    first = post(ann, cardiology, "Locum cover", "Who can cover?\n\n> old words\n> of somebody")
    post(ann, echo, "Strain values", "What do you use?")
    post(ann, cardiology, "Re: Locum cover", "Two weeks.", answers=first.post_id)
    do_mail_work(core)
    assert mails(sink) == []
    days(1)
    do_mail_work(core)
    [mail] = mails(sink)
    text = text_of(mail)
    assert mail["Subject"].startswith("Banyan Physicians digest: 3 new posts")
    topics, _, items = text.partition("____")
    assert topics.index("Cardiology: 2 new posts") < topics.index("Locum cover (2 posts: #1, #2)")
    assert topics.index("Locum cover") < topics.index("Echo: 1 new post") < topics.index("Strain values (1 post: #3)")
    row = db.session.get(Post, first.post_id)
    assert f"[#1 {row.public_id}] Locum cover" in items
    assert "Cardiology | Ann Lee | " in items
    assert f"Answer: <mailto:{addresses().reply(bea.id, first.post_id)}?subject=Re%3A%20Locum%20cover>" in items
    assert f"http://127.0.0.1:8000/p/{row.public_id}" in items
    assert "old words" not in text
    assert "[quoted text left out]" in items
    html = mail.get_body(("html",)).get_content()
    assert f"mailto:{addresses().reply(bea.id, first.post_id)}?subject=Re%3A%20Locum%20cover" in html
    assert "old words" not in html
    days(1)
    do_mail_work(core)
    assert len(mails(sink)) == 1
