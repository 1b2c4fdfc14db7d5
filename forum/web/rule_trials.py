"""Trials of a rule's terms before they are kept: on past posts, and on a text. It shows nothing and writes nothing."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup

from forum.clock import now
from forum.groups.models import Group
from forum.posting.replaying import plan_of, replay_some, wanted_by
from forum.posting.sighted import subjects_of
from forum.rulebook.changes import changes
from forum.rulebook.queries import StandingRule
from forum.rulebook.replay import Hit, Replayed, Seen, see
from forum.rules.checks import HISTORY_CHECKS, read_options
from forum.rules.matter import Matter
from forum.rules.terms import Terms
from forum.rules.words import WordMatch, try_words
from forum.text import mark_places

TRIED_DAYS = 90
# A look at past posts ends after so many or in so much time, and can be taken up again.
_MOST_TRIED, _SECONDS = 1_000, 1.2
_LISTED = 40


@dataclass(frozen=True)
class Look:
    """A look at past posts, as it is shown: how many of which days, what was seen, and where to go on."""

    posts: int
    held: int
    newest: datetime | None
    oldest: datetime | None
    found: Replayed
    compared: bool
    go_on: str


@dataclass(frozen=True)
class Trial:
    """What was tried: terms on past posts, or on a text."""

    look: Look | None = None
    subjects: Mapping[str, str] | None = None
    text: str = ""
    marked: Markup | None = None
    seen: Seen | None = None
    matches: tuple[WordMatch, ...] = ()


def try_on_past(group: Group, standing: StandingRule, terms: Terms, after: str, within: Collection[int]) -> Trial:
    """What the terms would have done to posts of the last days in these groups, from the place `after` on."""
    compared = bool(changes(standing.terms, terms))
    plan = plan_of(standing.in_force, group, terms, standing.terms if compared else None)
    wanted = wanted_by([plan], now() - timedelta(days=TRIED_DAYS), within=within)
    done, left = replay_some([plan], wanted, after=after, most=_MOST_TRIED, seconds=_SECONDS)
    (found,) = done.rules
    look = Look(
        done.published, done.held, done.newest, done.oldest, found, compared, f"past {done.last}" if left else ""
    )
    lists: tuple[list[Hit], ...] = (found.acted.first, found.newly.first, found.no_longer.first, found.otherwise.first)
    for each in lists:
        del each[_LISTED:]
    return Trial(look, subjects_of([hit for each in lists for hit in each]))


def try_on_text(terms: Terms, typed: str) -> Trial:
    """What the terms see in a text, marked; of listed words also what passes, and why."""
    text = typed.replace("\r\n", "\n")[:100_000]
    if not text.strip() or terms.check in HISTORY_CHECKS:
        return Trial(text=text)
    found = see(terms, Matter(text))
    places = [(each.start, each.end) for each in found.passages if each.field == "text"] if found is not None else []
    matches = try_words(read_options("words", terms.options), text) if terms.check == "words" else ()
    return Trial(text=text, marked=mark_places(text, places), seen=found, matches=matches)
