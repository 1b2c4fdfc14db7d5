"""Ages over 89: a single person's, not those of the people of a trial; pure."""

import re
from collections.abc import Iterator

from forum.rules.identifiers.found import Found
from forum.rules.identifiers.plain import Plain

_UNIT = r"(?:years?|yrs?|y)"
_WHO = r"(?:[ -](?:woman|man|lady|gentleman|female|male|patient|m|f)\b)?"
_AGE = re.compile(
    r"[91](?<![\d.,/\-].)\d(?:(?<=9\d)|(?<=1[01])\d)(?:"
    rf"[ \-]{{0,2}}{_UNIT}\.?[ \-]?(?:old\b|of age\b|/?o\b){_WHO}|[ \-]?yo(?:[mf]|\b){_WHO}|[ \-]?y[./]?o\b\.?{_WHO}"
    r"|[ \-]?jährige[rn]?\b|[ ]jahre alt\b|[ ]ans\b|[ ]años\b|(?P<sex>[ \-]?[mf]\b(?!-)))"
)
_WORDS = re.compile(
    r"\b(?:ninety(?:[ -](?:one|two|three|four|five|six|seven|eight|nine))?"
    rf"|(?:a |one )?hundred(?:[ -](?:and[ -])?(?:one|two|three|four|five|six))?)[ -]years?[ -](?:old|of age)\b{_WHO}"
)
_AFTER_CUE = re.compile(
    r"\b(?:age(?:/sex|[ds])?|turn(?:ed|s|ing)|(?:pt|patient|he|she|grandma|grandpa|mom|dad|mother|father|wife"
    r"|husband|who|lady|aunt|uncle)(?: i|')s(?: now)?|[mf]/|alter)[ :=]{0,3}(?P<age>9\d"
    r"|1[01]\d)(?![\d%.,/\-]*[\d%])(?! ?(?:mm|mg|kg|kilos?|pounds?|lbs?|cm|ml|bpm|percent|degrees|points|on room"
    r"|on ra|weeks|months|days|minutes)\b)"
)
_POPULATION_BEFORE = re.compile(
    r"(?:over|above|than|until|till|up to|between|beyond|reach|under|below|≥|>|≤|<|mean|median|average|to|least|from"
    r"|ages|adults|people|patients|those|persons|individuals|cohort|was"
    r"|were)(?: the)?(?: age)?(?: of)? (?:age[d]? ?(?:was|of|is)? ?)?$"
)
_POPULATION_AFTER = re.compile(
    r"s?\+|s\b|[ -](?:or|and) (?:older|over|above|up|more|beyond)|[ -](?:hospital|building|journal|house|guideline"
    r"|institution|pipes?|tradition|law|debate|drug|study|trial|history|record|theory|theater|theatre|company|school"
    r"|tree|practice)| (?:cells|reads|pairs|degrees|dollars|cases)"
)
_TEMPERATURE = re.compile(
    r"\bfever\b.{0,30}$|\b(?:tc|technetium|temp(?:erature)?|fever|febrile|tmax|t|at|to|of|was|°)[ :]{0,2}$"
)


# "98F" is as often a temperature; somebody's age follows one of these.
_SOMEBODY = re.compile(
    r"(?:^|[.:;?!(\n]|\b(?:a|an|for|pt|patient|this|our|my|with|is|on|re|old|elderly|frail|another|consult|case|lady"
    r"|gentleman|the))\s*$"
)


def find_ages(words: Plain, country: str) -> Iterator[Found]:
    lower = words.lower
    if not ("9" in lower or "10" in lower or "11" in lower or "ninety" in lower or "hundred" in lower):
        return
    for pattern in (_AGE, _WORDS, _AFTER_CUE):
        for age in pattern.finditer(lower):
            begins = age.start()
            before = lower[max(0, begins - 40) : begins]
            if _POPULATION_AFTER.match(lower, age.end()):
                continue
            if pattern is _AFTER_CUE:
                if re.search(
                    r"(?:adults|people|patients|those|persons|mean|median|average|until|than|of|over|the) $", before
                ):
                    continue
            elif _is_of_many(before) or (
                age.groupdict().get("sex") and (_TEMPERATURE.search(before) or not _SOMEBODY.search(before))
            ):
                continue
            yield Found(age.start("age") if pattern is _AFTER_CUE else begins, age.end(), "age", True)


def _is_of_many(before: str) -> bool:
    return bool(_POPULATION_BEFORE.search(before)) and not re.search(
        r"(?:pt|patient|he|she|who|lady|man) (?:was|is) $", before
    )
