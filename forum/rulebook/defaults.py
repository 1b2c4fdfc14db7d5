"""What a new rule says before anybody changes it: sentence, reason, severity and examples of its check. Pure."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from forum.rulebook.examples import default_examples
from forum.rules.checks import CHECKS, HISTORY_CHECKS, read_options
from forum.rules.politics import shipped_versions
from forum.rules.terms import Terms


def default_terms(check: str, options: Mapping[str, Any]) -> Terms:
    """The terms that a rule with this check begins with, in shadow. ValueError with a sentence for bad options.

    LookupError when there is no such check.
    """
    kind = HISTORY_CHECKS[check] if check in HISTORY_CHECKS else CHECKS[check]
    options = pinned(check, options)
    caught, passing = default_examples(check, options)
    return Terms(
        sentence=kind.sentence,
        why=kind.why,
        check=check,
        options=options,
        severity=kind.severity,
        caught=caught,
        passing=passing,
    )


def pinned(check: str, options: Mapping[str, Any]) -> Mapping[str, Any]:
    """The options with the weights of today named, where a check has weights: a later release does not judge otherwise
    than the group has tried."""
    weighs = check in CHECKS and any(field.name == "version" for field in fields(CHECKS[check].options))
    if weighs and not read_options(check, options).version:
        return {**options, "version": shipped_versions()[-1]}
    return dict(options)
