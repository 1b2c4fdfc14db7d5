"""A group's rules through both doors: the same words get the same outcome and the same findings, at the same places.

The web shows them before anything is sent; what may not go out never reaches the gate there, and by mail it comes back.
"""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

import forum.web.gate
import forum.web.threads
import mailgateway.fate
from forum.accounts.models import LinkPurpose, Member
from forum.accounts.sign_in import link_token, make_link
from forum.app import create_app
from forum.db import db, transaction
from forum.groups.actions import create_group
from forum.groups.joining import add_to_group
from forum.groups.models import Group, Role
from forum.posting.models import HeldPost, HeldState
from forum.posting.outcomes import Held, Outcome, Published, Returned
from forum.posting.submit import look_at, submit
from forum.queue import Task
from forum.rulebook.actions import add_rule
from forum.rulebook.defaults import default_terms
from forum.rulebook.models import RuleSighting
from forum.rules.findings import Finding, Judgement, Severity
from forum.rules.submission import Submission
from forum.rules.terms import Binds, Mode, Terms
from forum.settings import Settings
from forum.threads.models import Post, Thread
from mailgateway.models import InboundMail, MailState
from tests.gateway import a_mail
from tests.people import a_group, a_member, its, post
from tests.site import Site

SUBJECT = "A question from the ward"
CLINICAL = "Which dose of metoprolol do you start with in an old man with a slow pulse?"
PARTISAN = "Vote these clowns out in November. The Republicans in Congress want your patients to go bankrupt."
POLICY = (
    "The state medical board changed the license renewal form, and the new Medicare billing codes take effect in"
    " January. How does your practice prepare?"
)
MAIL_STATE = {Published: MailState.POSTED, Held: MailState.HELD, Returned: MailState.RETURNED}
ADVISE, HOLD, RETURN = Severity.ADVISE, Severity.HOLD, Severity.RETURN


@dataclass(frozen=True)
class Case:
    """Words, by which checks they are judged (and on which terms), and what becomes of them: (check, severity)."""

    name: str
    text: str
    rules: dict[str, dict[str, Any]]
    outcome: type[Outcome]
    found: tuple[tuple[str, Severity], ...] = ()
    shadows: tuple[str, ...] = ()
    author: dict[str, Any] = field(default_factory=dict)
    earlier: int = 0
    routed: bool = False


PHI = "patient_identifiers"
WORDS: dict[str, Any] = {"options": {"words": ["zebra"]}, "caught": ("A zebra.",), "passing": ("A horse.",)}
CASES = (
    Case("nothing to say", CLINICAL, {"political": {}, PHI: {}, "words": WORDS}, Published),
    Case("politics", PARTISAN, {"political": {}}, Held, (("political", HOLD),)),
    Case("policy where it is welcome", POLICY, {"political": {}}, Published),
    Case("a patient", "Mrs. Hollander, MRN 00482913, is back.", {PHI: {}}, Returned, ((PHI, RETURN),)),
    Case("perhaps a patient", "We saw the patient on Tuesday, 12 March.", {PHI: {}}, Published, ((PHI, ADVISE),)),
    Case("a listed word", "It was a zebra after all.", {"words": WORDS}, Held, (("words", HOLD),)),
    Case(
        "a listed word that sends back",
        "A zebra.",
        {"words": WORDS | {"severity": RETURN}},
        Returned,
        (("words", RETURN),),
    ),
    Case(
        "an offer",
        "We are recruiting a cardiologist, competitive salary and sign-on bonus, send your CV.",
        {"solicitation": {}},
        Held,
        (("solicitation", HOLD),),
    ),
    Case("too often", CLINICAL, {"frequency": {"options": {"most": 1}}}, Returned, (("frequency", RETURN),), earlier=1),
    Case("not too often", CLINICAL, {"frequency": {"options": {"most": 2}}}, Published, earlier=1),
    Case("in shadow", PARTISAN, {"political": {"mode": Mode.SHADOW}}, Published, shadows=("political",)),
    Case(
        "a newcomer",
        "A zebra.",
        {"words": WORDS | {"binds": Binds.NEWCOMERS}},
        Held,
        (("words", HOLD),),
        author={"newcomer_posts": 2},
    ),
    Case("no newcomer", "A zebra.", {"words": WORDS | {"binds": Binds.NEWCOMERS}}, Published),
    Case(
        "a moderator",
        "A zebra.",
        {"words": WORDS | {"binds": Binds.MEMBERS}},
        Published,
        author={"role": Role.MODERATOR},
    ),
    Case(
        "policy that has a room",
        POLICY,
        {"political": {"options": {"allowed": ["clinical"]}}},
        Published,
        (("political", ADVISE),),
        routed=True,
    ),
    Case(
        "the gravest decides",
        "PLEASE ANSWER ME NOW!!!! SOMEBODY MUST KNOW THIS ZEBRA!!!! " + PARTISAN,
        {"shouting": {}, "words": WORDS | {"severity": RETURN}, "political": {}},
        Returned,
        (("words", RETURN), ("political", HOLD), ("shouting", ADVISE)),
    ),
)


@dataclass
class Doors:
    """Both doors of one site, and what the gate said: of what was handed in, and of what was only looked at."""

    site: Site
    web: Flask
    said: list[tuple[Submission, Outcome]]
    looked: list[Judgement]


@pytest.fixture
def doors(site: Site, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Doors]:
    said: list[tuple[Submission, Outcome]] = []
    looked: list[Judgement] = []

    def heard(submission: Submission) -> Outcome:
        said.append((submission, submit(submission)))
        return said[-1][1]

    def overlooked(submission: Submission) -> Judgement:
        looked.append(look_at(submission))
        return looked[-1]

    monkeypatch.setattr(forum.web.gate, "submit", heard)
    monkeypatch.setattr(mailgateway.fate, "submit", heard)
    monkeypatch.setattr(forum.web.threads, "look_at", overlooked)
    web = create_app(settings)
    yield Doors(site, web, said, looked)
    with web.app_context():
        db.engine.dispose()


@dataclass(frozen=True)
class Fate:
    """What became of some words, whichever door they came by."""

    outcome: type[Outcome]
    findings: tuple[tuple[str, str, tuple[dict[str, Any], ...], bool, str], ...]
    sightings: tuple[tuple[bool, str], ...]
    routed: bool


def _slug(check: str) -> str:
    return f"the-{check.replace('_', '-')}"


def _scene(case: Case, door: str, number: int, author: Member) -> tuple[Group, Group]:
    """The group with the case's rules, and a room below it; the author belongs to both."""
    group = a_group(f"ward-{number}-{door}", f"Ward {number}")
    with transaction():
        room = create_group(f"room-{number}-{door}", "Advocacy", parent=group)
        for check, other in case.rules.items():
            begin = default_terms(check, other.get("options", {}))
            given = {name: value for name, value in other.items() if name != "options"}
            terms: Terms = replace(begin, **{"mode": Mode.ON, "room_id": room.id if case.routed else None, **given})
            add_rule(group, _slug(check), terms, actor_id=None)
    with transaction():
        for each in (group, room):
            add_to_group(author, each)
        for key, value in case.author.items():
            setattr(its(author, group), key, value)
    for earlier in range(case.earlier):
        assert isinstance(post(author, group, f"Earlier {earlier}", "Something else."), Published)
    return group, room


def _kept(found: tuple[Finding, ...]) -> tuple[Any, ...]:
    return tuple(
        (
            each.rule,
            each.severity.value,
            tuple(asdict(passage) for passage in each.passages),
            each.to_confirm,
            each.label,
        )
        for each in found
    )


def _fate(case: Case, group: Group, room: Group, outcome: type[Outcome], found: tuple[Finding, ...]) -> Fate:
    """With what is kept: nothing but what the outcome says, and the words as they were sent."""
    db.session.rollback()
    rows = select(RuleSighting.shadow, RuleSighting.severity).where(RuleSighting.group_id == group.id)
    posts = select(Post).join(Thread, Thread.id == Post.thread_id).where(Post.text.not_in(["Something else."]))
    here, there = (db.session.scalars(posts.where(Thread.group_id == each.id)).all() for each in (group, room))
    held = db.session.scalars(select(HeldPost).where(HeldPost.group_id == group.id, ~HeldPost.private)).all()
    assert (len(here) + len(there), len(held)) == (outcome is Published, outcome is Held), case.name
    assert all(each.text.strip() == case.text for each in (*here, *there, *held)), case.name
    assert all(each.state is HeldState.WAITING for each in held), case.name
    sightings = sorted((row.shadow, row.severity.value) for row in db.session.execute(rows))
    return Fate(outcome, _kept(found), tuple(sightings), bool(there))


# --- by web ---


def _hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    return unescape(found[1]) if found is not None else ""


def _signed_in(doors: Doors, author: Member) -> FlaskClient:
    client = doors.web.test_client()
    with transaction():
        path = f"/sign-in/{link_token(make_link(author, LinkPurpose.SIGN_IN, author.addresses[0].email))}"
    token = _hidden(client.get(path).get_data(as_text=True), "csrf_token")
    assert client.post(path, data={"csrf_token": token}).status_code == 302
    return client


def _by_web(doors: Doors, case: Case, number: int, author: Member, client: FlaskClient) -> Fate:
    """Fill in the form; look at what is found; send it as it is, where the page has a button for that."""
    group, room = _scene(case, "web", number, author)
    path = f"/g/{group.slug}/write"
    page, before = client.get(path).get_data(as_text=True), len(doors.said)
    for act in ("send", "send", "hold"):
        data = {"subject": SUBJECT, "text": case.text, "act": act}
        data |= {name: _hidden(page, name) for name in ("csrf_token", "token", "seen")}
        answer = client.post(path, data=data)
        page = answer.get_data(as_text=True)
        if answer.status_code != 422:
            break
        for finding in doors.looked[-1].findings:
            assert finding.sentence in unescape(page), case.name
    judged = doors.looked[-1].findings
    if len(doors.said) == before:
        # It went nowhere, and the page says what to do.
        assert answer.status_code == 422, case.name
        return _fate(case, group, room, Returned, judged)
    outcome = doors.said[-1][1]
    assert isinstance(outcome, Published | Held), case.name
    # What was shown before sending is what the gate says.
    assert _kept(outcome.findings) == _kept(judged), case.name
    db.session.rollback()
    if case.routed:
        thread = db.session.get_one(Thread, outcome.thread_id) if isinstance(outcome, Published) else None
        assert thread is not None
        assert f"/t/{thread.public_id}" in answer.headers["Location"]
    return _fate(case, group, room, type(outcome), outcome.findings)


# --- by mail ---


def _by_mail(doors: Doors, author: Member) -> list[Fate]:
    """Send a mail for each case, and let the workers do all of them."""
    scenes = [_scene(case, "mail", number, author) for number, case in enumerate(CASES)]
    email = author.addresses[0].email
    for (group, _room), case in zip(scenes, CASES, strict=True):
        address = f"{group.mail_name}@lists.localhost"
        message_id = f"<{group.slug}@sender.example>"
        letter = a_mail(f"Ann Lee <{email}>", address, SUBJECT, case.text, Message_ID=message_id)
        assert doors.site.hand_in(letter, address) == {}
    doors.site.work()
    db.session.rollback()
    said = {submission.group_id: outcome for submission, outcome in doors.said}
    kinds = [kind for kind in db.session.scalars(select(Task.kind)) if kind in ("notice.advised", "notice.routed")]
    # Of what became of a mail its author hears once.
    assert sorted(kinds) == ["notice.advised", "notice.routed"]
    states = dict(db.session.execute(select(InboundMail.message_id, InboundMail.state)).tuples().all())
    told = " ".join(b"\n".join(each.content for each in doors.site.mailed(email)).decode("utf-8", "replace").split())
    fates = []
    for (group, room), case in zip(scenes, CASES, strict=True):
        outcome = said[group.id]
        assert isinstance(outcome, Published | Held | Returned), case.name
        assert states[f"<{group.slug}@sender.example>"] is MAIL_STATE[case.outcome], case.name
        assert (f"has gone to Advocacy and not to {group.name}." in told) is case.routed, case.name
        fates.append(_fate(case, group, room, type(outcome), outcome.findings))
    return fates


def test_the_same_words_have_the_same_fate_through_both_doors(doors: Doors) -> None:
    ann, ben = (a_member(f"{name}@example.org", "Ann Lee") for name in ("ann", "ben"))
    mailed = _by_mail(doors, ann)
    client = _signed_in(doors, ben)
    for number, (case, by_mail) in enumerate(zip(CASES, mailed, strict=True)):
        by_web = _by_web(doors, case, number, ben, client)
        found = tuple((rule, Severity(severity)) for rule, severity, *_ in by_web.findings)
        assert (by_web.outcome, found) == (
            case.outcome,
            tuple((_slug(check), severity) for check, severity in case.found),
        ), case.name
        assert by_web.routed is case.routed, case.name
        # What goes back to its author at once on the web was never sent, and nothing is kept of it.
        if case.outcome is Returned:
            assert by_web.sightings == (), case.name
            by_web = replace(by_web, sightings=by_mail.sightings)
        assert by_web == by_mail, case.name
        shadows = [severity for shadow, severity in by_mail.sightings if shadow]
        assert len(shadows) == len(case.shadows), case.name
