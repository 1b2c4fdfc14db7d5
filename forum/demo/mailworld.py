"""The demo's doors: a start page, signing in as a persona with one click, and each persona's mailbox in the browser.

An answer written here goes in through the real LMTP door like a mail from anywhere; nothing is posted from here.
Only personas have a mailbox here, and only requests straight from this machine get in.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote

from flask import Blueprint, abort, flash, make_response, redirect, render_template, request, send_file
from markupsafe import Markup
from werkzeug.wrappers import Response

from forum.accounts.emails import BadAddress
from forum.accounts.models import Member
from forum.accounts.queries import member_by_email
from forum.clock import now
from forum.demo import content
from forum.demo.doors import why_closed
from forum.demo.letters import Letter, NotTakenError, answer_to, hand_in, quoted, recipients_in, written_out
from forum.demo.mailboxes import Mail, count_mails, list_mails, open_mail
from forum.groups.queries import community, count_members
from forum.settings import current_settings
from forum.text import html_to_safe, plain_to_html
from forum.web.account import local_path
from forum.web.session import sign_in, signed_in_member

blueprint = Blueprint("demo", __name__, url_prefix="/demo")

Page = str | Response | tuple[str, int]

# Who is in the examples of the start page: all of this persona's groups come as single mails.
GUIDE = "noor"
_MAILTO = re.compile(r'href="(mailto:[^"]*)"')
_OFFERED = {"List-Post": "Write to the group", "List-Unsubscribe": "Unsubscribe", "List-Help": "Help"}


@dataclass(frozen=True)
class Who:
    """A persona as a member of this site. `boxes` are the Maildirs of all addresses of this member."""

    key: str
    story: str
    member: Member
    email: str
    boxes: tuple[Path, ...]

    @property
    def name(self) -> str:
        return self.member.name

    @property
    def given_name(self) -> str:
        return self.member.name.split()[0]


@dataclass(frozen=True)
class Offer:
    """What a mail program makes of a List- header: a button that leads somewhere."""

    words: str
    href: str


@blueprint.url_value_preprocessor
def keep_strangers_out(_endpoint: str | None, _values: object) -> None:
    """Refuse what does not come straight from a browser on this machine, before anything else looks at it."""
    reason = _why_closed()
    if reason:
        abort(make_response(render_template("demo/closed.html", reason=reason), 403))


def mention() -> dict[str, Any]:
    """For every template: whether to show the way to the demo's start page."""
    return {"demo": not _why_closed()}


def _why_closed() -> str:
    return why_closed(request.headers.keys(), request.host, current_settings().base_url)


@blueprint.get("")
def start() -> Page:
    """What this is, what to try first, and who one can be."""
    personas = [persona for key in _stories() if (persona := _persona(key)) is not None]
    return render_template(
        "demo/start.html",
        personas=[(persona, count_mails(persona.boxes)) for persona in personas],
        guide=next((persona for persona in personas if persona.key == GUIDE), None),
        members=count_members(community().id),
        signed_in=signed_in_member(),
        captured=current_settings().smarthost == "capture",
        troubles=_troubles(),
    )


@blueprint.post("/sign-in/<key>")
def sign_in_as(key: str) -> Page:
    """One click: the visitor is this persona from now on."""
    sign_in(_the_persona(key).member)
    return redirect(local_path(request.form.get("next")), 303)


@blueprint.get("/mail/<key>")
def mailbox(key: str) -> Page:
    """A persona's mail, newest first."""
    who = _the_persona(key)
    return render_template("demo/mailbox.html", who=who, lines=list_mails(who.boxes), troubles=_troubles())


@blueprint.get("/mail/<key>/<mail_id>")
def read(key: str, mail_id: str) -> Page:
    """One mail, as HTML, as text or as it came, with a box to reply."""
    who = _the_persona(key)
    return _mail_page(who, _the_mail(who, mail_id))


@blueprint.post("/mail/<key>/<mail_id>")
def reply(key: str, mail_id: str) -> Page:
    """Reply to a mail as the persona."""
    who = _the_persona(key)
    mail = _the_mail(who, mail_id)
    words = _typed("text")
    if not words.strip():
        return _mail_page(who, mail, words, {"text": "Write your reply first."})
    try:
        _send(answer_to(mail, who.name, who.email, words))
    except NotTakenError as error:
        return _mail_page(who, mail, words, {"": str(error)})
    return redirect(f"/demo/mail/{who.key}/{quote(mail_id)}", 303)


@blueprint.get("/mail/<key>/<mail_id>/files/<int:number>")
def enclosed_file(key: str, mail_id: str, number: int) -> Page:
    """A file of a mail, to be saved and never to be run here."""
    files = _the_mail(_the_persona(key), mail_id).files
    if number >= len(files):
        abort(404)
    name = files[number].name
    return send_file(BytesIO(files[number].content), "application/octet-stream", as_attachment=True, download_name=name)


@blueprint.get("/mail/<key>/write")
def write(key: str) -> Page:
    """An empty sheet, or one that a mailto: link has begun."""
    to, _, query = request.args.get("mailto", "").removeprefix("mailto:").partition("?")
    # A plus sign means itself in a mailto: link (RFC 6068, section 5), and a space in a form.
    asked = parse_qs(query.replace("+", "%2B"))
    subject, body = (asked.get(name, [""])[0] for name in ("subject", "body"))
    return _write_page(_the_persona(key), {"to": unquote(to), "subject": subject, "text": body}, {})


@blueprint.post("/mail/<key>/write")
def send(key: str) -> Page:
    """Send a new mail as the persona, to any addresses of the community."""
    who = _the_persona(key)
    typed = {name: _typed(name) for name in ("to", "subject", "text")}
    try:
        _send(Letter(who.name, who.email, recipients_in(typed["to"]), typed["subject"], typed["text"]))
    except BadAddress as error:
        return _write_page(who, typed, {"to": f"{error}."})
    except NotTakenError as error:
        return _write_page(who, typed, {"": str(error)})
    return redirect(f"/demo/mail/{who.key}", 303)


@cache
def _stories() -> Mapping[str, tuple[str, str]]:
    """Story and address of each persona, by key, in the order of the content."""
    loaded = content.load()
    emails = {person.key: person.email for person in loaded.people}
    return {persona.key: (persona.story, emails[persona.key]) for persona in loaded.personas}


def _persona(key: str) -> Who | None:
    if key not in _stories():
        return None
    story, email = _stories()[key]
    member = member_by_email(email)
    if member is None:
        return None
    folder = current_settings().data_dir / "mail"
    boxes = tuple(folder / address.email.lower() for address in member.addresses)
    return Who(key, story, member, member.addresses[0].email, boxes)


def _the_persona(key: str) -> Who:
    """The persona of this key, or 404: nobody else can be looked at here."""
    return _persona(key) or abort(404)


def _the_mail(who: Who, mail_id: str) -> Mail:
    return open_mail(who.boxes, mail_id) or abort(404)


def _typed(field: str) -> str:
    return request.form.get(field, "").replace("\r\n", "\n")


def _troubles() -> Sequence[str]:
    """What in the settings keeps the mail world from being whole."""
    settings = current_settings()
    troubles = []
    if settings.smarthost != "capture":
        troubles.append(
            f"Mail leaves through {settings.smarthost} (BANYAN_SMARTHOST), so nothing new comes to these mailboxes. "
            "Set BANYAN_SMARTHOST=capture to see it here."
        )
    if not settings.trusted_authserv_id:
        troubles.append(
            "BANYAN_TRUSTED_AUTHSERV_ID is empty, so the gateway cannot know that mail written here is genuine: "
            "new threads wait until they are confirmed. Start with: banyan up --demo"
        )
    return troubles


def _send(letter: Letter) -> None:
    settings = current_settings()
    octets = written_out(letter, settings.trusted_authserv_id, now())
    refused = hand_in(octets, letter.sender, letter.to, settings.lmtp_listen)
    flash("Sent. What it leads to shows on the web and in the mailboxes within a few seconds.")
    for address, said in refused.items():
        flash(f"Not taken for {address}: {said}.")


def _mail_page(who: Who, mail: Mail, words: str = "", errors: Mapping[str, str] | None = None) -> Page:
    show = request.args.get("show", "html" if mail.html else "text")
    page = render_template(
        "demo/mail.html",
        who=who,
        mail=mail,
        show=show if show in ("html", "text", "source") else "text",
        body=_body(who, mail, show),
        offers=_offers(who, mail),
        path=_path_on_the_web(mail),
        quoted=quoted(mail),
        words=words,
        errors=errors or {},
    )
    return (page, 422) if errors else page


def _write_page(who: Who, typed: Mapping[str, str], errors: Mapping[str, str]) -> Page:
    page = render_template("demo/write.html", who=who, typed=typed, errors=errors, domain=current_settings().domain)
    return (page, 422) if errors else page


def _body(who: Who, mail: Mail, show: str) -> Markup:
    """The words of a mail as safe HTML, whose links to addresses lead to a sheet of the persona's own."""
    safe = html_to_safe(mail.html) if show == "html" else plain_to_html(mail.text)
    safe = _MAILTO.sub(lambda link: f'href="{_sheet(who, unescape(link[1]))}"', safe)
    return Markup(safe)  # noqa: S704 - forum.text made it, and what is put in above is quoted for an address.


def _sheet(who: Who, mailto: str) -> str:
    return f"/demo/mail/{who.key}/write?mailto={quote(mailto, safe='')}"


def _offers(who: Who, mail: Mail) -> Sequence[Offer]:
    """What the List- headers offer: the first address of each header that a browser can open, else a mail."""
    offers = []
    for name, words in _OFFERED.items():
        links = re.findall(r"<((?:https?|mailto):[^<>\s]+)>", mail.header(name))
        links.sort(key=lambda link: link.startswith("mailto:"))
        for link in links[:1]:
            offers.append(Offer(words, _sheet(who, link) if link.startswith("mailto:") else link))
    return offers


def _path_on_the_web(mail: Mail) -> str:
    """Where the post of this mail stands on the site, or ""."""
    url = mail.header("Archived-At").strip("<>")
    base = current_settings().base_url
    return url.removeprefix(base) if url.startswith(f"{base}/") else ""
