"""Private answers by mail: both addresses stay hidden, who may write to whom, the cap, blocking and reporting."""

import time
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from sqlalchemy import func, select

from forum.blobs import Blob
from forum.db import db, transaction
from forum.groups.leaving import leave
from forum.groups.models import Kind, Role, Standing
from forum.groups.queries import community, membership_of
from forum.groups.standing import set_standing
from forum.log import LogEntry
from forum.private.models import Block, PrivateAnswer, PrivateFile
from forum.private.queries import token_of
from forum.tokens import Purpose, current_tokens
from forum.work import work_once, workers
from mailgateway import retention
from mailgateway.models import InboundMail
from mailgateway.own_marks import without_own_marks
from tests.gateway import a_mail, addresses
from tests.people import a_group, a_member, post
from tests.site import Site

ANN, BEA, MOE = "ann.lee@clinic.example", "b.okafor@hospital.example", "moe@example.org"
SYSTEM = "banyan@lists.localhost"
DAY = 24 * 3600


@pytest.fixture
def people(site: Site):
    """Ann has posted in Cardiology, Bea has the copy, Moe moderates."""
    group = a_group()
    ann, bea = a_member(ANN, "Ann Lee", group), a_member(BEA, "Bea Okafor", group)
    a_member(MOE, "Moe Vance", group, role=Role.MODERATOR)
    site.hand_in(
        a_mail(ANN, "cardiology@lists.localhost", "Locum", "Who can?", Message_ID="<ann1@clinic.example>"),
        "cardiology@lists.localhost",
    )
    site.work()
    return group, ann, bea


def read(received) -> EmailMessage:
    return message_from_bytes(received.content, policy=default)


def last_to(site: Site, email: str) -> EmailMessage:
    return read(site.mailed(email)[-1])


def text_of(mail: EmailMessage) -> str:
    return mail.get_body(("plain",)).get_content()


def relay_address(mail: EmailMessage) -> str:
    return mail["From"].addresses[0].addr_spec


def quoted(mail: EmailMessage) -> str:
    return "".join(f"> {line}\n" for line in text_of(mail).splitlines())


def an_answer(sender: str, to: EmailMessage, text: str, **headers: str) -> EmailMessage:
    """What a mail program makes of "reply" to the From of a mail, quote and all."""
    shown = f"{to['From']}".replace("\n", " ")
    body = f"{text}\n\nOn Mon, 9 Nov 2026, {shown} wrote:\n{quoted(to)}\n-- \nDr. {sender}\n"
    subject = to["Subject"] if to["Subject"].startswith("Re:") else f"Re: {to['Subject']}"
    return a_mail(sender, relay_address(to), subject, body, In_Reply_To=to["Message-ID"], **headers)


def hand_in(site: Site, message: EmailMessage, **more: str) -> tuple[str, str]:
    recipient = message["To"].addresses[0].addr_spec
    assert site.hand_in(message, recipient, **more) == {}
    site.work()
    mail = db.session.scalars(select(InboundMail).order_by(InboundMail.id.desc())).first()
    return mail.state.value, mail.reason


def decoded(received) -> bytes:
    """All octets of a mail as sent, and every part decoded besides: names and addresses hide in encodings too."""
    mail = message_from_bytes(received.content, policy=default)
    parts = [part.get_payload(decode=True) or b"" for part in mail.walk()]
    headers = [f"{name}: {value}" for part in mail.walk() for name, value in part.items()]
    return b"\n".join([received.content, *parts, "\n".join(headers).encode()]).lower()


def test_neither_address_is_in_any_octet_of_a_conversation(site: Site, people) -> None:
    first = an_answer(f"Bea Okafor <{BEA}>", last_to(site, BEA), "I can, in strict confidence.")
    first.add_attachment(b"my rota", maintype="text", subtype="csv", filename=f"rota of {BEA}.csv")
    assert hand_in(site, first) == ("command", "sent privately")
    to_ann = last_to(site, ANN)
    assert str(to_ann["From"]) == f"Bea Okafor via Cardiology <{relay_address(to_ann)}>"
    assert "I can, in strict confidence." in text_of(to_ann)
    page = to_ann.get_body(("html",)).get_content()
    assert "<p>I can, in strict confidence.</p>" in page
    assert [file.get_filename() for file in to_ann.iter_attachments()] == ["rota of Bea Okafor.csv"]
    assert to_ann["Auto-Submitted"] is None
    # And back the same way, several times.
    reader, writer = ANN, BEA
    for number in range(4):
        back = an_answer(f"Somebody <{reader}>", last_to(site, reader), f"Answer {number}.")
        assert hand_in(site, back)[0] == "command"
        reader, writer = writer, reader
    private = [each for each in site.sink.messages if b"only you got this" in decoded(each)]
    assert len(private) == 5
    for each in private:
        [recipient] = each.recipients
        other = BEA if recipient == ANN else ANN
        # The recipient's own address stands in To, as in every mail; of the other's there is nothing.
        assert other.encode() not in decoded(each)
        assert other.partition("@")[2].encode() not in decoded(each)
        assert text_of(read(each)).count(recipient) == 0


def test_the_thread_holds_in_both_mailboxes_by_ids_of_our_own(site: Site, people) -> None:
    post_of_ann = last_to(site, BEA)
    hand_in(site, an_answer(BEA, post_of_ann, "One.", Message_ID="<bea1@hospital.example>"))
    to_ann = last_to(site, ANN)
    assert to_ann["In-Reply-To"] == post_of_ann["Message-ID"]
    assert to_ann["References"].split() == [post_of_ann["Message-ID"], "<ann1@clinic.example>"]
    assert to_ann["Message-ID"].endswith("@lists.localhost>")
    hand_in(site, an_answer(ANN, to_ann, "Two.", Message_ID="<ann2@clinic.example>"))
    to_bea = last_to(site, BEA)
    assert to_bea["In-Reply-To"] == to_ann["Message-ID"]
    # Bea's own id of her first answer is there for her program; Ann's own ids are not.
    ids = [post_of_ann["Message-ID"], to_ann["Message-ID"], "<bea1@hospital.example>"]
    assert to_bea["References"].split() == ids


def test_nothing_that_the_sender_wrote_is_lost_and_no_token_comes_back(site: Site, people) -> None:
    hand_in(site, an_answer(BEA, last_to(site, BEA), "One."))
    to_ann = last_to(site, ANN)
    block_code = next(word for word in text_of(to_ann).split() if "/private/" in word).rpartition("/")[2]
    assert current_tokens().read(Purpose.BLOCK, block_code) is not None
    below = a_mail(
        ANN,
        relay_address(to_ann),
        "Re: Locum",
        f"Above the quote.\n\nOn Monday, Bea Okafor <{BEA}> wrote:\n{quoted(to_ann)}\nBelow the quote.\n\n"
        f"> I can on Monday\nAnd between.\n> or on Tuesday\nAnd at the end. Write to ann@private.example.\n",
    )
    assert hand_in(site, below)[0] == "command"
    words = text_of(last_to(site, BEA))
    for mine in ("Above the quote.", "Below the quote.", "And between.", "ann@private.example", "> I can on Monday"):
        assert mine in words
    assert words.index("Above the quote.") < words.index("Below the quote.") < words.index("And between.")
    assert block_code not in words
    assert BEA not in words
    theirs = current_tokens().read(Purpose.BLOCK, words.rpartition("block ")[2].split()[0])
    assert theirs is not None
    assert words.count("/private/") == 1


def test_the_footers_of_copies_are_taken_out_however_they_are_quoted(site: Site, people) -> None:
    own, base = addresses(), site.settings.base_url
    copy = last_to(site, BEA)
    leave = own.leave_token(2, 2)
    text = f"Mine.\n{quoted(copy)}\n>> To: Cardiology <{copy['Reply-To'].addresses[0].addr_spec}>\n> {base}/u/{leave} x"
    cleaned = without_own_marks(text, own, base)
    assert "Who can?" in cleaned
    assert "Mine." in cleaned
    for gone in (leave, "reply+", "Mail settings", "your answer goes to the whole group"):
        assert gone not in cleaned
    assert without_own_marks("A word such as abcdefghijklmnopqrstuvwx stays.", own, base).endswith("wx stays.")


@pytest.mark.parametrize("dmarc", [None, "none"])
def test_who_is_not_proven_is_asked_once_a_day_and_nothing_goes_on(site: Site, people, dmarc) -> None:
    copy = last_to(site, BEA)
    for number in range(3):
        unproven = a_mail(BEA, relay_address(copy), "Re: Locum", f"Psst {number}.", dmarc=dmarc)
        assert hand_in(site, unproven)[0] == "returned"
    assert [each["Subject"] for each in map(read, site.mailed(BEA))].count("Did you write a private answer?") == 1
    assert not any("Psst" in text_of(each) for each in map(read, site.mailed(ANN)))


def test_forgers_strangers_and_programs_reach_nobody(site: Site, people) -> None:
    target, before = relay_address(last_to(site, BEA)), len(site.sink.messages)
    assert hand_in(site, a_mail(BEA, target, "x", "Psst.", dmarc="fail"))[0] == "refused"
    assert hand_in(site, a_mail(BEA, target, "Out of office", "Away.", Auto_Submitted="auto-replied"))[0] == "automatic"
    assert hand_in(site, a_mail(BEA, target, "x", "Psst."), envelope_sender="")[0] == "bounce"
    assert hand_in(site, a_mail("eve@example.net", target, "x", "Psst.", dmarc=None))[0] == "refused"
    assert len(site.sink.messages) == before
    assert hand_in(site, a_mail("eve@example.net", target, "x", "Psst."))[0] == "refused"
    assert site.sink.messages[-1].recipients == ("eve@example.net",)
    assert db.session.scalar(select(func.count()).select_from(PrivateAnswer)) == 0


def undelivered(site: Site, message: EmailMessage) -> str:
    """Hand in what must not go on; what its sender is told."""
    before = db.session.scalar(select(func.count()).select_from(PrivateAnswer))
    assert hand_in(site, message)[0] == "returned"
    assert db.session.scalar(select(func.count()).select_from(PrivateAnswer)) == before
    told = last_to(site, message["From"].addresses[0].addr_spec)
    assert told["Subject"].startswith("Not sent on:")
    return " ".join(text_of(told).replace("> ", "").split())


def test_the_sender_is_told_what_cannot_be_delivered(site: Site, people) -> None:
    group, ann, bea = people
    copy = last_to(site, BEA)
    to_ann = relay_address(copy)
    assert "that is you" in undelivered(site, a_mail(ANN, to_ann, "x", "To myself."))
    program = a_mail(BEA, to_ann, "x", "Try this.")
    program.add_attachment(b"MZ", maintype="application", subtype="octet-stream", filename="setup.exe")
    assert "cannot be sent on: setup.exe" in undelivered(site, program)
    assert "no words of yours" in undelivered(site, a_mail(BEA, to_ann, "Re: x", "> Who can?\n"))
    a_member("dan@example.org", "Dan Reed")
    assert "You do not read this one" in undelivered(site, a_mail("dan@example.org", to_ann, "x", "From outside."))
    with transaction():
        leave(ann, group, actor_id=ann.id)
    assert "Ann Lee has left" in undelivered(site, a_mail(BEA, to_ann, "x", "Are you there?"))
    with transaction():
        set_standing(membership_of(bea.id, community().id), Standing.BANNED, actor_id=None)
    to_bea = addresses().author(bea.id, group.id)
    assert "Bea Okafor has left" in undelivered(site, a_mail(MOE, to_bea, "x", "Are you there?"))


def test_ten_a_day_and_then_tomorrow(site: Site, people, move_clock) -> None:
    target = relay_address(last_to(site, BEA))
    for number in range(10):
        assert hand_in(site, a_mail(BEA, target, "x", f"Number {number}."))[0] == "command"
    assert "10 private answers a day" in undelivered(site, a_mail(BEA, target, "x", "Number 11."))
    move_clock(DAY + 60)
    assert hand_in(site, a_mail(BEA, target, "x", "Number 11 again."))[0] == "command"


def test_the_same_mail_twice_goes_once(site: Site, people) -> None:
    message = a_mail(BEA, relay_address(last_to(site, BEA)), "x", "Once.")
    assert [hand_in(site, message)[0] for _ in range(2)] == ["command", "duplicate"]
    assert sum("Once." in text_of(each) for each in map(read, site.mailed(ANN))) == 1


def test_blocking_by_mail_is_obeyed_and_says_how_to_undo_it(site: Site, people) -> None:
    target = relay_address(last_to(site, BEA))
    hand_in(site, a_mail(BEA, target, "x", "Hello."))
    answer = db.session.scalars(select(PrivateAnswer)).one()
    code = token_of(answer)
    # Somebody else who has seen the code does nothing with it.
    assert "another address" in hand_in(site, a_mail(BEA, SYSTEM, f"block {code}", "x"))[1]
    assert db.session.scalars(select(Block)).all() == []
    assert hand_in(site, a_mail(ANN, SYSTEM, f"Block {code.upper()}", "x", dmarc=None))[0] == "command"
    told = last_to(site, ANN)
    assert told["Subject"] == "Bea Okafor is blocked"
    assert "/me/blocked" in text_of(told)
    assert "gets no private answers from you" in undelivered(site, a_mail(BEA, target, "x", "Hello again."))


def test_a_report_shows_the_moderators_the_words_and_nobody_else(site: Site, people) -> None:
    target = relay_address(last_to(site, BEA))
    hand_in(site, a_mail(BEA, target, "An offer", "Buy <b>this</b> stock."))
    code = token_of(db.session.scalars(select(PrivateAnswer)).one())
    for _ in range(2):
        hand_in(site, a_mail(ANN, SYSTEM, "x", f"report {code}"))
    reports = [each for each in map(read, site.mailed(MOE)) if each["Subject"].startswith("Reported:")]
    assert len(reports) == 1
    assert "Buy <b>this</b> stock." in text_of(reports[0])
    assert "<b>this" not in reports[0].get_body(("html",)).get_content()
    assert last_to(site, ANN)["Subject"] == "Your report has gone to the moderators"
    assert not any("Reported" in each["Subject"] for each in map(read, site.mailed(BEA)))
    assert {entry.why for entry in db.session.scalars(select(LogEntry).where(LogEntry.act == "report"))} == {""}


def test_who_was_banned_meanwhile_reaches_nobody_any_more(site: Site, people) -> None:
    target = relay_address(last_to(site, BEA))
    site.hand_in(a_mail(BEA, target, "x", "Psst."), target)
    work_once(site.core, {"intake": workers()["intake"]}, "test")
    db.session.rollback()
    assert len(answers()) == 1
    with transaction():
        set_standing(membership_of(people[2].id, community().id), Standing.BANNED, actor_id=None)
    site.work()
    assert not any("Psst." in text_of(each) for each in map(read, site.mailed(ANN)))


def test_a_code_in_a_mail_of_two_authors_does_nothing(site: Site, people) -> None:
    hand_in(site, a_mail(BEA, relay_address(last_to(site, BEA)), "x", "Hello."))
    code = token_of(db.session.scalars(select(PrivateAnswer)).one())
    two = a_mail(f"Ann <{ANN}>, Eve <eve@example.net>", SYSTEM, f"block {code}", "x", dmarc=None)
    assert "another address" in hand_in(site, two)[1]
    assert db.session.scalars(select(Block)).all() == []


def test_a_report_from_a_circle_names_it_to_nobody_outside(site: Site) -> None:
    circle = a_group("quiet", "Quiet Circle", kind=Kind.CIRCLE, listed=False)
    ann, bea = a_member(ANN, "Ann Lee", circle), a_member(BEA, "Bea Okafor", circle)
    a_member(MOE, "Moe Vance", community(), role=Role.MODERATOR)
    post(ann, circle, "Our round")
    target = addresses().author(ann.id, circle.id)
    hand_in(site, a_mail(BEA, target, "x", "Rude words."))
    hand_in(site, a_mail(ANN, SYSTEM, f"report {token_of(answers()[0])}", "x"))
    report = last_to(site, MOE)
    assert "Rude words." in text_of(report)
    assert b"Quiet Circle" not in decoded(site.mailed(MOE)[-1]).title()
    assert "/g/quiet" not in text_of(report)
    assert f"/g/{community().slug}/members/{bea.public_id}" in text_of(report)


def test_marks_are_found_in_a_moment_however_many_words_look_like_them(site: Site) -> None:
    own, base = addresses(), site.settings.base_url
    leave = own.leave_token(2, 2)
    octal = str.maketrans("01", "ab")
    words = " ".join(f"abcdefghijklmnopqrst{number:06o}".translate(octal) for number in range(60_000))
    for text in (words, f"{'x' * 500_000} {leave}", f"{leave} {'x' * 500_000}"):
        began = time.perf_counter()
        assert leave not in without_own_marks(text, own, base)
        assert time.perf_counter() - began < 1


def test_words_and_files_go_after_14_days_and_reported_ones_after_90(site: Site, people, move_clock) -> None:
    target = relay_address(last_to(site, BEA))
    for words in ("Kept.", "Reported."):
        message = a_mail(BEA, target, words, words)
        message.add_attachment(words.encode(), maintype="application", subtype="pdf", filename="a.pdf")
        hand_in(site, message)
    hand_in(site, a_mail(ANN, SYSTEM, f"report {token_of(answers()[1])}", "x"))
    forget(site, move_clock, 13)
    assert [answer.text is None for answer in answers()] == [False, False]
    forget(site, move_clock, 15)
    assert [(answer.text is None, answer.subject) for answer in answers()] == [(True, ""), (False, "Reported.")]
    assert db.session.scalar(select(func.count()).select_from(PrivateFile)) == 1
    # Blocking from an old mail goes on working; there is nothing left to report.
    hand_in(site, a_mail(ANN, SYSTEM, f"report {token_of(answers()[0])}", "later"))
    assert last_to(site, ANN)["Subject"] == "Too late to report"
    hand_in(site, a_mail(ANN, SYSTEM, f"block {token_of(answers()[0])}", "later"))
    assert len(db.session.scalars(select(Block)).all()) == 1
    forget(site, move_clock, 91)
    assert [answer.text for answer in answers()] == [None, None]
    digests = db.session.scalars(select(Blob.digest)).all()
    assert db.session.scalar(select(func.count()).select_from(PrivateFile)) == 0
    assert not digests, "the files of answers are gone with their raw mail"


def answers() -> list[PrivateAnswer]:
    db.session.rollback()
    return list(db.session.scalars(select(PrivateAnswer).order_by(PrivateAnswer.id)))


def forget(site: Site, move_clock, days: int) -> None:
    move_clock(days * DAY)
    work_once(site.core, {"retention": retention.run}, "test")


def test_an_answer_to_a_post_of_the_web_and_by_a_moderator_of_a_group_above(site: Site, people) -> None:
    group, ann, _bea = people
    owner = a_member("olga@example.org", "Olga Berg", role=Role.OWNER)
    post(ann, group, "On the web", "Question?")
    assert (
        hand_in(site, a_mail("olga@example.org", addresses().author(ann.id, group.id), "x", "A word."))[0] == "command"
    )
    assert "Olga Berg via Cardiology" in last_to(site, ANN)["From"]
    # And Ann can answer somebody who only moderates above.
    assert hand_in(site, an_answer(ANN, last_to(site, ANN), "Yes."))[0] == "command"
    assert "Yes." in text_of(last_to(site, owner.addresses[0].email))
