"""What is kept of a mail goes with the post that it became, whichever way it became one."""

import mailbox

import pytest
from sqlalchemy import select

from forum.blobs import Blob
from forum.db import db, transaction
from forum.groups.choices import set_delivery
from forum.groups.models import Delivery, Moderate, Role
from forum.groups.queries import membership_of
from forum.moderation.actions import Decision, decide
from forum.posting.erase import erase
from forum.posting.models import HeldPost
from forum.queue import Task
from forum.settings import Settings
from forum.threads.models import Post
from forum.work import work_once, workers
from mailgateway.models import DeliveryState, Digest, DigestKind, InboundMail, MailState
from tests.gateway import a_mail, addresses
from tests.people import a_group, a_member, post

ANN = "Ann <ann@example.org>"
GROUP = "cardiology@lists.localhost"
SECRET = "Mrs Winter in bed 4"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"smarthost": "capture"})


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


def test_captured_copies_go_while_no_transaction_is_open_and_a_walk_cut_short_begins_anew(
    core, settings, move_clock, monkeypatch
) -> None:
    group = a_group()
    ann = a_member("ann@example.org", "Ann Lee", group)
    erased = db.session.get_one(Post, post(ann, group).post_id)
    for folder in ("new", "cur", "tmp"):
        (settings.data_dir / "mail" / "bea@example.org" / folder).mkdir(parents=True)
    box = mailbox.Maildir(settings.data_dir / "mail" / "bea@example.org", create=False)
    box.add(f"Subject: Locum\nMessage-ID: {erased.message_id}\n\n{SECRET}\n")
    box.add(
        f"Subject: Digest\nMessage-ID: <d@x>\n\nhttp://x.example/p/{erased.public_id[:4]}=\n{erased.public_id[4:]}\n"
    )
    box.add("Subject: Other\nMessage-ID: <o@x>\n\nSee you.\n")
    discard, went = mailbox.Maildir.discard, []

    def interrupted(self: mailbox.Maildir, key: str) -> None:
        assert not db.session().info.get("writing"), "files are looked through inside a transaction"
        if went:
            raise OSError("the power went")
        went.append(key)
        discard(self, key)

    with monkeypatch.context() as cut:
        cut.setattr(mailbox.Maildir, "discard", interrupted)
        erase_newest(core, ann.id)
    assert len(box) == 2
    move_clock(3600)
    work_once(core, {"erasing": workers()["erasing"]}, "test")
    assert [message["Subject"] for message in box] == ["Other"]
    assert db.session.scalars(select(Task.id).where(Task.done_at.is_(None), Task.kind.startswith("erase"))).all() == []


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


def test_captured_mails_about_what_is_taken_back_go_too(core, settings, take) -> None:
    group = a_group(moderate=Moderate.ALL)
    a_member("ann@example.org", "Ann Lee", group)
    a_member("moe@example.org", "Moe Vance", group, role=Role.MODERATOR)
    take(a_mail(ANN, GROUP, "Advice", f"{SECRET} is worse."))
    boxes = [mailbox.Maildir(settings.data_dir / "mail" / name) for name in ("ann@example.org", "moe@example.org")]
    assert [len(box) for box in boxes] == [1, 1]
    held = db.session.scalars(select(HeldPost)).one()
    to = addresses().confirm(held.id, held.author_id)
    assert "Withdrawn" in take(a_mail(ANN, to, "Re: Your post", f"withdraw\n\n> {SECRET}\n"), to).reason
    work_once(core, {"erasing": workers()["erasing"]}, "test")
    db.session.rollback()
    assert SECRET.encode() not in kept()
    left = [message["Subject"] for box in boxes for message in box]
    assert left == ["Re: Your post"]
    # The same mail again is known, and leaves nothing.
    assert take(a_mail(ANN, GROUP, "Advice", f"{SECRET} is worse.")).state is MailState.DUPLICATE
    work_once(core, {"erasing": workers()["erasing"]}, "test")
    db.session.rollback()
    assert SECRET.encode() not in kept()
