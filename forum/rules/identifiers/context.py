"""Whose a thing in a text is: of a patient, or of the author, a colleague, an institution or an event; pure.

Only a few words around are looked at, the nearest of them decides.
"""

import re
from enum import Enum

_BEFORE, _AFTER, _WIDE = 90, 60, 250
_END_OF_SENTENCE = re.compile(r"[.?!](?=\s+[^\W\d_])|\n\s*\n")
# "Dr. Lee", "no. 5" and the like end no sentence.
_ABBREVIATION = re.compile(r"\b(?:dr|mr|mrs|ms|st|no|nr|tel|ph|vs|prof|fr|mt|drs|geb|hosp|d\.o\.b|acct|approx)$")
_PATIENTS = re.compile(
    r"\b(?:patient(?:'?s)?|patientin|pts?|his|hers?|him|she|he|their|mother|father|mom|mum|dad|wife|husband|daughter"
    r"|sons?|family|nok|sister|brother|spouse|partner|caregiver|carer|parents?|guardian|tochter|sohn|ehefrau|ehemann"
    r"|mutter|widow|grandmother|grandfather|aunt|uncle|neighbou?r|child|kid|lady|gentleman|victim|next of kin|mrn"
    r"|dob)\b"
)
_COLLEAGUES = re.compile(
    r"\b(?:(?:reach|call|contact|e?-?mail|text|write|page|message|fax|ring|dm|find|join|pm) (?:me|us|our)|our|my|i"
    r"|clinic|office|drs?|doctor|hot-?line|help-?line|life-?line|warm-?line|support line|referral line|crisis|poison"
    r"|register|rsvp|registration|department|dept|desk|referrals?|fellowship|coordinator|organi[sz]ers?"
    r"|program(?:me)?|society|hospital|conference|meeting|medwatch|editors?|clinicians|vendor|rep|correspondence"
    r"|colleagues?|center|centre|venue|hotel|held|symposium|practice|university|college|institute|foundation"
    r"|association|recruiter|secretary|fellow|professor|dial(?: in)?|questions|details|m\.?d|phd|rn|np|abstracts?"
    r"|submissions?|nominations?|sponsors?|treasurer|membership|newsletter|listserv|admin|lab|laboratory"
    r"|headquarters|ship|specimens? to|samples? to|cv|letters|info|information|rotation|locum|job|position|apply"
    r"|survey|slides|study team)\b"
)
# What a post is about that looks for people, gathers them or sells something, where it names no patient.
_GATHERING = re.compile(
    r"\b(?:jobs?|positions?|salary|shifts|sign-on|hospitalists?|recruit\w{0,5}|meetings?|dial|passcode|zoom"
    r"|webinars?|journal club|committee|comments|guidelines?|order sets?|conferences?|regist\w{2,6}|visa|locums?"
    r"|practice for sale|fellowships?|courses?|society|newsletter|volunteers?|surveys?|deadline|abstracts?|sponsors?"
    r"|tickets?|workshop|symposium|dinner|venue|slides|rent|sublet)\b"
)
_AGED = re.compile(r"\b\d{1,3} ?-?(?:yo|y/o|year|yr|[mf]\b)")
_OURS = re.compile(
    r"\b(?:our|my|me|us|hot-?line|help-?line|life-?line|poison|register|rsvp|registration|support line)\b"
)
_COLLEAGUES_AFTER = re.compile(
    r"\b(?:register|rsvp|if you (?:want|need|have|are)|hot-?line|for (?:more|questions|details|info|slides|interview"
    r"|appointments|registration|colleagues|the (?:slides|link|course|meeting))|to (?:register|apply|enrol|refer"
    r"|join|rsvp|sign up))\b"
)
_SIGN_OFF = re.compile(
    r"^[ \t]*(?:-- ?$|(?:(?:many |kind(?:est)? |best |warm(?:est)? )?(?:thanks|regards|wishes)|thank you|thx"
    r"|sincerely|cheers|best|respectfully|yours|mit freundlichen grüßen|viele grüße|mfg|cordially|fraternally"
    r"|v/r)(?: (?:in advance|so much|very much|again|all|everyone|everybody|truly|sincerely"
    r"|from \w{2,20}))?[,.! \-]{0,3}[\w.]{0,15}$)",
    re.MULTILINE,
)
# "Jane Lee, MD, FACP"; without a comma only what is no word of all days, and nothing but a name before it.
_CREDENTIALS = re.compile(
    r"^[^\d\n]{3,50}, ?(?:m\.?d|d\.?o|ph\.?d|mbbs|mbchb|facp|facc|facs|frcs|frcp|mph|np|pa-c|rn|pharm\.?d|faap|dds"
    r"|fracgp|fracp)\b.{0,60}$|^(?:[^\W\d_][\w.'\-]{0,20} ){2,4}(?:md|phd|mbbs|mbchb|facp|facc|facs|frcs|frcp|pharmd"
    r"|faap|fracgp|fracp)\b[^\d\n]{0,40}$|^(?:dr|prof)\.? [^\d\n]{3,50}$",
    re.MULTILINE,
)
_PATIENTS_LINE = re.compile(
    r"\b(?:patient(?:'s)?(?! (?:safety|experience|care|advoca\w+))|pt|mrn|dob|ssn|his|her|he|she|wife|husband"
    r"|daughter|son|nok|mother|father|admitted|discharged)\b"
)
_LONGEST_SIGNATURE_LINE = 90
_MOST_SIGNATURE_LINES = 12


class Whose(Enum):
    PATIENT = "patient"
    COLLEAGUE = "colleague"
    # "Her surgeon's office": a patient is named first, a colleague or an institution after.
    EITHER = "either"
    NOBODY = "nobody"


def sentence_before(lower: str, start: int) -> str:
    """What stands before a place in its sentence, a line of text at most."""
    before = lower[max(0, start - _BEFORE) : start]
    begins = 0
    for end in _END_OF_SENTENCE.finditer(before):
        if end[0][0] != "." or not _ABBREVIATION.search(before, 0, end.start()):
            begins = end.end()
    return before[begins:]


def sentence_after(lower: str, end: int) -> str:
    after = lower[end : end + _AFTER]
    stop = _END_OF_SENTENCE.search(after)
    return after[: stop.start()] if stop else after


def whose(lower: str, start: int, end: int) -> Whose:
    """The nearest word before decides; where there is none, the words after do."""
    before = sentence_before(lower, start)
    patient, colleague = _last(_PATIENTS, before), _last(_COLLEAGUES, before)
    if patient >= 0 or colleague >= 0:
        if patient >= colleague:
            return Whose.PATIENT
        return Whose.COLLEAGUE if patient < 0 or _OURS.search(before, patient) else Whose.EITHER
    after = sentence_after(lower, end)
    if _PATIENTS.search(after):
        return Whose.PATIENT
    wide = lower[max(0, start - _WIDE) : end + _WIDE]
    gathering = _GATHERING.search(wide) and not _PATIENTS.search(wide) and not _AGED.search(wide)
    return Whose.COLLEAGUE if gathering or _COLLEAGUES_AFTER.search(after) else Whose.NOBODY


def _last(words: re.Pattern[str], before: str) -> int:
    place = -1
    for found in words.finditer(before):
        place = found.end()
    return place


def signature(lower: str) -> int:
    """Where the author's own lines at the end begin, or the length of the text where there are none.

    These are short lines below a sign-off, a line of dashes or a name with a degree; a longer line ends the search.
    """
    tail = max(0, len(lower) - 1_200)
    lines = lower[tail:].rstrip().split("\n")
    place = len(lower[tail:].rstrip()) + tail
    begins = len(lower)
    for count, line in enumerate(reversed(lines)):
        place -= len(line)
        if count >= _MOST_SIGNATURE_LINES or len(line) > _LONGEST_SIGNATURE_LINE or _is_of_patient(line):
            break
        # What stands in the first line is the text itself, unless it is dashes.
        if (place > 0 and (_SIGN_OFF.match(line) or _CREDENTIALS.match(line))) or line.rstrip() == "--":
            begins = place
        place -= 1
    return begins


def _is_of_patient(line: str) -> bool:
    return bool(_PATIENTS_LINE.search(line))
