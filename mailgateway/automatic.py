"""Tell mail that no person wrote from mail that a person wrote, with a named reason (LISTSERV.md, L19-L24).

Pure. In doubt a mail is a person's: `Precedence: bulk` or the list headers of other lists alone prove nothing, and
neither do words like "out of office" in what somebody writes.
"""

import re

from mailgateway.headers import Headers

_REPLIES = r"(?:re|aw|sv|antw|r)\s*:\s*"
_ANSWERED = re.compile(rf"\S{{0,20}}\s*:\s*{_REPLIES}", re.IGNORECASE)

# Subjects that only programs write; the colon or the end belongs to it.
_CERTAIN = re.compile(
    r"\s*(?:\[?auto(?:matic|mated|mated|-|\s)?\s?(?:reply|response|responder|answer)\]?|autoreply|autoresponse"
    r"|auto:|automatische (?:antwort|abwesenheitsnotiz)"
    r"|automatisch antwoord|automatische beantwoording|réponse automatique|respuesta automática"
    r"|respuesta automatica|contestación automática"
    r"|risposta automatica|resposta automática|automatisk (?:svar|besvarelse)|autosvar|autom\.? svar"
    r"|automaattinen vastaus|autowastaus"
    r"|automatyczna odpowiedź|odpowiedź automatyczna|автоматический ответ|автоответ|автоматична відповідь"
    r"|automatická odpověď|automatická odpoveď"
    r"|automatikus válasz|răspuns automat|otomatik (?:yanıt|cevap)|αυτόματη απάντηση|автоматичен отговор"
    r"|automatski odgovor|samodejni odgovor"
    r"|automaatvastus|automatinis atsakymas|automātiskā atbilde|resposta automàtica|自動返信|自動応答|自动回复"
    r"|自动答复|自動回覆|자동 ?(?:회신|응답)"
    r"|תשובה אוטומטית|מענה אוטומטי|رد تلقائي|الرد التلقائي|trả lời tự động|balasan otomatis)\s*(?:[:：\-–—\[(].*|)$",
    re.IGNORECASE,
)
# Subjects that a person may also write: they count only for an answer, and with a body that says the same.
_LIKELY = re.compile(
    r"\s*(?:out of (?:the )?office|out-of-office|ooo\b|away from (?:the |my )?(?:office|mail|desk|e-?mail)"
    r"|on (?:vacation|holiday|annual leave|maternity leave|parental leave|leave)"
    r"|vacation (?:reply|response|message|notice)|i am (?:away|on (?:vacation|leave|holiday)|out of)"
    r"|i'm (?:away|on (?:vacation|leave)|out)|currently (?:away|out)"
    r"|abwesenheits?(?:notiz|meldung|nachricht|benachrichtigung)?|abwesend|nicht im (?:büro|haus)|im urlaub"
    r"|absence(?: du bureau)?|absent(?:e)?\b|message d['’]absence|en congé"
    r"|fuera de (?:la )?oficina|ausente|ausencia|de vacaciones|fuori (?:ufficio|sede)|assenza|assente"
    r"|fora do escritório|ausência|ausente do escritório|férias"
    r"|afwezig(?:heid)?|niet aanwezig|ikke (?:til stede|på kontoret)|fraværende|fravær|ferie|frånvaro"
    r"|frånvarande|ej på plats|semester|poissa|lomalla"
    r"|nieobecność|poza biurem|urlop|вне офиса|нет на месте|в отпуске|отсутствую|mimo kancelář|nepřítomnost"
    r"|neprítomnosť|házon kívül|szabadságon"
    r"|în concediu|absent din birou|ofis dışında|εκτός γραφείου|извън офиса|外出中|不在(?:通知|の)|休暇"
    r"|不在办公室|外出|부재중|מחוץ למשרד|خارج المكتب)",
    re.IGNORECASE,
)
_AWAY_BODY = re.compile(
    r"out of (?:the )?office|(?:be|am|is|are) (?:currently )?(?:away|on (?:annual |maternity |parental "
    r"|sick )?(?:leave|vacation|holiday))|limited access to (?:my )?(?:e-?)?mail"
    r"|(?:will|shall) (?:return|be back|respond|reply|answer|get back)|upon my return|until (?:i|my) return"
    r"|back in the office|urgent (?:matters|requests|cases)"
    r"|nicht im (?:büro|haus)|abwesend|urlaub|wieder (?:erreichbar|im)|in dringenden|absente?\b|de retour"
    r"|congés?\b|en cas d['’]urgence|fuera de la oficina|de vacaciones|regreso"
    r"|fuori (?:ufficio|sede)|assente|rientr|fora do escritório|férias|retorno|afwezig|terug op|tilbage|ferie"
    r"|tillbaka|semester|frånvarande|poissa|lomalla|takaisin"
    r"|nieobecn|urlop|wrac|отпуск|отсутств|вернусь|dovolen|szabadság|concediu|izin|tatil|άδεια|不在|休暇|休假"
    r"|부재|휴가",
    re.IGNORECASE,
)
_CHALLENGE = re.compile(
    r"(?:verify|confirm|prove) (?:that )?(?:you|your|this|the sender).{0,60}(?:human|real person"
    r"|not (?:a )?(?:spam|robot|machine)|identity|sender|e-?mail address|address)"
    r"|(?:click|follow|use) .{0,60}(?:link|button|here).{0,120}(?:deliver(?:ed)?|release|approved? senders?"
    r"|white ?list|human|verify your)"
    r"|(?:message|e-?mail|mail) .{0,60}(?:is being held|is on hold|was held|has been held|is waiting"
    r"|is pending).{0,200}(?:click|reply|confirm|verify)"
    r"|challenge[- ]response|spam ?arrest|boxbe|bestätigen sie.{0,80}(?:mensch|absender)"
    r"|confirmez que vous.{0,60}(?:humain|robot)",
    re.IGNORECASE | re.DOTALL,
)
_CHALLENGER = re.compile(
    r"^(?:challenge|confirm(?:ation)?|verif(?:y|ication|ier)|no-?reply|antispam|anti-spam|spam.{0,20}|whitelist"
    r"|approve|tmda.{0,40}|.{0,40}-confirm-.{0,60})$",
    re.IGNORECASE,
)
_RESPONDER = re.compile(r"vacation|auto-?(?:respond|reply|answer)|mail ?responder|out of office", re.IGNORECASE)


CHALLENGE = "A challenge-response filter asks for a confirmation."


def find_reason(headers: Headers, subject: str, text: str) -> str:
    """Why a mail is automatic, as one sentence, or "" when a person wrote it; `text` is what is not quoted in it."""
    submitted = headers.first("auto-submitted").split(";")[0].split("(")[0].strip().lower()
    if submitted and submitted != "no":
        return f"Auto-Submitted says {submitted[:60]}."
    if any(value.strip().lower() in ("auto_reply", "auto-reply", "autoreply") for value in headers.raw("precedence")):
        return "Precedence says auto_reply."
    for name in (
        "x-autoreply",
        "x-autorespond",
        "x-autoresponder",
        "x-autogenerated",
        "x-mail-autoreply",
        "x-auto-reply",
    ):
        if name in headers and headers.first(name).lower() not in ("no", "false", "0"):
            return f"{name.title()} marks an automatic answer."
    if _RESPONDER.search(headers.first("x-mailer")[:200]) or _RESPONDER.search(headers.first("delivered-to")[:200]):
        return "An answering program sent it."
    if any(value.strip() == "<>" for value in headers.raw("return-path")[:1]):
        return "The return path is empty."
    sender = headers.addresses("from")
    local, _, domain = (sender[0].address if sender else "").partition("@")
    if local.lower() in (
        "mailer-daemon",
        "mail-daemon",
        "maildaemon",
        "autoreply",
        "auto-reply",
        "autoresponder",
        "vacation",
    ):
        return f"{local.lower()} is the address of a program."
    if _CERTAIN.match(subject):
        return "The subject is that of an automatic answer."
    answers = bool(headers.ids("in-reply-to") or headers.ids("references"))
    suppressed = headers.first("x-auto-response-suppress").strip().lower() not in ("", "none")
    likely = _LIKELY.match(subject)
    # A program puts the subject that it answers behind a colon, with the prefix that this one had.
    quotes_answer = likely is not None and bool(_ANSWERED.match(subject[likely.end() :]))
    if likely and (answers or suppressed or quotes_answer) and (_AWAY_BODY.search(text[:2_000]) or not text):
        return "The subject is that of an out-of-office answer."
    # Out-of-office programs ask that nothing answers them; some servers add OOF alone to what people write.
    forbidden = {word.strip().lower() for word in headers.first("x-auto-response-suppress").split(",")}
    if answers and (forbidden & {"all", "autoreply"} or (suppressed and not text)):
        return "X-Auto-Response-Suppress marks an automatic answer."
    return _find_challenge(headers, local, domain, text, answers=answers)


def _find_challenge(headers: Headers, local: str, domain: str, text: str, *, answers: bool) -> str:
    if any(
        name in headers
        for name in ("x-boxbe-challenge", "x-tmda-confirm", "x-spamarrest-challenge", "x-challenge-response")
    ):
        return CHALLENGE
    asks = answers or bool(re.match(_REPLIES, headers.text("subject"), re.IGNORECASE))
    is_filter = bool(_CHALLENGER.match(local)) or "spamarrest" in domain or "boxbe" in domain
    if (
        is_filter
        and len(text) <= 4_000
        and "http" in text
        and _CHALLENGE.search(text)
        and (asks or local.lower() != "no-reply")
    ):
        return CHALLENGE
    return ""
