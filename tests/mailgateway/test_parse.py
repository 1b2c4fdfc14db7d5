"""Each mail in tests/mail against what a reader should see of it, and what must hold for any bytes at all."""

import json
import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailgateway.parse import ParsedMail, as_json, parse

MAILS = Path(__file__).parent.parent / "mail"
NAMES = sorted(path.stem for path in MAILS.glob("*.eml"))
SEEDS = [(MAILS / f"{name}.eml").read_bytes() for name in NAMES if "very-long" not in name]


def read(name: str) -> ParsedMail:
    return parse((MAILS / f"{name}.eml").read_bytes())


def test_there_is_a_mail_for_each_expected_result() -> None:
    assert len(NAMES) >= 100
    assert {path.name.removesuffix(".expected.json") for path in MAILS.glob("*.expected.json")} <= set(NAMES)


@pytest.mark.parametrize("name", [name for name in NAMES if (MAILS / f"{name}.expected.json").exists()])
def test_a_mail_is_read_as_a_person_would(name: str) -> None:
    expected = json.loads((MAILS / f"{name}.expected.json").read_text(encoding="utf-8"))
    parsed = read(name)
    shown = as_json(parsed, name, "claimed")
    for key, value in expected.items():
        field, _, how = key.rpartition("_") if key.endswith(("_has", "_lacks")) else (key, "", "")
        if how == "has":
            content = str(shown[field])
            assert all(piece in content for piece in ([value] if isinstance(value, str) else value)), (key, content)
        elif how == "lacks":
            assert not any(piece in str(shown[field]) for piece in value), (key, shown[field])
        elif key == "attachment_names":
            assert [attachment.name for attachment in parsed.attachments] == value
        elif key in shown:
            assert shown[key] == value
        else:
            found = getattr(parsed, key)
            assert (list(found) if isinstance(found, tuple) else found) == value


def test_the_json_object_has_the_keys_of_the_contract_in_order() -> None:
    shown = as_json(read("bounce-dead"), "a.eml", "failed")
    assert list(shown) == [
        *("file", "kind", "reason", "from", "assurance", "subject", "message_id", "in_reply_to", "references"),
        *("text", "folded", "html", "attachments", "bounces"),
    ]
    assert shown["file"] == "a.eml"
    assert shown["assurance"] == "failed"
    json.dumps(shown)


def test_headers_for_the_gateway_are_read_in_order() -> None:
    raw = (
        b"Received: by a\r\nReceived: by b\r\nAuthentication-Results: mx.example.net;\r\n dmarc=pass\r\n"
        b"Authentication-Results: other; dmarc=fail\r\nFrom: Ann <Ann@Example.ORG>\r\nTo: a@x.org, B <b@X.org>\r\n"
        b"Cc: c@x.org\r\nReply-To: d@x.org\r\nList-Id: Our list <Ours.Example.Net>\r\nSubject: x\r\n"
        b"Date: Tue, 6 Oct 2026 09:00:00 +0200\r\nReferences: <1@x>\r\n <2@x> <1@x>\r\nIn-Reply-To: <2@x>\r\n\r\nHi"
    )
    parsed = parse(raw)
    assert parsed.received_hops == 2
    assert parsed.authentication_results == ("mx.example.net; dmarc=pass", "other; dmarc=fail")
    assert (parsed.from_address, parsed.from_name) == ("Ann@example.org", "Ann")
    assert (parsed.to, parsed.cc, parsed.reply_to) == (("a@x.org", "b@x.org"), ("c@x.org",), ("d@x.org",))
    assert parsed.list_ids == ("ours.example.net",)
    assert parsed.references == ("<1@x>", "<2@x>")
    assert parsed.in_reply_to == "<2@x>"
    assert parsed.date is not None
    assert parsed.date.isoformat() == "2026-10-06T07:00:00+00:00"


HEAD = b"From: ann@example.org\r\nSubject: Re: x\r\nIn-Reply-To: <a@b>\r\n"


def nested(depth: int) -> bytes:
    opening = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i) for i in range(depth))
    closing = b"".join(b"--b%d--\r\n" % i for i in reversed(range(depth)))
    return HEAD + opening + b"Content-Type: text/plain\r\n\r\ndeep\r\n" + closing


HOSTILE = {
    "a thousand nested multiparts": nested(1000),
    "a thousand nested messages": HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 1000,
    "ten thousand parts": HEAD
    + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    + b"--b\r\nContent-Type: text/plain\r\n\r\nword\r\n" * 10_000,
    "a megabyte of subject": b"Subject: " + b"x" * 1_000_000 + b"\r\n" + HEAD + b"\r\nHi",
    "a megabyte of recipients": b"To: " + b"a@b.c,\r\n " * 120_000 + b"\r\n" + HEAD + b"\r\nHi",
    "a megabyte of references": b"References: " + b"<a@b>\r\n " * 120_000 + b"\r\n" + HEAD + b"\r\nHi",
    "open brackets in From": b"From: " + b"(" * 100_000 + b"\r\n\r\nHi",
    "one line of a": HEAD + b"\r\n" + b"a" * 1_000_000,
    "one line of >": HEAD + b"\r\n" + b">" * 1_000_000,
    "one line of a@": HEAD + b"\r\n" + b"a@" * 500_000,
    "lines that end in wrote": HEAD + b"\r\n" + b"On 3 May 12:00 wrote:\r\n" * 40_000,
    "lines that look like headers": HEAD + b"\r\n" + b"From: a@b\r\nTo: c\r\n" * 50_000,
    "rulers": HEAD + b"\r\nown\r\n\r\n" + b"------\r\n\r\n" * 100_000,
    "footers": HEAD
    + b"\r\nown\r\n\r\n"
    + b"If you are not the intended recipient, delete this mail now.\r\n\r\n" * 8_000,
    "open tags": HEAD + b"Content-Type: text/html\r\n\r\n" + b"<div>" * 200_000,
    "open styles": HEAD + b"Content-Type: text/html\r\n\r\n" + b"<style>" * 140_000,
    "open quotes in tags": HEAD + b"Content-Type: text/html\r\n\r\n" + b'<a href="' * 100_000,
    "many quotes in HTML": HEAD + b"Content-Type: text/html\r\n\r\n" + b"<blockquote>x</blockquote>y" * 14_000,
}


@pytest.mark.parametrize("situation", HOSTILE)
def test_a_hostile_mail_costs_little_time(situation: str) -> None:
    begun = time.process_time()
    parsed = parse(HOSTILE[situation])
    assert time.process_time() - begun < 4
    assert not parsed.reason.startswith("The mail could not be read")


def test_limits_are_named_in_the_reason() -> None:
    assert "nested deeper" in parse(HOSTILE["a thousand nested multiparts"]).reason
    assert "1000 parts" in parse(HOSTILE["ten thousand parts"]).reason
    long = parse(HEAD + b"\r\n" + b"word " * 200_000)
    assert "longer than a post" in long.reason
    assert [attachment.name for attachment in long.attachments] == ["message.txt"]


@given(st.binary(max_size=3_000))
@settings(max_examples=150, deadline=None)
def test_no_bytes_make_it_raise(raw: bytes) -> None:
    parsed = parse(raw)
    assert not parsed.reason.startswith("The mail could not be read")


@given(st.sampled_from(SEEDS), st.lists(st.tuples(st.integers(0, 4_000), st.binary(max_size=6)), max_size=8))
@settings(max_examples=400, deadline=None)
def test_no_damage_to_a_mail_makes_it_raise(seed: bytes, wounds: list[tuple[int, bytes]]) -> None:
    raw = bytearray(seed)
    for position, junk in wounds:
        raw[position : position + len(junk) // 2] = junk
    parsed = parse(bytes(raw))
    assert not parsed.reason.startswith("The mail could not be read")
    assert "\n" not in parsed.subject
    json.dumps(as_json(parsed, "x", "claimed")).encode()
    assert all(attachment.name and "/" not in attachment.name for attachment in parsed.attachments)


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cf", "Zl", "Zp")), max_size=40)
LINES = st.one_of(
    WORDS,
    WORDS.map("> ".__add__),
    st.sampled_from(
        [
            *("", "-- ", "--", "----------", "Sent from my iPhone", "On 3 May 2026 at 12:00, Bob <b@x.org> wrote:"),
            *("From: Bob <b@x.org>", "Sent: 3 May 2026 12:00", "To: Ann", "Subject: Hi", "-----Original Message-----"),
            *("Begin forwarded message:", "You received this message because you are subscribed.", "Disclaimer"),
            "If you are not the intended recipient, please notify the sender and delete this message.",
        ]
    ),
)


@given(st.lists(LINES, max_size=25), st.sampled_from([b"", b"Re: ", b"Fwd: "]))
@settings(max_examples=300, deadline=None)
def test_no_word_of_a_plain_mail_is_lost(lines: list[str], prefix: bytes) -> None:
    body = "\n".join(lines)
    head = b"From: a@x.org\nSubject: " + prefix + b"x\nContent-Type: text/plain; charset=utf-8\n\n"
    parsed = parse(head + body.encode())
    assert sorted(re.findall(r"\w+", f"{parsed.text}\n{parsed.folded}")) == sorted(re.findall(r"\w+", body))
