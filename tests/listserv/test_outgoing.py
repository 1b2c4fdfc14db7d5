"""What goes out, L21, L35 to L39, L41 and L42: as the copies arrive at the smarthost."""

import re
import threading
import time
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from sqlalchemy import select

from forum.accounts.models import Member
from forum.db import db, transaction
from forum.groups.actions import create_group
from forum.groups.models import Group, MailContent, ReplyTo, Role
from forum.queue import back_off
from forum.threads.models import Post, Thread
from forum.work import work_until, workers
from mailgateway.models import Delivery, DeliveryState
from tests.forum.web.browser import Browser
from tests.gateway import a_mail
from tests.people import a_crowd, a_group, a_member
from tests.site import Site
from tests.smtp_sink import Fault, defer

CARDIOLOGY = "cardiology@lists.localhost"
ANN = "Ann <ann@example.org>"
BEA = "bea@example.org"


def a_pair(group: Group) -> tuple[Member, Member]:
    return a_member("ann@example.org", "Ann Lee", group), a_member(BEA, "Bea Okafor", group)


def take(site: Site, message: EmailMessage | bytes, *recipients: str, sender: str | None = None) -> None:
    assert site.hand_in(message, *(recipients or (CARDIOLOGY,)), envelope_sender=sender) == {}
    site.work()


def copies_for(site: Site, email: str) -> list[EmailMessage]:
    found = [message_from_bytes(each.content, policy=default) for each in site.mailed(email)]
    assert all(isinstance(each, EmailMessage) for each in found)
    return found  # type: ignore[return-value]  # as just asserted


def words(message: EmailMessage, kind: str = "plain") -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


# --- robots ---


def test_l21_mail_of_ours_asks_robots_to_keep_quiet(site: Site) -> None:
    """Our mail tells out-of-office robots to keep quiet, and notices say that they are automatic."""
    group = a_group()
    a_pair(group)
    take(site, a_mail(ANN, CARDIOLOGY, "Locum", "Who can?"))
    take(site, a_mail(ANN, "cardiology-help@lists.localhost", "help", "help"))
    copy = copies_for(site, BEA)[-1]
    assert copy["Precedence"] == "list"
    assert "OOF" in copy["X-Auto-Response-Suppress"]
    assert "cardiology.lists.localhost" in copy["List-Id"]
    # A post is a person's: were it marked as automatic, other lists and people's filters would drop it.
    assert copy["Auto-Submitted"] is None
    notice = next(each for each in copies_for(site, "ann@example.org") if each["List-Id"] is None)
    assert notice["Auto-Submitted"] == "auto-generated"
    assert notice["X-Auto-Response-Suppress"] == "All"


# --- headers ---


def test_l35_list_headers_are_right_for_a_group_and_its_subgroup(site: Site) -> None:
    """The List headers and Archived-At name the right group, also in a subgroup."""
    parent = a_group()
    with transaction():
        child = create_group("heart-failure", "Heart Failure", parent=parent)
    a_member("ann@example.org", "Ann Lee", parent, child)
    a_member(BEA, "Bea Okafor", parent, child)
    for name, group in (("cardiology", parent), ("heart-failure", child)):
        take(site, a_mail(ANN, f"{name}@lists.localhost", f"About {name}", "Who can?"), f"{name}@lists.localhost")
        copy = copies_for(site, BEA)[-1]
        here = f"mailto:{name}"
        assert copy["List-Id"] == f'"{group.name}" <{name}.lists.localhost>'
        assert copy["List-Post"] == f"<{here}@lists.localhost>"
        assert f"<{here}-help@lists.localhost>" in copy["List-Help"]
        assert copy["List-Owner"] == f"<{here}-owner@lists.localhost>"
        assert f"<{here}-join@lists.localhost>" in copy["List-Subscribe"]
        assert copy["List-Archive"] == f"<http://127.0.0.1:8000/g/{name}>"
        assert copy["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        link, mail = re.findall(r"<([^>]+)>", copy["List-Unsubscribe"])
        assert link.startswith("http://127.0.0.1:8000/u/")
        assert mail.startswith("mailto:leave+")
        assert group.name in site.client.get(link.removeprefix("http://127.0.0.1:8000")).get_data(as_text=True)
        post = db.session.scalars(select(Post).order_by(Post.id.desc())).first()
        assert copy["Archived-At"] == f"<http://127.0.0.1:8000/p/{post.public_id}>"


# --- who it is from, and where answers go ---


def test_l36_a_post_comes_from_our_domain_and_hides_both_addresses(site: Site) -> None:
    """From is "Ann Lee via Cardiology" at our domain; no member's address stands anywhere in a copy."""
    group = a_group()
    a_pair(group)
    take(site, a_mail(ANN, CARDIOLOGY, "Locum", "Who can?"))
    copy, raw = copies_for(site, BEA)[-1], site.mailed(BEA)[-1].content
    author = copy["From"].addresses[0]
    assert (author.display_name, author.domain) == ("Ann Lee via Cardiology", "lists.localhost")
    assert author.username.startswith("author+")
    assert copy["Reply-To"].addresses[0].username.startswith("reply+")
    assert b"example.org" not in raw


def test_l36_answers_go_where_the_group_wants(site: Site) -> None:
    """By the group's choice an answer goes to the thread, or to the author without showing an address."""
    group = a_group()
    a_pair(group)
    with transaction():
        db.session.get_one(Group, group.id).reply_to = ReplyTo.AUTHOR
    take(site, a_mail(ANN, CARDIOLOGY, "Locum", "Who can?"))
    copy = copies_for(site, BEA)[-1]
    assert copy["Reply-To"].addresses[0].addr_spec == copy["From"].addresses[0].addr_spec
    assert copy["Reply-To"].addresses[0].display_name == "Ann Lee"
    assert "your answer goes to Ann Lee alone" in words(copy)
    # Who answers all has the group in To.
    assert copy["To"].addresses[0].addr_spec == CARDIOLOGY


# --- signatures ---

FOREIGN = (
    b"DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=s1; h=from:subject; bh=abc; b=def\r\n"
    b"ARC-Seal: i=1; a=rsa-sha256; d=example.org; cv=none; b=def\r\n"
    b"Authentication-Results: mx.banyan.test; dmarc=pass header.from=example.org\r\n"
    b"X-Mailer: A mail program\r\nReceived: from the practice by mx\r\nX-Originating-IP: [192.0.2.7]\r\n"
    b"DomainKey-Signature: a=rsa-sha1; b=old\r\nDisposition-Notification-To: ann@example.org\r\n"
)


def test_l37_nothing_of_the_authors_signatures_and_headers_goes_out(site: Site) -> None:
    """Old signatures, authentication results and other headers of the author's mail never go out again."""
    a_pair(a_group())
    own = a_mail(ANN, CARDIOLOGY, "Locum", "Who can?", dmarc=None).as_bytes()
    authentic = FOREIGN.splitlines(keepends=True)[2]
    take(site, authentic + FOREIGN.replace(authentic, b"") + own, sender="ann@example.org")
    raw = site.mailed(BEA)[-1].content
    head = raw.partition(b"\r\n\r\n")[0].lower()
    for name in FOREIGN.lower().split(b"\r\n"):
        assert name.partition(b":")[0] not in head or not name
    assert b"192.0.2.7" not in raw


# --- the text ---


def test_l38_the_text_part_can_be_read_alone(site: Site) -> None:
    """Every copy has a text part, also of HTML mail: wrapped, quotes marked, links shown."""
    a_pair(a_group())
    mail = EmailMessage()
    mail["Authentication-Results"] = "mx.banyan.test; dmarc=pass header.from=example.org"
    mail["From"], mail["To"], mail["Subject"], mail["Message-ID"] = ANN, CARDIOLOGY, "Guideline", "<g1@example.org>"
    mail.set_content(
        "<p>Read <a href='https://guideline.example/hf'>the new guideline</a>, please, since it says at length what "
        "we have all been doing for many years without anybody having written it down in so many words.</p>"
        "<blockquote><p>An ACE inhibitor first.</p></blockquote><p>I agree.</p>",
        subtype="html",
    )
    take(site, mail)
    text = words(copies_for(site, BEA)[-1])
    assert "https://guideline.example/hf" in text
    assert "> An ACE inhibitor first." in text
    assert all(len(line) <= 78 for line in text.splitlines())


@pytest.mark.parametrize("letter", ["a", "ü", "心"])
def test_l38_a_long_post_stays_under_what_gmail_cuts_off(site: Site, letter: str) -> None:
    """A mail stays under 102 kB: a longer post goes as its beginning, with a link to the rest."""
    a_pair(a_group())
    text = "\n\n".join(f"{number}: " + f"{letter * 9} " * 60 for number in range(180))
    take(site, a_mail(ANN, CARDIOLOGY, "A long report", text))
    copy, raw = copies_for(site, BEA)[-1], site.mailed(BEA)[-1].content
    assert 20_000 < len(raw) < 102_000
    post = db.session.scalars(select(Post)).one()
    assert len(post.text) > 100_000
    for kind in ("plain", "html"):
        shown = words(copy, kind)
        assert f"0: {letter * 9}" in " ".join(shown.split())
        assert f"http://127.0.0.1:8000/p/{post.public_id}" in shown
        assert "Mail settings" in shown  # our lines at the end are not cut off


# --- groups whose mail says nothing ---


def a_silent_group() -> Group:
    return a_group(mail_content=MailContent.LINK)


def test_l39_mail_of_a_link_only_group_says_nothing(site: Site) -> None:
    """In a "link only" group a mail has no title, author, words or files: only that there is a post."""
    a_pair(a_silent_group())
    mail = a_mail(ANN, CARDIOLOGY, "Suicide of a colleague", "We lost Dr Novak on Monday.")
    mail.add_attachment(b"%PDF-1.4 secret", maintype="application", subtype="pdf", filename="novak.pdf")
    take(site, mail)
    more = {"In_Reply_To": str(mail["Message-ID"])}
    take(site, a_mail(ANN, CARDIOLOGY, "Re: Suicide of a colleague", "More of it.", **more))
    for copy, sent in zip(copies_for(site, BEA), site.mailed(BEA), strict=True):
        assert copy["Subject"] == "[Cardiology] New post"
        assert copy["From"].addresses[0].addr_spec == CARDIOLOGY
        assert copy["References"] is copy["In-Reply-To"] is None
        shown = " ".join((sent.content.decode(), words(copy), words(copy, "html")))
        for secret in ("Suicide", "colleague", "Novak", "novak", "Ann", "ann@", "More of it", "secret", "author+"):
            assert secret not in shown
        assert not list(copy.iter_attachments())
        assert "/p/" in words(copy)
    assert len(copies_for(site, BEA)) == 2


def test_l39_an_answer_to_a_link_only_mail_stays_in_its_thread(site: Site) -> None:
    """An answer to a "link only" mail joins its thread, though its subject says nothing."""
    a_pair(a_silent_group())
    take(site, a_mail(ANN, CARDIOLOGY, "Suicide of a colleague", "We lost Dr Novak on Monday."))
    copy = copies_for(site, BEA)[-1]
    to = copy["Reply-To"].addresses[0].addr_spec
    take(site, a_mail(f"Bea <{BEA}>", to, f"Re: {copy['Subject']}", "I am so sorry."), to)
    db.session.rollback()
    assert [thread.posts for thread in db.session.scalars(select(Thread))] == [2]


# --- who does not answer delays nobody ---


def states() -> dict[str, DeliveryState]:
    db.session.rollback()
    rows = db.session.execute(select(Member.name, Delivery.state).join(Member, Member.id == Delivery.member_id))
    return {row.name: row.state for row in rows}


def test_l41_a_domain_that_defers_delays_nobody_and_gets_its_copies_later(site: Site, move_clock) -> None:
    """A domain that says "later" delays nobody else; its own copies are tried again, and sent once."""
    group = a_group()
    ann = a_member("ann@example.org", "Ann", group)
    for number in range(40):
        a_member(f"m{number}@{'grey' if number % 4 == 0 else 'quick'}.example", f"M {number}", group)
    site.sink.faults = [defer("rcpt", "*@grey.example"), Fault("rcpt", "m1@quick.example", "550 5.1.1 unknown")]
    take(site, a_mail(f"Ann <{ann.addresses[0].email}>", CARDIOLOGY, "Locum", "Who can?"))
    assert sorted(site.sink.recipients) == sorted(
        ["ann@example.org", *(f"m{number}@quick.example" for number in range(2, 40) if number % 4)]
    )
    assert states()["M 1"] is DeliveryState.REFUSED
    assert {state for name, state in states().items() if name[2:].isdigit() and int(name[2:]) % 4 == 0} == {
        DeliveryState.WAITING
    }
    site.sink.faults = []
    site.work()
    assert "m0@grey.example" not in site.sink.recipients  # not before its time
    move_clock(back_off(1).total_seconds() + 1)
    site.work()
    assert sorted(set(site.sink.recipients)) == sorted(site.sink.recipients)
    assert len(site.sink.recipients) == 40


def test_l42_posts_of_other_groups_do_not_wait_for_a_long_one(site: Site) -> None:
    """While a post goes to many, posts to small groups go out between its copies, not after them."""
    large, small = a_group(), a_group("gulf-coast", "Gulf Coast")
    a_crowd(400, large)
    a_member("ann@example.org", "Ann", large, small)
    a_member(BEA, "Bea", small)
    site.sink.faults = [Fault("dot", delay=0.02)]
    assert site.hand_in(a_mail(ANN, CARDIOLOGY, "To very many", "Who can?"), CARDIOLOGY) == {}
    stop = threading.Event()
    kinds = {kind: worker for kind, worker in workers().items() if kind in ("intake", "fan_out", "deliver")}
    working = threading.Thread(target=work_until, args=(site.core, kinds, "test", stop))
    working.start()
    try:
        site.sink.wait_for(60, timeout=30)
        gulf = "gulf-coast@lists.localhost"
        assert site.hand_in(a_mail(ANN, gulf, "To two", "Who can?"), gulf) == {}
        until = time.monotonic() + 30
        while not site.mailed(BEA):
            assert time.monotonic() < until
            time.sleep(0.02)
        assert len(site.sink.messages) < 380, "it has waited for the long one"
    finally:
        stop.set()
        working.join()


def test_l42_moderators_see_how_long_mail_waits(site: Site, move_clock) -> None:
    """Moderators see how old the oldest waiting mail is, and how many copies are tried again."""
    group = a_group()
    a_pair(group)
    browser = Browser(site.core)
    browser.sign_in(a_member("mo@example.org", "Mo", group, role=Role.MODERATOR))
    browser.open("/g/cardiology/held")
    assert "No mail is waiting." in browser.text
    site.sink.faults = [defer("rcpt", BEA)]
    take(site, a_mail(ANN, CARDIOLOGY, "Locum", "Who can?"))
    browser.open("/g/cardiology/held")
    assert "1 copy will be tried again later" in browser.text
    move_clock(back_off(1).total_seconds() + 200)
    browser.open("/held")
    assert "Oldest mail waiting: 3 minutes" in browser.text


# --- private answers ---


def test_l36_reply_only_to_author(site: Site) -> None:
    """Answering the From of a post reaches its author alone, both ways, with both addresses hidden."""
    group = a_group()
    a_pair(group)
    a_member("chen@example.net", "Chen Wei", group)
    take(site, a_mail(ANN, CARDIOLOGY, "Locum", "Who can?"))
    target = copies_for(site, BEA)[-1]["From"].addresses[0].addr_spec
    site.sink.reset()
    people, texts = {BEA: "ann@example.org", "ann@example.org": BEA}, ("Only for you: I can.", "Then call me.")
    for sender, text in zip(people, texts, strict=True):
        answer = a_mail(f"Somebody <{sender}>", target, "Re: [Cardiology] Locum", f"{text}\n\n> From: {sender}\n")
        take(site, answer, target)
        [received] = site.mailed(people[sender])
        mail = copies_for(site, people[sender])[-1]
        assert text in words(mail)
        assert sender.encode() not in received.content.lower()
        assert sender not in words(mail) + words(mail, "html")
        assert "via Cardiology" in mail["From"]
        target = mail["From"].addresses[0].addr_spec
    assert site.mailed("chen@example.net") == []
    assert len(db.session.scalars(select(Post)).all()) == 1
    # What a program answers goes nowhere.
    take(site, a_mail(BEA, target, "Out of office", "Away.", Auto_Submitted="auto-replied"), target)
    assert len(site.sink.messages) == 2
