"""What an author could write instead of a marked passage: a decade, a season, a state; pure.

It is an offer for one click. Whether what stands then still tells who somebody is, only the author can judge.
"""

import re
from datetime import date

from forum.rules.findings import Passage
from forum.rules.identifiers.lists import STATE_CODES, STATES, words_of
from forum.rules.identifiers.plain import plain

_WOMAN = words_of("mrs ms miss frau señora senora sra señorita senorita mme madame signora fräulein")
_MAN = words_of("mr herr señor senor monsieur signor mister")
# "Patient Maria Alvarez" and "his wife, Elena" say who it is without the name.
_NAMED_ALREADY = re.compile(
    r"\b(?:patient|pt|client|named?(?: is)?|called|wife|husband|mother|father|daughter|son|sister|brother|mom|mum"
    r"|dad|partner|aunt|uncle|spouse|baby|tochter|sohn),? ?[(:]?\s*$"
)
_AGE = re.compile(r"\b([1-8]\d)[ \-]?(?:years?[ \-]old|yr|yo|y/o|(?P<sex>[mf])\b)")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_GERMAN = {"mär": "mar", "mai": "may", "okt": "oct", "dez": "dec"}
_SEASONS = ("winter", "spring", "summer", "fall")
_PLACEHOLDERS = {
    "street": "[address]",
    "phone": "[phone number]",
    "fax": "[fax number]",
    "email": "[mail address]",
    "record_number": "[record number]",
    "account_number": "[account number]",
    "ssn": "[social security number]",
    "insurance_number": "[insurance number]",
    "licence_number": "[licence number]",
    "url": "[link]",
    "ip": "[internet address]",
    "device": "[device number]",
    "vehicle": "[vehicle number]",
}


def generalisation(text: str, passage: Passage, today: date) -> str | None:
    """Words to put in the place of a passage of this text; None where only the author can find some."""
    if not 0 <= passage.start < passage.end <= len(text):
        return None
    seen = text[passage.start : passage.end]
    before, after = (
        text[max(0, passage.start - 40) : passage.start].lower(),
        text[passage.end : passage.end + 60].lower(),
    )
    if passage.kind == "name":
        return _somebody(seen, before, after)
    if passage.kind in ("date", "birth_date"):
        when = _date(plain(seen).lower, today)
        if when is None:
            return None
        return _decade(when, today) if passage.kind == "birth_date" else _season(when, today)
    if passage.kind == "age":
        return _very_old(seen.lower(), before)
    if passage.kind == "place":
        return _region(seen)
    return _PLACEHOLDERS.get(passage.kind)


def _somebody(seen: str, before: str, after: str) -> str:
    if _NAMED_ALREADY.search(before):
        return "(name left out)"
    title = re.split(r"[\s.]", seen.lower(), maxsplit=1)[0]
    age = _AGE.search(before + "|" + after)
    sex = age["sex"] if age else None
    if title in _WOMAN or sex == "f":
        person, whose = "a woman", "her"
    elif title in _MAN or sex == "m":
        person, whose = "a man", "his"
    else:
        return "the patient"
    return f"{person} in {whose} {age[1][0]}0s" if age else person


def _very_old(seen: str, before: str) -> str:
    sex = re.search(r"(woman|lady|female|gentleman|man|male|patient|(?<=\d)[mf]|(?<= )[mf]|(?<=yo)[mf])$", seen)
    named = {"f": "woman", "m": "man", "female": "woman", "male": "man", "lady": "woman", "gentleman": "man"}
    if sex:
        return f"{named.get(sex[1], sex[1])} aged 90 or older"
    if re.search(r"\b(?:is|was|be|turn(?:ed|s)|aged?:?|at|now)\s*$", before) or re.fullmatch(r"\d+", seen):
        return "90 or older"
    return "90-or-older"


def _region(seen: str) -> str | None:
    state = re.search(r"[ ,]([A-Za-z]{2,3}|[A-Za-z]{4,}(?: [A-Za-z]{4,})?)$", re.sub(r"\s+\d[\d\-]*$", "", seen))
    if state and (state[1].upper() in STATE_CODES or state[1].lower() in STATES):
        return state[1]
    if re.search(r"\d", seen):
        return "[postal code]"
    return "a county" if seen.lower().endswith("county") else "a town"


def _decade(born: date, today: date) -> str:
    """A year of birth that makes somebody 90 says too much (45 CFR 164.514(b)(2)(i)(C)), and so does a decade's."""
    if today.year - born.year >= 89:
        return "at least 90 years ago" if today.year - born.year > 90 else "about 90 years ago"
    return f"in the {born.year // 10 * 10}s"


def _season(when: date, today: date) -> str:
    days = (today - when).days
    if days < 0:
        return "later"
    if days < 30:
        return "recently"
    return f"last {_SEASONS[when.month % 12 // 3]}" if days < 365 else f"in {when.year}"


def _date(seen: str, today: date) -> date | None:
    """The date that some words say, as Americans order numbers unless these forbid it; the latest one without a"
    " year."""
    numbers = [int(number) for number in re.findall(r"\d{1,4}", seen)]
    word = re.search(r"[^\W\d_]{3,}", re.sub(r"\b(?:on|the|of)\b", " ", seen))
    if word:
        month = _GERMAN.get(word[0][:3], word[0][:3])
        if month not in _MONTHS:
            return None
        day = next((number for number in numbers if number <= 31 and number), 1)
        rest = numbers[1:] if numbers and numbers[0] == day else numbers
        return _valid(rest[-1] if rest else None, _MONTHS.index(month) + 1, day, today)
    if len(numbers) == 3 and numbers[0] > 31:
        return _valid(numbers[0], numbers[1], numbers[2], today)
    if len(numbers) < 2:
        return None
    month_number, day = numbers[:2]
    if month_number > 12 or "." in seen:
        month_number, day = day, month_number
    return _valid(numbers[2] if len(numbers) == 3 else None, month_number, day, today)


def _valid(year: int | None, month: int, day: int, today: date) -> date | None:
    try:
        if year is None:
            said = date(today.year, month, day)
            return said if said <= today else date(today.year - 1, month, day)
        if year < 100:
            # Of the two centuries the one that is over.
            year += 2000 if year <= today.year % 100 else 1900
        return date(year, month, day)
    except ValueError:
        return None
