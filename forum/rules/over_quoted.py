"""Mail that is nearly all other people's words, between which the author's own are hard to find.

Only quotes that stayed in the text count: what was folded is out of the way, so that a bare "Agreed." is fine, and so
is a forward. The gate asks it of every mail; web posts are written in our own form and may quote as their authors
like, unless a group asks for less by a rule of its own.
"""

import re
from dataclasses import dataclass

from forum.rules.cues import MOST_PASSAGES
from forum.rules.findings import Finding, Passage, Severity
from forum.rules.matter import Matter, Sighting
from forum.rules.submission import Facts, Submission
from forum.threads.models import Via

_QUOTED_LINES = re.compile(r"^ *>[^\n]*(?:\n *>[^\n]*)*", re.MULTILINE)


@dataclass(frozen=True)
class OverQuotedOptions:
    """Up to which share of the words (0 to 1) may be quoted, and up to how many quoted words nobody minds.

    Below a page or so a quote is no burden to anybody; in a month of a real list one answer had 300 quoted words to 30.
    """

    share: float = 0.9
    fewest: int = 400

    def __post_init__(self) -> None:
        if not 0 < self.share < 1:
            raise ValueError("The share of quoted words lies between 0 and 1, such as 0.9.")
        if self.fewest < 1:
            raise ValueError("The quoted words that nobody minds are 1 or more.")


def check_over_quoted(submission: Submission, facts: Facts) -> Finding | None:
    """The gate's own rule, for mail."""
    if submission.via is not Via.MAIL:
        return None
    share = _share_above(Matter(submission.text), OverQuotedOptions())
    if share is None:
        return None
    return Finding(
        "over_quoted",
        Severity.RETURN,
        f"{share} % of your mail is quoted text. Delete what you do not answer, or write your answer above it,"
        " and send it again.",
        f"{share} % quoted text in the post.",
    )


def check_quotes(matter: Matter, options: OverQuotedOptions) -> tuple[Sighting, ...]:
    """The same as a check that a group's rule can ask for, of every door and with its own bounds."""
    share = _share_above(matter, options)
    if share is None:
        return ()
    places = [found.span() for found in _QUOTED_LINES.finditer(matter.text)][:MOST_PASSAGES]
    return (
        Sighting(
            Severity.RETURN,
            f"{share} % of your post is quoted text, so that your own words are hard to find. Leave of it what you"
            " answer, and send it again.",
            f"{share} % quoted text; {round(100 * options.share)} % are the most.",
            tuple(Passage(start, end, "quoted") for start, end in places),
            label="quoted",
        ),
    )


def _share_above(matter: Matter, options: OverQuotedOptions) -> int | None:
    """How many per cent of the words are quoted, where that is more than the options allow."""
    quoted, own = len(matter.quoted.split()), len(matter.own.split())
    if quoted < options.fewest or quoted <= options.share * (quoted + own):
        return None
    return round(100 * quoted / (quoted + own))


_QUOTE = "> What would you give, and for how long would you go on with it?\n"
EXAMPLE_OPTIONS = OverQuotedOptions(share=0.8, fewest=20)
EXAMPLES_CAUGHT = tuple(
    map(
        Matter,
        (
            _QUOTE * 3 + "Colchicine.",
            "See below.\n" + _QUOTE * 4,
            _QUOTE * 2 + "Yes.\n" + _QUOTE * 2 + "No.",
            _QUOTE * 40 + "Colchicine.",
        ),
    )
)
EXAMPLES_PASS = tuple(
    map(
        Matter,
        (
            _QUOTE + "Colchicine.",
            "Low dose, two weeks, and a look at the kidneys before. " * 2 + "\n" + _QUOTE * 3,
            "Nothing is quoted here, however long it is. " * 20,
        ),
    )
)
