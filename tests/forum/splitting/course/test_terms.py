"""What is said to who writes in a group that may still be put back: on the page and under mails, while it may."""

from flask import Flask, render_template

from forum.accounts.models import Member
from forum.db import db, transaction
from forum.groups.actions import create_group
from forum.groups.models import Group, MailContent
from forum.posting.outcomes import Published
from forum.settings import current_settings
from forum.splitting.course.terms import review_line, review_terms
from forum.splitting.models import PlanState
from forum.threads.queries import post_by_id
from mailgateway.compose import TERMS_ON_THE_WEB, compose
from mailgateway.digest_choice import Batch, Span
from mailgateway.digest_content import Outline
from mailgateway.outgoing import outgoing_post
from mailgateway.own_marks import without_own_marks
from mailgateway.own_traces import strip_traces
from tests.forum.web.browser import Browser
from tests.gateway import addresses
from tests.people import a_group, a_member, its, post
from tests.plans import standing_plan


def _grown() -> tuple[Group, Group]:
    parent = a_group()
    with transaction():
        grown = create_group("heart-north", "Heart North", parent=parent)
    return parent, grown


def test_the_terms_hold_while_it_can_be_undone_and_never_for_what_was_made_unlisted(app: Flask) -> None:
    parent, grown = _grown()
    assert review_terms(grown) is None
    plan = standing_plan(grown, parent)
    a_member("ann@example.org", "Ann Lee", parent)
    until = f"Until {plan.due_at:%-d %B %Y}"
    assert review_terms(grown) == (
        f"{until} the moderators may put Heart North back into Cardiology. "
        "What is written here is then in Cardiology, with its 1 member."
    )
    assert review_line(grown) == f"{until} Heart North may go back into Cardiology, with what is written here."
    assert review_terms(parent) is None
    for state, said in ((PlanState.CARRYING_OUT, True), (PlanState.KEPT, False), (PlanState.UNDONE, False)):
        with transaction():
            plan.state = state
        assert bool(review_line(grown)) is said
    with transaction():
        plan.state, grown.listed = PlanState.REVIEW, False
    assert review_terms(grown) is not None  # Whoever wrote there was told so; hiding the group does not take it back.
    with transaction():
        plan.groups[0].listed, grown.listed = False, True
    assert review_terms(grown) is None


def test_a_group_grown_out_of_a_grown_one_says_both(app: Flask) -> None:
    parent, grown = _grown()
    with transaction():
        youngest = create_group("echo", "Echo", parent=grown)
    standing_plan(grown, parent, days=10)
    last = standing_plan(youngest, grown, days=20)
    until = f"Until {last.due_at:%-d %B %Y}"
    assert review_line(youngest) == (
        f"{until} Echo may go back into Heart North, and with it into Cardiology, with what is written here."
    )


def test_the_page_says_them_beside_the_reply_box_and_every_copy_in_one_line(app: Flask) -> None:
    parent, grown = _grown()
    standing_plan(grown, parent)
    ann = a_member("ann@example.org", "Ann Lee", parent, grown)
    outcome = post(ann, grown, "Cover", "Who can?")
    assert isinstance(outcome, Published)
    shown = post_by_id(outcome.post_id)
    assert shown is not None
    browser = Browser(app).sign_in(ann)
    line, sentence = review_line(grown), review_terms(grown)
    assert sentence is not None
    assert sentence in browser.open(f"/t/{shown.thread.public_id}")
    assert sentence in browser.open("/g/heart-north/write")
    assert "may put" not in browser.open("/g/cardiology/write")
    copy = outgoing_post(shown, current_settings(), addresses())
    octets = compose(copy, addresses()).rest.replace(b"=\r\n", b"").decode()
    assert octets.count(line) == 2
    quoted = f"I can.\n\n> Who can?\n> {line}"
    base = current_settings().base_url
    assert line not in without_own_marks(quoted, addresses(), base)
    assert line not in strip_traces(f"{quoted}\n> Heart North: your answer goes to the whole group.")
    assert line in _digest_of(ann, grown)
    with transaction():
        grown.mail_content = MailContent.LINK
    db.session.expire_all()
    copy = outgoing_post(shown, current_settings(), addresses())
    octets = compose(copy, addresses()).rest.replace(b"=\r\n", b"").decode()
    assert "Cardiology" not in octets
    assert octets.count("may still come to more readers") == 2
    assert TERMS_ON_THE_WEB in _digest_of(ann, grown)
    assert without_own_marks(f"I can.\n> {TERMS_ON_THE_WEB}", addresses(), base) == "I can."


def _digest_of(member: Member, group: Group) -> str:
    """The list of topics of a digest of this group, as it reads in plain text."""
    spans = [Span(its(member, group).id, member.id, group.id, 0, 99, True, False)]
    letter = Outline("Banyan", "", "UTC", "", False, tuple(Batch(spans).choose(member.id, spans).sections), (), 0)
    return render_template(
        "mail/digest/body.txt", community="Banyan", base_url="", letter=letter, numbers={}, most_topics=9, items=""
    )
