"""What a look back at a split says in words: one sentence for each measure of each group. Pure but for the names.

Only for the moderators of the plan's group, who know its groups.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from forum.db import db
from forum.splitting.looking_back.measures import MEASURES, Measure, Verdict
from forum.splitting.models import Plan, PlannedGroup, PlanResult

_TOLD: Mapping[Verdict, str] = {
    Verdict.BETTER: "That is better, by more than chance explains.",
    Verdict.WORSE: "That is worse, by more than chance explains.",
    Verdict.MORE: "That is more, by more than chance explains.",
    Verdict.FEWER: "That is less, by more than chance explains.",
    Verdict.NO_DIFFERENCE: "The difference may be chance.",
    Verdict.THIN: "There is too little to say anything.",
}


@dataclass(frozen=True)
class Line:
    """One measure of one group. `low` and `high` are the interval of the change, as numbers of the measure's unit; None
    where nothing is said."""

    group: str
    before: float | None
    after: float | None
    change: float | None
    low: float | None
    high: float | None
    verdict: Verdict
    sentence: str

    @property
    def is_told(self) -> bool:
        return self.verdict not in (Verdict.THIN, Verdict.NO_DIFFERENCE)


@dataclass(frozen=True)
class MeasureTold:
    """A measure with its groups, in their order in the plan. `reach` is the largest end of an interval, for drawing."""

    measure: Measure
    lines: tuple[Line, ...]

    @property
    def reach(self) -> float:
        return max((max(abs(line.low or 0.0), abs(line.high or 0.0)) for line in self.lines), default=0.0)


@dataclass(frozen=True)
class Told:
    """All that one look back says, and what it comes to."""

    weeks: int
    measures: tuple[MeasureTold, ...]
    others: int
    summary: str


def result_of(plan: Plan, weeks: int) -> PlanResult | None:
    """What was found after so many weeks, if it was looked at."""
    found = select(PlanResult).where(PlanResult.plan_id == plan.id, PlanResult.weeks == weeks)
    return db.session.scalars(found).first()


def told(plan: Plan, result: PlanResult) -> Told:
    """A kept result in words."""
    rows = select(PlannedGroup.id, PlannedGroup.name).where(PlannedGroup.plan_id == plan.id)
    names = {planned_id: name for planned_id, name in db.session.execute(rows.order_by(PlannedGroup.position))}
    by_measure: dict[str, list[Line]] = {}
    for row in result.findings:
        by_measure.setdefault(row["measure"], []).append(_line(names[row["planned_group"]], row))
    measures = tuple(MeasureTold(MEASURES[name], tuple(lines)) for name, lines in by_measure.items())
    others = max((row["others"] for row in result.findings), default=0)
    return Told(result.weeks, measures, others, _summary(measures))


def number(value: float, measure: Measure) -> str:
    """A value with its unit."""
    return f"{value:.1f} {measure.unit}"


def _line(group: str, row: Mapping[str, Any]) -> Line:
    verdict, measure = Verdict(row["verdict"]), MEASURES[row["measure"]]
    return Line(
        group,
        row["before"],
        row["after"],
        row["change"],
        row["low"],
        row["high"],
        verdict,
        _sentence(row, verdict, measure),
    )


def _sentence(row: Mapping[str, Any], verdict: Verdict, measure: Measure) -> str:
    if row["before"] is None or row["after"] is None:
        return _TOLD[Verdict.THIN]
    values = f"{row['before']:.1f} before, {number(row['after'], measure)} now."
    if verdict is Verdict.THIN:
        return f"{values} {_TOLD[verdict]}"
    beside = (
        f"Beside {_groups(row['others'])} that changed by {row['others_change']:+.1f}, "
        if row["others"]
        else "Without like groups to compare with, "
    )
    change = f"that is {row['change']:+.1f} ({row['low']:+.1f} to {row['high']:+.1f})."
    return f"{values} {beside}{change} {_TOLD[verdict]}"


def _summary(measures: Sequence[MeasureTold]) -> str:
    lines = [line for each in measures for line in each.lines]
    better, worse = (sum(line.verdict is verdict for line in lines) for verdict in (Verdict.BETTER, Verdict.WORSE))
    thin = sum(line.verdict is Verdict.THIN for line in lines)
    if not lines or thin == len(lines):
        return "There is too little yet to say whether the split has worked."
    rest = (
        f" Of {len(lines)} comparisons {thin} {'has' if thin == 1 else 'have'} too little to say anything."
        if thin
        else ""
    )
    if not better and not worse:
        return f"No difference is larger than chance explains.{rest}"
    return (
        f"Better in {better} and worse in {worse} of {len(lines)} comparisons, by more than chance explains.{rest}"
        " No single number tells whether a split has worked: look at them together."
    )


def _groups(count: int) -> str:
    return "one group" if count == 1 else f"{count} groups"
