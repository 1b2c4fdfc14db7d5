"""The form of a rule's terms: its fields, made from the options of the check, and the terms that it asks for.

It shows nothing and writes nothing.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, replace
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from forum.rules.checks import CHECKS, HISTORY_CHECKS, read_options
from forum.rules.findings import Severity
from forum.rules.terms import SEVERITIES, Binds, Mode, Terms
from forum.web.rule_words import MODES, OPTION_CHOICES, OPTION_WORDS, WHAT_HAPPENS, WHOM

# Divides the examples in their one field.
BETWEEN = "====="
_BETWEEN = re.compile(rf"^{BETWEEN}=* *$", re.MULTILINE)
_OPTION = "option-"

SEVERITY_CHOICES = [(each.value, each.value.capitalize(), WHAT_HAPPENS[each]) for each in SEVERITIES]
BINDS_CHOICES = [(each.value, WHOM[each]) for each in Binds]
MODE_CHOICES = [
    (Mode.OFF.value, MODES[Mode.OFF], "The rule sees nothing."),
    (Mode.SHADOW.value, MODES[Mode.SHADOW], "What it sees is counted and shown to you, and touches nobody."),
    (Mode.ON.value, MODES[Mode.ON], "It works. Its examples must hold."),
]


@dataclass(frozen=True)
class OptionField:
    """One option as a field: `kind` is yes, number, text, lines or choices; `value` is what stands in it.

    `choices` are values, what they are called, and whether they are chosen.
    """

    name: str
    kind: str
    label: str
    help: str
    value: str
    choices: tuple[tuple[str, str, bool], ...] = ()


def as_typed(terms: Terms, room: str) -> dict[str, str]:
    """The terms as they stand, by field; the options' fields know their own values."""
    return {
        "sentence": terms.sentence,
        "why": terms.why,
        "severity": terms.severity,
        "binds": terms.binds,
        "mode": terms.mode,
        "may_be_loosened": "yes" if terms.may_be_loosened else "",
        "caught": f"\n{BETWEEN}\n".join(terms.caught),
        "passing": f"\n{BETWEEN}\n".join(terms.passing),
        "room": room,
    }


def option_fields(check: str, options: Mapping[str, Any], typed: Mapping[str, str]) -> Sequence[OptionField]:
    """A field for each option of a check, with what was typed, else with what holds."""
    kind = HISTORY_CHECKS[check] if check in HISTORY_CHECKS else CHECKS[check]
    hints, read = get_type_hints(kind.options), read_options(check, options)
    found = []
    for field in fields(kind.options):
        label, help_ = OPTION_WORDS[check, field.name]
        shown = _shown(options[field.name] if field.name in options else getattr(read, field.name))
        value = _typed(check, field.name, typed) if typed else shown
        offered = OPTION_CHOICES.get((check, field.name), ())
        choices = tuple((word, called, word in value.split("\n")) for word, called in offered)
        found.append(
            OptionField(field.name, "choices" if choices else _kind(hints[field.name]), label, help_, value, choices)
        )
    return found


def _typed(check: str, name: str, typed: Mapping[str, str]) -> str:
    """What was typed into the field of an option. A box that is not ticked is not sent."""
    offered = OPTION_CHOICES.get((check, name))
    if offered is None:
        return typed.get(_OPTION + name, "").strip()
    return "\n".join(word for word, _ in offered if typed.get(f"{_OPTION}{name}-{word}") == "yes")


def read_terms(before: Terms, typed: Mapping[str, str], rooms: Mapping[str, int]) -> tuple[Terms, dict[str, str]]:
    """The terms that a form asks for, and a sentence for every field that will not do; then the terms are as before.

    A moderator's button for trying sends no fields: that asks for what holds.
    """
    if "sentence" not in typed:
        return before, {}
    errors = {} if typed["sentence"].strip() else {"sentence": "Write a sentence that says to members what it asks."}
    severity, binds, mode = (typed.get(name, "") for name in ("severity", "binds", "mode"))
    for name, word, words in (
        ("severity", severity, SEVERITIES),
        ("binds", binds, tuple(Binds)),
        ("mode", mode, tuple(Mode)),
    ):
        if word not in words:
            errors[name] = "Choose one of these."
    room = typed.get("room", "")
    if room and room not in rooms:
        errors["room"] = "Choose one of these groups."
    options, wrong = _read_options(before, typed)
    errors |= wrong
    if errors:
        return before, errors
    return replace(
        before,
        sentence=" ".join(typed["sentence"].split()),
        why=" ".join(typed.get("why", "").split()),
        options=options,
        severity=Severity(severity),
        binds=Binds(binds),
        mode=Mode(mode),
        may_be_loosened=typed.get("may_be_loosened") == "yes",
        caught=_examples(typed.get("caught", ""), before.caught),
        passing=_examples(typed.get("passing", ""), before.passing),
        room_id=rooms[room] if room else None,
    ), {}


def _read_options(before: Terms, typed: Mapping[str, str]) -> tuple[Mapping[str, Any], dict[str, str]]:
    """The options as plain values; those that are as a check has them by itself are named only if they were before."""
    kind = HISTORY_CHECKS[before.check] if before.check in HISTORY_CHECKS else CHECKS[before.check]
    hints, options, errors = get_type_hints(kind.options), {}, {}
    for field in fields(kind.options):
        try:
            value = _value(hints[field.name], _typed(before.check, field.name, typed))
        except ValueError as error:
            errors[_OPTION + field.name] = str(error)
            continue
        default = field.default if field.default is not MISSING else None
        if field.name in before.options or value != _plain(default):
            options[field.name] = value
    if not errors:
        try:
            read_options(before.check, options)
        except ValueError as error:
            errors[""] = str(error)
    return options, errors


def _kind(wanted: Any) -> str:
    if get_origin(wanted) in (tuple, frozenset):
        return "lines"
    if isinstance(wanted, UnionType):
        (wanted,) = (each for each in get_args(wanted) if each is not type(None))
    return {bool: "yes", int: "number", float: "number", str: "text"}[wanted]


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, list | tuple | frozenset):
        return "\n".join(sorted(value) if isinstance(value, frozenset) else value)
    return "" if value is None else str(value)


def _value(wanted: Any, typed: str) -> object:
    if get_origin(wanted) in (tuple, frozenset):
        return [line.strip() for line in typed.splitlines() if line.strip()]
    if isinstance(wanted, UnionType):
        (other,) = (each for each in get_args(wanted) if each is not type(None))
        return _value(other, typed) if typed else None
    if wanted is bool:
        return typed == "yes"
    if wanted is str:
        return typed
    whole = wanted is int
    if not re.fullmatch(r"\d{1,10}" if whole else r"\d{1,10}(\.\d{1,10})?", typed):
        raise ValueError(f"Write a {'whole ' if whole else ''}number.")
    return int(typed) if whole else float(typed)


def _plain(value: object) -> object:
    return sorted(value) if isinstance(value, frozenset) else list(value) if isinstance(value, tuple) else value


def _examples(typed: str, before: tuple[str, ...]) -> tuple[str, ...]:
    """What stands between the dividing lines. An example that is as it was keeps spaces that a form does not."""
    kept = {each.strip(): each for each in before}
    blocks = (block.strip() for block in _BETWEEN.split(typed.replace("\r\n", "\n")))
    return tuple(kept.get(block, block) for block in blocks if block)
