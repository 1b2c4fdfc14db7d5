"""Mails to one person: sign-in links, invitations, what became of a post. Each is a folder of templates.

A notice is a task with ids; its words are made here at the moment of sending, so that no queue row holds a secret.
A notice whose reason is gone by then (a link used, an invitation withdrawn) is not sent.
"""

import asyncio
from collections.abc import Generator, Sequence
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime

import structlog
from flask import render_template

from forum.accounts.pausing import is_retired
from forum.clock import now
from forum.db import db, public_id, reading, transaction
from forum.queue import Task, anything_due, claim, finish, put_off
from forum.settings import current_settings
from forum.text import wrap_plain
from forum.tokens import current_tokens
from mailgateway.addresses import Addresses
from mailgateway.compose import display, sendable_type
from mailgateway.leasing import leased
from mailgateway.notice import Notice
from mailgateway.notice_facts import FACTS
from mailgateway.octets import POLICY, message_octets
from mailgateway.plan_notices import TO_EVERYBODY
from mailgateway.profile_notices import TO_THE_SILENT
from mailgateway.smarthost import Carrier, carrier_for
from mailgateway.smtp import Copy, Receipt, dot_stuff

BATCH = 50
TROUBLE_WAIT = timedelta(seconds=20)

log = structlog.get_logger(__name__)


def run(owner: str) -> Generator[int, None, None]:
    """The worker of kind `notices`."""
    mine = Task.kind.in_(sorted(FACTS))
    letters = TO_EVERYBODY | TO_THE_SILENT
    soon, later = Task.kind.in_(sorted(FACTS.keys() - letters)), Task.kind.in_(sorted(letters))
    carrier = carrier_for(current_settings())
    with asyncio.Runner() as runner:
        try:
            while True:
                with reading():
                    due = anything_due(Task, mine)
                ids: Sequence[int] = ()
                if due:
                    with transaction():
                        # Who asks for a link to sign in does not wait behind a letter to 71,000 people.
                        ids = claim(Task, BATCH, owner, soon)
                        if len(ids) < BATCH:
                            ids = [*ids, *claim(Task, BATCH - len(ids), owner, later)]
                    runner.run(_send(ids, carrier, owner))
                else:
                    # Connections that wait for work hear here that the other side has closed them.
                    runner.run(asyncio.sleep(0))
                yield len(ids)
        finally:
            runner.run(carrier.close())


async def _send(task_ids: Sequence[int], carrier: Carrier, owner: str) -> None:
    copies = [copy for task_id in task_ids if (copy := _write(task_id)) is not None]
    receipts: list[Receipt] = []
    await leased(carrier.deliver(copies, receipts.append), Task, task_ids, owner)
    if receipts:
        with transaction():
            for receipt in receipts:
                _mark(receipt, blameless=carrier.trouble is not None)


def _write(task_id: int) -> Copy | None:
    """The mail of one notice. One that breaks the code waits for a person and holds nobody else up."""
    try:
        with reading() as session:
            task = session.get_one(Task, task_id)
            notice = FACTS[task.kind](task)
            copy = None if notice is None or is_retired(notice.email) else _copy(task_id, notice)
    except Exception as error:
        log.exception("a notice could not be written", task=task_id)
        with transaction() as session:
            put_off(session.get_one(Task, task_id), f"{type(error).__name__}: {error}")
        return None
    if copy is None:
        with transaction():
            finish(Task, [task_id])
    return copy


def _mark(receipt: Receipt, *, blameless: bool) -> None:
    """Sent and refused are the end of it; the rest is tried again.

    `blameless`: the smarthost as a whole was in trouble, so that no attempt has been used up.
    """
    task = db.session.get_one(Task, receipt.key)
    if receipt.verdict != "sent":
        task.error = f"{receipt.verdict}: {receipt.code} {receipt.reply}"[:2000]
    if receipt.verdict in ("sent", "refused"):
        finish(Task, [task.id])
    elif blameless:
        task.attempts = max(task.attempts - 1, 0)
        task.due_at, task.leased_until = now() + TROUBLE_WAIT, None
    else:
        put_off(task, task.error or "")


def _copy(task_id: int, notice: Notice) -> Copy:
    addresses = Addresses(current_settings().domain, current_tokens())
    # To a stranger with the null sender (RFC 3834, section 3.3), so that no answer to it can loop.
    sender = "" if notice.address_id is None else addresses.bounce(notice.address_id, now())
    return Copy(
        key=task_id,
        envelope_sender=sender,
        recipient=notice.email,
        parts=(dot_stuff(message_octets(_message(notice, addresses))),),
    )


def _message(notice: Notice, addresses: Addresses) -> EmailMessage:
    facts = dict(notice.facts, base_url=current_settings().base_url, domain=addresses.domain)
    folder = f"mail/{notice.template}"
    message = EmailMessage(policy=POLICY)
    message["From"] = f"{display(notice.from_name)} <{addresses.system()}>"
    message["To"] = f"{display(notice.name)} <{notice.email}>" if notice.name else notice.email
    if notice.reply_to:
        message["Reply-To"] = notice.reply_to
    message["Subject"] = " ".join(render_template(f"{folder}/subject.txt", **facts).split())
    message["Date"] = format_datetime(now())
    message["Message-ID"] = f"<{public_id()}@{addresses.domain}>"
    # RFC 3834: a notice is automatic, so that no out-of-office answers it.
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    for name, value in notice.headers.items():
        del message[name]
        if value:
            message[name] = value
    message.set_content(wrap_plain(render_template(f"{folder}/body.txt", **facts)), cte="quoted-printable")
    message.add_alternative(render_template(f"{folder}/body.html", **facts), subtype="html", cte="quoted-printable")
    for file in notice.files:
        main, sub = sendable_type(file.type)
        message.add_attachment(file.content, maintype=main, subtype=sub, filename=file.name)
    return message
