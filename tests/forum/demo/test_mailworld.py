"""The demo's doors: absent without --demo, closed to strangers, and a mailbox whose replies go in by real mail."""

import mailbox
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy import select, update

from forum.accounts.models import Address
from forum.app import create_app, create_core
from forum.db import db, reading, transaction
from forum.demo import DEMO_AUTHSERV_ID, register
from forum.demo.content import Person, load
from forum.demo.doors import why_closed
from forum.demo.letters import Letter, hand_in, written_out
from forum.demo.mailboxes import list_mails, open_mail
from forum.demo.mailworld import GUIDE
from forum.groups.models import Assurance, Delivery, Membership
from forum.threads.models import Post, Via
from forum.work import work_once, workers
from mailgateway.authenticate import authenticate
from mailgateway.models import InboundMail, MailState
from mailgateway.parse import parse
from tests.forum.demo.conftest import demo_settings
from tests.forum.web.browser import Browser
from tests.gateway import do_mail_work, lmtp_door

NOOR = "noor.rahmani@inbox.example"
LOCAL = "http://127.0.0.1:8000"
WRITTEN = datetime(2026, 11, 9, 8, 15, tzinfo=UTC)


@pytest.fixture(scope="module")
def mailed(demo_site: Flask, demo_folder: Path) -> Path:
    """The folder of captured mail after the first seconds of a new demo, and one mail that wishes readers ill."""
    # One drawn member with a mailbox is enough to show that nobody can look into it.
    readers = [persona.key for persona in load().personas] + [drawn_reader().key]
    emails = [person.email for person in load().people if person.key in readers]
    with transaction() as session:
        wanted = select(Address.member_id).where(Address.email.in_(emails))
        others = update(Membership).where(Membership.member_id.not_in(wanted))
        session.execute(others.values(delivery=Delivery.NONE))
    every = workers()
    chosen = {kind: every[kind] for kind in ("fan_out", "deliver", "notices")}
    work_once(create_core(demo_settings(demo_folder)), chosen, "test")
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = "Mallory <mallory@elsewhere.example>", NOOR, "<b>Bold</b>"
    mail["Date"] = "Mon, 01 Jan 2024 08:00:00 +0000"
    mail["List-Help"] = "<javascript:alert(1)>, <mailto:cardiology-help@lists.localhost?subject=help>"
    mail.set_content("The plain words")
    mail.add_alternative(
        '<p onclick="steal()">Hello<script>steal()</script> <a href="javascript:steal()">x</a> '
        '<a href="mailto:locums@lists.localhost?subject=A%20%26%20B+C">write</a></p>',
        subtype="html",
    )
    mail.add_attachment(b"<script>steal()</script>", maintype="text", subtype="html", filename="page.html")
    mailbox.Maildir(demo_folder / "mail" / NOOR).add(mail.as_bytes())
    return demo_folder / "mail"


def drawn_reader() -> Person:
    """A member who is no persona and reads the community's posts as single mails."""
    for person in load().people[len(load().personas) :]:
        membership = person.membership("community")
        if membership is not None and membership.delivery == "single":
            return person
    raise AssertionError("nobody reads mail")


@pytest.fixture
def browser(demo_site: Flask, mailed: Path) -> Browser:
    return Browser(demo_site)


def ill_mail(mailed: Path) -> str:
    """The address of the mail that wishes readers ill."""
    key = next(line.key for line in list_mails([mailed / NOOR]) if line.subject == "<b>Bold</b>")
    return f"/demo/mail/noor/{key}"


def newest_post_mail(mailed: Path) -> str:
    key = next(line.key for line in list_mails([mailed / NOOR]) if " via " in line.sender)
    return f"/demo/mail/noor/{key}"


# --- without --demo ---


def demo_addresses(app: Flask, mailed: Path) -> list[tuple[str, str]]:
    """Method and a real address for each of the demo's routes."""
    key = next(line.key for line in list_mails([mailed / NOOR]))
    values = {"key": "noor", "mail_id": key, "number": 0}
    adapter = app.url_map.bind("localhost")
    return [
        (method, adapter.build(rule.endpoint, {name: values[name] for name in rule.arguments}, method=method))
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("demo.")
        for method in sorted((rule.methods or set()) & {"GET", "POST"})
    ]


def test_without_demo_none_of_its_doors_is_there(demo_site: Flask, demo_folder: Path, mailed: Path) -> None:
    plain = create_app(demo_settings(demo_folder))
    addresses = demo_addresses(demo_site, mailed)
    assert len(addresses) == 8
    client = plain.test_client()
    for method, path in addresses:
        answer = client.open(path, method=method, headers={"Host": "127.0.0.1:8000"})
        assert answer.status_code == 404, (method, path)
    assert "/demo" not in client.get("/sign-in", headers={"Host": "127.0.0.1:8000"}).text


def test_the_demo_changes_nothing_of_the_other_pages(demo_folder: Path) -> None:
    plain, demo = create_app(demo_settings(demo_folder)), create_app(demo_settings(demo_folder))
    register(demo)

    def rules(app: Flask) -> set[tuple[str, str]]:
        return {(rule.rule, rule.endpoint) for rule in app.url_map.iter_rules()}

    assert {endpoint for _, endpoint in rules(demo) - rules(plain)} == {
        f"demo.{view}" for view in ("start", "sign_in_as", "mailbox", "read", "reply", "enclosed_file", "write", "send")
    }
    assert rules(plain) < rules(demo)
    for hooks in ("before_request_funcs", "after_request_funcs", "teardown_request_funcs"):
        ours = {name: found for name, found in getattr(demo, hooks).items() if name != "demo"}
        assert {name: [hook.__qualname__ for hook in found] for name, found in ours.items()} == {
            name: [hook.__qualname__ for hook in found] for name, found in getattr(plain, hooks).items()
        }


def test_a_mail_that_names_the_demo_as_its_server_proves_nothing_elsewhere() -> None:
    """The demo's word counts only where the settings say so: a site without it hears a stranger's claim."""
    letter = Letter("Noor Rahmani", NOOR, ("locums@lists.localhost",), "Hello", "Two nights.")
    octets = written_out(letter, DEMO_AUTHSERV_ID, WRITTEN)
    heard = {DEMO_AUTHSERV_ID: Assurance.PROVEN, "mx.example.org": Assurance.CLAIMED, "": Assurance.CLAIMED}
    for trusted, assurance in heard.items():
        assert authenticate(parse(octets), octets, trusted, lambda _name: None).assurance is assurance


# --- who gets in ---


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:8000", "localhost", "LOCALHOST:5000", "[::1]", "[::1]:8000", "demo.localhost:80"]
)
def test_this_machine_may_enter(host: str) -> None:
    assert why_closed(["Host", "Accept", "Cookie"], host, "http://demo.localhost:8000") == ""


@pytest.mark.parametrize(
    "host",
    [
        "forum.example.org", "localhost.example.org", "127.0.0.1.example.org", "other.localhost", "10.0.0.5:8000",
        "0.0.0.0", "[::2]", "2130706433", "", "localhost/", "127.0.0.1:80:90", "evil@localhost", "localhost:80@evil",
    ],
)  # fmt: skip
def test_a_foreign_host_may_not(host: str) -> None:
    assert "by its own name" in why_closed(["Host"], host, LOCAL)


def test_a_public_address_of_the_site_does_not_open_the_doors() -> None:
    assert why_closed([], "forum.example.org", "https://forum.example.org")


@pytest.mark.parametrize(
    "header",
    ["X-Forwarded-For", "x-forwarded-host", "X-Forwarded-Proto", "X-Forwarded", "Forwarded", "Via", "X-Real-IP"],
)
def test_what_was_passed_on_may_not(header: str) -> None:
    assert header in why_closed(["Host", header], "127.0.0.1:8000", LOCAL)


def test_every_door_refuses_a_request_that_was_passed_on_in_plain_words(demo_site: Flask, mailed: Path) -> None:
    client = demo_site.test_client()
    page = client.get("/demo").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    for method, path in demo_addresses(demo_site, mailed):
        for headers in ({"X-Forwarded-For": "192.0.2.7"}, {"Host": "forum.example.org"}):
            answer = client.open(path, method=method, headers=headers, data={"csrf_token": token[1]})
            assert answer.status_code == 403, (method, path, headers)
            assert "The demo opens only on the computer it runs on" in answer.text
    with client.session_transaction() as session:
        assert "_user_id" not in session


def test_a_form_from_another_site_signs_nobody_in(demo_site: Flask, mailed: Path) -> None:
    client = demo_site.test_client()
    assert client.post("/demo/sign-in/noor").status_code == 400
    assert client.post(newest_post_mail(mailed), data={"text": "Hello"}).status_code == 400


# --- being somebody ---


def test_the_start_page_says_what_to_try_and_who_one_can_be(browser: Browser) -> None:
    text = browser.open("/demo")
    assert "406 physicians" in text
    assert "nothing leaves this computer" in text
    assert "Open Noor's mailbox" in text
    for persona in load().personas:
        assert persona.story in text
    assert browser.buttons == [
        f"Look around as {name}" for name in ("Ingrid", "Tomás", "Noor", "Aoife", "Daniel", "Grace")
    ]


def test_the_guide_has_mail_to_read(mailed: Path) -> None:
    assert GUIDE == "noor"
    assert len([line for line in list_mails([mailed / NOOR]) if " via " in line.sender]) >= 10


def test_the_sign_in_page_shows_the_way(browser: Browser) -> None:
    assert "Look around as one of its members" in browser.open("/")


def test_one_click_makes_one_that_persona(browser: Browser) -> None:
    browser.open("/demo")
    assert "Latest in my groups" in browser.press("Look around as Tomás")
    assert browser.path == "/"
    assert "Tomás Villareal" in browser.body
    assert "signed in as Tomás Villareal" in browser.open("/demo")


def test_signing_in_leads_nowhere_else(browser: Browser, mailed: Path) -> None:
    for elsewhere in ("https://evil.example/", "//evil.example/", "/\\evil.example"):
        browser.open(newest_post_mail(mailed))
        assert browser.post("/demo/sign-in/noor", next=elsewhere) == 200
        assert browser.path == "/"


def test_only_personas_can_be_looked_at(demo_site: Flask, mailed: Path, browser: Browser) -> None:
    drawn = drawn_reader()
    for key in (drawn.key, drawn.email, quote(f"../{drawn.email}", safe="")):
        browser.open("/demo")
        assert browser.post(f"/demo/sign-in/{key}") == 404
        for path in (f"/demo/mail/{key}", f"/demo/mail/{key}/write"):
            browser.open(path)
            assert browser.status == 404
    other = list_mails([mailed / drawn.email])[0].key
    browser.open(f"/demo/mail/noor/{other}")
    assert browser.status == 404


# --- reading ---


def test_a_mailbox_lists_the_newest_first(browser: Browser, mailed: Path) -> None:
    text = browser.open("/demo/mail/noor")
    lines = list_mails([mailed / NOOR])
    assert [line.at for line in lines] == sorted((line.at for line in lines), reverse=True)
    subjects = re.findall(r'<span class="subject">(.*?)</span>', browser.body)
    assert len(subjects) == len(lines)
    assert all(word in text for word in ("via Locum work", "via Emergency medicine", NOOR))


def test_a_mailbox_without_mail_says_why(browser: Browser) -> None:
    assert "No mail has come yet" in browser.open("/demo/mail/aoife")


def test_a_mail_is_read_as_html_as_text_and_as_it_came(browser: Browser, mailed: Path) -> None:
    path = newest_post_mail(mailed)
    assert "Read it on the web" in browser.open(path)
    assert "/my-groups" in browser.open(f"{path}?show=text")
    source = browser.open(f"{path}?show=source")
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in source
    assert "Reply-To" in source


def test_looking_changes_nothing(browser: Browser, mailed: Path) -> None:
    before = sorted(path.name for path in (mailed / NOOR).rglob("*"))
    for path in ("/demo", "/demo/mail/noor", newest_post_mail(mailed), "/demo/mail/noor/write"):
        browser.open(path)
        assert browser.status == 200
    assert sorted(path.name for path in (mailed / NOOR).rglob("*")) == before
    assert "Sign in" in browser.open("/")


def test_a_mail_that_wishes_ill_is_shown_harmless(browser: Browser, mailed: Path) -> None:
    text = browser.open(ill_mail(mailed))
    assert "<b>Bold</b>" in text
    shown = browser.body.partition("<main")[2]
    assert "<b>Bold" not in shown
    assert "Hello" in text
    for harm in ("<script", "onclick", "javascript:"):
        assert harm not in shown.split('<details class="folded">')[0]
    browser.open(f"{ill_mail(mailed)}?show=source")
    assert "<script" not in browser.body.partition("<main")[2]


def test_a_link_to_an_address_opens_a_sheet_of_the_personas_own(browser: Browser, mailed: Path) -> None:
    browser.open(ill_mail(mailed))
    [link] = re.findall(r'href="(/demo/mail/noor/write[^"]*)"[^>]*>write<', browser.body)
    browser.open(link)
    [form] = [form for form in browser.forms() if "to" in form.names]
    assert (form.values["to"], form.values["subject"]) == ("locums@lists.localhost", "A & B+C")
    browser.open(ill_mail(mailed))
    assert f'{quote("mailto:cardiology-help@lists.localhost?subject=help", safe="")}">Help<' in browser.body


@pytest.mark.parametrize("link", ["", "mailto:", "http://[", "mailto://[?subject", "%00", "mailto:a%40b.example"])
def test_any_link_opens_a_sheet(browser: Browser, link: str) -> None:
    browser.open(f"/demo/mail/noor/write?mailto={quote(link, safe='')}")
    assert browser.status == 200


def test_a_file_is_saved_and_never_run(demo_site: Flask, mailed: Path) -> None:
    answer = demo_site.test_client().get(f"{ill_mail(mailed)}/files/0")
    assert answer.data == b"<script>steal()</script>"
    assert answer.headers["Content-Disposition"] == "attachment; filename=page.html"
    assert answer.mimetype == "application/octet-stream"
    assert demo_site.test_client().get(f"{ill_mail(mailed)}/files/1").status_code == 404


@pytest.mark.parametrize("key", ["nothing", "..%2F..%2F..%2Fbanyan.db", "..", "new", "%2Fetc%2Fpasswd"])
def test_what_is_no_mail_is_not_found(browser: Browser, key: str) -> None:
    browser.open(f"/demo/mail/noor/{key}")
    assert browser.status in (404, 405)


def test_mail_that_leaves_through_a_smarthost_is_said_to(demo_folder: Path, mailed: Path) -> None:
    app = create_app(
        demo_settings(demo_folder, smarthost="mx.example.org:25").model_copy(update={"trusted_authserv_id": ""})
    )
    register(app)
    with app.app_context():
        text = Browser(app).open("/demo")
        assert "Mail leaves through mx.example.org:25" in text
        assert "nothing leaves" not in text
        assert "BANYAN_TRUSTED_AUTHSERV_ID is empty" in text
        db.session.remove()
        db.engine.dispose()


# --- writing ---


@pytest.fixture(scope="module")
def open_door(demo_folder: Path, mailed: Path) -> Iterator[tuple[Flask, Flask]]:
    """The site while its real LMTP door is open, and the core that works through what comes in."""
    settings = demo_settings(demo_folder).model_copy(update={"lmtp_listen": "127.0.0.1:0"})
    core = create_core(settings)
    with lmtp_door(core, settings) as port:
        site = create_app(settings.model_copy(update={"lmtp_listen": f"127.0.0.1:{port}"}))
        register(site)
        with site.app_context():
            yield site, core
            db.session.remove()
            db.engine.dispose()


def newest_inbound() -> InboundMail:
    with reading() as session:
        mail = session.scalars(select(InboundMail).order_by(InboundMail.id.desc()).limit(1)).one()
        session.expunge(mail)
    return mail


def test_a_reply_goes_in_by_mail_stands_in_the_thread_and_comes_back(
    open_door: tuple[Flask, Flask], mailed: Path
) -> None:
    site, core = open_door
    browser = Browser(site)
    path = newest_post_mail(mailed)
    answered = open_mail([mailed / NOOR], path.rpartition("/")[2])
    assert answered is not None
    browser.open(path)
    text = browser.press("Send the reply", text="I can read it tonight.\r\n\r\nNoor, çok selamlar")
    assert browser.path == path
    assert "Sent. What it leads to shows on the web" in text
    do_mail_work(core)

    with reading() as session:
        post = session.scalars(select(Post).order_by(Post.published_no.desc()).limit(1)).one()
        assert post.text.strip() == "I can read it tonight.\n\nNoor, çok selamlar"
        assert (post.via, post.byline) == (Via.MAIL, "Noor Rahmani")
        parent = session.get_one(Post, post.in_reply_to_id)
        assert parent.message_id == answered.header("Message-ID")
        assert " ".join(parent.text.split()[:5]) in post.folded
        thread = post.thread.public_id
    inbound = newest_inbound()
    assert (inbound.state, inbound.envelope_sender) == (MailState.POSTED, NOOR)

    assert "I can read it tonight." in browser.press("See it on the web as Noor")
    assert browser.path == f"/t/{thread}"
    newest = list_mails([mailed / NOOR])[0]
    assert newest.sender.startswith("Noor Rahmani via ")
    assert newest.subject == answered.line.subject


def test_the_gateway_finds_the_mail_proven(mailed: Path) -> None:
    letter = Letter("Tomás Villareal", NOOR, ("locums@lists.localhost",), "Grüße", "Schöne Grüße\n")
    octets = written_out(letter, DEMO_AUTHSERV_ID, WRITTEN)
    parsed = parse(octets)
    assert authenticate(parsed, octets, DEMO_AUTHSERV_ID, lambda _name: None).assurance is Assurance.PROVEN
    assert (parsed.kind, parsed.from_name, parsed.subject) == ("post", "Tomás Villareal", "Grüße")
    assert parsed.text.strip() == "Schöne Grüße"
    assert octets.isascii()


def test_without_a_server_to_speak_for_nothing_vouches_for_the_sender() -> None:
    letter = Letter("Noor", NOOR, ("locums@lists.localhost",), "Hello", "Hello")
    assert b"Authentication-Results" not in written_out(letter, "", WRITTEN)


def test_a_subject_cannot_bring_headers_of_its_own() -> None:
    letter = Letter("Noor\r\nBcc: a@b.example", NOOR, ("locums@lists.localhost",), "Hello\r\nBcc: a@b.example", "x")
    parsed = parse(written_out(letter, DEMO_AUTHSERV_ID, WRITTEN))
    assert parsed.subject == "Hello Bcc: a@b.example"


def test_a_new_mail_begins_a_thread(open_door: tuple[Flask, Flask]) -> None:
    site, core = open_door
    browser = Browser(site)
    browser.open("/demo/mail/noor/write")
    typed = {"to": "Locums <locums@lists.localhost>", "subject": "Two nights in March", "text": "To give away."}
    assert "Sent." in browser.press("Send the mail", **typed)
    assert browser.path == "/demo/mail/noor"
    do_mail_work(core)
    with reading() as session:
        post = session.scalars(select(Post).order_by(Post.published_no.desc()).limit(1)).one()
        assert (post.thread.subject, post.thread.group.slug) == ("Two nights in March", "locums")


def test_one_mail_may_go_to_several_addresses_and_each_is_answered(open_door: tuple[Flask, Flask]) -> None:
    site, core = open_door
    browser = Browser(site)
    browser.open("/demo/mail/noor/write")
    to = "locums@lists.localhost, nobody@lists.localhost, parenting@lists.localhost"
    text = browser.press("Send the mail", to=to, subject="For both groups", text="Who knows a crèche open at six?")
    assert "Not taken for nobody@lists.localhost: 550" in text
    do_mail_work(core)
    with reading() as session:
        mail = session.get_one(InboundMail, newest_inbound().id)
        assert {(row.address, row.state) for row in mail.recipients} == {
            ("locums@lists.localhost", MailState.POSTED), ("parenting@lists.localhost", MailState.POSTED),
        }  # fmt: skip


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("nobody@lists.localhost", "nobody@lists.localhost: 550 5.1.1 No such address here"),
        ("", "Write whom it goes to"),
        ("cardiology", "is not a mail address"),
        ("grüße@lists.localhost", "has letters that addresses here do not have"),
        ("locums@lists.localhost\r\nBcc: x@y.example", "is not a mail address"),
    ],
)
def test_what_cannot_be_sent_is_said_and_nothing_typed_is_lost(
    open_door: tuple[Flask, Flask], to: str, said: str
) -> None:
    browser = Browser(open_door[0])
    browser.open("/demo/mail/noor/write")
    text = browser.press("Send the mail", to=to, subject="A subject", text="Many words of mine")
    assert browser.status == 422
    assert said in text
    [form] = [form for form in browser.forms() if "to" in form.names]
    assert (form.values["subject"], form.values["text"].strip()) == ("A subject", "Many words of mine")


def test_an_empty_reply_is_not_sent(browser: Browser, mailed: Path) -> None:
    browser.open(newest_post_mail(mailed))
    assert "Write your reply first." in browser.press("Send the reply", text=" \r\n")
    assert browser.status == 422


def test_a_closed_mail_door_is_said_and_the_words_stay(browser: Browser, mailed: Path) -> None:
    browser.open(newest_post_mail(mailed))
    text = browser.press("Send the reply", text="Many words of mine")
    assert browser.status == 422
    assert "The mail door at 127.0.0.1:1 does not answer" in text
    assert "Many words of mine" in browser.body


def test_a_mail_goes_in_through_a_unix_socket_too(demo_folder: Path, mailed: Path, tmp_path: Path) -> None:
    settings = demo_settings(demo_folder).model_copy(update={"lmtp_listen": str(tmp_path / "lmtp")})
    core = create_core(settings)
    letter = Letter("Noor Rahmani", NOOR, ("locums@lists.localhost",), "By socket", "Hello")
    octets = written_out(letter, DEMO_AUTHSERV_ID, WRITTEN)
    with lmtp_door(core, settings):
        assert hand_in(octets, NOOR, letter.to, settings.lmtp_listen) == {}
    with core.app_context():
        assert newest_inbound().envelope_sender == NOOR
        db.session.remove()
        db.engine.dispose()
