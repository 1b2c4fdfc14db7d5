"""Phone and fax numbers, mail addresses and addresses of computers that lead to a patient; pure.

A clinic's, a colleague's or the author's own are no patient's, nor are hotlines.
"""

import re
from collections.abc import Iterator
from ipaddress import AddressValueError, IPv6Address

import phonenumbers

from forum.rules.identifiers.context import Whose, sentence_before, whose
from forum.rules.identifiers.found import Found
from forum.rules.identifiers.plain import Plain

_EXTENSION = r"(?: {0,2}(?:x|ext\.?|extension|durchwahl)[ .]{0,2}\d{1,6}(?!\w))?"
_NORTH_AMERICA = re.compile(
    r"(?<![\w+.\-/])(?:(?:\+|00)?1[ .\-/]{0,2})?(?:\([2-9]\d{2}\)[ .\-/]{0,2}"
    r"|[2-9]\d{2}[ .\-/]{1,3})\d{3}[ .\-]{1,3}\d{4}" + _EXTENSION + r"(?![\w\-])"
)
_ABROAD = re.compile(r"(?<![\w+])\+ ?\d[\d ().\-/]{6,20}\d(?!\w)" + _EXTENSION)
# Ten digits in a row are a phone number only where a word says so.
_TEN_DIGITS = re.compile(r"(?<![\w+.\-/,])1?[2-9]\d{2}[2-9]\d{6}(?![\w\-]|[.,]\d)")
_AT_HOME = re.compile(r"(?<![\w+.\-/,])\(?0\d[\d ()/\-]{6,14}\d(?!\w)")
# Without the form of any country: only right behind a word that announces a phone.
_ANNOUNCED = re.compile(
    r"(?<![\w./])(?:ph(?:one)?(?: ?(?:#|no|number))?|tel(?:ephone|efon)?|cell(?:phone)?|mobile?|handy|home number"
    r"|number is|call(?:ed)?|text(?:ed)?|reached at|(?:tele)?fax)\b[.:#\s]{0,4}(?:on |at |to |no\.? |number |is "
    r"|her |him |them |back ){0,3}(?P<number>\+?[(\d][\d ().\-/]{5,18}\d)(?![\w/]|\.\d)"
)
_TOLL_FREE = re.compile(r"(?:\+?1[ .\-/]{0,2})?\(?8(?:00|33|44|55|66|77|88)\)?[ .\-/]?\d{3}[ .\-]?\d{4}")
_PHONE_WORD = re.compile(
    r"\b(?:ph|phone|tel|telefon|cell|mobile|mobil|handy|number|call|ring|text(?:ed)?|nok|reach(?:ed)?|contact)\b"
)
_LEADS_TO = re.compile(
    r"\b(?:at|on|from|is|to|wife|husband|daughter|son|mother|father|mom|dad|sister|brother|spouse|nok|patient|pt|him"
    r"|her)[ :]{1,2}$"
)
_UNIT = re.compile(r" ?(?:mg|mcg|µg|ug|ml|units?|iu|kg|g|cells|steps|patients|copies|years)\b")
_HOURS = re.compile(r"(?:[0-2]\d[0-5]\d[ \-]{0,3}){2,4}")
_FAX = re.compile(r"(?:\b(?:tele)?fax(?:ed|nr|nummer)?\b|\bf:)[^\n]{0,40}$")
_ANY_PHONE = re.compile(r"\b(?:phone|tel|cell|mobile|call)\b")
_EMAIL = re.compile(r"(?<![\w.+%\-])[\w.+%\-]{1,64}@[\w\-]{1,63}(?:\.[\w\-]{1,63}){1,4}")
_SPELLED_EMAIL = re.compile(
    r"(?<![\w.+%\-])[\w.+%\-]{1,64} ?[(\[]?\bat\b[)\]]? ?[\w\-]{1,40}(?: ?[(\[]?\bdot\b[)\]]? ?|\.)(?:com|org|net"
    r"|edu|de|uk|ca|au)\b"
)
# Addresses of offices, and of people at universities, agencies and the NHS.
_OFFICE = re.compile(
    r"^(?:info|contact|office|admin|support|help|registration|register|editor|editorial|fellowship|residency|cme"
    r"|events?|meetings?|conference|membership|news|jobs|recruit\w{0,5}|secretary|listserv|abstracts?|education"
    r"|webmaster|hr|billing)[\w.\-]*@|@.*(?:\.edu|\.gov|\.mil|nhs\.net|nhs\.uk|\.ac\.uk|\.edu\.au)$"
)
_IP = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w]|\.\d)")
_IP_V6 = re.compile(r"(?<![\w:])[\da-f]{1,4}:[\da-f:]{3,37}[\da-f](?![\w:])")
_VERSION = re.compile(r"(?:version|v|ver|build|release|firmware|section|table|code|chapter|update)[ .:]{0,2}$")


def find_contacts(words: Plain, country: str) -> Iterator[Found]:
    yield from _phones(words, country)
    yield from _emails(words.lower)
    yield from _computers(words)


def _phones(words: Plain, country: str) -> Iterator[Found]:
    lower = words.lower
    for pattern in (_NORTH_AMERICA, _ABROAD, _TEN_DIGITS, _AT_HOME, _ANNOUNCED):
        for number in words.in_numbers(pattern):
            begins, ends = number.span("number" if pattern is _ANNOUNCED else 0)
            if _TOLL_FREE.match(lower, begins) or not _is_phone(pattern, lower, begins, ends, country):
                continue
            owner = whose(lower, begins, ends)
            if owner is Whose.COLLEAGUE:
                continue
            before = sentence_before(lower, begins)
            fax = _FAX.search(before)
            kind = "fax" if fax and not _ANY_PHONE.search(fax[0]) else "phone"
            yield Found(begins, ends, kind, owner is not Whose.EITHER)


def _is_phone(pattern: re.Pattern[str], lower: str, begins: int, ends: int, country: str) -> bool:
    """The North American form speaks for itself; all others must be numbers that could be called."""
    number = lower[begins:ends]
    digits = sum(sign.isdigit() for sign in number)
    if pattern is _NORTH_AMERICA:
        if _UNIT.match(lower, ends):
            return False
        # Three numbers in a row may be three results.
        announced = _PHONE_WORD.search(lower, max(0, begins - 40), begins) or _LEADS_TO.search(
            lower, max(0, begins - 12), begins
        )
        return (
            bool(announced)
            or re.search(r"[^\d ]", number) is not None
            or bool(_FAX.search(lower, max(0, begins - 30), begins))
        )
    if pattern is _ABROAD:
        return _callable(number, None)
    if pattern is _TEN_DIGITS:
        return bool(_PHONE_WORD.search(lower, max(0, begins - 40), begins))
    if pattern is _ANNOUNCED:
        return 7 <= digits <= 14 and not re.fullmatch(r"\d{1,2}[/.\-]\d{1,2}[/.\-]\d{4}", number)
    if _HOURS.fullmatch(number):
        return False
    announced = _PHONE_WORD.search(lower[max(0, begins - 30) : begins]) or _FAX.search(
        lower[max(0, begins - 30) : begins]
    )
    if not announced and not re.match(r"\(?0\d{2,4}\)?[ /\-]\d{3}", number):
        return False
    return any(_callable(number, region) for region in dict.fromkeys((country, "GB", "DE", "AU")))


def _callable(number: str, region: str | None) -> bool:
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_possible_number(parsed) if region is None else phonenumbers.is_valid_number(parsed)


def _emails(lower: str) -> Iterator[Found]:
    patterns: tuple[re.Pattern[str], ...] = (_EMAIL,) if "@" in lower else ()
    if " dot " in lower or "(at)" in lower or "[at]" in lower:
        patterns += (_SPELLED_EMAIL,)
    for pattern in patterns:
        for address in pattern.finditer(lower):
            owner = whose(lower, *address.span())
            if owner is Whose.PATIENT or (owner is not Whose.COLLEAGUE and not _OFFICE.search(address[0])):
                yield Found(*address.span(), "email", owner is not Whose.EITHER)


def _computers(words: Plain) -> Iterator[Found]:
    lower = words.lower
    for address in words.in_numbers(_IP):
        before = lower[max(0, address.start() - 12) : address.start()]
        if all(int(part) < 256 for part in address[0].split(".")) and not _VERSION.search(before):
            yield Found(*address.span(), "ip", False)
    if lower.count(":") > 3:
        for address in _IP_V6.finditer(lower):
            try:
                IPv6Address(address[0])
            except AddressValueError:
                continue
            yield Found(*address.span(), "ip", False)
