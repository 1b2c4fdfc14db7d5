import asyncio
import re
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailgateway import smtp_session
from mailgateway.smtp import (
    AuthenticationError,
    ConnectError,
    Copy,
    Receipt,
    Sender,
    Smarthost,
    SmtpError,
    TlsError,
    dot_stuff,
)
from tests.smtp_sink import CERTIFICATE, Fault, Sink, Stage, cut, defer, refuse, shut_down

BODY = dot_stuff(b"Who can cover Thursday night?\n.hidden files start so\n..\n.\nAnn\n")


def copy_for(key: int, recipient: str | None = None, **changes: Any) -> Copy:
    header = b"Subject: Cover\r\nReply-To: reply+%d@lists.example\r\n\r\n" % key
    values: dict[str, Any] = {
        "key": key,
        "envelope_sender": f"bounce+{key}@lists.example",
        "recipient": recipient or f"reader{key}@clinic.example",
        "parts": (header, BODY),
    }
    return Copy(**{**values, **changes})


def copies_for(count: int) -> list[Copy]:
    return [copy_for(key) for key in range(count)]


def content_of(copy: Copy) -> bytes:
    return b"".join(copy.parts).replace(b"\r\n.", b"\r\n")


def smarthost_at(sink: Sink, **changes: Any) -> Smarthost:
    return Smarthost(**{"host": sink.host, "port": sink.port, "timeout": 5.0, "end_timeout": 5.0, **changes})


def deliver_to(
    smarthost: Smarthost, copies: Iterable[Copy], connections: int = 1
) -> tuple[dict[int, Receipt], SmtpError | None]:
    """One delivery from opening to closing: exactly one receipt for each copy, by its key, and the trouble."""
    receipts: list[Receipt] = []

    async def run() -> SmtpError | None:
        sender = Sender(smarthost, connections)
        async with asyncio.timeout(20):
            await sender.deliver(copies, receipts.append)
            trouble = sender.trouble
            await sender.close()
        return trouble

    trouble = asyncio.run(run())
    assert max(Counter(receipt.key for receipt in receipts).values(), default=1) == 1
    return {receipt.key: receipt for receipt in receipts}, trouble


def verdicts(sink: Sink, copies: Iterable[Copy], connections: int = 1, **smarthost_changes: Any) -> dict[int, str]:
    receipts, _ = deliver_to(smarthost_at(sink, **smarthost_changes), copies, connections)
    return {key: receipt.verdict for key, receipt in receipts.items()}


@contextmanager
def server_of(talk: Callable[[Callable[[bytes], None], Callable[[], bytes]], None]) -> Iterator[int]:
    """A server that holds one fixed conversation with each client that comes, for what no sane server says."""
    stop = threading.Event()

    def serve(listening: socket.socket) -> None:
        listening.settimeout(0.02)
        while not stop.is_set():
            try:
                line, _ = listening.accept()
            except TimeoutError:
                continue
            with line, suppress(ConnectionError):  # the client may have heard enough
                line.settimeout(5)
                talk(line.sendall, partial(line.recv, 65536))

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening,), daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        stop.set()
        thread.join(10)
        assert not thread.is_alive()


# Arriving.


@pytest.mark.parametrize("connections", [1, 4])
@pytest.mark.parametrize("pipelining", [True, False])
def test_every_copy_arrives_whole_with_its_own_envelope(connections: int, pipelining: bool) -> None:
    copies = copies_for(60)
    with Sink(pipelining=pipelining) as sink:
        receipts, trouble = deliver_to(smarthost_at(sink), copies, connections)
        arrived = {message.recipients: message for message in sink.wait_for(60)}
    assert trouble is None
    assert {receipt.verdict for receipt in receipts.values()} == {"sent"}
    assert receipts[3] == Receipt(3, "sent", 250, "2.0.0 taken")
    for copy in copies:
        message = arrived[(copy.recipient,)]
        assert message.envelope_sender == copy.envelope_sender
        assert message.content == content_of(copy)
    assert len(arrived) == 60


def test_the_null_sender_is_sent_as_an_empty_path() -> None:
    with Sink() as sink:
        assert verdicts(sink, [copy_for(1, envelope_sender="")]) == {1: "sent"}
        assert sink.messages[0].envelope_sender == ""
        assert "MAIL FROM:<>" in sink.commands


def test_a_smarthost_that_knows_no_ehlo_is_greeted_with_helo() -> None:
    with Sink(ehlo=False, pipelining=False) as sink:
        assert verdicts(sink, copies_for(3), helo="lists.example") == dict.fromkeys(range(3), "sent")
        assert sink.commands[:2] == ["EHLO lists.example", "HELO lists.example"]


@pytest.mark.parametrize("chunk", [1, 3, 7])
def test_replies_that_come_in_pieces_are_put_together(chunk: int) -> None:
    faults = [Fault("rcpt", reply="250-2.1.5 yes\n250-2.1.5 and yes again\n250 2.1.5 ok"), refuse("dot", "reader2@*")]
    with Sink(chunk=chunk, faults=faults) as sink:
        assert verdicts(sink, copies_for(4)) == {0: "sent", 1: "sent", 2: "refused", 3: "sent"}


def test_the_text_of_a_multi_line_refusal_is_kept_and_kept_short() -> None:
    faults = [
        Fault("rcpt", "reader0@*", "550-5.1.1 The account\n550-5.1.1 does not exist\n550 5.1.1 here"),
        Fault("rcpt", "reader1@*", "550 5.1.1 " + "no " * 1000),
    ]
    with Sink(faults=faults) as sink:
        receipts, _ = deliver_to(smarthost_at(sink), copies_for(2))
    assert receipts[0].reply == "5.1.1 The account 5.1.1 does not exist 5.1.1 here"
    assert receipts[0].code == 550
    assert len(receipts[1].reply) == 500


def test_a_message_end_travels_with_the_next_envelope_and_never_apart_from_its_body() -> None:
    """RFC 2920 lets content open a group; one write per message is also what spares a delayed acknowledgement."""
    heard: list[bytes] = []

    def talk(say: Callable[[bytes], None], hear: Callable[[], bytes]) -> None:
        say(b"220 hi\r\n")
        hear()
        say(b"250-hi\r\n250 PIPELINING\r\n")
        heard.append(hear())
        say(b"250 a\r\n250 b\r\n354 c\r\n")
        heard.append(hear())
        say(b"250 taken\r\n250 a\r\n250 b\r\n354 c\r\n")
        heard.append(hear())
        say(b"250 taken\r\n")
        hear()
        say(b"221 bye\r\n")

    copies = copies_for(2)
    with server_of(talk) as port:
        receipts, _ = deliver_to(Smarthost("127.0.0.1", port, timeout=5), copies)
    assert [receipt.verdict for receipt in receipts.values()] == ["sent", "sent"]
    envelopes = [
        f"MAIL FROM:<{copy.envelope_sender}>\r\nRCPT TO:<{copy.recipient}>\r\nDATA\r\n".encode() for copy in copies
    ]
    bodies = [b"".join(copy.parts) + b".\r\n" for copy in copies]
    assert heard == [envelopes[0], bodies[0] + envelopes[1], bodies[1]]


# What the smarthost offers.


def test_eight_bit_is_declared_only_where_it_is_offered_and_needed() -> None:
    copies = [copy_for(0), copy_for(1, eight_bit=True)]
    with Sink() as sink:
        verdicts(sink, copies)
        assert [message.mail_parameters for message in sink.messages] == ["", "BODY=8BITMIME"]
    with Sink(eight_bit=False) as sink:
        assert verdicts(sink, copies) == {0: "sent", 1: "sent"}
        assert [message.mail_parameters for message in sink.messages] == ["", ""]


def test_a_message_over_the_offered_size_is_refused_without_asking() -> None:
    large = copy_for(1, parts=(b"Subject: x\r\n\r\n", b"x" * 900 + b"\r\n"))
    with Sink(size=500) as sink:
        receipts, _ = deliver_to(smarthost_at(sink), [copy_for(0), large, copy_for(2)])
        assert not any("reader1@" in command for command in sink.commands)
    assert [receipts[key].verdict for key in range(3)] == ["sent", "refused", "sent"]
    assert receipts[1].code == 552
    assert "916 bytes" in receipts[1].reply


def test_an_address_beyond_ascii_needs_smtputf8() -> None:
    copies = [copy_for(0, "zoë@clinic.example"), copy_for(1)]
    with Sink() as sink:
        receipts, _ = deliver_to(smarthost_at(sink), copies)
        assert sink.recipients == ["reader1@clinic.example"]
    assert (receipts[0].verdict, receipts[0].code) == ("refused", 553)
    assert "SMTPUTF8" in receipts[0].reply
    with Sink(smtputf8=True) as sink:
        assert verdicts(sink, copies) == {0: "sent", 1: "sent"}
        assert [message.mail_parameters for message in sink.messages] == ["SMTPUTF8", ""]
        assert sink.recipients[0] == "zoë@clinic.example"


@pytest.mark.parametrize("character", ["\r", "\n", "\0", "<", ">", " ", "\t", "\x85", "\u2028", "\udc80"])
def test_no_envelope_smuggles_a_command(character: str) -> None:
    address = f"eve{character}RCPT@clinic.example"
    copies = [copy_for(0, address), copy_for(1, envelope_sender=address), copy_for(2)]
    with Sink(smtputf8=True) as sink:
        assert verdicts(sink, copies) == {0: "refused", 1: "refused", 2: "sent"}
        assert not any("eve" in command for command in sink.commands)


def test_an_empty_recipient_is_refused() -> None:
    with Sink() as sink:
        assert verdicts(sink, [copy_for(0, recipient="", parts=(BODY,)), copy_for(1, "")])[0] == "sent"
        receipts, _ = deliver_to(smarthost_at(sink), [Copy(5, "a@lists.example", "", (BODY,))])
    assert receipts[5].verdict == "refused"


# Refusals and deferrals of one copy.


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "dot"])
def test_a_refusal_or_deferral_counts_for_its_copy_only(stage: Stage, pipelining: bool) -> None:
    who = "bounce+{}@*" if stage == "mail" else "reader{}@*"
    faults = [refuse(stage, who.format(1)), defer(stage, who.format(3)), refuse(stage, who.format(4))]
    with Sink(faults=faults, pipelining=pipelining) as sink:
        receipts, trouble = deliver_to(smarthost_at(sink), copies_for(6))
        assert sorted(sink.recipients) == [f"reader{key}@clinic.example" for key in (0, 2, 5)]
        assert sink.connections == 1
    assert trouble is None
    found = [(receipts[key].verdict, receipts[key].code) for key in range(6)]
    assert found == [("sent", 250), ("refused", 550), ("sent", 250), ("deferred", 451), ("refused", 550), ("sent", 250)]
    assert receipts[1].reply == "5.1.1 no such user here"


def test_a_message_asked_for_after_every_recipient_was_refused_gets_a_lone_dot() -> None:
    with Sink(faults=[refuse("rcpt", "reader1@*"), Fault("data", "reader1@*", "354 go ahead all the same")]) as sink:
        assert verdicts(sink, copies_for(4)) == {0: "sent", 1: "refused", 2: "sent", 3: "sent"}
        assert sink.recipients == [f"reader{key}@clinic.example" for key in (0, 2, 3)]
        assert sink.connections == 1


@pytest.mark.parametrize("reply", ["530 5.7.0 sign in first", "503 5.5.1 not now", "538 5.7.11 TLS first"])
def test_a_refusal_of_the_conversation_gives_up_nobodys_address(reply: str) -> None:
    with Sink(faults=[Fault("mail", reply=reply)]) as sink:
        assert set(verdicts(sink, copies_for(3)).values()) == {"deferred"}


# Lost lines.

SENT = "sent"


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("fault", [shut_down, cut])
@pytest.mark.parametrize(
    ("stage", "verdict_of_the_second"),
    [("mail", SENT), ("rcpt", SENT), ("data", SENT), ("body", "in_doubt"), ("dot", "in_doubt"), ("done", SENT)],
)
def test_a_line_that_goes_down_once_leaves_at_most_the_message_under_way_in_doubt(
    stage: Stage, verdict_of_the_second: str, fault: Callable[..., Fault], pipelining: bool
) -> None:
    who = "bounce+1@*" if stage == "mail" else "reader1@*"
    with Sink(faults=[fault(stage, who, times=1)], pipelining=pipelining) as sink:
        receipts, trouble = deliver_to(smarthost_at(sink), copies_for(8))
        assert sink.connections == 2
        copies_of = Counter(sink.recipients)
    assert trouble is None
    assert {key: receipt.verdict for key, receipt in receipts.items() if key != 1} == {
        key: "sent" for key in range(8) if key != 1
    }
    assert receipts[1].verdict == verdict_of_the_second
    if fault is shut_down and verdict_of_the_second == "in_doubt":
        assert (receipts[1].code, receipts[1].reply) == (421, "4.3.2 shutting down")
    # Kept before the line went down without a word, and not kept where 421 took the place of the reply.
    kept = stage != "body" and not (stage == "dot" and fault is shut_down)
    assert copies_of["reader1@clinic.example"] == int(kept)
    assert all(count == 1 for count in copies_of.values())


@pytest.mark.parametrize("fault", [shut_down, cut, defer, refuse])
@pytest.mark.parametrize("stage", ["banner", "ehlo"])
def test_a_smarthost_that_does_not_let_us_in_defers_everything(stage: Stage, fault: Callable[..., Fault]) -> None:
    with Sink(faults=[fault(stage)], ehlo=stage == "banner") as sink:
        receipts, trouble = deliver_to(smarthost_at(sink), copies_for(20), connections=4)
        assert sink.connections == 1
        assert sink.messages == []
    assert [receipt.verdict for receipt in receipts.values()] == ["deferred"] * 20
    assert isinstance(trouble, ConnectError)
    assert str(trouble)[:500] == receipts[0].reply


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
def test_a_smarthost_that_always_hangs_up_is_given_up_after_three_connections(stage: Stage) -> None:
    with Sink(faults=[cut(stage)]) as sink:
        receipts, trouble = deliver_to(smarthost_at(sink), copies_for(50))
        assert sink.connections == 3
    assert {receipt.verdict for receipt in receipts.values()} == {"deferred"}
    assert len(receipts) == 50
    assert isinstance(trouble, ConnectError)


def test_a_smarthost_that_loses_every_message_leaves_few_in_doubt() -> None:
    with Sink(faults=[cut("dot")]) as sink:
        found = Counter(verdicts(sink, copies_for(50)).values())
        assert len(sink.messages) == 3
    assert found == {"in_doubt": 3, "deferred": 47}


def test_a_copy_that_makes_every_line_go_down_is_deferred_and_holds_up_nobody() -> None:
    with Sink(faults=[cut("rcpt", "reader2@*")]) as sink:
        found = verdicts(sink, copies_for(6))
        assert sink.connections == 3
    assert found == {0: "sent", 1: "sent", 2: "deferred", 3: "sent", 4: "sent", 5: "sent"}


def test_nobody_listening_defers_everything_and_says_so() -> None:
    with Sink() as sink:
        gone = smarthost_at(sink)
    receipts, trouble = deliver_to(gone, copies_for(5), connections=3)
    assert [receipt.verdict for receipt in receipts.values()] == ["deferred"] * 5
    assert isinstance(trouble, ConnectError)
    assert f"cannot connect to 127.0.0.1:{gone.port}" in receipts[0].reply
    with pytest.raises(ConnectError):
        asyncio.run(Sender(gone, 1).open())


def test_a_host_name_that_cannot_be_one_defers_everything() -> None:
    receipts, trouble = deliver_to(Smarthost("a" * 70 + ".example", 25), copies_for(2))
    assert [receipt.verdict for receipt in receipts.values()] == ["deferred", "deferred"]
    assert isinstance(trouble, ConnectError)


def test_a_limit_on_connections_is_lived_with() -> None:
    with Sink(connections=2, faults=[Fault("dot", delay=0.005)]) as sink:
        assert set(verdicts(sink, copies_for(60), connections=4).values()) == {"sent"}
        assert len({message.connection for message in sink.messages}) == 2
        assert sink.connections == 3


def test_a_smarthost_that_takes_ten_messages_a_connection_gets_all_of_them() -> None:
    faults = [Fault("done", cut=True, skip=9, times=1, connection=number) for number in range(1, 10)]
    with Sink(faults=faults) as sink:
        assert set(verdicts(sink, copies_for(35)).values()) == {"sent"}
        assert len(sink.messages) == 35
        assert sink.connections == 4


@pytest.mark.parametrize(
    ("stage", "found"), [("rcpt", {0: "sent", 1: "sent", 2: "sent"}), ("dot", {0: "in_doubt", 1: "sent", 2: "sent"})]
)
def test_a_reply_that_does_not_come_in_time_is_a_lost_line(stage: Stage, found: dict[int, str]) -> None:
    with Sink(faults=[Fault(stage, "reader0@*", delay=3, times=1)]) as sink:
        assert verdicts(sink, copies_for(3), timeout=0.2, end_timeout=0.2) == found


@pytest.mark.parametrize("stage", ["banner", "ehlo"])
def test_a_handshake_that_does_not_come_in_time_defers_everything(stage: Stage) -> None:
    with Sink(faults=[Fault(stage, delay=3)]) as sink:
        receipts, trouble = deliver_to(smarthost_at(sink, timeout=0.1), copies_for(3))
    assert {receipt.verdict for receipt in receipts.values()} == {"deferred"}
    assert "did not answer in 0.1 s" in str(trouble)


def test_slow_replies_within_their_time_are_waited_for() -> None:
    with Sink(faults=[Fault("dot", delay=0.3, times=1), Fault("rcpt", delay=0.1, times=1)]) as sink:
        assert verdicts(sink, copies_for(2), timeout=0.2, end_timeout=5) == {0: "sent", 1: "sent"}


@pytest.mark.parametrize("nonsense", [b"hello\r\n", b"999 what\r\n", b"250-" + b"x" * 9000, b"250-x\r\n" * 300])
def test_what_is_no_smtp_reply_ends_the_session_and_loses_nothing(nonsense: bytes) -> None:
    def talk(say: Callable[[bytes], None], hear: Callable[[], bytes]) -> None:
        say(b"220 hi\r\n")
        hear()
        say(b"250-hi\r\n250 PIPELINING\r\n")
        hear()
        say(nonsense)
        hear()

    with server_of(talk) as port:
        receipts, trouble = deliver_to(Smarthost("127.0.0.1", port, timeout=5), copies_for(2))
    assert {receipt.verdict for receipt in receipts.values()} == {"deferred"}
    assert len(receipts) == 2
    assert isinstance(trouble, ConnectError)


# TLS and signing in.


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ca.pem").write_text(CERTIFICATE)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))


@pytest.mark.usefixtures("trusted")
def test_required_tls_goes_to_a_smarthost_with_a_good_certificate() -> None:
    with Sink(tls=True) as sink:
        assert verdicts(sink, copies_for(20), connections=2, tls="required") == dict.fromkeys(range(20), "sent")
        assert "STARTTLS" in sink.commands


def test_required_tls_does_not_go_to_a_certificate_nobody_vouches_for() -> None:
    with Sink(tls=True) as sink:
        receipts, trouble = deliver_to(smarthost_at(sink, tls="required"), copies_for(2))
        assert sink.messages == []
    assert {receipt.verdict for receipt in receipts.values()} == {"deferred"}
    assert isinstance(trouble, TlsError)


@pytest.mark.parametrize("faults", [[], [Fault("starttls", reply="454 4.7.0 not now")]])
def test_required_tls_that_is_not_to_be_had_defers_everything(faults: list[Fault]) -> None:
    with Sink(tls=bool(faults), faults=faults) as sink:
        receipts, trouble = deliver_to(smarthost_at(sink, tls="required"), copies_for(2))
        assert sink.messages == []
    assert {receipt.verdict for receipt in receipts.values()} == {"deferred"}
    assert isinstance(trouble, TlsError)


def test_opportunistic_tls_encrypts_and_does_not_verify() -> None:
    with Sink(tls=True) as sink:
        assert verdicts(sink, copies_for(2)) == {0: "sent", 1: "sent"}
        assert "STARTTLS" in sink.commands


@pytest.mark.parametrize("sink_changes", [{"broken_tls": True}, {"faults": [Fault("starttls", reply="454 4.7.0 no")]}])
def test_opportunistic_tls_that_is_broken_goes_in_plain(sink_changes: dict[str, Any]) -> None:
    with Sink(tls=True, **sink_changes) as sink:
        assert verdicts(sink, copies_for(2)) == {0: "sent", 1: "sent"}


def test_words_slipped_in_behind_the_answer_to_starttls_end_the_session() -> None:
    def talk(say: Callable[[bytes], None], hear: Callable[[], bytes]) -> None:
        say(b"220 hi\r\n")
        hear()
        say(b"250-hi\r\n250 STARTTLS\r\n")
        hear()
        say(b"220 go\r\n250 SIZE 1\r\n")
        hear()

    with server_of(talk) as port:
        smarthost = Smarthost("127.0.0.1", port, tls="required", timeout=5)
        _, trouble = deliver_to(smarthost, copies_for(1))
    assert isinstance(trouble, TlsError)
    assert "unencrypted" in str(trouble)


@pytest.mark.parametrize("mechanisms", ["PLAIN LOGIN", "LOGIN"])
def test_user_and_password_are_given_over_tls(mechanisms: str) -> None:
    with Sink(tls=True, auth=("banyan", "grün"), mechanisms=mechanisms) as sink:
        assert verdicts(sink, copies_for(3), user="banyan", password="grün") == dict.fromkeys(range(3), "sent")
        assert sink.commands.index("STARTTLS") < next(
            n for n, command in enumerate(sink.commands) if command.startswith("AUTH")
        )


@pytest.mark.parametrize("mechanisms", ["PLAIN", "LOGIN", "GSSAPI"])
def test_a_user_who_cannot_sign_in_defers_everything(mechanisms: str) -> None:
    with Sink(auth=("banyan", "right"), mechanisms=mechanisms) as sink:
        smarthost = smarthost_at(sink, tls="none", user="banyan", password="wrong")
        receipts, trouble = deliver_to(smarthost, copies_for(3), connections=3)
        assert sink.connections == 1
    assert {receipt.verdict for receipt in receipts.values()} == {"deferred"}
    assert isinstance(trouble, AuthenticationError)
    assert "wrong" not in repr(smarthost)


def test_a_password_never_goes_in_plain_unless_tls_is_switched_off() -> None:
    with Sink(auth=("banyan", "right")) as sink:
        _, trouble = deliver_to(smarthost_at(sink, user="banyan", password="right"), copies_for(1))
        assert isinstance(trouble, TlsError)
        assert not any(command.startswith("AUTH") for command in sink.commands)
        assert verdicts(sink, copies_for(1), user="banyan", password="right", tls="none") == {0: "sent"}


# The pool.


def test_connections_are_kept_between_deliveries_and_one_copy_opens_only_one() -> None:
    async def run(sink: Sink) -> list[Receipt]:
        receipts: list[Receipt] = []
        sender = Sender(smarthost_at(sink), 4)
        await sender.open()
        for key in range(5):
            await sender.deliver([copy_for(key)], receipts.append)
        await sender.close()
        return receipts

    with Sink() as sink:
        receipts = asyncio.run(run(sink))
        assert sink.connections == 1
        assert sink.commands[-1] == "QUIT"
    assert [receipt.verdict for receipt in receipts] == ["sent"] * 5


def test_an_idle_connection_is_given_back_and_opened_again_on_demand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp_session, "IDLE_SECONDS", 0.05)

    async def run(sink: Sink) -> list[Receipt]:
        receipts: list[Receipt] = []
        sender = Sender(smarthost_at(sink, timeout=0.1), 2)
        await sender.deliver([copy_for(0)], receipts.append)
        await asyncio.sleep(0.3)
        assert sink.commands[-1] == "QUIT"
        assert sink.open_now == 0
        await sender.deliver([copy_for(1)], receipts.append)
        await sender.close()
        return receipts

    with Sink() as sink:
        receipts = asyncio.run(run(sink))
        assert sink.connections == 2
    assert [receipt.verdict for receipt in receipts] == ["sent", "sent"]


def test_a_connection_that_died_while_idle_is_replaced() -> None:
    async def run(sink: Sink) -> list[Receipt]:
        receipts: list[Receipt] = []
        sender = Sender(smarthost_at(sink), 1)
        await sender.deliver([copy_for(0)], receipts.append)
        sink.cut_all()  # not yet seen by the sender, which has had no turn since
        await sender.deliver([copy_for(1)], receipts.append)
        sink.cut_all()
        await asyncio.sleep(0.05)
        await sender.deliver([copy_for(2)], receipts.append)
        await sender.close()
        return receipts

    with Sink() as sink:
        receipts = asyncio.run(run(sink))
        assert sink.connections == 3
        assert len(sink.messages) == 3
    assert [receipt.verdict for receipt in receipts] == ["sent"] * 3


def test_a_smarthost_that_comes_back_is_used_again() -> None:
    async def run(first: Sink) -> list[str]:
        receipts: list[Receipt] = []
        sender = Sender(smarthost_at(first), 2)
        await sender.deliver(copies_for(3), receipts.append)
        await asyncio.to_thread(first.__exit__)
        await sender.deliver(copies_for(3), receipts.append)
        assert isinstance(sender.trouble, ConnectError)
        with Sink(port=first.port):
            await sender.deliver(copies_for(3), receipts.append)
            assert sender.trouble is None
            await sender.close()
        return [receipt.verdict for receipt in receipts]

    sink = Sink()
    sink.__enter__()
    assert asyncio.run(run(sink)) == ["sent"] * 3 + ["deferred"] * 3 + ["sent"] * 3


def test_copies_are_pulled_only_as_connections_have_room() -> None:
    receipts: list[Receipt] = []
    most_under_way = 0

    def pulled() -> Iterator[Copy]:
        nonlocal most_under_way
        for key in range(300):
            most_under_way = max(most_under_way, key + 1 - len(receipts))
            yield copy_for(key)

    async def run(sink: Sink) -> None:
        sender = Sender(smarthost_at(sink), 3)
        await sender.deliver(pulled(), receipts.append)
        await sender.close()

    with Sink() as sink:
        asyncio.run(run(sink))
    assert len(receipts) == 300
    assert most_under_way <= 2 * 3 + 1


def test_two_deliveries_at_once_share_the_connections_and_each_gets_its_own_receipts() -> None:
    async def run(sink: Sink) -> tuple[list[int], list[int]]:
        first: list[int] = []
        second: list[int] = []
        sender = Sender(smarthost_at(sink), 2)
        await asyncio.gather(
            sender.deliver(copies_for(40), lambda receipt: first.append(receipt.key)),
            sender.deliver((copy_for(100 + key) for key in range(40)), lambda receipt: second.append(receipt.key)),
        )
        await sender.close()
        return first, second

    with Sink() as sink:
        first, second = asyncio.run(run(sink))
        assert sink.connections == 2
    assert sorted(first) == list(range(40))
    assert sorted(second) == list(range(100, 140))


def test_a_delivery_of_nothing_opens_no_connection() -> None:
    with Sink() as sink:
        assert verdicts(sink, []) == {}
        assert sink.connections == 0


def test_an_error_in_making_copies_comes_out_once_the_pulled_ones_have_their_receipts() -> None:
    def broken() -> Iterator[Copy]:
        yield from copies_for(5)
        raise LookupError("no template")

    receipts: list[Receipt] = []

    async def run(sink: Sink) -> None:
        sender = Sender(smarthost_at(sink), 2)
        with pytest.raises(LookupError, match="no template"):
            await sender.deliver(broken(), receipts.append)
        assert len(receipts) == 5
        await sender.deliver([copy_for(9)], receipts.append)
        await sender.close()

    with Sink() as sink:
        asyncio.run(run(sink))
    assert {receipt.verdict for receipt in receipts} == {"sent"}


def test_an_error_in_keeping_a_receipt_comes_out_and_stops_the_delivery() -> None:
    seen: list[int] = []

    def full_disk(receipt: Receipt) -> None:
        seen.append(receipt.key)
        raise OSError("disk full")

    async def run(sink: Sink) -> None:
        sender = Sender(smarthost_at(sink), 1)
        with pytest.raises(OSError, match="disk full"):
            await sender.deliver(copies_for(50), full_disk)
        await sender.close()

    with Sink() as sink:
        asyncio.run(run(sink))
        assert len(sink.messages) == len(seen) < 5


def test_a_cancelled_delivery_pulls_no_more_and_still_accounts_for_what_was_under_way() -> None:
    receipts: list[Receipt] = []
    pulled: list[int] = []

    def endless() -> Iterator[Copy]:
        for key in range(10_000):
            pulled.append(key)
            yield copy_for(key)

    async def run(sink: Sink) -> None:
        sender = Sender(smarthost_at(sink), 1)
        task = asyncio.create_task(sender.deliver(endless(), receipts.append))
        await asyncio.to_thread(sink.wait_for, 3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await sender.deliver([copy_for(-1)], receipts.append)
        await sender.close()

    with Sink(faults=[Fault("dot", delay=0.01)]) as sink:
        asyncio.run(run(sink))
        assert len(sink.messages) == len(receipts)
    assert len(pulled) < 20
    assert {receipt.verdict for receipt in receipts} == {"sent"}


def test_closing_in_the_middle_leaves_no_copy_without_a_receipt() -> None:
    receipts: list[Receipt] = []

    async def run(sink: Sink) -> None:
        sender = Sender(smarthost_at(sink), 2)
        task = asyncio.create_task(sender.deliver(copies_for(20), receipts.append))
        await asyncio.to_thread(sink.wait_for, 4)  # two answered, two whose answer is late
        await sender.close()
        await task

    with Sink(faults=[Fault("dot", delay=1, skip=2)]) as sink:
        asyncio.run(run(sink))
    assert sorted(receipt.key for receipt in receipts) == list(range(20))
    found = Counter(receipt.verdict for receipt in receipts)
    assert found["sent"] == 2
    assert found["in_doubt"] == 2
    assert found["deferred"] == 16


def test_a_message_that_would_not_end_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="does not end with CRLF"):
        copy_for(1, parts=(b"Subject: x\r\n\r\n", b"no line end"))


def test_a_sender_without_connections_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Sender(Smarthost("localhost", 25), 0)


# The accounting, whatever happens.

blows = st.sampled_from([refuse, defer, shut_down, cut])
faults = st.builds(
    lambda blow, key, times, skip: blow[0](blow[1], "*" if key is None else f"*{key}@*", times=times, skip=skip),
    st.tuples(blows, st.sampled_from(["mail", "rcpt", "data", "body", "dot"]))
    | st.tuples(st.sampled_from([shut_down, cut]), st.just("done")),
    st.none() | st.integers(0, 9),
    st.none() | st.integers(1, 3),
    st.integers(0, 6),
)
doors = st.builds(
    lambda make, stage, times, skip: make(stage, times=times, skip=skip),
    blows,
    st.sampled_from(["banner", "ehlo"]),
    st.integers(1, 3),
    st.integers(0, 3),
)


@settings(max_examples=150, deadline=None)
@given(
    script=st.lists(faults | doors, max_size=5),
    count=st.integers(1, 25),
    connections=st.integers(1, 4),
    pipelining=st.booleans(),
    chunk=st.none() | st.integers(1, 9),
)
def test_every_copy_gets_one_receipt_and_the_receipt_is_true(
    script: Sequence[Fault], count: int, connections: int, pipelining: bool, chunk: int | None
) -> None:
    copies = copies_for(count)
    with Sink(faults=script, pipelining=pipelining, chunk=chunk) as sink:
        found = verdicts(sink, copies, connections)
        messages = sink.messages
    assert sorted(found) == list(range(count))
    times = Counter(message.recipients for message in messages)
    for copy in copies:
        arrivals = times[(copy.recipient,)]
        if found[copy.key] == "sent":
            assert arrivals == 1
        elif found[copy.key] == "in_doubt":
            assert arrivals <= 1
        else:
            assert arrivals == 0
    by_recipient = {copy.recipient: content_of(copy) for copy in copies}
    assert all([message.content] == [by_recipient[who] for who in message.recipients] for message in messages)


# Dots and line ends.


@given(st.text("ab.\r\n", max_size=40).map(str.encode))
def test_dot_stuffing_leaves_nothing_that_ends_the_message_early(message: bytes) -> None:
    stuffed = dot_stuff(message)
    assert stuffed.endswith(b"\r\n")
    assert not re.search(rb"[\r\n]", stuffed.replace(b"\r\n", b""))
    lines = stuffed.split(b"\r\n")[:-1]
    assert all(line.startswith(b"..") for line in lines if line.startswith(b"."))
    unstuffed = [line.removeprefix(b".") for line in lines]
    plain = re.split(rb"\r\n|\r|\n", message)
    assert unstuffed == (plain[:-1] if plain[-1] == b"" and len(plain) > 1 else plain)


@given(st.binary(max_size=300))
@settings(max_examples=25, deadline=None)
def test_what_was_stuffed_arrives_as_it_was(body: bytes) -> None:
    copy = copy_for(0, parts=(b"Subject: x\r\n\r\n", dot_stuff(body)), eight_bit=True)
    with Sink() as sink:
        assert verdicts(sink, [copy]) == {0: "sent"}
        content = sink.messages[0].content
    lines = re.split(rb"\r\n|\r|\n", body)
    expected = b"\r\n".join(lines)
    assert content == b"Subject: x\r\n\r\n" + (expected if expected.endswith(b"\r\n") else expected + b"\r\n")
