"""Reads a plan's draft with its evidence out of the tables, and writes back what an edit has changed. Never commits.

The edits themselves are in `editing`; which one may be made, and on which revision, is asked by the door.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import delete, insert, literal, select, update

from forum.db import db
from forum.groups.actions import NotPossible
from forum.groups.models import Group, Kind
from forum.groups.queries import group_by_slug
from forum.groups.slugs import BadSlug, check_slug
from forum.log import record
from forum.splitting.models import Plan, PlanEvidence, PlannedGroup, Seat, SeatBy
from forum.splitting.proposals.evidence import Evidence, from_bytes
from forum.splitting.studio.editing import Draft, DraftGroup, Fits, People, fits_of

_ROWS_AT_ONCE = 500


def evidence_of(plan: Plan) -> Evidence | None:
    """What the proposal was computed from; None before it is. OtherLayout when an earlier version has made it."""
    row = db.session.get(PlanEvidence, plan.id)
    return None if row is None else from_bytes(row.data)


def template_for(group: Group) -> DraftGroup:
    """What a new group out of this one begins with: as open as it, and of the kind that fits most."""
    kind = Kind.INTEREST if group.kind is Kind.COMMUNITY else group.kind
    return DraftGroup(None, "", "", kind, group.listed, group.join_policy, named=False)


def draft_of(plan: Plan, evidence: Evidence) -> Draft:
    """The draft as the tables have it. Of a member's two seats the one that was written first is the first place."""
    rows = db.session.scalars(
        select(PlannedGroup).where(PlannedGroup.plan_id == plan.id).order_by(PlannedGroup.position)
    ).all()
    found = db.session.execute(
        select(Seat.member_id, Seat.planned_group_id, Seat.placed_by == SeatBy.MODERATOR)
        .where(Seat.plan_id == plan.id)
        .order_by(Seat.id)
    )
    seats = np.array([tuple(seat) for seat in found], dtype=np.int64).reshape(-1, 3)
    people = people_in(evidence, seats[:, 0])
    ids = np.array([row.id for row in rows], dtype=np.int64)
    order = np.argsort(ids)
    places = order[np.searchsorted(ids[order], seats[:, 1])] if len(ids) else seats[:, 1]
    known = np.flatnonzero(people >= 0)
    _, firsts = np.unique(people[known], return_index=True)
    labels = np.full(evidence.members, -1, dtype=np.int32)
    second = np.full(evidence.members, -1, dtype=np.int32)
    by_hand = np.zeros(evidence.members, dtype=np.bool_)
    others = np.delete(known, firsts)
    labels[people[known[firsts]]] = places[known[firsts]]
    second[people[others]] = places[others]
    by_hand[people[known[seats[known, 2] == 1]]] = True
    return Draft(tuple(_as_drafted(row) for row in rows), labels, second, by_hand)


def people_in(evidence: Evidence, member_ids: Sequence[int] | NDArray[np.int64]) -> People:
    """The numbers of members in the evidence; -1 for who is not in it."""
    ids = np.array(member_ids, dtype=np.int64)
    if not evidence.members:
        return np.full(len(ids), -1, dtype=np.int64)
    at = np.minimum(np.searchsorted(evidence.member_ids, ids), evidence.members - 1)
    return np.where(evidence.member_ids[at] == ids, at, -1)


def fits_in(evidence: Evidence, draft: Draft) -> Fits:
    """How each member's ties lie in the groups, as the figures weigh them."""
    return fits_of(evidence.answer_from, evidence.answer_to, evidence.answer_weight, draft)


def check_name(plan: Plan, planned_id: int | None, name: str, slug: str) -> dict[str, str]:
    """What is wrong with a name and an address for a planned group, by field."""
    errors = {}
    if not name:
        errors["name"] = "Give the group a name."
    try:
        check_slug(slug)
    except BadSlug as bad:
        errors["slug"] = f"{bad}."
        return errors
    in_plan = select(PlannedGroup.id).where(PlannedGroup.plan_id == plan.id, PlannedGroup.slug == slug)
    if planned_id is not None:
        in_plan = in_plan.where(PlannedGroup.id != planned_id)
    if group_by_slug(slug) is not None or db.session.scalar(in_plan.limit(1)) is not None:
        errors["slug"] = f"The address {slug} is taken. Choose another."
    return errors


def keep_draft(plan: Plan, before: Draft, after: Draft, evidence: Evidence, *, actor_id: int | None, why: str) -> None:
    """Write what an edit has changed. Who calls this has asked `plans.changed` in the same transaction."""
    ids = keep_groups(plan, after)
    _keep_seats(plan, before, after, evidence, ids)
    gone = {group.planned_id for group in before.groups} - set(ids)
    db.session.execute(delete(PlannedGroup).where(PlannedGroup.id.in_(gone), PlannedGroup.plan_id == plan.id))
    db.session.expire_all()
    record(
        "plan edited",
        "plan",
        plan.id,
        actor_id=actor_id,
        group_id=plan.group_id,
        why=why,
        undo="edit it back in the studio, or take one of the proposed cuts again",
    )


def _as_drafted(row: PlannedGroup) -> DraftGroup:
    return DraftGroup(row.id, row.name, row.slug, row.kind, row.listed, row.join_policy, row.named, row.description)


def keep_groups(plan: Plan, draft: Draft) -> list[int]:
    """The rows of the draft's groups in its order; those that it has no more stay for now, out of the way."""
    # Addresses and places are each there once: all step aside before they are given anew.
    db.session.execute(
        update(PlannedGroup)
        .where(PlannedGroup.plan_id == plan.id)
        .values(position=-PlannedGroup.position, slug=literal("~") + PlannedGroup.public_id)
    )
    ids = []
    for at, group in enumerate(draft.groups):
        row = PlannedGroup(plan_id=plan.id) if group.planned_id is None else _row(plan, group.planned_id)
        row.position, row.name, row.slug, row.kind = at + 1, group.name, group.slug, group.kind
        row.listed, row.join_policy, row.named = group.listed, group.join_policy, group.named
        row.description = group.description
        db.session.add(row)
        db.session.flush()
        ids.append(row.id)
    return ids


def _row(plan: Plan, planned_id: int) -> PlannedGroup:
    row = db.session.get(PlannedGroup, planned_id, populate_existing=True)
    if row is None or row.plan_id != plan.id:
        raise NotPossible("That group is not in the plan any more.")
    return row


def _keep_seats(plan: Plan, before: Draft, after: Draft, evidence: Evidence, ids: Sequence[int]) -> None:
    """The seats of everybody who is elsewhere now are written anew, the first place first."""
    was = np.array([*(group.planned_id or 0 for group in before.groups), -1], dtype=np.int64)
    becomes = np.array([*ids, -1], dtype=np.int64)
    changed = np.flatnonzero(
        (was[before.labels] != becomes[after.labels])
        | (was[before.second] != becomes[after.second])
        | (before.by_hand != after.by_hand)
    )
    if 2 * len(changed) > evidence.members:
        changed = np.arange(evidence.members)
        db.session.execute(delete(Seat).where(Seat.plan_id == plan.id))
    else:
        member_ids = evidence.member_ids[changed].tolist()
        for begin in range(0, len(member_ids), _ROWS_AT_ONCE):
            some = member_ids[begin : begin + _ROWS_AT_ONCE]
            db.session.execute(delete(Seat).where(Seat.plan_id == plan.id, Seat.member_id.in_(some)))
    rows = seat_rows(plan, after, evidence, changed, becomes)
    if rows:
        # Past the ORM, which would write rows with and without a fit in turn, each lot by itself.
        db.session.execute(insert(Seat.metadata.tables[Seat.__tablename__]), rows)


def seat_rows(
    plan: Plan, draft: Draft, evidence: Evidence, people: People, ids: NDArray[np.int64]
) -> list[dict[str, object]]:
    """Seats for these people, all first places before all second ones; none for who has no place."""
    fits = fits_in(evidence, draft)
    people = people[draft.labels[people] >= 0]
    twice = people[draft.second[people] >= 0]
    who = np.concatenate((people, twice))
    where = np.concatenate((draft.labels[people], draft.second[twice]))
    placed_by = np.where(draft.by_hand[who], SeatBy.MODERATOR.value, SeatBy.PROPOSAL.value)
    return [
        {
            "plan_id": plan.id,
            "planned_group_id": planned_id,
            "member_id": member_id,
            "placed_by": SeatBy(by),
            "fit": None if math.isnan(fit) else fit,
        }
        for planned_id, member_id, by, fit in zip(
            ids[where].tolist(),
            evidence.member_ids[who].tolist(),
            placed_by.tolist(),
            fits.share(who, where).tolist(),
            strict=True,
        )
    ]
