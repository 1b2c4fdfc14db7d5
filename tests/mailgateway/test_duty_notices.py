"""What moderators read by mail about the rota, and of earlier decisions beside a held post."""

from datetime import timedelta
from email import message_from_bytes
from email.policy import default

from sqlalchemy import select

from forum.clock import now
from forum.db import db, transaction
from forum.groups.models import Moderate, Role
from forum.moderation.actions import Decision, decide
from forum.moderation.duty import add_turn
from forum.moderation.lateness import change_turns
from forum.moderation.turns import hand_over
from forum.posting.models import HeldPost
from tests.people import a_group, a_member, post

HOUR = timedelta(hours=1)


def mailed(site, email: str) -> list[str]:
    """Subject and text of each mail to somebody, in order."""
    read = (message_from_bytes(each.content, policy=default) for each in site.mailed(email))
    return [f"{each['Subject']}\n{each.get_body(('plain',)).get_content()}" for each in read]


def test_a_moderator_reads_what_was_decided_before_and_that_a_turn_begins_or_changes_hands(site) -> None:
    group = a_group(moderate=Moderate.ALL)
    ann = a_member("ann@example.org", "Ann Lee", group)
    mo, mia = (
        a_member(f"{name.lower()}@example.org", f"{name} Dee", group, role=Role.MODERATOR) for name in ("Mo", "Mia")
    )
    post(ann, group, "Survey", "Please answer our burnout survey https://evil.example/form")
    with transaction():
        decide(db.session.scalars(select(HeldPost)).one(), Decision.REJECT, actor_id=mia.id, reason="No surveys here.")
    post(ann, group, "Survey again", "Please answer our burnout survey once more")
    site.work()
    [asked] = [each for each in mailed(site, "mo@example.org") if "Survey again" in each]
    assert "rejected by Mia Dee" in " ".join(asked.split())
    assert "The reason: No surveys here." in " ".join(asked.split())
    assert "evil.example" not in asked
    with transaction():
        turn = add_turn(group, mo, now() - HOUR, now() + HOUR, actor_id=None)
    change_turns(now())
    site.work()
    begins = mailed(site, "mo@example.org")[-1]
    assert begins.startswith("You are on duty in Cardiology: 1 post waits\n")
    assert "1. Survey again" in begins
    with transaction():
        hand_over(group, turn.id, mia, actor_id=mo.id)
    site.work()
    assert "Mia Dee has your turn of duty in Cardiology: from now until" in mailed(site, "mo@example.org")[-1]
    taken = [each for each in mailed(site, "mia@example.org") if each.startswith("You are on duty")]
    assert len(taken) == 1
    assert "Mo Dee has handed a turn of duty" in taken[0]
