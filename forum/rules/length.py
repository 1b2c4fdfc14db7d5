"""Counts the author's own words; what is quoted does not count. Says nothing on what the words are."""

import re
from dataclasses import dataclass
from itertools import islice

from forum.rules.findings import Passage, Severity
from forum.rules.matter import Matter, Sighting

_WORD = re.compile(r"\S+")


@dataclass(frozen=True)
class LengthOptions:
    """Own words of a post; `fewest` 0 asks for none."""

    fewest: int = 0
    most: int = 1_500

    def __post_init__(self) -> None:
        if not 0 <= self.fewest <= self.most or self.most < 1:
            raise ValueError("The fewest words are 0 or more, and the most words not less than that and at least 1.")


def check_length(matter: Matter, options: LengthOptions) -> tuple[Sighting, ...]:
    own = matter.own
    words = _WORD.finditer(own)
    counted = sum(1 for _ in islice(words, options.most))
    if counted < options.fewest:
        return (
            Sighting(
                Severity.RETURN,
                f"Your post has {counted} own words, and this group asks for {options.fewest}, so that a mail to"
                " everybody says enough. Add what you mean and send it again.",
                f"{counted} own words, at least {options.fewest} are asked.",
                (Passage(0, len(own), "too short"),) if own else (),
                label="too short",
            ),
        )
    if (beyond := next(words, None)) is not None:
        total = counted + 1 + sum(1 for _ in words)
        return (
            Sighting(
                Severity.RETURN,
                f"Your post has {total} words, and this group asks for at most {options.most}, since long mails go"
                " unread. Cut it to what you ask or found, or attach the long version, and send it again.",
                f"{total} own words, at most {options.most} are asked.",
                (Passage(beyond.start(), len(own.rstrip()), "too long"),),
                label="too long",
            ),
        )
    return ()


EXAMPLE_OPTIONS = LengthOptions(fewest=3, most=40)
EXAMPLES_CAUGHT = tuple(
    map(
        Matter,
        (
            "Agreed.",
            "+1",
            "Me too!",
            "> What would you give her, and for how long would you go on with it?\nColchicine.",
            "The whole story again. " * 11,
            "\n".join(["one two three four five"] * 9),
        ),
    )
)
EXAMPLES_PASS = tuple(
    map(
        Matter,
        (
            "I would wait.",
            "Start low, go slow, and see her again in a week.",
            "> " + "a long quote " * 100 + "\nI would do the same for her.",
            "one\ntwo\n\nthree",
            "word " * 40,
            "Could be gout, could be infection: tap it first, then treat.",
        ),
    )
)
