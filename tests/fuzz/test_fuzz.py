"""The short form of `make fuzz`: broken mails, trees and bombs, the same ones and new ones each time."""

import random

import pytest
from hypothesis import HealthCheck, given, settings

from tests.fuzz.bombs import BOMBS, set_off
from tests.fuzz.corpus import MAILS, broken, read_corpus
from tests.fuzz.judge import look_at
from tests.fuzz.run import Report, fuzz
from tests.fuzz.trees import mails

SHORT = (
    "multiparts nested 20,000 deep",
    "forwards nested 20,000 deep",
    "10,000 parts of text",
    "300,000 empty parts",
    "1 MB of headers",
    "1 MB of brackets",
    "a line of 10 MB",
    "10 MB of blank lines",
    "a zip bomb",
    "24 MB of folded headers",
    "24 MB of base64 in pieces",
    "a report on 100,000 addresses",
)
# What reading a mail of 25 MB may take beside it, in MB. Seconds are measured by `make fuzz`, where nothing else runs.
MEMORY = 300


def test_a_number_makes_the_same_mail_again() -> None:
    corpus = read_corpus()
    assert broken(corpus, 17, seed=3) == broken(corpus, 17, seed=3)
    assert len({broken(corpus, number, seed=3) for number in range(50)}) == 50


@pytest.mark.parametrize("path", sorted(MAILS.glob("*.eml")), ids=lambda path: path.stem)
def test_every_mail_of_the_corpus_holds(path) -> None:
    look_at(path.read_bytes())


def test_broken_mails_are_read_and_have_a_fate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fuzz.run.THROUGH_A_SITE", 4)
    _expect_none(fuzz(range(400), seed=0, seconds=20))


def test_broken_mails_that_nobody_has_seen_before_are_read() -> None:
    seed = random.randrange(10**6)
    report = fuzz(range(10**6), seed, seconds=4)
    assert report.mails > 20
    _expect_none(report, f"python -m tests.fuzz --seed {seed}")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(mails())
def test_trees_of_parts_are_read(raw: bytes) -> None:
    look_at(raw)


@pytest.mark.parametrize("name", SHORT)
def test_a_bomb_takes_no_more_memory_than_it_should(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fuzz.judge.LONGEST", 60)
    assert name in BOMBS
    _seen, peak = set_off(name)
    assert peak < MEMORY


def _expect_none(report: Report, hint: str = "") -> None:
    assert report.mails
    assert not report.faults, "\n".join([hint, *report.faults, *report.traces.values()])
