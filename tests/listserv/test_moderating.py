"""Moderating by mail, L59-L68 and what L83 asks of it: mail in by LMTP, mail out by SMTP, pages by HTTP."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html import unescape

import pytest
from sqlalchemy import select

from forum.accounts.models import Member
from forum.clock import now
from forum.db import db, transaction
from forum.groups.models import Group, HeldNotices, Membership, Moderate, Role
from forum.groups.queries import community, membership_of
from forum.log import LogEntry
from forum.moderation.duty import add_turn
from forum.posting.models import HeldPost, HeldState
from forum.threads.models import Post
from forum.work import work_once, workers
from tests.forum.web.browser import Browser
from tests.gateway import a_mail, do_mail_work
from tests.people import a_group, a_member
from tests.site import Site

LIST = "cardiology@lists.localhost"
ANN, BEA, MO, MIA = "ann@example.org", "bea@example.org", "mo@example.org", "mia@example.org"


@dataclass
class Ward:
    """A group where every post is read first: Ann and Bea write, Mo and Mia moderate."""

    site: Site
    group: Group
    people: dict[str, Member]

    def write(self, subject: str, text: str = "Who can cover two weeks in August?", sender: str = ANN, **more: str):
        dmarc = more.pop("dmarc", "pass")
        self.site.hand_in(a_mail(sender, LIST, subject, text, dmarc=dmarc, **more), LIST)
        self.site.work()
        return db.session.scalars(select(HeldPost).order_by(HeldPost.id.desc())).first()

    def mails(self, email: str) -> Sequence[EmailMessage]:
        found = self.site.mailed(email)
        return [message_from_bytes(each.content, policy=default) for each in found]

    def notice(self, email: str = MO, about: str = "To decide") -> EmailMessage:
        """The last mail to somebody with these words in its subject."""
        return [mail for mail in self.mails(email) if about in mail["Subject"]][-1]

    def answer(self, mail: EmailMessage, text: str, *, sender: str = MO, quoting: bool = True, **more: str | None):
        """Answer as a mail program does, with the mail quoted below."""
        to = mail["Reply-To"].addresses[0].addr_spec
        dmarc = more.pop("dmarc", "pass")
        body = text
        if quoting:
            quoted = "\n".join(f"> {line}" for line in plain(mail).splitlines())
            body = f"{text}\n\nOn Mon, 9 Nov 2026 at 08:20, Banyan <banyan@lists.localhost> wrote:\n{quoted}\n"
        more.setdefault("In_Reply_To", mail["Message-ID"])
        self.site.hand_in(a_mail(sender, to, f"Re: {mail['Subject']}", body, dmarc=dmarc, **more), to)
        self.site.work()
        db.session.expire_all()

    def posts(self) -> list[str]:
        return list(db.session.scalars(select(Post.subject).order_by(Post.published_no)))

    def member(self, email: str) -> Member:
        return self.people[email]

    def membership(self, email: str) -> Membership:
        found = membership_of(self.people[email].id, self.group.id)
        assert found is not None
        return found


def plain(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return body.get_content().replace("\r\n", "\n")


def page_of(mail: EmailMessage) -> str:
    body = mail.get_body(("html",))
    assert body is not None
    return body.get_content()


def flat(mail: EmailMessage) -> str:
    return " ".join(plain(mail).split())


def clock_work(ward: Ward) -> None:
    """What is due by the clock, and the mails that it asks for."""
    work_once(ward.site.core, {"lateness": workers("lateness")["lateness"]}, "test")
    db.session.rollback()
    do_mail_work(ward.site.core)


@pytest.fixture
def ward(site: Site) -> Ward:
    group = a_group(moderate=Moderate.ALL, quota=None)
    people = {
        ANN: a_member(ANN, "Ann Lee", group),
        BEA: a_member(BEA, "Bea Ruiz", group),
        MO: a_member(MO, "Mo Dee", group, role=Role.MODERATOR),
        MIA: a_member(MIA, "Mia Moss", group, role=Role.MODERATOR),
    }
    return Ward(site, group, people)


@pytest.mark.parametrize(
    "words", ["", "Approve.", "yes!\n\nMo\n-- \nDr Mo Dee, St Elsewhere", "*APPROVE*", "> approve?\n\napprove"]
)
def test_l59_an_empty_answer_or_approve_lets_a_post_out(ward: Ward, words: str) -> None:
    """A moderator approves by answering the mail with nothing, `approve` or `yes`."""
    held = ward.write("Locum cover")
    ward.answer(ward.notice(), words)
    assert held.state is HeldState.APPROVED
    assert held.decided_by_id == ward.member(MO).id
    assert ward.posts() == ["Locum cover"]
    assert "Locum cover" in ward.notice(BEA, "Locum")["Subject"]
    assert "Approved" in flat(ward.notice(MO, "Re: To decide"))
    assert "has approved your post" in flat(ward.notice(ANN, "is out"))


@pytest.mark.parametrize(
    ("words", "state"),
    [("Reject: names a patient.", HeldState.REJECTED), ("return\nNames a patient.", HeldState.RETURNED)],
)
def test_l59_reject_or_return_with_a_reason_goes_to_the_author(ward: Ward, words: str, state: HeldState) -> None:
    """`reject` or `return` with a reason decides so; the author gets the reason and the text."""
    held = ward.write("Locum cover", "A long text about August.\n" * 200)
    ward.answer(ward.notice(), words)
    assert (held.state, held.reason.lower()) == (state, "names a patient.")
    assert ward.posts() == []
    told = plain(ward.mails(ANN)[-1])
    assert "ames a patient." in told
    assert told.count("A long text about August.") == 200


def test_l59_anything_else_changes_nothing_and_asks(ward: Ward) -> None:
    """Any other first word, or a `reject` without a reason, changes nothing and is asked back."""
    held = ward.write("Locum cover")
    for words in ("Looks fine to me", "approved by Mia", "reject", "edit the last line", "I would reject this"):
        ward.answer(ward.notice(), words)
        assert held.state is HeldState.WAITING
        asked = ward.notice(MO, "Re: To decide")
        assert "Nothing has changed" in flat(asked)
        assert "approve" in flat(asked)
        ward.site.sink.messages.remove(ward.site.mailed(MO)[-1])
    ward.answer(ward.notice(), "approve")
    assert held.state is HeldState.APPROVED


def test_l59_a_reason_below_our_own_words_without_marks_approves_nothing(ward: Ward) -> None:
    """A reason written below a copy of our mail that no mark sets apart approves nothing; it is asked back."""
    held = ward.write("Locum cover")
    ward.answer(ward.notice(), f"{plain(ward.notice())}\n\nreject: names a patient.\n", quoting=False)
    assert held.state is HeldState.WAITING
    assert "Nothing has changed" in flat(ward.notice(MO, "Re: To decide"))


def test_l59_only_the_moderator_of_the_token_decides(ward: Ward, site: Site) -> None:
    """Another's token, a failed sender, automatic mail or a former moderator decide nothing."""
    held = ward.write("Locum cover")
    notice = ward.notice(MO)
    ward.answer(notice, "approve", sender=MIA)
    ward.answer(notice, "approve", sender=ANN)
    ward.answer(notice, "approve", dmarc="fail")
    ward.answer(notice, "approve", Auto_Submitted="auto-replied")
    ward.answer(notice, "", Subject_="x", X_Autoreply="yes")
    to = notice["Reply-To"].addresses[0].addr_spec
    false = f"moderate+{'a' * 24}@lists.localhost"
    refused = site.hand_in(a_mail(MO, false, "Re: x", "approve"), false)
    site.hand_in(a_mail(MO, to, "Read: To decide", "", Content_Disposition_="x"), to, envelope_sender="")
    site.work()
    with transaction():
        ward.membership(MO).role = Role.MEMBER
    ward.answer(notice, "approve")
    assert held.state is HeldState.WAITING
    assert ward.posts() == []
    assert false in refused or not ward.posts()
    # A mail that nobody vouches for, with the right token in the right hands, does.
    ward.answer(ward.notice(MIA), "approve", sender=MIA, dmarc=None)
    assert held.state is HeldState.APPROVED


def test_l60_the_second_decision_is_harmless_and_says_who_acted(ward: Ward) -> None:
    """A second decision changes nothing and says who acted; others get one line, or none by choice."""
    held = ward.write("Locum cover")
    ward.answer(ward.notice(MO), "approve")
    [line] = [mail for mail in ward.mails(MIA) if "Re: To decide" in mail["Subject"]]
    assert "Mo Dee has approved it" in flat(line)
    assert line["In-Reply-To"] == ward.notice(MIA)["Message-ID"] or line["In-Reply-To"]
    first = [mail for mail in ward.mails(MIA) if mail["Subject"].startswith("To decide")][-1]
    assert line["In-Reply-To"] == first["Message-ID"]
    ward.answer(first, "reject: off topic", sender=MIA)
    assert "Mo Dee has approved it already" in flat(ward.mails(MIA)[-1])
    assert held.state is HeldState.APPROVED
    assert ward.posts() == ["Locum cover"]

    ward.answer(first, "notices each quiet", sender=MIA)
    ward.write("Second")
    ward.answer(ward.notice(MO), "reject: twice")
    assert not [mail for mail in ward.mails(MIA) if "rejected it" in flat(mail)]


def test_l61_the_held_mail_says_why_and_is_safe_to_read(ward: Ward, site: Site) -> None:
    """A held mail comes within 10 s with why and the author's history; nothing in it is live."""
    hostile = (
        "See https://evil.example/login?u=1 and www.evil.example or evil.com\nMail bob@clinic.example now.\n"
        '<img src="https://evil.example/pixel.png"> <script>alert(1)</script>'
    )
    mail = a_mail(ANN, LIST, "Free http://evil.example", hostile)
    mail.add_attachment(b"%PDF-1", maintype="application", subtype="pdf", filename="scan.pdf")
    before = now()
    site.hand_in(mail, LIST)
    site.work()
    assert now() - before < timedelta(seconds=10)
    for moderator in (MO, MIA):
        assert len(ward.mails(moderator)) == 1
    notice = ward.notice()
    words, page = plain(notice), unescape(page_of(notice))
    for shown in (words, page):
        assert "Every post to this group is read first." in shown
        assert "rule: moderated" in shown
        assert "a member since" in shown
        assert "0 posts" in shown
        assert "hxxps://evil[.]example/login" in shown
        assert "bob[at]clinic[.]example" in shown
        assert "scan.pdf" in shown
        assert not re.search(r"https?://(?!127\.0\.0\.1)|www\.evil|evil\.(?:com|example)|bob@", shown), shown
    assert "<img" not in page_of(notice)
    assert "<script" not in page_of(notice)
    assert not [part for part in notice.walk() if part.get_filename()]
    links = re.findall(r'href="([^"]*)"', page_of(notice))
    token = notice["Reply-To"].addresses[0].addr_spec
    assert all(link.startswith(("http://127.0.0.1:8000", f"mailto:{token}?")) for link in links)


def test_l61_a_link_scanner_decides_nothing(ward: Ward, site: Site) -> None:
    """GET and HEAD of every link in the mails about held posts decide nothing."""
    held = ward.write("Locum cover")
    with transaction():
        ward.membership(MIA).held_notices = HeldNotices.SUMMARY
    links = [
        link
        for mail in (*ward.mails(MO), *ward.mails(MIA), *ward.mails(ANN))
        for link in re.findall(r"http://127\.0\.0\.1:8000(/[^\s\"<]*)", plain(mail) + page_of(mail))
    ]
    assert any(f"/held/{held.public_id}" in link for link in links)
    entries = len(db.session.scalars(select(LogEntry.id)).all())
    scanner, signed_in = Browser(site.core), Browser(site.core).sign_in(ward.member(MO))
    for link in links:
        for browser in (scanner, signed_in):
            browser.open(unescape(link))
            browser.head(unescape(link))
    db.session.expire_all()
    assert held.state is HeldState.WAITING
    assert held.claimed_until is None
    assert len(db.session.scalars(select(LogEntry.id)).all()) == entries


def test_l62_a_summary_is_answered_by_numbers(ward: Ward) -> None:
    """A summary mail, daily or on request, is answered with "1a 2r:off-topic 3t"; every author is told."""
    with transaction():
        ward.membership(MO).held_notices = HeldNotices.SUMMARY
    for subject, sender in (("One", ANN), ("Two", BEA), ("Three", BEA), ("Four", ANN), ("Five", ANN)):
        ward.write(subject, f"About {subject}.", sender)
    assert not [mail for mail in ward.mails(MO) if "To decide" in mail["Subject"]]
    ward.answer(ward.notice(MIA), "queue", sender=MIA)
    summary = ward.mails(MIA)[-1]
    assert "posts wait" in summary["Subject"]
    assert not [mail for mail in ward.mails(MIA) if "on its way" in plain(mail)]
    assert re.findall(r"^(\d)\. (\w+)$", plain(summary), re.MULTILINE)[:2] == [("1", "One"), ("2", "Two")]
    ward.answer(summary, "1a 2r:off-topic 3t 4b: say where\n9a", sender=MIA)
    rows = {held.subject: held for held in db.session.scalars(select(HeldPost))}
    states = {subject: held.state.value for subject, held in rows.items()}
    assert states == {"One": "approved", "Two": "rejected", "Three": "approved", "Four": "returned", "Five": "waiting"}
    assert rows["Two"].reason == "off-topic"
    assert ward.membership(BEA).trusted
    assert not ward.membership(ANN).trusted
    said = flat(ward.notice(MIA, "Re: 5 posts"))
    assert "“9a” was not understood" in said
    assert "1. approved." in said
    assert "off-topic" in plain(ward.notice(BEA, "Two"))
    assert "Your post is out" in ward.notice(BEA, "Three")["Subject"] or ward.notice(BEA, "out: Three")
    ward.answer(summary, "all a", sender=MIA)
    assert rows["Five"].state is HeldState.APPROVED
    assert "Mia Moss has rejected it already" in flat(ward.mails(MIA)[-1])


def test_l62_the_daily_summary_comes_at_the_moderators_hour(ward: Ward, move_clock: Callable[[float], None]) -> None:
    """Who chose summaries gets one a day at the own hour, and none when nothing waits."""
    with transaction():
        mo = ward.member(MO)
        ward.membership(MO).held_notices = HeldNotices.SUMMARY
        mo.time_zone, mo.digest_hour = "America/Chicago", (now().hour - 6 + 2) % 24
    clock_work(ward)
    ward.write("One")
    clock_work(ward)
    assert ward.mails(MO) == []
    move_clock(3.5 * 3600)
    clock_work(ward)
    clock_work(ward)
    assert len(ward.mails(MO)) == 1
    move_clock(20 * 3600)
    clock_work(ward)
    assert len(ward.mails(MO)) == 1
    with transaction():
        held = db.session.scalars(select(HeldPost)).one()
        held.reminded_at = now()
    ward.answer(ward.notice(MIA), "reject: done", sender=MIA)
    move_clock(30 * 3600)
    clock_work(ward)
    assert len(ward.mails(MO)) == 1


def test_l62_a_claim_is_seen_by_the_others_and_expires(
    ward: Ward, site: Site, move_clock: Callable[[float], None]
) -> None:
    """`claim` shows the others who is looking at a post, for 15 minutes; they can decide all the same."""
    held = ward.write("Locum cover")
    ward.answer(ward.notice(MO), "claim")
    ward.answer(ward.notice(MIA), "claim", sender=MIA)
    assert "Mo Dee is looking at it" in flat(ward.mails(MIA)[-1])
    browser = Browser(site.core).sign_in(ward.member(MIA))
    assert "Mo Dee is looking at it" in browser.open("/held")
    assert "Mo Dee is looking at it" in browser.open(f"/held/{held.public_id}")
    move_clock(16 * 60)
    assert "is looking at it" not in browser.open(f"/held/{held.public_id}")
    ward.answer(next(mail for mail in ward.mails(MIA) if mail["Subject"].startswith("To decide")), "claim", sender=MIA)
    assert held.claimed_by_id == ward.member(MIA).id


def test_l62_while_somebody_is_on_duty_only_they_hear(ward: Ward, move_clock: Callable[[float], None]) -> None:
    """A rota: while somebody is on duty only they get the single mails, and all hear again afterwards."""
    with transaction():
        add_turn(ward.group, ward.member(MIA), now(), now() + timedelta(days=2), actor_id=None)
    ward.write("One")
    assert (len(ward.mails(MO)), len(ward.mails(MIA))) == (0, 1)
    move_clock(3 * 24 * 3600)
    ward.write("Two")
    assert (len(ward.mails(MO)), len(ward.mails(MIA))) == (1, 2)


def test_l62_moderators_are_reminded_and_the_author_gets_it_back(
    ward: Ward, move_clock: Callable[[float], None]
) -> None:
    """All are reminded after a day and before the end; then the author gets the whole text back."""
    with transaction():
        ward.group.decide_within_days = 5
        ward.membership(MO).held_notices = HeldNotices.NONE
    text = "Every word of this comes back.\n" * 100
    held = ward.write("Locum cover", text)
    clock_work(ward)
    assert ward.mails(MO) == []
    reminders = []
    for hours in (25, 50, 97, 110):
        move_clock(hours * 3600)
        clock_work(ward)
        reminders.append(len([mail for mail in ward.mails(MO) if "too long" in mail["Subject"]]))
    assert reminders == [1, 1, 2, 2]
    assert held.state is HeldState.WAITING
    reminder = ward.notice(MO, "too long")
    move_clock(121 * 3600)
    clock_work(ward)
    db.session.expire_all()
    assert (held.state, held.decided_by_id) == (HeldState.RETURNED, None)
    back = ward.notice(ANN, "Not posted in time")
    assert plain(back).count("Every word of this comes back.") == 100
    assert "within 5 days" in flat(back)
    ward.answer(reminder, "1a")
    assert "nothing was done" in flat(ward.mails(MO)[-1])
    assert ward.posts() == []


def test_l63_an_edit_keeps_the_original_and_marks_the_post(ward: Ward, site: Site) -> None:
    """`edit` lets it out with a new text; the original is kept, and readers see that it was changed."""
    held = ward.write("Locum cover", "Mr Jones of 5 High Street needs a bed.")
    ward.answer(ward.notice(), "Edit:\nA patient needs a bed.\n\nWho has one?\n-- \nDr Mo Dee")
    post = db.session.get_one(Post, held.post_id)
    assert post.text == "A patient needs a bed.\n\nWho has one?"
    assert post.edited_at is not None
    assert held.original_text == "Mr Jones of 5 High Street needs a bed."
    copy = plain(ward.notice(BEA, "Locum"))
    assert "A patient needs a bed." in copy
    assert "Mr Jones" not in copy
    reader, moderator = (Browser(site.core).sign_in(ward.member(email)) for email in (BEA, MO))
    assert "changed by a moderator" in reader.open(f"/p/{post.public_id}")
    assert "Mr Jones" not in reader.body
    reader.open(f"/p/{post.public_id}/original")
    assert reader.status == 404
    moderator.open(f"/p/{post.public_id}")
    assert "Mr Jones of 5 High Street" in moderator.follow("changed by a moderator")
    assert "A patient needs a bed." in plain(ward.notice(ANN, "is out"))


def test_l64_approved_mail_keeps_its_date_and_its_thread(ward: Ward, move_clock: Callable[[float], None]) -> None:
    """Approved hours later, a mail goes out with its own date and stays in its thread, before later ones."""
    ward.write("Beds")
    ward.answer(ward.notice(), "approve")
    first = ward.notice(BEA, "Beds")
    early = ward.write("Re: Beds", "An early answer.", BEA, In_Reply_To=first["Message-ID"])
    arrived = early.created_at
    move_clock(3600)
    late = ward.write("Re: Beds", "A later answer.", ANN, In_Reply_To=first["Message-ID"])
    move_clock(6 * 3600)
    notices = [mail for mail in ward.mails(MO) if mail["Subject"] == "To decide in Cardiology: Re: Beds"]
    ward.answer(notices[0], "approve")
    ward.answer(notices[1], "approve")
    copies = [mail for mail in ward.mails(BEA) if mail["Subject"] == "Re: [Cardiology] Beds"]
    dates = [copy["Date"].datetime for copy in copies]
    assert abs(dates[0] - arrived) < timedelta(seconds=2)
    assert dates[1] - dates[0] > timedelta(minutes=55)
    assert all(first["Message-ID"] in copy["References"] for copy in copies)
    threads = {db.session.get_one(Post, held.post_id).thread_id for held in (early, late)}
    assert len(threads) == 1


def test_l65_one_answer_trusts_approves_all_holds_and_slows(ward: Ward, move_clock: Callable[[float], None]) -> None:
    """One answer can trust, approve all of an author, hold and slow the thread; each has its way back."""
    for subject in ("One", "Two", "Three"):
        ward.write(subject)
    forged = ward.write("Forged", dmarc=None)
    ward.write("Other", sender=BEA)
    about_one = next(mail for mail in ward.mails(MO) if "One" in mail["Subject"])
    ward.answer(about_one, "Approve all and trust, slow this thread 30 minutes")
    assert ward.posts() == ["One", "Two", "Three"]
    assert forged.state is HeldState.WAITING
    assert ward.membership(ANN).trusted
    assert ward.write("Four").subject == "Other"
    assert ward.posts()[-1] == "Four"
    thread = db.session.scalars(select(Post).where(Post.subject == "One")).one().thread
    assert thread.slow_seconds == 1800
    copy = ward.notice(BEA, "One")
    move_clock(60)
    ward.write("Re: One", "Too soon.", ANN, In_Reply_To=copy["Message-ID"])
    assert "slowed this thread" in flat(ward.mails(ANN)[-1])
    move_clock(3000)
    ward.write("Re: One", "Late enough.", ANN, In_Reply_To=copy["Message-ID"])
    assert ward.posts()[-1] == "Re: One"

    ward.answer(about_one, "release thread, hold thread")
    db.session.refresh(thread)
    assert thread.moderated_at is None or thread.slow_seconds is None
    ward.answer(about_one, "hold thread")
    db.session.refresh(thread)
    assert (thread.moderated_at is not None, thread.slow_seconds) == (True, None)
    waiting = ward.write("Re: One", "Read first.", ANN, In_Reply_To=copy["Message-ID"])
    assert [finding["rule"] for finding in waiting.findings] == ["thread_moderated"]
    assert "release thread" in flat(ward.mails(MO)[-2]) + flat(ward.mails(MO)[-1])
    ward.answer(about_one, "distrust")
    assert not ward.membership(ANN).trusted


def test_l66_one_command_holds_the_whole_list_and_releases_oldest_first(ward: Ward) -> None:
    """`hold group` holds everything; `release group` lets out what waited for that, oldest first."""
    with transaction():
        ward.group.moderate = Moderate.NONE
    ward.site.hand_in(a_mail(MO, "banyan@lists.localhost", "hold cardiology", ""), "banyan@lists.localhost")
    ward.site.work()
    db.session.expire_all()
    assert ward.group.emergency_since is not None
    for number in range(30):
        sender = (ANN, BEA)[number % 2]
        ward.site.hand_in(a_mail(sender, LIST, f"Number {number:02}", f"Text {number}."), LIST)
    ward.site.work()
    with transaction():
        ward.group.moderate = Moderate.ALL
    ward.write("Read first")
    with transaction():
        ward.group.moderate = Moderate.NONE
    assert ward.posts() == []
    assert "hold all posts for the moment" in flat(ward.notice(ANN, "Number 00"))
    ward.answer(ward.notice(MO, "Number 29"), "release group")
    assert ward.posts() == [f"Number {number:02}" for number in range(30)]
    assert "is out" in ward.notice(ANN, "out: Number 00")["Subject"]
    acts = set(db.session.scalars(select(LogEntry.act)))
    assert {"hold group", "release group"} <= acts


def test_l66_who_does_not_moderate_holds_nothing(ward: Ward) -> None:
    """Only a proven moderator holds or releases a group by command."""
    for sender, dmarc in ((ANN, "pass"), (MO, None), (MO, "fail")):
        mail = a_mail(sender, "banyan@lists.localhost", "hold cardiology", "", dmarc=dmarc)
        ward.site.hand_in(mail, "banyan@lists.localhost")
    ward.site.work()
    db.session.expire_all()
    assert ward.group.emergency_since is None


def test_l67_moderators_obey_by_setting_and_hear_nothing_twice(ward: Ward, site: Site) -> None:
    """Moderators' posts obey the rules by setting; a notice sent back to the list is never posted."""
    ward.write("By Mo", sender=MO)
    assert ward.posts() == ["By Mo"]
    with transaction():
        ward.group.moderators_obey = True
    ward.write("Read too", sender=MO)
    assert ward.posts() == ["By Mo"]
    notice = ward.notice(MIA)
    assert not [mail for mail in ward.mails(MO) if "To decide" in mail["Subject"]]
    site.hand_in(notice.as_bytes(), LIST, envelope_sender=MIA)
    site.hand_in(notice.as_bytes(), "cardiology-owner@lists.localhost", envelope_sender=MIA)
    site.work()
    assert ward.posts() == ["By Mo"]
    assert len(db.session.scalars(select(HeldPost)).all()) == 1


def test_l67_a_non_member_reaches_the_moderators(ward: Ward) -> None:
    """A letter of a non-member to `-owner` reaches the moderators and can only be set aside."""
    letter = a_mail("Pat Outside <pat@example.net>", "cardiology-owner@lists.localhost", "May I join?", "I am a nurse.")
    ward.site.hand_in(letter, "cardiology-owner@lists.localhost")
    ward.site.work()
    notice = ward.notice(MO, "A letter to the moderators")
    assert "Pat Outside <pat@example.net>" in flat(notice)
    ward.answer(notice, "approve")
    held = db.session.scalars(select(HeldPost)).one()
    assert held.state is HeldState.WAITING
    assert "cannot be posted" in flat(ward.mails(MO)[-1])
    ward.answer(notice, "reject answered by phone")
    assert held.state is HeldState.REJECTED
    assert "No mail goes to who wrote it" in flat(ward.mails(MO)[-1])
    assert ward.mails("pat@example.net") == []


def test_l67_a_letter_that_nobody_answers_is_not_dropped_in_silence(ward: Ward, move_clock) -> None:
    """Who wrote to `-owner` hears when nobody answers in time; a stranger only if proven, once a day."""
    owner = "cardiology-owner@lists.localhost"
    senders = ((ANN, "pass"), ("pat@example.net", "pass"), ("pat@example.net", "pass"), ("x@example.net", None))
    for number, (sender, dmarc) in enumerate(senders):
        ward.site.hand_in(a_mail(sender, owner, f"Letter {number}", "Who decides?", dmarc=dmarc), owner)
    ward.site.work()
    assert "One of them answers you by mail" in flat(ward.mails(ANN)[-1])
    move_clock(15 * 86_400)
    clock_work(ward)
    assert set(db.session.scalars(select(HeldPost.state))) == {HeldState.RETURNED}
    for email in (ANN, "pat@example.net"):
        told = ward.notice(email, "Not answered in time")
        assert f"write to them again at {owner}" in flat(told)
        assert "> Who decides?" in plain(told)
    assert len(ward.mails("pat@example.net")) == 1
    assert ward.mails("x@example.net") == []


def test_l68_a_member_withdraws_the_own_held_post(ward: Ward) -> None:
    """A member takes the own held post back by answering `withdraw`; another's answer does nothing."""
    held = ward.write("Locum cover")
    told = ward.notice(ANN, "is waiting")
    ward.answer(told, "withdraw", sender=BEA)
    ward.answer(told, "withdraw", sender=ANN, dmarc="fail")
    ward.answer(told, "Is there any news?", sender=ANN)
    assert held.state is HeldState.WAITING
    assert "withdraw" in flat(ward.mails(ANN)[-1])
    ward.answer(told, "Withdraw, please.", sender=ANN, dmarc=None)
    assert held.state is HeldState.WITHDRAWN
    assert "Withdrawn" in flat(ward.mails(ANN)[-1])
    ward.answer(ward.notice(MO), "approve")
    assert "already" in flat(ward.mails(MO)[-1])
    assert ward.posts() == []


def test_l68_what_was_never_the_authors_can_be_withdrawn_too(ward: Ward) -> None:
    """`withdraw` also answers "did you write this?": it is not posted."""
    with transaction():
        ward.group.moderate = Moderate.NONE
    held = ward.write("Forged", dmarc=None)
    ward.answer(ward.notice(ANN, "Did you write this?"), "withdraw", sender=ANN)
    assert held.state is HeldState.WITHDRAWN
    assert ward.posts() == []


def test_l83_every_act_of_moderating_is_in_the_log_with_its_way_back(ward: Ward) -> None:
    """Every act of a moderator, by mail or web, stands in the log with who, why and the way back."""
    ward.write("One")
    ward.answer(ward.notice(), "approve and trust, hold thread")
    about_one = ward.notice()
    ward.answer(next(mail for mail in ward.mails(MO) if mail["Subject"].startswith("To decide")), "hold group")
    ward.write("Two", sender=BEA)
    ward.answer(next(mail for mail in ward.mails(MO) if "Two" in mail["Subject"]), "reject: off topic")
    entries = db.session.scalars(select(LogEntry).where(LogEntry.actor_id == ward.member(MO).id)).all()
    assert {entry.act for entry in entries} >= {"approve", "trust", "hold thread", "hold group", "reject"}
    assert all(entry.undo for entry in entries if entry.act != "join")
    assert [entry.why for entry in entries if entry.act == "reject"] == ["off topic"]
    assert about_one is not None
    assert community() is not None
