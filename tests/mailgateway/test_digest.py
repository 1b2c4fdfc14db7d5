"""Digests from their hour to the last mark: what stands in them, how they look, who gets none."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from forum.accounts.models import Member
from forum.accounts.preferences import next_digest_at, set_digest_time
from forum.clock import now
from forum.db import db, transaction
from forum.groups.choices import set_delivery, set_own_copy
from forum.groups.models import Delivery as Mode
from forum.groups.models import MailContent
from forum.groups.queries import membership_of
from forum.threads.following import choose_thread
from forum.threads.models import Choice, Post
from mailgateway.models import DeliveryState, Digest
from mailgateway.retention import forget_digests
from tests.gateway import a_mail, addresses, do_mail_work
from tests.people import a_group, a_member, post
from tests.smtp_sink import defer, refuse

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


def test_a_group_that_shows_only_links_has_no_title_and_no_word_in_a_digest(core, sink, days) -> None:
    group = a_group(mail_content=MailContent.LINK)
    ann, bea = a_member(ANN, "Ann Lee", group), a_member(BEA, "Bea Okafor", group)
    choose(bea, group, Mode.DIGEST)
    post(ann, group, "Secret title", "Secret words.")
    days(1)
    do_mail_work(core)
    [mail] = mails(sink)
    assert "Cardiology: 1 new post\n  http://127.0.0.1:8000/g/cardiology" in text_of(mail)
    assert "Secret" not in mail.as_string()
    assert "Ann" not in mail.as_string()


def test_what_is_muted_erased_or_ones_own_is_not_in_a_digest(core, sink, days) -> None:
    group = a_group()
    ann, bea = a_member(ANN, "Ann Lee", group), a_member(BEA, "Bea Okafor", group)
    choose(bea, group, Mode.DIGEST)
    muted, erased, kept = (post(ann, group, f"Topic {name}", "Words.") for name in ("muted", "erased", "kept"))
    post(bea, group, "Topic own", "Words.")
    with transaction() as session:
        choose_thread(bea.id, session.get_one(Post, muted.post_id).thread, Choice.MUTE)
        session.get_one(Post, erased.post_id).erased_at = now()
        set_own_copy(membership_of(bea.id, group.id), False, actor_id=bea.id)
    days(1)
    do_mail_work(core)
    [mail] = mails(sink)
    assert [f"Topic {name}" in text_of(mail) for name in ("muted", "erased", "own", "kept")] == [False] * 3 + [True]
    assert kept.post_id == db.session.scalars(select(Post.id).where(Post.subject == "Topic kept")).one()


@pytest.mark.parametrize("other", [Mode.SINGLE, Mode.WEEKLY, Mode.DIGEST])
def test_a_mail_to_two_groups_comes_once_with_both_named(core, sink, take, days, other: Mode) -> None:
    group, echo = a_group(), a_group("echo", "Echo")
    a_member(ANN, "Ann Lee", group, echo)
    bea = a_member(BEA, "Bea Okafor", group, echo)
    choose(bea, group, Mode.DIGEST)
    choose(bea, echo, other)
    to = ("cardiology@lists.localhost", "echo@lists.localhost")
    take(a_mail(ANN, ", ".join(to), "Course", "Two places left."), *to)
    for _ in range(9):
        days(1)
        do_mail_work(core)
    [mail] = mails(sink)
    assert text_of(mail).count("Two places left.") == 1
    assert "Cardiology" in mail.as_string()
    assert "Echo" in mail.as_string()


def test_a_refused_or_deferred_digest_loses_nothing(core, sink, days) -> None:
    group = a_group()
    ann, bea, cy = a_member(ANN, "Ann Lee", group), a_member(BEA, "Bea", group), a_member(CY, "Cy", group)
    for member in (bea, cy):
        choose(member, group, Mode.DIGEST)
    sink.faults = [refuse("rcpt", BEA, times=1), defer("rcpt", CY, times=1)]
    post(ann, group, "First", "Words.")
    days(1)
    do_mail_work(core)
    states = dict(db.session.execute(select(Digest.member_id, Digest.state)).all())
    assert states == {bea.id: DeliveryState.REFUSED, cy.id: DeliveryState.WAITING}
    post(ann, group, "Second", "Words.")
    do_mail_work(core)
    days(1)
    do_mail_work(core)
    for email in (BEA, CY):
        [mail] = mails(sink, email)
        assert ["First" in text_of(mail), "Second" in text_of(mail)] == [True, True]


def test_a_quiet_day_leaves_no_row_and_weekly_ones_come_on_their_day(core, sink, days) -> None:
    days(0, (12 - now().hour) % 24)  # From noon on, so that each look is behind the digest hour of its day.
    group = a_group()
    ann, bea = a_member(ANN, "Ann Lee", group), a_member(BEA, "Bea Okafor", group)
    with transaction():
        set_digest_time(bea, 7, 3)
    choose(bea, group, Mode.WEEKLY)
    for _ in range(8):
        days(1)
        do_mail_work(core)
    assert db.session.scalars(select(Digest)).all() == []
    post(ann, group, "Topic", "Words.")
    for _ in range(8):
        days(1)
        do_mail_work(core)
    [mail] = mails(sink)
    assert mail["Date"].datetime.weekday() == 3


def test_a_digest_larger_than_mail_programs_show_names_the_rest(core, sink, days) -> None:
    group = a_group()
    ann, bea = a_member(ANN, "Ann Lee", group), a_member(BEA, "Bea Okafor", group)
    choose(bea, group, Mode.DIGEST)
    for number in range(20):
        post(ann, group, f"Topic {number}", "Words in a long post. " * 200)
    days(1)
    do_mail_work(core)
    [mail] = mails(sink)
    assert len(mail.as_bytes()) < 100_000
    assert "more posts are on the web only" in text_of(mail)
    assert [number for number in range(20) if f"* Topic {number} (" not in text_of(mail)] == []


@settings(max_examples=150, deadline=None)
@example("America/Nuuk", 23, datetime(2024, 1, 1, tzinfo=UTC))  # its last hour of a day is skipped in spring
@example("Pacific/Apia", 7, datetime(2011, 12, 1, tzinfo=UTC))  # a whole day was skipped
@given(
    zone=st.sampled_from(sorted(zone for zone in available_timezones() if "/" in zone)),
    hour=st.integers(0, 23),
    start=st.datetimes(datetime(2011, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC)),
)
def test_each_day_of_a_member_has_one_digest_hour(zone: str, hour: int, start: datetime) -> None:
    member = Member(name="Bea", time_zone=zone, digest_hour=hour)
    moments = [next_digest_at(member, start)]
    while moments[-1] < start + timedelta(days=400):
        moments.append(next_digest_at(member, moments[-1]))
    there = [moment.astimezone(ZoneInfo(zone)) for moment in moments]
    days = [moment.date() for moment in there]
    assert len(set(days)) == len(days), "two on one day"
    assert all(later - earlier <= timedelta(days=2) for earlier, later in pairwise(days))
    assert all(later - earlier <= timedelta(hours=28) for earlier, later in pairwise(moments))
    exact = sum(moment.hour == hour for moment in there)
    assert exact >= len(there) - 3


def test_rows_of_old_digests_are_dropped(core, sink, days) -> None:
    group = a_group()
    ann, bea = a_member(ANN, "Ann Lee", group), a_member(BEA, "Bea Okafor", group)
    choose(bea, group, Mode.DIGEST)
    post(ann, group, "Topic", "Words.")
    days(1)
    do_mail_work(core)
    assert forget_digests(now() + timedelta(days=29)) == 0
    assert forget_digests(now() + timedelta(days=31)) == 1
    assert db.session.scalars(select(Digest)).all() == []
