"""Mails to one person: each kind says what it is about, is not sent when its reason is gone, and is safe to read."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import StrictUndefined
from sqlalchemy import delete, select, update

from forum.accounts.actions import add_member, request_address, request_sign_in_link
from forum.accounts.models import Address, Member, OneTimeLink, PauseReason
from forum.accounts.pausing import pause, resume, send_due_probes
from forum.app import TEMPLATES
from forum.clock import now
from forum.db import db, transaction
from forum.groups.invitations import invite, withdraw_invitation
from forum.groups.joining import add_to_group, admit, ask_to_join, decline
from forum.groups.leaving import leave, stop_mail
from forum.groups.models import Assurance, Group, Invitation, JoinPolicy, Membership, Moderate, Role, Standing
from forum.groups.queries import community, membership_of
from forum.groups.standing import set_role, set_standing
from forum.moderation.actions import Decision, decide
from forum.posting.models import HeldPost
from forum.posting.outcomes import Held
from forum.posting.submit import submit
from forum.queue import Task
from forum.rules.submission import Submission
from forum.threads.models import TextFormat, Via
from forum.work import work_once, workers
from mailgateway import notice_facts
from mailgateway.addresses import ToConfirm, Verb
from mailgateway.authenticate import Authenticated
from mailgateway.commands import perform
from mailgateway.notice_facts import FACTS
from mailgateway.parse import parse
from mailgateway.route import CommandRoute
from tests.gateway import a_mail, addresses, do_mail_work
from tests.people import a_group, a_member, post
from tests.smtp_sink import defer, refuse, shut_down

ANN, MOE = "ann@example.org", "moe@example.org"
GROUP = "cardiology@lists.localhost"
NASTY = 'Ann "<b>" & <script>alert(1)</script>'


@dataclass
class World:
    """Ann in Cardiology, Moe moderates it; names are as nasty as the program lets in."""

    group: Group
    ann: Member
    moe: Member


@pytest.fixture
def world(core) -> World:
    core.jinja_env.undefined = StrictUndefined
    group = a_group(name="Cardiology <b>&</b> Friends")
    ann = a_member(ANN, NASTY, group)
    return World(group, ann, a_member(MOE, "Moe Vance", group, role=Role.MODERATOR))


@dataclass(frozen=True)
class Case:
    """A notice: what asks for it, whom it goes to, what it says, and what takes its reason away."""

    kind: str
    to: str
    says: tuple[str, ...]
    ask: Callable[[World], object]
    undo: Callable[[World], object] | None = None


def hold(world: World) -> None:
    world.group.moderate = Moderate.ALL
    submit_by_mail(world, Assurance.PROVEN)


def submit_by_mail(world: World, assurance: Assurance) -> None:
    submit(
        Submission(
            group_id=world.group.id,
            author_id=world.ann.id,
            byline=world.ann.name,
            assurance=assurance,
            via=Via.MAIL,
            subject="Locum <i>",
            text="Who can <script>?\nhttps://example.net/x",
            text_format=TextFormat.PLAIN,
        )
    )


def claim(world: World) -> None:
    submit_by_mail(world, Assurance.CLAIMED)


def held() -> HeldPost:
    return db.session.scalars(select(HeldPost).order_by(HeldPost.id.desc())).first()


def judge(decision: Decision) -> Callable[[World], None]:
    def act(world: World) -> None:
        hold(world)
        decide(held(), decision, actor_id=world.moe.id, reason="Too <b>long</b>.")

    return act


def ask_for_entry(world: World) -> None:
    ask_to_join(add_member("bea@example.org", NASTY, why="test"), community())


def bea_asks(world: World) -> Membership:
    bea = db.session.scalars(select(Member).where(Member.name == "Bea")).first()
    if bea is None:
        bea = add_member("bea@example.org", "Bea", why="test")
        add_to_group(bea, community())
    world.group.join_policy = JoinPolicy.REQUEST
    return ask_to_join(bea, world.group)


def bea() -> Member:
    return db.session.scalars(select(Member).where(Member.name == "Bea")).one()


def command(verb: Verb, assurance: Assurance) -> Callable[[World], None]:
    def act(world: World) -> None:
        known = Authenticated(assurance, "test")
        perform(parse(a_mail(ANN, GROUP, "x", "y").as_bytes()), known, CommandRoute((1,), world.group.id, verb))

    return act


def spoil_links(_world: World) -> None:
    db.session.execute(update(OneTimeLink).values(used_at=now()))


def probe(world: World) -> None:
    pause(world.ann.addresses[0], PauseReason.BOUNCES, why="test")
    send_due_probes(now() + timedelta(days=2))


def move_mail(world: World) -> None:
    home = "ann@home.example"
    db.session.add(Address(member_id=world.ann.id, email=home, key=home, base_key=home))
    pause(world.ann.addresses[0], PauseReason.BOUNCES, why="test")


CASES = [
    Case("sign_in", ANN, ("/sign-in/",), lambda w: request_sign_in_link(ANN), spoil_links),
    Case(
        "verify_address",
        "ann@example.net",
        ("/verify/",),
        lambda w: request_address(w.ann, "ann@example.net"),
        spoil_links,
    ),
    Case("address_taken", MOE, (MOE,), lambda w: request_address(w.ann, MOE)),
    Case(
        "invitation",
        "bea@example.net",
        ("/invitation/", "Moe Vance"),
        lambda w: invite(w.moe.id, w.group, "bea@example.net", NASTY),
        lambda w: withdraw_invitation(db.session.scalars(select(Invitation)).one(), actor_id=w.moe.id),
    ),
    Case(
        "held",
        ANN,
        ("/mine/held/",),
        hold,
        lambda w: decide(held(), Decision.APPROVE, actor_id=w.moe.id),
    ),
    Case("held", ANN, ("/confirm/", "Who can"), claim),
    Case(
        "held_for_moderators",
        MOE,
        ("/held/", "Who can"),
        hold,
        lambda w: decide(held(), Decision.REJECT, actor_id=w.moe.id, reason="No."),
    ),
    Case("approved", ANN, ("/p/",), judge(Decision.APPROVE)),
    Case("decided", ANN, ("Too <b>long</b>.",), judge(Decision.REJECT)),
    Case("decided", ANN, ("Too <b>long</b>.",), judge(Decision.RETURN)),
    Case(
        "join_request",
        MOE,
        ("Bea", "/g/cardiology/requests"),
        bea_asks,
        lambda w: admit(membership_of(bea().id, w.group.id), actor_id=w.moe.id),
    ),
    Case(
        "admitted",
        "bea@example.org",
        (GROUP, "/g/cardiology"),
        lambda w: admit(bea_asks(w), actor_id=w.moe.id),
        lambda w: leave(bea(), w.group, actor_id=bea().id),
    ),
    Case(
        "declined",
        "bea@example.org",
        ("Cardiology",),
        lambda w: decline(bea_asks(w), actor_id=w.moe.id, why="x"),
    ),
    Case("left", ANN, ("Cardiology",), lambda w: stop_mail(w.ann, w.group, why="test")),
    Case("left", MOE, ("/my-groups",), lambda w: stop_mail(w.moe, w.group, why="test")),
    Case("help", ANN, (GROUP, "-leave@", "-owner@"), command(Verb.HELP, Assurance.CLAIMED)),
    Case("command_unproven", ANN, ("/u/",), command(Verb.LEAVE, Assurance.CLAIMED)),
    Case("probe", ANN, (ANN, "/mail-again/"), probe, lambda w: resume(w.ann.addresses[0], actor_id=None, why="test")),
    Case("mail_moved", "ann@home.example", (ANN, "ann@home.example", "/me/addresses"), move_mail),
]


def notices_of(sink, email: str) -> list[EmailMessage]:
    mails = [message_from_bytes(m.content, policy=default) for m in sink.messages if email in m.recipients]
    return [mail for mail in mails if mail["Auto-Submitted"] == "auto-generated"]


def send(core) -> None:
    every = workers()
    work_once(core, {kind: every[kind] for kind in ("fan_out", "notices")}, "test")
    db.session.rollback()


class _Tags(HTMLParser):
    """The elements of a page, to see that none came from outside."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.kind)
def test_each_notice_says_what_it_is_about_and_is_safe(core, sink, world: World, case: Case) -> None:
    with transaction():
        case.ask(world)
    only(f"notice.{case.kind}")
    send(core)
    assert not db.session.scalars(select(Task.error).where(Task.error.is_not(None))).all()
    [mail] = notices_of(sink, case.to)
    assert mail["Subject"].strip()
    assert mail["From"].addresses[0].addr_spec == addresses().system()
    assert [each.addr_spec for each in mail["To"].addresses] == [case.to]
    plain, page = mail.get_body(("plain",)).get_content(), mail.get_body(("html",)).get_content()
    for words in case.says:
        assert words in plain + mail["Subject"], plain
    assert "{{" not in plain + page
    assert "None" not in plain
    assert max(len(line) for line in plain.splitlines() if "http" not in line) <= 78
    tags = _Tags(page)
    assert tags.seen.isdisjoint({"script", "b", "i", "img"}), page
    ours = ("http://127.0.0.1:8000", "mailto:moderate+", "mailto:confirm+")
    assert all(link.startswith(ours) for link in tags.links), tags.links


@pytest.mark.parametrize("case", [case for case in CASES if case.undo], ids=lambda case: case.kind)
def test_no_notice_is_sent_when_its_reason_is_gone(core, sink, world: World, case: Case) -> None:
    assert case.undo is not None
    with transaction():
        case.ask(world)
    send_only_fan_out(core)
    with transaction():
        case.undo(world)
    only(f"notice.{case.kind}")
    send(core)
    assert notices_of(sink, case.to) == []
    assert not db.session.scalars(select(Task).where(Task.done_at.is_(None))).all()


def send_only_fan_out(core) -> None:
    work_once(core, {"fan_out": workers()["fan_out"]}, "test")
    db.session.rollback()


def only(kind: str) -> None:
    """Forget what else was asked for, but for what makes the notice itself."""
    with transaction() as session:
        keep = (kind, "moderators.held", "moderators.join_request")
        session.execute(delete(Task).where(Task.done_at.is_(None), Task.kind.not_in(keep)))


def test_every_kind_and_every_template_is_used() -> None:
    stranger = {"refused_stranger", "refused", "returned"}  # Below, by mail.
    cases = {case.kind for case in CASES} | {"joined", "refused", "returned"}
    # Kinds that an area brings in a file of its own are tested with their area.
    general = {kind for kind, facts in FACTS.items() if facts.__module__ == notice_facts.__name__}
    assert general <= {f"notice.{kind}" for kind in cases} <= set(FACTS)
    folders = {path.name for path in Path(TEMPLATES, "mail").iterdir() if path.is_dir()}
    assert stranger < folders
    for folder in folders - {"digest"}:  # A digest is no notice: it has its items, and a plain form besides.
        files = {path.name for path in Path(TEMPLATES, "mail", folder).iterdir()}
        assert files == {"subject.txt", "body.txt", "body.html"}


def test_what_was_returned_or_refused_by_mail_tells_why(site, world: World) -> None:
    site.core.jinja_env.undefined = StrictUndefined
    site.hand_in(a_mail(ANN, GROUP, "Empty", "\n"), GROUP)
    site.hand_in(a_mail("eve@example.net", GROUP, "Let me in", "Please."), GROUP)
    site.work()
    with transaction():
        set_standing(membership_of(world.ann.id, world.group.id), Standing.BANNED, actor_id=None)
    site.hand_in(a_mail(ANN, GROUP, "Banned", "Who can?"), GROUP)
    site.work()
    returned, refused = notices_of(site.sink, ANN)
    assert "no words in your post" in returned.get_body(("plain",)).get_content()
    assert "can no longer post" in refused.get_body(("plain",)).get_content()
    [told] = notices_of(site.sink, "eve@example.net")
    assert "eve@example.net" in told.get_body(("plain",)).get_content()


def test_the_question_did_you_write_this_is_answered_to_an_address_of_its_own(core, sink, world: World) -> None:
    with transaction():
        claim(world)
    send(core)
    [question] = notices_of(sink, ANN)
    assert addresses().read(question["Reply-To"].addresses[0].addr_spec) == ToConfirm(held().id, world.ann.id)


def test_members_have_a_return_path_of_their_own_and_others_none(core, sink, world: World) -> None:
    with transaction():
        request_sign_in_link(ANN)
        request_address(world.ann, MOE)
    send(core)
    senders = {message.recipients[0]: message.envelope_sender for message in sink.messages}
    assert senders[ANN] == ""
    assert addresses().read(senders[MOE]) is not None


def test_nobody_without_an_address_and_no_left_address_is_written_to(core, sink, world: World) -> None:
    with transaction() as session:
        hold(world)
        session.execute(delete(Address).where(Address.member_id == world.ann.id))
    send(core)
    assert {message.recipients for message in sink.messages} == {(MOE,)}


def test_a_notice_that_cannot_be_sent_is_tried_again_and_a_refused_one_is_not(core, sink, world, move_clock) -> None:
    sink.faults = [defer("rcpt", ANN, times=1), refuse("rcpt", MOE)]
    with transaction():
        request_sign_in_link(ANN)
        request_sign_in_link(MOE)
    do_mail_work(core)
    assert sink.messages == []
    move_clock(31)
    do_mail_work(core)
    assert sink.recipients == [ANN]
    tasks = db.session.scalars(select(Task).order_by(Task.id)).all()
    assert all(task.done_at for task in tasks)
    assert tasks[1].error.startswith("refused: 550")


def test_a_smarthost_in_trouble_uses_up_no_attempt(core, sink, world, move_clock) -> None:
    sink.faults = [shut_down("banner")]
    with transaction():
        invite(world.moe.id, world.group, "bea@example.net")
    for days in range(1, 15, 1):
        move_clock(timedelta(hours=days).total_seconds())
        do_mail_work(core)
    sink.faults = []
    move_clock(timedelta(hours=20).total_seconds())
    do_mail_work(core)
    assert sink.recipients == ["bea@example.net"]


def test_a_notice_that_breaks_the_code_waits_and_stops_no_other(core, sink, world) -> None:
    with transaction() as session:
        session.add(Task(kind="notice.returned", target_id=99, other_id=world.ann.id, due_at=now()))
        request_sign_in_link(ANN)
    do_mail_work(core)
    assert sink.recipients == [ANN]
    [broken] = db.session.scalars(select(Task).where(Task.kind == "notice.returned")).all()
    assert broken.done_at is None
    assert broken.error


def test_who_joined_is_told_how_to_write(core, sink, world) -> None:
    with transaction():
        world.group.join_policy = JoinPolicy.OPEN
        add_to_group(add_member("cy@example.org", "Cy", why="test"), community())
    written = a_mail("cy@example.org", "x", "x", "y").as_bytes()
    with transaction():
        perform(parse(written), Authenticated(Assurance.PROVEN, ""), CommandRoute((1,), world.group.id, Verb.JOIN))
    send(core)
    [mail] = notices_of(sink, "cy@example.org")
    assert GROUP in mail.get_body(("plain",)).get_content()


def test_who_no_longer_moderates_is_not_told_of_a_held_post(core: Flask) -> None:
    group = a_group(moderate=Moderate.ALL)
    ann = a_member("ann@example.org", "Ann Lee", group)
    mo = a_member("mo@example.org", "Mo Dee", group, role=Role.MODERATOR)
    held = post(ann, group)
    assert isinstance(held, Held)
    task = Task(kind="notice.held_for_moderators", target_id=held.held_id, other_id=mo.id)
    assert FACTS[task.kind](task) is not None
    with transaction():
        membership = membership_of(mo.id, group.id)
        assert membership is not None
        set_role(membership, Role.MEMBER, actor_id=None)
    assert FACTS[task.kind](task) is None
