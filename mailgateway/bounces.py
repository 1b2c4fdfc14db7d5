"""Read delivery reports: which addresses failed, and whether for good, for now, or for a matter of policy.

Only a truly dead address may count against a member (LISTSERV.md, L54): policy and spam refusals that were counted
as dead have cost other lists whole domains of innocent members. Pure: it decides nothing about members.
"""

import re
from dataclasses import dataclass
from email import message_from_bytes
from typing import Literal

from flufl.bounce import all_failures

from mailgateway.bounce_words import ENHANCED, Cause, read_cause
from mailgateway.charsets import decode_bytes
from mailgateway.headers import Headers, read_addresses

Klass = Literal["dead", "full", "policy", "transient", "unknown"]

MAX_REPORTS = 200
_MAX_FLUFL = 262_144
_MAX_TEXT = 65_536
_MAX_WORDS = 4_000

_ADDRESS = re.compile(r"[A-Za-z0-9_.+=#~/!%&'*-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")
_ROUTED = re.compile(r"^(?:@[^:@]+:)+")

_DELAY_SUBJECT = re.compile(r"\b(?:delayed|delay|warning|deferred|verzögert|retard|retraso)\b", re.IGNORECASE)
_SUBJECT = re.compile(
    r"\s*(?:\[postmaster\]\s*)?(?:e?-?mail (?:delivery fail|could not be delivered)|undeliver(?:able|ed)"
    r"|un?delivered mail|mail (?:delivery|system error)|delivery (?:status|has failed"
    r"|failure|notification|report|problem|incomplete|delayed)"
    r"|(?:mail )?delivery (?:failed|failure)|returned mail|failure notice|mail failure|message (?:delivery"
    r"|undeliverable|you sent blocked)|\**message you sent blocked"
    r"|non[- ]?delivery|non remis|undelivered|warning: (?:message|could not send)|rejected:|unzustellbar"
    r"|nicht zugestellt|zustellung|unzustellbare"
    r"|échec|courriel non|message non distribu|no se (?:puede|pudo|ha podido) entregar|no entregado"
    r"|mensaje no entregado|mancata (?:consegna|recapito)"
    r"|non recapitabile|não (?:é )?entreg|onbestelbaar|niet bezorgd|kan ikke leveres|kunne ikke leveres"
    r"|olevererbart|ikke levert|kunde inte levereras"
    r"|kan (?:inte|ikke) lever|não foi possível entregar|impossibile (?:consegnare|recapitare)"
    r"|toimitus epäonnistui|nie dostarczono|niedostarczon|не удалось доставить|недоставленн"
    r"|ваше сообщение не доставлено|не доставлено"
    r"|nedoručiteln|kézbesíthetetlen|teslim edilemedi|(?:系统|邮件)?退信|配信不能|未送达|undeliverable mail)",
    re.IGNORECASE,
)
_OWN_SUBJECT = re.compile(
    r"^.{0,40}\b(?:subject|betreff|objet|asunto|oggetto|assunto)\s*:.*$", re.IGNORECASE | re.MULTILINE
)
_DAEMON = re.compile(r"^(?:mailer-daemon|mail-daemon|maildaemon|mailerdaemon|double-bounce)$", re.IGNORECASE)
_POSTMASTER = re.compile(
    r"^(?:postmaster|microsoftexchange[0-9a-f]+|mail[._-]?delivery(?:[._-](?:sub)?system)?|mdaemon|ndr)$", re.IGNORECASE
)
_SYSTEM = re.compile(r"(?:mail delivery (?:sub)?system|system administrator|mail administrator)$", re.IGNORECASE)
_NOBODY = re.compile(r"^(?:bounces?|no-?reply)$", re.IGNORECASE)
# Where the report ends and the copy of the returned message begins.
_COPY = re.compile(
    r"^(?:-{2,} ?(?:this is a copy|below this line is a copy|original message|the body of the message"
    r"|returned message|included is a copy|message original|mensaje original)"
    r"|--- the forwarded message follows|return-path: <[^>]|received: (?:from|by|\()).*",
    re.IGNORECASE | re.MULTILINE,
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


def looks_like_bounce(headers: Headers) -> bool:
    """Whether the outside of a mail says that a mail system wrote it to report a failure."""
    sender = headers.addresses("from")
    local = sender[0].address.rpartition("@")[0] if sender else headers.first("from").strip(" <>").lower()
    if "x-failed-recipients" in headers or _DAEMON.match(local):
        return True
    is_null = any(value.strip() in ("<>", "") for value in headers.raw("return-path"))
    name = sender[0].name if sender else ""
    is_postmaster = bool(_POSTMASTER.match(local) or _SYSTEM.match(name))
    if is_null and is_postmaster:
        return True
    is_nobody = bool(_NOBODY.match(local)) and "auto-submitted" in headers
    return bool(_SUBJECT.match(headers.text("subject"))) and (is_null or is_postmaster or is_nobody)


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
        diagnostic = fields.get("diagnostic-code", "")[:_MAX_WORDS]
        status = _choose_status(fields.get("status", ""), diagnostic)
        if action == "delayed":
            cause: Cause = "full" if read_cause("4.0.0", diagnostic) == "full" else "transient"
        else:
            cause = read_cause(status, diagnostic)
            if cause == "unknown" and address:
                cause = _read_told(status, address, told[:_MAX_TEXT])
        reports.append(BounceReport(address, status, cause))
    return reports[:MAX_REPORTS]


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
    copy = _COPY.search(text)
    report = text[: copy.start() if copy else _MAX_TEXT][:_MAX_TEXT]
    addresses = [found.address for found in headers.addresses("x-failed-recipients")]
    temporary = bool(_DELAY_SUBJECT.search(headers.text("subject"))) and not re.search(
        r"permanent|has failed|giving up", report, re.IGNORECASE
    )
    found_temporary: set[str] = set()
    if not addresses:
        found_temporary, found_permanent = _ask_flufl(raw)
        addresses = sorted(found_permanent | found_temporary)
    if not addresses:
        addresses = _listed_addresses(report, headers)
    reports: list[BounceReport] = []
    for address in list(dict.fromkeys(addresses))[:MAX_REPORTS]:
        diagnostic = _words_on(address, report)
        status = _choose_status("", diagnostic)
        cause = read_cause("4.0.0" if temporary else status, diagnostic)
        if cause == "unknown" and not temporary and len(addresses) == 1:
            cause = _read_told(status, address, report)
        if cause == "unknown" and address in found_temporary:
            cause = "transient"
        reports.append(BounceReport(address, status, cause))
    return reports


def _listed_addresses(report: str, headers: Headers) -> list[str]:
    """Addresses that stand alone at the beginning of a line, as reports list them."""
    own = {found.address for name in ("from", "to") for found in headers.addresses(name)}
    found: list[str] = []
    for line in report.split("\n")[:400]:
        match = re.match(r"[\s-]*[<(\"']?(" + _ADDRESS.pattern + r")[>)\"']?\s*(?:[:;,(-].*)?$", line[:400])
        if match and match[1] not in own:
            found.append(match[1])
    return found


def _read_told(status: str, address: str, told: str) -> Cause:
    """What a report says of its only address, wherever it says so; what it repeats of our own subject says nothing."""
    cause = read_cause(status, _words_on(address, told))
    return cause if cause != "unknown" else read_cause(status, _OWN_SUBJECT.sub("", told)[:_MAX_WORDS])


def _words_on(address: str, report: str) -> str:
    """What the report says of one address: from where it is named to where the next one is."""
    at = report.lower().find(address.lower())
    if at < 0:
        return report[:_MAX_WORDS]
    rest = report[at : at + 2_000]
    for match in _ADDRESS.finditer(rest, len(address)):
        line_start = rest.rfind("\n", 0, match.start()) + 1
        if match.group().lower() != address.lower() and not rest[line_start : match.start()].strip(" <"):
            return rest[: match.start()]
    return rest


def _ask_flufl(raw: bytes) -> tuple[set[str], set[str]]:
    """Temporary and permanent failures as flufl.bounce knows them from the oddities of old mail systems."""
    message = message_from_bytes(raw[:_MAX_FLUFL])
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
