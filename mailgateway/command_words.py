"""Recognise a mail that is nothing but a request to the list program, such as "unsubscribe".

Conservative on purpose: a mail with any other words in it is a post, whatever its subject says.
"""

import re

# Requests that nobody means as a contribution to a conversation.
_PLAIN = re.compile(
    r"(?:please |pls |kindly |bitte |s['’]il vous plaît |por favor )?"
    r"(?:(?:unsubscribe|subscribe|un-subscribe|signoff|sign off|opt[- ]?out|signon)(?: me)?|remove(?: me"
    r"| my (?:name|address|e-?mail))|take (?:me|my name|my address) off|stop sending(?: me)?(?: e-?mails?"
    r"| mails?)?"
    r"|abmelden|abbestellen|austragen|désabonner|désinscrire|me désabonner|désinscription|désabonnement"
    r"|darme de baja|dar de baja|cancelar (?:la )?suscripción|disiscrivimi|disiscrizione|cancellami"
    r"|uitschrijven|afmelden|avregistrera|avsluta prenumeration|afmeld|meld meg av|peru tilaus|wypisz(?: mnie)?"
    r"|отписаться|отпишите меня|odhlásit|leiratkozás|退订|配信停止|구독 취소)"
    r"(?: (?:from|off|of|to|de|von|vom|da|van|för|fra|z|от))?(?: (?:this|the|your|that|all|esta|cette"
    r"|diese[rmn]?|questa|deze)?(?: ?(?:e-?mail|mailing))? ?(?:list|lists|group|groups|mailings?|emails?|lista"
    r"|liste|grupo|groupe|gruppe|lijst|mails?))?"
    r"(?: please| thanks| thank you| now| immediately| bitte| merci| gracias)*",
    re.IGNORECASE,
)
# Words that are also ordinary English: a command only where nothing else stands, neither in subject nor in text.
_AMBIGUOUS = re.compile(
    r"(?:join|leave|help|stop|remove|end|quit|cancel|info|commands|hilfe|aide|ayuda|baja|bye)", re.IGNORECASE
)
_COURTESY = re.compile(
    r"(?:(?:thanks?|thank you|many|so much|best|kind|warm|with|regards|wishes|cheers|sincerely|yours|hi|hello"
    r"|dear|sir|madam|all|please|danke|viele|grüße|mfg|merci|cordialement|gracias|saludos|grazie|bedankt|tack"
    r"|mvh)[\s,.!]*)+",
    re.IGNORECASE,
)
_INNER = re.compile(r"[.,;:!]+(?=\s)")
_EDGES = re.compile(r"^[\W_]+|[\W_]+$")
_SUBJECT_PREFIX = re.compile(r"^(?:\s*(?:re|aw|fwd?|sv|wg|tr)\s*:|\s*\[[^\]]{1,40}\])+", re.IGNORECASE)


def find_command(subject: str, text: str) -> str:
    """The command that a whole mail consists of, in lower case, or ""."""
    if len(text) > 400:
        return ""
    head = _bare(_SUBJECT_PREFIX.sub("", subject))
    lines = [bare for line in text.split("\n") if (bare := _bare(line))]
    words = [line for line in lines if not _COURTESY.fullmatch(line)]
    if not words:
        return head.lower() if _is_request(head) or _AMBIGUOUS.fullmatch(head) else ""
    first, *others = words
    # A name under the request is a signature; more than that is a message to people.
    if len(others) > 1 or any(len(line.split()) > 4 for line in others):
        return ""
    if _is_request(first):
        return first.lower()
    if _AMBIGUOUS.fullmatch(first) and not others and (not head or _is_request(head) or _AMBIGUOUS.fullmatch(head)):
        return first.lower()
    return ""


def _is_request(line: str) -> bool:
    return bool(line) and len(line) <= 120 and _PLAIN.fullmatch(line) is not None


def _bare(line: str) -> str:
    return " ".join(_INNER.sub(" ", _EDGES.sub("", line)).split())
