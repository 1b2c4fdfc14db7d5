"""What came back to its author by mail, or waits: the mail about it, the answers to it, and what is left of it."""

from collections.abc import Sequence
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from sqlalchemy import select

from forum.db import Base, db, transaction
from forum.groups.models import Group, Role
from forum.log import LogEntry
from forum.posting.models import HeldPost, HeldState
from forum.rulebook.actions import add_rule
from forum.rules.findings import Severity
from forum.rules.terms import Mode, Terms
from forum.threads.models import Post
from forum.work import work_once, workers
from mailgateway.models import InboundRecipient
from mailgateway.own_post import own_post
from tests.gateway import a_mail, do_mail_work
from tests.people import a_group, a_member
from tests.site import Site

LIST = "cardiology@lists.localhost"
ANN, BEA, MO = "ann@example.org", "bea@example.org", "mo@example.org"
CASE = (
    "Dear all,\n\nI saw Mrs. Janet Okafor in clinic last spring. Her record is MRN 48291077.\n"
    "Call me at 212-555-0147 if you have an idea. The ECG showed T3 and C5 changes.\n"
)
CLEAN = "Dear all,\n\nI saw a woman in her 70s in clinic last spring. Who has an idea?"


@pytest.fixture
def group(site: Site) -> Group:
    group = a_group(quota=None)
    for email, name, role in (
        (ANN, "Ann Lee", Role.MEMBER),
        (BEA, "Bea Ruiz", Role.MEMBER),
        (MO, "Mo", Role.MODERATOR),
    ):
        a_member(email, name, group, role=role)
    with transaction():
        add_rule(group, "patients", patients(Severity.RETURN), actor_id=None)
    return group


def patients(severity: Severity) -> Terms:
    return Terms(
        sentence="No patient may be known by a post.",
        why="A post is mail in many mailboxes.",
        check="patient_identifiers",
        severity=severity,
        mode=Mode.ON,
        caught=("Mr. John Abernathy, DOB 03/04/1951, came in.",),
        passing=("A man in his 70s came in.",),
    )


def send(site: Site, text: str, subject: str = "A strange ECG", **headers: str) -> HeldPost | None:
    site.hand_in(a_mail(ANN, LIST, subject, text, **headers), LIST)
    site.work()
    db.session.expire_all()
    return db.session.scalars(select(HeldPost).order_by(HeldPost.id.desc())).first()


def mails(site: Site, email: str = ANN) -> Sequence[EmailMessage]:
    return [message_from_bytes(each.content, policy=default) for each in site.mailed(email)]


def plain(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return body.get_content().replace("\r\n", "\n")


def flat(mail: EmailMessage) -> str:
    return " ".join(plain(mail).split())


def answer(site: Site, mail: EmailMessage, text: str, *, sender: str = ANN, style: str = "quoted", **more: str) -> str:
    """Answer as a mail program does; returns what became of the answer there."""
    to = mail["Reply-To"].addresses[0].addr_spec
    quoted = "\n".join(f"> {line}" for line in plain(mail).splitlines())
    banyan = "Banyan <banyan@lists.localhost>"
    body = {
        "quoted": f"{text}\n\nOn Mon, 9 Nov 2026 at 08:20, {banyan} wrote:\n{quoted}\n",
        "outlook": f"{text}\n\n________________________________\nFrom: {banyan}\nSent: Monday, November 9, 2026 8:20\n"
        f"To: Ann Lee <ann@example.org>\nSubject: {mail['Subject']}\n\n{plain(mail)}",
        "iphone": f"{text}\n\nSent from my iPhone\n\n> On Nov 9, 2026, at 08:20, {banyan} wrote:\n> \n{quoted}\n",
    }[style]
    more.setdefault("In_Reply_To", mail["Message-ID"])
    site.hand_in(a_mail(sender, to, f"Re: {mail['Subject']}", body, **more), to)
    site.work()
    db.session.expire_all()
    row = db.session.scalars(select(InboundRecipient).order_by(InboundRecipient.id.desc())).first()
    assert row is not None
    return row.reason


def everything_kept() -> str:
    """All that stands in any column of any table, blobs too."""
    parts = []
    for table in Base.metadata.sorted_tables:
        for row in db.session.execute(table.select()):
            parts += [each.decode("latin-1") if isinstance(each, bytes) else str(each) for each in row]
    return "\n".join(parts)


def planted(kept: str) -> set[str]:
    return {words for words in ("Okafor", "48291077", "janet") if words.lower() in kept.lower()}


def work(site: Site, kind: str) -> None:
    work_once(site.core, {kind: workers()[kind]}, "test")
    db.session.rollback()
    do_mail_work(site.core)
    db.session.expire_all()


def test_marked_words_are_spoken_for_one_by_one_and_nobody_else_answers(site: Site, group: Group) -> None:
    held = send(site, CASE)
    assert held is not None
    assert (held.state, held.private) == (HeldState.RETURNED, True)
    [told] = mails(site)
    assert 'the rule "patients"' in flat(told)
    assert "No patient may be known by a post." in flat(told)
    assert "1. name: Dear all, I saw [Mrs. Janet Okafor] in clinic" in flat(told)
    assert "[[2: 48291077]]" in flat(told)
    page = told.get_body(("html",))
    assert page is not None
    assert "2</strong>\u00a048291077</mark>" in page.get_content()
    # Nothing of it went anywhere else, and the row that operators list names kinds alone.
    assert not mails(site, MO) + mails(site, BEA)
    reason = db.session.scalars(select(InboundRecipient.reason)).one()
    assert "a record number" in reason
    assert planted(reason) == set()

    for sender, dmarc in ((BEA, "pass"), ("eve@example.net", "pass"), (ANN, "fail")):
        assert "nothing done" in answer(site, told, "not a patient 1 2", sender=sender, dmarc=dmarc)
    assert "Nothing has changed" in answer(site, told, "Dear all, a woman came in.")
    assert "Nothing has changed" in answer(site, told, "not a patient 1 7")
    assert "Nothing has changed" in answer(site, told, "not a patient")
    assert (held.state, held.confirmed) == (HeldState.RETURNED, [])

    assert "not posted yet" in answer(site, told, "Not a patient: 1", Message_ID="<one@x.example>")
    assert "[[1:" not in flat(mails(site)[-1])
    assert "[[2: 48291077]]" in flat(mails(site)[-1])
    kept, before = held.findings, len(mails(site))
    assert "come before" in answer(site, told, "Not a patient: 1", Message_ID="<one@x.example>")
    assert (held.findings, len(mails(site))) == (kept, before)
    assert "is posted now" in answer(site, mails(site)[-1], "2 is not a patient", style="iphone")
    post = db.session.scalars(select(Post)).one()
    assert post.text == CASE.strip()
    [done] = [mail for mail in mails(site) if f"/p/{post.public_id}/erase" in plain(mail)]
    assert "is posted now" in flat(done)
    assert "posted already" in answer(site, told, "withdraw")
    assert "posted already" in answer(site, told, "edit\nOther words.")
    assert db.session.scalars(select(Post.text)).one() == CASE.strip()


def test_another_text_goes_through_the_same_gate_until_it_is_out(site: Site, group: Group) -> None:
    held = send(site, CASE)
    assert held is not None
    [told] = mails(site)
    assert "below the word edit" in answer(site, told, "edit")
    half = CASE.replace("Mrs. Janet Okafor", "[[1: a woman in her 70s]]")
    assert "not posted yet" in answer(site, told, f"Edit\n\n{half}", style="iphone")
    assert held.text == half.replace("[[1: ", "").replace("]]", "").strip()
    assert "[[1: 48291077]]" in flat(mails(site)[-1])
    # The first mail had other numbers: its 1 was the name.
    assert "another one since" in answer(site, told, "not a patient 1")
    assert held.state is HeldState.RETURNED
    out = f"{CLEAN}\nMy patient Susan was in tears."
    assert "is posted now" in answer(site, mails(site)[-1], f"edit:\n{out}", style="outlook")
    assert db.session.scalars(select(Post.text)).one() == out
    assert any("look at again" in plain(mail) and "[Susan]" in plain(mail) for mail in mails(site)[-2:])
    assert db.session.scalars(select(Post.subject)).one() == "A strange ECG"
    acts = db.session.scalars(select(LogEntry.act).where(LogEntry.object_kind == "held_post").order_by(LogEntry.id))
    assert acts.all() == ["return", "resubmit", "resubmit"]

    held = send(site, CLEAN, "Mrs. Janet Okafor")
    assert held is not None
    assert "Subject: [[1: Mrs. Janet Okafor]]" in flat(mails(site)[-1])
    # Servers on the way write down the subjects of mails.
    assert mails(site)[-1]["Subject"] == "Not posted: (its subject is marked below)"
    assert "Okafor" not in own_post(held, "to@lists.localhost").links["edit"].partition("&body")[0]
    assert "is posted now" in answer(site, mails(site)[-1], "edit\nSubject: [[1: A puzzle]]")
    newest = select(Post).order_by(Post.id.desc()).limit(1)
    assert [(post.subject, post.text) for post in db.session.scalars(newest)] == [("A puzzle", CLEAN)]

    # What is only advice goes out at once, and its author hears of it.
    site.hand_in(a_mail(ANN, LIST, "Another one", "My patient Susan was in tears. Who has an idea for her?"), LIST)
    site.work()
    advised = mails(site)[-2:]
    assert db.session.scalars(select(Post).order_by(Post.id.desc())).first().subject == "Another one"
    [advice] = [mail for mail in advised if mail["Subject"].startswith("One thing")]
    assert "[Susan]" in plain(advice)
    assert "/erase" in plain(advice)


def test_what_waits_can_be_changed_and_what_is_taken_back_is_gone(site: Site, group: Group) -> None:
    with transaction():
        add_rule(group, "read-first", about_a_word("agrees", Severity.HOLD), actor_id=None)
        add_rule(group, "no-surveys", about_a_word("survey", Severity.RETURN), actor_id=None)
    mail = a_mail(ANN, LIST, "ECG Okafor", f"{CASE}Everybody agrees.")
    mail.add_attachment(b"%PDF okafor", maintype="application", subtype="pdf", filename="okafor-48291077.pdf")
    site.hand_in(mail, LIST)
    site.work()
    held = db.session.scalars(select(HeldPost)).one()
    assert planted(everything_kept()) == {"Okafor", "48291077", "janet"}
    # Not even a moderator sees what may tell who a patient is before its author has spoken for it.
    assert "- ask" not in plain(mails(site)[-1])
    assert "Nothing has changed" in answer(site, mails(site)[-1], "Ask a moderator, please.")
    assert not mails(site, MO)
    assert "waits for a moderator now" in answer(site, mails(site)[-1], "not a patient 1, 2")
    assert (held.state, held.private) == (HeldState.WAITING, False)
    assert "Okafor" in plain(mails(site, MO)[-1])
    assert "already" in answer(site, mails(site)[-1], "ask")

    to_moderators = len(mails(site, MO))
    assert "waits for a moderator now" in answer(site, mails(site)[-1], f"edit\n{CLEAN}\nJanet agrees, and so do I.")
    assert (held.state, "Janet agrees" in held.text) == (HeldState.WAITING, True)
    assert len(mails(site, MO)) == to_moderators + 1
    # A moderator's answer to the old words lets nothing out that the moderator has not read.
    assert "has changed the post since" in answer(site, mails(site, MO)[-2], "approve", sender=MO)
    assert held.state is HeldState.WAITING
    assert "Janet agrees" in plain(mails(site, MO)[-1])

    last = mails(site)[-1]
    assert "Withdrawn" in answer(site, last, "Withdraw, please.", style="outlook")
    assert "gone here" in answer(site, last, "edit\nMrs. Okafor again")
    work(site, "erasing")
    assert (held.state, held.text, held.subject) == (HeldState.WITHDRAWN, "", "")
    assert planted(everything_kept()) == set()
    # The log says that and when.
    acts = db.session.scalars(select(LogEntry.act).where(LogEntry.object_kind == "held_post").order_by(LogEntry.id))
    assert acts.all() == ["return", "resubmit", "resubmit", "withdraw"]

    held = send(site, "Please answer our survey.", "A survey")
    assert held is not None
    assert "- ask: a moderator of Cardiology looks" in flat(mails(site)[-1])
    assert "A moderator of Cardiology looks at it" in answer(site, mails(site)[-1], "Ask a moderator, please.")
    assert (held.state, held.private) == (HeldState.WAITING, False)
    assert "our survey" in plain(mails(site, MO)[-1])


def about_a_word(word: str, severity: Severity) -> Terms:
    return Terms(
        sentence=f"About the word {word}.",
        why="A test.",
        check="words",
        options={"words": [word]},
        severity=severity,
        mode=Mode.ON,
        caught=(f"This {word} me.",),
        passing=("Hello.",),
    )


def test_what_came_back_is_kept_once_and_not_for_ever(site: Site, group: Group, move_clock) -> None:
    for dmarc in ("pass", "pass"):
        held = send(site, CASE, dmarc=dmarc)
    assert held is not None
    assert db.session.scalars(select(HeldPost.id)).all() == [held.id]
    assert len(mails(site)) == 2
    move_clock(26 * 86_400)
    work(site, "lateness")
    assert len(mails(site)) == 2
    move_clock(28 * 86_400)
    work(site, "lateness")
    ends = mails(site)[-1]
    assert "Our copy is erased on" in flat(ends)
    assert "[[1: Mrs. Janet Okafor]]" in flat(ends)
    move_clock(32 * 86_400)
    work(site, "lateness")
    work(site, "erasing")
    assert (held.state, held.text) == (HeldState.WITHDRAWN, "")
    assert planted(everything_kept()) == set()
    assert "erase kept" in db.session.scalars(select(LogEntry.act)).all()

    # What may be somebody else's has no link that can be clicked; who answers it has written it.
    send(site, f"{CASE}See https://evil.example/login", "Forged?", dmarc=None)
    asked = mails(site)[-1]
    assert "If you did not write it, do nothing." in flat(asked)
    assert "hxxps://evil[.]example" in flat(asked)
    assert "is posted now" in answer(site, asked, f"edit\n{CLEAN}", dmarc=None)
    assert db.session.scalars(select(Post.text)).one() == CLEAN
