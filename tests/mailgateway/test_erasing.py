"""What is kept of a mail goes with the post that it became, whichever way it became one."""

from sqlalchemy import select

from forum.blobs import Blob
from forum.db import db, transaction
from forum.groups.choices import set_delivery
from forum.groups.models import Delivery, Moderate, Role
from forum.groups.queries import membership_of
from forum.moderation.actions import Decision, decide
from forum.posting.erase import erase
from forum.posting.models import HeldPost
from forum.threads.models import Post
from forum.work import work_once, workers
from mailgateway.models import DeliveryState, Digest, DigestKind, InboundMail, MailState
from tests.gateway import a_mail, addresses
from tests.people import a_group, a_member, post

ANN = "Ann <ann@example.org>"
GROUP = "cardiology@lists.localhost"
SECRET = "Mrs Winter in bed 4"


def erase_newest(core, actor_id: int) -> None:
    with transaction():
        erase(db.session.scalars(select(Post).order_by(Post.id.desc())).first(), actor_id=actor_id)
    every = workers()
    work_once(core, {kind: every[kind] for kind in ("erasing", "index")}, "test")
    db.session.rollback()


def kept() -> bytes:
    return b"".join(db.session.scalars(select(Blob.content)))


def test_the_mail_of_a_post_that_was_held_before_goes_too(core, take) -> None:
    group = a_group(moderate=Moderate.ALL)
    a_member("ann@example.org", "Ann Lee", group)
    moe = a_member("moe@example.org", "Moe Vance", group, role=Role.MODERATOR)
    assert take(a_mail(ANN, GROUP, "Advice", f"{SECRET} is worse.")).state is MailState.HELD
    assert SECRET.encode() in kept()
    with transaction():
        decide(db.session.scalars(select(HeldPost)).one(), Decision.APPROVE, actor_id=moe.id)
    erase_newest(core, moe.id)
    mail = db.session.scalars(select(InboundMail)).one()
    assert (mail.raw_digest, mail.subject) == (None, "")
    assert SECRET.encode() not in kept()


def test_the_mail_that_waited_for_its_author_to_say_what_it_answers_goes_too(core, take) -> None:
    group = a_group()
    ann, bea = a_member("ann@example.org", "Ann Lee", group), a_member("bea@example.org", "Bea Okafor", group)
    with transaction():
        set_delivery(membership_of(ann.id, group.id), Delivery.DIGEST, actor_id=ann.id)
    asked = db.session.get_one(Post, post(bea, group).post_id)
    with transaction() as session:
        digest = Digest(member_id=ann.id, kind=DigestKind.DAILY, slot="x", through_no=1, state=DeliveryState.SENT)
        digest.due_at = digest.done_at = asked.created_at
        session.add(digest)
        session.flush()
        to = addresses().digest(ann.id, digest.id)
    assert take(a_mail(ANN, to, "Re: digest", f"{SECRET} is worse."), to).state is MailState.HELD
    number = a_mail(ANN, to, "Re: Which post", f"1\n\n> [#1 {asked.public_id}] Locum\n")
    assert take(number, to).state is MailState.POSTED
    assert SECRET in db.session.scalars(select(Post.text).order_by(Post.id.desc())).first()
    erase_newest(core, ann.id)
    assert SECRET.encode() not in kept()
