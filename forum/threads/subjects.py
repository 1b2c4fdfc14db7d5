"""What a subject says beneath its prefixes: whether a reply has really changed it. Pure."""

import re

# Reply and forward prefixes of mail programs in the languages that members are likely to use.
_REPLY = (
    "re|aw|antw|antwort|sv|vs|svar|odp|odpowiedź|rv|res|resp|rif|r|ref|réf|ynt|cevap|atb|ats|vá|bls|απ|σχετ|отв|ответ|re\\^\\d+"
    "|回复|答复|回覆|答覆|返信|回信|답장|회신"
)
_FORWARD = "fw|fwd|wg|tr|enc|vl|vb|rv|i|doorst|fs|pd|vidarebefordra|továbbítás|пересл|转发|轉寄|전달|転送"
_PREFIX = re.compile(rf"^\s*(?:{_REPLY}|{_FORWARD})\s*(?:\[\d+\]|\(\d+\)|\*\d+)?\s*[:：]\s*", re.IGNORECASE)
_REPLY_PREFIX = re.compile(
    rf"^\s*(?:\[[^\]]{{1,80}}\]\s*)*(?:{_REPLY}|tr)\s*(?:\[\d+\]|\(\d+\)|\*\d+)?\s*[:：]", re.IGNORECASE
)
_BRACKET = re.compile(r"^\s*\[[^\]]{1,80}\]\s*")
_WAS = re.compile(r"\s*[\(\[]\s*(?:was|war|antes|était|var)\s*:.*[\)\]]\s*$", re.IGNORECASE)
_HASHTAG = re.compile(r"(?:^|\s)#[\w-]+")


def bare_subject(subject: str) -> str:
    """The subject without reply and forward prefixes, leading [tags] and `(was: ...)`: what is shown as a title."""
    rest = _WAS.sub("", subject) or subject
    while True:
        shorter = _PREFIX.sub("", _BRACKET.sub("", rest, count=1), count=1)
        if shorter == rest or not shorter.strip():
            return rest.strip()
        rest = shorter


def title(subject: str) -> str:
    """The subject of a new thread: without reply prefixes, with the author's own [tags]."""
    rest = subject
    while True:
        shorter = _PREFIX.sub("", rest, count=1)
        if shorter == rest:
            return rest.strip() or subject.strip()
        rest = shorter


def subject_key(subject: str) -> str:
    """Equal for subjects that differ only in prefixes, tags, hashtags, case, punctuation at the end and spaces.

    A bare "Re:" is no subject.
    """
    bare = bare_subject(subject)
    # A subject of nothing but hashtags is one all the same.
    bare = "" if _PREFIX.fullmatch(bare) else _HASHTAG.sub(" ", bare).strip() or bare
    return " ".join(bare.casefold().split()).rstrip(" .!?…")[:500]


def is_reply_subject(subject: str) -> bool:
    """Whether a mail program marked the subject as that of a reply."""
    return _REPLY_PREFIX.match(subject) is not None


def really_changed(subject: str, thread_key: str) -> bool:
    """Whether a reply has left its thread: it has a subject, and a different one.

    A subject that the program cut off, or to which words were added ("Urgent: ..."), is the same one.
    """
    key = subject_key(subject)
    if not key or key == thread_key:
        return False
    shorter, longer = sorted((key, thread_key), key=len)
    return not (len(shorter) >= 20 and (longer.startswith(shorter) or longer.endswith(shorter)))
