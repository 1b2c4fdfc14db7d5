"""Drafts of plans for tests: members in planted groups who mostly answer each other, as evidence and as rows."""

from collections.abc import Sequence

import numpy as np

from forum.db import db, transaction
from forum.groups.models import Group
from forum.splitting.models import Plan, PlanEvidence, PlanKind, PlanState
from forum.splitting.plans import open_plan
from forum.splitting.proposals.evidence import Evidence, to_bytes
from forum.splitting.studio.drafts import draft_of, keep_draft, template_for
from forum.splitting.studio.editing import cut_anew, with_names
from tests.evidence import evidence_of


def planted(
    member_ids: Sequence[int],
    groups: int,
    *,
    answers: int,
    seed: int = 1,
    outside: float = 0.2,
    **arrays: Sequence[object],
) -> Evidence:
    """Members in turn in so many planted groups; of their answers a share goes to anybody. Two candidates: the planted
    groups, and before them the same with the last two in one. `arrays` as in `evidence_of`."""
    draw = np.random.default_rng(seed)
    count = len(member_ids)
    home = np.arange(count) % groups
    one = draw.integers(0, count, answers)
    other = (one + groups * draw.integers(1, max(count // groups, 2), answers)) % count
    stray = draw.random(answers) < outside
    other[stray] = draw.integers(0, count, int(stray.sum()))
    apart = one != other
    pairs, counts = np.unique(one[apart] * count + other[apart], return_counts=True)
    evidence = evidence_of(
        count,
        [],
        member_ids=sorted(member_ids),
        member_posts=[8] * count,
        member_posts_recent=[4] * count,
        answer_from=pairs // count,
        answer_to=pairs % count,
        answer_count=counts,
        answer_weight=counts,
        **arrays,
    )
    labels = np.stack([np.minimum(home, groups - 2), home]).astype(np.int32)
    return evidence.with_cuts(labels, np.full_like(labels, -1), labels[1])


def a_draft_plan(group: Group, evidence: Evidence, *names: str) -> Plan:
    """A split in state draft with the last candidate taken; its groups are named, as if by the proposal."""
    with transaction():
        plan = open_plan(group, PlanKind.SPLIT, state=PlanState.PROPOSING)
        db.session.add(PlanEvidence(plan_id=plan.id, data=to_bytes(evidence)))
        plan.state = PlanState.DRAFT
        plan.options = {"by": "mixed", "min": 2, "max": 5000, "overlap": 0.1, "seed": 0, "candidate": 1}
        draft = cut_anew(evidence.labels[-1], evidence.second[-1], template_for(group))
        draft = with_names(draft, [(name, name.lower().replace(" ", "-")) for name in names])
        keep_draft(plan, draft_of(plan, evidence), draft, evidence, actor_id=None, why="test")
    return plan
