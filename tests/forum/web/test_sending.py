"""What rules find is shown before a post is sent; then its author changes it, confirms, sends it, or asks."""

from flask import Flask
from sqlalchemy import func, select

from forum.db import db, transaction
from forum.groups.models import Group, Role
from forum.log import LogEntry
from forum.posting.models import HeldPost
from forum.queue import Task
from forum.rulebook.actions import add_rule
from forum.rulebook.models import RuleSighting
from forum.rules.findings import Severity
from forum.rules.terms import Mode, Terms
from forum.threads.models import Post
from tests.forum.web.browser import Browser
from tests.people import a_group, a_member

NOTE = "Patient Maria Alvarez, MRN 4471902, seen again."


def a_rule(group: Group, severity: Severity, check: str = "words", mode: Mode = Mode.ON, **options: object) -> None:
    """A rule of a group; unless told otherwise it sees the word zebra."""
    options = options or ({"words": ["zebra"]} if check == "words" else {})
    terms = Terms(
        sentence=f"This group asks about {check}.",
        why=f"Because of {check}.",
        check=check,
        options=options,
        severity=severity,
        mode=mode,
        caught=("It was a zebra." if check == "words" else NOTE,),
        passing=("It was a horse.",),
    )
    with transaction():
        add_rule(group, f"no-{check.replace('_', '-')}", terms, actor_id=None)


def a_writer(app: Flask, severity: Severity, check: str = "words", mode: Mode = Mode.ON) -> Browser:
    """Ann at the form for a new thread of a group that has one rule."""
    group = a_group()
    a_rule(group, severity, check, mode)
    browser = Browser(app).sign_in(a_member("ann@example.org", "Ann Lee", group))
    browser.open("/g/cardiology/write")
    return browser


def texts() -> list[str]:
    return list(db.session.scalars(select(Post.text).order_by(Post.id)))


def written() -> int:
    """How many rows looking could have left."""
    counts = (select(func.count()).select_from(table) for table in (Post, HeldPost, LogEntry, RuleSighting, Task))
    return sum(db.session.scalar(each) or 0 for each in counts)


def test_advice_is_shown_with_its_words_and_the_post_goes_out_as_it_is(app: Flask) -> None:
    browser = a_writer(app, Severity.ADVISE)
    before = written()
    text = browser.press("Send to Cardiology", subject="Stripes", text="It was <a> zebra after all.")
    assert browser.status == 422
    assert "Not sent yet" in text
    assert "No words advice This group asks about words." in text
    assert "Why this rule Because of words." in text
    assert "It was &lt;a&gt; <mark>zebra</mark> after all." in browser.body
    assert written() == before
    assert "It was <a> zebra after all." in browser.press("Send it as it is")
    assert browser.path.startswith("/t/")


def test_what_would_be_held_is_changed_and_goes_out_at_once(app: Flask) -> None:
    browser = a_writer(app, Severity.HOLD)
    text = browser.press("Send to Cardiology", subject="Stripes", text="It was a zebra.")
    assert "Send to the moderators of Cardiology" in browser.buttons
    assert "one of them reads it first" in text
    assert "The words are as they were." in browser.press("Send the changed words")
    assert texts() == []
    browser.press("Send the changed words", text="It was a horse.")
    assert texts() == ["It was a horse."]


def test_what_would_be_held_goes_to_the_moderators_only_when_they_are_asked(app: Flask) -> None:
    browser = a_writer(app, Severity.HOLD)
    browser.press("Send to Cardiology", subject="Stripes", text="It was a zebra.")
    text = browser.press("Send to the moderators of Cardiology")
    assert browser.status == 202
    assert "Your post is waiting for a moderator" in text
    assert "<mark>zebra</mark>" in browser.body
    assert texts() == []


def test_words_that_were_changed_are_looked_at_anew(app: Flask) -> None:
    browser = a_writer(app, Severity.HOLD)
    browser.press("Send to Cardiology", subject="Stripes", text="It was a zebra.")
    text = browser.press("Send to the moderators of Cardiology", text="Two zebra by now: zebra.")
    assert browser.status == 422
    assert browser.body.count("<mark>zebra</mark>") == 2
    text = browser.press("Send to the moderators of Cardiology", text="None.")
    assert "Nothing is marked in these words now." in text
    assert "It is not sent yet." in text
    assert browser.status == 200
    browser.press("Send to Cardiology")
    assert texts() == ["None."]


def test_what_may_not_go_out_can_be_read_by_a_moderator_all_the_same(app: Flask) -> None:
    browser = a_writer(app, Severity.RETURN)
    before = written()
    text = browser.press("Send to Cardiology", subject="Stripes", text="It was a zebra.")
    assert "cannot go out like this" in text
    browser.press("Send the changed words")
    assert written() == before
    browser.press("Ask a moderator to look")
    assert browser.status == 202
    held = db.session.scalars(select(HeldPost)).one()
    assert (held.state, held.private, [each["severity"] for each in held.findings]) == ("waiting", False, ["hold"])


def test_a_rule_in_shadow_is_never_shown(app: Flask) -> None:
    browser = a_writer(app, Severity.RETURN, mode=Mode.SHADOW)
    assert "Rules here" not in browser.text
    browser.press("Send to Cardiology", subject="Stripes", text="It was a zebra.")
    assert texts() == ["It was a zebra."]
    assert db.session.scalars(select(RuleSighting.shadow)).all() == [True]


def test_what_may_tell_who_a_patient_is_gets_changed_or_confirmed_one_by_one(app: Flask) -> None:
    browser = a_writer(app, Severity.RETURN, "patient_identifiers")
    text = browser.press("Send to Cardiology", subject="About MRN 4471902", text=NOTE)
    assert "in the subject" in text
    assert browser.buttons.count("Not a patient’s") >= 2
    assert "Ask a moderator to look" not in browser.buttons
    browser.press("Not a patient’s")
    assert browser.status == 422
    assert "Write “[record number]” instead" in browser.buttons
    browser.press("Write “[record number]” instead")
    while "Not a patient’s" in browser.buttons:
        browser.press("Not a patient’s")
    browser.press(next(each for each in browser.buttons if each.startswith("Send")))
    sent = db.session.scalars(select(Post)).one()
    assert sent.subject == "About MRN 4471902"
    assert "4471902" not in sent.text
    logged = " ".join(db.session.scalars(select(LogEntry.why)).all())
    assert "4471902" not in logged
    assert "Alvarez" not in logged


def test_a_second_click_leads_to_the_same_post(app: Flask) -> None:
    browser = a_writer(app, Severity.HOLD)
    browser.press("Send to Cardiology", subject="Stripes", text="It was a zebra.")
    form = next(each for each in browser.forms() if "seen" in each.names).values
    for _click in range(2):
        assert browser.post("/g/cardiology/write", **form | {"act": "hold"}) == 202
        browser.open("/g/cardiology/write")
    assert db.session.scalar(select(func.count()).select_from(HeldPost)) == 1


def test_a_preview_says_what_the_rules_find_and_an_answer_goes_the_same_way(app: Flask) -> None:
    browser = a_writer(app, Severity.ADVISE)
    browser.press("Send to Cardiology", subject="Horses", text="One.")
    text = browser.press("Preview", text="**Two**, and a zebra.")
    assert browser.status == 200
    assert "<strong>Two</strong>" in browser.body
    assert "This group asks about words." in text
    browser.press("Send it as it is")
    assert texts() == ["One.", "**Two**, and a zebra."]


def test_confirmed_words_are_found_again_when_they_move_and_asked_about_when_they_change(app: Flask) -> None:
    browser = a_writer(app, Severity.RETURN, "patient_identifiers")
    browser.press("Send to Cardiology", subject="A case", text="MRN 4471902 again.")
    browser.press("Not a patient’s", text="First of all: MRN 4471902 again.")
    assert "Nothing is marked in these words now." in browser.text
    assert "4471902" not in next(each.values["confirmed"] for each in browser.forms() if "confirmed" in each.names)
    browser.press("Send to Cardiology", text="First of all: MRN 4471903 again.")
    assert "<mark>4471903</mark>" in browser.body
    assert texts() == []


def test_an_announcement_keeps_what_was_confirmed_in_its_subject(app: Flask) -> None:
    group = a_group()
    a_rule(group, Severity.RETURN, "patient_identifiers")
    browser = Browser(app).sign_in(a_member("mo@example.org", "Mo Dee", group, role=Role.MODERATOR))
    browser.open("/g/cardiology/write")
    browser.press("Send to Cardiology", subject="Form MRN 4471902", text="As agreed.", special="yes")
    browser.press("Not a patient’s")
    browser.press("Send to Cardiology")
    assert db.session.scalars(select(Post.subject)).all() == ["[special] Form MRN 4471902"]
