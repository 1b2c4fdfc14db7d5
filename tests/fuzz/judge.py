"""What must hold of any octets at all: a value comes back, it can be stored and shown, and it did not take long."""

import json
import re
import time
from dataclasses import dataclass

from forum.groups.models import Assurance
from mailgateway import parse as parsing
from mailgateway.authenticate import DnsTroubleError, authenticate
from mailgateway.parse import ParsedMail, as_json

AUTHSERV_ID = "mx.example.net"
# Of processor time, since other programs may be at work.
LONGEST = 2.0
_ACTIVE = re.compile(
    r"<\s*(?:script|style|iframe|object|svg|form|meta)\b|<[^>]*\son\w+\s*=|<[^>]*javascript:", re.IGNORECASE
)


class Fault(Exception):
    """Something that must not happen, in words."""


@dataclass(frozen=True)
class Seen:
    """What became of a mail that is fit to go on."""

    parsed: ParsedMail
    seconds: float


def look_at(raw: bytes) -> Seen:
    """Read a mail and judge its author, without the net that intake has below; Fault in words."""
    began = time.process_time()
    # `parse` turns what it cannot read into "broken"; here the error itself is wanted.
    parsed = parsing._parse(raw)
    seconds = time.process_time() - began
    _can_be_stored(parsed)
    if _ACTIVE.search(parsed.html):
        raise Fault(f"something active is left in the page: {parsed.html[:500]!r}")
    for authserv_id in (AUTHSERV_ID, ""):
        known = authenticate(parsed, raw, authserv_id, _dns)
        if known.assurance not in Assurance:
            raise Fault(f"no assurance: {known}")
    seconds = max(seconds, time.process_time() - began)
    if seconds > LONGEST:
        raise Fault(f"it took {seconds:.1f} s")
    return Seen(parsed, seconds)


def _can_be_stored(parsed: ParsedMail) -> None:
    shown = json.dumps(as_json(parsed, "a.eml", "claimed"), ensure_ascii=False)
    try:
        shown.encode()
    except UnicodeEncodeError as error:
        raise Fault(f"a half character is left: {error}") from error
    for name in (
        "text",
        "folded",
        "html",
        "subject",
        "from_address",
        "from_name",
        "message_id",
        "in_reply_to",
        "reason",
    ):
        if "\0" in getattr(parsed, name):
            raise Fault(f"a null is left in {name}")
    if parsed.kind == "post" and not (parsed.text or parsed.attachments):
        raise Fault("a post without words and files")
    if parsed.date is not None and parsed.date.tzinfo is None:
        raise Fault("a date without a zone")


def _dns(name: str) -> bytes | None:
    """No record, a broken one, or trouble, by the name."""
    match len(name) % 3:
        case 0:
            return None
        case 1:
            return b"v=DKIM1; k=rsa; p=AAAA\xff"
        case _:
            raise DnsTroubleError("nobody answers")
