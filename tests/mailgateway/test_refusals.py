"""Who is told what became of a mail, and who is not: nobody is written to on a forger's word."""

import pytest

from forum.db import transaction
from forum.groups.models import Standing, Strangers
from forum.groups.queries import group_by_slug, membership_of
from forum.groups.standing import set_standing
from mailgateway.models import MailState
from tests.gateway import a_mail, notices
from tests.people import a_group, a_member

GROUP = "cardiology@lists.localhost"
ANN = "Ann <ann@example.org>"
DAY = 24 * 3600


@pytest.mark.parametrize("dmarc", [None, "fail", "none"])
@pytest.mark.parametrize("strangers", Strangers)
def test_a_stranger_who_is_not_proven_is_held_and_told_nothing(take, strangers: Strangers, dmarc: str | None) -> None:
    a_group(strangers=strangers)
    assert take(a_mail("eve@example.net", GROUP, "x", "y", dmarc=dmarc)).state is MailState.HELD
    assert notices() == []


@pytest.mark.parametrize("strangers", Strangers)
def test_a_proven_stranger_is_told_once_a_day_whatever_the_group(site, move_clock, strangers: Strangers) -> None:
    a_group(strangers=strangers)
    a_group("gulf-coast", "Gulf Coast")
    both = (GROUP, "gulf-coast@lists.localhost")
    site.hand_in(a_mail("eve@example.net", GROUP, "x", "One"), *both)
    site.hand_in(a_mail("eve@example.net", GROUP, "x", "Two"), GROUP)
    site.hand_in(a_mail("dan@example.net", GROUP, "x", "One"), GROUP)
    site.work()
    [told] = site.mailed("eve@example.net")
    assert told.envelope_sender == ""
    assert b"eve@example.net" in told.content
    assert len(site.mailed("dan@example.net")) == 1
    move_clock(DAY + 60)
    site.hand_in(a_mail("eve@example.net", GROUP, "x", "Three"), GROUP)
    site.work()
    assert len(site.mailed("eve@example.net")) == 2


def test_a_member_is_told_of_a_refusal_once_a_day_and_of_another_at_once(take, move_clock) -> None:
    group, other = a_group(), a_group("gulf-coast", "Gulf Coast")
    ann = a_member("ann@example.org", "Ann Lee", group, other)
    with transaction():
        for each in (group, other):
            set_standing(membership_of(ann.id, each.id), Standing.BANNED, actor_id=None)
    for number in range(3):
        assert take(a_mail(ANN, GROUP, "x", f"{number}")).state is MailState.REFUSED
    assert notices() == ["refused"]
    take(a_mail(ANN, GROUP, "x", "Elsewhere"), "gulf-coast@lists.localhost")
    assert notices() == ["refused"] * 2
    move_clock(DAY + 60)
    take(a_mail(ANN, GROUP, "x", "Later"))
    assert notices() == ["refused"] * 3


def test_a_returned_post_goes_back_each_time_to_who_is_known_and_once_a_day_to_who_is_claimed(take) -> None:
    a_member("ann@example.org", "Ann Lee", a_group())
    for number in range(2):
        assert take(a_mail(ANN, GROUP, f"{number}", "\n")).state is MailState.RETURNED
    assert notices() == ["returned"] * 2
    for number in range(2, 4):
        assert take(a_mail(ANN, GROUP, f"{number}", "\n", dmarc=None)).state is MailState.RETURNED
    assert notices() == ["returned"] * 2


def test_nobody_is_told_of_a_mail_that_failed_authentication(take) -> None:
    ann = a_member("ann@example.org", "Ann Lee", a_group())
    assert take(a_mail(ANN, GROUP, "x", "\n", dmarc="fail")).state is MailState.RETURNED
    with transaction():
        set_standing(ann_in_cardiology(ann.id), Standing.BANNED, actor_id=None)
    assert take(a_mail(ANN, GROUP, "x", "y", dmarc="fail")).state is MailState.REFUSED
    assert notices() == []


def ann_in_cardiology(member_id: int):
    return membership_of(member_id, group_by_slug("cardiology").id)
