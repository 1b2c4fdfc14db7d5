"""Quotes below the words of a mail: readers can open them, so nothing in them tells who a patient is."""

from dataclasses import replace

from flask import Flask
from sqlalchemy import select

from forum.db import db, transaction
from forum.groups.models import Assurance, Moderate, Role
from forum.moderation.actions import Decision, decide
from forum.posting.models import HeldPost
from forum.posting.outcomes import Duplicate, Held, Published
from forum.posting.submit import submit
from forum.rulebook.actions import add_rule
from forum.rulebook.defaults import default_terms
from forum.rules.submission import Submission
from forum.rules.terms import Mode
from forum.threads.models import Post, TextFormat, Via
from tests.people import a_group, a_member

WHO = "On Mon, 9 Nov 2026 at 14:02, Bo Vance <bo@ward4.example> wrote:"
PATIENT = f"{WHO}\n> Mr. John Hollander, MRN 00482913, is back in bed 4."
NOBODY = f"{WHO}\n> Who can cover in May?\n\n--\nAnn Lee, MD\n12 Alder Street, Bend, OR 97701\n(541) 555-0142"


def test_quotes_are_left_out_where_they_may_tell_who_a_patient_is(core: Flask) -> None:
    group, read_first = a_group(), a_group("slow", "Slow", moderate=Moderate.ALL)
    ann = a_member("ann@example.org", "Ann Lee", group, read_first)
    mo = a_member("mo@example.org", "Mo", group, read_first, role=Role.OWNER)
    answer = Submission(
        group_id=group.id,
        author_id=ann.id,
        byline=ann.name,
        assurance=Assurance.PROVEN,
        via=Via.MAIL,
        subject="A rash",
        text="What would you do?",
        text_format=TextFormat.PLAIN,
    )

    def folded_of(number: int, folded: str) -> str:
        mail = replace(answer, folded=folded, author_message_id=f"<{number}@x.example>")
        with transaction():
            outcome = submit(mail)
        assert isinstance(outcome, Published)
        with transaction():
            assert isinstance(submit(mail), Duplicate)
        return db.session.get_one(Post, outcome.post_id).folded

    with transaction():
        waits = submit(replace(answer, group_id=read_first.id, folded=PATIENT))
    assert isinstance(waits, Held)
    assert "00482913" in folded_of(1, PATIENT)
    terms = default_terms("patient_identifiers", {})
    with transaction():
        for each in (group, read_first):
            add_rule(each, "patients", replace(terms, mode=Mode.ON), actor_id=None)
    assert folded_of(2, PATIENT) == ""
    assert folded_of(3, NOBODY).startswith(WHO[:20])
    # What waits since before the rule, and what waits now.
    with transaction():
        submit(replace(answer, group_id=read_first.id, text="And you?", folded=PATIENT))
    before, now = db.session.scalars(select(HeldPost).order_by(HeldPost.id))
    assert now.folded == ""
    with transaction():
        decide(before, Decision.APPROVE, actor_id=mo.id)
    assert before.post_id is not None
    assert db.session.get_one(Post, before.post_id).folded == ""
