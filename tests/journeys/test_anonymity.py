"""Anonymous posts from the first mail to the last byte: nothing that leaves or stays here says who wrote them.

One member has a name, addresses, a hospital, a mail program, a camera and a word processor that nobody else has. She
posts anonymously by mail and by the web; then everything is searched for any of it.
"""

import io
import re
import struct
import zipfile
from collections import deque
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from io import BytesIO

import pytest
from sqlalchemy import LargeBinary, select, text
from sqlalchemy.types import JSON, String, Text

from forum.accounts.models import Address, Member
from forum.db import Base, db, transaction
from forum.groups.choices import set_delivery
from forum.groups.models import Delivery, Group, Moderate, Role
from forum.log import LogEntry
from forum.posting.models import HeldPost
from forum.threads.models import Post, Thread
from forum.work import work_once, workers
from mailgateway.models import InboundMail, MailState
from tests.forum.cli.conftest import Run, environment, run
from tests.forum.web.browser import Browser
from tests.gateway import a_mail
from tests.people import a_group, a_member, its
from tests.site import Site

__all__ = ["environment", "run"]

# All of it in small letters, and none of it a word that anybody else writes.
PLANTED = (b"quendrith", b"wilhelmina", b"stoltenberg", b"privatmail", b"wqcam", b"+0545", b"w.q. 42", b"mailkiste")
HER = "w.quendrith@stoltenberg-klinik.example"
HERS_TOO = "mina@privatmail.example"
GROUP, ANON = "er@lists.localhost", "er+anon@lists.localhost"
FIRST = "A mistake that I made"
# Who somebody is stands here, and nothing that anybody wrote does.
ABOUT_PEOPLE = re.compile(r"/(g/[^/]+/(members|duty)|m/|people)")
# Tables that say who is a member, and where mail to members goes.
OF_PEOPLE = frozenset({"member", "address", "one_time_link", "sign_in_attempt"})


def a_photograph() -> bytes:
    artist = b"WQCam Quendrith\0"
    ifd = struct.pack("<HHHII", 1, 0x013B, 2, len(artist), 26) + struct.pack("<I", 0)
    exif = b"Exif\0\0" + b"II*\0" + struct.pack("<I", 8) + ifd + artist
    remark = b"by Wilhelmina"
    return (
        b"\xff\xd8\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
        + b"\xff\xfe" + struct.pack(">H", len(remark) + 2) + remark
        + b"\xff\xda" + struct.pack(">H", 8) + b"\1\1\0\0\x3f\0" + b"picture" + b"\xff\xd9"
    )  # fmt: skip


def a_document() -> bytes:
    parts = {
        "[Content_Types].xml": "<Types/>",
        "docProps/core.xml": "<cp:coreProperties><dc:creator>Wilhelmina Quendrith</dc:creator></cp:coreProperties>",
        "docProps/app.xml": "<Properties><Company>Stoltenberg Klinik</Company></Properties>",
        "word/document.xml": '<w:document><w:ins w:id="1" w:author="W. Quendrith" w:date="2026-11-01T10:00:00Z">'
        "<w:t>What we do now</w:t></w:ins></w:document>",
        "word/_rels/settings.xml.rels": '<Relationships><Relationship Id="1" Target="file:///C:/homes/quendrith/a.dot"/>'
        "</Relationships>",
    }
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as written:
        for name, words in parts.items():
            written.writestr(name, words)
    return out.getvalue()


def her_mail(recipient: str, subject: str, words: str, **headers: str):
    """A mail as her program at the hospital makes it."""
    mail = a_mail(
        f"Dr. Wilhelmina Quendrith <{HER}>",
        recipient,
        subject,
        f"{words}\n\n-- \nDr. Wilhelmina Quendrith\nStoltenberg Klinik Nord\nW.Q. 42\n",
        Message_ID=f"<{abs(hash(subject + words))}@mx.stoltenberg-klinik.example>",
        X_Mailer="Mailkiste 7.3",
        Organization="Stoltenberg Klinik Nord",
        Received="from pc-quendrith (pc-quendrith.stoltenberg-klinik.example [10.0.0.7]) by mx.stoltenberg.example",
        **headers,
    )
    del mail["Date"]
    mail["Date"] = "Mon, 09 Nov 2026 14:02:11 +0545"
    return mail


def sealed(mail) -> bytes:
    """The octets with a boundary that her program would have made."""
    mail.set_boundary("=_Quendrith_Part_42")
    return mail.as_bytes()


@pytest.fixture
def people(site: Site) -> dict[str, Member]:
    group = a_group("er", "Emergency", anonymous_posts=True)
    her = a_member(HER, "Wilhelmina Quendrith", group)
    with transaction():
        her.employer = "Stoltenberg Klinik Nord"
        db.session.add(Address(member_id=her.id, email=HERS_TOO, key=HERS_TOO, base_key=HERS_TOO))
    found = {"her": her}
    for name, role in (("bob", Role.MEMBER), ("dora", Role.MEMBER), ("mod", Role.MODERATOR), ("una", Role.OWNER)):
        found[name] = a_member(f"{name}@example.org", f"{name.title()} Stone", group, role=role)
    found["vic"] = a_member("vic@example.org", "Vic Stone", group, role=Role.OWNER)
    with transaction():
        set_delivery(its(found["dora"], group), Delivery.DIGEST, actor_id=found["dora"].id)
        # A copy that only its author lacks would tell who that is.
        its(her, group).own_copy = False
        its(her, group).acknowledge = True
    return found


def copies_for(site: Site, email: str) -> list:
    """The posts that one address got, as mails."""
    mails = (message_from_bytes(each.content, policy=default) for each in site.mailed(email))
    return [mail for mail in mails if mail["List-Id"]]


def reply_to(mail) -> str:
    address: str = mail["Reply-To"].addresses[0].addr_spec
    return address


def only_group() -> Group:
    return db.session.scalars(select(Group).where(Group.slug == "er")).one()


def test_nothing_anywhere_tells_who_wrote_an_anonymous_post(
    site: Site, people: dict[str, Member], run: Run, move_clock, capsys: pytest.CaptureFixture[str]
) -> None:
    first = her_mail(ANON, FIRST, "I gave the wrong dose, and nobody noticed. What would you do now?")
    first.add_attachment(a_photograph(), maintype="image", subtype="jpeg", filename="ward.jpg")
    first.add_attachment(a_document(), maintype="application", subtype="octet-stream", filename="plan.docx")
    assert site.hand_in(sealed(first), ANON, envelope_sender=HER) == {}
    site.work()
    post = db.session.scalars(select(Post)).one()
    assert re.fullmatch(r"Anonymous [a-z-]+", post.byline)
    [copy] = copies_for(site, HER)
    assert copy["From"].addresses[0].addr_spec == GROUP

    [his] = copies_for(site, "bob@example.org")
    answer = a_mail(
        "Bob Stone <bob@example.org>", reply_to(his), f"Re: [Emergency] {FIRST}",
        f"Tell them.\n\nOn Monday, {post.byline} via Emergency <{GROUP}> wrote:\n> I gave the wrong dose\n",
        In_Reply_To=his["Message-ID"],
    )  # fmt: skip
    site.hand_in(answer, reply_to(his))
    site.work()
    hers = copies_for(site, HER)[-1]
    again = her_mail(reply_to(hers), hers["Subject"], "Thank you. I shall.", In_Reply_To=hers["Message-ID"])
    site.hand_in(again, reply_to(hers))
    site.work()

    browser = Browser(site.core).sign_in(people["her"])
    browser.open("/g/er/write")
    browser.press(
        "Send to Emergency", subject="A second question", text="Does anybody else sleep badly?", anonymous="yes"
    )
    assert browser.status == 200, browser.text
    site.work()

    with transaction():
        only_group().moderate = Moderate.ALL
    site.hand_in(her_mail(ANON, "A third question", "Who has left the profession?"), ANON)
    site.work()
    held = db.session.scalars(select(HeldPost)).one()
    mod = Browser(site.core).sign_in(people["mod"])
    held_page = mod.open(f"/held/{held.public_id}")
    assert held.byline in held_page
    assert "trust" not in held_page
    mod.press("Approve: send to Emergency")
    site.work()

    posts = db.session.scalars(select(Post).order_by(Post.id)).all()
    bylines = [each.byline for each in posts]
    assert len(posts) == 5
    assert bylines[2] == bylines[0], "a pseudonym stays the same in its thread"
    assert len({bylines[0], bylines[3], bylines[4]}) == 3 or len(set(bylines)) >= 3, "and is drawn anew in another"
    assert bylines[1] == "Bob Stone"
    assert all(
        mail.state is MailState.POSTED or mail.state is MailState.HELD
        for mail in db.session.scalars(select(InboundMail))
    )
    move_clock(86_400)
    site.work()
    work_once(site.core, {"index": workers()["index"]}, "test")
    db.session.rollback()
    [digest] = map(parsed, site.mailed("dora@example.org"))
    assert bylines[0] in digest.get_body(("plain",)).get_content()

    captured = capsys.readouterr()
    found = [("the program's own log", (captured.out + captured.err).encode())]
    found += of_mails(site) + of_tables() + of_files(site)
    # An owner sees what the others see and more; the others see threads in other ways.
    for who, pages in (("una", 60), ("mod", 12), ("bob", 12)):
        found += of_pages(Browser(site.core).sign_in(people[who]), pages)
    found += of_commands(run, posts)
    assert len(found) > 150
    told = {
        f"{planted.decode()} in {where}" for where, octets in found for planted in PLANTED if planted in octets.lower()
    }
    assert told == set()
    acts = db.session.scalars(select(LogEntry).where(LogEntry.actor_id == people["her"].id)).all()
    assert {entry.object_kind for entry in acts} <= {"member", "membership"}


def parsed(sent):
    return message_from_bytes(sent.content, policy=default)


def of_mails(site: Site) -> list[tuple[str, bytes]]:
    """Every mail that went out, whole and decoded; of her own private notices none."""
    found = []
    for number, sent in enumerate(site.sink.messages):
        mail = parsed(sent)
        if HER in sent.recipients and not mail["List-Id"]:
            continue
        where = f"mail {number} to {sent.recipients}: {mail['Subject']}"
        found.append((where, sent.content))
        for part in mail.walk():
            if not part.is_multipart():
                found += unpacked(
                    f"{where}, {part.get_filename() or part.get_content_type()}", part.get_payload(decode=True)
                )
    return found


def unpacked(where: str, content: bytes) -> list[tuple[str, bytes]]:
    found = [(where, content)]
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as read:
            found += [(f"{where}, {name}", read.read(name)) for name in read.namelist()]
    return found


def of_tables() -> list[tuple[str, bytes]]:
    """Every column of every table that can hold words or octets."""
    found = []
    for table in Base.metadata.sorted_tables:
        columns = [each for each in table.columns if isinstance(each.type, String | Text | JSON | LargeBinary)]
        if table.name in OF_PEOPLE or not columns:
            continue
        for row in db.session.execute(select(*columns)):
            for column, value in zip(columns, row, strict=True):
                octets = value if isinstance(value, bytes) else str(value).encode()
                found += unpacked(f"{table.name}.{column.name}", octets)
    if db.engine.dialect.name == "postgresql":
        rows = db.session.execute(text("SELECT cast(s AS text) FROM post_search s"))
        found += [("post_search", row[0].encode()) for row in rows]
    return found


def of_files(site: Site) -> list[tuple[str, bytes]]:
    """What the site keeps beside its database, such as the embedded index."""
    files = (path for path in site.settings.data_dir.rglob("*") if path.is_file() and "banyan.db" not in path.name)
    return [(path.name, path.read_bytes()) for path in files]


def of_pages(browser: Browser, most: int) -> list[tuple[str, bytes]]:
    """The pages that links lead to, threads first, but for those on who is a member."""
    found: list[tuple[str, bytes]] = []
    for asked in ("q=quendrith", "author=quendrith", "q=stoltenberg"):
        assert b'href="/p/' not in browser.fetch(f"/search?{asked}").get_data()
    open_, seen = deque(["/", "/g/er", "/search?q=dose"]), {"/"}
    while open_ and len(found) < most:
        path = open_.popleft()
        answer = browser.fetch(path)
        if not ABOUT_PEOPLE.match(path):
            found += unpacked(f"page {path}", answer.get_data())
        assert FIRST.encode() not in answer.get_data() or not path.startswith("/m/")
        for link in re.findall(rb'href="(/[^"#]*)"', answer.get_data()):
            address = link.decode().replace("&amp;", "&")
            if address not in seen and not address.startswith("/static/"):
                seen.add(address)
                (open_.appendleft if address.startswith(("/t/", "/p/", "/a/", "/held/")) else open_.append)(address)
    return found


def of_commands(run: Run, posts: list[Post]) -> Iterator[tuple[str, bytes]] | list[tuple[str, bytes]]:
    """What an operator is told. To ask about her by her address is to name her; the answer adds nothing to that."""
    thread = db.session.get_one(Thread, posts[0].thread_id).public_id
    asked = [
        ("thread", "show", thread, "--json"),
        ("thread", "show", thread),
        ("thread", "list", "--group", "er", "--json"),
        ("held", "list", "--json"),
        ("mail", "list", "--json"),
        ("mail", "list"),
        ("search", "dose", "--as", "bob@example.org", "--json"),
        ("export", "mbox", "--group", "er"),
    ]
    found = []
    for words in asked:
        ended = run(*words)
        assert ended.code == 0, ended.err
        found.append((" ".join(words), (ended.out + ended.err).encode()))
    of_her = run("mail", "trace", HER, "--json").json
    of_him = run("mail", "trace", "bob@example.org", "--json").json
    assert [each["got"] for each in of_her] == [each["got"] for each in of_him]
    return found
