"""Privacy, L74 to L77: who is anonymous stays so, addresses of members stay hidden, and what is erased is gone."""

from email import message_from_bytes
from email.policy import default

from sqlalchemy import select

from forum.accounts.models import Member
from forum.accounts.queries import member_by_email
from forum.blobs import Blob
from forum.db import db
from forum.groups.models import Role
from forum.groups.rights import viewer_of
from forum.posting.erase import post_to_erase
from forum.search.documents import documents_of
from forum.threads.models import Post
from forum.work import work_once, workers
from mailgateway.models import InboundMail
from tests.forum.web.browser import Browser
from tests.gateway import a_mail, addresses
from tests.people import a_group, a_member
from tests.site import Site

CARDIOLOGY = "cardiology@lists.localhost"
SECRET = "The patient in bed four"


def test_l77_an_erased_post_is_gone_and_people_are_told_that_sent_mail_stays(site: Site) -> None:
    """Erasing takes a post out of web, search, later digests and exports; people are told that sent mail stays."""
    a_member("ann@example.org", "Ann Lee", a_group())
    mail = a_mail("Ann <ann@example.org>", CARDIOLOGY, "Advice", f"{SECRET} is worse.")
    mail.add_attachment(b"%PDF " + SECRET.encode(), maintype="application", subtype="pdf", filename="scan.pdf")
    site.hand_in(mail, CARDIOLOGY)
    site.work()
    post = db.session.scalars(select(Post)).one()
    [copy] = site.mailed("ann@example.org")
    assert SECRET in str(message_from_bytes(copy.content, policy=default).get_body(("plain",)))
    ann = member_by_email("ann@example.org")
    assert ann is not None
    browser = Browser(site.core).sign_in(ann)
    page = browser.open(f"/p/{post.public_id}/erase")
    assert "cannot be called back" in page
    assert browser.open(f"/t/{post.thread.public_id}")
    assert SECRET in browser.text
    browser.open(f"/p/{post.public_id}/erase")
    browser.press("Erase the post")
    assert browser.status == 422
    browser.press("Erase the post", sure="yes")
    assert "Mail that was already sent cannot be called back" in browser.text
    site.work()
    every = workers()
    work_once(site.core, {kind: every[kind] for kind in ("erasing", "index")}, "test")
    assert SECRET not in browser.open(f"/t/{post.thread.public_id}")
    assert SECRET not in browser.open("/search?q=patient")
    db.session.rollback()
    raw = db.session.scalars(select(InboundMail)).one()
    assert (raw.raw_digest, raw.subject) == (None, "")
    kept = b"".join(db.session.scalars(select(Blob.content)))
    assert SECRET.encode() not in kept


def test_l76_members_addresses_are_names_wherever_readers_look(site: Site) -> None:
    """Members' addresses are names in mail, web, digest and index; only one's own stays, in one's own words."""
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    a_member("bob@example.org", "Bob Stone", group)
    a_member("carol@example.org", "Carol Reed", group)
    own = (
        "Write to me at ann@example.org, or ask carol@example.org.\n\n"
        "> See bob+lists@example.org first.\n\nYes.\n\n"
        "> Or carol@example.org?\n\nNo.\n"
    )
    quote = (
        "\n________________________________\nNuo: Bob Stone <bob@example.org>\nIšsiųsta: 2026 m. spalio 5 d. 20:12\n"
        "Kam: Ann Lee <ann@example.org>; carol@example.org\nTema: Rota\n\n"
        "My own address is bob@example.org.\n\nOn Sun, 4 Oct 2026 at 20:12, Carol <\ncarol@example.org> wrote:\n> x\n"
    )
    site.hand_in(a_mail("Ann <ann@example.org>", CARDIOLOGY, "Re: Rota", own + quote), CARDIOLOGY)
    site.work()
    markup = a_mail("Ann <ann@example.org>", CARDIOLOGY, "Second", "x")
    markup.set_content(
        '<p>Mine: <a href="mailto:ann@example.org">ann@example.org</a>, '
        'hers: <a href="mailto:carol@example.org">Carol</a></p><blockquote type="cite">'
        '<a href="mailto:bob@example.org">bob@example.org</a> said</blockquote><p>Indeed.</p>',
        subtype="html",
    )
    site.hand_in(markup, CARDIOLOGY)
    site.work()
    work_once(site.core, {"index": workers()["index"]}, "test")
    db.session.rollback()
    posts = db.session.scalars(select(Post).order_by(Post.id)).all()
    assert len(posts) == 2
    browser = Browser(site.core).sign_in(ann)
    pages = [browser.fetch(f"/t/{post.thread.public_id}").get_data(as_text=True) for post in posts]
    stored = [part for post in posts for part in (post.text, post.folded, post.html, post.thread.last_excerpt)]
    sent: list[str] = []
    for each in site.mailed("carol@example.org"):
        message = message_from_bytes(each.content, policy=default)
        for kind in ("plain", "html"):
            part = message.get_body((kind,))
            assert part is not None
            sent.append(str(part.get_content()))
    for shown in (*stored, *sent, *pages):
        assert "bob@example.org" not in shown
        assert "bob+lists@example.org" not in shown
        assert "carol@example.org" not in shown
    assert "Write to me at ann@example.org, or ask Carol Reed." in posts[0].text
    assert "ann@example.org" not in posts[0].folded
    assert 'href="mailto:ann@example.org"' in posts[1].html
    indexed = "".join(document.text for document in documents_of([post.id for post in posts]))
    assert "bob@example.org" not in indexed
    assert "carol@example.org" not in indexed


def test_l74_an_anonymous_mail_has_no_trace_of_its_author(site: Site) -> None:
    """A mail to `SLUG+anon` goes out, also to its author, without a trace of who wrote it; nor is one kept here."""
    group = a_group(anonymous_posts=True)
    ann = a_member("ann@example.org", "Annegret Leeman", group)
    a_member("bob@example.org", "Bob Stone", group, role=Role.MODERATOR)
    anonymous = "cardiology+anon@lists.localhost"
    words = "I cannot sleep before a night on call.\n\n-- \nAnnegret Leeman\nWard 4\n"
    mail = a_mail("Annegret <ann@example.org>", anonymous, "Nights", words, Message_ID="<1@ward4.example.org>")
    site.hand_in(mail, anonymous)
    site.work()
    [hers], [his] = site.mailed("ann@example.org"), site.mailed("bob@example.org")
    for copy in (hers, his):
        octets = copy.content.lower()
        assert not [word for word in (b"ann@", b"annegret", b"leeman", b"ward4", b"ward 4") if word in octets]
    message = message_from_bytes(his.content, policy=default)
    assert "Anonymous" in message["From"].addresses[0].display_name
    assert message["From"].addresses[0].addr_spec == CARDIOLOGY, "nobody can answer the author alone"
    post = db.session.scalars(select(Post)).one()
    assert message["Message-ID"] == f"<{post.public_id}@lists.localhost>"
    kept = db.session.scalars(select(InboundMail)).one()
    assert (kept.from_address, kept.envelope_sender, kept.subject, kept.raw_digest) == (*["(sealed)"] * 3, None)
    assert "ward4" not in kept.message_id
    # The same mail once more is known, though nothing of it is left.
    site.hand_in(mail, anonymous)
    site.work()
    assert len(db.session.scalars(select(Post)).all()) == 1
    assert erasable_by(ann, post)


def erasable_by(member: Member, post: Post) -> bool:
    viewer = viewer_of(member)
    assert viewer is not None
    return post_to_erase(viewer, post.public_id) is not None


def test_l75_an_answer_in_ones_own_anonymous_thread_stays_anonymous(site: Site) -> None:
    """An answer in one's own anonymous thread stays anonymous; under the own name it asks first, by mail and web."""
    group = a_group(anonymous_posts=True)
    ann = a_member("ann@example.org", "Annegret Leeman", group)
    a_member("bob@example.org", "Bob Stone", group)
    anonymous = "cardiology+anon@lists.localhost"
    site.hand_in(a_mail("Annegret <ann@example.org>", anonymous, "Nights", "I cannot sleep."), anonymous)
    site.work()
    first = db.session.scalars(select(Post)).one()

    def answer(text: str) -> None:
        to = addresses().reply(ann.id, first.id)
        mail = a_mail("Annegret <ann@example.org>", to, "Re: Nights", text, In_Reply_To=first.message_id)
        site.hand_in(mail, to)
        site.work()

    answer("Nor can I by day.")
    assert [post.byline for post in db.session.scalars(select(Post))] == [first.byline] * 2
    answer("as myself\nI have asked for other shifts.")
    assert len(db.session.scalars(select(Post)).all()) == 2, "it asks first"
    question = message_from_bytes(site.mailed("ann@example.org")[-1].content, policy=default)
    assert f"In this thread you write as {first.byline}" in str(question.get_body(("plain",)))
    assert len(site.mailed("bob@example.org")) == 2
    site.hand_in(
        a_mail("Annegret <ann@example.org>", question["Reply-To"], f"Re: {question['Subject']}", "as myself"),
        question["Reply-To"].addresses[0].addr_spec,
    )
    site.work()
    assert [post.byline for post in db.session.scalars(select(Post).order_by(Post.id))][2:] == ["Annegret Leeman"]
    # On the web it is set so, and has to be taken away by hand.
    browser = Browser(site.core).sign_in(ann)
    browser.open(f"/t/{first.thread.public_id}")
    browser.press("Send to Cardiology", text="And now?")
    assert [post.byline for post in db.session.scalars(select(Post).order_by(Post.id))][3:] == [first.byline]
    browser.open(f"/t/{first.thread.public_id}")
    browser.press("Send to Cardiology", text="Named after all.", anonymous="no")
    assert (browser.status, f"you write as {first.byline}" in browser.text) == (422, True)
    browser.press("Send to Cardiology", surely_named="yes")
    assert [post.byline for post in db.session.scalars(select(Post).order_by(Post.id))][4:] == ["Annegret Leeman"]
