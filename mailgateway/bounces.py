"""Read delivery reports: which addresses failed, and whether for good, for now, or for a matter of policy.

Only a truly dead address may count against a member (LISTSERV.md, L54): policy and spam refusals that were counted
as dead have cost other lists whole domains of innocent members. Pure: it decides nothing about members.
"""

import logging
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from email import message_from_bytes
from typing import Literal

from flufl.bounce import all_failures

from mailgateway.bounce_signs import start_of_copy
from mailgateway.bounce_words import ENHANCED, Cause, read_cause
from mailgateway.charsets import decode_bytes
from mailgateway.headers import Headers, read_addresses

# It writes down what each of its detectors stumbles over, thousands of lines for one hostile mail.
logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)

Klass = Literal["dead", "full", "policy", "transient", "unknown"]

MAX_REPORTS = 200
_MAX_FLUFL = 262_144
_MAX_TEXT = 65_536
_MAX_WORDS = 4_000
# Of each of many addresses: what servers say is shorter, and looking for its meaning takes time.
_MAX_REASON = 1_000
_MAX_TOLD = 10

_ADDRESS = re.compile(r"[A-Za-z0-9_.+=#~/!%&'*-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")
_ALONE = re.compile(
    r"^[\s>*|-]*[<(\"']?("
    + _ADDRESS.pattern
    + r")[>)\"']?(?:\s*(?:[:;,([-].*|\.{3}.*)?| on [A-Z][a-z]{2}, .*| .{0,9}invalid .*)$"
)
_IN_A_SENTENCE = re.compile(
    r"\b(?:(?:deliver\w*|mail|message|undeliverable|rcpt|addressed|sent) (?:[\w' ]{0,30} )?to|recipients?"
    r"|address(?:es)?|errors?"
    r"|user)\b[\s:\"'(<]{1,4}(" + _ADDRESS.pattern + r")",
    re.IGNORECASE,
)
_COPIED_TO = re.compile(rb"^[ >]*To:[ \t]*([^\n]{3,300})", re.IGNORECASE | re.MULTILINE)
_ROUTED = re.compile(r"^(?:@[^:@]+:)+")

_DELAY_SUBJECT = re.compile(r"\b(?:delayed|delay|warning|deferred|verzögert|retard|retraso)\b", re.IGNORECASE)
_OWN_SUBJECT = re.compile(
    r"^.{0,40}\b(?:subject|betreff|objet|asunto|oggetto|assunto)\s*:.*$", re.IGNORECASE | re.MULTILINE
)


@dataclass(frozen=True)
class BounceReport:
    """One failed address: `status` is the enhanced code (RFC 3463) or "", `cause` what it means for the member."""

    address: str
    status: str
    cause: Cause

    @property
    def klass(self) -> Klass:
        """The cause in the words of `mail parse`, where DMARC is a matter of policy."""
        return "policy" if self.cause == "dmarc" else self.cause


def read_rejection(headers: Headers, content: str, told: str) -> list[BounceReport]:
    """What a mailbox's own rule refused, reported like a receipt (RFC 5429); nothing when it is a receipt."""
    refused = "rejected" in headers.first("auto-submitted").lower()
    if not refused and not headers.text("subject").lower().startswith(("rejected:", "automatically rejected")):
        return []
    address = _recipient(_read_fields(content))
    cause = _read_told("", address, told[:_MAX_TEXT])
    return [BounceReport(address, "", "policy" if cause == "unknown" else cause)]


def read_delivery_status(content: str, told: str) -> list[BounceReport]:
    """The recipients of a message/delivery-status part (RFC 3464) that were not delivered.

    `told` is what the report says to people; it counts where the fields themselves say nothing.
    """
    reports: list[BounceReport] = []
    for block in re.split(r"\n[ \t]*\n", content):
        fields = _read_fields(block)
        if not fields.keys() & {"final-recipient", "original-recipient"}:
            continue
        action = fields.get("action", "").split("(")[0].strip().lower()
        if action in ("delivered", "relayed", "expanded"):
            continue
        address = _recipient(fields)
        diagnostic = fields.get("diagnostic-code", "")[:_MAX_REASON]
        status = _choose_status(fields.get("status", ""), diagnostic)
        if action == "delayed":
            cause: Cause = "full" if read_cause("4.0.0", diagnostic) == "full" else "transient"
        else:
            cause = read_cause(status, diagnostic)
            if cause == "unknown" and address and len(reports) < _MAX_TOLD:
                cause = _read_told(status, address, told[:_MAX_TEXT])
        reports.append(BounceReport(address, status, cause))
        if len(reports) == MAX_REPORTS:
            break
    return reports


def _read_fields(block: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    name = ""
    for line in block.split("\n"):
        if line[:1] in " \t" and name:
            fields[name] += " " + line.strip()
        elif ":" in line:
            name, _, value = line.partition(":")
            name = name.strip().lower()
            fields.setdefault(name, value.strip())
    return fields


def _recipient(fields: dict[str, str]) -> str:
    """The address we sent to, if the report knows it, else the one that failed in the end."""
    for name in ("original-recipient", "final-recipient"):
        value = fields.get(name, "")
        value = value.split(";", 1)[1] if ";" in value else value
        value = _ROUTED.sub("", value.strip().strip("<>").strip())
        found = read_addresses(value)
        if found:
            return found[0].address
    return ""


def _choose_status(status: str, diagnostic: str) -> str:
    """The most telling enhanced code: servers' own words are often more exact than the report's field."""
    declared = ENHANCED.search(status)
    spoken = ENHANCED.search(diagnostic)
    if declared and (declared[2] != "0" or spoken is None) and declared[3] != "0":
        return declared.group()
    if spoken and (spoken[2] != "0" or spoken[3] != "0"):
        return spoken.group()
    return declared.group() if declared else spoken.group() if spoken else ""


def read_reply(code: int, reply: str) -> BounceReport:
    """What a server's refusal at once says (RFC 5321): the same as if it had come as a report."""
    words = f"{code} {reply}"[:_MAX_WORDS]
    status = _choose_status("", words)
    return BounceReport("", status, read_cause(status, words))


def read_text_report(headers: Headers, text: str, raw: bytes) -> list[BounceReport]:
    """The failed addresses of a report that is written for people only (Exim, qmail, Exchange and others)."""
    report = text[: start_of_copy(text)][:_MAX_TEXT]
    addresses = [found.address for found in headers.addresses("x-failed-recipients")]
    temporary = bool(_DELAY_SUBJECT.search(headers.text("subject"))) and not re.search(
        r"permanent|has failed|giving up|no such user|user unknown", report, re.IGNORECASE
    )
    found_temporary: set[str] = set()
    if not addresses:
        own = {found.address.lower() for name in ("from", "to") for found in headers.addresses(name)}
        returned = raw[:_MAX_FLUFL].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        found_temporary, found_permanent = _ask_flufl(returned)
        addresses = sorted(found_permanent | found_temporary)
        addresses = [each for each in addresses if each.lower() not in own] or addresses
        addresses = addresses or _listed_addresses(report, own) or _addressed_copy(returned, own)
    reports: list[BounceReport] = []
    for address in list(dict.fromkeys(addresses))[:MAX_REPORTS]:
        diagnostic = _words_on(address, report)
        status = _choose_status("", diagnostic)
        cause = read_cause("4.0.0" if temporary else status, diagnostic)
        if cause == "unknown" and not temporary:
            cause = _read_told(status, address, report) if len(addresses) == 1 else _read_preface(report, addresses)
        if cause == "unknown" and address in found_temporary:
            cause = "transient"
        reports.append(BounceReport(address, status, cause))
    return reports


def _listed_addresses(report: str, own: Collection[str]) -> list[str]:
    """Addresses that stand alone at the beginning of a line, as reports list them, or else that a sentence names."""
    lines = [line[:400] for line in report.split("\n")[:400]]
    for shape in (_ALONE, _IN_A_SENTENCE):
        found = [match[1] for line in lines if (match := shape.search(line)) and match[1].lower() not in own]
        if found:
            return found
    return []


def _addressed_copy(report: bytes, own: Collection[str]) -> list[str]:
    """Whom the returned message went to, if to one address only: some reports name nobody else."""
    copied = _COPIED_TO.search(report, max(report.find(b"\n\n"), 0))
    found = read_addresses(decode_bytes(copied[1], "")) if copied else []
    return [each.address for each in found if len(found) == 1 and each.address.lower() not in own]


def _read_told(status: str, address: str, told: str) -> Cause:
    """What a report says of its only address, wherever it says so; what it repeats of our own subject says nothing."""
    cause = read_cause(status, _words_on(address, told))
    return cause if cause != "unknown" else read_cause(status, _OWN_SUBJECT.sub("", told)[:_MAX_WORDS])


def _read_preface(report: str, addresses: Sequence[str]) -> Cause:
    """What a report says of several addresses before it names the first; never that all of them are dead."""
    found = [at for address in addresses if (at := report.lower().find(address.lower())) >= 0]
    cause = read_cause("", report[: min(found)][:_MAX_WORDS]) if found else "unknown"
    return "unknown" if cause == "dead" else cause


def _words_on(address: str, report: str) -> str:
    """What the report says of one address: from where it is named to where the next one is."""
    at = report.lower().find(address.lower())
    if at < 0:
        return report[:_MAX_WORDS]
    rest = report[at : at + _MAX_REASON]
    for match in _ADDRESS.finditer(rest, len(address)):
        line_start = rest.rfind("\n", 0, match.start()) + 1
        if match.group().lower() != address.lower() and not rest[line_start : match.start()].strip(" <\"'"):
            return rest[: match.start()]
    return rest


def _ask_flufl(raw: bytes) -> tuple[set[str], set[str]]:
    """Temporary and permanent failures as flufl.bounce knows them from the oddities of old mail systems."""
    message = message_from_bytes(raw)
    sender = str(message.get("from", ""))
    if not sender or not sender.isascii():
        del message["from"]
        message["From"] = "MAILER-DAEMON"
    try:
        temporary, permanent = all_failures(message)
    except Exception:
        return set(), set()
    return _as_addresses(temporary), _as_addresses(permanent)


def _as_addresses(found: object) -> set[str]:
    values = found if isinstance(found, (set, frozenset)) else ()
    texts = (decode_bytes(value, "") if isinstance(value, bytes) else str(value) for value in values)
    return {text.strip() for text in texts if "@" in text}
