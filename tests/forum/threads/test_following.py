"""Following and muting."""

from itertools import product

import pytest
from flask import Flask
from sqlalchemy import select

from forum.accounts.models import Member
from forum.db import db, transaction
from forum.groups.models import Group
from forum.log import LogEntry
from forum.posting.outcomes import Published
from forum.threads.following import (
    choice_of_thread,
    choose_tag,
    choose_thread,
    chosen_tags,
    follows,
    mutes,
    somebody_mutes,
    tag_choices,
)
from forum.threads.models import Choice, Thread
from tests.people import a_group, a_member, post

FOLLOW, MUTE = Choice.FOLLOW, Choice.MUTE


def a_thread(author: Member, group: Group, subject: str = "Which lead is this? #ecg #echo") -> Thread:
    outcome = post(author, group, subject)
    assert isinstance(outcome, Published)
    return db.session.get_one(Thread, outcome.thread_id)


def test_the_nearer_choice_counts(core: Flask) -> None:
    group = a_group()
    bea = a_member("bea@example.org", "Bea Okafor", group)
    ann = a_member("ann@example.org", "Ann Lee", group)
    thread = a_thread(bea, group)
    mine = a_thread(ann, group)
    for of_thread, of_ecg, of_echo, written in product(
        (None, FOLLOW, MUTE), (None, FOLLOW, MUTE), (None, MUTE), (0, 1)
    ):
        which = mine if written else thread
        with transaction():
            choose_thread(ann.id, which, of_thread)
            choose_tag(ann.id, group.id, "ecg", of_ecg)
            choose_tag(ann.id, group.id, "echo", of_echo)
        muted = of_thread is MUTE or (of_thread is None and MUTE in (of_ecg, of_echo))
        assert mutes(ann, which) is muted
        assert follows(ann, which) is (not muted and (of_thread is FOLLOW or of_ecg is FOLLOW or bool(written)))
        # Others' choices are nobody else's.
        assert not mutes(bea, which)
        assert follows(bea, which) is not bool(written)
        assert db.session.scalar(select(somebody_mutes(which.id))) is (of_thread is MUTE or MUTE in (of_ecg, of_echo))


def test_a_tag_is_followed_in_one_group_only_and_can_be_written_as_people_do(core: Flask) -> None:
    group, other = a_group(), a_group("locum", "Locum")
    ann = a_member("ann@example.org", "Ann Lee", group, other)
    bea = a_member("bea@example.org", "Bea Okafor", group, other)
    with transaction():
        choose_tag(ann.id, group.id, "#ECG", FOLLOW)
        choose_tag(ann.id, other.id, "ecg", MUTE)
    assert tag_choices(ann.id, group.id) == {"ecg": FOLLOW}
    assert chosen_tags(ann.id) == {group.id: {"ecg": FOLLOW}, other.id: {"ecg": MUTE}}
    assert follows(ann, a_thread(bea, group))
    assert mutes(ann, a_thread(bea, other))
    with transaction(), pytest.raises(ValueError, match="A tag is a word"):
        choose_tag(ann.id, group.id, "# #", FOLLOW)


def test_a_choice_can_be_changed_and_taken_back_and_the_log_says_how(core: Flask) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    thread = a_thread(ann, group)
    before = db.session.scalars(select(LogEntry.id).order_by(LogEntry.id.desc())).first()
    for choice in (FOLLOW, MUTE, MUTE, None, None):
        with transaction():
            choose_thread(ann.id, thread, choice)
        assert choice_of_thread(ann.id, thread.id) is choice
    acts = select(LogEntry.act, LogEntry.undo).where(LogEntry.id > before).order_by(LogEntry.id)
    assert [tuple(row) for row in db.session.execute(acts)] == [
        ("follow thread", "neither follow nor mute thread"),
        ("mute thread", "follow thread"),
        ("neither follow nor mute thread", "mute thread"),
    ]
