"""Looks back at a split after some weeks: the measures agreed beforehand, before and after, group by group.

Computed outside of any transaction and kept as one row a look; what is kept are numbers, and sentences are made from
them. Who asks is not asked here: the page of a plan is its moderators'.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import func, select

from forum.db import db, reading, transaction
from forum.groups.models import READS, Group, Kind, Membership
from forum.groups.rights import moderators_of
from forum.queue import enqueue
from forum.splitting.looking_back.comparing import Comparison, Periods, compare, verdicts
from forum.splitting.looking_back.cross_reading import counts_kept, cross_reading, seated
from forum.splitting.looking_back.measures import MEASURES, USUAL, Verdict
from forum.splitting.looking_back.observing import (
    Ids,
    Span,
    Talk,
    aligned,
    count_posts_in,
    leavers,
    members_at,
    newcomers_return,
    talk_counts,
    talk_in,
    wrote_before,
)
from forum.splitting.looking_back.result_words import result_of
from forum.splitting.looking_back.tally import Counts
from forum.splitting.models import Plan, PlannedGroup, PlanResult, PlanState

# Row 0 keeps what cannot be counted later: who read across before the split.
BEFORE = 0
LIKE_GROUPS = 5
# So many times before the split it is looked at how much groups change by themselves.
EARLIER_TIMES = 3
# A group that was not split is like a new one when it has at least so many members, and neither fewer than a third nor
# more than three times as many.
_LEAST_MEMBERS = 30
_WITHIN = 3.0


@dataclass(frozen=True)
class Spans:
    """The weeks after a split, and as many before it was announced."""

    before: Span
    after: Span


def spans_of(plan: Plan, weeks: int) -> Spans:
    """ValueError for a plan that was not carried out."""
    if plan.carried_out_at is None:
        raise ValueError("the plan was not carried out")
    length, told = timedelta(weeks=weeks), plan.announced_at or plan.carried_out_at
    return Spans(Span(told - length, told), Span(plan.carried_out_at, plan.carried_out_at + length))


def earlier_spans(plan: Plan, weeks: int) -> Sequence[Spans]:
    """Two times as many weeks one after the other, and again before those: nothing had been told of a split then."""
    length, ends = timedelta(weeks=weeks), spans_of(plan, weeks).before.ends
    middles = (ends - time * length for time in range(1, EARLIER_TIMES + 1))
    return [Spans(Span(middle - length, middle), Span(middle, middle + length)) for middle in middles]


def note_before(plan_id: int, moment: datetime) -> None:
    """Keep who read across in the weeks before a split, once: later reading would move the marks on."""
    with reading():
        plan = db.session.get_one(Plan, plan_id)
        if _has_result(plan, BEFORE):
            return
        kept = [
            {
                "planned_group": planned_id,
                "weeks": weeks,
                "read": int(counts.count.sum()),
                "members": len(counts.of),
            }
            for weeks in (4, 12)
            for planned_id, counts in cross_reading(plan, Span(moment - timedelta(weeks=weeks), moment)).items()
        ]
    _keep(plan_id, BEFORE, kept)


def look_back(plan_id: int, weeks: int) -> None:
    """Compute the agreed measures after so many weeks and keep them, once; the moderators are told."""
    with reading():
        plan = db.session.get_one(Plan, plan_id)
        if plan.state not in (PlanState.REVIEW, PlanState.KEPT) or _has_result(plan, weeks):
            return
        found = compare_plan(plan, weeks)
    _keep(plan_id, weeks, found)


def compare_plan(plan: Plan, weeks: int) -> list[dict[str, Any]]:
    """Each agreed measure of each group that the plan made, as rows of numbers; groups without members are left out."""
    spans, members = spans_of(plan, weeks), seated(plan)
    made = {planned.id: planned.group_id for planned in _made(plan) if planned.id in members}
    family = [plan.group_id, *(group_id for group_id in made.values() if group_id is not None)]
    looked = _Look(plan, spans, talk_in(family, spans.before), talk_in(family, spans.after))
    crossed, read_before = cross_reading(plan, spans.after), _read_across_before(plan, weeks)
    groups = {}
    for planned_id, group_id in made.items():
        assert group_id is not None
        found = dict(looked.of_members(members[planned_id], (plan.group_id, group_id)))
        if planned_id in read_before:
            found["cross_reading"] = _unpaired(counts_kept(*read_before[planned_id]), crossed[planned_id])
        groups[planned_id] = found
    like_ids = _like_groups(plan, members, spans)
    like = [_of_other_group(group_id, spans) for group_id in like_ids]
    # Without like groups it is the group itself that tells how much changes from one time to the next.
    earlier = [
        [_of_other_group(group_id, each) for group_id in like_ids or [plan.group_id]]
        for each in earlier_spans(plan, weeks)
    ]
    comparisons: list[tuple[int, Comparison]] = []
    for measure in (MEASURES[name] for name in plan.measures or USUAL):
        told = {planned_id: found[measure.name] for planned_id, found in groups.items() if measure.name in found}
        beside = [found[measure.name] for found in like if measure.name in found]
        before = [[found[measure.name] for found in time if measure.name in found] for time in earlier]
        compared = compare(measure, list(told.values()), beside, seed=plan.id, earlier=before)
        comparisons += zip(told, compared, strict=True)
    said = verdicts([comparison for _planned_id, comparison in comparisons])
    return [
        _row(planned_id, comparison, verdict)
        for (planned_id, comparison), verdict in zip(comparisons, said, strict=True)
    ]


@dataclass(frozen=True)
class _Look:
    """What was written before and after in a group and those that have grown out of it."""

    plan: Plan
    spans: Spans
    before: Talk
    after: Talk

    def of_members(self, members: Ids, now_in: tuple[int, ...]) -> Mapping[str, Periods]:
        """What some members found before in the old group, and find since in it and in their own.

        Who leaves and who is new is counted among everybody in the old group before: of those who went on to the new
        one nobody had left.
        """
        old = (self.plan.group_id,)
        there = members_at(self.plan.group_id, self.spans.before.begins)
        everywhere = tuple({*self.before.group.tolist(), *self.before.topic_group.tolist()})
        earlier, later = (
            talk_counts(self.before, members, everywhere),
            talk_counts(self.after, members, now_in),
        )
        left = aligned(
            (there, leavers(there, old, self.spans.before)), (members, leavers(members, now_in, self.spans.after))
        )
        # Threads have moved: whoever wrote in the old group before has written in one of those that have them now.
        known = wrote_before(everywhere, self.spans.before.begins)
        wrote = np.union1d(self.before.author, known)
        writers, since = np.unique(self.before.author), np.unique(self.after.author)
        new = aligned(
            (writers, newcomers_return(self.before, writers, everywhere, known)),
            (since, newcomers_return(self.after, since, now_in[-1:], wrote)),
        )
        paired = {name: Periods(counts, later[name]) for name, counts in earlier.items()}
        return {**paired, "leavers": Periods(*left), "newcomers_return": Periods(*new)}


def _of_other_group(group_id: int, spans: Spans) -> Mapping[str, Periods]:
    """The same of a group that was not split, for its members of then."""
    before, after = talk_in([group_id], spans.before), talk_in([group_id], spans.after)
    then, now_ = members_at(group_id, spans.before.begins), members_at(group_id, spans.after.begins)
    earlier, later = talk_counts(before, now_, [group_id]), talk_counts(after, now_, [group_id])
    known = wrote_before([group_id], spans.before.begins)
    writers, since = np.unique(before.author), np.unique(after.author)
    new = aligned(
        (writers, newcomers_return(before, writers, [group_id], known)),
        (since, newcomers_return(after, since, [group_id], np.union1d(before.author, known))),
    )
    left = aligned((then, leavers(then, [group_id], spans.before)), (now_, leavers(now_, [group_id], spans.after)))
    paired = {name: Periods(counts, later[name]) for name, counts in earlier.items()}
    return {**paired, "leavers": Periods(*left), "newcomers_return": Periods(*new)}


def _like_groups(plan: Plan, members: Mapping[int, Ids], spans: Spans) -> Sequence[int]:
    """The groups most like the new ones in members and posts that were not split meanwhile: listed ones alone, since
    how a hidden group fares is told to nobody outside."""
    sizes = [len(ids) for ids in members.values()]
    if not sizes:
        return ()
    planned = select(Plan.group_id).where(Plan.state != PlanState.WITHDRAWN)
    grown = select(PlannedGroup.group_id).where(PlannedGroup.group_id.is_not(None))
    counted = (
        select(Membership.group_id, func.count().label("members"))
        .join(Group, Group.id == Membership.group_id)
        .where(Membership.standing.in_(READS), Membership.joined_at < spans.before.begins)
        .where(Group.listed, Group.closed_at.is_(None), Group.kind.not_in((Kind.CIRCLE, Kind.COMMUNITY)))
        .where(Group.id.not_in(planned), Group.id.not_in(grown))
        .group_by(Membership.group_id)
    )
    middle = float(np.median(sizes))
    found = {group_id: count for group_id, count in db.session.execute(counted)}
    near = {
        group_id: count
        for group_id, count in found.items()
        if count >= _LEAST_MEMBERS and middle / _WITHIN <= count <= middle * _WITHIN
    }
    posts = count_posts_in(list(near), spans.before)
    alike = sorted(
        (abs(float(np.log(count / middle))), -posts[group_id], group_id)
        for group_id, count in near.items()
        if posts.get(group_id)
    )
    return [group_id for _distance, _posts, group_id in alike[:LIKE_GROUPS]]


def _made(plan: Plan) -> Sequence[PlannedGroup]:
    rows = select(PlannedGroup).where(PlannedGroup.plan_id == plan.id, PlannedGroup.group_id.is_not(None))
    return db.session.scalars(rows.order_by(PlannedGroup.position)).all()


def _unpaired(before: Counts, after: Counts) -> Periods:
    """Two counts of which nobody knows who is who: beside each other."""
    return Periods(
        Counts(
            np.concatenate((before.count, np.zeros(len(after.of)))),
            np.concatenate((before.of, np.zeros(len(after.of)))),
        ),
        Counts(
            np.concatenate((np.zeros(len(before.of)), after.count)),
            np.concatenate((np.zeros(len(before.of)), after.of)),
        ),
    )


def _row(planned_id: int, comparison: Comparison, verdict: Verdict) -> dict[str, Any]:
    """As it is kept: numbers that JSON knows, None for what could not be computed."""
    numbers = {
        name: None if isinstance(value, float) and not np.isfinite(value) else value
        for name, value in vars(comparison).items()
    }
    return {"planned_group": planned_id, **numbers, "verdict": verdict.value}


def _has_result(plan: Plan, weeks: int) -> bool:
    return result_of(plan, weeks) is not None


def _read_across_before(plan: Plan, weeks: int) -> Mapping[int, tuple[int, int]]:
    """How many read across in so many weeks before, and of how many, by planned group; empty where nobody noted it."""
    kept = result_of(plan, BEFORE)
    rows = kept.findings if kept is not None else []
    return {row["planned_group"]: (row["read"], row["members"]) for row in rows if row["weeks"] == weeks}


def _keep(plan_id: int, weeks: int, findings: list[dict[str, Any]]) -> None:
    """Of two workers at once the second finds it done."""
    with transaction():
        plan = db.session.get_one(Plan, plan_id, with_for_update={"of": Plan})
        if _has_result(plan, weeks):
            return
        result = PlanResult(plan_id=plan_id, weeks=weeks, findings=findings)
        db.session.add(result)
        db.session.flush()
        if weeks != BEFORE:
            for moderator in moderators_of(plan.group):
                enqueue("notice.plan_result", result.id, moderator.id)
