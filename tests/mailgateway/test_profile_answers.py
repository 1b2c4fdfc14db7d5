"""The mail that asks what a profile does not say, and answers to it as people write them."""

from email import message_from_bytes
from email.policy import default

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forum.accounts.models import Member
from forum.db import db, transaction
from forum.facets.models import Dimension
from forum.facets.profile import write_profile
from forum.groups.asking import ask_members
from mailgateway.parse import ParsedMail
from mailgateway.profile_answers import profile_commands, subject_that_asks
from tests.gateway import a_mail
from tests.people import a_group, a_member

SYSTEM = "banyan@lists.localhost"
SUBJECT = "Re: Your place and specialty"


def mails(site) -> list:
    return [message_from_bytes(each.content, policy=default) for each in site.mailed("ann@example.org")]


def an_answer(text: str, subject: str = SUBJECT, folded: str = "") -> ParsedMail:
    return ParsedMail("command", "", from_name="Ann Lee", subject=subject, text=text, folded=folded)


@pytest.mark.parametrize(
    ("text", "folded", "commands"),
    [
        ("Portland, OR\nEmergency medicine\n", "", ["place: Portland, OR", "specialty: Emergency medicine"]),
        ("Hi,\n\nPortland, OR\nEM\n\nBest wishes", "", ["place: Portland, OR", "specialty: EM"]),
        ("Graz\nEM\n\nThanks, and best wishes\nAnn", "", ["place: Graz", "specialty: EM"]),
        ("Specialty: EM\nPlace : Graz, Austria", "", ["specialty: EM", "place: Graz, Austria"]),
        ("place: Graz", "> place: \n> specialty: ", ["place: Graz"]),
        ("", ">     place: Graz, Austria\n>     specialty:", ["place: Graz, Austria"]),
        ("> place: Oslo\n> specialty:", "", ["place: Oslo"]),
        ("I would rather not say.\nSorry", "", []),
        ("No thanks", "", []),
        ("Why do you ask?\nWho reads it?", "", []),
        ("", "", []),
    ],
)
def test_an_answer_is_read_by_its_labels_or_by_the_order_of_the_question(
    text: str, folded: str, commands: list[str]
) -> None:
    assert list(profile_commands(an_answer(text, folded=folded))) == commands


def test_only_an_answer_to_the_question_is_read_so() -> None:
    assert profile_commands(an_answer("Portland, OR\nEM", "Re: Your places")) == ()
    assert subject_that_asks([Dimension.CAREER_STAGE]) == "Your career stage"
    assert profile_commands(an_answer("fellow", "AW: Re: your career stage")) == ["career stage: fellow"]


def test_one_line_for_two_questions_answers_the_one_that_it_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forum.facets.taxonomy.current_taxonomy_file", lambda: None)
    assert profile_commands(an_answer("Portland, OR")) == ["place: Portland, OR"]
    assert profile_commands(an_answer("Cardiologist")) == ["specialty: Cardiologist"]
    assert profile_commands(an_answer("Whatever")) == []


@settings(max_examples=60)
@given(st.text(max_size=200), st.text(max_size=200))
def test_whatever_an_answer_says_never_breaks(text: str, folded: str) -> None:
    assert len(profile_commands(an_answer(text, "Your place", folded=folded))) <= 3


def test_a_member_is_asked_answers_by_reply_and_is_told_what_was_kept(site) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    with transaction():
        write_profile(ann, {"specialty": "ENT"})
        ask_members(group, [Dimension.PLACE, Dimension.SPECIALTY, Dimension.CAREER_STAGE], actor_id=None)
    site.work()
    [question] = mails(site)
    assert question["Subject"] == "Your place and career stage"
    assert SYSTEM in question["Reply-To"]
    text = question.get_body(("plain",)).get_content().replace("\r\n", "\n")
    assert "The moderators of Cardiology" in text
    assert "    place:\n    career stage:\n" in text

    quote = "\n".join(f"> {line}" for line in text.splitlines())
    answer = f"Graz, Austria\nfellow\n\n-- \nAnn Lee\n\nOn Monday, Banyan Physicians wrote:\n{quote}\n"
    for words in ("No thanks.", answer):
        site.hand_in(a_mail("ann@example.org", SYSTEM, "Re: Your place and career stage", words), SYSTEM)
    site.work()
    db.session.rollback()
    assert db.session.get_one(Member, ann.id).place == "Graz, Austria"
    assert db.session.get_one(Member, ann.id).career_stage == "fellow"
    [answer] = mails(site)[1:]
    text = answer.get_body(("plain",)).get_content()
    assert "Your place is now: Graz, Austria." in text
    assert "profile place -" in text
