"""What rules would have done to past posts, under some terms and, for a comparison, under others. Pure.

Posts come one by one and are forgotten: only places and kinds of what was seen stay, never words.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from forum.groups.models import Role
from forum.rules.checks import CHECKS, HISTORY_CHECKS, read_options
from forum.rules.findings import Passage, Severity
from forum.rules.group_rules import is_bound, severity_asked
from forum.rules.history import History
from forum.rules.matter import Matter
from forum.rules.submission import File
from forum.rules.terms import Terms


@dataclass(frozen=True)
class PastPost:
    """A post that was published, or one that was held and never came out (`held`).

    `place` is where a list of past posts can be taken up again after it. `role` is the author's of today, and
    `newcomer_posts` is more than 0 for the first posts of a member.
    """

    place: str
    group_id: int
    public_id: str
    held: bool
    imported: bool
    at: datetime
    text: str
    subject: str = ""
    files: tuple[File, ...] = ()
    role: Role | None = None
    newcomer_posts: int = 0
    history: History | None = None


@dataclass(frozen=True)
class Seen:
    """What a rule would have said of a post: what it asks for, the weight and class, and where."""

    severity: Severity
    score: float
    label: str
    passages: tuple[Passage, ...]

    @property
    def kinds(self) -> Mapping[str, int]:
        """How often each kind was seen, the most frequent first."""
        return dict(Counter(passage.kind for passage in self.passages).most_common())


@dataclass(frozen=True)
class Hit:
    """A past post that a rule would have acted on; without its words."""

    group_id: int
    public_id: str
    held: bool
    imported: bool
    at: datetime
    seen: Seen


@dataclass(frozen=True)
class Plan:
    """One rule to replay: its terms by group, and others to compare with. A group that is missing has no such rule."""

    name: str
    terms: Mapping[int, Terms]
    against: Mapping[int, Terms] | None = None


@dataclass
class Listed:
    """All are counted, and the first ones kept."""

    most: int
    count: int = 0
    first: list[Hit] = field(default_factory=list)

    def add(self, hit: Hit) -> None:
        self.count += 1
        if len(self.first) < self.most:
            self.first.append(hit)


@dataclass
class Replayed:
    """What one rule would have done. `acted` holds the posts under the terms in question.

    With other terms to compare with: what would be caught now and was not, what would no longer be, and what both see
    and ask something else for (as it would be now).
    """

    name: str
    acted: Listed
    newly: Listed
    no_longer: Listed
    otherwise: Listed
    by_severity: Counter[Severity] = field(default_factory=Counter)
    by_severity_against: Counter[Severity] = field(default_factory=Counter)


@dataclass
class Replay:
    """The result for all rules. `last` is the place of the last post that was looked at."""

    rules: Sequence[Replayed]
    published: int = 0
    held: int = 0
    last: str = ""
    newest: datetime | None = None
    oldest: datetime | None = None

    @property
    def posts(self) -> int:
        return self.published + self.held


def replay(posts: Iterable[PastPost], plans: Sequence[Plan], *, listed: int) -> Replay:
    """Go through past posts once for all rules; each list keeps the first `listed`."""
    done = Replay(
        [Replayed(plan.name, Listed(listed), Listed(listed), Listed(listed), Listed(listed)) for plan in plans]
    )
    sides = _Sides()
    for post in posts:
        _count(done, post)
        matter = Matter(post.text, post.subject, post.files)
        for plan, result in zip(plans, done.rules, strict=True):
            now = sides.see(plan.terms.get(post.group_id), post, matter)
            if now is not None:
                result.acted.add(_hit(post, now))
                result.by_severity[now.severity] += 1
            if plan.against is None:
                continue
            before = sides.see(plan.against.get(post.group_id), post, matter)
            if before is not None:
                result.by_severity_against[before.severity] += 1
            _compare(result, post, now, before)
    return done


def see(terms: Terms, matter: Matter, history: History | None = None) -> Seen | None:
    """What a rule under these terms would say of a post by whom it binds; None when it sees nothing.

    A rule of pace says nothing without a history.
    """
    return _Sides().seen(terms, matter, history)


class _Sides:
    """Looks with options that are read once for each terms."""

    def __init__(self) -> None:
        self._options: dict[int, tuple[Terms, Any]] = {}

    def see(self, terms: Terms | None, post: PastPost, matter: Matter) -> Seen | None:
        if terms is None or not is_bound(terms.binds, post):
            return None
        return self.seen(terms, matter, post.history)

    def seen(self, terms: Terms, matter: Matter, history: History | None) -> Seen | None:
        options = self._options_of(terms)
        if terms.check not in HISTORY_CHECKS:
            sightings = CHECKS[terms.check].check(matter, options)
        else:
            sightings = HISTORY_CHECKS[terms.check].check(history, options) if history is not None else ()
        if not sightings:
            return None
        # The gravest decides, as at the gate.
        worst = max(sightings, key=lambda each: (severity_asked(terms, each).rank, each.score))
        passages = tuple(passage for each in sightings for passage in each.passages)
        return Seen(severity_asked(terms, worst), worst.score, worst.label, passages)

    def _options_of(self, terms: Terms) -> Any:
        # The terms are kept beside their options, so that no others can get the same number.
        kept = self._options.get(id(terms))
        if kept is None:
            kept = self._options[id(terms)] = terms, read_options(terms.check, terms.options)
        return kept[1]


def _count(done: Replay, post: PastPost) -> None:
    done.published += not post.held
    done.held += post.held
    done.last = post.place
    done.newest = max(done.newest or post.at, post.at)
    done.oldest = min(done.oldest or post.at, post.at)


def _compare(result: Replayed, post: PastPost, now: Seen | None, before: Seen | None) -> None:
    if now is not None and before is None:
        result.newly.add(_hit(post, now))
    elif now is None and before is not None:
        result.no_longer.add(_hit(post, before))
    elif now is not None and before is not None and now.severity is not before.severity:
        result.otherwise.add(_hit(post, now))


def _hit(post: PastPost, seen: Seen) -> Hit:
    return Hit(post.group_id, post.public_id, post.held, post.imported, post.at, seen)
