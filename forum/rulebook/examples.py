"""Whether a rule's examples hold: each post that it must catch is caught, each that must pass passes. Pure."""

from forum.rules.checks import CHECKS, read_options
from forum.rules.matter import Matter
from forum.rules.terms import Terms


def failing(terms: Terms) -> tuple[str, ...]:
    """What is wrong with the examples of some terms, in sentences; empty when all hold."""
    check, options = CHECKS[terms.check].check, read_options(terms.check, terms.options)

    def is_caught(text: str) -> bool:
        return bool(check(Matter(text), options))

    wrong = [f"It must be caught, and is not: {_short(text)}" for text in terms.caught if not is_caught(text)]
    wrong += [f"It must pass, and is caught: {_short(text)}" for text in terms.passing if is_caught(text)]
    return tuple(wrong)


def _short(text: str) -> str:
    words = " ".join(text.split())
    return f"“{words[:100]}…”" if len(words) > 100 else f"“{words}”"
