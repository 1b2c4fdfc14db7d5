"""Numbers that stand for one person or thing: records, accounts, insurance, licences, devices, cars; pure.

Most are known by the word before them, some by their form and check digit; a word alone or a short number is nothing.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from forum.rules.identifiers import checksums
from forum.rules.identifiers.found import Found
from forum.rules.identifiers.plain import Plain

_NO = r" ?(?:#|no\b|nos?\.|nr\b|num(?:ber)?s?\b|id\b)(?: ?(?:#|no\b|number\b))?"
# What may stand between the word and its number.
_TO = r"(?:[\s:=#.\-(]|\bis\b|\bwas\b|\bnumber\b|\bno\b|\bnr\b|\bid\b|\b(?:that )?end(?:s|ing)(?: in| with)?\b){1,7}"
# A word of all days is no part of a number: "account for 12345".
_LETTERS = (
    r"(?:(?!(?:for|the|of|and|in|was|has|age|her|his|due|at|by|to|is|on|or|an|per|as|we|she|he"
    r"|it)\b)[a-z]{1,4}[ \-]?)"
)
_VALUE = (
    rf"(?P<value>(?:{_LETTERS}(?:[a-z]{{1,2}}-)?)?\d[\da-z]{{0,20}}"
    r"(?:[ \-/.][\da-z]{0,4}\d[\da-z]{0,16}){0,6})(?![\w@])"
)


# What else has an id: meetings, papers, goods, users.
_PUBLIC_IDS = (
    "meeting zoom webinar pmc pubmed trial course session article event order manuscript abstract user gene variant"
)
_NOT_OURS = "".join(f"(?<!{word} )" for word in _PUBLIC_IDS.split())


@dataclass(frozen=True)
class _Named:
    """A number known by the words before it; `hints` say cheaply whether to look at all."""

    kind: str
    hints: tuple[str, ...]
    pattern: re.Pattern[str]
    fewest: int


def _named(kind: str, hints: str, words: str, fewest: int = 4, value: str = _VALUE) -> _Named:
    return _Named(kind, tuple(hints.split("|")), re.compile(rf"(?<![\w/\-])(?:{words})(?:{_TO}|(?<=#)){value}"), fewest)


_NAMED = (
    _named(
        "insurance_number",
        "nhs|member|policy|subscriber|insurance|insured|medicaid|medicare|beneficiary|health c|health n|ohip|mbi"
        "|hicn|phn"
        "|versicher|group|plan|krankenkasse|kvnr|msp",
        rf"nhs{_NO}|(?:member|subscriber|beneficiary|enrollee|insured)(?:'s)?{_NO}|(?:insurance )?policy{_NO}"
        rf"|group{_NO}|(?<!national )(?<!social )(?:health )?insurance(?: (?:policy|card|member))?{_NO}"
        rf"|medicaid{_NO}|medicare(?: card|(?: card)?{_NO})|health card(?:{_NO})?|health (?:care "
        rf"|plan )?{_NO.lstrip(' ?')}|ohip(?:{_NO})?|mbi|hicn|phn|ramq|msp(?:{_NO})"
        r"|(?:kranken)?versicher(?:ten|ungs)-?(?:nummer|nr)|kvnr|payer id",
        5,
    ),
    _named(
        "record_number",
        "mr|med|record|chart|hosp|unit|patient|pt|enc|visit|acc|spec|case|study|adm|fin|csn|har|ur|nhi|fall|episode"
        "|aufnahme|path",
        rf"mrns?|m\.r\.n|mr{_NO}|(?:medical |med |hospital |patient |health )?rec(?:ords?)?{_NO}|medical record"
        rf"|med rec|chart{_NO}|(?:hospital|hosp|unit|patient|pt|encounter|visit|accession|specimen|case|admission"
        rf"|fin|csn|har|ur|episode|subject|pathology|path)\.?{_NO}|encounter|accession|csn|har|urn?|nhi|specimen"
        r"|fall-?(?:nummer|nr)|patienten-?(?:nummer|nr|id)|aufnahme-?(?:nummer|nr)",
    ),
    _named(
        "account_number",
        "acc|a/c|ending|guarantor|invoice|billing|konto",
        rf"(?:acct|account|(?:visa|mastercard|amex|card) ending(?: in)?|a/c|acc{_NO}|guarantor(?: account)?|invoice"
        rf"|billing(?: account)?|konto)(?:{_NO})?|konto-?(?:nummer|nr)",
    ),
    _named(
        "ssn",
        "ssn|ss#|ss:|ss #|ss no|ss nu|soc|sin |sin:|sin#|insurance|ni |nino|tfn|tax |rentenv|sozialv",
        rf"ssn|ss{_NO}|ss#|ss(?=:)|soc(?:ial)?(?: sec(?:urity)?)?(?:{_NO})?|sin(?:{_NO})?|social insurance(?:{_NO})?"
        rf"|(?:national insurance|ni)(?:{_NO})|nino|tfn|tax (?:file|payer)?{_NO}|(?:renten"
        rf"|sozial)versicherungs-?(?:nummer|nr)",
    ),
    _named(
        "licence_number",
        "licen|lic |lic#|lic.|dl#|dl n|dl:|dl |dea|passport|cdl|certificate|führerschein|reisepass|ausweis",
        rf"(?:driver'?s?|driving|nursing|medical|pilot'?s?)? ?(?:licen[cs]e(?! plate)(?:{_NO})?|lic\.?{_NO})|dl{_NO}"
        rf"|dl#|dl|dea(?:{_NO})?|passport(?:{_NO})?|cdl(?:{_NO})?|(?:birth |death |pilot "
        rf"|marriage )?certificate{_NO}|(?:führerschein|reisepass|ausweis)(?:{_NO}|-?nummer|-?nr)?",
        5,
    ),
    _named(
        "device",
        "serial|s/n|sn|device|imei|implant|serien|udi|model",
        rf"serial(?:{_NO})?|s/n|sn|(?:device|implant|pump|udi|pacemaker|icd)(?:{_NO})|imei|serien-?(?:nummer|nr)",
    ),
    _named(
        "vehicle",
        "plate|tag|rego|registration|kennzeichen|vin|vehicle|licence pl",
        rf"plates?(?:{_NO})?|tag{_NO}|rego|(?:vehicle |car )?registration{_NO}|kennzeichen|vin(?:{_NO})?"
        rf"|vehicle identification{_NO}",
        2,
        r"(?P<value>(?:[a-z]{1,3}[ \-]?){1,2}\d{2,5}(?!\w)|\d{1,4}[ \-]?[a-z]{1,4}[ \-]?\d{0,4}(?!\w)"
        r"|[a-z\d]{17}(?!\w)|[a-z]{2}\d{2} ?[a-z]{3}(?!\w))",
    ),
    _named(
        "vehicle",
        "plate|registration|rego|car reg|vehicle reg",
        rf"(?:(?:licen[cs]e|number|vehicle|car) )plates?(?: number)?(?:{_NO})?|plates?{_NO}|rego|(?:vehicle|car) reg"
        rf"|(?:vehicle|car) registration",
        1,
        r"(?P<value>(?=[a-z \-•]{0,5}\d)[a-z\d]{1,4}(?:[ \-•]?[a-z\d]{1,5})?(?!\w))",
    ),
    _named(
        "insurance_number",
        "medicaid|medicare|subscriber|member|beneficiary|ramq|ihi|bcbs|blue c|aetna|cigna|humana|uhc|united|kaiser"
        "|anthem|tricare|plan",
        rf"medicaid|medicare|ramq|ihi|subscriber|member|beneficiary|(?:bcbs|blue \w{{4,6}}(?: blue \w{{6}})?|aetna"
        rf"|cigna|humana|uhc|united(?: ?healthcare)?|kaiser|anthem|tricare|plan) ?(?:member|subscriber|policy"
        rf"|group)?{_NO}",
        7,
    ),
    _named("licence_number", " id", rf"(?:state|government|gov't|military|school|national|voter|resident){_NO}", 6),
    # A number called "id" and nothing else is one of some record.
    _named(
        "record_number",
        " id",
        rf"{_NOT_OURS}(?:epic|cerner|emr|ehr|clinic|lab|dialysis|research|his|her|their)? ?id(?:{_NO})?",
        6,
    ),
)
# Words before that make a number one of publications, genes, goods or rules.
_PUBLIC = re.compile(
    r"\b(?:genbank|refseq|geo|sra|ena|embl|vaccine|lot|isbn|issn|patent|order set|in|the) (?:\w{1,12} )?$"
)
# Numbers of published data, trials and genes.
_CATALOGUED = re.compile(r"(?:gs[em]|[sed]r[rpx]|prj\w\w|nct|ens[gt]|nm|np|nc|e-mtab|crd|actrn|isrctn|cve)[ _\-]?\d")
# "(#0041223)" with a patient near: an order, a ticket or a manuscript has its word before.
_HASHED = re.compile(r"[(\[]#(?P<value>\d{6,12})[)\]]")
_YEAR = re.compile(r"(?:19|20)\d\d")
_SSN = re.compile(r"(?<![\w.\-/])(?!000|666)[0-8]\d{2}([\-. ])(?!00)\d{2}\1(?!0000)\d{4}(?![\w\-/]|\.\d)")
_NATIONAL_INSURANCE = re.compile(r"(?<!\w)[a-ceghj-prstw-z]{2} ?\d{2} ?\d{2} ?\d{2} ?[a-d](?!\w)")
_MBI = re.compile(
    r"(?<![\w\-])[1-9][ac-hj-np-rt-y][ac-hj-np-rt-y\d]\d-?[ac-hj-np-rt-y][ac-hj-np-rt-y\d]\d-?[ac-hj-np-rt-y]{2}\d{2}(?![\w\-])"
)
_NHS = re.compile(r"(?<![\w.\-/+(])\d{3}([ \-]?)\d{3}\1\d{4}(?![\w\-])")
_KVNR = re.compile(r"(?<!\w)[a-z]\d{9}(?!\w)")
_RENTE = re.compile(r"(?<!\w)\d{2} ?[0-3]\d[01]\d{3} ?[a-z] ?\d{3}(?!\w)")
_MEDICARE_AU = re.compile(r"(?<![\w.\-/+])[2-6]\d{3} \d{5} \d(?:[ /\-]\d)?(?!\w)")
_IBAN = re.compile(r"(?<!\w)[a-z]{2}\d{2}(?: ?[a-z\d]{4}){2,7}(?: ?[a-z\d]{1,3})?(?!\w)")
_CARD = re.compile(r"(?<![\w.\-/+])[3-6]\d{3}(?:[ \-]?\d{4}){2}[ \-]?\d{1,7}(?![\w\-])")
_VIN = re.compile(r"\b[a-hj-npr-z\d]{17}\b")
_MAC = re.compile(r"(?<![\w:])[\da-f]{2}([:\-])(?:[\da-f]{2}\1){4}[\da-f]{2}(?![\w:])")
_UDI = re.compile(r"\(01\) ?\d{14}(?:\(\d{2}\) ?[\w\-]{1,20}){0,5}")


def find_numbers(words: Plain, country: str) -> Iterator[Found]:
    lower = words.lower
    if not any(map(str.isdigit, lower)):
        return
    for each in _NAMED:
        if any(hint in lower for hint in each.hints):
            # The plate of a car may have a digit or two.
            stretches = words.short_numbers if each.fewest > 3 else ((0, len(lower)),)
            for stretch in stretches:
                for number in each.pattern.finditer(lower, *stretch):
                    if _is_number(lower, number, each):
                        yield Found(number.start("value"), number.end("value"), each.kind, True)
    for number in words.in_numbers(_HASHED):
        yield Found(*number.span("value"), "record_number", True)
    for kind, pattern, holds in _FORMS:
        # Ten digits in the NHS's form are a phone number in America, and one in eleven passes the check.
        if pattern is _NHS and "nhs" not in lower and country != "GB":
            continue
        for number in words.in_numbers(pattern):
            if holds(_bare(number[0])):
                yield Found(number.start(), number.end(), kind, True)
    # These may be nearly all letters.
    for kind, pattern, holds in _LETTERED:
        for number in pattern.finditer(lower):
            if holds(_bare(number[0])):
                yield Found(number.start(), number.end(), kind, True)


def _is_number(lower: str, number: re.Match[str], named: _Named) -> bool:
    value = number["value"]
    digits = sum(sign.isdigit() for sign in value)
    if (
        (named.kind == "record_number" and _CATALOGUED.match(value))
        or digits < min(named.fewest, 5)
        or len(_bare(value)) < named.fewest
        or ("," in lower[number.end() : number.end() + 1] + " " and digits < 4)
    ):
        return False
    last_four = named.kind == "ssn" and re.search(r"ending|last", lower[max(0, number.start() - 12) : number.end()])
    if (_YEAR.fullmatch(value) and not last_four) or re.match(r",\d{3}", lower[number.end() : number.end() + 4]):
        return False
    if named.kind == "vehicle" and not (4 <= len(_bare(value)) <= 8 or len(value) == 17):
        return False
    return not _PUBLIC.search(lower[max(0, number.start() - 24) : number.start()]) or "#" in number[0] or digits > 5


def _bare(number: str) -> str:
    return re.sub(r"[^a-z\d]", "", number)


def _always(number: str) -> bool:
    return True


_FORMS: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    ("ssn", _SSN, _always),
    ("ssn", _NATIONAL_INSURANCE, _always),
    ("ssn", _RENTE, _always),
    ("insurance_number", _MBI, _always),
    ("insurance_number", _NHS, checksums.nhs_number),
    ("insurance_number", _KVNR, checksums.german_insured),
    ("insurance_number", _MEDICARE_AU, checksums.australian_medicare),
    ("account_number", _IBAN, checksums.iban),
    ("account_number", _CARD, lambda number: 13 <= len(number) <= 19 and checksums.luhn(number)),
    ("device", _UDI, _always),
)
_LETTERED: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    ("vehicle", _VIN, lambda number: not number.isdigit() and checksums.vin(number)),
    ("device", _MAC, _always),
)
