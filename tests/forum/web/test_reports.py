"""The pages of numbers and of evenness: who sees what, and that planted unevenness stands on them."""

from datetime import timedelta

from flask import Flask

from forum.clock import now
from forum.db import db, transaction
from forum.groups.models import Assurance, Group, Role
from forum.log import LogEntry
from forum.posting.models import HeldPost, HeldState
from forum.threads.models import TextFormat, Via
from tests.forum.web.browser import Browser
from tests.people import a_group, a_member

# Words of letters only, since numbers are not compared.
_WORDS = "vote candidate{n} governor{n} ballot{n} senate{n} taxes{n} insurance{n}"


def _decided(group: Group, moderator_id: int, act: str, n: int) -> None:
    """A decision as the log has it, on a post whose words are those of every other one with this number."""
    held = HeldPost(
        group_id=group.id,
        byline="Somebody",
        via=Via.WEB,
        assurance=Assurance.PROVEN,
        subject=f"Title {n}",
        text=_WORDS.format(n=chr(97 + n % 26) * 2 + chr(97 + n // 26)),
        text_format=TextFormat.PLAIN,
        html="",
        content_digest="x",
        findings=[{"rule": "no-politics", "severity": "hold", "evidence": [], "for_moderator": "Partisan."}],
        state=HeldState.RETURNED,
        created_at=now() - timedelta(hours=5),
    )
    db.session.add(held)
    db.session.flush()
    db.session.add(
        LogEntry(act=act, object_kind="held_post", object_id=held.id, actor_id=moderator_id, group_id=group.id)
    )


def test_planted_unevenness_stands_on_the_page_and_only_owners_see_names(app: Flask) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    bob = a_member("bob@example.org", "Bob Ray", group, role=Role.MODERATOR)
    cat = a_member("cat@example.org", "Cat Orr", group, role=Role.OWNER)
    with transaction():
        for n in range(30):
            _decided(group, bob.id, "reject" if n % 3 else "approve", n)
            _decided(group, cat.id, "reject" if n % 10 == 1 else "approve", n)
    owner = Browser(app).sign_in(cat)
    page = owner.open("/g/cardiology/evenness")
    assert "Bob Ray sent back 20 of 30 posts under no-politics (67 %), the other moderators 3 of 30 (10 %)" in page
    assert "in fewer than 1 of 10,000 cases" in page
    assert "Cohen's kappa is 0." in page
    assert "from 30 pairs of like posts" in page
    assert page.count("% alike") == 10
    assert "Of 60 the author has left or is not known." in page
    assert "5 hours" in page
    moderator = Browser(app).sign_in(bob)
    assert "You sent back 20 of 30" in moderator.open("/g/cardiology/evenness?days=30")
    assert "Cat Orr" not in moderator.text
    assert "Moderator B" in moderator.text
    moderator.open("/g/cardiology/evenness?days=7")
    assert moderator.status == 404
    member = Browser(app).sign_in(ann)
    member.open("/g/cardiology/evenness")
    assert member.status == 404
    page = member.open("/g/cardiology/numbers")
    assert "Rejected" in page
    assert "5 hours" in page
    assert "Cat" not in page
    assert member.open("/g/cardiology/numbers?upto=2026-13")
    assert member.status == 404
