"""Messages as octets, where the standard library's own are not what mail programs expect."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest

from mailgateway.octets import POLICY, message_octets


@pytest.mark.parametrize("subject", ["Short", f"Re: {'heart failure ' * 5}clinic", "x" * 90, "Ärztliche Frage " * 9])
def test_a_subject_begins_on_its_own_line_however_long_it_is(subject: str) -> None:
    message = EmailMessage(policy=POLICY)
    message["To"], message["Subject"], message["Date"] = "ann@example.org", subject, "Mon, 23 Nov 2026 08:00:00 +0000"
    message.set_content("Hello.\n\nSubject:\n below", cte="quoted-printable")
    octets = message_octets(message)
    assert b"\r\nSubject: " in octets
    read = message_from_bytes(octets, policy=default)
    assert read["Subject"].strip() == subject.strip()
    assert read.get_content().split() == ["Hello.", "Subject:", "below"]
