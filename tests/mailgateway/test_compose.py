"""A copy on the line: headers byte for byte, one body for all readers, nothing that gives anybody away."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from forum.text import html_to_safe, plain_to_html
from forum.tokens import Tokens
from mailgateway.addresses import Addresses
from mailgateway.compose import Composed, OutgoingFile, OutgoingPost, compose, display

OURS = Addresses("lists.example.org", Tokens((b"a key for tests",)))
ANN, BEA = 7, 8
POST = OutgoingPost(
    post_id=12,
    author_id=ANN,
    byline="Ann Lee",
    group_id=3,
    group_name="Cardiology",
    group_mail_name="cardiology",
    group_url="https://forum.example.org/g/cardiology",
    also_to=(),
    subject="Locum in August",
    is_reply=False,
    text="Who can cover two weeks?",
    html="<p>Who can cover two weeks?</p>",
    files=(),
    message_id="<p1@lists.example.org>",
    ancestors=(),
    own_ids={},
    created_at=datetime(2026, 11, 9, 8, 15, tzinfo=UTC),
    thread_url="https://forum.example.org/t/t1",
    post_url="https://forum.example.org/p/p1",
    base_url="https://forum.example.org",
)
ANSWER = replace(
    POST,
    is_reply=True,
    message_id="<p3@lists.example.org>",
    ancestors=("<p1@lists.example.org>", "<p2@lists.example.org>"),
    own_ids={BEA: ("<her-own@phone.example>",)},
)


def copy_for(composed: Composed, member_id: int) -> bytes:
    """A reader's copy as it arrives, the stuffed dots taken off."""
    return b"".join(composed.parts_for(member_id, OURS)).replace(b"\r\n..", b"\r\n.")


def read(post: OutgoingPost, member_id: int = BEA) -> EmailMessage:
    message = message_from_bytes(copy_for(compose(post, OURS), member_id), policy=default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def test_the_headers_of_a_copy_byte_for_byte() -> None:
    head, _, _ = copy_for(compose(ANSWER, OURS), BEA).partition(b"\r\nContent-Type:")
    reply, leave, author = OURS.reply(BEA, 12), OURS.leave_token(BEA, 3), OURS.author(ANN, 3)
    assert head.decode() == "\r\n".join(
        (
            f'From: "Ann Lee via Cardiology" <{author}>',
            'To: "Cardiology" <cardiology@lists.example.org>',
            "Subject: Re: [Cardiology] Locum in August",
            "Date: Mon, 09 Nov 2026 08:15:00 +0000",
            "Message-ID: <p3@lists.example.org>",
            "MIME-Version: 1.0",
            "In-Reply-To: <p2@lists.example.org>",
            'List-Id: "Cardiology" <cardiology.lists.example.org>',
            "List-Post: <mailto:cardiology@lists.example.org>",
            "List-Help: <mailto:cardiology-help@lists.example.org>, <https://forum.example.org/my-groups>",
            "List-Owner: <mailto:cardiology-owner@lists.example.org>",
            "List-Archive: <https://forum.example.org/g/cardiology>",
            "List-Subscribe: <mailto:cardiology-join@lists.example.org>, <https://forum.example.org/g/cardiology>",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
            "Archived-At: <https://forum.example.org/p/p1>",
            "Precedence: list",
            "X-Auto-Response-Suppress: OOF, AutoReply",
            f'Reply-To: "Cardiology" <{reply}>',
            f"List-Unsubscribe: <https://forum.example.org/u/{leave}>,",
            f" <mailto:leave+{leave}@lists.example.org?subject=leave>",
            "References: <p1@lists.example.org>",
            " <her-own@phone.example>",
            " <p2@lists.example.org>",
        )
    )


def test_the_body_is_byte_equal_for_all_and_only_three_headers_are_personal() -> None:
    composed = compose(ANSWER, OURS)
    for_ann, for_bea = (copy_for(composed, member).partition(b"\r\n\r\n") for member in (ANN, BEA))
    assert for_ann[2] == for_bea[2]
    different = {
        name
        for name, value in message_from_bytes(for_ann[0], policy=default).items()
        if value != message_from_bytes(for_bea[0], policy=default)[name]
    }
    assert different == {"Reply-To", "List-Unsubscribe", "References"}


def test_own_ids_are_shown_only_to_the_member_who_wrote_them() -> None:
    assert "<her-own@phone.example>" in read(ANSWER, BEA)["References"]
    assert read(ANSWER, ANN)["References"].split() == ["<p1@lists.example.org>", "<p2@lists.example.org>"]


def test_a_new_thread_answers_nothing() -> None:
    message = read(POST)
    assert (message["References"], message["In-Reply-To"]) == (None, None)
    assert message["Subject"] == "[Cardiology] Locum in August"


def test_other_groups_of_the_same_mail_stand_in_to() -> None:
    other = f"{display('Gulf Coast')} <gulf-coast@lists.example.org>"
    assert [each.addr_spec for each in read(replace(POST, also_to=(other,)))["To"].addresses] == [
        "cardiology@lists.example.org",
        "gulf-coast@lists.example.org",
    ]


def test_the_text_part_is_readable_alone() -> None:
    text = "A long line " * 30 + "\n\nhttps://example.net/" + "x" * 150 + "\n\n> quoted\n\n-- \nAnn"
    plain = read(replace(POST, text=text)).get_body(("plain",))
    assert plain is not None
    words = plain.get_content().replace("\r\n", "\n")
    assert "https://example.net/" + "x" * 150 in words
    assert "\n> quoted\n" in words
    assert max(len(line) for line in words.splitlines() if "https://" not in line) <= 78
    assert words.endswith(
        "\n-- \nCardiology: your answer goes to the whole group.\nRead it on the web: https://forum.example.org/t/t1\n"
        "Mail settings, or leave: https://forum.example.org/my-groups\n"
    )


def test_the_html_part_is_whole_and_loads_nothing() -> None:
    written = '<p>Hi<img src="https://tracker.test/x.png"><script>alert(1)</script></p>'
    html = read(replace(POST, html=html_to_safe(written))).get_body(("html",))
    assert html is not None
    page = html.get_content()
    assert page.startswith("<!DOCTYPE html>")
    assert 'src="https://tracker.test' not in page
    assert "<script" not in page
    assert "https://forum.example.org/t/t1" in page


def a_file(name: str, kind: str, content: bytes | None, size: int = 12) -> OutgoingFile:
    return OutgoingFile(name, kind, size, f"https://forum.example.org/a/f1/{name}", content)


def test_small_files_go_along_and_large_ones_as_links() -> None:
    files = (
        a_file("roster.pdf", "application/pdf", b"%PDF-1.7 ..."),
        a_file("scan.tiff", "image/tiff", None, 2_400_000),
    )
    message = read(replace(POST, files=files))
    [attachment] = message.iter_attachments()
    assert (attachment.get_filename(), attachment.get_content_type()) == ("roster.pdf", "application/pdf")
    assert attachment.get_content() == b"%PDF-1.7 ..."
    for kind in ("plain", "html"):
        body = message.get_body((kind,))
        assert body is not None
        assert "https://forum.example.org/a/f1/scan.tiff" in body.get_content()
        assert "2.4 MB" in body.get_content()
        assert "roster.pdf" not in body.get_content()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("notes.txt", "text/plain"),
        ("page.html", "text/html"),
        ("forwarded.eml", "message/rfc822"),
        ("odd.bin", "multipart/mixed"),
        ("none", ""),
        ("befund-größe-日本.pdf", "application/pdf"),
        ('a"b;c\\d.pdf', "application/pdf"),
        ("x" * 200, "application/octet-stream"),
        ("half", "image"),
    ],
)
def test_a_file_of_any_name_and_type_arrives_as_it_was(name: str, kind: str) -> None:
    content = "From: ä@example.org\r\nSubject: x\r\n\r\n.\r\nFrom here \xe9\r\n".encode("latin-1") + bytes(range(256))
    message = read(replace(POST, files=(a_file(name, kind, content),)))
    attachment = message.get_payload()[-1]
    assert attachment.get_filename() == name
    assert attachment.get_content_disposition() == "attachment"
    assert attachment.get_payload(decode=True) == content


WORDS = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), max_size=300)


@given(WORDS, WORDS, st.text(max_size=2000), WORDS)
@example("x" * 500, "é" * 200, "." + "\n.\n..\nFrom me\n" + "x" * 5000, 'Ümläut <ann@example.org>, "Grüppe"')
@example("", "", "", "")
@example("\u0800" + 8 * "\U00010000" + "  \u00a1", "", "", "\u00a0\U00010000")
@example("[Cardiology] Re: =?utf-8?b?", "Ann\u202e", "\r\n.\r\n\rQUIT\n", "a" * 200)
def test_whatever_people_write_is_clean_on_the_line(subject: str, byline: str, text: str, group: str) -> None:
    post = replace(POST, subject=subject, byline=byline, text=text, html=plain_to_html(text), group_name=group)
    raw = b"".join(compose(post, OURS).parts_for(BEA, OURS))
    assert raw.isascii()
    assert raw.endswith(b"\r\n")
    assert raw.count(b"\r") == raw.count(b"\n") == raw.count(b"\r\n")
    lines = raw.split(b"\r\n")
    assert max(map(len, lines)) <= 998
    assert not any(line.startswith(b".") and not line.startswith(b"..") for line in lines)
    head, _, _ = raw.partition(b"\r\n\r\n")
    names = [line.partition(b":")[0] for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
    assert len(names) == len(set(names))
    message = message_from_bytes(raw, policy=default)
    [sender] = message["From"].addresses
    assert sender.addr_spec == OURS.author(ANN, 3)
    assert message["Reply-To"].addresses[0].addr_spec == OURS.reply(BEA, 12)
    assert [each.addr_spec for each in message["To"].addresses] == ["cardiology@lists.example.org"]
    assert " ".join(message["Subject"].split()) == " ".join(f"[{group}] {subject}".split())


def test_a_long_conversation_keeps_its_references_within_bounds() -> None:
    ancestors = tuple(f"<{number:012d}@lists.example.org>" for number in range(20))
    raw = copy_for(compose(replace(ANSWER, ancestors=ancestors, own_ids={}), OURS), BEA)
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert read(replace(ANSWER, ancestors=ancestors))["In-Reply-To"] == ancestors[-1]


def test_a_name_before_an_address_never_holds_another_address() -> None:
    assert display("Ann <ann@example.org>") == '"Ann ann example.org"'
    assert display('x" <evil@example.net>') == '"x evil example.net"'
    assert display("") == '""'
