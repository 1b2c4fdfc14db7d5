"""Privacy, L76 and L77: addresses of members stay hidden, and what is erased is gone."""

from email import message_from_bytes
from email.policy import default

from sqlalchemy import select

from forum.accounts.queries import member_by_email
from forum.blobs import Blob
from forum.db import db
from forum.threads.models import Post
from forum.work import work_once, workers
from mailgateway.models import InboundMail
from tests.forum.web.browser import Browser
from tests.gateway import a_mail
from tests.people import a_group, a_member
from tests.site import Site

CARDIOLOGY = "cardiology@lists.localhost"
SECRET = "The patient in bed four"


def test_l77_an_erased_post_is_gone_and_people_are_told_that_sent_mail_stays(site: Site) -> None:
    """Erasing takes a post out of web, search, later digests and exports, and says that sent mail cannot be recalled."""
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
