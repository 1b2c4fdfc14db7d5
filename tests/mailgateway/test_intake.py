"""Every stored mail gets its fate, and whatever breaks on the way is waited for or set aside, never lost."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import event, select
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError

from forum.clock import now
from forum.db import db, transaction
from forum.groups.models import Assurance, Moderate, Role, Standing
from forum.groups.queries import community, membership_of
from forum.groups.standing import set_standing
from forum.posting.models import Arrival, HeldPost
from forum.queue import LEASE
from forum.threads.models import Post, Thread
from forum.work import work_once
from mailgateway import fate, intake
from mailgateway.authenticate import DnsTroubleError
from mailgateway.cli import mail as mail_commands
from mailgateway.models import InboundMail, MailState
from mailgateway.parse import parse
from mailgateway.store import Envelope, store_mails
from tests.gateway import a_mail, addresses, do_mail_work, notices
from tests.people import a_group, a_member, post

GROUP = "cardiology@lists.localhost"
ANN = "Ann <ann@example.org>"


def posts() -> list[Post]:
    return list(db.session.scalars(select(Post).order_by(Post.id)))


def held() -> HeldPost:
    return db.session.scalars(select(HeldPost)).one()


# --- posts ---


def test_a_members_mail_is_a_post_with_all_it_says(take) -> None:
    a_member("ann@example.org", "Ann Lee", a_group())
    message = a_mail(ANN, GROUP, "Locum in August", "Who can?\n\n-- \nAnn Lee, Harbor Clinic")
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="dates.pdf")
    mail = take(message)
    [made] = posts()
    assert (mail.state, mail.reason, mail.recipients[0].post_id) == (MailState.POSTED, "", made.id)
    assert (mail.from_address, mail.subject) == ("ann@example.org", "Locum in August")
    assert (made.byline, made.text, made.via) == ("Ann Lee", "Who can?", "mail")
    assert "Harbor Clinic" in made.folded
    assert [(file.name, file.size) for file in made.attachments] == [("dates.pdf", 4)]
    assert made.author_message_id == message["Message-ID"]
    assert made.message_id == f"<{made.public_id}@lists.localhost>"
    assert made.sent_at.isoformat() == "2026-11-09T08:15:00+00:00"


def test_a_reply_all_to_the_reply_address_and_the_group_is_one_post(take) -> None:
    group = a_group(assurance_reply=Assurance.TOKEN)
    ann = a_member("ann@example.org", "Ann Lee", group)
    first = post(ann, group)
    reply_to = addresses().reply(ann.id, first.post_id)
    answer = a_mail(ANN, reply_to, "Re: Locum cover in August", "I can.", dmarc=None)
    mail = take(answer, GROUP, reply_to, "cardiology-owner@lists.localhost")
    assert len(posts()) == 2
    assert posts()[1].in_reply_to_id == first.post_id
    states = {recipient.address: recipient.state for recipient in mail.recipients}
    assert states[GROUP] == states[reply_to] == MailState.POSTED
    assert states["cardiology-owner@lists.localhost"] is MailState.HELD
    assert held().findings[0]["rule"] == "letter"


def test_a_cross_post_is_a_thread_in_each_group_and_one_copy_for_each_reader(site) -> None:
    first, second = a_group(), a_group("gulf-coast", "Gulf Coast")
    a_member("ann@example.org", "Ann Lee", first, second)
    a_member("bea@example.org", "Bea Okafor", first, second)
    a_member("cy@example.org", "Cy Roth", second)
    both = [GROUP, "gulf-coast@lists.localhost"]
    site.hand_in(a_mail(ANN, ", ".join(both), "Locum", "Who can?"), *both)
    site.work()
    assert {thread.group_id for thread in db.session.scalars(select(Thread))} == {first.id, second.id}
    assert sorted(site.sink.recipients) == ["ann@example.org", "bea@example.org", "cy@example.org"]
    assert all(b"gulf-coast@lists.localhost" in copy.content for copy in site.sink.messages)


def test_a_reply_address_works_for_its_member_only(take) -> None:
    group = a_group(assurance_reply=Assurance.TOKEN)
    ann = a_member("ann@example.org", "Ann Lee", group)
    a_member("bea@example.org", "Bea Okafor", group)
    first = post(ann, group)
    leaked = addresses().reply(ann.id, first.post_id)
    by_bea = take(a_mail("bea@example.org", leaked, "Re: Locum", "As myself."), leaked)
    assert by_bea.state is MailState.POSTED
    assert (posts()[1].byline, posts()[1].in_reply_to_id) == ("Bea Okafor", first.post_id)
    # Without proof of her own, Ann's token does nothing for Bea.
    unproven = take(a_mail("bea@example.org", leaked, "Re: Locum", "Unproven.", dmarc=None), leaked)
    assert unproven.state is MailState.HELD
    stranger = take(a_mail("eve@example.net", leaked, "Re: Locum", "Let me in."), leaked)
    assert stranger.state is MailState.HELD
    forged = take(a_mail(ANN, leaked, "Re: Locum", "Send money.", dmarc="fail"), leaked)
    assert (forged.state, len(posts())) == (MailState.HELD, 2)
    assert "DMARC" in forged.reason


def test_a_really_changed_subject_begins_a_thread_that_remembers_where_it_grew(take) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    first = post(ann, group)
    known = db.session.get_one(Post, first.post_id).message_id
    same = a_mail(ANN, GROUP, "AW: [Cardiology] Re: locum cover in August", "Still looking.", In_Reply_To=known)
    other = a_mail(ANN, GROUP, "Call schedule for December", "Who has the 24th?", In_Reply_To=known)
    take(same)
    take(other)
    threads = db.session.scalars(select(Thread).order_by(Thread.id)).all()
    assert [(thread.subject, thread.posts) for thread in threads] == [
        ("Locum cover in August", 2),
        ("Call schedule for December", 1),
    ]
    assert threads[1].grown_from_id == first.post_id


# --- duplicates ---


def test_the_same_mail_again_is_a_duplicate_with_or_without_an_id(take) -> None:
    a_member("ann@example.org", "Ann Lee", a_group(), a_group("gulf-coast", "Gulf Coast"))
    message = a_mail(ANN, GROUP, "Locum", "Who can?")
    first, second = take(message), take(message)
    assert (first.state, second.state) == (MailState.POSTED, MailState.DUPLICATE)
    assert second.recipients[0].post_id == first.recipients[0].post_id
    # To another group the same mail is another post.
    message.replace_header("To", f"{GROUP}, gulf-coast@lists.localhost")
    assert take(message, "gulf-coast@lists.localhost").state is MailState.POSTED
    del message["Message-ID"]
    message.set_content("Another question, without an id.")
    assert [take(message).state for _ in range(2)] == [MailState.POSTED, MailState.DUPLICATE]


def test_the_same_id_with_other_words_is_held_and_never_dropped(take) -> None:
    a_member("ann@example.org", "Ann Lee", a_group())
    take(a_mail(ANN, GROUP, "Locum", "Who can?", Message_ID="<1@phone.example>"))
    again = take(a_mail(ANN, GROUP, "Locum", "Other words.", Message_ID="<1@phone.example>"))
    assert (again.state, held().text) == (MailState.HELD, "Other words.")


def test_a_forged_copy_uses_the_id_of_the_real_mail_not_up(take) -> None:
    a_member("ann@example.org", "Ann Lee", a_group())
    same = {"Message_ID": "<1@phone.example>"}
    assert take(a_mail(ANN, GROUP, "Locum", "Who can?", dmarc="fail", **same)).state is MailState.HELD
    assert take(a_mail(ANN, GROUP, "Locum", "Who can?", **same)).state is MailState.POSTED


# --- held, returned, refused ---


def test_a_held_mail_says_why_and_asks_its_author_and_the_moderators(take) -> None:
    group = a_group(moderate=Moderate.ALL)
    a_member("ann@example.org", "Ann Lee", group)
    a_member("moe@example.org", "Moe Vance", group, role=Role.MODERATOR)
    mail = take(a_mail(ANN, GROUP, "Locum", "Who can?"))
    assert (mail.state, mail.recipients[0].held_post_id) == (MailState.HELD, held().id)
    assert sorted(notices()) == ["held", "held_for_moderators"]


def test_returned_and_refused_mails_say_what_to_do(take) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    empty = take(a_mail(ANN, GROUP, "Locum", "\n"))
    assert (empty.state, notices()) == (MailState.RETURNED, ["returned"])
    assert "no words" in empty.reason
    with transaction():
        set_standing(membership_of(ann.id, group.id), Standing.BANNED, actor_id=None)
    refused = take(a_mail(ANN, GROUP, "Locum", "Who can?"))
    assert (refused.state, notices()) == (MailState.REFUSED, ["returned", "refused"])


def test_our_own_addresses_and_addresses_that_lead_nowhere_any_more_are_refused_in_silence(take) -> None:
    ann = a_member("ann@example.org", "Ann Lee", a_group())
    assert take(a_mail("cardiology@lists.localhost", GROUP, "x", "y")).state is MailState.REFUSED
    gone = addresses().reply(ann.id, 12345)
    assert take(a_mail(ANN, gone, "Re: x", "y"), gone).state is MailState.REFUSED
    assert notices() == []


# --- automatic mail, reports, loops ---


def test_automatic_mail_reports_and_loops_are_listed_and_never_posted_or_answered(take) -> None:
    ann = a_member("ann@example.org", "Ann Lee", a_group())
    away = a_mail(ANN, GROUP, "Out of office", "I am away until Monday.", Auto_Submitted="auto-replied")
    assert take(away).state is MailState.AUTOMATIC
    assert take(away, envelope_sender="").state is MailState.AUTOMATIC
    assert take(away, addresses().bounce(1, now()), envelope_sender="").state is MailState.AUTOMATIC
    back = a_mail(ANN, GROUP, "[Cardiology] Locum", "Who can?", List_Id="Cardiology <cardiology.lists.localhost>")
    assert take(back).reason == "our own list mail came back"
    loop = b"".join(b"Received: from a by b; Mon, 09 Nov 2026 08:15:00 +0000\r\n" for _ in range(60))
    assert take(loop + a_mail(ANN, GROUP, "Locum", "Who can?").as_bytes()).state is MailState.AUTOMATIC
    nobody = take(a_mail("MAILER-DAEMON@example.org", GROUP, "Undelivered Mail", "It failed."), envelope_sender="")
    assert nobody.state is MailState.BOUNCE
    assert "counts for nothing" in nobody.reason
    real = take(a_mail(ANN, GROUP, "x", "Hello."), addresses().bounce(ann.id, now()), envelope_sender="")
    assert (real.state, real.reason) == (
        MailState.BOUNCE,
        "a report with an empty return path; unknown: noted, not counted",
    )
    assert (posts(), notices()) == ([], [])


def test_a_mail_of_another_list_is_a_post(take) -> None:
    a_member("ann@example.org", "Ann Lee", a_group())
    forwarded = a_mail(ANN, GROUP, "For you", "See below.", List_Id="<news.example.net>", Precedence="list")
    assert take(forwarded).state is MailState.POSTED


# --- letters ---


def test_a_letter_reaches_the_moderators_once_and_is_never_posted(take) -> None:
    group = a_group()
    a_member("moe@example.org", "Moe Vance", group, role=Role.MODERATOR)
    letter = a_mail(
        "Eve <eve@example.net>", "cardiology-owner@lists.localhost", "May I join?", "I am a nurse.", dmarc=None
    )
    first = take(letter, "cardiology-owner@lists.localhost")
    second = take(letter, "cardiology-owner@lists.localhost")
    assert (first.state, second.state) == (MailState.HELD, MailState.DUPLICATE)
    assert (held().byline, held().text) == ("Eve <eve@example.net>", "I am a nurse.")
    assert notices() == ["held_for_moderators"]
    assert take(letter, "postmaster@lists.localhost").state is MailState.HELD
    assert db.session.scalars(select(HeldPost.group_id).order_by(HeldPost.id)).all() == [group.id, community().id]


def test_a_mail_to_the_group_and_its_moderators_is_a_post_and_a_letter(take) -> None:
    a_member("ann@example.org", "Ann Lee", a_group())
    mail = take(a_mail(ANN, GROUP, "Locum", "Who can?"), GROUP, "cardiology-owner@lists.localhost")
    assert [recipient.state for recipient in mail.recipients] == [MailState.POSTED, MailState.HELD]
    assert len(db.session.scalars(select(Arrival)).all()) == 1


# --- waiting ---


def test_a_sender_with_too_many_mails_waits_and_is_not_lost(core, settings, take, move_clock) -> None:
    core.extensions["banyan_settings"] = settings.model_copy(
        update={"sender_limit": 2, "trusted_authserv_id": "mx.banyan.test"}
    )
    a_member("ann@example.org", "Ann Lee", a_group())
    a_member("bea@example.org", "Bea Okafor", community())
    states = [take(a_mail(ANN, GROUP, f"Question {number}", "Who can?")).state for number in range(4)]
    assert states == [MailState.POSTED] * 2 + [MailState.RECEIVED] * 2
    assert take(
        a_mail("bea@example.org", "community@lists.localhost", "x", "Hello."), "community@lists.localhost"
    ).state
    assert len(posts()) == 3
    waiting = db.session.scalars(select(InboundMail).where(InboundMail.state == MailState.RECEIVED)).all()
    assert "waits" in waiting[0].reason
    move_clock(601)
    do_mail_work(core)
    assert [each.subject for each in posts()][3:] == ["Question 2", "Question 3"]


def test_while_dns_is_silent_a_mail_waits_an_hour_and_then_counts_as_it_is(core, settings, move_clock) -> None:
    core.extensions["banyan_settings"] = settings.model_copy(update={"trusted_authserv_id": ""})
    a_member("ann@example.org", "Ann Lee", a_group())
    raw = b"DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=s; h=from; bh=AA==; b=AA==\r\n"
    with transaction():
        store_mails([Envelope("ann@example.org", (GROUP,), raw + a_mail(ANN, GROUP, "Locum", "Who can?").as_bytes())])

    def silent(_name: str) -> bytes:
        raise DnsTroubleError("no answer")

    def state_after(seconds: float) -> str:
        move_clock(seconds)
        work_once(core, {"intake": lambda owner: intake.run(owner, silent)}, "test")
        db.session.rollback()
        return db.session.scalars(select(InboundMail)).one().state

    assert [state_after(minutes * 60) for minutes in (0, 4, 30, 59, 66)] == [MailState.RECEIVED] * 4 + [MailState.HELD]


@contextmanager
def posts_fail(error: type[DBAPIError], times: int) -> Iterator[None]:
    """The database fails to store a post, for so many times."""
    left = iter(range(times))

    def fail(_connection, _cursor, statement: str, *_rest) -> None:
        if statement.startswith("INSERT INTO post ") and next(left, None) is not None:
            raise error(statement, {}, Exception("no"))

    event.listen(db.engine, "before_cursor_execute", fail)
    yield
    event.remove(db.engine, "before_cursor_execute", fail)


@pytest.mark.parametrize(
    ("error", "times", "state"),
    [
        (OperationalError, 8, MailState.POSTED),
        (IntegrityError, 2, MailState.POSTED),
        (IntegrityError, 9, MailState.SET_ASIDE),
        (DataError, 9, MailState.SET_ASIDE),
    ],
)
def test_a_busy_database_is_waited_for_and_a_mail_that_fails_again_and_again_is_set_aside(
    take, core, move_clock, error: type[DBAPIError], times: int, state: MailState
) -> None:
    a_member("ann@example.org", "Ann Lee", a_group())
    with posts_fail(error, times):
        mail = take(a_mail(ANN, GROUP, "Locum", "Who can?"))
        for seconds in range(2, 24, 2):
            move_clock(seconds)
            do_mail_work(core)
    assert (mail.state, len(posts())) == (state, int(state is MailState.POSTED))


# --- what breaks ---


def test_a_mail_that_breaks_the_code_is_set_aside_whole_and_can_be_replayed(
    take, core, settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_member("ann@example.org", "Ann Lee", a_group())

    def broken(parsed):
        raise RuntimeError("no such luck")

    with monkeypatch.context() as patch:
        patch.setattr(fate, "submission_of", broken)
        mail = take(a_mail(ANN, GROUP, "Locum", "Who can?"))
    assert (mail.state, mail.recipients[0].state) == (MailState.SET_ASIDE, MailState.SET_ASIDE)
    assert posts() == []
    run = CliRunner(env=environment_of(settings))
    listed = run.invoke(mail_commands, ["list", "--state", "set_aside", "--json"])
    assert mail.public_id in listed.output, listed
    replayed = run.invoke(mail_commands, ["replay", mail.public_id])
    assert replayed.exit_code == 0, replayed.output
    do_mail_work(core)
    db.session.refresh(mail)
    assert (mail.state, len(posts())) == (MailState.POSTED, 1)
    assert run.invoke(mail_commands, ["replay", mail.public_id]).exit_code == 1
    assert run.invoke(mail_commands, ["replay", "nosuchmail"]).exit_code == 1


def environment_of(settings) -> dict[str, str]:
    return {
        "BANYAN_DATA_DIR": str(settings.data_dir),
        "BANYAN_DATABASE_URL": settings.database_url,
        "BANYAN_SECRET_KEY": settings.secret_key,
    }


def test_a_broken_mail_among_others_is_set_aside_alone(take, core) -> None:
    a_member("ann@example.org", "Ann Lee", a_group())
    with transaction():
        store_mails(
            [
                Envelope("a@x.org", (GROUP,), b"\x00\x01\x02 this is no mail at all"),
                Envelope("a@x.org", (GROUP,), b"no colon here\r\n" + a_mail(ANN, GROUP, "One", "Who can?").as_bytes()),
                Envelope("a@x.org", (GROUP,), a_mail(ANN, GROUP, "Two", "Who can?").as_bytes()),
            ]
        )
    do_mail_work(core)
    states = db.session.scalars(select(InboundMail.state).order_by(InboundMail.id)).all()
    assert states[0] is MailState.SET_ASIDE
    assert states[2] is MailState.POSTED
    assert states[1] in (MailState.POSTED, MailState.HELD, MailState.SET_ASIDE)


def test_a_mail_that_ends_the_worker_takes_no_other_along(core, move_clock) -> None:
    """Ten mails are claimed together and the worker dies at the first, again and again."""
    a_member("ann@example.org", "Ann Lee", a_group())
    with transaction():
        store_mails(
            [
                Envelope("a@x.org", (GROUP,), a_mail(ANN, GROUP, f"Question {n}", "Who can?").as_bytes())
                for n in range(10)
            ]
        )
    for crash in range(20):
        move_clock(crash * (LEASE + timedelta(seconds=1)).total_seconds())
        worker = intake.run(f"worker {crash}")
        try:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(intake, "parse", _deadly)
                while next(worker):
                    pass
        except Death:
            worker.close()
    db.session.rollback()
    states = db.session.scalars(select(InboundMail.state).order_by(InboundMail.id)).all()
    assert states == [MailState.SET_ASIDE] + [MailState.POSTED] * 9


class Death(BaseException):
    """As near to a killed process as a test comes inside of one."""


def _deadly(raw: bytes):
    if b"Subject: Question 0" in raw:
        raise Death
    return parse(raw)


def test_two_workers_that_have_the_same_mail_post_it_once(take, core) -> None:
    a_member("ann@example.org", "Ann Lee", a_group())
    mail = take(a_mail(ANN, GROUP, "Locum", "Who can?"))
    intake.take_in(mail.id, lambda _: None)
    assert len(posts()) == 1
