"""What rules of groups saw lately, in shadow or not: counts and lists for moderators and operators. Reads only."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from forum.clock import now
from forum.db import db
from forum.groups.models import Group
from forum.posting.models import HeldPost
from forum.rulebook.models import RuleSighting, RuleVersion
from forum.rules.findings import Severity
from forum.threads.models import Post

if TYPE_CHECKING:
    # What stands behind it takes time to load, which counting need not pay.
    from forum.rulebook.replay import Hit

COUNTED_DAYS = 30


@dataclass(frozen=True)
class SightingCount:
    """How often a rule saw something: `on` as a finding, `shadow` without touching anybody."""

    on: int = 0
    shadow: int = 0


def count_sightings(group_ids: Collection[int]) -> Mapping[int, SightingCount]:
    """By rule id, over some groups and the last 30 days."""
    rows = (
        select(RuleVersion.rule_id, RuleSighting.shadow, func.count())
        .join(RuleVersion, RuleVersion.id == RuleSighting.version_id)
        .where(RuleSighting.group_id.in_(group_ids), RuleSighting.created_at > now() - timedelta(days=COUNTED_DAYS))
        .group_by(RuleVersion.rule_id, RuleSighting.shadow)
    )
    found: dict[int, dict[bool, int]] = {}
    for rule_id, shadow, count in db.session.execute(rows).tuples():
        found.setdefault(rule_id, {})[shadow] = count
    return {rule_id: SightingCount(each.get(False, 0), each.get(True, 0)) for rule_id, each in found.items()}


@dataclass(frozen=True)
class Sighted:
    """One sighting, with the post it was in as far as a moderator may see it: `subject` is None where that may not be,
    or where the post never was one."""

    id: int
    at: datetime
    group: Group
    shadow: bool
    severity: Severity
    label: str
    kinds: Mapping[str, int]
    version_number: int
    post: str | None
    held: str | None
    subject: str | None


def sightings_page(
    rule_id: int, group_ids: Collection[int], *, before: int | None = None, limit: int = 50
) -> Sequence[Sighted]:
    """What a rule saw in some groups, the newest first; `before` is the id of a page's last."""
    rows = (
        select(RuleSighting, RuleVersion.number, Group, Post, HeldPost)
        .join(RuleVersion, RuleVersion.id == RuleSighting.version_id)
        .join(Group, Group.id == RuleSighting.group_id)
        .outerjoin(Post, Post.id == RuleSighting.post_id)
        .outerjoin(HeldPost, HeldPost.id == RuleSighting.held_post_id)
        .where(RuleVersion.rule_id == rule_id, RuleSighting.group_id.in_(group_ids))
        .order_by(RuleSighting.id.desc())
        .limit(limit)
    )
    if before is not None:
        rows = rows.where(RuleSighting.id < before)
    return [_sighted(*row) for row in db.session.execute(rows).tuples()]


def _sighted(row: RuleSighting, number: int, group: Group, post: Post | None, held: HeldPost | None) -> Sighted:
    shown_post = post if post is not None and post.erased_at is None else None
    # What went back to its author is nobody else's to see.
    shown_held = held if held is not None and not held.private else None
    source = shown_post or shown_held
    return Sighted(
        id=row.id,
        at=row.created_at,
        group=group,
        shadow=row.shadow,
        severity=row.severity,
        label=row.label,
        kinds=dict(Counter(passage["kind"] for passage in row.passages).most_common()),
        version_number=number,
        post=shown_post.public_id if shown_post is not None else None,
        held=shown_held.public_id if shown_held is not None else None,
        subject=source.subject if source is not None else None,
    )


def subjects_of(hits: Sequence["Hit"]) -> Mapping[str, str]:
    """The subjects of past posts, by public id, for who may read them all."""
    found: dict[str, str] = {}
    for table, held in ((Post, False), (HeldPost, True)):
        ids = {hit.public_id for hit in hits if hit.held is held}
        rows = select(table.public_id, table.subject).where(table.public_id.in_(ids))
        found |= dict(db.session.execute(rows).tuples().all()) if ids else {}
    return found
