"""A site on SQLite that takes broken mail in, and looks at whether each has a fate and nothing behind it breaks."""

import random
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog
from flask import Flask
from sqlalchemy import select

from forum.accounts.models import Member
from forum.app import create_core
from forum.clock import now
from forum.db import db, reading, transaction
from forum.groups.actions import create_community
from forum.groups.joining import add_to_group
from forum.groups.models import Group
from forum.queue import Task
from forum.schema import migrate
from forum.settings import Settings
from forum.threads.models import Post
from forum.work import work_once, workers
from mailgateway.intake import take_in
from mailgateway.models import Delivery, InboundMail, MailState
from mailgateway.store import Envelope, store_mails
from tests.fuzz.judge import AUTHSERV_ID, Fault
from tests.gateway import MAIL_WORK, addresses
from tests.people import a_group, a_member, post

_AUTHOR = b"ann@example.org"
# Set aside for a person to look at, as is right for what has no headers at all.
_RIGHTLY_SET_ASIDE = "ValueError: unreadable mail: No mail headers could be read."


@dataclass(frozen=True)
class FuzzedSite:
    """The site and the addresses that a mail may come to."""

    core: Flask
    doors: Sequence[str]
    author_id: int
    group_id: int

    def take(self, raw: bytes, dice: random.Random) -> MailState:
        """Store a mail and take it in: its fate. Fault when it has none, or the wrong one."""
        raw = _as_a_member(raw, dice)
        recipients = dice.choices(self.doors, k=dice.choice((1, 1, 1, 2, 4)))
        sender = dice.choice((*["ann@example.org"] * 7, "", "someone@elsewhere.example", "a" * 400))
        with transaction() as session:
            store_mails([Envelope(sender, tuple(recipients), raw)])
            mail_id = session.scalars(select(InboundMail.id).order_by(InboundMail.id.desc()).limit(1)).one()
            # A mail before may have been a command to leave.
            add_to_group(session.get_one(Member, self.author_id), session.get_one(Group, self.group_id), newcomer=False)
        take_in(mail_id, lambda _name: None)
        with reading() as session:
            mail = session.get_one(InboundMail, mail_id)
            state, reason, waits = mail.state, mail.reason, mail.due_at > now() and mail.leased_until is None
        db.session.remove()
        if state is MailState.SET_ASIDE and reason != _RIGHTLY_SET_ASIDE:
            raise Fault(f"set aside: {reason}")
        if state is MailState.RECEIVED and not waits:
            raise Fault("it has no fate")
        return state

    def send(self) -> int:
        """Do what the mails have left to do: copies, notices, the index of who answers whom; Fault when it breaks."""
        every = workers()
        done = work_once(self.core, {kind: every[kind] for kind in MAIL_WORK if kind != "intake"}, "fuzz")
        with reading() as session:
            for model in (Task, Delivery):
                errors = session.scalars(select(model.error).where(model.set_aside_at.is_not(None))).all()
                if errors:
                    raise Fault(f"{model.__tablename__}: {errors[0]}")
        db.session.remove()
        return done


@contextmanager
def fuzzed_site() -> Iterator[FuzzedSite]:
    """A site of its own with a member who writes, one who reads, and a post to answer."""
    # As the commands log, but only what is worth a look: thousands of broken mails are tried.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    with tempfile.TemporaryDirectory(prefix="banyan-fuzz-") as folder:
        settings = Settings(
            data_dir=Path(folder),
            secret_key="for the fuzz only",
            trusted_authserv_id=AUTHSERV_ID,
            sender_limit=0,
            max_message=1_000_000,
            lmtp_listen="127.0.0.1:0",
        )
        core = create_core(settings)
        with core.app_context():
            migrate()
            with transaction():
                create_community("Banyan Physicians")
            yield _furnished(core)
            db.session.remove()
            db.engine.dispose()


def _furnished(core: Flask) -> FuzzedSite:
    """A group with two members and a post; the group's address and the answer to the post stand for most mail."""
    group = a_group(quota=None)
    ann, _bob = a_member(_AUTHOR.decode(), "Ann Lee", group), a_member("bob@example.org", "Bob Ray", group)
    post(ann, group)
    with reading() as session:
        post_id = session.scalars(select(Post.id).limit(1)).one()
        known = addresses()
        doors = (
            *(known.group("cardiology"), known.reply(ann.id, post_id)) * 8,
            *(known.author(ann.id, group.id), known.moderators("cardiology"), known.system()),
            *(f"cardiology-{verb}@{known.domain}" for verb in ("join", "leave", "help")),
            *(f"leave+{known.leave_token(ann.id, group.id)}@{known.domain}", f"nothing+ae@{known.domain}"),
        )
        site = FuzzedSite(core, doors, ann.id, group.id)
    db.session.remove()
    return site


def _as_a_member(raw: bytes, dice: random.Random) -> bytes:
    """Mostly a member's, mostly proven, so that it goes on to where more can break."""
    if dice.random() < 0.8:
        raw = re.sub(rb"(?im)^from:[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*", b"From: Ann Lee <" + _AUTHOR + b">", raw, count=1)
    return _stamped(raw, dice.choice((b"pass", b"pass", b"pass", b"fail", b"none", b"temperror")))


def _stamped(raw: bytes, result: bytes) -> bytes:
    head = b"Authentication-Results: %b; dmarc=%b header.from=example.org\r\n"
    return head % (AUTHSERV_ID.encode(), result) + raw
