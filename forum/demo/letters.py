"""Writes a mail as a persona's mail program would, and hands it in at the real LMTP door.

Knows nothing of what becomes of it there: the gateway judges it like every other mail.
"""

import re
import smtplib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid

from forum.accounts.emails import BadAddress, address_key
from forum.demo.mailboxes import Mail
from forum.settings import split_host_port
from forum.text.lines import one_line

PATIENCE_SECONDS = 10.0
_POLICY = SMTP.clone(cte_type="7bit")


class NotTakenError(Exception):
    """The door did not take the mail; the sentence says why."""


@dataclass(frozen=True)
class Letter:
    """A mail on its way in. `to` are bare addresses; `references` and `in_reply_to` are as in the headers."""

    sender_name: str
    sender: str
    to: tuple[str, ...]
    subject: str
    text: str
    in_reply_to: str = ""
    references: str = ""


def recipients_in(typed: str) -> tuple[str, ...]:
    """The addresses in a To field, with or without names; BadAddress for what is none."""
    pieces = (piece.strip() for piece in re.split(r"[,;]", typed))
    found = tuple(piece.rpartition("<")[2].removesuffix(">") for piece in pieces if piece)
    if not found:
        raise BadAddress("Write whom it goes to, such as the address of a group")
    for address in found:
        address_key(address)
        if not address.isascii():
            raise BadAddress(f"{address!r} has letters that addresses here do not have")
    return tuple(dict.fromkeys(found))


def answer_to(mail: Mail, sender_name: str, sender: str, words: str) -> Letter:
    """The answer to a mail: to its Reply-To, with its ids, and with its text quoted below."""
    subject = mail.line.subject
    to = mail.headers.get("Reply-To") or mail.headers.get("From")
    ids = (mail.header("References"), mail.header("Message-ID"))
    return Letter(
        sender_name=sender_name,
        sender=sender,
        to=tuple(address.addr_spec for address in getattr(to, "addresses", ())),
        subject=subject if subject.lower().startswith("re:") else f"Re: {subject}",
        text=f"{words.strip()}\n\n{quoted(mail)}\n",
        in_reply_to=mail.header("Message-ID"),
        references=" ".join(" ".join(ids).split()),
    )


def quoted(mail: Mail) -> str:
    """The text of a mail as mail programs put it under an answer."""
    lines = (f"> {line}".rstrip() for line in mail.text.rstrip().splitlines())
    return f"On {mail.line.at:%a, %-d %b %Y at %H:%M}, {mail.header('From')} wrote:\n" + "\n".join(lines)


def written_out(letter: Letter, authserv_id: str, moment: datetime) -> bytes:
    """The octets of a letter, under the word of our own mail server that its sender is who it says.

    Without an authserv-id to speak for there is no such word, and the gateway then counts the sender as claimed.
    """
    domain = letter.sender.rpartition("@")[2]
    message = EmailMessage(policy=_POLICY)
    if authserv_id:
        message["Authentication-Results"] = f"{authserv_id}; dmarc=pass header.from={domain}"
    message["From"] = Address(one_line(letter.sender_name), addr_spec=letter.sender)
    message["To"] = tuple(Address(addr_spec=address) for address in letter.to)
    message["Subject"] = one_line(letter.subject)
    message["Date"] = format_datetime(moment)
    message["Message-ID"] = make_msgid(domain=domain)
    if letter.in_reply_to:
        message["In-Reply-To"] = letter.in_reply_to
    if letter.references:
        message["References"] = letter.references
    message.set_content(letter.text)
    return message.as_bytes()


def hand_in(octets: bytes, sender: str, recipients: Sequence[str], lmtp_listen: str) -> Mapping[str, str]:
    """Hand a mail in; what the door said of each recipient that it did not take. NotTakenError when it took none.

    The conversation is spelled out, since `smtplib` reads one answer after DATA where LMTP gives one per recipient.
    """
    try:
        with _connect(lmtp_listen) as door:
            door.ehlo_or_helo_if_needed()
            _expect(door.mail(sender))
            answers = {recipient: door.rcpt(recipient) for recipient in recipients}
            taken = [recipient for recipient, answer in answers.items() if answer[0] == 250]
            if taken:
                answers[taken[0]] = door.data(octets)
                answers.update({recipient: door.getreply() for recipient in taken[1:]})
    except (OSError, smtplib.SMTPException) as error:
        raise NotTakenError(f"The mail door at {lmtp_listen} does not answer: {error}") from error
    refused = {recipient: _sentence(answer) for recipient, answer in answers.items() if answer[0] != 250}
    if len(refused) == len(answers):
        raise NotTakenError(" ".join(f"{recipient}: {said}." for recipient, said in refused.items()))
    return refused


def _connect(lmtp_listen: str) -> smtplib.LMTP:
    if lmtp_listen.startswith("/"):
        return smtplib.LMTP(lmtp_listen, local_hostname="localhost", timeout=PATIENCE_SECONDS)
    host, port = split_host_port(lmtp_listen)
    return smtplib.LMTP(host, port, local_hostname="localhost", timeout=PATIENCE_SECONDS)


def _expect(answer: tuple[int, bytes]) -> None:
    if answer[0] != 250:
        raise NotTakenError(f"The mail door refused the sender: {_sentence(answer)}.")


def _sentence(answer: tuple[int, bytes]) -> str:
    return f"{answer[0]} {answer[1].decode('utf-8', 'replace')}".strip()
