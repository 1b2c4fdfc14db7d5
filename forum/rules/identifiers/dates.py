"""Dates more exact than a year: of a birth, and of what happened to a patient; pure.

The dates of meetings, guidelines, papers and deadlines belong to the community and are left alone.
"""

import re
from collections.abc import Iterator

from forum.rules.identifiers.context import sentence_after, sentence_before
from forum.rules.identifiers.found import Found
from forum.rules.identifiers.plain import Plain

MONTHS = (
    r"(?:jan(?:uar[y]?)?|feb(?:ruar[y]?)?|mar(?:ch)?|märz|apr(?:il)?|may|mai|june?|juni|july?|juli|aug(?:ust)?"
    r"|sept?(?:ember)?|o[ck]t(?:ober)?|nov(?:ember)?|de[cz](?:ember)?)"
)
_YEAR = r"(?:(?:19|20)\d{2})"
_NUMERIC = re.compile(
    r"(?P<a>\d(?<![\d./\-]\d)\d?)(?P<sep>[/.\-])(?P<b>\d{1,2})(?P=sep)(?P<year>\d{4}|\d{2})(?![\w/]|[.\-]\d)"
)
_ISO = re.compile(r"[12](?<![\w./\-].)[09]\d\d([\-/.])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12]\d|3[01])(?![\d/\-]|\.\d)")
_MONTH = re.compile(
    r"\b(?:jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz])|(?<=\d)(?:jan|feb|mar|apr|may|jun|jul|aug"
    r"|sep|oct|nov|dec)"
)
_MONTH_DAY = re.compile(
    rf"{MONTHS}\.?[ \-]{{1,2}}(?:the )?(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?(?:,? {{0,2}}{_YEAR}"
    rf"|[,\-] ?\d{{2}}(?![\w%]))?"
    r"(?![\d%:/]| ?(?:mg|ml|mcg|pm|am|to|percent)\b|\.\d)"
)
_DAY_MONTH = re.compile(
    rf"(?<![\w.,/\-])(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th"
    rf"|\.)?[ \-/]{{0,2}}(?:of )?{MONTHS}\.?(?:[ ,\-/]{{1,2}}(?:{_YEAR}|\d{{2}}(?![\w%])))?(?!\w)"
)
_DAY_BEFORE = re.compile(r"\d")
_MONTH_YEAR = re.compile(rf"{MONTHS}\.?,? (?:of )?{_YEAR}(?!\w)")
_SHORT = re.compile(
    r"\d(?<![\w./\-,]\d)(?:(?<=0)[1-9]|(?<=1)[0-2]|(?<=[1-9]))/(?:0?[1-9]|[12]\d|3[01])(?![\w/%]|\.\d| ?(?:mg|tab"
    r"|dose|strength|of|days?|weeks?)\b)"
)
_ON = re.compile(r"\b(?:on (?:the )?|the |in |am )$")
_BIRTH = re.compile(
    r"\b(?:d\.?o\.?b\b\.?|date of birth|birth-?(?:day|date)|birth date|was born|born|geb(?:\.|oren)?|geburtsdatum"
    r"|geburtstag|b-?day|\(b\.|n[ée]e? le|nacid[oa] el|fecha de nacimiento|date de naissance|nat[oa] il)(?: (?:is"
    r"|was|on|am|the|in \w{1,15} on)){0,3}[\s:=\-(,]{0,4}(?:the )?$"
)
_BIRTH_AFTER = re.compile(r"[ ,]{0,2}\(?(?:dob|d\.o\.b|date of birth|birth)\b")
_COMPACT = re.compile(r"\b(?:dob|d\.o\.b\.?|geb\.?)[ :=\-]{1,3}(?P<date>\d{6}|\d{8})(?!\d)")
# A date of this form needs one of these right before it, as 3/14 may as well be a share.
_HAPPENED = re.compile(
    r"\b(?:admitted|admission|discharged?|d/c'?e?d?|dc'?d|seen|ed|er|icu|surgery|operated|operation|op|biopsy|bx|ct"
    r"|mri|echo|cath|lmp|dos|died|expired|transferred|delivered|intubated|extubated|reintubated|started|stopped"
    r"|drawn|collected|diagnosed|dx|fell|visit|since|onset|began|procedure|transplant(?:ed)?|dated|labs?|cultures?"
    r"|scan|x-?ray|cxr|appointment|appt|follow-?up|f/u|presented|period|accident|injur(?:y|ed)|crash|mvc|mva|fall"
    r"|lkw|happened|occurred|tkr|thr|cabg|placed|removed|inserted|infusion|vaccinated|given|hospital"
    r"|(?<!start )(?<!due )(?<!end )(?<!closing )(?<!effective )(?<!launch )date(?: of \w{2,14})?)(?: (?:on|from|of"
    r"|was|is|in|am|back|happened|occurred|done|at|scheduled for|the|clinic)){0,3}[ :]{1,2}$"
)
_OF_PATIENT = re.compile(
    r"\b(?:patient(?:'s)?|pt|she|he|her|his|him|admitted|admission|discharged|surgery|operated|died|expired|biopsy"
    r"|lmp|dos|aufnahme|entlassen|entlassung|transplant|chemo|intubated|extubated|reintubated|cath|delivered"
    r"|transferred|diagnosed|symptoms?|fell|cultures?|last seen|seen|mrn|dob|mother|father|daughter|wife|husband"
    r"|stent|scan|ct|mri|echo|onset|hospitali[sz]ed|last dose|next dose|picc|pacer|placed|infusion|colonoscopy"
    r"|ablation|vaccinated)\b"
)
_OF_COMMUNITY = re.compile(
    r"\b(?:conferences?|webinars?|meetings?|deadlines?|regist\w{0,10}|symposi\w{0,3}|due|publi\w{0,10}|epub|accessed"
    r"|guidelines?|approved|effective|as of|expires?|exam|dinner|seminar|courses?|cme|abstracts?|slides|endorsed"
    r"|journal|lancet|jama|congress|panel|issue|version|released?|rules?|reporting|save the date|opens?"
    r"|recertification|lecture|interviews?|applications?|article|paper|trial|fda|cdc|cms|ema|law|bill|act|policy"
    r"|vaccination day|workshop|rounds|zoom|fellowship|doi|pmid|updated?|posted|rota|shift|starting|holiday"
    r"|elections?|recall|society|board)\b"
)
_EXPECTED_DAY = 31


def find_dates(words: Plain, country: str) -> Iterator[Found]:
    lower = words.lower
    if not any(sign in lower for sign in "0123456789"):
        return
    if "dob" in lower or "d.o.b" in lower or "geb" in lower:
        for born in _COMPACT.finditer(lower):
            yield Found(*born.span("date"), "birth_date", True)
    for pattern, date in _dates_in(lower):
        before = sentence_before(lower, date.start())
        # "On the" goes with the date, so that "last spring" can take its place.
        begins = date.start() - len(on[0]) if (on := _ON.search(before)) else date.start()
        if _BIRTH.search(before) or _BIRTH_AFTER.match(lower, date.end()):
            full = pattern not in (_MONTH_YEAR, _SHORT) and bool(re.search(r"\d{2}$|^\d{4}", date[0]))
            yield Found(begins, date.end(), "birth_date" if full else "date", full)
        elif _is_of_patient(pattern, date, before, lower):
            yield Found(begins, date.end(), "date", False)


def _dates_in(lower: str) -> Iterator[tuple[re.Pattern[str], re.Match[str]]]:
    for pattern in (_NUMERIC, _ISO, _SHORT) if "/" in lower else (_NUMERIC, _ISO):
        for date in pattern.finditer(lower):
            if pattern is not _NUMERIC or _is_date(date):
                yield pattern, date
    for month in _MONTH.finditer(lower):
        start = month.start()
        # The day before the month, with up to six signs between them: "3rd of ".
        day = (
            _DAY_MONTH.search(lower, max(0, start - 10), start + 30)
            if _DAY_BEFORE.search(lower, max(0, start - 9), start)
            else None
        )
        if day and day.end() > start:
            yield _DAY_MONTH, day
            continue
        for pattern in (_MONTH_DAY, _MONTH_YEAR):
            written = pattern.match(lower, start)
            if written:
                yield pattern, written
                break


def _is_date(date: re.Match[str]) -> bool:
    one, other = int(date["a"]), int(date["b"])
    if not (0 < one <= _EXPECTED_DAY and 0 < other <= _EXPECTED_DAY and min(one, other) <= 12):
        return False
    return date["sep"] != "." or len(date["year"]) == 4 or date["a"].startswith("0") or date["b"].startswith("0")


def _is_of_patient(pattern: re.Pattern[str], date: re.Match[str], before: str, lower: str) -> bool:
    happened = _HAPPENED.search(before)
    if pattern is _SHORT:
        return bool(happened)
    if pattern is _MONTH_YEAR:
        return bool(happened and _OF_PATIENT.search(before))
    if happened:
        return True
    around = before + " | " + sentence_after(lower, date.end())
    if _OF_PATIENT.search(around):
        return not re.search(r"\b(?:conference|webinar|deadline|published|meeting|symposium|guideline)\b", around)
    if _OF_COMMUNITY.search(around):
        return False
    # A whole date in numbers with nothing said around it stands in a note more often than in a talk.
    return pattern in (_NUMERIC, _ISO) and len(before.strip()) < 40
