"""Sees posts written mostly in capitals, and rows of exclamation marks. Advises only: many hospital systems shout.

Abbreviations and lists of drugs are not shouting: only capitals among which ordinary words stand ("DO NOT DO THIS").
"""

import re
from dataclasses import dataclass
from itertools import islice

from forum.rules.cues import MOST_PASSAGES
from forum.rules.findings import Passage, Severity
from forum.rules.matter import Matter, Sighting

_WORD = re.compile(r"[^\W\d_]{2,100}")
# Marks in a row, with spaces between them or not.
_MARKS = re.compile(r"[!?]{3,}")
# A row of capitals; what is neither letter nor end of a line joins them.
_CAPITAL_RUN = re.compile(r"\b[A-Z]{2,100}\b(?:[^\w\n]{1,3}[A-Z]{1,100}\b){2,300}")
_ORDINARY_WORDS = (
    "about after again all also always and any anybody anyone are back be because been before being but by can cannot"
    " come could did do does doing don done every everybody everyone for from get give go going had has have he help"
    " her here him his how if in into is it its just keep know let like listen look made make many may me mean more"
    " most much must my need never no nobody not nothing now of off on one only or other our out over people please"
    " read really right say see she should so some someone stop such take tell than thank that the their them then"
    " there these they thing think this those to too up us very want was way we well were what when where which who"
    " why will with work would wrong yes you your"
)
_ORDINARY = frozenset(_ORDINARY_WORDS.split())
# Short words of which all are capitals are abbreviations, unless everybody knows them as words.
_LONGEST_ABBREVIATION = 5


@dataclass(frozen=True)
class ShoutingOptions:
    """From which share of letters on capitals are shouting, from how many words on, and how many marks in rows pass."""

    largest_share: float = 0.4
    fewest_words: int = 8
    most_marks: int = 5

    def __post_init__(self) -> None:
        if not 0 < self.largest_share < 1:
            raise ValueError("The share of capitals is a number between 0 and 1, such as 0.4.")
        if self.fewest_words < 1 or self.most_marks < 2:
            raise ValueError("A check on shouting begins at 1 word or more and allows 2 marks or more.")


def check_shouting(matter: Matter, options: ShoutingOptions) -> tuple[Sighting, ...]:
    own = matter.own
    sightings = []
    share = _share_of_capitals(own, options.fewest_words)
    if share > options.largest_share:
        runs = tuple(Passage(*run.span(), "capitals") for run in islice(_CAPITAL_RUN.finditer(own), MOST_PASSAGES))
        sightings.append(
            Sighting(
                Severity.ADVISE,
                "Much of your post is in capitals, which many read as shouting and all read more slowly. Write it in"
                " small letters where you can.",
                f"{round(100 * share)} % of the letters are capitals.",
                runs,
                score=share,
                label="capitals",
            )
        )
    marks = [Passage(*row.span(), "marks") for row in _MARKS.finditer(own)]
    if sum(row.end - row.start for row in marks) > options.most_marks:
        sightings.append(
            Sighting(
                Severity.ADVISE,
                "The marked rows of exclamation or question marks can sound sharper than you mean. One mark says it"
                " too.",
                "Rows of exclamation or question marks.",
                tuple(marks[:MOST_PASSAGES]),
                label="marks",
            )
        )
    return tuple(sightings)


def _share_of_capitals(own: str, fewest_words: int) -> float:
    """Letters of words in capitals, of all letters; 0 for what is short or has no ordinary words among its capitals."""
    loud = plain = words = ordinary = 0
    for word in _WORD.findall(own):
        if not word.isupper():
            plain += len(word)
            words += 1
        elif word.lower() in _ORDINARY:
            loud += len(word)
            words += 1
            ordinary += 1
        elif len(word) > _LONGEST_ABBREVIATION:
            loud += len(word)
            words += 1
    if words < fewest_words or ordinary < 3:
        return 0.0
    return loud / (loud + plain)


EXAMPLES_CAUGHT = tuple(
    map(
        Matter,
        (
            "PLEASE STOP SENDING THESE PATIENTS WITHOUT A NOTE, WE CANNOT GO ON LIKE THIS.",
            "I HAVE SAID IT BEFORE AND I SAY IT AGAIN: NOBODY READS THE GUIDELINE.",
            "WHY DOES NOBODY ANSWER? THE QUESTION WAS SIMPLE. PLEASE READ IT.",
            "Nobody told me about the change!!!! Who decides such things????",
            "Finally!!!!!! After two years of asking we get a scribe.",
            "He said yes!!! And then no!!! What now?!?!",
        ),
    )
)
EXAMPLES_PASS = tuple(
    map(
        Matter,
        (
            "CBC, BMP, LFT, TSH, INR and a CXR were all normal, the ECG shows LBBB.",
            "METOPROLOL, LISINOPRIL, ATORVASTATIN, APIXABAN, FUROSEMIDE, SPIRONOLACTONE, METFORMIN, OMEPRAZOLE",
            "We use predniSONE and prednisoLONE in tall letters, and hydrOXYzine too.",
            "Please do NOT give it with MAO inhibitors, and that is all I ever say in capitals.",
            "THANK YOU ALL",
            "Congratulations!!! Well deserved after that long a wait.",
            "> PLEASE STOP SENDING THESE PATIENTS WITHOUT A NOTE, WE CANNOT GO ON LIKE THIS.\nI hear you, and we will.",
            "ASSESSMENT AND PLAN\nThe cellulitis is better on day three. Switch to oral and let her go home tomorrow.",
        ),
    )
)
