"""Where a patient lives: streets, codes of the post, towns and counties; a state or a country is no such place;"
" pure."""

import re
from collections.abc import Iterator
from functools import cache

from forum.rules.identifiers.context import Whose, sentence_after, sentence_before, whose
from forum.rules.identifiers.found import Found
from forum.rules.identifiers.lists import NO_NAMES, STATE_CODES, STATES, cities, eponyms, words_of
from forum.rules.identifiers.plain import Plain

_TYPE = (
    r"(?:street|st|avenue|ave?|road|rd|boulevard|blvd|lane|ln|drive|dr|court|ct|way|place|pl|terrace|ter|circle|cir"
    r"|parkway|pkwy|highway|hwy|square|sq|trail|crescent|cres|close|grove|mews)"
)
_STREET = re.compile(
    r"(?P<no>\d(?<![\w.,/\-]\d)\d{0,4}[a-z]?)(?:-\d{1,5})? (?P<side>(?:north|south|east|west|[nsew]{1,2})\.? )?"
    rf"(?P<name>[^\W\d_][\w'\-]{{1,20}}|\d{{1,3}}(?:st|nd|rd"
    rf"|th))(?: (?P<second>[^\W\d_][\w'\-]{{1,20}}))? (?P<type>{_TYPE})\b\.?"
    r"(?:,? {0,2}(?:apt|apartment|unit|suite|ste|#)\.? {0,2}[\da-z]{1,5}\b)?"
)
_SURE_TYPES = words_of(
    "street st avenue ave av road rd boulevard blvd ln lane pkwy parkway drive terrace court crescent"
)
_BOX = re.compile(r"(?P<weak>(?!))?\bp\.? ?o\.? ?box {0,2}\d{1,6}|\bpostfach \d[\d ]{2,8}\d")
_GERMAN_STREET = re.compile(
    r"(?<!\w)[^\W\d_]{2,25}(?:-[^\W\d_]{2,20}){0,2}(?:straße|strasse|str\.|gasse|allee|damm|ufer"
    r"|chaussee)(?:,? )\d{1,4} ?[a-z]?(?!\w)|(?<!\w)(?P<weak>[^\W\d_]{3,25}(?:weg|platz|ring) \d{1,4}[a-z]?(?!\w))"
)
_GERMAN_STREETS = (
    "str. ",
    "straße",
    "strasse",
    "gasse",
    "allee",
    "damm",
    "ufer",
    "chaussee",
    "weg ",
    "platz ",
    "ring ",
)
# Streets may end in any word: where an address is announced, a number and names with capital letters are enough.
_ANNOUNCED_STREET = re.compile(
    r"\b(?:[Ll]iv(?:es?|ed|ing) (?:alone )?at|[Rr]esid\w{1,5} at|[Aa]ddress(?: is|:| -)?|[Hh]ome(?: is)?(?: at|:)"
    r"|[Hh]ouse at|ADDRESS:?|[Mm]oved to)\s{1,3}"
    r"(?P<street>\d{1,6}[A-Za-z]?(?: [NSEW]{1,2}\.?)?(?: [A-Z][\w'\-]{1,24}){1,4}(?:,? (?:Apt|Suite|Unit|Ste|#)\.?"
    r" ?\w{1,5})?)"
    r"|\b[Ll]iv(?:es?|ing) (?:on|off) (?P<road>[A-Z][\w'\-]{1,24}(?: [A-Z][\w'\-]{1,24}){0,2}"
    r" (?:Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Dr|Blvd|Boulevard|Court|Ct|Way|Place|Terrace)\b)"
)
_ADDRESS_CUE = re.compile(
    r"\b(?:lives?|living|resid\w{1,6}|address|home|house|at|moved|moving|outside|picked|stays?|discharge[d]?"
    r"|wohn\w{1,6}|adresse|found|unit \d+,)\b"
)
_ZIP = re.compile(
    r"\b(?:zip(?: ?code)?|postal code|post ?code|plz|postleitzahl)(?: (?:is"
    r"|of))?[ :#]{0,3}(?P<code>[a-z\d]{2,5}(?:[ \-][a-z\d]{2,4})?)(?!\w)"
)
_STATE_ZIP = re.compile(r"(?P<state>[A-Z](?<!\w[A-Z])[A-Z]{1,2}),? (?P<code>\d{5}(?:-\d{4})?|\d{4})(?![\w\-])")
_TOWN_BEFORE = re.compile(r"[A-Z][\w'\-]{2,18},? $")
_UK_CODE = re.compile(r"[A-Z](?<![\w\-][A-Z])[A-Z]?\d[A-Z\d]? \d[ABD-HJLNP-UW-Z]{2}(?![\w\-])")
_CANADA_CODE = re.compile(r"[ABCEGHJ-NPR-TVXY](?<![\w\-][A-Z])\d[ABCEGHJ-NPR-TV-Z] \d[ABCEGHJ-NPR-TV-Z]\d(?![\w\-])")
_GERMAN_CODE = re.compile(r"\d(?<![\w.,/\-]\d)\d{4} (?P<town>[A-ZÄÖÜ][a-zäöüß]{2,25})")
_PREPOSITION = re.compile(
    r"\b(?:in|from|of|near|to|outside|around|at|aus|called) (?:the )?(?:city of |town of |village of |rural "
    r"|downtown |suburban )?(?=[^\W\d_])"
)
_FROM = re.compile(
    r"\b(?:liv(?:es?|ed|ing) (?:just |out |up |down |alone |over )?(?:in|near|outside(?: of)?|at|around)|resid(?:es?"
    r"|ed|ing|ents?) (?:in|of|near)|moved (?:here )?(?:from|to)|hails from|(?:comes?|came|coming|is|was|are"
    r"|originally|visiting|over|transferred|farmer|student|teacher|patient|pt|man|woman|boy|girl|lady|gentleman|yo"
    r"|old|family) from|grew up in|born in|raised in|born and raised in|home is in|home in|at home in|native of"
    r"|works in|(?:town|village|city) (?:called|of)|(?:flew|flown|drove|driven|travell?ed|commut(?:es?|ed|ing)"
    r"|arrived|returned|back|fled) (?:in )?from|family is in|wohnt in|aus) (?:the )?(?:city of |town of |village of "
    r"|rural |downtown |suburban )?$"
)
# Tables, samples and ideas come from somewhere too.
_LOOSE = re.compile(r"(?:back from|returned from|comes?|came|coming|is|was|are|originally|over|transferred) from")
_PERSON = re.compile(
    r"\b(?:patient(?:'s)?|pt|he|she|mother|father|parents|wife|husband|family|who|man|woman|boy|girl|lady|gentleman"
    r"|yo|old|\d\d[mf])\b"
)
_LABEL = re.compile(r"\b(?:city|town|hometown|location|residence|home|address|lives|resident)[ :]{1,2}$")
_COUNTY = re.compile(r"(?P<name>[A-Z](?<!\w[A-Z])[\w'\-]{2,20}(?: [A-Z][\w'\-]{2,20})?) (?:County|Parish|Township)\b")
_TOWN_STATE = re.compile(
    r"(?P<town>[A-Z](?<!\w[A-Z])[\w'.\-]{2,20}(?: [A-Z][\w'\-]{2,20}){0,2}), ?(?P<state>[A-Z]{2,3}"
    r"|[A-Z][a-z]{3,12})(?:\s+\d{5})?(?!\w)"
)
_WORD = re.compile(r"[^\W\d_][\w'\-]{0,25}")
_COUNTRIES = words_of(
    "germany france italy spain india china japan mexico canada australia england scotland ireland pakistan"
    " nigeria ghana kenya egypt iran iraq syria turkey russia ukraine poland brazil peru chile cuba haiti vietnam"
    " thailand korea philippines bangladesh nepal israel lebanon afghanistan somalia ethiopia sudan congo uganda"
    " eritrea venezuela ecuador guatemala honduras colombia argentina bolivia jamaica europe africa asia america"
    " denmark sweden norway finland austria switzerland netherlands belgium portugal greece romania hungary"
    " bulgaria serbia croatia taiwan indonesia malaysia czech costa puerto dominican sri salvador united republic"
    " hong asian african american european caribbean pacific "
    " island islands nation nations hispanic latin myanmar cambodia laos mongolia usa us uk"
    " eu uae saudi qatar kuwait yemen jordan morocco algeria tunisia libya"
)
_DIRECTIONS = words_of("new north south east west northeast northwest southeast southwest upper lower")
_MEASURES = words_of(
    "hour hours minute minutes min mile miles day days week weeks month block blocks km meter step lane way"
)
_NO_TOWN = words_of(
    "medicaid medicare mayo hopkins johns va snf ltc icu ed er hospital clinic hospice home assisted nursing"
    " group state out overseas abroad rural small big far pain fear poverty squalor icu rehab prison jail shelter"
    " denial reach"
)


def find_places(words: Plain, country: str) -> Iterator[Found]:
    yield from _streets(words)
    yield from _codes(words)
    yield from _towns(words)


def _streets(words: Plain) -> Iterator[Found]:
    lower = words.lower
    for street in _STREET.finditer(lower):
        if _is_street(words, street):
            yield from _owned_street(lower, *street.span())
    for street in _ANNOUNCED_STREET.finditer(words.text):
        yield from _owned_street(lower, *street.span("street" if street["street"] else "road"))
    patterns: tuple[re.Pattern[str], ...] = (_BOX,) if " box" in lower or "postfach" in lower else ()
    if any(part in lower for part in _GERMAN_STREETS):
        patterns += (_GERMAN_STREET,)
    for pattern in patterns:
        for place in pattern.finditer(lower):
            # "Comparing 1" is no ring road.
            announced = place["weak"] is None or _ADDRESS_CUE.search(lower[max(0, place.start() - 40) : place.start()])
            if announced:
                yield from _owned_street(lower, *place.span())


def _owned_street(lower: str, start: int, end: int) -> Iterator[Found]:
    owner = whose(lower, start, end)
    if owner is not Whose.COLLEAGUE:
        yield Found(start, end, "street", owner is not Whose.EITHER)


def _is_street(words: Plain, street: re.Match[str]) -> bool:
    name = street["name"]
    if name in _MEASURES or (name in NO_NAMES and not street["second"]):
        return False
    cue = _ADDRESS_CUE.search(words.lower[max(0, street.start() - 40) : street.start()])
    capital = words.text[street.start("name")].isupper() or name[0].isdigit()
    if capital:
        return street["type"] in _SURE_TYPES or bool(cue) or words.text[street.start("type")].isupper()
    # Small letters only are the way of phones; "2 long road trips" is said in passing.
    sure = street["type"] in _SURE_TYPES or len(street["no"]) > 2
    return sure and bool(cue) and not street["second"]


def _codes(words: Plain) -> Iterator[Found]:
    lower, text = words.lower, words.text
    if "zip" in lower or "post" in lower or "plz" in lower:
        for code in _ZIP.finditer(lower):
            if sum(sign.isdigit() for sign in code["code"]) >= 2:
                yield Found(*code.span("code"), "place", False)
    for pattern in (_UK_CODE, _CANADA_CODE):
        for code in pattern.finditer(text):
            if whose(lower, *code.span()) is not Whose.COLLEAGUE:
                yield Found(*code.span(), "place", False)
    for code in _STATE_ZIP.finditer(text):
        town = _TOWN_BEFORE.search(text, max(0, code.start() - 20), code.start())
        if town and code["state"] in STATE_CODES and whose(lower, *code.span()) is not Whose.COLLEAGUE:
            yield Found(*code.span("code"), "place", False)
    for code in _GERMAN_CODE.finditer(text):
        if code["town"].lower() in cities():
            yield Found(*code.span(), "place", False)


def _towns(words: Plain) -> Iterator[Found]:
    text, lower = words.text, words.lower
    for cue in _PREPOSITION.finditer(lower):
        if not text[cue.end()].isupper() and not _listed(lower, cue.end(), []):
            continue
        said = _FROM.search(lower, max(0, cue.start() - 40), cue.end())
        if said is None and text[cue.end()].isupper() and _listed(lower, cue.end(), []):
            # A known town in a sentence about a patient, whatever the verb.
            end = _town_end(text, lower, cue.end())
            if _is_of_one_patient(lower, cue, end):
                yield Found(cue.end(), end, "place", False)
            continue
        if said is None or (_LOOSE.match(said[0]) and not _PERSON.search(lower, max(0, said.start() - 40), said.end())):
            continue
        end = _town_end(text, lower, cue.end())
        if end > cue.end() and whose(lower, cue.end(), end) is not Whose.COLLEAGUE:
            yield Found(cue.end(), end, "place", False)
    patterns: tuple[re.Pattern[str], ...] = (_TOWN_STATE,) if "," in text else ()
    if "county" in lower or "parish" in lower or "township" in lower:
        patterns += (_COUNTY,)
    for pattern in patterns:
        for place in pattern.finditer(text):
            if pattern is _TOWN_STATE and place["state"] not in STATE_CODES and place["state"].lower() not in STATES:
                continue
            if pattern is _TOWN_STATE and place["town"].lower() in STATES:
                continue
            if pattern is _COUNTY and place["name"].lower() in NO_NAMES:
                continue
            owner = whose(lower, *place.span())
            labelled = _LABEL.search(lower, max(0, place.start() - 16), place.start())
            if (owner is Whose.PATIENT and _near(lower, place)) or (labelled and owner is Whose.NOBODY):
                yield Found(*place.span(), "place", False)


def _is_of_one_patient(lower: str, cue: re.Match[str], end: int) -> bool:
    """Whether a known town belongs to one patient: no sarcoma of Ewing, no cohort from Cardiff, no hospital in Rome."""
    if end <= cue.end() or (
        not re.match(r"(?:in|from|near|to)\b", cue[0]) and lower[cue.start() - 4 : cue.start()] != "out "
    ):
        return False
    if lower[cue.end() : end] in eponyms() or "patients" in lower[max(0, cue.start() - 60) : cue.start()]:
        return False
    institution = re.match(
        r" (?:hospitals?|univ\w+|clinics?|medical|cent(?:er|re)|children|general|criteria|study|cohort)",
        lower[end : end + 14],
    )
    return institution is None and whose(lower, cue.end(), end) is Whose.PATIENT


def _near(lower: str, place: re.Match[str]) -> bool:
    around = sentence_before(lower, place.start())[-60:] + "|" + sentence_after(lower, place.end())[:20]
    return bool(re.search(r"\b(?:from|liv\w{1,4}|resid\w{1,5}|home|address|in|of|near)\b", around))


def _town_end(text: str, lower: str, start: int) -> int:
    """The end of a town's name that begins here, with its state; `start` where none does."""
    end = start
    taken: list[str] = []
    for _ in range(4):
        word = _WORD.match(text, end + (1 if taken else 0))
        if word is None or (taken and text[end] != " "):
            break
        name = lower[word.start() : word.end()]
        capital = text[word.start()].isupper()
        if name in _NO_TOWN or (not taken and (name in _COUNTRIES or (name in NO_NAMES and name != "new"))):
            break
        shouted = len(name) > 1 and text[word.start() : word.end()].isupper() and name not in cities()
        if shouted and not text.isupper():
            break
        if not capital and not _listed(lower, word.start(), taken):
            break
        if taken and not capital and " ".join([*taken, name]) not in cities():
            break
        taken.append(name)
        end = word.end()
    whole = " ".join(taken)
    if not taken or whole in STATES or whole in _DIRECTIONS or taken[-1] in _COUNTRIES:
        return start
    state = re.compile(r",? ([A-Za-z]{2,3}|[A-Za-z]{4,15})(?!\w)").match(text, end)
    if state and (
        (state[1].upper() in STATE_CODES and "," in state[0]) or state[1] in STATE_CODES or state[1].lower() in STATES
    ):
        end = state.end()
    return end


@cache
def _first_words() -> frozenset[str]:
    return frozenset(word[0] for town in cities() if (word := _WORD.match(town)))


def _listed(lower: str, start: int, taken: list[str]) -> bool:
    """In small letters only what is a known town, or the first word of one."""
    if taken:
        return True
    begins = _WORD.match(lower, start)
    if begins is None or begins[0] not in _first_words():
        return False
    words = lower[start : start + 40].replace(",", " ").split()
    return any(" ".join(words[:count]) in cities() for count in (1, 2, 3))
