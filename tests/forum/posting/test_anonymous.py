"""What of its author is taken out of an anonymous submission, before anything sees it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from forum.accounts.models import Member
from forum.db import db
from forum.groups.models import Assurance, Moderate, Role
from forum.posting.anonymous import about, as_meant, sealed_message_id
from forum.posting.outcomes import Held
from forum.posting.placement import Placement
from forum.posting.submit import submit
from forum.rules.submission import File, Submission
from forum.threads import sealed
from forum.threads.models import Post, TextFormat, Via
from forum.threads.pseudonym_names import NAMES, draw_name
from tests.people import a_group, a_member

NEW = Placement(None, None)


def mailed(text: str, **more: Any) -> Submission:
    given: dict[str, object] = {
        "group_id": 1,
        "author_id": 1,
        "byline": "Annegret Leeman",
        "assurance": Assurance.PROVEN,
        "via": Via.MAIL,
        "subject": "Nights",
        "text": text,
        "text_format": TextFormat.HTML,
        "html": "<div class=gmail>x</div>",
        "folded": "-- \nAnnegret",
        "author_message_id": "<1@ward4.example>",
        "sent_at": datetime(2026, 11, 9, 14, 2, tzinfo=UTC),
        "anonymous": True,
    }
    return Submission(**(given | more))


def test_nothing_of_how_a_mail_was_written_is_left(core: Flask) -> None:
    meant = as_meant(mailed("Words", files=(File("a.txt", "text/plain", b"x"),)), NEW)
    assert (meant.byline, meant.html, meant.folded, meant.sent_at) == (sealed.NOBODY, "", "", None)
    assert meant.text_format is TextFormat.PLAIN
    assert meant.author_message_id == sealed_message_id("<1@ward4.example>")
    assert "ward4" not in str(meant.author_message_id)
    assert as_meant(meant, NEW) == meant, "a second time changes nothing"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Yes.\n\nAm Mo., 9. Nov. 2026 um 14:02 Uhr schrieb Bob:\n> x\n\nNo.", "Yes.\n\n> x\n\nNo."),
        ("On Mon, 9 Nov 2026 at 14:02,\nBob Stone <b@x.example> wrote:\n\n> x\nNo.", "> x\nNo."),
        ("My question:\n> x\nNo.", "My question:\n\n> x\nNo."),
        ("Given at 14:02: nothing.", "Given at 14:02: nothing."),
    ],
)
def test_the_language_and_clock_of_a_mail_program_do_not_stand_over_quotes(core: Flask, text: str, left: str) -> None:
    assert as_meant(mailed(text), NEW).text == left


def test_moments_are_known_to_ten_minutes() -> None:
    assert about(datetime(2026, 11, 9, 14, 19, 59, 7, tzinfo=UTC)) == datetime(2026, 11, 9, 14, 10, tzinfo=UTC)


def test_names_are_friendly_and_never_run_out() -> None:
    assert len(NAMES) == len(set(NAMES)) >= 200
    assert draw_name(NAMES[1:]) == NAMES[0]
    assert draw_name(NAMES) not in NAMES


def test_whether_a_post_waits_does_not_tell_who_its_author_is(core: Flask) -> None:
    """A moderator's and a trusted or old member's anonymous posts wait like a newcomer's."""
    group = a_group(anonymous_posts=True, moderate=Moderate.NEWCOMERS)
    authors = [
        a_member("ann@example.org", "Annegret Leeman", group),
        a_member("mo@example.org", "Mo Danders", group, role=Role.MODERATOR),
        a_member("new@example.org", "Nele Winter", group, newcomer=True),
    ]
    outcomes = [
        submit(
            mailed("I cannot sleep.", group_id=group.id, author_id=each.id, author_message_id=f"<{each.id}@x.example>")
        )
        for each in authors
    ]
    held = [outcome for outcome in outcomes if isinstance(outcome, Held)]
    kept = [[(finding.rule, finding.for_moderator) for finding in outcome.findings] for outcome in held]
    assert len(kept) == len(authors)
    assert kept[0] == kept[1] == kept[2]
    assert [rule for rule, _ in kept[0]] == ["moderated"]


def test_two_authors_stand_behind_one_member_who_can_do_nothing(core: Flask) -> None:
    group = a_group(anonymous_posts=True)
    for name in ("Annegret Leeman", "Bernadette Oakes"):
        member = a_member(f"{name.split()[0].lower()}@example.org", name, group)
        submit(mailed("I cannot sleep.", group_id=group.id, author_id=member.id, author_message_id=None))
    [standing_in] = {post.author_id for post in db.session.scalars(select(Post))}
    member = db.session.get_one(Member, standing_in)
    assert (member.placeholder, member.addresses) == (True, [])
