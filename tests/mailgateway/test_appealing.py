"""Appeals by mail: who is banned cannot sign in and is heard all the same; a second moderator answers by mail."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage

from sqlalchemy import select

from forum.db import db, transaction
from forum.groups.models import Moderate, Role, Standing
from forum.groups.queries import community
from forum.moderation.actions import Decision, decide
from forum.moderation.appeals import appeal_token
from forum.moderation.models import Appeal, AppealState, Restricts
from forum.moderation.restrictions import restrict
from forum.posting.erase import erase_held
from forum.posting.models import HeldPost, HeldState
from forum.posting.outcomes import Held
from forum.work import work_once, workers
from mailgateway.appealing import words_of_appeal
from mailgateway.models import InboundMail
from tests.gateway import a_mail, addresses
from tests.people import a_group, a_member, its, post
from tests.site import Site
from tests.smtp_sink import Received


def _read(message: Received) -> EmailMessage:
    return message_from_bytes(message.content, policy=policy.default)


def _text(message: Received) -> str:
    body = _read(message).get_body(("plain",))
    assert body is not None
    return " ".join(body.get_content().split())


def test_the_word_appeal_and_what_stands_behind_it() -> None:
    assert words_of_appeal("Appeal: it was on topic.\n\nAnn") == "it was on topic.\n\nAnn"
    assert words_of_appeal("> Your post\n\nappeal") == ""
    assert words_of_appeal("I appeal") is None
    assert words_of_appeal("appealing as it may be") is None


def test_a_banned_member_appeals_by_mail_and_page_and_a_second_moderator_lifts_the_ban_by_mail(site: Site) -> None:
    ann = a_member("ann@example.org", "Ann Lee")
    one, two = (a_member(f"m{n}@example.org", f"Mo {n}", community(), role=Role.OWNER) for n in (1, 2))
    with transaction():
        ban = restrict(its(ann, community()), Restricts.BAN, actor_id=one.id, reason="Spam.")
    here = addresses().appeal(ban.id, ann.id)
    site.work()
    (told,) = site.mailed("ann@example.org")
    assert _read(told)["Reply-To"] == here
    assert f"/appeal/{appeal_token(ban)}" in _text(told)
    site.hand_in(a_mail("eve@example.com", here, "Re: Banned", "appeal: let me in"), here)
    site.hand_in(a_mail("ann@example.org", here, "Re: Banned", "Why is that?"), here)
    site.hand_in(a_mail("ann@example.org", here, "Re: Banned", "Appeal: my mailbox was broken into."), here)
    site.work()
    asked = db.session.scalars(select(Appeal)).one()
    assert (asked.restriction_id, asked.words) == (ban.id, "my mailbox was broken into.")
    answers = [_text(each) for each in site.mailed("ann@example.org")]
    assert any("begin your answer with the word appeal" in each for each in answers)
    assert any("has not decided will look at it" in each for each in answers)
    first = db.session.scalars(select(InboundMail.reason).order_by(InboundMail.id)).first()
    assert first == "appeal: it came from another address; nothing done"
    (question,) = site.mailed("m2@example.org")
    assert "my mailbox was broken into." in _text(question)
    answer_to = addresses().review(two.id, asked.id)
    assert _read(question)["Reply-To"] == answer_to
    site.hand_in(a_mail("m1@example.org", answer_to, "Re: A second look", "overturn: no"), answer_to)
    site.hand_in(a_mail("m2@example.org", answer_to, "Re: A second look", "I think so"), answer_to)
    site.hand_in(
        a_mail("m2@example.org", answer_to, "Re: A second look", "Overturn: the mails were forged."), answer_to
    )
    site.work()
    assert db.session.get_one(Appeal, asked.id).state is AppealState.OVERTURNED
    assert its(ann, community()).standing is Standing.ACTIVE
    assert any("the mails were forged." in _text(each) for each in site.mailed("ann@example.org"))
    assert any("overturned it" in _text(each) for each in site.mailed("m1@example.org"))


def test_the_mails_around_an_appeal_for_a_post_say_what_comes_of_it(site: Site) -> None:
    group = a_group(moderate=Moderate.ALL)
    ann = a_member("ann@example.org", "Ann Lee", group)
    one, two = (a_member(f"m{n}@example.org", f"Mo {n}", group, role=Role.MODERATOR) for n in (1, 2))
    outcome = post(ann, group, "Cover", "Who can cover?")
    assert isinstance(outcome, Held)
    held = db.session.get_one(HeldPost, outcome.held_id)
    with transaction():
        decide(held, Decision.REJECT, actor_id=one.id, reason="Off topic.")
    site.work()
    told = site.mailed("ann@example.org")[-1]
    assert "the word appeal and your reasons" in _text(told)
    here = str(_read(told)["Reply-To"])
    site.hand_in(a_mail("ann@example.org", here, "Re: Not posted", "Appeal: It is about work."), here)
    site.work()
    asked = db.session.scalars(select(Appeal)).one()
    (question,) = (words for each in site.mailed("m2@example.org") if "What the appeal says" in (words := _text(each)))
    for words in ("Mo 1 has rejected a post of Ann Lee", "> Off topic.", "> It is about work.", "> Who can cover?"):
        assert words in question
    answer_to = addresses().review(two.id, asked.id)
    site.hand_in(
        a_mail("m2@example.org", answer_to, "Re: A second look", "uphold\nThere is a group for it."), answer_to
    )
    site.work()
    db.session.refresh(held)
    assert held.state is HeldState.REJECTED
    answer = _text(site.mailed("ann@example.org")[-1])
    assert "The decision stands. The answer: > There is a group for it." in answer
    shown = re.search(r"/mine/appeal/\w+", answer)
    assert shown is not None
    assert shown[0].endswith(held.public_id)
    with transaction():
        erase_held(held)
    work_once(site.core, workers("erasing"), "test")
    db.session.refresh(asked)
    assert (asked.words, asked.answer) == ("", "There is a group for it.")
