"""What servers say of an address, and what it may cost its owner."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailgateway.bounces import BounceReport, Klass, classify, looks_like_bounce, read_delivery_status, read_text_report
from mailgateway.headers import Headers
from mailgateway.parse import parse


@pytest.mark.parametrize(
    ("status", "words", "klass"),
    [
        ("5.1.1", "550 5.1.1 The email account that you tried to reach does not exist", "dead"),
        ("5.1.1", "", "dead"),
        ("5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound", "dead"),
        ("5.2.1", "550 5.2.1 mailbox disabled", "dead"),
        ("5.4.4", "Host or domain name not found", "dead"),
        ("5.5.0", "550 Requested action not taken: mailbox unavailable", "dead"),
        ("5.7.1", "550 5.7.1 No such user!", "dead"),
        ("5.4.1", "550 5.4.1 Recipient address rejected: Access denied. AS(201806281)", "dead"),
        ("5.2.2", "552 5.2.2 mailbox over quota", "full"),
        ("4.2.2", "452 4.2.2 The email account is over quota", "full"),
        ("", "552 mailbox is full", "full"),
        ("5.7.1", "550 5.7.1 message content rejected", "policy"),
        ("5.7.26", "550-5.7.26 This mail is unauthenticated", "policy"),
        ("5.7.509", "550 5.7.509 Access denied, sending domain does not pass DMARC verification", "policy"),
        ("5.0.0", "554 blocked using zen.example.org", "policy"),
        ("5.1.1", "550 5.1.1 rejected: listed at a block list", "policy"),
        ("5.1.8", "553 5.1.8 Sender address rejected: Domain not found", "policy"),
        ("5.3.4", "552 5.3.4 Message size exceeds fixed limit", "policy"),
        ("4.7.1", "451 4.7.1 Greylisting in action, try again later", "transient"),
        ("4.4.7", "Delivery time expired", "transient"),
        ("4.4.1", "connection timed out", "transient"),
        ("5.0.0", "", "unknown"),
        ("", "", "unknown"),
        ("5.5.4", "554 transaction failed", "unknown"),
    ],
)
def test_a_servers_words_are_understood(status: str, words: str, klass: Klass) -> None:
    assert classify(status, words) == klass


def test_a_report_names_the_address_we_wrote_to_and_the_most_telling_code() -> None:
    content = (
        "Reporting-MTA: dns; mx\n\nOriginal-Recipient: rfc822;ann@example.org\n"
        "Final-Recipient: rfc822;@relay.example:ann@internal\nAction: failed\nStatus: 5.0.0\n"
        "Diagnostic-Code: smtp; 550 5.1.1\n  user unknown\n\nFinal-Recipient: rfc822;bob@example.org\n"
        "Action: delivered\nStatus: 2.0.0\n"
    )
    assert read_delivery_status(content, "") == [BounceReport("ann@example.org", "5.1.1", "dead")]


def test_a_delay_never_counts_as_dead() -> None:
    content = "Final-Recipient: rfc822;a@example.org\nAction: delayed\nStatus: 5.1.1\n"
    assert [report.klass for report in read_delivery_status(content, "")] == ["transient"]


def test_what_the_report_tells_people_counts_where_its_fields_are_silent() -> None:
    content = "Final-Recipient: rfc822;a@example.org\nAction: failed\nStatus: 5.0.0\n"
    told = "Could not be delivered:\n\n  a@example.org\n    550 invalid mailbox, user not found\n"
    assert [report.klass for report in read_delivery_status(content, told)] == ["dead"]


def test_each_address_of_a_written_report_has_its_own_reason() -> None:
    headers = Headers([("From", "MAILER-DAEMON@mx"), ("X-Failed-Recipients", "a@example.org, b@example.org")])
    text = (
        "These addresses failed:\n\n  a@example.org\n    550 5.1.1 user unknown\n  b@example.org\n"
        "    552 5.2.2 mailbox full\n\n------ This is a copy of the message ------\n\nspam spam\n"
    )
    assert read_text_report(headers, text, b"") == [
        BounceReport("a@example.org", "5.1.1", "dead"),
        BounceReport("b@example.org", "5.2.2", "full"),
    ]


@pytest.mark.parametrize("sender", [b"", b"From: \xe4\xf6@x\r\n", b"From: =?x?q?=\r\n"])
def test_a_report_without_a_readable_sender_is_read(sender: bytes) -> None:
    raw = (
        sender + b"Return-Path: <>\r\nSubject: Undelivered Mail Returned to Sender\r\n"
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nSorry.\r\n"
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n"
        b"Final-Recipient: rfc822; a@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"
    )
    parsed = parse(raw)
    assert parsed.kind == "bounce"
    assert parsed.bounces == (BounceReport("a@example.org", "5.1.1", "dead"),)


@pytest.mark.parametrize(
    ("fields", "looks"),
    [
        ([("From", "Ann <ann@example.org>"), ("Subject", "Mail delivery failed, any ideas?")], False),
        ([("From", "MAILER-DAEMON@mx"), ("Subject", "x")], True),
        ([("From", "postmaster@mx.example"), ("Subject", "Undeliverable: Rota")], True),
        ([("From", "postmaster@mx.example"), ("Subject", "Rota")], False),
        ([("From", "x@mx.example"), ("Return-Path", "<>"), ("Subject", "Unzustellbar: Rota")], True),
    ],
)
def test_a_bounce_is_known_by_who_writes_and_what_about(fields: list[tuple[str, str]], looks: bool) -> None:
    assert looks_like_bounce(Headers(fields)) is looks


def test_a_person_who_forwards_a_bounce_sends_a_post() -> None:
    raw = (
        b"From: ann@example.org\r\nSubject: Fwd: Undeliverable\r\nContent-Type: multipart/mixed; boundary=o\r\n\r\n"
        b"--o\r\n\r\nWhat is this?\r\n--o\r\nContent-Type: message/rfc822\r\n\r\nFrom: MAILER-DAEMON@mx\r\n"
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nSorry.\r\n"
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822; a@example.org\r\n"
        b"Action: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n--o--\r\n"
    )
    parsed = parse(raw)
    assert parsed.kind == "post"
    assert parsed.text.startswith("What is this?")
    assert parsed.bounces == ()


@given(st.text(max_size=300), st.text(max_size=60))
@settings(max_examples=150, deadline=None)
def test_no_report_makes_it_raise(content: str, told: str) -> None:
    for report in read_delivery_status(f"Final-Recipient: rfc822; a@b.c\nStatus: {content}", told):
        assert report.klass in ("dead", "full", "policy", "transient", "unknown")
