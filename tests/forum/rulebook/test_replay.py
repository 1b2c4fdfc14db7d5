"""Replay: what rules would have done, who is bound, and the difference between two terms. Pure."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from forum.groups.models import Role
from forum.rulebook.replay import PastPost, Plan, replay, see
from forum.rules.findings import Severity
from forum.rules.shouting import EXAMPLES_CAUGHT
from forum.rules.terms import Binds, Terms

AT = datetime(2026, 3, 2, tzinfo=UTC)
TERMS = Terms("Three words.", "", "length", {"most": 3}, severity=Severity.RETURN)


def past(number: int, text: str, **more: Any) -> PastPost:
    return PastPost(f"p{number}", 1, f"post{number}", False, False, AT, text, **more)


POSTS = [
    past(5, "one two three four"),
    past(4, "one two"),
    past(3, "one two three four five six"),
    replace(past(2, "one two three four five"), held=True, public_id="held2"),
    replace(past(1, "one two three four"), group_id=2),
]


def test_posts_are_counted_and_listed_without_their_words() -> None:
    done = replay(POSTS, [Plan("short", {1: TERMS})], listed=2)
    (result,) = done.rules
    assert (done.published, done.held, done.last) == (4, 1, "p1")
    assert (result.acted.count, dict(result.by_severity)) == (3, {Severity.RETURN: 3})
    assert [hit.public_id for hit in result.acted.first] == ["post5", "post3"]
    assert result.acted.first[0].seen.kinds == {"too long": 1}
    assert "four" not in repr(done)


def test_the_difference_between_two_terms_is_listed() -> None:
    later = replace(TERMS, options={"most": 4}, severity=Severity.HOLD)
    (result,) = replay(POSTS, [Plan("short", {1: later}, {1: TERMS, 2: TERMS})], listed=10).rules
    assert [hit.public_id for hit in result.no_longer.first] == ["post5", "post1"]
    assert [hit.public_id for hit in result.otherwise.first] == ["post3", "held2"]
    assert result.newly.count == 0
    assert result.by_severity_against == {Severity.RETURN: 4}
    (back,) = replay(POSTS, [Plan("short", {1: TERMS}, {1: later})], listed=10).rules
    assert [hit.public_id for hit in back.newly.first] == ["post5"]


def test_a_rule_judges_whom_it_binds() -> None:
    posts = [past(1, "a b c d", role=Role.OWNER), past(2, "a b c d", newcomer_posts=1), past(3, "a b c d")]
    for binds, ids in (
        (Binds.MEMBERS, ["post2", "post3"]),
        (Binds.MODERATORS, ["post1"]),
        (Binds.NEWCOMERS, ["post2"]),
    ):
        (result,) = replay(posts, [Plan("short", {1: replace(TERMS, binds=binds)})], listed=9).rules
        assert [hit.public_id for hit in result.acted.first] == ids


def test_what_a_check_only_advises_stays_advice() -> None:
    seen = see(Terms("Softly.", "", "shouting", severity=Severity.RETURN), EXAMPLES_CAUGHT[0])
    assert seen is not None
    assert seen.severity is Severity.ADVISE
