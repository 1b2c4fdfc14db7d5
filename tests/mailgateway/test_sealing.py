"""Mail of anonymous authors: what is left of it, what an operator sees, and that a forgery finds nothing out."""

from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from sqlalchemy import select

from forum.accounts.models import Member
from forum.blobs import Blob
from forum.clock import now
from forum.db import db, transaction
from forum.groups.models import Group, Moderate, Role
from forum.posting.models import HeldPost, HeldState
from forum.threads.models import Post, Thread, Via
from mailgateway.cli import _row
from mailgateway.models import InboundMail, MailState
from mailgateway.retention import seal_strangers
from tests.gateway import a_mail, addresses, notices
from tests.people import a_group, a_member, post
from tests.site import Site

ANON = "cardiology+anon@lists.localhost"
ANN, BOB = "Annegret <ann@example.org>", "Bob <bob@example.org>"


@pytest.fixture
def group(site: Site) -> Group:
    return a_group(anonymous_posts=True)


@pytest.fixture
def ann(group: Group) -> Member:
    a_member("bob@example.org", "Bob Stone", group)
    a_member("mo@example.org", "Mo Day", group, role=Role.MODERATOR)
    return a_member("ann@example.org", "Annegret Leeman", group)


def newest_mail() -> InboundMail:
    return db.session.scalars(select(InboundMail).order_by(InboundMail.id.desc()).limit(1)).one()


def bylines() -> list[str]:
    return [each.byline for each in db.session.scalars(select(Post).order_by(Post.id))]


def test_a_group_that_takes_no_anonymous_posts_sends_them_back_unseen(site: Site, ann: Member, group: Group) -> None:
    with transaction():
        group.anonymous_posts = False
    site.hand_in(a_mail(ANN, ANON, "Nights", "I cannot sleep."), ANON)
    site.work()
    mail = newest_mail()
    assert (mail.state, mail.from_address, mail.raw_digest) == (MailState.RETURNED, "(sealed)", None)
    held = db.session.scalars(select(HeldPost)).one()
    assert (held.private, held.state) == (True, HeldState.RETURNED)
    assert not site.mailed("mo@example.org")
    [told] = site.mailed("ann@example.org")
    assert "takes no anonymous posts" in str(message_from_bytes(told.content, policy=default).get_body(("plain",)))


def test_one_anonymous_address_makes_the_whole_mail_anonymous(site: Site, ann: Member) -> None:
    surgery = a_group("surgery", "Surgery")
    mail = a_mail(ANN, f"{ANON}, surgery@lists.localhost", "Nights", "I cannot sleep.")
    site.hand_in(mail, "surgery@lists.localhost")
    site.hand_in(mail, ANON)
    site.work()
    [only] = db.session.scalars(select(Thread))
    assert only.group_id != surgery.id
    assert bylines()[0].startswith("Anonymous ")


def test_a_letter_that_is_anonymous_as_well_reaches_no_moderator(site: Site, ann: Member) -> None:
    site.hand_in(a_mail(ANN, ANON, "Nights", "I cannot sleep."), ANON, "cardiology-owner@lists.localhost")
    site.work()
    assert not db.session.scalars(select(HeldPost)).all()
    assert len(bylines()) == 1


def test_a_mail_of_a_stranger_to_the_anonymous_address_is_shown_to_nobody(site: Site, ann: Member) -> None:
    """It may be a member's at an address that nobody here knows."""
    site.hand_in(a_mail("Annegret <mina@private.example>", ANON, "Nights", "I cannot sleep."), ANON)
    site.work()
    assert not db.session.scalars(select(HeldPost)).all()
    shown = _row(newest_mail())
    assert (shown["state"], shown["from"], shown["subject"], shown["message_id"]) == (
        "refused",
        "(sealed)",
        "(sealed)",
        "",
    )


@pytest.mark.parametrize("dmarc", ["none", "fail"])
def test_a_forged_answer_does_not_find_out_whose_the_pseudonym_is(site: Site, ann: Member, dmarc: str) -> None:
    """Whoever is in From, the same becomes of it, and no moderator sees under which name it would have gone."""
    site.hand_in(a_mail(ANN, ANON, "Nights", "I cannot sleep."), ANON)
    site.work()
    first = db.session.scalars(select(Post)).one()
    seen = []
    for who in (ANN, BOB):
        forged = a_mail(
            who, "cardiology@lists.localhost", "Re: Nights", "Me too.", dmarc=dmarc, In_Reply_To=first.message_id
        )
        site.hand_in(forged, "cardiology@lists.localhost", envelope_sender="eve@example.net")
        site.work()
        mail = _row(newest_mail())
        seen.append((mail["from"] == "(sealed)", *(mail[name] for name in ("subject", "state", "reason", "post"))))
    assert seen[0] == seen[1]
    assert len(bylines()) == 1
    assert not db.session.scalars(select(HeldPost).where(~HeldPost.private)).all()
    assert not site.mailed("mo@example.org")[1:], "the moderator has the first post and nothing else"


def test_mail_about_an_anonymous_held_post_and_its_answers_are_sealed_too(
    site: Site, ann: Member, group: Group
) -> None:
    with transaction():
        group.moderate = Moderate.NEWCOMERS
    site.hand_in(a_mail(ANN, ANON, "Nights", "I cannot sleep."), ANON)
    site.work()
    held = db.session.scalars(select(HeldPost)).one()
    assert held.byline.startswith("Anonymous "), "all anonymous posts wait alike, whoever is new"
    [told] = [each for each in site.mailed("ann@example.org")]
    answer_to = message_from_bytes(told.content, policy=default)["Reply-To"].addresses[0].addr_spec
    site.hand_in(a_mail(ANN, answer_to, "Re: Nights", "withdraw"), answer_to)
    site.work()
    db.session.expire_all()
    assert db.session.scalars(select(HeldPost)).one().state is HeldState.WITHDRAWN
    shown = _row(newest_mail())
    assert (shown["from"], shown["to"], shown["message_id"]) == ("(sealed)", ["confirm+(sealed)@lists.localhost"], "")
    raws = db.session.scalars(select(Blob.content)).all()
    assert not [raw for raw in raws if b"sleep" in raw]


def test_a_private_answer_to_an_anonymous_author_has_no_address(site: Site, ann: Member) -> None:
    site.hand_in(a_mail(ANN, ANON, "Nights", "I cannot sleep."), ANON)
    site.work()
    [copy] = site.mailed("bob@example.org")
    assert b"author+" not in copy.content
    assert "acknowledged" not in notices()
    assert addresses().anonymous("cardiology") == ANON


def test_an_answer_to_what_one_has_sent_oneself_finds_the_anonymous_post(site: Site, ann: Member) -> None:
    mail = a_mail(ANN, ANON, "Nights", "I cannot sleep.", Message_ID="<own@ward4.example>")
    site.hand_in(mail, ANON)
    site.work()
    to = "cardiology@lists.localhost"
    site.hand_in(a_mail(ANN, to, "Re: Nights", "Still not.", In_Reply_To="<own@ward4.example>"), to)
    site.work()
    assert len(set(bylines())) == 1
    assert len(db.session.scalars(select(Thread)).all()) == 1


def test_somebody_at_the_terminal_does_not_find_out_by_writing_for_a_member(
    site: Site, ann: Member, group: Group
) -> None:
    site.hand_in(a_mail(ANN, ANON, "Nights", "I cannot sleep."), ANON)
    site.work()
    first = db.session.scalars(select(Post)).one()
    post(ann, group, "Re: Nights", "Whose is it?", answers=first.id, via=Via.CLI)
    assert bylines()[1] == "Annegret Leeman"


def test_a_day_later_nobody_knows_which_stranger_wrote_to_the_anonymous_address(site: Site, ann: Member) -> None:
    site.hand_in(a_mail("Annegret <mina@private.example>", ANON, "Nights", "I cannot sleep."), ANON)
    site.work()
    assert seal_strangers(now() + timedelta(hours=23)) == 0
    assert len(site.mailed("mina@private.example")) == 1, "who proves the address is told why nothing comes of it"
    assert seal_strangers(now() + timedelta(hours=25)) == 1
    db.session.expire_all()
    assert (newest_mail().from_address, newest_mail().raw_digest) == ("(sealed)", None)
    assert seal_strangers(now() + timedelta(hours=25)) == 0
