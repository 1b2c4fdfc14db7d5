"""What no rule of a group may do, whatever is written: change a word, refuse, say nothing, or point beside the text."""

import copy
import json
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forum.groups.models import Assurance
from forum.rules.checks import CHECKS, HISTORY_CHECKS
from forum.rules.findings import Severity
from forum.rules.group_rules import judge_by_rules
from forum.rules.history import History, InThread, SameWords
from forum.rules.submission import File, Submission
from forum.rules.terms import SEVERITIES, Mode, RuleInForce, Terms
from forum.threads.models import TextFormat, Via
from tests.people import FACTS

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def _rule(number: int, check: str, options: Any, mode: Mode, severity: Severity) -> RuleInForce:
    plain = json.loads(json.dumps(asdict(options), default=list))
    terms = Terms(f"The rule {check}.", "Why.", check, plain, severity, mode=mode, room_id=9)
    return RuleInForce(number, check.replace("_", "-"), number, terms)


def _rules(mode: Mode, severity: Severity) -> tuple[RuleInForce, ...]:
    """Every check: strict, under the options of its own examples."""
    options = {name: kind.example_options for name, kind in CHECKS.items()}
    options |= {name: kind.example_options for name, kind in HISTORY_CHECKS.items()}
    return tuple(_rule(number, name, each, mode, severity) for number, (name, each) in enumerate(options.items(), 1))


RULES = {(mode, severity): _rules(mode, severity) for mode in (Mode.ON, Mode.SHADOW) for severity in SEVERITIES}

# What checks look at, cut into pieces, so that chance puts them together anew; and whatever else there is.
PIECES = [line for kind in CHECKS.values() for each in kind.caught for line in each.text.splitlines() if line]
TEXT = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=40)), max_size=6).map("\n".join)
MOMENTS = st.lists(st.integers(0, 5_000).map(lambda minutes: NOON - timedelta(minutes=minutes)), max_size=12)


@st.composite
def histories(draw: Callable[..., Any]) -> History:
    thread = draw(st.lists(st.builds(InThread, st.integers(1, 3), st.sampled_from([NOON, NOON - timedelta(hours=2)]))))
    same = tuple(SameWords(group, at) for group, at in enumerate(draw(MOMENTS)))
    return History(NOON, 1, tuple(draw(MOMENTS)), draw(st.integers(0, 5)), tuple(thread), same)


SUBMISSIONS = st.builds(
    Submission,
    group_id=st.just(1),
    author_id=st.just(1),
    byline=st.just("Ann Lee"),
    assurance=st.just(Assurance.PROVEN),
    via=st.sampled_from([Via.MAIL, Via.WEB]),
    subject=st.one_of(st.sampled_from(PIECES), st.text(max_size=40)),
    text=TEXT,
    text_format=st.sampled_from(TextFormat),
    files=st.lists(st.builds(File, st.sampled_from(["a.exe", "b.jpg"]), st.just("image/jpeg"), st.binary())).map(tuple),
    anonymous=st.booleans(),
)


@settings(max_examples=60, deadline=None)
@given(SUBMISSIONS, histories(), st.sampled_from(list(RULES)))
def test_a_rule_only_looks_and_says_what_it_sees(
    submission: Submission, history: History, how: tuple[Mode, Severity]
) -> None:
    mode, severity = how
    facts, before = replace(FACTS, rules=RULES[how], history=history), copy.deepcopy(submission)
    judged = judge_by_rules(submission, facts)
    assert submission == before
    assert judge_by_rules(submission, facts) == judged
    assert not (judged.findings if mode is Mode.SHADOW else judged.shadows)
    for finding in (*judged.findings, *judged.shadows):
        assert finding.severity in SEVERITIES
        assert finding.severity.rank <= severity.rank
        assert finding.sentence.startswith("The rule ")
        assert finding.sentence.rstrip(".") not in {each.terms.sentence.rstrip(".") for each in facts.rules}
        assert finding.for_moderator.strip()
        assert finding.version_id is not None
        assert not finding.evidence
        for passage in finding.passages:
            assert 0 <= passage.start < passage.end <= len(getattr(submission, passage.field))
            assert passage.kind


def test_no_terms_refuse_anybody() -> None:
    with pytest.raises(ValueError, match="cannot refuse"):
        Terms("No.", "Why.", "words", severity=Severity.REFUSE)


@pytest.mark.parametrize("check", [*CHECKS, *HISTORY_CHECKS])
def test_every_check_speaks_through_its_rule(check: str) -> None:
    submission = Submission(1, 1, "Ann Lee", Assurance.PROVEN, Via.WEB, "", "", TextFormat.PLAIN)
    history = History(NOON, 1)
    if check in CHECKS:
        matter = CHECKS[check].caught[0]
        submission = replace(submission, subject=matter.subject, text=matter.text, files=matter.files)
    else:
        history = HISTORY_CHECKS[check].caught[0]
    facts = replace(FACTS, rules=RULES[Mode.ON, Severity.HOLD], history=history)
    seen = {finding.rule for finding in judge_by_rules(submission, facts).findings}
    assert check.replace("_", "-") in seen
