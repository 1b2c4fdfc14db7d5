"""What members see of moderation: counted by month in the database, with nobody's name and nobody to guess."""

from datetime import UTC, date, datetime, timedelta

from flask import Flask

from forum.clock import now
from forum.db import db, transaction
from forum.groups.models import Moderate, Role
from forum.moderation.actions import Decision, decide, withdraw
from forum.moderation.appeals import Verdict, answer_appeal, appeal
from forum.moderation.evenness import APPROVE, REJECT
from forum.moderation.models import FlaggedPost, FlagState, Restricts
from forum.moderation.past_decisions import evenness_of
from forum.moderation.restrictions import restrict
from forum.moderation.transparency import FEWER, last_months, numbers_of
from forum.posting.models import HeldPost
from forum.posting.outcomes import Held, Published
from tests.people import a_crowd, a_group, a_member, its, post


def test_months_go_back_over_the_turn_of_the_year() -> None:
    assert last_months(3, date(2027, 1, 15)) == [date(2027, 1, 1), date(2026, 12, 1), date(2026, 11, 1)]


def test_members_see_counts_and_reasons_and_a_second_look_is_in_both_reports(core: Flask, move_clock) -> None:
    start = datetime.now(UTC)
    # The middle of a month, so that hours later it is still the same one.
    middle = datetime(start.year, start.month, 15, tzinfo=UTC) - start
    move_clock(middle.total_seconds())
    group = a_group()
    ann, *others = a_crowd(20, group)
    one, two = (a_member(f"mo{n}@example.org", f"Mo {n}", group, role=Role.MODERATOR) for n in (1, 2))
    first = post(ann, group)
    assert isinstance(first, Published)
    with transaction() as session:
        group.moderate = Moderate.ALL
        session.add(FlaggedPost(post_id=first.post_id, group_id=group.id, state=FlagState.KEPT, decided_at=now()))
        restrict(its(others[0], group), Restricts.MUTE, actor_id=one.id, reason="x", until=now() + timedelta(days=1))
    held = []
    for n in range(5):
        outcome = post(ann, group, f"Title {n}", "Which antibiotic for cellulitis after penicillin?")
        assert isinstance(outcome, Held)
        held.append(db.session.get_one(HeldPost, outcome.held_id))
    move_clock((middle + timedelta(hours=1)).total_seconds())
    with transaction():
        decide(held[0], Decision.APPROVE, actor_id=one.id)
        decide(held[1], Decision.REJECT, actor_id=one.id, reason="No.")
    move_clock((middle + timedelta(hours=3)).total_seconds())
    with transaction():
        decide(held[2], Decision.RETURN, actor_id=two.id, reason="Which one?")
        withdraw(held[3])
        asked = appeal(held[1], "Yes.").appeal
        assert asked is not None
        answer_appeal(asked, Verdict.OVERTURN, "Yes.", actor_id=two.id)

    this, last = numbers_of(group, last_months(2))
    counts = {key: count for key, count in this.counts.items() if count}
    assert counts == {
        "posts": 3,
        "held": 5,
        "approved": 1,
        "returned": 1,
        "rejected": 1,
        "withdrawn": 1,
        "flagged": 1,
        "kept": 1,
        "mutes": FEWER,
        "overturned": FEWER,
    }
    (reason,) = this.reasons
    assert (reason.rule, reason.held, reason.returned) == ("moderated", 5, 0)
    assert this.median_seconds is not None
    assert abs(this.median_seconds - 3600) < 60
    assert not any(last.counts.values())
    assert last.median_seconds is None

    found = evenness_of(group, now() - timedelta(days=90))
    shares = {(each.rule, each.moderator_id): each.outcomes for each in found.report.shares}
    assert shares["moderated", one.id] == {APPROVE: 1, "return": 0, REJECT: 1}
    assert (found.report.second_looks.answered, found.report.second_looks.overturned) == (1, 1)
    pairs = [(each.first.outcome, each.second.outcome) for each in found.report.contradictions]
    assert pairs == [(APPROVE, "return")]  # Each decision stands in one pair: there is the rejected one, too.
    assert found.names == {one.id: "Mo 1", two.id: "Mo 2"}
    assert found.posts[held[0].id] == (held[0].public_id, "Title 0")
    # Whoever joined long before is an old member; of who has left nobody knows.
    assert found.report.standing.table.cases == 3


def test_in_a_small_group_no_count_tells_of_one_person(core: Flask) -> None:
    group = a_group(moderate=Moderate.ALL)
    ann = a_member("ann@example.org", "Ann", group)
    mo = a_member("mo@example.org", "Mo", group, role=Role.MODERATOR)
    outcome = post(ann, group)
    assert isinstance(outcome, Held)
    with transaction() as session:
        decide(session.get_one(HeldPost, outcome.held_id), Decision.REJECT, actor_id=mo.id, reason="No.")
    (this,) = numbers_of(group, last_months(1))
    assert (this.counts["held"], this.counts["rejected"], this.counts["bans"]) == (FEWER, FEWER, 0)
    assert [(each.held, each.returned) for each in this.reasons] == [(FEWER, 0)]
    assert this.median_seconds is None
