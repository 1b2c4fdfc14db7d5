"""Reported posts: merged into one case, told to those who can decide, closed once, opened again by somebody else."""

from collections.abc import Sequence

import pytest
from flask import Flask
from sqlalchemy import select

from forum.accounts.models import Member
from forum.clock import now
from forum.db import db, transaction
from forum.groups.actions import NotPossible
from forum.groups.models import Group, HeldNotices, Role
from forum.groups.rights import viewer_of
from forum.log import LogEntry
from forum.moderation.flagged import count_flagged, flagged_page
from forum.moderation.flags import (
    FLAGS_A_DAY,
    FlagDecision,
    claim_flagged,
    decide_flags,
    flag_post,
    flags_in_case,
    looking_at,
    told_of,
)
from forum.moderation.lateness import look_at_flags
from forum.moderation.models import FlaggedPost, FlagState
from forum.posting.erase import erase
from forum.posting.outcomes import Published
from forum.queue import Task
from forum.threads.models import Post
from tests.meanwhile import meanwhile
from tests.people import a_crowd, a_group, a_member, its, post


def published(author: Member, group: Group, subject: str = "Locum cover in August") -> Post:
    outcome = post(author, group, subject, f"{subject}: who can cover two weeks?")
    assert isinstance(outcome, Published)
    return db.session.get_one(Post, outcome.post_id)


def reported(by: Member, about: Post, words: str = "It sells insurance.") -> FlaggedPost:
    with transaction():
        flag_post(about, by, words=words)
    return db.session.scalars(select(FlaggedPost).where(FlaggedPost.post_id == about.id)).one()


def told(kind: str) -> Sequence[int | None]:
    return db.session.scalars(select(Task.other_id).where(Task.kind == f"notice.{kind}").order_by(Task.id)).all()


def test_flags_are_one_case_and_moderators_hear_at_the_first_the_third_and_the_tenth(core: Flask) -> None:
    group = a_group()
    ann, mo = a_member("ann@example.org", "Ann", group), a_member("mo@example.org", "Mo", group, role=Role.MODERATOR)
    readers, about = a_crowd(11, group), published(ann, group)
    case = reported(readers[0], about)
    with transaction():
        again = flag_post(about, readers[0], words="Once more.")
    assert not again.is_new
    for reader in readers[1:]:
        reported(reader, about)
    assert flags_in_case(case) == 11
    assert told("flagged") == [mo.id] * 3
    assert len(db.session.scalars(select(LogEntry).where(LogEntry.act == "flag")).all()) == 11


def test_what_says_nothing_is_about_an_own_post_or_comes_too_often_is_refused(core: Flask) -> None:
    group = a_group(quota=None)
    ann, bea = a_member("ann@example.org", "Ann", group), a_member("bea@example.org", "Bea", group)
    posts = [published(ann, group, f"Number {number}") for number in range(FLAGS_A_DAY + 1)]
    for who, words, sentence in ((ann, "Mine", "your own post"), (bea, "  ", "Choose a rule")):
        with pytest.raises(NotPossible, match=sentence), transaction():
            flag_post(posts[0], who, words=words)
    with pytest.raises(NotPossible, match="Choose a rule"), transaction():
        flag_post(posts[0], bea, rule_id=77, words="No such rule.")
    with transaction():
        for each in posts[:-1]:
            flag_post(each, bea, words="Spam")
    with pytest.raises(NotPossible, match="20 posts within a day"), transaction():
        flag_post(posts[-1], bea, words="Spam")


def test_a_case_is_closed_once_and_another_member_opens_it_again(core: Flask, move_clock) -> None:
    group = a_group()
    ann, bea, cy = (a_member(f"{name}@example.org", name, group) for name in ("ann", "bea", "cy"))
    mo, mia = (a_member(f"{name}@example.org", name, group, role=Role.MODERATOR) for name in ("mo", "mia"))
    about = published(ann, group)
    case = reported(bea, about)
    with transaction():
        assert claim_flagged(case, actor_id=mo.id) == ""
        assert claim_flagged(case, actor_id=mia.id) == "mo"
    looks = looking_at(case)
    assert looks is not None
    assert looks.id == mo.id
    with transaction():
        first = decide_flags(case, FlagDecision.KEEP, actor_id=mo.id)
        second = decide_flags(case, FlagDecision.ERASE, actor_id=mia.id, reason="Ads.")
    assert (first.state, first.by_this) == (FlagState.KEPT, True)
    assert (second.state, second.by_this, second.by_name) == (FlagState.KEPT, False, "mo")
    assert about.erased_at is None
    assert told("flag_outcome") == [bea.id]
    move_clock(60)
    reported(bea, about)
    assert case.state is FlagState.KEPT
    reported(cy, about)
    db.session.refresh(case)
    assert (case.state, case.decided_at, flags_in_case(case)) == (FlagState.OPEN, None, 1)
    with pytest.raises(NotPossible, match="Write a reason"), transaction():
        decide_flags(case, FlagDecision.ERASE, actor_id=mia.id)
    with transaction():
        decide_flags(case, FlagDecision.ERASE, actor_id=mia.id, reason="Ads.")
    db.session.refresh(about)
    assert about.erased_at is not None
    assert told("flag_outcome") == [bea.id, cy.id]
    assert len(told("flag_erased")) == 1
    acts = db.session.scalars(select(LogEntry.act).where(LogEntry.object_kind == "flagged_post").order_by(LogEntry.id))
    assert list(acts) == ["flag", "claim", "keep flagged", "flag", "erase flagged"]


def test_nobody_decides_on_an_own_post_and_others_hear_of_it(core: Flask) -> None:
    group = a_group()
    mo = a_member("mo@example.org", "Mo", group, role=Role.MODERATOR)
    above = a_member("above@example.org", "Above", role=Role.OWNER)
    case = reported(a_member("bea@example.org", "Bea", group), published(mo, group))
    # The only moderator of the group wrote it, so that those above it are asked.
    assert [each.member_id for each in told_of(case)] == [above.id]
    with pytest.raises(NotPossible, match="your own post"), transaction():
        decide_flags(case, FlagDecision.KEEP, actor_id=mo.id)
    own, other = viewer_of(mo), viewer_of(above)
    assert own is not None
    assert other is not None
    assert (count_flagged(own), count_flagged(other)) == (0, 1)
    [shown] = flagged_page(other, [group.id])
    assert (shown.flags, shown.reasons) == (1, ["another reason"])


def test_what_nobody_decides_is_remembered_and_what_was_erased_is_closed(core: Flask, move_clock) -> None:
    group = a_group()
    ann, bea = a_member("ann@example.org", "Ann", group), a_member("bea@example.org", "Bea", group)
    mo = a_member("mo@example.org", "Mo", group, role=Role.MODERATOR)
    with transaction():
        its(mo, group).held_notices = HeldNotices.SUMMARY
    kept, gone = (reported(bea, published(ann, group, subject)) for subject in ("One", "Two"))
    assert told("flagged") == []
    assert look_at_flags(now()) == 0
    move_clock(86_401)
    assert look_at_flags(now()) == 1
    assert look_at_flags(now()) == 0
    assert told("queue_late") == [mo.id]
    with transaction():
        erase(db.session.get_one(Post, gone.post_id), actor_id=ann.id)
    assert look_at_flags(now()) == 1
    db.session.rollback()
    assert (kept.state, gone.state) == (FlagState.OPEN, FlagState.ACTED)
    assert told("flag_outcome") == [bea.id]
    move_clock(8 * 86_401)
    assert look_at_flags(now()) == 1


def test_of_two_first_flags_at_once_both_count_in_one_case(core: Flask) -> None:
    group = a_group()
    ann, bea, cy = (a_member(f"{name}@example.org", name, group) for name in ("ann", "bea", "cy"))
    about = published(ann, group)
    about_id, bea_id = about.id, bea.id

    def by_bea() -> None:
        flag_post(db.session.get_one(Post, about_id), db.session.get_one(Member, bea_id), words="Ads")

    with meanwhile(core, by_bea):
        case = reported(cy, about)
    assert flags_in_case(case) == 2
