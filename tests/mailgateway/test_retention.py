"""What is past its time goes; what somebody still needs stays."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from forum.blobs import Blob
from forum.clock import now
from forum.db import db, transaction
from forum.work import work_once
from mailgateway import retention
from mailgateway.models import Delivery, DeliveryState, DeliverySummary, InboundMail, MailState
from tests.gateway import a_mail, do_mail_work
from tests.people import a_group, a_member, post

GROUP = "cardiology@lists.localhost"
DAY = 24 * 3600


def forget(core) -> None:
    work_once(core, {"retention": retention.run}, "test")
    db.session.rollback()


def test_raw_mail_goes_after_its_days_and_its_fate_stays(take, core, move_clock) -> None:
    a_member("ann@example.org", "Ann Lee", a_group())
    message = a_mail("ann@example.org", GROUP, "Locum", "Who can?")
    message.add_attachment(b"kept with the post", maintype="application", subtype="pdf", filename="a.pdf")
    take(message)
    take(b"\x00 no mail at all")
    move_clock(13 * DAY)
    forget(core)
    assert db.session.scalar(select(func.count()).where(InboundMail.raw_digest.is_(None))) == 0
    move_clock(14 * DAY + 60)
    forget(core)
    posted, aside = db.session.scalars(select(InboundMail).order_by(InboundMail.id)).all()
    assert (posted.state, posted.raw_digest, posted.subject) == (MailState.POSTED, None, "Locum")
    assert (aside.state, aside.raw_digest is None) == (MailState.SET_ASIDE, False)
    sizes = set(db.session.scalars(select(Blob.size)))
    assert sizes == {len(b"kept with the post"), len(b"\x00 no mail at all")}


def test_octets_that_a_younger_mail_has_too_stay(take, core, move_clock) -> None:
    a_member("ann@example.org", "Ann Lee", a_group())
    message = a_mail("ann@example.org", GROUP, "Locum", "Who can?")
    take(message)
    move_clock(10 * DAY)
    take(message)
    move_clock(15 * DAY)
    forget(core)
    old, young = db.session.scalars(select(InboundMail).order_by(InboundMail.id)).all()
    assert old.raw_digest is None
    assert young.raw_digest is not None
    assert db.session.get(Blob, young.raw_digest) is not None


def test_sent_copies_fold_into_who_got_the_post_and_failures_stay(core, sink, move_clock) -> None:
    group = a_group()
    members = [a_member(f"m{number}@example.org", f"M {number}", group) for number in range(6)]
    made = post(members[0], group)
    do_mail_work(core)
    with transaction() as session:
        session.execute(
            update(Delivery)
            .where(Delivery.member_id == members[5].id)
            .values(state=DeliveryState.REFUSED, error="refused: 550 gone")
        )
    began = now()
    move_clock(30 * DAY + 60)
    forget(core)
    [failed] = db.session.scalars(select(Delivery)).all()
    assert failed.error == "refused: 550 gone"
    summary = db.session.get(DeliverySummary, made.post_id)
    assert retention.unpack(summary.member_ids) == sorted(member.id for member in members[:5])
    assert began - timedelta(minutes=1) < summary.first_sent_at <= summary.last_sent_at <= began
    with transaction() as session:
        session.execute(update(Delivery).values(state=DeliveryState.SENT))
    move_clock(31 * DAY)
    forget(core)
    db.session.refresh(summary)
    assert retention.unpack(summary.member_ids) == sorted(member.id for member in members)


@given(st.sets(st.integers(min_value=1, max_value=2**40), max_size=200))
def test_packed_ids_come_back(ids: set[int]) -> None:
    assert retention.unpack(retention.pack(sorted(ids))) == sorted(ids)


def test_the_ids_of_a_whole_community_take_little_room() -> None:
    assert len(retention.pack(range(1, 71_001))) < 20_000
    assert retention.unpack(None) == []
