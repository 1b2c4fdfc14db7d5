"""What a server's code and words say of an address: dead, full, a matter of policy or DMARC, or only for now.

Servers misuse codes, so their words count for more (LISTSERV.md, L54). In doubt nothing is "dead": policy refusals
that were counted as dead have cost other lists whole domains of innocent members. Pure.
"""

import re
from functools import lru_cache
from typing import Literal

Cause = Literal["dead", "full", "policy", "dmarc", "transient", "unknown"]

# Longer is no server's reason.
_MAX_WORDS = 4_000
# An enhanced code (RFC 3463), not part of a network address or a version.
ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_SMTP_CODE = re.compile(r"(?<![\d.])([45]\d\d)(?=[\s:;-])")


def _any(*patterns: str) -> re.Pattern[str]:
    # Searched in words of lower case: that is twice as fast as to ignore the case.
    return re.compile("|".join(patterns))


# Exchange Online says "access denied" with this number, or with 5.4.1, where it knows no such mailbox.
_EXCHANGE_UNKNOWN = _any(r"as\(201806281\)", r"5\.4\.1 recipient address rejected: access denied")
# The server gave up after trying, or says itself that it is only for now, whatever code stands beside it.
_FOR_NOW = _any(
    r"(?:message|delivery time) (?:has )?expired|queue\.expired|retry time|in the queue too long",
    r"unable to deliver in \d|could not be delivered (?:for|within) (?:the last )?\d+ (?:hour|day)",
    r"(?:not found|failed)[,:;]? (?:please )?try again|temporar(?:y|ily) (?!unavailable\W+user unknown)|grey-?list",
    r"receiving mail (?:too quickly|at a rate)|receive limit|(?:messages|mail) (?:they|it) can receive|throttl",
    r"servfail|lookup (?:failed|timed out)|did not accept our requests to connect|load average",
    r"(?:connection|operation|session) (?:has )?(?:timed out|was refused|refused|lost|reset|dropped)",
    r"cannot connect|could not connect|no route to host|network is unreachable|\bnot reachable"
    r"|host (?:is )?unreachable",
    r"timed out|server did not respond|not responding|(?:lookup|resolution) failure|name ?server reply"
    r"|service refused",
    r"could not find a gateway|delivery attempts will|failing for a long time|(?:has been|was) delayed",
    r"not been collected|not delivered within|could not be delivered for more than|(?:multiple|numerous) (?:retries"
    r"|attempts)",
    r"(?:connection|concurrency|thread) limit|too many (?:connections|concurrent|simultaneous|smtp|sessions|errors)"
    r"|trop de connexions",
    r"failed \d+ attempts|will (?:be )?retr(?:y|ied)|not yet been delivered",
)
_FULL = _any(
    r"quota|(?:mailbox|inbox|account|mail box|user)\b.{0,20}(?:is |was )?full|full mailbox|mailbox lleno",
    r"out of (?:storage|disk|space)|insufficient (?:disk|system )?(?:storage|space)|storage (?:limit|allocation)",
    r"no space left|space not enough|not enough (?:disk |mailbox )?space",
    r"over ?quota|exceed(?:s|ed)? (?:its |the |their )?(?:storage|mailbox|disk)",
    r"mailbox (?:size )?limit (?:is |was )?(?:exceeded|reached)|mailbox exceeded|mail ?folder (?:is |was )?full"
    r"|system full",
    r"(?:not|n['’]t) (?:have )?(?:enough|sufficient) (?:\w+ )?(?:space|storage|quota)|space (?:has been "
    r"|is )?(?:used up|full)",
    r"exceed\w* .{0,20}(?:allowed|allocated|available) (?:disk |mailbox )?(?:storage|space)|too many messages (?:on"
    r"|in)\b",
    r"mail file size exceeds|too much mail data|exhausted .{0,20}(?:storage|space)|zu ?viele mails"
    r"|compte .{0,20}plein",
    r"(?:mailbox|inbox|account) .{0,20}(?:over|exceed\w*) .{0,20}(?:size|limit|storage)",
    r"bo[iî]te .{0,40}(?:pleine|saturée)|(?:postfach|posteingang|mailbox) .{0,40}voll",
    r"(?:buzón|casilla|bandeja|cuenta).{0,40}llen[ao]|casella .{0,40}piena|caixa .{0,40}cheia",
    r"przepełnion|(?:mailbox|postvak|postbus|inbox).{0,40}\bvol\b|(?:postlåd|brevlåd|postkass"
    r"|indbakke).{0,30}\bfu?ll",
    r"täynnä|schránk. .{0,30}plná|megtelt|kutu.{0,30}dolu|переполнен|заполнен|已满|已滿|空间不足",
    r"容量.{0,10}超|いっぱい|가득",
)
# A limit on what our side may send is no full mailbox.
_SENDING_QUOTA = _any(r"(?:daily|hourly|sending|sender|relay)\W+(?:\w+\W+){0,2}quota")
# The refusal is about the sender's address or server, also where it says "user unknown" of it.
_SENDER = _any(
    r"requires? that you verify",
    r"sender (?:address )?(?:was )?(?:rejected|denied|blocked|refused|unknown|invalid|verif)",
    r"verify(?:ing)? (?:the )?sender|sender address .{0,60}(?:unknown|not exist|verif)|callback setup failed",
    r"invalid (?:sender|dkim)|banned send|verification failed for <|mail from (?:command )?rejected",
    r"(?<!to )(?<!to the )\bsenders?(?:'s)? (?:\w+ ){0,3}(?:rejected|refused|not (?:allowed|accepted"
    r"|(?:pre-)?approved)|empty|invalid)",
    r"(?:unroutable|bogus|null|empty|bad) (?:envelope )?(?:sender|mail from)|\bbatv\b|backscatter|third-party dsn"
    r"|unsigned dsn",
    r"(?:valid|registered) sender domain|(?:[eé]metteur|exp[eé]diteur) invalide|mail from not owned",
)
_DMARC = _any(r"\bdmarc\b", r"^5\.7\.509$")
_POLICY = _any(
    r"spam|\bube\b|unsolicited|\bbulk\b|black[- ]?list|block[- ]?list|deny ?list|(?<!not )\blisted (?:by|in|at|on)\b",
    r"\bdnsbl\b|\brbl\b|spamhaus|spamcop|barracuda|\bblocked\b|reputation|\bdkim\b|\bspf\b|sender policy",
    r"not authenticated|unauthenticated|authrequired|authentication (?:is )?required|policy|policies|prohibit",
    r"content (?:rejected|refused|denied)",
    r"(?:message|e?-?mail) (?:content )?(?:was |is |has been )?(?:rejected|refused|denied)",
    r"message not accepted|mail rejet|virus|malware|phish|suspicious|not authori[sz]ed|not allowed|not permitted",
    r"relay(?:ing)? (?:access )?(?:denied|not permitted)|unable to relay|access (?:from .{1,40})?denied",
    r"(?:access|recipient)\b.{0,60} (?:has been|is|was) (?:denied|rejected)|^5\d\d[ -]denied|ask your postmaster",
    r"too (?:large|big)|message size|exceeds? .{0,20}size|sizelimit|attachment|only accepts|restricted",
    r"ptr record|reverse dns|find your (?:reverse )?host|banned|rate limit|frequency limit",
    r"(?:daily|hourly|sending) limit|(?:per|an) hour\b|too many (?:recipients|messages|bounces|hops)|hop count"
    r"|mail loop|loops back",
    r"not accept mail from|not (?:currently )?accepting (?:any )?(?:mail|messages|connections)"
    r"|don['’]t have permission|no permission|" + _SENDING_QUOTA.pattern,
    # The server or the network that the mail came from.
    r"(?:dynamic|dial-?up|residential)[- ](?:ip|host|pool)|\bptr\b|\brdns\b|reverse (?:lookup|name)|(?:bad|invalid"
    r"|sender|sending) ip\b",
    r"(?:helo|ehlo)\b.{0,20}(?:rejected|invalid)|client host rejected|client ip\b|open (?:proxy|relay)|blocked"
    r"|refused - see",
    r"(?:cannot|can['’]t) (?:resolve|find|determine) (?:your|purported)|server requires|confirm this|go away"
    r"|your isp\b",
    r"(?:in|on) an? \S*(?:rbl|bl)\b|abusive|unverif[iy]able|unwanted|\bsending (?:mta|server|host)\b"
    r"|unresolvable relay",
    r"(?:mail|access|connections?) from .{0,60}(?:refused|forbidden|not accepted)|forbidden by|no access from"
    r"|mail server is not",
    # Relaying, loops, and logging in.
    r"(?:as a|mail|relaying|not a) (?:relay\b|mail to|gateway)|allowed rcpthosts?|configured to relay"
    r"|handle mail for",
    r"forwarding loop|routing loop|looping|loop detected|received: headers|\bauthenti|credentials"
    r"|tls (?:is )?required",
    r"requires? (?:tls|encryption)|insecure|no relay|(?:not|we do not) relay\b|transaction rejected",
    # The message itself, or who may write to whom.
    r"size (?:limit|exceeds)|(?:message|line|header) (?:length|limit|size)|limite du message|mime headers?"
    r"|malformed (?:message|mail)",
    r"header (?:error|field)|8-?bit|base64|protocol violation|illegal attachment|low priority"
    r"|organi[sz]ational settings|multiple addresses",
    r"non-member|members[- ]only|not (?:a )?(?:member|subscribed)|closed (?:mailing )?list|captcha|may post"
    r"|command rejected|permanently deferred|domainkeys|only accepting"
    r"|senders? list",
    r"list of senders|refuses? to (?:accept|receive)|recipient preferences|user rules|user reject|protected by",
)
_DEAD = _any(
    r"(?:user|recipient|mailbox|address|account|addressee|member|inbox)s? (?:\S+ )?(?:is |was |are |has been )?"
    r"(?:unknown|not known|not found|not available|invalid|not exist|disabled|inactive|closed|deleted|suspended"
    r"|expired"
    r"|unavailable|does(?: not|n['’]t) exist|no longer)",
    r"(?:unknown|invalid|illegal|bad|no such|non-?existent|inactive|undeliverable|disabled) (?:local |or \w+ )?"
    r"(?:user|recipient|mailbox|address|account|part|person|domain)",
    r"(?:does(?: not|n['’]t)|did not|doesn t) (?:exist|have an? (?:\S+ )?account|have a mailbox)|accountdisabled",
    r"no mailbox here|not an? (?:valid|known) (?:e-?mail )?(?:mailbox|user|recipient|address)",
    r"not our customer|no account|recipient address rejected: user|user not (?:found|known|listed)|not a known user",
    r"recipient name is not recogni[sz]ed|invalid .{0,20}user ?id\b",
    r"recipient rejected\b(?!:)|#5\.1\.0 address rejected",
    r"unrout(?:e)?able address|unrouteable mail domain|host unknown|couldn['’]t find any host",
    r"(?:host|domain|name)(?: or domain name)? not found|domain (?:\S+ )?(?:does not exist|not exist)|nxdomain",
    r"null ?mx|does not accept mail\b(?! from)|no smtp service\b|non-existent hosts",
    r"account (?:has been |that you tried to reach )?(?:is )?(?:disabled|discontinued|closed|locked|does not exist)",
    r"disabled or discontinued|due to inactivity",
    r"no longer (?:valid|available|active|on server|with|works|in use|accept)|(?:mailbox|user) has (?:been )?moved",
    r"recip(?:ient)?notfound|resolver\.adr|not listed in|delivery to this user is|>[.:]* (?:is )?not found",
    r"no (?:such|valid) (?:\w+ )?(?:user|recipient|mailbox|address|account|person|domain)|no one (?:at|by|here)\b"
    r"|no mail ?box",
    r"no \S* ?in name directory|no matches to name|unknown (?:host\b|e-?mail|local|virtual|addressee)"
    r"|missing home directory",
    r"(?:bad|valid)-?(?:rcptto|recipient)|not (?:a|an) (?:local|active) (?:address|user)|(?:recipient|user"
    r"|address) (?:is )?not "
    r"(?:local|active|ok|present)|(?:addresses|recipients) were unknown|address could not be found|accept user",
    r"email name is not found|not found recipient|name or service not known|domain must exist"
    r"|no mx (?:record )?(?:was )?found",
    r"(?:mailbox|account|user|recipient|is) (?:is )?(?:currently |a )?(?:suspended|deactivated|frozen|archived"
    r"|locked)",
    r"destinataire archiv|suspend the service|administrative(?:ly)? disabled|(?:has been replaced|replaced) by"
    r"|extended inactivity",
    r"nessun utente|utente sconosciuto|inesistente|(?:destinatario|indirizzo) errato|bloccato per inutilizzo"
    r"|nie ma takiego",
    r"nieaktywn|estado: inactivo|inexistante|kein (?:benutzer|postfach|konto|empfänger)|address_not_found"
    r"|bad destination",
    r"unknown or \w+ \w+|no one with|no such mail|not exists|not found in (?:ldap|our|the|this)"
    r"|unable to find (?:\w+ )?user",
    r"host ?name is unknown|not currently being accepted|deactivated (?:user|account|mailbox)|(?:account"
    r"|user) (?:\w+ )?terminated",
    r"has left the|no longer (?:employed|in service)",
    r"address (?:does not|couldn['’]t be found)|domain name \S+ couldn['’]t be found",
    r"no existe|desconocid|ha expirado|inexistente|no se (?:ha )?(?:encontr|pudo encontrar)|no encontrad",
    r"inconnu|n['’]existe pas|introuvable|destinataire invalide|unbekannt|existiert nicht|nicht gefunden"
    r"|nicht bekannt",
    r"не найден|не существует|неизвестн|sconosciut|non (?:è stato )?trovato|desconhecid|não (?:existe|encontrad)",
    r"onbekend|bestaat niet|niet gevonden|nieznan|nie istnieje|nie znaleziono|okänd|finns inte|ukjent|ukendt",
    r"tuntematon|neexistuje|nenalezen|nem létezik|bulunamadı|不存在|无此用户|查无此",
    r"存在しません|見つかりません|존재하지",
)
# Said of a server that has too much to do, also beside codes of another meaning.
_BUSY = _any(
    r"\bbusy\b|try (?:again )?later|too much load|load is too high|queue too long|lost connection",
    r"(?:can['’]t|cannot|unable to|not able to) (?:connect|establish)|wasn['’]t able to establish",
)
# A mailbox that does not exist is dead, whatever else the server says about spam or access.
_PLAINLY_DEAD = _any(
    r"no such (?:user|recipient|mailbox|account|address|person)|(?:user|recipient|mailbox"
    r"|account) (?:\S+ )?(?:is )?(?:unknown|not found|does(?: not|n['’]t) exist)",
    r"unknown (?:user|recipient)|invalid (?:mailbox|recipient)|user doesn|not listed in .{0,30}(?:directory|address)",
    r"recip(?:ient)?notfound|due to inactivity",
)
_DEAD_CODES = {(1, 1), (1, 2), (1, 3), (1, 6), (1, 10), (2, 1), (4, 4), (4, 310)}
_POLICY_CODES = {(1, 7), (1, 8), (1, 9), (1, 90), (2, 3), (3, 4), (4, 6), (4, 14)}
_FOR_NOW_CODES = {(4, 1), (4, 2), (4, 3), (4, 5), (4, 7), (3, 1), (3, 2), (2, 121), (2, 122)}


@lru_cache(maxsize=256)
def read_cause(status: str, words: str) -> Cause:
    """What an enhanced code ("" when there is none) and a server's words mean for the one who was written to."""
    match, words = ENHANCED.fullmatch(status), " ".join(words[:_MAX_WORDS].lower().split())
    level, code = (match[1], (int(match[2]), int(match[3]))) if match else ("", (-1, -1))
    smtp = _SMTP_CODE.search(words)
    says_dead = bool(_DEAD.search(words))
    says_full = bool(_FULL.search(words)) and not _SENDING_QUOTA.search(words)
    if _EXCHANGE_UNKNOWN.search(words):
        return "dead"
    if code == (2, 2) and not says_dead:
        return "full"
    is_final = level != "4" and not (smtp is not None and smtp[1][0] == "4")
    if not is_final or _FOR_NOW.search(words):
        return "full" if says_full else "transient"
    if says_full:
        return "full" if code == (2, 2) or not says_dead else "unknown"
    if _SENDER.search(words):
        return "dmarc" if _DMARC.search(words) else "policy"
    if _DMARC.search(words) or _DMARC.search(status):
        return "dmarc"
    if says_dead and _PLAINLY_DEAD.search(words):
        return "dead"
    if _POLICY.search(words):
        return "policy"
    if says_dead:
        return "dead"
    return "transient" if _BUSY.search(words) else _read_code(code)


def _read_code(code: tuple[int, int]) -> Cause:
    """What the code says alone, where no words do."""
    if code in _DEAD_CODES:
        return "dead"
    if code[0] in (6, 7) or code in _POLICY_CODES:
        return "policy"
    return "transient" if code in _FOR_NOW_CODES else "unknown"
