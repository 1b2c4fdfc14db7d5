"""Real mail through deploy/postfix: what it refuses, what it takes, what comes back, and what a mailbox then holds."""

import http.client
import json
import re
import smtplib
import time
from contextlib import closing
from email.message import EmailMessage
from email.policy import SMTP

import dkim
import pytest

from tests.smtp_sink import Fault, defer
from tests.system.town import CROWD, DOMAIN, GONE, PEOPLE, SLOW, Copy, Town, a_roster, await_that

pytestmark = pytest.mark.system

CARDIOLOGY = f"cardiology@{DOMAIN}"
LOCUMS = f"locums@{DOMAIN}"
EVERYBODY = tuple(PEOPLE)


def test_a_mail_and_its_answer_from_a_real_mail_program_are_one_thread(town: Town) -> None:
    town.write("ann@example.org", CARDIOLOGY, "Cover in August", "Who can cover two weeks?\nFrom the 3rd on.")
    copy = town.copy("ben@example.org", "Cover in August")
    town.answer("ben@example.org", copy, "I can take the first one.")
    answer = town.copy("ann@example.org", "Re: [Cardiology] Cover in August")

    thread = _thread(town, "Cover in August")
    question, reply = thread["posts"]
    assert (question["email"], question["via"]) == ("ann@example.org", "mail")
    assert question["text"].strip() == "Who can cover two weeks?\nFrom the 3rd on."
    assert (reply["email"], reply["via"]) == ("ben@example.org", "mail")
    assert reply["text"].strip() == "I can take the first one."
    assert "> Who can cover two weeks?" in reply["folded"]
    assert reply["in_reply_to"] == question["message_id"] == copy.message["Message-ID"]
    # Ann's program finds its own mail in References; Ben's would find his.
    assert question["author_message_id"] in str(answer.message["References"])
    assert answer.message["In-Reply-To"] == question["message_id"]
    # The program answered the reader's own address and the group: one mail, one post, one copy each.
    assert [each.message["Message-ID"] for each in town.copies("cara@example.org")].count(reply["message_id"]) == 1


def test_a_copy_is_the_same_for_all_byte_for_byte_and_gives_no_address_away(town: Town) -> None:
    words = "Wer übernimmt?\n.\n..two dots\nFrom here on\n" + "A line that goes on. " * 80
    town.write("ann@example.org", CARDIOLOGY, "Fünf Wörter, ein Umlaut", words)
    town.fate("Fünf Wörter, ein Umlaut")
    post = _thread(town, "Fünf Wörter, ein Umlaut")["posts"][0]
    copies = {email: _copy_of(town, email, post["message_id"]) for email in EVERYBODY}
    assert len({copy.body for copy in copies.values()}) == 1
    for email, copy in copies.items():
        assert not re.search(rb"\w+@example\.org", _without_trace(copy.raw)), "a member's address is in the copy"
        assert copy.message["Return-Path"].startswith("<bounce+")
        assert copy.message["X-Original-To"] == email
        assert max(map(len, copy.raw.splitlines())) <= 998
        assert copy.raw.isascii()
        assert dkim.verify(copy.raw, dnsfunc=lambda name, timeout=5: town.signature_key(name.decode()))
    plain = next(part for part in copies["ben@example.org"].message.walk() if part.get_content_type() == "text/plain")
    shown = plain.get_payload(decode=True).decode()
    for line in (*words.splitlines()[:4], "A line that goes on."):
        assert f"{line}\n" in shown or f"{line} " in shown
    personal = ("Return-Path", "Reply-To", "List-Unsubscribe")
    assert all(len({copy.message[name] for copy in copies.values()}) == len(copies) for name in personal)


def test_a_post_to_many_does_not_hold_up_a_post_to_few(town: Town) -> None:
    town.banyan.run("group", "create", "everybody", "--name", "Everybody")
    town.banyan.run(
        "member", "import", str(a_roster(town.folder, "everybody", ("ann@example.org", *CROWD))), "--group", "everybody"
    )
    # A provider that takes its time, as they do: without it all were done before anybody could look.
    town.crowd.faults = [Fault("dot", delay=0.05)]
    town.write("ann@example.org", f"everybody@{DOMAIN}", "To all of you", "The hospital closes on Friday.")
    await_that(lambda: town.crowd.copies or None, "the post to many does not go out")
    began = time.monotonic()
    town.write("ann@example.org", CARDIOLOGY, "To a few", "Who has the key?")
    town.copy("ben@example.org", "To a few")
    seconds, meanwhile = time.monotonic() - began, town.crowd.copies
    assert seconds < 5
    assert meanwhile < len(CROWD), f"all {meanwhile} copies were out already, so that this shows nothing"
    await_that(lambda: town.crowd.copies == len(CROWD) or None, "not everybody got a copy", 60)
    print(f"\n{meanwhile} of {len(CROWD)} copies were out when the few had theirs, after {seconds:.1f} s;", end=" ")
    print(f"all were out after {time.monotonic() - began:.1f} s")


def test_an_unknown_address_is_refused_while_the_sender_is_on_the_line(town: Town) -> None:
    with _on_the_line(town) as server:
        server.mail("ann@example.org")
        for unknown in (f"nobody@{DOMAIN}", f"reply+notatoken@{DOMAIN}", f"cardiologie-owner@{DOMAIN}"):
            code, words = server.rcpt(unknown)
            assert code == 550, (unknown, words)
        assert server.rcpt(CARDIOLOGY)[0] == 250
    assert f"to=<nobody@{DOMAIN}>" in town.community.said()
    assert not town.community.waiting(), "something was taken that will have to be bounced"


def test_a_mail_that_is_too_large_is_refused_and_one_that_just_fits_is_taken(town: Town) -> None:
    with _on_the_line(town) as server:
        assert server.docmd(f"MAIL FROM:<ann@example.org> SIZE={25_500_000}")[0] == 552
    message = _mail("ann@example.org", CARDIOLOGY, "A film of the valve")
    message.add_attachment(b"\0\1\2" * 6_050_000, maintype="video", subtype="mp4", filename="valve.mp4")
    raw = message.as_bytes(policy=SMTP)
    assert 24_500_000 < len(raw) < 24_899_000
    with _on_the_line(town) as server:
        assert server.sendmail("ann@example.org", [CARDIOLOGY], raw) == {}
    assert town.fate("A film of the valve")["state"] == "posted"
    copy = town.copy("ben@example.org", "A film of the valve")
    assert len(copy.raw) < 20_000
    assert b"/a/" in copy.raw


def test_what_somebody_wrote_in_our_name_about_a_sender_is_taken_out(town: Town) -> None:
    forged = "mx.example.org; dmarc=pass header.from=example.org"
    for sender, subject in (("ann@silent.example", "Silent forgery"), ("ann@evil.example", "Judged forgery")):
        message = _mail("Ann Lee <ann@example.org>", CARDIOLOGY, subject, Authentication_Results=forged)
        with _on_the_line(town) as server:
            server.sendmail(sender, [CARDIOLOGY], message.as_bytes(policy=SMTP))
    silent, judged = town.fate("Silent forgery"), town.fate("Judged forgery")
    assert (silent["state"], judged["state"]) == ("held", "held")
    held = {each["subject"]: each for each in town.banyan.ask("held", "list", "--group", "cardiology")}
    # Had the forged line come through, it would be the topmost one of the first mail, and its author proven.
    assert {"Silent forgery", "Judged forgery"} <= held.keys()
    assert not [each for each in town.copies("ben@example.org") if "forgery" in str(each.message["Subject"])]


def test_one_click_in_a_received_header_ends_that_groups_mail(town: Town) -> None:
    town.write("ann@example.org", LOCUMS, "Before the click", "Is everybody still here?")
    copy = town.copy("dora@example.org", "Before the click")
    address = re.search(r"<http://127\.0\.0\.1:(\d+)(/[^>]+)>", str(copy.message["List-Unsubscribe"]))
    assert address is not None
    assert copy.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    # As a mail provider does it: no cookie, no redirect followed, and a second time by mistake.
    for _twice in range(2):
        with closing(http.client.HTTPConnection("127.0.0.1", int(address[1]), timeout=10)) as web:
            form = {"Content-Type": "application/x-www-form-urlencoded"}
            web.request("POST", address[2], "List-Unsubscribe=One-Click", form)
            assert web.getresponse().status == 200
    town.write("ann@example.org", LOCUMS, "After the click", "Who is left?")
    town.copy("ben@example.org", "After the click")
    post = _thread(town, "After the click")["posts"][0]
    _copy_of(town, "cara@example.org", post["message_id"])
    time.sleep(0.5)
    assert not [each for each in town.copies("dora@example.org") if "After the click" in str(each.message["Subject"])]


def test_a_closed_mailbox_comes_back_as_a_report_that_is_classed(town: Town) -> None:
    town.write("ann@example.org", LOCUMS, "Night shifts", "Two nights, who can?")
    town.copy("ben@example.org", "Night shifts")

    def look() -> dict[str, object] | None:
        mails = town.banyan.ask("mail", "list", "--state", "bounce")
        return next((each for each in mails if "MAILER-DAEMON" in str(each["from"]).upper()), None)

    report = await_that(look, f"no report came back; Postfix said:\n{town.community.said()[-4000:]}")
    assert str(report["to"][0]).startswith("bounce+")
    assert "dead" in str(report["reason"])
    assert "counts for nothing" not in str(report["reason"])
    trace = town.banyan.run("mail", "trace", GONE)
    assert "Night shifts" in trace or "550" in trace or "report" in trace, trace
    assert GONE.encode() not in b"".join(each.raw for email in EVERYBODY for each in town.copies(email))


def test_a_provider_that_makes_us_wait_delays_nobody_else(town: Town) -> None:
    town.slow.faults = [defer("rcpt")]
    town.write("ann@example.org", LOCUMS, "While one waits", "Does everybody read this at once?")
    began = time.monotonic()
    town.copy("ben@example.org", "While one waits")
    assert time.monotonic() - began < 5

    def deferred() -> str | None:
        return next((line for line in town.community.waiting() if SLOW in line), None)

    waiting = json.loads(await_that(deferred, "nothing waits for the slow provider"))
    assert "greylisted" in json.dumps(waiting)
    town.slow.faults = []
    town.community.flush()
    first = town.slow.wait_for(1)[0]
    assert first.recipients == (SLOW,)


def test_while_banyan_is_away_mail_waits_and_nobody_is_told_no(town: Town) -> None:
    town.banyan.stop()
    with _on_the_line(town) as server:
        server.mail("ann@example.org")
        # Not asked for before, so that nobody can say whether it is there.
        assert server.rcpt(f"locums-owner@{DOMAIN}")[0] == 450
        assert server.rcpt(CARDIOLOGY)[0] == 250
    town.write("ann@example.org", CARDIOLOGY, "While you were away", "Is anybody there?")
    town.banyan.start()
    town.community.flush()
    assert town.fate("While you were away")["state"] == "posted"
    town.copy("ben@example.org", "While you were away")


def _on_the_line(town: Town) -> smtplib.SMTP:
    """A conversation with the community's mail server, as a stranger's has it."""
    server = smtplib.SMTP("127.0.0.1", town.community.port, local_hostname="mail.elsewhere.example", timeout=30)
    server.ehlo()
    return server


def _mail(sender: str, recipient: str, subject: str, **headers: str) -> EmailMessage:
    message = EmailMessage()
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message["From"], message["To"], message["Subject"] = sender, recipient, subject
    message["Message-ID"] = f"<{subject.replace(' ', '.')}@example.org>"
    message.set_content("What do you think of this?")
    return message


def _thread(town: Town, subject: str) -> dict[str, list[dict[str, str]]]:
    threads = [
        each
        for group in ("cardiology", "locums")
        for each in town.banyan.ask("thread", "list", "--group", group)
        if each["subject"] == subject
    ]
    assert len(threads) == 1, threads
    shown: dict[str, list[dict[str, str]]] = town.banyan.ask("thread", "show", threads[0]["id"])
    return shown


def _copy_of(town: Town, email: str, message_id: str) -> Copy:
    return await_that(
        lambda: next((each for each in town.copies(email) if each.message["Message-ID"] == message_id), None),
        f"{email} has no copy",
    )


def _without_trace(raw: bytes) -> bytes:
    """A copy without the lines that the reader's own mail server put on top of it."""
    return raw.partition(b"\nFrom: ")[2]
