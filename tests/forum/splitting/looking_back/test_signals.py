"""When it may be time: each sign by itself, and nothing of other groups in it."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import update

from forum.clock import now
from forum.db import transaction
from forum.groups.models import Membership
from forum.splitting.looking_back.signals import Signals, signals_of
from forum.threads.models import Post, Thread
from tests.people import a_crowd, a_group, post


def saying_so(signals: Signals) -> set[str]:
    return {signal.name for signal in signals.each if signal.says_so}


def made_older(days: float) -> None:
    """Everything that was written so far is so many days older."""
    with transaction() as session:
        at = now() - timedelta(days=days)
        session.execute(update(Post).values(created_at=at))
        session.execute(update(Thread).values(created_at=at))


def test_a_quiet_group_shows_no_sign(core: Flask) -> None:
    group = a_group()
    ann, *_others = a_crowd(5, group)
    post(ann, group)
    signals = signals_of(group)
    assert saying_so(signals) == set()
    assert signals.advice == "Nothing here says that the group is too large."
    assert [signal.sentence for signal in signals.each if signal.name == "missed"] == [
        "Threads that are old enough to count: 0. That is too few to say anything."
    ]


def test_growth_and_topics_without_an_answer_are_signs(core: Flask) -> None:
    group, elsewhere = a_group(quota=None), a_group("neurology", "Neurology", quota=None)
    members = a_crowd(8, group, stem="old")
    with transaction() as session:
        session.execute(update(Membership).values(joined_at=now() - timedelta(days=200)))
    a_crowd(3, group, stem="new")
    a_crowd(40, elsewhere, stem="other")
    for number in range(32):
        post(members[number % 8], group, f"Question {number}", f"Words {number}")
    made_older(10)
    signals = signals_of(group)
    assert saying_so(signals) == {"growth", "missed"}
    assert next(each for each in signals.each if each.name == "growth").sentence == (
        "11 members. In 90 days 3 came and 0 went."
    )
    assert signals.advice.startswith("One or two signs are up.")
    assert "missed" not in saying_so(signals_of(elsewhere))


def test_tags_that_hardly_anybody_shares_are_named(core: Flask) -> None:
    group = a_group(quota=None)
    members = a_crowd(33, group)
    for number, member in enumerate(members):
        tag = ("ecg", "locums", "billing")[number // 11]
        post(member, group, f"[{tag}] Case {number}", f"Words {number}")
    post(members[0], group, "[locums] I as well", "Words")
    signals = signals_of(group)
    assert saying_so(signals) == {"apart"}
    assert "#billing and #ecg" in next(each for each in signals.each if each.name == "apart").sentence
