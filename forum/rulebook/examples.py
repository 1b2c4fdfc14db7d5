"""Whether a rule's examples hold: each post that it must catch is caught, each that must pass passes. Pure.

An example is the text of a post, with its subject and files where they matter (`example_text`); for a check of pace it
says the pace, such as "4 posts in 60 minutes".
"""

from collections.abc import Mapping
from typing import Any

from forum.rulebook.example_text import read_example, write_example
from forum.rulebook.pace_examples import default_pace_examples, read_pace_example
from forum.rules.checks import CHECKS, HISTORY_CHECKS, read_options
from forum.rules.terms import Terms


def failing(terms: Terms) -> tuple[str, ...]:
    """What is wrong with the examples of some terms, in sentences; empty when all hold."""
    options = read_options(terms.check, terms.options)
    wrong = []
    for text in (*terms.caught, *terms.passing):
        must_be_caught = text in terms.caught
        try:
            caught = _is_caught(terms.check, text, options)
        except ValueError as error:
            wrong.append(f"{_short(text)} is no example. {error}")
            continue
        if caught and text in terms.passing:
            wrong.append(f"It must pass, and is caught: {_short(text)}")
        elif must_be_caught and not caught:
            wrong.append(f"It must be caught, and is not: {_short(text)}")
    return tuple(wrong)


def default_examples(check: str, options: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Examples to begin with, as people write them, that hold under these options: those to catch, those to pass.

    Either may be empty: of texts, what shows a check at its work under its usual options may not under others.
    ValueError with a sentence when the options cannot be read.
    """
    read = read_options(check, options)
    if check in HISTORY_CHECKS:
        caught, passing = default_pace_examples(read)
    else:
        kind = CHECKS[check]
        caught, passing = (tuple(write_example(each) for each in examples) for examples in (kind.caught, kind.passes))
    return (
        tuple(text for text in caught if _is_caught(check, text, read)),
        tuple(text for text in passing if text and not _is_caught(check, text, read)),
    )


def _is_caught(check: str, text: str, options: Any) -> bool:
    if check in HISTORY_CHECKS:
        return bool(HISTORY_CHECKS[check].check(read_pace_example(check, text), options))
    return bool(CHECKS[check].check(read_example(text), options))


def _short(text: str) -> str:
    words = " ".join(text.split())
    return f"“{words[:100]}…”" if len(words) > 100 else f"“{words}”"
