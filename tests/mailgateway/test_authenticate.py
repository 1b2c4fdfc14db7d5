"""Who a mail is from, by our own server's word or by a signature that is checked here; From alone proves nothing."""

from collections.abc import Callable

import dkim
import dns.resolver
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.groups.models import Assurance
from mailgateway.authenticate import Authenticated, DnsTroubleError, SystemDns, TxtLookup, aligned, authenticate
from mailgateway.parse import parse

MX = "mx.banyan.test"
RECORD = (
    b"v=DKIM1; k=rsa; p="
    b"MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDNaVWkIEMRPJObfY9PWxLuzgVcsx5AsHJ21z6xLqrhweC2hyij8ylaVUJ3aQz5"
    b"4jhvlub535Cox2GBTYJdsfOZUq3x+8PWfh61B4xwAG1KFJTc5FDSfsvhBSLs8ycC41ZoQcoXuNGaR4xtZz7J767iDwVu0xmxiaaM"
    b"7fWdYuWb4wIDAQAB"
)
MAIL = (
    b"From: Ann Lee <ann@example.org>\r\nTo: cardiology@lists.example.org\r\nSubject: Locum\r\n"
    b"Date: Mon, 09 Nov 2026 08:15:00 +0000\r\nMessage-ID: <1@example.org>\r\n\r\nWho can?\r\n"
)

# Made for these tests and used nowhere else.
PRIVATE = b"""\
-----BEGIN RSA PRIVATE KEY-----
MIICXAIBAAKBgQDNaVWkIEMRPJObfY9PWxLuzgVcsx5AsHJ21z6xLqrhweC2hyij
8ylaVUJ3aQz54jhvlub535Cox2GBTYJdsfOZUq3x+8PWfh61B4xwAG1KFJTc5FDS
fsvhBSLs8ycC41ZoQcoXuNGaR4xtZz7J767iDwVu0xmxiaaM7fWdYuWb4wIDAQAB
AoGALa6iZDjkkX3GWgtHht97S264FJClRr+3BSUDhUYarNCAWDeg2y1l4fgaKxJK
13vvDyohPirxMgf9cFM7jfjYcrdeEy4g7XTcEwz4XN/Saccsi8zuBGtacet65feJ
bkMqKbXTVog+0IqdeiTALImoDQam/rnC+iLn4EkpHA61lbECQQD67gAzhqODhDzJ
LH83DoEFAWSaQJ/0Kk3XSnVaqV0mHLNfNMV95PAcBmUm9fn4PUDJbjUpMZYMFfPA
89Y/9R4LAkEA0Y/g/LOpA9C6O2Ytu0dTlJFB2V+v+rqiaJ52QM1/lDkKlOU7i1zs
C9ZSr0kNns3QJ/6Vq34gRSFlL00Jg+aYiQJAJGCunMmvGNjp6wxNYRD0OWKLUCWA
Suh7InQD8WHOREEy6+F9pBO1j4qJzY0pcQiIROt6P3+Vzii8jsOK0vjZIwJBANAl
Pm0A7dESUseI18d6MvQPyv3jYuGA2qtbKU14T02j0nTNsvTbWMDxIbNkthiTiDsR
TQvG/LptTxlKRTczpTECQC7TrpPYP9LlsAajv7QP71qkAuv/+rlOQ3KaJrPREwxN
Rq4POLU3U0CD8fxaPKArbqfnHPwvqq2lSZ678zOO2WM=
-----END RSA PRIVATE KEY-----
"""


def known_by(raw: bytes, lookup_txt: TxtLookup | None = None, server: str = "") -> Authenticated:
    return authenticate(parse(raw), raw, server, lookup_txt or (lambda _name: None))


def results(*values: str) -> bytes:
    return b"".join(f"Authentication-Results: {value}\r\n".encode() for value in values)


def signed(raw: bytes = MAIL, domain: str = "example.org", **more: object) -> bytes:
    return dkim.sign(raw, b"s1", domain.encode(), PRIVATE, include_headers=[b"from", b"subject"], **more) + raw


@pytest.mark.parametrize(
    ("value", "assurance"),
    [
        (f"{MX}; dmarc=pass header.from=example.org", Assurance.PROVEN),
        (f"{MX}; dmarc=pass (p=none dis=none) header.from=example.org", Assurance.PROVEN),
        (f"{MX.upper()}; dmarc=pass", Assurance.PROVEN),
        (f"{MX}; dmarc=fail header.from=example.org; dkim=pass header.d=example.org", Assurance.FAILED),
        (f"{MX}; dmarc=temperror header.from=example.org", Assurance.CLAIMED),
        (f"{MX}; dmarc=none header.from=example.org", Assurance.CLAIMED),
        (f"{MX}; dmarc=none; dkim=pass header.d=example.org header.b=abc", Assurance.PROVEN),
        (f"{MX}; dkim=pass (2048-bit key) header.d=mail.example.org", Assurance.PROVEN),
        (f"{MX}; dkim=pass header.d=mailer.test", Assurance.CLAIMED),
        (f"{MX}; dkim=pass header.d=org", Assurance.CLAIMED),
        (f"{MX}; spf=pass smtp.mailfrom=bounces@example.org", Assurance.PROVEN),
        (f"{MX}; spf=pass smtp.mailfrom=example.org", Assurance.PROVEN),
        (f"{MX}; spf=pass smtp.mailfrom=ann@mailer.test", Assurance.CLAIMED),
        (f"{MX}; dmarc=pass header.from=mailer.test", Assurance.CLAIMED),
        (f"{MX}; none", Assurance.CLAIMED),
        ("mx.elsewhere.test; dmarc=pass header.from=example.org", Assurance.CLAIMED),
        (f"{MX}.mailer.test; dmarc=pass header.from=example.org", Assurance.CLAIMED),
        (f"{MX}; dmarc=pass (never closed", Assurance.CLAIMED),
        ("", Assurance.CLAIMED),
    ],
)
def test_the_word_of_our_own_server_counts(value: str, assurance: Assurance) -> None:
    assert known_by(results(value) + MAIL, server=MX).assurance is assurance


def test_only_the_topmost_results_are_our_servers() -> None:
    raw = results("mx.elsewhere.test; dmarc=none", f"{MX}; dmarc=pass header.from=example.org") + MAIL
    assert known_by(raw, server=MX).assurance is Assurance.CLAIMED
    assert known_by(MAIL, server=MX).assurance is Assurance.CLAIMED


def test_a_mail_of_several_authors_or_none_proves_nobody() -> None:
    passed = results(f"{MX}; dmarc=pass header.from=example.org")
    twice = MAIL.replace(b"To:", b"From: Bea <bea@example.net>\r\nTo:", 1)
    both = MAIL.replace(b"<ann@example.org>", b"<ann@example.org>, bea@example.net", 1)
    nobody = MAIL.replace(b"From: Ann Lee <ann@example.org>\r\n", b"")
    for raw in (twice, both, nobody):
        assert known_by(passed + raw, server=MX).assurance is Assurance.CLAIMED
        assert known_by(signed(raw) if b"From:" in raw else raw, lambda _: RECORD).assurance is Assurance.CLAIMED


def test_a_signature_of_the_authors_domain_proves_the_author() -> None:
    asked: list[str] = []

    def lookup(name: str) -> bytes:
        asked.append(name)
        return RECORD

    assert known_by(signed(), lookup) == Authenticated(Assurance.PROVEN, "DKIM passed for example.org")
    assert asked == ["s1._domainkey.example.org."]
    assert known_by(signed(domain="mail.example.org"), lookup).assurance is Assurance.PROVEN


def test_a_good_signature_is_found_behind_others() -> None:
    broken = b"DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=x; h=from; bh=AAAA; b=AAAA\r\n"
    foreign = signed(domain="mailer.test")[: -len(MAIL)]
    assert known_by(broken + foreign + signed(), lambda _: RECORD).assurance is Assurance.PROVEN


@pytest.mark.parametrize(
    "raw",
    [
        signed(domain="mailer.test"),
        signed().replace(b"Who can?", b"Send money"),
        signed().replace(b"Subject: Locum", b"Subject: Other"),
        signed().replace(b"From: Ann Lee <ann@", b"From: Ann Lee <bea@"),
        signed(length=True),
        signed(length=True) + b"Send money\r\n",
        MAIL,
        b"no header at all\r\n" + signed(),
    ],
    ids=["foreign", "body", "subject", "author", "length", "appended", "unsigned", "broken headers"],
)
def test_what_does_not_hold_is_only_a_claim(raw: bytes) -> None:
    known = known_by(raw, lambda _: RECORD)
    assert (known.assurance, known.retry) == (Assurance.CLAIMED, False)


def test_while_dns_is_silent_the_mail_is_to_be_looked_at_again() -> None:
    def silent(_name: str) -> bytes:
        raise DnsTroubleError("no answer")

    assert known_by(signed(), silent).retry
    assert not known_by(signed(domain="mailer.test"), silent).retry
    assert not known_by(signed()).retry


@given(st.binary(max_size=120), st.binary(max_size=120))
def test_no_signature_and_no_record_breaks_the_check(value: bytes, record: bytes) -> None:
    for signature in (value, b"v=1; a=rsa-sha256; d=example.org; s=s; h=from; bh=AA==; b=" + value):
        raw = b"DKIM-Signature: " + signature + b"\r\n" + MAIL
        assert known_by(raw, lambda _: record).assurance is not Assurance.PROVEN
    for head in (value, MX.encode() + b"; " + value):
        raw = b"Authentication-Results: " + head + b"\r\n" + MAIL
        assert known_by(raw, server=MX).assurance is not Assurance.FAILED


@pytest.mark.parametrize(
    ("signed_by", "author", "together"),
    [
        ("example.org", "example.org", True),
        ("example.org", "mail.example.org", True),
        ("mail.example.org", "example.org", True),
        ("myexample.org", "example.org", False),
        ("org", "example.org", False),
        ("example.org", "org", False),
        ("", "example.org", False),
        ("", "", False),
    ],
)
def test_domains_belong_together_only_below_each_other(signed_by: str, author: str, together: bool) -> None:
    assert aligned(signed_by, author) is together


class _Answer:
    def __init__(self, *strings: bytes) -> None:
        self.strings = strings


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, object], list[str]]:
    """DNS that knows what the test tells it, and notes what it is asked."""
    known: dict[str, object] = {}
    asked: list[str] = []

    def resolve(name: object, _type: str, lifetime: float) -> list[_Answer]:
        asked.append(str(name))
        answer = known.get(str(name).rstrip("."), dns.resolver.NXDOMAIN())
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, _Answer)
        return [answer]

    monkeypatch.setattr(dns.resolver, "resolve", resolve)

    def tell(name: str, answer: object) -> list[str]:
        known[name] = answer
        return asked

    return tell


def test_a_silent_domain_is_left_alone_and_delays_no_other(resolver: Callable[[str, object], list[str]]) -> None:
    lookup = SystemDns()
    resolver("s._domainkey.silent.test", dns.resolver.NoNameservers())
    asked = resolver("s._domainkey.example.org", _Answer(b"v=DKIM1; ", b"p=AAAA"))
    for _ in range(3):
        with pytest.raises(DnsTroubleError):
            lookup("s._domainkey.silent.test.")
        assert lookup("s._domainkey.example.org.") == b"v=DKIM1; p=AAAA"
    assert asked.count("s._domainkey.silent.test.") == 1
    assert lookup("s._domainkey.unknown.test.") is None


def test_when_nobody_answers_dns_itself_is_left_alone(resolver: Callable[[str, object], list[str]]) -> None:
    lookup = SystemDns()
    asked = resolver("s._domainkey.d9.test", _Answer(b"v=DKIM1"))
    for number in range(9):
        resolver(f"s._domainkey.d{number}.test", dns.resolver.NoNameservers())
        with pytest.raises(DnsTroubleError):
            lookup(f"s._domainkey.d{number}.test.")
    assert len(asked) == 3
    with pytest.raises(DnsTroubleError):
        lookup("s._domainkey.d9.test.")


def test_a_name_that_cannot_exist_has_no_record_and_silences_nothing() -> None:
    lookup = SystemDns()
    assert lookup("a" * 70 + "._domainkey.example.org.") is None
    assert lookup("a..b._domainkey.example.org.") is None
    assert lookup._silent_until == {}


# --- DMARC, checked here ---


def dns_of(**records: str) -> TxtLookup:
    """DNS with the key of example.org, mail.example.org and their like, and DMARC records by domain."""
    dmarc = {f"_dmarc.{domain}.": value.encode() for domain, value in records.items()}
    return lambda name: RECORD if "._domainkey." in name else dmarc.get(name)


def from_(domain: str) -> bytes:
    return MAIL.replace(b"ann@example.org", f"ann@{domain}".encode())


@pytest.mark.parametrize(
    ("author", "signer", "record", "assurance"),
    [
        ("example.org", "example.org", "v=DMARC1; p=reject; adkim=s", Assurance.PROVEN),
        ("example.org", "mail.example.org", "v=DMARC1; p=reject", Assurance.PROVEN),
        ("news.example.org", "mail.example.org", "v=DMARC1; p=none", Assurance.PROVEN),
        ("example.org", "mail.example.org", "v=DMARC1; p=reject; adkim=s", Assurance.FAILED),
        ("example.org", "mail.example.org", "v=DMARC1; p=none; adkim=s", Assurance.CLAIMED),
        ("example.org", "mailer.test", "v=DMARC1; p=quarantine", Assurance.FAILED),
        ("example.org", None, "v=DMARC1; p=reject", Assurance.FAILED),
        ("example.org", None, "V = dmarc1 ;P=Quarantine", Assurance.FAILED),
        ("example.org", None, "v=DMARC1; p=none", Assurance.CLAIMED),
        ("example.org", None, "v=spf1 -all", Assurance.CLAIMED),
        ("example.org", None, "p=reject; v=DMARC1", Assurance.CLAIMED),
        ("practice.example.org", None, "v=DMARC1; p=none; sp=reject", Assurance.FAILED),
        ("practice.example.org", None, "v=DMARC1; p=reject; sp=none", Assurance.CLAIMED),
        ("practice.example.org", None, "v=DMARC1; p=reject", Assurance.FAILED),
    ],
)
def test_without_our_mta_the_domains_own_dmarc_policy_counts(author, signer, record, assurance) -> None:
    mail = from_(author) if signer is None else signed(from_(author), signer)
    assert known_by(mail, dns_of(**{"example.org": record})).assurance is assurance


def test_a_domains_own_record_goes_before_that_of_its_organisation() -> None:
    dns = dns_of(**{"practice.example.org": "v=DMARC1; p=none", "example.org": "v=DMARC1; p=reject"})
    assert known_by(from_("practice.example.org"), dns).assurance is Assurance.CLAIMED


def test_a_broken_signature_of_a_domain_that_rejects_has_failed() -> None:
    mail = signed().replace(b"Who can?", b"Send money.")
    assert known_by(mail, dns_of(**{"example.org": "v=DMARC1; p=reject"})).assurance is Assurance.FAILED


def test_silence_about_a_policy_is_waited_for_where_it_decides() -> None:
    def silent(name: str) -> bytes | None:
        if name.startswith("_dmarc."):
            raise DnsTroubleError("silence")
        return RECORD

    assert known_by(signed(domain="mail.example.org"), silent).retry
    assert known_by(signed(), silent).assurance is Assurance.PROVEN
    # Without a signature it is a claim in any case, and needs no waiting.
    assert known_by(MAIL, silent) == Authenticated(Assurance.CLAIMED, "no signature of example.org that holds")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("mail.example.co.uk", "example.co.uk", True),
        ("a.example.co.uk", "b.example.co.uk", True),
        ("co.uk", "example.co.uk", False),
        ("other.co.uk", "example.co.uk", False),
        ("hospital.nhs.uk", "practice.nhs.uk", False),
        ("", "example.org", False),
    ],
)
def test_alignment_knows_public_suffixes(one: str, other: str, same: bool) -> None:
    assert aligned(one, other) is same
