"""The gateway's commands: `listen`, and `mail parse`, `mail list`, `mail replay`, `mail trace`."""

import asyncio
import signal
from pathlib import Path
from typing import Any, NoReturn

import click
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from forum.accounts.models import Member
from forum.accounts.queries import member_by_email, primary_address
from forum.cli.frame import as_json, open_site, refuse, show_json, the_member
from forum.clock import now
from forum.db import db, transaction
from forum.log import record
from forum.settings import current_settings, read_settings
from forum.threads.models import Post
from forum.threads.queries import post_by_id
from forum.tokens import current_tokens
from mailgateway.addresses import Addresses
from mailgateway.authenticate import SystemDns, authenticate
from mailgateway.listen import listening
from mailgateway.models import InboundMail, MailState
from mailgateway.parse import as_json as parsed_as_json
from mailgateway.parse import parse
from mailgateway.sealing import SEALED, is_sealed, shown_recipient
from mailgateway.trace import latest_posts_for, posts_named, readers_page
from mailgateway.trace import trace as trace_one


@click.command(epilog="Example: banyan listen")
def listen() -> None:
    """Take mail from the mail server by LMTP (BANYAN_LMTP_LISTEN) until SIGTERM."""
    settings = read_settings()
    with open_site(settings) as core:
        try:
            asyncio.run(_listen(core, settings))
        except OSError as error:
            refuse(f"Cannot listen on {settings.lmtp_listen}: {error.strerror or error}")


async def _listen(core: Any, settings: Any) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with listening(core, settings):
        await stop.wait()


@click.group(epilog="Example: banyan mail list --state set_aside")
def mail() -> None:
    """Mail that came in, and what the gateway makes of mails."""


@mail.command("parse", epilog="Example: banyan mail parse reply.eml")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
def parse_files(files: tuple[Path, ...]) -> None:
    """Show what the gateway makes of mails, one JSON object a line. Works without a site."""
    settings = read_settings()
    lookup_txt = SystemDns()
    missing = 0
    for file in files:
        try:
            raw = file.read_bytes()
        except OSError as error:
            missing += 1
            click.echo(f"{file}: {error.strerror}", err=True)
            show_json(parsed_as_json(parse(b""), str(file), "claimed"))
            continue
        parsed = parse(raw)
        known = authenticate(parsed, raw, settings.trusted_authserv_id, lookup_txt)
        show_json(parsed_as_json(parsed, str(file), str(known.assurance)))
    if missing:
        raise SystemExit(1)


@mail.command("list", epilog="Example: banyan mail list --state set_aside")
@click.option("--state", type=click.Choice([state.value for state in MailState]), help="Only mail of this fate.")
@click.option("--limit", default=100, show_default=True, help="At most so many, the newest ones.")
@as_json
def list_mail(state: str | None, limit: int, json_: bool) -> None:
    """Mail that came in, newest first, and what became of it."""
    rows = select(InboundMail).options(selectinload(InboundMail.recipients)).order_by(InboundMail.id.desc())
    if state is not None:
        rows = rows.where(InboundMail.state == MailState(state))
    with open_site():
        found = [_row(each) for each in db.session.scalars(rows.limit(limit))]
    if json_:
        show_json(found)
        return
    for each in found:
        recipients = ", ".join(each["to"])
        received = f"{each['received_at']:%Y-%m-%d %H:%M}"
        click.echo(f"{each['id']}  {received}  {each['state']:<10}  {each['from']} -> {recipients}")
        click.echo(f"    {each['subject']}" + (f"  ({each['reason']})" if each["reason"] else ""))


def _row(each: InboundMail) -> dict[str, Any]:
    post_id = next((recipient.post_id for recipient in each.recipients if recipient.post_id is not None), None)
    post = None if post_id is None else post_by_id(post_id)
    addresses = Addresses(current_settings().domain, current_tokens())
    sealed = is_sealed(each, addresses)
    to = [recipient.address for recipient in each.recipients]
    return {
        "id": each.public_id,
        "from": SEALED if sealed else each.from_address or each.envelope_sender,
        "to": [shown_recipient(address, addresses) for address in to] if sealed else to,
        "subject": SEALED if sealed else each.subject,
        "message_id": "" if sealed else each.message_id,
        "state": each.state.value,
        "reason": each.reason or ("" if sealed else each.error) or "",
        "post": None if post is None else post.public_id,
        "received_at": each.received_at,
    }


@mail.command(epilog="Example: banyan mail replay k3v9w2m4x7qa")
@click.argument("mail_id", metavar="ID")
def replay(mail_id: str) -> None:
    """Take a mail in again: one that was set aside, after what broke it is mended, or one whose fate was wrong."""
    with open_site(), transaction() as session:
        each = session.scalars(select(InboundMail).where(InboundMail.public_id == mail_id)).first()
        if each is None:
            refuse(f"There is no mail {mail_id!r}. See: banyan mail list")
        if each.raw_digest is None:
            refuse("The text of this mail is no longer kept.")
        if each.state is MailState.POSTED:
            refuse("This mail was posted; replaying it would change nothing.")
        each.state, each.reason, each.error = MailState.RECEIVED, "", None
        each.attempts, each.due_at = 0, now()
        each.done_at = each.set_aside_at = each.leased_until = None
        for recipient in each.recipients:
            recipient.state, recipient.reason = MailState.RECEIVED, ""
        record("replay mail", "inbound_mail", each.id, why="by an operator")
    click.echo(f"{mail_id} is due again; `banyan mail list` shows what becomes of it.")


@mail.command(epilog="Example: banyan mail trace '<k3v9w2m4x7qa@lists.localhost>' ann@example.org")
@click.argument("what", metavar="MESSAGE_ID|EMAIL")
@click.argument("who", metavar="[EMAIL]", default="")
@click.option("--limit", default=50, show_default=True, help="At most so many posts or members.")
@as_json
def trace(what: str, who: str, limit: int, json_: bool) -> None:
    """Say why somebody did or did not get a post, and when.

    A message id alone traces all members of its group, an address alone the latest posts of the member's groups.
    """
    with open_site():
        rows = _of_post(what, who, limit) if "<" in what or who or member_by_email(what) is None else _of(what, limit)
    if json_:
        show_json(rows)
        return
    for row in rows:
        click.echo(f"{row['message_id']}  {row['group']}  {row['subject']}")
        click.echo(f"    {row['email']}: {row['sentence']}")


def _of(email: str, limit: int) -> list[dict[str, Any]]:
    member = the_member(email)
    return [_traced(post, member) for post in latest_posts_for(member, limit)]


def _of_post(message_id: str, email: str, limit: int) -> list[dict[str, Any]]:
    posts = posts_named(message_id)
    if not posts:
        _refuse_no_post(message_id)
    if email:
        member = the_member(email)
        return [_traced(post, member) for post in posts]
    return [_traced(post, member) for post in posts for member in readers_page(post, after=0, limit=limit)]


def _refuse_no_post(message_id: str) -> NoReturn:
    """No post has this id: then the mail that has it says what became of it."""
    forms = (message_id, f"<{message_id.strip().strip('<>')}>")
    came = select(InboundMail).where(InboundMail.message_id.in_(forms)).order_by(InboundMail.id.desc()).limit(1)
    found = db.session.scalars(came).first()
    if found is None:
        refuse(f"No post or mail has the id {message_id!r}, and no member has it as an address.")
    reason = f": {found.reason}" if found.reason else ""
    refuse(
        f"It is no post, so nobody got it. The mail came {found.received_at:%Y-%m-%d %H:%M} UTC: {found.state}{reason}."
    )


def _traced(post: Post, member: Member) -> dict[str, Any]:
    fate, address = trace_one(post, member), primary_address(member.id)
    return {
        "message_id": post.message_id,
        "post": post.public_id,
        "group": post.thread.group.slug,
        "subject": post.subject,
        "email": address.email if address is not None else member.name,
        "got": fate.got,
        "at": fate.at,
        "sentence": fate.sentence,
    }


commands = [listen, mail]
