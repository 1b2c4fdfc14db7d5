"""An author's own posts: all of them on one page, and what can be done about one that waits or came back."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from forum.clock import now
from forum.db import db, transaction
from forum.groups.models import Assurance, Moderate, Role
from forum.moderation.actions import Decision, decide
from forum.moderation.own_posts import own_posts
from forum.posting.hold import hold_letter
from forum.posting.models import HeldPost, HeldState
from forum.posting.outcomes import Held, Outcome, Returned
from forum.rules.findings import Severity
from forum.rules.submission import Submission
from forum.threads.models import Post, TextFormat, Via
from forum.tokens import Purpose, current_tokens
from tests.forum.web.browser import Browser
from tests.forum.web.test_sending import NOTE, a_rule
from tests.people import a_group, a_member, post


def held_row(outcome: Outcome) -> HeldPost:
    assert isinstance(outcome, Held | Returned)
    return db.session.get_one(HeldPost, outcome.held_id)


def by_mail(app: Flask, severity: Severity, text: str, check: str = "words") -> tuple[Browser, HeldPost]:
    """Ann, signed in, and what became of her mail to a group with one rule."""
    group = a_group()
    a_rule(group, severity, check)
    ann = a_member("ann@example.org", "Ann Lee", group)
    held = held_row(post(ann, group, "Stripes", text, via=Via.MAIL))
    return Browser(app).sign_in(ann), held


def test_all_that_somebody_wrote_stands_on_one_page_newest_first(app: Flask) -> None:
    group = a_group()
    ann, mod = a_member("ann@example.org", "Ann Lee", group), a_member("mod@example.org", "Mo", group)
    post(ann, group, "Out at once")
    with transaction():
        group.moderate = Moderate.ALL
    rows = [held_row(post(ann, group, subject)) for subject in ("Let out", "Not for us", "Sent back", "Waits")]
    post(mod, group, "Of somebody else")
    for held, decision in zip(rows, Decision, strict=False):
        with transaction():
            decide(db.session.get_one(HeldPost, held.id), decision, actor_id=mod.id, reason="Why.")
    browser = Browser(app).sign_in(ann)
    text = browser.open("/mine/posts")
    assert (
        "Waits Cardiology, just now · waits for a moderator Sent back Cardiology, just now · came back to you" in text
    )
    assert "Not for us Cardiology, just now · rejected Let out Cardiology, just now · published Out at once" in text
    assert "Of somebody else" not in text
    assert text.count("Let out") == 1
    assert browser.open("/mine/held") == text
    text = browser.follow("Waiting or came back")
    assert "Waits" in text
    assert "Sent back" in text
    assert "Not for us" not in text


def test_the_list_is_paged_over_posts_and_what_waits_and_nothing_falls_between(app: Flask) -> None:
    group = a_group(quota=None)
    ann = a_member("ann@example.org", "Ann Lee", group)
    for number in range(3):
        with transaction():
            group.moderate = Moderate.NONE
        post(ann, group, f"Out {number}")
        with transaction():
            group.moderate = Moderate.ALL
        post(ann, group, f"Held {number}")
    # All at one moment, as an import leaves them: the place of a row has to be more than its time.
    moment = now() - timedelta(days=1)
    with transaction():
        for row in (*db.session.scalars(select(Post)), *db.session.scalars(select(HeldPost))):
            row.created_at = moment
    seen: list[str] = []
    before = None
    while rows := own_posts(ann.id, before=before, limit=1):
        row = rows[0].post or rows[0].held
        assert row is not None
        seen.append(row.subject)
        before = rows[0].place
    assert seen == ["Out 2", "Out 1", "Out 0", "Held 2", "Held 1", "Held 0"]
    browser = Browser(app).sign_in(ann)
    assert "Held 1" in browser.open(f"/mine/posts?before={own_posts(ann.id)[3].place}")
    assert "Held 2" not in browser.text
    for nonsense in ("x", "12", "p", "9" * 30 + "p1"):
        browser.open(f"/mine/posts?before={nonsense}")
        assert browser.status == 404


def test_what_came_back_by_mail_is_shown_marked_and_goes_out_when_it_is_changed(app: Flask) -> None:
    browser, held = by_mail(app, Severity.RETURN, "It was a zebra.")
    assert held.private
    text = browser.open(f"/mine/held/{held.public_id}")
    assert "Nobody else has seen it." in text
    assert "It was a <mark>zebra</mark>." in browser.body
    assert "The words are as they were." in browser.press("Send the changed words")
    assert "Two zebra." in browser.press("Send the changed words", text="Two zebra.")
    browser.press("Send the changed words", text="It was a horse.")
    assert browser.path.startswith("/t/")
    assert db.session.scalars(select(Post.text)).all() == ["It was a horse."]
    assert "This went out" in browser.open(f"/mine/held/{held.public_id}")


def test_what_came_back_can_be_read_by_a_moderator_with_the_words_in_the_form(app: Flask) -> None:
    browser, held = by_mail(app, Severity.RETURN, "It was a zebra.")
    browser.open(f"/mine/held/{held.public_id}")
    assert "Nothing is marked" in browser.press("Ask a moderator to look", text="A horse.")
    assert "waits for a moderator of Cardiology now" in browser.press(
        "Ask a moderator to look", text="A zebra, surely."
    )
    db.session.refresh(held)
    assert (held.state, held.private, held.text) == (HeldState.WAITING, False, "A zebra, surely.")
    browser.press("Take it back")
    assert "You took this back" in browser.text
    db.session.refresh(held)
    assert (held.state, held.text, held.subject) == (HeldState.WITHDRAWN, "", "")
    browser.open("/me")
    assert browser.post(f"/mine/held/{held.public_id}", act="send", text="Again.") == 200
    assert "Nothing has changed" in browser.text


def test_what_names_a_patient_is_confirmed_on_the_page_that_came_with_the_mail(app: Flask) -> None:
    browser, held = by_mail(app, Severity.RETURN, NOTE, "patient_identifiers")
    browser.open(f"/mine/held/{held.public_id}")
    while "Not a patient’s" in browser.buttons:
        browser.press("Not a patient’s")
    browser.press("Send it as it is" if "Send it as it is" in browser.buttons else "Send it again")
    db.session.refresh(held)
    assert held.state is HeldState.APPROVED
    assert held.confirmed
    assert db.session.scalars(select(Post.text)).all() == [NOTE]


def test_what_waits_can_be_changed_and_then_goes_out(app: Flask) -> None:
    browser, held = by_mail(app, Severity.HOLD, "It was a zebra.")
    text = browser.open(f"/mine/held/{held.public_id}")
    assert "Why this rule Because of words." in text
    assert "It was a <mark>zebra</mark>." in browser.body
    assert "Send to the moderators of Cardiology" not in browser.buttons
    browser.press("Send the changed words", text="It was another zebra.")
    assert browser.status == 422
    browser.press("Send to the moderators of Cardiology")
    db.session.refresh(held)
    assert (held.state, held.text) == (HeldState.WAITING, "It was another zebra.")
    browser.press("Send the changed words", text="It was a horse.")
    assert db.session.scalars(select(Post.text)).all() == ["It was a horse."]


def test_what_a_moderator_sent_back_waits_again_when_it_is_changed(app: Flask) -> None:
    group = a_group(moderate=Moderate.ALL)
    ann = a_member("ann@example.org", "Ann Lee", group)
    mod = a_member("mod@example.org", "Mo Dee", group, role=Role.MODERATOR)
    held = held_row(post(ann, group, "Beds", "Come in, all of you."))
    with transaction():
        decide(held, Decision.RETURN, actor_id=mod.id, reason="Say where.")
    browser = Browser(app).sign_in(ann)
    text = browser.open(f"/mine/held/{held.public_id}")
    assert "Mo Dee returned this to you" in text
    assert "The reason: Say where." in text
    assert "Ask another moderator to look at it" in text
    browser.press("Send it again", subject="Beds in town", text="Come in, to the town hall.")
    db.session.refresh(held)
    assert (held.state, held.subject, held.text) == (HeldState.WAITING, "Beds in town", "Come in, to the town hall.")


def test_a_letter_to_the_moderators_can_be_taken_back_and_never_becomes_a_post(app: Flask) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    with transaction():
        held = hold_letter(
            Submission(group.id, ann.id, "Ann Lee", Assurance.PROVEN, Via.MAIL, "Help", "Words", TextFormat.PLAIN)
        )
    browser = Browser(app).sign_in(ann)
    assert "a letter to the moderators" in browser.open("/mine/posts")
    assert "Your letter to the moderators of Cardiology" in browser.open(f"/mine/held/{held.public_id}")
    assert browser.buttons.count("Take it back") == 1
    assert "Change it" not in browser.text
    browser.post(f"/mine/held/{held.public_id}", act="send", text="Now a post.")
    assert db.session.scalars(select(Post)).all() == []


def test_the_author_is_asked_and_confirms_or_throws_away(app: Flask) -> None:
    group = a_group()
    ann, bob = a_member("ann@example.org", "Ann Lee", group), a_member("bob@example.org", "Bob Ray", group)
    mine, forged, third = (
        held_row(post(ann, group, subject, assurance=Assurance.CLAIMED, via=Via.MAIL))
        for subject in ("Mine", "Forged", "Third")
    )
    browser = Browser(app).sign_in(ann)
    assert "Third Cardiology, just now · waits for you: did you write this?" in browser.open("/mine/posts")
    other = Browser(app).sign_in(bob)
    other.open(f"/mine/held/{mine.public_id}")
    assert other.status == 404
    other.open("/me")
    assert other.post(f"/mine/held/{mine.public_id}", act="confirm") == 404

    browser.open(f"/mine/held/{third.public_id}")
    browser.press("I wrote this")
    assert "“Third” is now in Cardiology" in browser.text

    def by_mail(held: HeldPost, member_id: int = ann.id) -> str:
        return f"/confirm/{current_tokens().make(Purpose.CONFIRM, held.id, member_id)}"

    scanner = Browser(app)
    for _ in range(2):
        assert "Did you write this?" in scanner.open(by_mail(mine))
    scanner.open(by_mail(mine, bob.id))
    assert scanner.status == 404
    db.session.refresh(mine)
    assert mine.state is HeldState.WAITING
    phone = Browser(app)
    phone.open(by_mail(mine))
    phone.press("I wrote this")
    assert "“Mine” is now in Cardiology" in phone.text
    phone.open(by_mail(forged))
    phone.press("I did not write this: throw it away")
    assert "You took this back" in phone.text
    assert sorted(each.subject for each in db.session.scalars(select(Post))) == ["Mine", "Third"]


def test_a_confirmed_post_still_waits_where_a_moderator_reads_first(app: Flask) -> None:
    group = a_group(moderate=Moderate.ALL)
    ann = a_member("ann@example.org", "Ann Lee", group)
    held = held_row(post(ann, group, assurance=Assurance.CLAIMED, via=Via.MAIL))
    path = f"/confirm/{current_tokens().make(Purpose.CONFIRM, held.id, ann.id)}"
    phone = Browser(app)
    phone.open(path)
    phone.press("I wrote this")
    assert "still waits for a moderator of Cardiology" in phone.text
    assert "I wrote this" not in phone.buttons
    browser = Browser(app).sign_in(ann)
    browser.open(f"/mine/held/{held.public_id}")
    browser.press("Take it back")
    assert "Its words and files are erased here." in browser.text
    db.session.refresh(held)
    assert held.state is HeldState.WITHDRAWN
