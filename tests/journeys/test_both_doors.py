"""The same through both doors: one table of cases, each run by a real form and by a real mail, with one outcome.

What the gate said is listened to in both doors; that it is also what people see - on the page, in the mail that comes
back, in the queue of the moderators - is asserted beside it. What a door stops before the gate stands in the case too.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import partial
from html import unescape
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import or_, select

import forum.web.gate
import mailgateway.fate
from forum.accounts.models import LinkPurpose, Member
from forum.accounts.sign_in import link_token, make_link
from forum.app import create_app
from forum.clock import now
from forum.db import db, transaction
from forum.groups.models import Group, Membership, Moderate, Role, Standing
from forum.groups.queries import community, membership_of
from forum.groups.standing import set_standing
from forum.posting.erase import erase
from forum.posting.models import HeldPost, HeldState
from forum.posting.outcomes import Duplicate, Held, Outcome, Published, Refused, Returned
from forum.posting.submit import submit
from forum.rules import RULES
from forum.rules.submission import Submission
from forum.settings import Settings
from forum.threads.models import Attachment, Post, Thread
from forum.threads.moving import relocate
from mailgateway.models import InboundMail, MailState
from tests.gateway import a_mail
from tests.people import a_group, a_member, post
from tests.site import Site

MAX_MESSAGE = 60_000
SUBJECT, TEXT = "Who can take a night in May", "I am looking for somebody for the night of the 12th."

WEB_STATUS = {Published: 303, Held: 202, Returned: 422, Refused: 422, Duplicate: 303}
MAIL_STATE = {
    Published: MailState.POSTED,
    Held: MailState.HELD,
    Returned: MailState.RETURNED,
    Refused: MailState.REFUSED,
    Duplicate: MailState.DUPLICATE,
}


@dataclass
class Scene:
    """Where a case plays: a group, who writes to it, and what is written."""

    group: Group
    author: Member
    text: str = TEXT
    answers: Post | None = None
    file: bytes | None = None
    anonymous: bool = False

    @property
    def address(self) -> str:
        return f"{self.group.mail_name}{'+anon' if self.anonymous else ''}@lists.localhost"

    @property
    def email(self) -> str:
        return self.author.addresses[0].email

    def membership(self, group: Group | None = None) -> Membership:
        found = membership_of(self.author.id, (group or self.group).id)
        assert found is not None
        return found


Arrange = Callable[[Scene], None]


@dataclass(frozen=True)
class Case:
    """`rules` are the findings, the most severe first. `at_web`, `at_mail` is what a door says without the gate."""

    name: str
    outcome: type[Outcome]
    rules: tuple[str, ...] = ()
    arrange: tuple[Arrange, ...] = ()
    times: int = 1
    at_web: int | None = None
    at_mail: int | None = None
    group: dict[str, object] = field(default_factory=dict)


def _answering(scene: Scene) -> None:
    """Of two threads with one subject the older one is answered, so that only the ids can tell which."""
    first, second = (
        a_member(f"{name}-of-{scene.group.slug}@example.org", name.title(), scene.group) for name in ("chen", "dolores")
    )
    answered = post(first, scene.group, "Call schedule in June", "Here is the plan.")
    assert isinstance(answered, Published)
    assert isinstance(post(second, scene.group, "Call schedule in June", "Another plan."), Published)
    scene.answers = db.session.get_one(Post, answered.post_id)


def _locked(scene: Scene) -> None:
    assert scene.answers is not None
    with transaction():
        db.session.get_one(Thread, scene.answers.thread_id).locked_at = now()


def _erased(scene: Scene) -> None:
    assert scene.answers is not None
    with transaction():
        erase(db.session.get_one(Post, scene.answers.id), actor_id=scene.author.id)


def _moved_out_of_sight(scene: Scene) -> None:
    """The thread goes to a group that nobody outside it may know of."""
    assert scene.answers is not None
    hidden = a_group(f"hidden-{scene.group.slug}", "Hidden", listed=False)
    with transaction():
        relocate([scene.answers.thread_id], hidden, actor_id=None)


def _read_first(scene: Scene) -> None:
    assert scene.answers is not None
    with transaction():
        db.session.get_one(Thread, scene.answers.thread_id).moderated_at = now()


def _slowed(scene: Scene) -> None:
    assert scene.answers is not None
    earlier = post(scene.author, scene.group, "Re: Call schedule in June", "An earlier post.", answers=scene.answers.id)
    assert isinstance(earlier, Published)
    with transaction():
        db.session.get_one(Thread, scene.answers.thread_id).slow_seconds = 3600


def _braked(scene: Scene) -> None:
    with transaction():
        scene.group.emergency_since = now()


def _standing(scene: Scene, standing: Standing, *, everywhere: bool = False) -> None:
    group = community() if everywhere else scene.group
    until = now() + timedelta(days=2) if standing is Standing.MUTED else None
    with transaction():
        if standing is Standing.PENDING:
            scene.membership(group).standing = standing
        else:
            set_standing(scene.membership(group), standing, actor_id=None, until=until)


def _newcomer(scene: Scene) -> None:
    with transaction():
        scene.membership().newcomer_posts = 3


def _moderator(scene: Scene) -> None:
    with transaction():
        scene.membership().role = Role.MODERATOR


def _gone(scene: Scene, *, everywhere: bool = False) -> None:
    with transaction() as session:
        for group in (scene.group, community()) if everywhere else (scene.group,):
            session.delete(scene.membership(group))


def _looked_at(scene: Scene) -> None:
    with transaction():
        scene.group.moderate = Moderate.ALL


def _has_posted(scene: Scene) -> None:
    assert isinstance(post(scene.author, scene.group, "Earlier", "An earlier post."), Published)


def _empty(scene: Scene) -> None:
    scene.text = "\n  \n"


def _closed_up(scene: Scene) -> None:
    scene.text = "-----BEGIN PGP MESSAGE-----\n\nhQEMA0\n-----END PGP MESSAGE-----"


def _with_program(scene: Scene) -> None:
    scene.file = b"MZ\x90\x00 a program under another name"


def _with_file(scene: Scene, size: int) -> None:
    scene.file = b"%PDF-1.7\n" + b"x" * size


def _anonymous(scene: Scene) -> None:
    scene.anonymous = True


def _naming(scene: Scene) -> None:
    scene.file = b"%PDF-1.7\n1 0 obj << /Author (Ann Lee) >> endobj\n"


MUTED = partial(_standing, standing=Standing.MUTED)
BANNED = partial(_standing, standing=Standing.BANNED)
PENDING = partial(_standing, standing=Standing.PENDING)
EVERYBODY, NEWCOMERS = {"moderate": Moderate.ALL}, {"moderate": Moderate.NEWCOMERS}

CASES = (
    Case("a member begins a thread", Published),
    Case("a member answers", Published, arrange=(_answering,)),
    Case("only a file", Published, arrange=(_empty, partial(_with_file, size=2000))),
    Case("the same thing twice", Duplicate, times=2),
    Case("a held thing twice", Duplicate, times=2, group=EVERYBODY),
    Case("a newcomer in a group that looks at newcomers", Held, ("newcomer",), (_newcomer,), group=NEWCOMERS),
    Case("a member of long standing there", Published, group=NEWCOMERS),
    Case("a group that looks at every post", Held, ("moderated",), group=EVERYBODY),
    Case("its moderator", Published, (), (_moderator,), group=EVERYBODY),
    Case("who waits to be admitted", Held, ("membership",), (PENDING,)),
    Case(
        "who waits to be admitted, in a group that looks",
        Held,
        ("membership", "moderated"),
        (PENDING,),
        group=EVERYBODY,
    ),
    Case("muted in the group", Returned, ("membership",), (MUTED,)),
    Case("muted in the community", Returned, ("membership",), (partial(MUTED, everywhere=True),)),
    Case("empty", Returned, ("empty",), (_empty,)),
    Case("an empty answer", Returned, ("empty",), (_answering, _empty)),
    Case("encrypted", Returned, ("encrypted",), (_closed_up,)),
    Case("a program as a file", Returned, ("executables",), (_with_program,)),
    Case("a locked thread", Returned, ("locked",), (_answering, _locked)),
    Case("an answer to an erased post", Held, ("erased_parent",), (_answering, _erased)),
    Case(
        "a thread that has gone where its author may not follow", Returned, ("gone",), (_answering, _moved_out_of_sight)
    ),
    Case("a group in which only moderators write", Returned, ("announce_only",), group={"announce_only": True}),
    Case("its moderator, who announces", Published, (), (_moderator,), group={"announce_only": True}),
    Case("a thread that is read first", Held, ("thread_moderated",), (_answering, _read_first)),
    Case("a thread that is slowed down", Returned, ("slow_mode",), (_answering, _slowed)),
    Case("a group where everything is held", Held, ("emergency",), (_braked,)),
    Case("the quota is passed", Returned, ("quota",), (_has_posted,), group={"quota": 1}),
    Case("anonymous", Published, (), (_anonymous,), group={"anonymous_posts": True}),
    Case("anonymous, in a group that takes no such posts", Returned, ("anonymity",), (_anonymous,)),
    Case(
        "anonymous, with a file that may name its author",
        Returned,
        ("own_traces",),
        (_anonymous, _naming),
        group={"anonymous_posts": True},
    ),
    Case("too large", Returned, ("size",), (partial(_with_file, size=MAX_MESSAGE),), at_mail=552),
    Case(
        "everything at once",
        Returned,
        ("membership", "empty", "locked", "quota", "moderated"),
        (_answering, _locked, _has_posted, _looked_at, MUTED, _empty),
        group={"quota": 1},
    ),
    Case("not a member of the group", Refused, ("membership",), (_gone,)),
    Case("banned from the group", Refused, ("membership",), (BANNED,)),
    Case("banned, and everything else as well", Refused, ("membership", "empty"), (BANNED, _empty)),
    Case("banned from the community", Refused, ("membership",), (partial(BANNED, everywhere=True),), at_web=403),
    Case("has left the community", Refused, ("membership",), (partial(_gone, everywhere=True),), at_web=403),
)


@dataclass
class Doors:
    """Both doors of one site, and what the gate said to each submission."""

    site: Site
    web: Flask
    said: list[tuple[Submission, Outcome]]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"max_message": MAX_MESSAGE})


@pytest.fixture
def doors(site: Site, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Doors]:
    said: list[tuple[Submission, Outcome]] = []

    def heard(submission: Submission) -> Outcome:
        outcome = submit(submission)
        said.append((submission, outcome))
        return outcome

    # The gate itself works as ever; both doors are overheard.
    monkeypatch.setattr(forum.web.gate, "submit", heard)
    monkeypatch.setattr(mailgateway.fate, "submit", heard)
    web = create_app(settings)
    yield Doors(site, web, said)
    with web.app_context():
        db.engine.dispose()


def _scene(case: Case, door: str) -> Scene:
    group = a_group(f"nights-{door}", "Nights", **case.group)
    scene = Scene(group, a_member(f"ann-{door}@example.org", "Ann Lee", group))
    for arrange in case.arrange:
        arrange(scene)
    return scene


def _rules(outcome: Outcome) -> tuple[str, ...]:
    return tuple(each.rule for each in outcome.findings) if isinstance(outcome, Held | Returned | Refused) else ()


# --- by web ---


def _sign_in(client: FlaskClient, member: Member) -> None:
    with transaction():
        path = f"/sign-in/{link_token(make_link(member, LinkPurpose.SIGN_IN, member.addresses[0].email))}"
    page = client.get(path).get_data(as_text=True)
    assert client.post(path, data={"csrf_token": _hidden(page, "csrf_token")}).status_code == 302


def _hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, f"the page has no {name}"
    return unescape(found[1])


def _by_web(doors: Doors, scene: Scene, times: int) -> tuple[int, str]:
    """Fill in the form of the page and send it; status and text of what comes back the last time."""
    thread = scene.answers.thread.public_id if scene.answers is not None else ""
    page, path = (f"/t/{thread}", f"/t/{thread}/reply") if thread else [f"/g/{scene.group.slug}/write"] * 2
    client = doors.web.test_client()
    _sign_in(client, scene.author)
    form = client.get(page).get_data(as_text=True)
    if "csrf_token" not in form:
        # Who may not write is shown no form, and forges one with the token of another page.
        form = client.get("/me").get_data(as_text=True)
    data: dict[str, object] = {"csrf_token": _hidden(form, "csrf_token"), "token": "a-form", "text": scene.text}
    if not thread:
        data["subject"] = SUBJECT
    if scene.anonymous:
        data["anonymous"] = "yes"
    for _ in range(times):
        files = {"files": (BytesIO(scene.file), "plan.pdf", "application/pdf")} if scene.file is not None else {}
        answer = client.post(path, data=data | files, content_type="multipart/form-data")
    return answer.status_code, unescape(answer.get_data(as_text=True))


def _at_the_web_door(doors: Doors, scene: Scene) -> int:
    """What somebody without standing in the community gets who still has the link to sign in."""
    client = doors.web.test_client()
    with transaction():
        path = f"/sign-in/{link_token(make_link(scene.author, LinkPurpose.SIGN_IN, scene.email))}"
    token = _hidden(client.get(path).get_data(as_text=True), "csrf_token")
    status = client.post(path, data={"csrf_token": token}).status_code
    assert client.get(f"/g/{scene.group.slug}/write").status_code == 302
    return status


# --- by mail ---


def _letter(scene: Scene) -> EmailMessage:
    headers = {"Message_ID": f"<a-mail-{scene.group.slug}@sender.example>"}
    subject = SUBJECT
    if scene.answers is not None:
        subject, headers["In_Reply_To"] = f"Re: {scene.answers.thread.subject}", scene.answers.message_id
    letter = a_mail(f"Ann Lee <{scene.email}>", scene.address, subject, scene.text, **headers)
    if scene.file is not None:
        letter.add_attachment(scene.file, maintype="application", subtype="pdf", filename="plan.pdf")
    return letter


def _by_mail(doors: Doors, scene: Scene, times: int) -> MailState:
    """Hand the mail in and let the workers work; what the last of the mails has become."""
    for _ in range(times):
        assert doors.site.hand_in(_letter(scene), scene.address) == {}
        doors.site.work()
    db.session.rollback()
    return db.session.scalars(select(InboundMail.state).order_by(InboundMail.id.desc())).first()


def _mailed_to(doors: Doors, email: str) -> list[str]:
    """The text of every mail to this address, subject first."""
    mails = [message_from_bytes(each.content, policy=default) for each in doors.site.mailed(email)]
    return [f"{mail['Subject']}\n{mail.get_body(('plain',)).get_content()}" for mail in mails]


# --- the table ---


@pytest.mark.parametrize("case", [case for case in CASES if case.at_web is None], ids=lambda case: case.name)
def test_by_web(doors: Doors, case: Case) -> None:
    scene = _scene(case, "web")
    status, page = _by_web(doors, scene, case.times)
    outcome = doors.said[-1][1]
    assert (type(outcome), _rules(outcome)) == (case.outcome, case.rules)
    held_twice = isinstance(outcome, Duplicate) and outcome.held_id is not None
    assert status == (202 if held_twice else WEB_STATUS[case.outcome])
    for sentence in _sentences(outcome):
        assert sentence in page
    _look_at_what_is_kept(case, scene)


@pytest.mark.parametrize("case", [case for case in CASES if case.at_mail is None], ids=lambda case: case.name)
def test_by_mail(doors: Doors, case: Case) -> None:
    scene = _scene(case, "mail")
    state = _by_mail(doors, scene, case.times)
    outcome = doors.said[-1][1]
    assert (type(outcome), _rules(outcome)) == (case.outcome, case.rules)
    assert state is MAIL_STATE[case.outcome]
    told = " ".join(" ".join(_mailed_to(doors, scene.email)).replace("\n> ", " ").split())
    if isinstance(outcome, Held | Returned | Refused):
        # A notice gives the finding that decided; the page of the held post has them all.
        assert outcome.findings[0].sentence in told
    _look_at_what_is_kept(case, scene)


@pytest.mark.parametrize("case", [case for case in CASES if case.at_web is not None], ids=lambda case: case.name)
def test_what_the_web_door_stops_before_the_gate(doors: Doors, case: Case) -> None:
    scene = _scene(case, "web")
    assert _at_the_web_door(doors, scene) == case.at_web
    assert not doors.said


@pytest.mark.parametrize("case", [case for case in CASES if case.at_mail is not None], ids=lambda case: case.name)
def test_what_the_mail_door_stops_before_the_gate(doors: Doors, case: Case) -> None:
    scene = _scene(case, "mail")
    address = f"{scene.group.mail_name}@lists.localhost"
    refused = doors.site.hand_in(_letter(scene), address)
    assert refused[address][0] == case.at_mail
    doors.site.work()
    assert not doors.said


def _sentences(outcome: Outcome) -> list[str]:
    """What the page of a returned or refused post says; that of a held one says why it waits."""
    return [each.sentence for each in outcome.findings] if isinstance(outcome, Returned | Refused | Held) else []


def _look_at_what_is_kept(case: Case, scene: Scene) -> None:
    """One post or one waiting held post, with its words, its file and its place; or nothing at all."""
    db.session.rollback()
    own = select(Post).join(Thread, Thread.id == Post.thread_id).where(Thread.group_id == scene.group.id)
    wrote = Post.pseudonym_id.is_not(None) if scene.anonymous else Post.author_id == scene.author.id
    own = own.where(wrote, Post.text != "An earlier post.")
    posts = db.session.scalars(own).all()
    # What came back by mail is kept besides, for its author alone.
    private = select(HeldPost.id).where(HeldPost.private)
    held = db.session.scalars(select(HeldPost).where(HeldPost.group_id == scene.group.id, ~HeldPost.private)).all()
    waits = case.outcome is Held or (case.outcome is Duplicate and case.group == EVERYBODY)
    assert len(posts) == (case.outcome in (Published, Duplicate) and not waits)
    assert len(held) == waits
    for each in (*posts, *held):
        assert each.text.strip() == scene.text.strip()
        assert each.in_reply_to_id == (scene.answers.id if scene.answers is not None else None)
    for waiting in held:
        assert waiting.state is HeldState.WAITING
        assert [finding["rule"] for finding in waiting.findings] == list(case.rules or ("moderated",))
    shared = or_(Attachment.held_post_id.is_(None), Attachment.held_post_id.not_in(private))
    files = db.session.scalars(select(Attachment.name).where(shared)).all()
    assert files == (["plan.pdf"] if scene.file is not None and posts else [])


def test_every_rule_that_judges_both_doors_is_in_the_table() -> None:
    """The others say something of mails alone: a page has a proven author, own ids, no To and Cc, no quotes."""
    of_mail = {"assurance", "reused_id", "addressed", "recipients", "over_quoted"}
    names = {rule.__name__.removeprefix("check_") for rule in RULES} - of_mail
    assert names <= {rule for case in CASES for rule in case.rules}
