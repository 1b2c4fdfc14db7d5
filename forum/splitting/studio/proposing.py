"""Makes the draft of a split: gathers evidence, finds cuts, names their groups, writes the recommended one as rows.

It opens its own transactions, short ones, and computes outside of them. Until the last of them the plan is being
proposed, and nobody is shown what is half written; one that is begun anew, or twice at once, ends as one draft.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import delete, insert, select

from forum.db import analyze, db, reading, transaction
from forum.groups.models import Group
from forum.splitting import plans
from forum.splitting.cut.bounds import CannotBound
from forum.splitting.figures.describing import figures_of
from forum.splitting.figures.words import Words, words_for
from forum.splitting.models import Plan, PlanEvidence, PlanKind, PlannedGroup, PlanState, Seat
from forum.splitting.proposals.evidence import Evidence, to_bytes
from forum.splitting.proposals.finding import Found, find_cuts
from forum.splitting.proposals.gathering import gather
from forum.splitting.proposals.options import Options
from forum.splitting.studio.drafts import keep_groups, seat_rows, template_for
from forum.splitting.studio.editing import Draft, DraftGroup, cut_anew, with_names

# So many rows at once are written in less than the 250 ms that others may have to wait.
_ROWS_AT_ONCE = 4_000


def open_proposal(group: Group, options: Options, *, actor_id: int | None, why: str = "") -> Plan:
    """A split of the group that is being worked out: `propose_plan` does that, or the task that who calls this
    enqueues. NotPossible while another one is open."""
    plan = plans.open_plan(group, PlanKind.SPLIT, state=PlanState.PROPOSING, why=why, made_by_id=actor_id)
    plan.options = options.written()
    db.session.flush()
    return plan


def propose_plan(plan_id: int) -> None:
    """Work a proposal out to its draft. One that cannot be made is withdrawn, and `trouble` says why. Does nothing
    with a plan that is not (any more) being proposed."""
    with reading() as session:
        plan = session.get_one(Plan, plan_id, populate_existing=True)
        if plan.state is not PlanState.PROPOSING:
            return
        options, turn = Options.read(plan.options), _Turn(plan_id, plan.revision)
        evidence = gather(plan.group)
    try:
        found = find_cuts(evidence, options)
    except CannotBound as reason:
        with suppress(_Overtaken), turn.transaction() as plan:
            plans.withdraw(plan, actor_id=None, why=str(reason))
            plan.trouble = str(reason)
        return
    evidence = evidence.with_cuts(found.labels, found.second, found.unbounded)
    with reading() as session:
        plan = session.get_one(Plan, plan_id)
        template, words = template_for(plan.group), words_for(plan, evidence)
    draft = _drafted(evidence, found, template, words)
    with suppress(_Overtaken):
        _write(turn, draft, evidence, options.written() | {"candidate": found.recommended})


def _drafted(evidence: Evidence, found: Found, template: DraftGroup, words: Words) -> Draft:
    """The recommended candidate with the names that the figures give."""
    labels, second = evidence.labels[found.recommended], evidence.second[found.recommended]
    figures = figures_of(evidence, labels, second, words)
    return with_names(cut_anew(labels, second, template), [(group.name, group.slug) for group in figures.groups])


class _Overtaken(Exception):
    """The plan has been withdrawn meanwhile, or somebody else writes it now."""


@dataclass(frozen=True)
class _Turn:
    """The right to write a plan's draft, as long as nobody else has taken a later one."""

    plan_id: int
    revision: int

    @contextmanager
    def transaction(self) -> Iterator[Plan]:
        with transaction() as session:
            plan = session.get_one(Plan, self.plan_id)
            plans.lock_plan(plan)
            if plan.state is not PlanState.PROPOSING or plan.revision != self.revision:
                raise _Overtaken
            yield plan

    def next(self) -> "_Turn":
        """A turn of one's own: who has looked at the plan before sees by it that it is too late."""
        with self.transaction() as plan:
            plan.revision += 1
            return _Turn(self.plan_id, plan.revision)


def _write(turn: _Turn, draft: Draft, evidence: Evidence, options: dict[str, Any]) -> None:
    archive = to_bytes(evidence)
    turn = turn.next()
    _clear(turn)
    with turn.transaction() as plan:
        db.session.execute(delete(PlanEvidence).where(PlanEvidence.plan_id == plan.id))
        db.session.execute(insert(PlanEvidence).values(plan_id=plan.id, data=archive))
        ids = np.array([*keep_groups(plan, draft), -1], dtype=np.int64)
        # First places are written before all second ones, as whoever reads them expects.
        rows = seat_rows(plan, draft, evidence, np.arange(evidence.members), ids)
    # Past the ORM, which would write rows with and without a fit in turn, each lot by itself.
    into = insert(Seat.metadata.tables[Seat.__tablename__])
    for first in range(0, len(rows), _ROWS_AT_ONCE):
        with turn.transaction():
            db.session.execute(into, rows[first : first + _ROWS_AT_ONCE])
    with turn.transaction() as plan:
        analyze(Seat, PlannedGroup)
        plan.options = options
        plans.move_on(plan, PlanState.DRAFT, actor_id=None, undo=f"banyan split withdraw {plan.public_id}")


def _clear(turn: _Turn) -> None:
    """Take away what an earlier proposal, or one that was interrupted, has written."""
    some = select(Seat.id).where(Seat.plan_id == turn.plan_id).limit(_ROWS_AT_ONCE)
    while True:
        with turn.transaction() as plan:
            removed = db.session.connection().execute(delete(Seat).where(Seat.id.in_(some))).rowcount
            if not removed:
                db.session.execute(delete(PlannedGroup).where(PlannedGroup.plan_id == plan.id))
                return
