"""Signatures that others will check: with dkimpy, which shares no code with what signs."""

import base64
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import settings as how
from hypothesis import strategies as st

from forum.db import transaction
from forum.queue import enqueue
from forum.settings import BadSettings, Settings, read_settings
from mailgateway import smarthost
from mailgateway.dkim_sign import Signer, signer_for
from mailgateway.smtp import dot_stuff
from tests.gateway import do_mail_work
from tests.people import a_crowd, a_group, a_member, post

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
RECORD = b"v=DKIM1; k=rsa; p=" + base64.b64encode(
    KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
)
SIGNER = Signer(KEY, "lists.localhost", "banyan1")
SIGNED_AT_LEAST = ("from", "subject", "date", "message-id", "to", "list-unsubscribe", "list-unsubscribe-post")


def holds(mail: bytes) -> bool:
    """Whether a receiver would find the signature good."""

    def lookup(name: bytes, timeout: int = 5) -> bytes | None:
        return RECORD if name == b"banyan1._domainkey.lists.localhost." else None

    return bool(dkim.verify(mail, dnsfunc=lookup))


def signed(*parts: bytes) -> bytes:
    """A mail as it arrives: signed, the stuffed dots taken off."""
    return SIGNER.signature(parts) + b"".join(parts).replace(b"\r\n..", b"\r\n.")


MAIL = dot_stuff(
    b"From: Ann  Lee via\r\n Cardiology <a@lists.localhost>\r\nTo: cardiology@lists.localhost\r\nSubject: Locum  \r\n"
    b"Date: Mon, 09 Nov 2026 08:15:00 +0000\r\nMessage-ID: <1@lists.localhost>\r\n\r\n"
    b"Who  can?  \r\n.hidden\r\n\r\n\r\n"
)


def test_a_signature_holds_and_breaks_when_anything_signed_is_changed() -> None:
    mail = signed(MAIL)
    assert holds(mail)
    for changed in (
        mail.replace(b"Locum", b"Locums"),
        mail.replace(b"Who  can?", b"Who could?"),
        mail.replace(b"\r\n.hidden", b"\r\nhidden"),
        b"Subject: Another\r\n" + mail,
        b"From: Eve <eve@lists.localhost>\r\n" + mail,
        b"Reply-To: eve@elsewhere.example\r\n" + mail,
    ):
        assert not holds(changed)


def test_a_signature_holds_when_a_relay_folds_anew_and_adds_its_own_lines() -> None:
    mail = signed(MAIL).replace(b"Ann  Lee via\r\n Cardiology", b"Ann Lee via Cardiology")
    assert holds(b"Received: from us by mx.example; Mon, 09 Nov 2026 08:15:01 +0000\r\n" + mail)


def test_the_parts_of_a_copy_may_be_cut_between_any_two_fields() -> None:
    head, _, rest = MAIL.partition(b"Subject:")
    assert holds(signed(head, b"Reply-To: x@lists.localhost\r\n", b"Subject:" + rest))
    assert holds(signed(MAIL[: MAIL.index(b"\r\n\r\n") + 2], MAIL[MAIL.index(b"\r\n\r\n") + 2 :]))


@how(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from([b"", b".", b"..", b" ", b"a  b \t", b"\t", b"word", b"=20", b"-- "]), max_size=8),
    st.text(st.characters(codec="ascii", categories=("L", "N", "P", "Zs")), max_size=40),
)
def test_a_signature_holds_for_any_body_and_subject(lines: list[bytes], subject: str) -> None:
    body = b"\r\n".join(lines)
    assert holds(signed(dot_stuff(b"From: a@lists.localhost\r\nSubject: %b\r\n\r\n%b" % (subject.encode(), body))))


# --- the whole way ---


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    (tmp_path / "key.pem").write_bytes(PEM)
    return settings.model_copy(update={"dkim_key": str(tmp_path / "key.pem"), "dkim_selector": "banyan1"})


def test_every_copy_of_a_post_is_signed_with_its_own_fields(core, sink) -> None:
    group = a_group()
    members = a_crowd(40, group)
    post(members[0], group, "Grüße aus Köln", ".dots\n\nand   blanks  \n" * 30)
    do_mail_work(core)
    assert len(sink.messages) == 40
    for each in sink.messages:
        assert holds(each.content)
        fields = str(message_from_bytes(each.content, policy=default)["DKIM-Signature"])
        named = fields.partition("h=")[2].partition(";")[0].replace(" ", "").split(":")
        assert set(SIGNED_AT_LEAST) <= set(named)
        assert named.count("from") == named.count("subject") == 2
    other = sink.messages[1].content.split(b"List-Unsubscribe: <")[1].split(b">")[0]
    mine = sink.messages[0].content.split(b"List-Unsubscribe: <")[1].split(b">")[0]
    assert not holds(sink.messages[0].content.replace(mine, other))


def test_notices_are_signed_too(core, sink) -> None:
    group = a_group()
    member = a_member("ann@example.org", "Ann Lee", group)
    with transaction():
        enqueue("notice.help", member.id, group.id)
    do_mail_work(core)
    assert [holds(each.content) for each in sink.messages] == [True]


def test_captured_mail_is_signed_too(settings: Settings) -> None:
    assert isinstance(smarthost.carrier_for(settings.model_copy(update={"smarthost": "capture"})), smarthost.Signing)
    assert isinstance(smarthost.carrier_for(settings), smarthost.Signing)


def test_the_shared_body_is_hashed_once(monkeypatch) -> None:
    from mailgateway import dkim_sign

    hashed = []
    real = dkim_sign._body_hash
    monkeypatch.setattr(dkim_sign, "_body_hash", lambda body: hashed.append(len(body)) or real(body))
    head = MAIL.partition(b"Subject:")[0]
    rest = b"Subject: A body that is hashed once\r\n\r\n" + b"many words\r\n" * 100
    for number in range(20):
        SIGNER.signature((head, b"Reply-To: r%d@lists.localhost\r\n" % number, rest))
    assert len(hashed) == 1


# --- the settings ---


def refusals(monkeypatch, **values: str) -> str:
    for name, value in values.items():
        monkeypatch.setenv(f"BANYAN_{name.upper()}", value)
    with pytest.raises(BadSettings) as refused:
        read_settings()
    return " ".join(refused.value.args)


def test_a_key_and_its_name_are_taken_together(tmp_path: Path, monkeypatch, settings: Settings) -> None:
    assert signer_for(settings) is not None
    assert signer_for(settings.model_copy(update={"dkim_key": "", "dkim_selector": ""})) is None
    assert "give both" in refusals(monkeypatch, dkim_selector="banyan1")


def test_a_key_that_cannot_sign_is_refused_at_the_start(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "other.pem"
    wrong = "BANYAN_DKIM_KEY"
    assert wrong in refusals(monkeypatch, dkim_key=str(path), dkim_selector="not a name")
    assert "not a DKIM selector" in refusals(monkeypatch, dkim_key=str(path), dkim_selector="not a name")
    path.write_text("not a key")
    assert "not a private key" in refusals(monkeypatch, dkim_key=str(path), dkim_selector="s1")
    path.write_bytes(
        ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    assert "not an RSA key" in refusals(monkeypatch, dkim_key=str(path), dkim_selector="s1")
