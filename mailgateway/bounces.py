"""Read delivery reports: which addresses failed, and whether for good, for now, or for a matter of policy.

Only a truly dead address may count against a member (LISTSERV.md, L54): policy and spam refusals that were counted
as dead have cost other lists whole domains of innocent members. Pure: it decides nothing about members.
"""

import re
from dataclasses import dataclass
from email import message_from_bytes
from typing import Literal

from flufl.bounce import all_failures

from mailgateway.charsets import decode_bytes
from mailgateway.headers import Headers, read_addresses

Klass = Literal["dead", "full", "policy", "transient", "unknown"]

MAX_REPORTS = 200
_MAX_FLUFL = 262_144
_MAX_TEXT = 65_536

_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_SMTP_CODE = re.compile(r"(?<![\d.])([45]\d\d)(?=[\s:;-])")
_ADDRESS = re.compile(r"[A-Za-z0-9_.+=#~/!%&'*-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")
_ROUTED = re.compile(r"^(?:@[^:@]+:)+")

# What the words of a server mean. They say more than the codes: many send 5.0.0 or a wrong code with them.
_POLICY = re.compile(
    r"spam|\bube\b|unsolicited|\bbulk\b|black[- ]?list|block[- ]?list|deny ?list|\blisted (?:by|in|at|on)\b"
    r"|\bdnsbl\b|\brbl\b|spamhaus"
    r"|barracuda|\bblocked\b|reputation|\bdmarc\b|\bdkim\b|\bspf\b|sender policy|not authenticated"
    r"|unauthenticated|policy"
    r"|content (?:rejected|refused|denied)|message (?:content )?(?:rejected|refused)|message not accepted|virus"
    r"|malware|phish"
    r"|not authori[sz]ed|not allowed|relay(?:ing)? (?:access )?(?:denied|not permitted)|unable to relay"
    r"|access (?:from .{1,40})?denied"
    r"|suspicious|too (?:large|big)|message size|exceeds? .{0,20}size|attachment|only accepts|restricted"
    r"|sender (?:address )?(?:rejected|denied|blocked)"
    r"|ptr record|reverse dns|banned|rate limit",
    re.IGNORECASE,
)
_FULL = re.compile(
    r"quota|(?:mailbox|inbox|account|mail box|user|casilla|buzón).{0,20}(?:is |was |está )?(?:full|llena)"
    r"|full mailbox|mailbox lleno"
    r"|out of (?:storage|disk|space)|insufficient (?:disk|system )?(?:storage|space)|storage (?:limit"
    r"|allocation)|no space left"
    r"|over ?quota|exceed(?:s|ed)? (?:its |the |their )?(?:storage|mailbox|disk)|boîte .{0,30}pleine"
    r"|postfach .{0,20}voll|переполнен",
    re.IGNORECASE,
)
_DEAD = re.compile(
    r"(?:user|recipient|mailbox|address|account|addressee|member|inbox)s? (?:\S+ )?(?:is |was |are )?(?:unknown"
    r"|not known|not found|invalid|not exist"
    r"|disabled|inactive|closed|deleted|suspended|expired|unavailable|does(?: not|n['’]t) exist|no longer)"
    r"|(?:unknown|invalid|bad|no such|non-?existent|inactive|undeliverable|nonexistent) (?:local )?(?:user"
    r"|recipient|mailbox|address|account|part|person)"
    r"|(?:does(?: not|n['’]t)|did not|doesn t) (?:exist|have an? (?:\S+ )?account|have a mailbox)"
    r"|no mailbox here|not a valid (?:mailbox|user|recipient|address)"
    r"|not our customer|no account|recipient address rejected: user|user not (?:found|known|listed)"
    r"|unrout(?:e)?able address|unrouteable mail domain"
    r"|(?:host|domain|name)(?: or domain name)? not found|domain (?:does not exist|not exist)|nxdomain|null mx"
    r"|access denied\. as\(201806281\)"
    r"|account (?:has been |that you tried to reach )?(?:is )?(?:disabled|discontinued|closed|does not exist)"
    r"|disabled or discontinued|no longer (?:valid|available|active|on server|with|works|in use|accept)"
    r"|recipientnotfound|resolver\.adr|not listed in|delivery to this user is|address (?:does not"
    r"|couldn['’]t be found)"
    r"|no existe|desconocid|ha expirado|inconnu|n['’]existe pas|unbekannt|existiert nicht|не найден"
    r"|не существует|sconosciut|inesistente|desconhecid|não existe",
    re.IGNORECASE,
)
_TRANSIENT = re.compile(
    r"delayed|will (?:be )?retr|not yet been delivered|temporar|try again|greylist|grey-list|timed? ?out"
    r"|connection (?:refused|lost|reset)"
    r"|delivery time expired|retry time(?:out)?|deferred|could not connect|no route to host|unreachable",
    re.IGNORECASE,
)
_DELAY_SUBJECT = re.compile(r"\b(?:delayed|delay|warning|deferred|verzögert|retard|retraso)\b", re.IGNORECASE)
_SUBJECT = re.compile(
    r"\s*(?:undeliver(?:able|ed)|un?delivered mail|mail (?:delivery|system error)|delivery (?:status|has failed"
    r"|failure|notification|report|problem|incomplete|delayed)"
    r"|(?:mail )?delivery (?:failed|failure)|returned mail|failure notice|mail failure|message (?:delivery"
    r"|undeliverable|you sent blocked)|\**message you sent blocked"
    r"|non[- ]?delivery|non remis|undelivered|warning: (?:message|could not send)|rejected:|unzustellbar"
    r"|nicht zugestellt|zustellung|unzustellbare"
    r"|échec|courriel non|message non distribu|no se (?:puede|pudo|ha podido) entregar|no entregado"
    r"|mensaje no entregado|mancata (?:consegna|recapito)"
    r"|non recapitabile|não (?:é )?entreg|onbestelbaar|niet bezorgd|kan ikke leveres|kunne ikke leveres"
    r"|olevererbart|ikke levert|kunde inte levereras"
    r"|kan inte levereras|toimitus epäonnistui|nie dostarczono|niedostarczon|не удалось доставить|недоставленн"
    r"|ваше сообщение не доставлено|не доставлено"
    r"|nedoručiteln|kézbesíthetetlen|teslim edilemedi|退信|配信不能|未送达|undeliverable mail)",
    re.IGNORECASE,
)
_DAEMON = re.compile(r"^(?:mailer-daemon|mail-daemon|maildaemon|mailerdaemon|double-bounce)$", re.IGNORECASE)
_POSTMASTER = re.compile(
    r"^(?:postmaster|microsoftexchange[0-9a-f]+|mail[._-]?delivery|bounces?|no-?reply)$", re.IGNORECASE
)
# Where the report ends and the copy of the returned message begins.
_COPY = re.compile(
    r"^(?:-{2,} ?(?:this is a copy|below this line is a copy|original message|the body of the message"
    r"|returned message|included is a copy|message original|mensaje original)"
    r"|--- the forwarded message follows|return-path: <[^>]|received: (?:from|by|\()).*",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True)
class BounceReport:
    """One failed address: `status` is the enhanced code (RFC 3463) or "", `klass` what it means for the member."""

    address: str
    status: str
    klass: Klass


def looks_like_bounce(headers: Headers) -> bool:
    """Whether the outside of a mail says that a mail system wrote it to report a failure."""
    sender = headers.addresses("from")
    local = sender[0].address.rpartition("@")[0] if sender else headers.first("from").strip(" <>").lower()
    if "x-failed-recipients" in headers or _DAEMON.match(local):
        return True
    is_null = any(value.strip() in ("<>", "") for value in headers.raw("return-path"))
    has_subject = bool(_SUBJECT.match(headers.text("subject")))
    return has_subject and (is_null or bool(_POSTMASTER.match(local)))


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
        diagnostic = fields.get("diagnostic-code", "")
        status = _choose_status(fields.get("status", ""), diagnostic)
        if action == "delayed":
            klass: Klass = "full" if _FULL.search(diagnostic) else "transient"
        else:
            klass = classify(status, diagnostic)
            if klass == "unknown" and address:
                klass = classify(status, _words_on(address, told[:_MAX_TEXT]))
        reports.append(BounceReport(address, status, klass))
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
    declared = _ENHANCED.search(status)
    spoken = _ENHANCED.search(diagnostic)
    if declared and (declared[2] != "0" or spoken is None) and declared[3] != "0":
        return declared.group()
    if spoken and (spoken[2] != "0" or spoken[3] != "0"):
        return spoken.group()
    return declared.group() if declared else spoken.group() if spoken else ""


def classify(status: str, diagnostic: str) -> Klass:
    """What an enhanced code and a server's words mean, in doubt not "dead"."""
    match = _ENHANCED.fullmatch(status)
    code = (match[1], int(match[2]), int(match[3])) if match else ("", -1, -1)
    says_dead = bool(_DEAD.search(diagnostic))
    says_full = bool(_FULL.search(diagnostic))
    if "AS(201806281)" in diagnostic:
        # Exchange Online says "access denied" with this number where it knows no such mailbox.
        return "dead"
    if code[1:] == (2, 2) and not says_dead:
        return "full"
    smtp = _SMTP_CODE.search(diagnostic)
    is_final = code[0] == "5" or (code[0] == "" and (smtp is None or smtp[1][0] == "5"))
    if not is_final:
        return "full" if says_full else "transient"
    if says_dead and says_full:
        return "full" if code[1:] == (2, 2) else "unknown"
    if says_full:
        return "full"
    says_policy = bool(_POLICY.search(diagnostic))
    if says_dead and not (says_policy and code[1] == 7 and not _is_plainly_dead(diagnostic)):
        return "policy" if says_policy and not _is_plainly_dead(diagnostic) else "dead"
    if says_policy:
        return "policy"
    if code[1:] in {(1, 1), (1, 2), (1, 3), (1, 6), (1, 10), (2, 1), (4, 4)}:
        return "dead"
    if code[1] in (6, 7) or code[1:] in {(1, 7), (1, 8), (1, 9), (2, 3), (3, 4)}:
        return "policy"
    if code[1:] in {(4, 1), (4, 2), (4, 7), (3, 1), (3, 2)} or (_TRANSIENT.search(diagnostic) and code[1] in (-1, 4)):
        return "transient"
    return "unknown"


def _is_plainly_dead(diagnostic: str) -> bool:
    """A mailbox that does not exist is dead, whatever else the server says."""
    return bool(
        re.search(
            r"no such user|(?:user|recipient|mailbox|account) (?:\S+ )?(?:is )?(?:unknown|not found|does(?: not"
            r"|n['’]t) exist)"
            r"|unknown (?:user|recipient)|invalid (?:mailbox|recipient)|user doesn",
            diagnostic,
            re.IGNORECASE,
        )
    )


def read_text_report(headers: Headers, text: str, raw: bytes) -> list[BounceReport]:
    """The failed addresses of a report that is written for people only (Exim, qmail, Exchange and others)."""
    copy = _COPY.search(text)
    report = text[: copy.start() if copy else _MAX_TEXT][:_MAX_TEXT]
    addresses = [found.address for found in headers.addresses("x-failed-recipients")]
    temporary = bool(_DELAY_SUBJECT.search(headers.text("subject"))) and not re.search(
        r"permanent|has failed|giving up", report, re.IGNORECASE
    )
    if not addresses:
        found_temporary, found_permanent = _ask_flufl(raw)
        addresses = sorted(found_permanent | found_temporary)
        temporary = temporary or bool(found_temporary and not found_permanent)
    if not addresses:
        addresses = _listed_addresses(report, headers)
    reports: list[BounceReport] = []
    for address in list(dict.fromkeys(addresses))[:MAX_REPORTS]:
        diagnostic = _words_on(address, report)
        status = _choose_status("", diagnostic)
        klass: Klass = "transient" if temporary else classify(status, diagnostic)
        reports.append(BounceReport(address, status, klass))
    return reports


def _listed_addresses(report: str, headers: Headers) -> list[str]:
    """Addresses that stand alone at the beginning of a line, as reports list them."""
    own = {found.address for name in ("from", "to") for found in headers.addresses(name)}
    found: list[str] = []
    for line in report.split("\n")[:400]:
        match = re.match(r"\s*[<(]?(" + _ADDRESS.pattern + r")[>)]?\s*(?:[:;,(-].*)?$", line[:400])
        if match and match[1] not in own:
            found.append(match[1])
    return found


def _words_on(address: str, report: str) -> str:
    """What the report says of one address: from where it is named to where the next one is."""
    at = report.lower().find(address.lower())
    if at < 0:
        return report[:4_000]
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
