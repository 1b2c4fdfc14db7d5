"""Digests as their readers have them: answers to one, last-moment changes, switching, absence, time zones."""

from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from forum.accounts.models import DigestFormat, PauseReason
from forum.accounts.preferences import go_away, set_digest_format, set_digest_time, set_time_zone
from forum.accounts.queries import primary_address
from forum.clock import now
from forum.db import db, transaction
from forum.groups.choices import set_delivery, set_topics_only
from forum.groups.leaving import leave
from forum.groups.models import Delivery as Mode
from forum.groups.models import Standing
from forum.groups.queries import community, membership_of, memberships_of
from forum.groups.standing import set_standing
from forum.queue import enqueue
from forum.threads.models import Post
from forum.work import work_once, workers
from mailgateway.digest_plan import plan_due
from mailgateway.models import InboundMail, MailState
from tests.gateway import a_mail, addresses
from tests.people import a_group, a_member, post
from tests.site import Site

ANN, BEA, CY = "ann@example.org", "bea@example.org", "cy@example.org"
GROUP = "cardiology@lists.localhost"


@pytest.fixture
def later(move_clock):
    """Call with days: the clock stands so much later, counted from the last call."""
    gone = [0.0]

    def on(days: float) -> None:
        gone[0] += days * 86_400
        move_clock(gone[0])

    return on


def choose(member, group, mode: Mode) -> None:
    with transaction():
        set_delivery(membership_of(member.id, group.id), mode, actor_id=member.id)


def mails(site, email: str) -> list[EmailMessage]:
    return [message_from_bytes(each.content, policy=default) for each in site.mailed(email)]


def text_of(mail: EmailMessage) -> str:
    return mail.get_body(("plain",)).get_content().replace("\r\n", "\n")


def marker_of(text: str, number: int) -> str:
    return text[text.index(f"[#{number} ") :].partition("]")[0] + "]"


def quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.splitlines())


def posts() -> list[tuple[str, str]]:
    """Thread and words of all posts, in order."""
    db.session.expire_all()
    return [(each.thread.subject, each.text) for each in db.session.scalars(select(Post).order_by(Post.id))]


@pytest.fixture
def digest(site, later):
    """A digest of two posts that Bea has got, and its address for answers."""
    group = a_group()
    ann, bea = a_member(ANN, "Ann Lee", group), a_member(BEA, "Bea Okafor", group)
    choose(bea, group, Mode.DIGEST)
    post(ann, group, "Locum cover", "Who can cover two weeks?")
    post(ann, group, "Night shifts", "Who does nights after sixty?")
    later(1)
    site.work()
    [mail] = mails(site, BEA)
    return mail


def answer(site, digest, text: str, subject: str = "") -> None:
    to = str(digest["Reply-To"].addresses[0].addr_spec)
    mail = a_mail(BEA, to, subject or f"Re: {digest['Subject']}", text, In_Reply_To=digest["Message-ID"])
    assert site.hand_in(mail, to) == {}
    site.work()


def test_l16_an_answer_that_quotes_one_post_of_a_digest_goes_to_that_post(site, digest) -> None:
    """An answer to a digest goes to the post whose marker it quotes, without a word of the digest."""
    text = text_of(digest)
    item = text[text.index(marker_of(text, 2)) :].partition("\n--")[0]
    answer(site, digest, f"I do, with joy.\n\nOn Monday, Banyan Physicians digest wrote:\n{quoted(item)}\n")
    assert posts()[2:] == [("Night shifts", "I do, with joy.")]


def test_l16_words_under_one_post_of_a_whole_quoted_digest_go_to_that_post(site, digest) -> None:
    """Words written under one post of a whole quoted digest go to that post."""
    before, mark, after = text_of(digest).partition("Who can cover two weeks?")
    answer(site, digest, f"{quoted(before + mark)}\n\nI can, from the tenth on.\n\n{quoted(after)}\n")
    assert posts()[2:] == [("Locum cover", "I can, from the tenth on.")]


def test_l16_the_reply_address_of_each_post_answers_that_post(site, digest) -> None:
    """Each post of a digest has a reply address of its own."""
    text = text_of(digest)
    at = text.index("mailto:", text.index(marker_of(text, 2)))
    to, _, subject = text[at + 7 :].partition(">")[0].partition("?subject=")
    site.hand_in(a_mail(BEA, to, subject.replace("%3A", ":").replace("%20", " "), "Nights are fine."), to)
    site.work()
    assert posts()[2:] == [("Night shifts", "Nights are fine.")]


@pytest.mark.parametrize("quotes", ["all", "none", "unmarked"])
def test_l16_an_unclear_answer_is_kept_and_its_author_asked_once(site, digest, quotes: str) -> None:
    """An answer that could be to any post is kept; its author is asked, and the number alone settles it."""
    text = text_of(digest)
    below = {"all": f"On Monday, X wrote:\n{quoted(text)}", "none": "", "unmarked": f"Original\n\n{text}"}[quotes]
    answer(site, digest, f"I would like to.\n\n{below}\n")
    assert len(posts()) == 2
    question = mails(site, BEA)[-1]
    assert question["Subject"] == "Which post do you answer?"
    words = text_of(question)
    assert "    I would like to." in words
    assert "&body=I%20would%20like%20to." in words
    assert db.session.scalars(select(InboundMail.state)).all() == [MailState.HELD]
    settled = a_mail(BEA, str(question["Reply-To"]), "Re: Which post", f"2\n\nOn Monday, X wrote:\n{quoted(words)}")
    site.hand_in(settled, str(question["Reply-To"]))
    site.work()
    assert [thread for thread, _ in posts()[2:]] == ["Night shifts"]
    said = posts()[2][1]
    assert "I would like to." in said
    assert "Locum cover" not in said
    assert "TOPICS" not in said
    assert len(mails(site, BEA)) == 2


def test_l16_a_marker_of_a_post_that_the_member_may_not_read_says_nothing_of_it(site, digest) -> None:
    """A marker of a post that its author may not read names neither it nor its group."""
    circle = a_group("quiet", "Quiet Circle", listed=False)
    cy = a_member(CY, "Cy Fox", circle)
    hidden = db.session.get_one(Post, post(cy, circle, "A hidden matter", "Not for all.").post_id)
    site.work()
    first = marker_of(text_of(digest), 1)
    for quote in (f"> [#7 {hidden.public_id}] x", f"> {first} y\n> [#7 {hidden.public_id}] x"):
        answer(site, digest, f"What is it?\n\nOn Monday, X wrote:\n{quote}\n")
    said = "".join(str(mail) for mail in mails(site, BEA)[1:])
    assert "Which post do you answer?" in said
    for words in ("hidden", "Quiet", "Cy Fox", hidden.public_id):
        assert words not in said.replace(f"> [#7 {hidden.public_id}]", "")
    assert not any("What is it?" in text and "hidden" in thread for thread, text in posts())


def test_l43_a_digest_in_the_making_obeys_what_changes_meanwhile(site, later) -> None:
    """A digest that is due already, and a copy on its way, obey what changes before they go."""
    group, echo = a_group(), a_group("echo", "Echo")
    ann = a_member(ANN, "Ann Lee", group, echo)
    names = ("banned", "left", "silent", "single", "moved", "removed")
    people = {name: a_member(f"{name}@example.org", name.title(), group, echo) for name in names}
    for member in people.values():
        choose(member, group, Mode.DIGEST)
    post(ann, group, "Locum cover", "Who can cover two weeks?")
    post(ann, echo, "Strain values", "Which ones?")
    plan_only(site, later)
    with transaction():
        set_standing(membership_of(people["banned"].id, community().id), Standing.BANNED, actor_id=None)
        leave(people["left"], group, actor_id=people["left"].id)
        set_delivery(membership_of(people["silent"].id, group.id), Mode.NONE, actor_id=people["silent"].id)
        set_delivery(membership_of(people["single"].id, group.id), Mode.SINGLE, actor_id=people["single"].id)
        leave(people["removed"], community(), actor_id=ann.id)
        set_delivery(membership_of(people["moved"].id, echo.id), Mode.NONE, actor_id=people["moved"].id)
    site.work()
    got = {name: [mail["Subject"].split(":")[0] for mail in mails(site, f"{name}@example.org")] for name in names}
    digest, copy = "Banyan Physicians digest", "[Echo] Strain values"
    assert got == {
        "banned": [],
        "left": [copy],
        "silent": [copy],
        "single": [copy, digest],
        "moved": [digest],
        "removed": [],
    }


def plan_only(site, later) -> None:
    """Copies are rows and digests are planned, and nothing has been sent."""
    work_once(site.core, {"fan_out": workers()["fan_out"]}, "test")
    later(1)
    with transaction():
        assert plan_due() > 0


@pytest.mark.parametrize("first", [Mode.DIGEST, Mode.WEEKLY])
def test_l44_no_post_is_lost_or_doubled_between_digests_and_single_mails(site, later, first: Mode) -> None:
    """Between digests and single mails nothing is lost or doubled, whenever the choice is made."""
    group = a_group()
    ann, bea = a_member(ANN, "Ann Lee", group), a_member(BEA, "Bea Okafor", group)
    post(ann, group, "One", "As a single mail.")
    site.work()
    post(ann, group, "Two", "Published before the change, not sent yet.")
    choose(bea, group, first)
    post(ann, group, "Three", "For the digest.")
    site.work()
    choose(bea, group, Mode.SINGLE)
    post(ann, group, "Four", "Single again.")
    site.work()
    assert [mail["Subject"] for mail in mails(site, BEA)] == ["[Cardiology] One", "[Cardiology] Four"]
    for _ in range(8):
        later(1)
        site.work()
    [last] = mails(site, BEA)[2:]
    assert ["Two" in text_of(last), "Three" in text_of(last)] == [True, True]
    assert ["One" in text_of(last), "Four" in text_of(last)] == [False, False]


@pytest.mark.parametrize("format", list(DigestFormat))
def test_l44_digests_come_in_html_as_plain_text_and_after_rfc_1153(site, later, format: DigestFormat) -> None:
    """Digests come as HTML with text, as text alone, or in the plain form of RFC 1153."""
    group = a_group()
    ann, bea = a_member(ANN, "Ann Lee", group), a_member(BEA, "Bea Okafor", group)
    choose(bea, group, Mode.DIGEST)
    with transaction():
        set_digest_format(bea, format)
    post(ann, group, "Locum cover", "Who can cover?")
    written = "Grüße, 心 und alle anderen\n\n" + "-" * 40 + "\n\nand one dot:\n\n.\n\nEnd of it"
    site.hand_in(a_mail(ANN, GROUP, "Naïve question 心", written), GROUP)
    site.work()
    later(1)
    site.work()
    [mail] = mails(site, BEA)
    assert mail.is_multipart() is (format is DigestFormat.HTML)
    text = text_of(mail)
    assert "Naïve question 心" in text
    assert "Grüße, 心" in text
    assert "\n.\n\nEnd" in text
    assert max(len(line) for line in site.mailed(BEA)[0].content.split(b"\r\n")) <= 998
    assert site.mailed(BEA)[0].content.isascii()
    if format is DigestFormat.RFC1153:
        head, _, rest = text.partition("-" * 70 + "\n\n")
        assert "Locum cover (1: #1)" in head
        messages = rest.split("\n\n" + "-" * 30 + "\n\n")
        assert len(messages) == 3
        assert messages[0].splitlines()[0].startswith("Date: ")
        public_id = db.session.scalars(select(Post.public_id).order_by(Post.id.desc())).first()
        assert f"Subject: [#2 {public_id}] Naïve question 心" in messages[1]
        assert "\n " + "-" * 39 in messages[1]
        assert messages[2].startswith("End of Banyan Physicians Digest\n****")


def test_l44_a_daily_summary_has_only_the_topics(site, later) -> None:
    """A daily summary has only the list of topics, beside other groups' full digests."""
    group, echo = a_group(), a_group("echo", "Echo")
    ann, bea = a_member(ANN, "Ann Lee", group, echo), a_member(BEA, "Bea Okafor", group, echo)
    choose(bea, group, Mode.DIGEST)
    choose(bea, echo, Mode.DIGEST)
    with transaction():
        set_topics_only(membership_of(bea.id, group.id), True, actor_id=bea.id)
    post(ann, group, "Locum cover", "Who can cover?")
    later(1)
    site.work()
    [mail] = mails(site, BEA)
    assert "* Locum cover (1 post)" in text_of(mail)
    assert "Times are" not in text_of(mail)
    post(ann, group, "Locum cover", "Who can cover?")
    post(ann, echo, "Strain values", "Which ones?")
    later(2)
    site.work()
    mail = mails(site, BEA)[-1]
    assert "Times are those of" in text_of(mail)
    assert "* Locum cover (1 post)" in text_of(mail)
    assert "Who can cover?" not in text_of(mail)
    assert "Which ones?" in text_of(mail)


def test_l46_after_a_vacation_comes_one_summary_and_no_backlog(site, later) -> None:
    """A vacation stops all mail until its end; then comes one summary of topics, and no backlog."""
    group, echo = a_group(), a_group("echo", "Echo")
    ann, bea = a_member(ANN, "Ann Lee", group, echo), a_member(BEA, "Bea Okafor", group, echo)
    choose(bea, echo, Mode.DIGEST)
    post(ann, echo, "Before", "Written before the vacation, for the digest.")
    post(ann, group, "On its way", "Published before the vacation, not sent yet.")
    with transaction():
        go_away(bea, now() + timedelta(days=10))
    site.work()
    for number in range(4):
        post(ann, group, "Locum cover", f"Part {number}")
        post(ann, echo, f"Strain {number}", "Which ones?")
        site.work()
        later(2)
        site.work()
    assert mails(site, BEA) == []
    later(2.5)
    site.work()
    [mail] = mails(site, BEA)
    assert "while you were away: 10 new posts" in mail["Subject"]
    text = text_of(mail)
    assert "* Before (1 post)" in text
    assert "* On its way (1 post)" in text
    assert "Locum cover (1 post)" in text
    assert "Which ones?" not in text
    post(ann, group, "After", "Single mails again.")
    post(ann, echo, "After too", "Digests again.")
    site.work()
    assert [mail["Subject"] for mail in mails(site, BEA)[1:]] == ["[Cardiology] After"]
    later(1)
    site.work()
    assert len(mails(site, BEA)) == 3
    assert "Digests again." in text_of(mails(site, BEA)[2])


def test_l47_digests_come_at_each_members_own_hour(site, later) -> None:
    """Digests come at each member's own hour, none when there is nothing, in the order of topics and times."""
    group = a_group()
    ann = a_member(ANN, "Ann Lee", group)
    zones = {"auckland@example.org": "Pacific/Auckland", "lima@example.org": "America/Lima"}
    for email, zone in zones.items():
        member = a_member(email, zone, group)
        with transaction():
            set_time_zone(member, zone)
            set_digest_time(member, 6)
        choose(member, group, Mode.DIGEST)
    for subject in ("First", "Second", "First"):
        post(ann, group, subject, f"Words on {subject}")
    for _ in range(48):
        later(1 / 24)
        site.work()
    for email, zone in zones.items():
        [mail] = mails(site, email)
        there = mail["Date"].datetime.astimezone(ZoneInfo(zone))
        assert (there.hour, there.minute <= 59) == (6, True)
        written = db.session.scalars(select(Post)).first().created_at.astimezone(ZoneInfo(zone))
        text = text_of(mail)
        assert f"Ann Lee | {written:%A, %-d %B %Y, %H:%M}" in text
        assert f"Times are those of {zone}." in text
        assert text.index("TOPICS") < text.index("Words on First") < text.index("Words on Second")


def test_l57_mail_that_flows_again_begins_with_a_summary(site, later) -> None:
    """When paused mail flows again, one summary of the time between comes, not the backlog."""
    group = a_group()
    ann, bea = a_member(ANN, "Ann Lee", group), a_member(BEA, "Bea Okafor", group)
    with transaction():
        address = primary_address(bea.id)
        address.bouncing_since, address.pause_reason = now(), PauseReason.BOUNCES
    for number in range(3):
        post(ann, group, f"Topic {number}", "Words.")
    site.work()
    with transaction():
        address = primary_address(bea.id)
        address.bouncing_since = address.pause_reason = None
        enqueue("digest.catch_up", bea.id, 0)
    site.work()
    [mail] = mails(site, BEA)
    assert "while you were away: 3 new posts" in mail["Subject"]
    assert "Words." not in text_of(mail)


def test_l51_one_click_in_a_digest_of_several_groups_stops_the_digests(site: Site) -> None:
    """One click in a digest of several groups stops the digests and nothing else; the mail form does the same."""
    cardiology, gulf = a_group(), a_group("gulf-coast", "Gulf Coast")
    bea = a_member("bea@example.org", "Bea Okafor", cardiology, gulf)
    with transaction():
        for group in (cardiology, gulf):
            own = membership_of(bea.id, group.id)
            assert own is not None
            set_delivery(own, Mode.DIGEST, actor_id=bea.id)
    token = addresses().leave_token(bea.id, 0)
    assert b"Stop my digests" in site.client.get(f"/u/{token}").data
    for _ in range(2):
        assert site.client.post(f"/u/{token}", data={"List-Unsubscribe": "One-Click"}).status_code == 200
    db.session.rollback()
    modes = {each.group.slug: str(each.delivery) for each in memberships_of(bea.id)}
    assert modes == {"community": "single", "cardiology": "none", "gulf-coast": "none"}
    site.work()
    assert len(site.mailed("bea@example.org")) == 1
    with transaction():
        own = membership_of(bea.id, cardiology.id)
        assert own is not None
        set_delivery(own, Mode.WEEKLY, actor_id=bea.id)
    leave = addresses().leave(bea.id, 0)
    assert site.hand_in(a_mail("Bea <bea@example.org>", leave, "leave", ""), leave) == {}
    site.work()
    db.session.rollback()
    own = membership_of(bea.id, cardiology.id)
    assert own is not None
    assert own.delivery == "none"
