"""Threading and duplicates, L10 to L18, as members' mail programs would make and show them."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from sqlalchemy import select

from forum.accounts.models import Member
from forum.db import db, transaction
from forum.groups.models import Group
from forum.posting.erase import erase
from forum.posting.models import HeldPost
from forum.threads.models import Post, Thread
from forum.threads.tags import tags_of
from mailgateway.models import InboundMail, MailState
from tests.gateway import a_mail
from tests.people import a_group, a_member
from tests.site import Site

CARDIOLOGY = "cardiology@lists.localhost"
GULF = "gulf-coast@lists.localhost"
ANN = "Ann <ann@example.org>"
BEA = "Bea <bea@example.org>"


def a_pair(*groups: Group) -> tuple[Member, Member]:
    return a_member("ann@example.org", "Ann Lee", *groups), a_member("bea@example.org", "Bea Okafor", *groups)


def posts() -> list[Post]:
    db.session.rollback()
    return list(db.session.scalars(select(Post).order_by(Post.published_no)))


def threads() -> list[Thread]:
    db.session.rollback()
    return list(db.session.scalars(select(Thread).order_by(Thread.id)))


def states() -> list[MailState]:
    db.session.rollback()
    return list(db.session.scalars(select(InboundMail.state).order_by(InboundMail.id)))


def take(site: Site, message: EmailMessage, *recipients: str) -> None:
    assert site.hand_in(message, *(recipients or (CARDIOLOGY,))) == {}
    site.work()


def copy_for(site: Site, email: str) -> EmailMessage:
    """The newest copy in somebody's mailbox."""
    found = message_from_bytes(site.mailed(email)[-1].content, policy=default)
    assert isinstance(found, EmailMessage)
    return found


def answer_to(copy: EmailMessage, sender: str, text: str, subject: str | None = None, **more: str) -> EmailMessage:
    """What a mail program makes of Reply."""
    references = f"{copy.get('References', '')} {copy['Message-ID']}".strip()
    headers = {"In_Reply_To": str(copy["Message-ID"]), "References": references} | more
    to = str(copy["Reply-To"].addresses[0].addr_spec)
    return a_mail(sender, to, subject or f"Re: {copy['Subject']}", text, **headers)


def reply(site: Site, message: EmailMessage) -> None:
    take(site, message, message["To"].addresses[0].addr_spec)


def test_l10_the_same_mail_twice_is_one_post_and_the_same_id_in_another_list_is_kept(site: Site) -> None:
    """A second copy of a mail is dropped, also when both come at once; the same id in another list is kept."""
    a_pair(a_group(), a_group("gulf-coast", "Gulf Coast"))
    mail = a_mail(ANN, CARDIOLOGY, "Locum in August", "Who can?", Message_ID="<one@example.org>")
    assert site.hand_in(mail, CARDIOLOGY) == {}
    assert site.hand_in(mail, CARDIOLOGY) == {}
    site.work()
    assert states() == [MailState.POSTED, MailState.DUPLICATE]
    take(site, mail, GULF)
    assert [post.thread.group.slug for post in posts()] == ["cardiology", "gulf-coast"]
    assert len(site.mailed("bea@example.org")) == 2


def test_l11_a_mail_without_an_id_gets_a_stable_one_and_is_known_again(site: Site) -> None:
    """A mail without Message-ID gets a stable one from its content, so that sending it again is caught."""
    a_pair(a_group())
    mail = a_mail(ANN, CARDIOLOGY, "Locum in August", "Who can?")
    del mail["Message-ID"]
    take(site, mail)
    take(site, mail)
    assert states() == [MailState.POSTED, MailState.DUPLICATE]
    other = a_mail(ANN, CARDIOLOGY, "Locum in August", "Nobody? Then September.")
    del other["Message-ID"]
    take(site, other)
    assert [post.text for post in posts()] == ["Who can?", "Nobody? Then September."]


def test_l12_an_answer_finds_its_thread_by_id_then_references_then_token_then_a_recent_subject(
    site: Site, move_clock
) -> None:
    """Answers go by In-Reply-To, then the newest known of References, then the reply address, then a recent subject."""
    a_pair(a_group())
    take(site, a_mail(ANN, CARDIOLOGY, "Locum in August", "Who can?"))
    first = copy_for(site, "bea@example.org")
    reply(site, answer_to(first, BEA, "By its id."))
    second = posts()[1]
    lost_parent = answer_to(
        first,
        BEA,
        "By references.",
        In_Reply_To="<nowhere@example.org>",
        References=f"{first['Message-ID']} <x@y.example>",
    )
    reply(site, lost_parent)
    by_token = a_mail(BEA, str(first["Reply-To"]), "Re: Locum in August", "By the address.")
    take(site, by_token, first["Reply-To"].addresses[0].addr_spec)
    take(site, a_mail(BEA, CARDIOLOGY, "RE: [Cardiology] Locum in August", "By its subject."))
    assert [post.in_reply_to_id for post in posts()] == [None, *[posts()[0].id] * 3, posts()[3].id]
    assert second.text == "By its id."
    assert len(threads()) == 1
    move_clock(120 * 86_400)
    take(site, a_mail(BEA, CARDIOLOGY, "Re: Locum in August", "A year's old subject is no proof."))
    assert len(threads()) == 2


def test_l13_a_changed_subject_begins_a_thread_and_links_back(site: Site) -> None:
    """A truly changed subject begins a new thread with a link back; Re:, AW:, [tag], (was: ...) and #tags do not."""
    a_pair(a_group())
    take(site, a_mail(ANN, CARDIOLOGY, "Locum in August", "Who can?"))
    copy = copy_for(site, "bea@example.org")
    for subject in (
        "AW: [Cardiology] Locum in August",
        "SV: Locum in August",
        "TR : RE: [Cardiology] Locum in August",
        "RV: [urgent] Locum in August",
        "Locum in August #cover",
        "Re: Locum in August (was: Locum in July)",
    ):
        reply(site, answer_to(copy, BEA, f"Under {subject}", subject))
    [thread] = threads()
    # A tag that an answer adds is the thread's. In the subject of copies it would break the conversation in Gmail.
    assert tags_of([thread.id]) == {thread.id: ["urgent", "cover"]}
    subjects = {message_from_bytes(each.content, policy=default)["Subject"] for each in site.mailed("ann@example.org")}
    assert subjects == {"[Cardiology] Locum in August", "Re: [Cardiology] Locum in August"}
    reply(site, answer_to(copy, BEA, "Something else.", "Parking at the new site"))
    [_, grown] = threads()
    assert (grown.subject, grown.grown_from_id) == ("Parking at the new site", posts()[0].id)


def test_l14_ids_are_ours_stable_and_complete(site: Site) -> None:
    """Message-IDs are ours and the same for all; References are complete, so that every mail program threads alike."""
    ann, bea = a_pair(a_group())
    take(site, a_mail(ANN, CARDIOLOGY, "Locum in August", "Who can?", Message_ID="<sent@example.org>"))
    reply(site, answer_to(copy_for(site, "bea@example.org"), BEA, "I can."))
    reply(site, answer_to(copy_for(site, "ann@example.org"), ANN, "Thank you."))
    ids = [post.message_id for post in posts()]
    seen = {
        email: [message_from_bytes(each.content, policy=default) for each in site.mailed(email)]
        for email in ("ann@example.org", "bea@example.org")
    }
    for copies in seen.values():
        assert [copy["Message-ID"] for copy in copies] == ids
        assert copies[2]["In-Reply-To"] == ids[1]
        assert [each for each in str(copies[2]["References"]).split() if each in ids] == ids[:2]
    # The author's own program joins the answers to what it has in Sent; nobody else sees that id.
    assert "<sent@example.org>" in str(seen["ann@example.org"][1]["References"])
    assert "sent@example.org" not in str(seen["bea@example.org"][1])
    assert (ann.name, bea.name) == ("Ann Lee", "Bea Okafor")


def test_l15_the_prefix_stands_once_however_often_people_answer(site: Site) -> None:
    """The [Group] prefix stands once in the subject however often people reply."""
    a_pair(a_group())
    take(site, a_mail(ANN, CARDIOLOGY, "[Cardiology] Locum in August", "Who can?"))
    assert copy_for(site, "bea@example.org")["Subject"] == "[Cardiology] Locum in August"
    for sender, reader in ((BEA, "ann@example.org"), (ANN, "bea@example.org"), (BEA, "ann@example.org")):
        reply(site, answer_to(copy_for(site, sender.partition("<")[2].rstrip(">")), sender, "And so on."))
        assert copy_for(site, reader)["Subject"] == "Re: [Cardiology] Locum in August"
    assert threads()[0].subject == "Locum in August"


def test_l17_an_answer_follows_its_topic_and_a_closed_topic_sends_it_back_with_the_link(site: Site) -> None:
    """An answer lands where its topic is now; an answer to a closed topic comes back with the link."""
    group, other = a_group(), a_group("gulf-coast", "Gulf Coast")
    a_pair(group, other)
    take(site, a_mail(ANN, CARDIOLOGY, "Locum in August", "Who can?"))
    copy = copy_for(site, "bea@example.org")
    with transaction() as session:
        # Joined with an older thread, as a moderator of it would.
        older = Thread(group_id=group.id, subject="Locums", subject_key="locums", posts=0)
        session.add(older)
        session.flush()
        posts_of = session.scalars(select(Post)).all()
        for each in posts_of:
            each.thread_id = older.id
        older_id = older.id
    reply(site, answer_to(copy, BEA, "I can.", "Re: Locums"))
    assert posts()[1].thread_id == older_id
    with transaction() as session:
        thread = session.get_one(Thread, older_id)
        thread.locked_at = thread.created_at
        link = f"/t/{thread.public_id}"
    reply(site, answer_to(copy, BEA, "Me too.", "Re: Locums"))
    assert len(posts()) == 2
    returned = copy_for(site, "bea@example.org")
    body = returned.get_body(("plain",))
    assert body is not None
    assert link in body.get_content()


def test_l18_an_answer_to_an_erased_post_is_held(site: Site) -> None:
    """An answer to an erased post is held for a moderator, not attached to nothing."""
    ann, _ = a_pair(a_group())
    take(site, a_mail(ANN, CARDIOLOGY, "Locum in August", "Who can?"))
    copy = copy_for(site, "bea@example.org")
    with transaction():
        erase(posts()[0], actor_id=ann.id)
    reply(site, answer_to(copy, BEA, "I can."))
    held = db.session.scalars(select(HeldPost)).one()
    assert [finding["rule"] for finding in held.findings] == ["erased_parent"]
    assert held.in_reply_to_id == posts()[0].id
