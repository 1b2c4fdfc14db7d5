"""Many people are added at once: L70."""

from forum.db import db, transaction
from forum.groups.leaving import leave
from forum.groups.models import Delivery
from forum.groups.queries import membership_of
from forum.groups.roster import RosterRow, import_rows
from forum.splitting.course.carrying_out import carry_members
from forum.splitting.models import PlanState
from forum.work import work_once, workers
from tests.gateway import a_mail
from tests.people import its
from tests.plans import a_split
from tests.site import Site

SOUTH = "heart-south@lists.localhost"


def test_l70_who_is_added_with_many_keeps_the_choice_of_mail_and_is_asked_and_told_once(site: Site, move_clock) -> None:
    """Who is added with many others gets mail as before, is asked before and told once, and stays out after leaving."""
    group, plan, (ann, ben, cy, dot) = a_split()
    with transaction():
        its(ann, group).delivery, its(ben, group).delivery = Delivery.WEEKLY, Delivery.NONE
    site.work()
    move_clock(15 * 86_400)
    for _ in ("letters", "groups"):
        work_once(site.core, workers("splitting"), "test")
    site.work()
    db.session.expire_all()
    assert plan.state is PlanState.REVIEW
    north, south, quiet = (planned.group for planned in plan.groups)
    assert [its(ann, north).delivery, its(ben, north).delivery, its(ben, south).delivery] == [
        Delivery.WEEKLY,
        Delivery.NONE,
        Delivery.NONE,
    ]
    # One letter before and one after, however many groups: also to who gets no mail of the group.
    assert [len(site.mailed(f"{name}@example.org")) for name in ("ann", "ben", "cy", "dot")] == [2, 2, 2, 1]
    before = len(site.sink.messages)
    site.hand_in(
        a_mail("cy@example.org", "heart-south@lists.localhost", "Cover", "Who can?"), "heart-south@lists.localhost"
    )
    site.work()
    assert [message.recipients for message in site.sink.messages[before:]] == [("cy@example.org",)]
    with transaction():
        leave(ben, north, actor_id=ben.id)
        leave(cy, quiet, actor_id=cy.id)
    with transaction():
        assert carry_members(plan, 0) is None
        import_rows(north, [RosterRow(1, "ben@example.org", "Ben Lee"), RosterRow(2, "ann@example.org", "Ann Lee")])
    assert membership_of(ben.id, north.id) is None
    assert membership_of(cy.id, quiet.id) is None
    assert its(ann, north).delivery is Delivery.WEEKLY
    assert membership_of(dot.id, north.id) is None
