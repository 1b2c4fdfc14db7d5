"""What moderators and members are told at the end of a plan, by real mail."""

from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest

from forum.clock import now
from forum.db import db, transaction
from forum.groups.joining import ask_to_join
from forum.groups.models import JoinPolicy, Role
from forum.groups.queries import group_by_slug
from forum.moderation.models import Restricts
from forum.moderation.restrictions import restrict
from forum.splitting import plans
from forum.splitting.models import PlanState
from forum.work import work_once, workers
from tests.people import a_group, a_member, its
from tests.plans import a_plan


def words(site, email: str, subject: str) -> str:
    """The plain text of the one mail with this subject, its lines joined."""
    mails = [message_from_bytes(each.content, policy=default) for each in site.mailed(email)]
    found = [mail for mail in mails if subject in mail["Subject"]]
    assert len(found) == 1, [mail["Subject"] for mail in mails]
    return " ".join(found[0].get_body(("plain",)).get_content().split())


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_moderators_hear_that_the_review_ends_and_what_an_undone_plan_leaves_to_them(site, move_clock) -> None:
    group = a_group()
    a_member("olga@example.org", "Olga Owner", group, role=Role.OWNER)
    ann, eve = a_member("ann@example.org", "Ann Lee", group), a_member("eve@example.org", "Eve Hall")
    plan = a_plan(group, {"North": [ann]})
    with transaction():
        plan.state, plan.announced_at = PlanState.ANNOUNCED, now()
        plans.carry_out(plan, actor_id=None)
    work_once(site.core, workers("splitting"), "test")
    db.session.rollback()
    assert plan.due_at is not None
    ends = f"{plan.due_at:%-d %B %Y}"
    move_clock(timedelta(days=78).total_seconds())
    work_once(site.core, workers("splitting"), "test")
    site.work()
    said = words(site, "olga@example.org", f"what has grown out of it is kept from {ends}")
    assert "can be put back: North. After that" in said
    assert f"/g/cardiology/split/{plan.public_id}/course" in said

    north = group_by_slug("north")
    assert north is not None
    with transaction():
        north.join_policy = JoinPolicy.OPEN
        ask_to_join(eve, north)
        restrict(its(ann, north), Restricts.BAN, actor_id=None, reason="Enough")
        plans.undo(plan, actor_id=None)
    work_once(site.core, workers("splitting"), "test")
    site.work()
    said = words(site, "olga@example.org", "the plan has been undone")
    assert "back in Cardiology: North." in said
    assert "- Ann Lee (banned in North)" in said
    said = words(site, "eve@example.org", "North is part of Cardiology again")
    assert "we have asked its moderators to let you in" in said
