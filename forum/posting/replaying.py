"""Trying rules on past posts: which terms to replay in which group, and a look at the posts that stops in time.

Reads only. The replay itself is pure and stands in `rulebook.replay`.
"""

import time
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from itertools import islice

from forum.groups.models import Group
from forum.posting.past import Wanted, past_posts
from forum.posting.past_pace import PastPace
from forum.rulebook.queries import rules_in_force, terms_under
from forum.rulebook.replay import PastPost, Plan, Replay, replay
from forum.rules.checks import HISTORY_CHECKS, read_options
from forum.rules.terms import Binds, Mode, RuleInForce, Terms


def plans_in_force(group: Group) -> Sequence[Plan]:
    """All rules of a group that are on or in shadow, as they are in it and in each group below it."""
    return [plan_of(each, group, each.terms) for each in rules_in_force(group) if each.terms.mode is not Mode.OFF]


def plan_of(rule: RuleInForce, group: Group, terms: Terms, against: Terms | None = None) -> Plan:
    """One rule with these terms in a group, and what follows from them below; compared with others if there are any."""
    return Plan(
        rule.name,
        terms_under(rule.rule_id, group, terms),
        terms_under(rule.rule_id, group, against) if against is not None else None,
    )


def wanted_by(plans: Sequence[Plan], since: datetime, within: Collection[int] | None = None) -> Wanted:
    """The past posts that such plans look at; `within` are the groups that may be looked into, None is all."""
    groups = {group_id for plan in plans for group_id in plan.terms}
    terms = [each for plan in plans for side in (plan.terms, plan.against or {}) for each in side.values()]
    pace = [read_options(each.check, each.options) for each in terms if each.check in HISTORY_CHECKS]
    return Wanted(
        group_ids=groups if within is None else groups & set(within),
        since=since,
        files=any(each.check == "attachments" for each in terms),
        newcomers=any(each.binds is Binds.NEWCOMERS for each in terms),
        pace=PastPace(since, pace) if pace else None,
    )


def replay_some(plans: Sequence[Plan], wanted: Wanted, *, after: str, most: int, seconds: float) -> tuple[Replay, bool]:
    """What the plans would have done to some posts, and whether others are left.

    At most so many in about so many seconds, from `after` on, where an earlier look ended (`Replay.last`).
    """
    posts = past_posts(wanted, after=after)
    done = replay(islice(_until(posts, time.monotonic() + seconds), most), plans, listed=most)
    return done, next(posts, None) is not None


def _until(posts: Iterator[PastPost], moment: float) -> Iterator[PastPost]:
    for post in posts:
        yield post
        if time.monotonic() > moment:
            return
