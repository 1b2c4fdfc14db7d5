"""See from its outside and its first words whether a mail system wrote a mail to report a failure.

Pure. What it reports, and of whom, is read in `bounces.py`.
"""

import re

from mailgateway.headers import Headers

_SUBJECT = re.compile(
    r"\s*(?:\[postmaster\]\s*)?(?:e?-?mail (?:bounce|delivery fail|could not be delivered)|undeliver(?:able|ed)"
    r"|un?delivered mail|mail (?:delivery|system error|error)|\[bounce\]|delivery (?:status|has failed"
    r"|failure|notification|report|problem|incomplete|delayed)|(?:failed|failure|permanent) delivery|failed mail"
    r"|(?:sorry, )?(?:your )?message (?:could not|has not|was not)|there was an error (?:sending|delivering)"
    r"|automatically rejected|warning: .{1,80} - user unknown|.{1,200}\(delivery failed\)"
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
    r"|nedoručiteln|kézbesíthetetlen|teslim edilemedi|(?:系统|邮件)?退信|未送达"
    r"|(?:メール|メッセージ)?[をが]?(?:配信(?:不能|できません|に失敗)|(?:配信|送信)?エラー))",
    re.IGNORECASE,
)
_DAEMON = re.compile(r"^(?:mailer-daemon|mail-daemon|maildaemon|mailerdaemon|double-bounce)$", re.IGNORECASE)
_POSTMASTER = re.compile(
    r"^(?:post[._-]?master|microsoftexchange[0-9a-f]+|mail[._-]?delivery(?:[._-](?:sub)?system)?|mdaemon|ndr)$",
    re.IGNORECASE,
)
_SYSTEM = re.compile(r"(?:mail delivery (?:sub)?system|system administrator|mail administrator)$", re.IGNORECASE)
_NOBODY = re.compile(r"^(?:bounces?|no-?reply)$", re.IGNORECASE)
# Programs that name themselves, and what they say in their first words.
_PROGRAM = re.compile(
    r"system|daemon|post-?master|gateway|notif|filter|mailer|administrator|mail ?marshal|anti-?virus|scan|\bndr\b|^$",
    re.IGNORECASE,
)
_NOT_DELIVERED = re.compile(
    r"(?:(?:could|can|was|were|is|has) ?(?:not|n['’]t|no) (?:be |been )?|un(?:able to )?|fail\w* to "
    r"|did not )deliver|(?:did|has) not reach|error (?:while )?deliver|(?:message|mail) .{0,40}(?:was|been) rejected"
    r"|deliver\w* .{0,120}(?:failed|failure|postponed|delayed)|failed recipients?|invalid user|no such user"
    r"|mailbox unavailable"
    r"|n['’]a pas pu [eê]tre (?:d[eé]livr|remis|distribu)|nicht zugestellt|no (?:pudo|ha podido) ser entregad"
    r"|non (?:è stato possibile )?(?:consegn|recapit)|não (?:pôde|foi possível) .{0,20}entreg|не (?:был|удалось"
    r"|может) .{0,30}доставл"
    r"|(?:配信|送信|お届け)できません|无法(?:送达|投递)",
    re.IGNORECASE | re.DOTALL,
)
_PERSONAL = re.compile(r"\?(?:\s|$)|^\s*(?:dear|hello|hi|hallo|liebe|bonjour|hola|ciao)\b", re.IGNORECASE)
_NAMES_ONE = re.compile(r"[\w.+-]@[\w-]+\.\w|\b[45]\d\d[ -]|\b[45]\.\d\.\d")
_COPY = re.compile(
    r"^(?:-{2,} ?(?:this is a copy|below this line is a copy|original message|the body of the message"
    r"|returned message|included is a copy|message original|mensaje original|unsent message|start of returned)"
    r"|original message:$|message headers follow"
    r"|--- the forwarded message follows|return-path: <[^>]|received: ?(?:from|by|\()).*",
    re.IGNORECASE | re.MULTILINE,
)


def looks_like_bounce(headers: Headers) -> bool:
    """Whether the outside of a mail says that a mail system wrote it to report a failure."""
    sender = headers.addresses("from")
    local = sender[0].address.rpartition("@")[0] if sender else headers.first("from").strip(" <>").lower()
    if "x-failed-recipients" in headers or _DAEMON.match(local):
        return True
    is_null = has_null_path(headers)
    name = sender[0].name if sender else ""
    is_postmaster = bool(_POSTMASTER.match(local) or _SYSTEM.match(name))
    if is_null and is_postmaster:
        return True
    is_nobody = bool(_NOBODY.match(local)) and "auto-submitted" in headers
    return bool(_SUBJECT.match(headers.text("subject"))) and (is_null or is_postmaster or is_nobody)


def reads_like_bounce(headers: Headers, text: str) -> bool:
    """Whether a program's subject and first words say that a mail was not delivered.

    Gateways and mailbox programs report so from addresses of their own and with a return path. A person who writes
    about such a report has a name, asks something or answers somebody.
    """
    sender = headers.addresses("from")
    is_null = has_null_path(headers)
    if not is_null and not _PROGRAM.search(sender[0].name if sender else ""):
        return False
    report = text[: start_of_copy(text)][:1_000]
    if not _NOT_DELIVERED.search(report[:600]) or _PERSONAL.search(report):
        return False
    # Vaccines are delivered too: a report names an address, not the sender's own, or a server's code.
    own = sender[0].address if sender else ""
    if not _NAMES_ONE.search(report.replace(own, "") if own else report):
        return False
    if is_null:
        return True
    if sender and _POSTMASTER.match(sender[0].address.rpartition("@")[0]):
        return True
    answers = headers.ids("in-reply-to") or headers.ids("references")
    return bool(_SUBJECT.match(headers.text("subject"))) and not answers


def has_null_path(headers: Headers) -> bool:
    """Whether it came with an empty return path, so that nobody answers it."""
    return any(value.strip() in ("<>", "") for value in headers.raw("return-path"))


def start_of_copy(text: str) -> int:
    """Where the report ends and the copy of the returned message begins."""
    copy = _COPY.search(text)
    return copy.start() if copy else len(text)
