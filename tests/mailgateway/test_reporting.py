"""Reporting a post by answering its mail: never published, told to moderators, answered to the sender."""

from email import message_from_bytes
from email.policy import default

import pytest
from sqlalchemy import func, select

from forum.db import db, transaction
from forum.groups.models import HeldNotices, Role
from forum.moderation.flags import FlagDecision, decide_flags
from forum.moderation.models import Flag, FlaggedPost
from forum.moderation.summaries import summarise
from forum.posting.outcomes import Published
from forum.threads.models import Post
from mailgateway.models import MailState
from tests.gateway import a_mail, addresses, notices
from tests.people import a_group, a_member, its, post


def mailed(site, email: str) -> list[str]:
    """Subject and text of each mail to somebody, in order."""
    read = (message_from_bytes(each.content, policy=default) for each in site.mailed(email))
    return [f"{each['Subject']}\n{each.get_body(('plain',)).get_content()}" for each in read]


@pytest.fixture
def case(site):
    """Ann's post, with Bea's address to answer it, and Mo who moderates."""
    group = a_group()
    ann, bea = a_member("ann@example.org", "Ann Lee", group), a_member("bea@example.org", "Bea Okafor", group)
    mo = a_member("mo@example.org", "Mo Dee", group, role=Role.MODERATOR)
    outcome = post(ann, group, "Cover", "Buy at https://evil.example/now")
    assert isinstance(outcome, Published)
    return group, mo, addresses().reply(bea.id, outcome.post_id)


def test_an_answer_that_reports_is_a_flag_and_no_post(site, take, case) -> None:
    group, mo, answer_to = case
    mail = take(a_mail("bea@example.org", answer_to, "Re: Cover", "Report: sells insurance\n\n> Buy"), answer_to)
    assert mail.state is MailState.COMMAND
    assert db.session.scalar(select(func.count()).select_from(Post)) == 1
    assert db.session.scalars(select(Flag.words)).all() == ["sells insurance"]
    assert "The moderators of Cardiology have your report" in mailed(site, "bea@example.org")[-1]
    [told] = [each for each in mailed(site, "mo@example.org") if "Reported in Cardiology: Cover" in each]
    assert "Bea Okafor: sells insurance" in told
    assert "hxxps://evil[.]example" in told
    flagged = db.session.scalars(select(FlaggedPost)).one()
    with transaction():
        its(mo, group).held_notices = HeldNotices.SUMMARY
        summarise(mo)
    site.work()
    assert f"/flagged/{flagged.public_id}" in mailed(site, "mo@example.org")[-1]
    with transaction():
        decide_flags(flagged, FlagDecision.ERASE, actor_id=mo.id, reason="Ads belong elsewhere.")
    site.work()
    outcome = mailed(site, "bea@example.org")[-1]
    assert "it is erased." in outcome
    assert "Ann" not in outcome
    assert "Ads belong elsewhere." in mailed(site, "ann@example.org")[-1]


@pytest.mark.parametrize(("dmarc", "text"), [("fail", "Report: sells insurance"), ("pass", "flag")])
def test_what_cannot_be_a_report_is_not_published_either(take, case, dmarc: str, text: str) -> None:
    answer_to = case[2]
    mail = take(a_mail("bea@example.org", answer_to, "Re: Cover", text, dmarc=dmarc), answer_to)
    assert mail.state is MailState.COMMAND
    assert db.session.scalar(select(func.count()).select_from(Post)) == 1
    assert db.session.scalar(select(func.count()).select_from(Flag)) == 0
    assert ("command_answer" in notices()) is (dmarc == "pass")


def test_an_answer_about_a_report_is_a_post(take, case) -> None:
    answer_to = case[2]
    take(a_mail("bea@example.org", answer_to, "Re: Cover", "Report of our last visit: all went well."), answer_to)
    assert db.session.scalar(select(func.count()).select_from(Post)) == 2
