"""Between single mails and digests: however a member changes the choice, each post comes once and none is lost."""

from collections import Counter
from itertools import count

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from forum.accounts.models import Member
from forum.clock import now
from forum.counter import PUBLISHED, last_number
from forum.db import db, reading, transaction
from forum.groups.choices import set_delivery
from forum.groups.models import Delivery as Mode
from forum.groups.models import Group
from forum.groups.queries import membership_of
from forum.posting.outcomes import Published
from forum.queue import Task, finish
from mailgateway.delivery_receipts import mark, skip
from mailgateway.digest_gather import gather
from mailgateway.digest_receipts import settle
from mailgateway.fanout import fan_out
from mailgateway.models import Delivery, DeliveryState, Digest, DigestKind
from mailgateway.permission import may_go
from mailgateway.smtp import Receipt
from tests.people import a_group, a_member, post

NUMBERS = count()
STEPS = st.lists(
    st.sampled_from(["post", "post", "fan out", "deliver", "send digest", Mode.SINGLE, Mode.DIGEST, Mode.WEEKLY]),
    min_size=8,
    max_size=16,
)


class Reader:
    """A member with a mailbox, in a group of their own, and the workers in single steps."""

    def __init__(self) -> None:
        number = next(NUMBERS)
        self.group: Group = a_group(f"group-{number}", f"Group {number}", quota=None)
        self.author: Member = a_member(f"author-{number}@example.org", "Bea Okafor", self.group)
        self.member: Member = a_member(f"reader-{number}@example.org", "Ann Lee", self.group)
        with transaction():
            set_delivery(membership_of(self.author.id, self.group.id), Mode.NONE, actor_id=None)
        self.posts: list[int] = []
        self.came: Counter[int] = Counter()

    def take(self, step: str) -> None:
        match step:
            case "post":
                outcome = post(self.author, self.group)
                assert isinstance(outcome, Published)
                self.posts.append(outcome.post_id)
            case "fan out":
                self.fan_out()
            case "deliver":
                self.deliver()
            case "send digest":
                self.send_digest()
            case mode:
                with transaction():
                    set_delivery(membership_of(self.member.id, self.group.id), Mode(mode), actor_id=None)

    def fan_out(self) -> None:
        with transaction() as session:
            open_ones = select(Task).where(Task.kind == "fan_out", Task.done_at.is_(None)).order_by(Task.id)
            task = session.scalars(open_ones.limit(1)).first()
            if task is not None:
                fan_out(task)
                finish(Task, [task.id])

    def deliver(self) -> None:
        with reading() as session:
            waiting = select(Delivery.id).where(
                Delivery.member_id == self.member.id, Delivery.state == DeliveryState.WAITING
            )
            checked = may_go(list(session.scalars(waiting)))
        with transaction():
            skip(checked.skipped)
            mark([Receipt(each.delivery_id, "sent", 250, "ok") for each in checked.going])
        self.came.update(each.post_id for each in checked.going)

    def send_digest(self) -> None:
        with transaction() as session:
            digest = Digest(
                member_id=self.member.id,
                kind=DigestKind.WEEKLY,
                slot=str(next(NUMBERS)),
                through_no=last_number(PUBLISHED),
                due_at=now(),
            )
            session.add(digest)
            session.flush()
            found = gather([digest.id])
            settle(list(found.covered.values()))
            digest.state, digest.done_at = DeliveryState.SENT, now()
        self.came.update(post_id for letter in found.letters for post_id in letter.post_ids)

    def end(self) -> None:
        """Everybody does what is left, and the usual hour of digests comes once more."""
        while db.session.scalar(select(Task.id).where(Task.kind == "fan_out", Task.done_at.is_(None)).limit(1)):
            self.fan_out()
        self.deliver()
        self.send_digest()
        self.deliver()


@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_no_post_is_lost_or_comes_twice_however_often_the_choice_changes(core: Flask, steps: list[str]) -> None:
    reader = Reader()
    for step in steps:
        reader.take(step)
    reader.end()
    assert reader.came == Counter(reader.posts)


def test_a_copy_that_waited_when_the_choice_changed_comes_with_the_digest(core: Flask) -> None:
    reader = Reader()
    for step in ("post", "fan out", "digest", "deliver"):
        reader.take(step)
    assert not reader.came
    reader.take("send digest")
    assert reader.came == Counter(reader.posts)


def test_the_last_digest_after_a_change_to_single_mails_ends_at_the_change(core: Flask) -> None:
    reader = Reader()
    for step in ("digest", "post", "single", "post", "fan out", "fan out", "deliver"):
        reader.take(step)
    assert list(reader.came) == reader.posts[1:]
    reader.take("send digest")
    assert reader.came == Counter(reader.posts)
