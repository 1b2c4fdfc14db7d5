"""A digest as mail: topics first, then the posts, each with its marker, its author, its time and where to answer.

What a post says is rendered once for all who have it in their digest, in pieces that are encoded already; between
them stand each reader's own numbers and reply addresses. Pure, but for what it is handed.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import Any, Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo

from flask import render_template

from forum.text import plain_to_html, wrap_plain
from forum.text.plain import split_quote
from mailgateway.addresses import Addresses, Verb
from mailgateway.compose import display
from mailgateway.octets import multipart, quoted_printable, subject_value, text_part
from mailgateway.smtp import dot_stuff

# Gmail shows no more than about 102 kB of a mail; what the posts of one digest may take up leaves room for the rest.
LARGEST_ITEMS = 80_000
LONGEST_TEXT = 6_000
MOST_ITEMS = 100
MOST_TOPICS = 150
_FOLDER = "mail/digest"
_LEFT_OUT = "[quoted text left out]"
_CUT = "[the rest is on the web]"
_ATTRIBUTION = re.compile(r"^.{0,200}[:\uff1a]$")
# Stand in rendered templates for what is each reader's own; text of people has no control characters.
_NUMBER, _REPLY, _ITEMS = "\x1f", "\x1e", "\x1d"
_OWN = re.compile(f"([{_NUMBER}{_REPLY}])")


@dataclass(frozen=True, slots=True)
class Item:
    """A post as every digest has it; no address of a member is in it."""

    post_id: int
    public_id: str
    byline: str
    created_at: datetime
    subject: str
    places: str
    url: str
    text: str


@dataclass(frozen=True, slots=True)
class Topic:
    """A line in the list of topics."""

    subject: str
    url: str
    posts: int
    post_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """What one group has for one reader. A group that shows no contents in mail has only its number of posts."""

    group_id: int
    name: str
    url: str
    posts: int
    topics: tuple[Topic, ...]
    link_only: bool
    # One line on what may become of an answer, while the group can still be put back into another; else "".
    terms: str


Form = Literal["html", "plain", "rfc1153"]


@dataclass(frozen=True, slots=True)
class Letter:
    """One reader's digest before it is written: whose, what about, in which order."""

    digest_id: int
    member_id: int
    name: str
    email: str
    address_id: int
    zone: str
    form: Form
    catch_up: bool
    # What one click stops: the mail of the only group, all digests (0), or the mail of the group of everybody.
    leaves_group_id: int
    sections: tuple[Section, ...]
    post_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Sender:
    """The site as it stands in every digest."""

    community: str
    mail_name: str
    base_url: str
    addresses: Addresses


Pieces = tuple[bytes | str, ...]


@dataclass(frozen=True, slots=True)
class Rendered:
    """A post for readers of one time zone: octets, and between them marks for what is a reader's own."""

    item: Item
    when: str
    text: Pieces
    html: Pieces
    size: int


Posts = Callable[[int, str], Rendered]


def digest_text(text: str) -> str:
    """A post's own words: each quote and what introduces it is a note, and a long text ends with one."""
    lines: list[str] = []
    for line in text.strip("\n").split("\n"):
        if not split_quote(line)[0]:
            lines.append(line)
            continue
        while lines and not lines[-1].strip():
            lines.pop()
        if lines and _ATTRIBUTION.match(lines[-1].rstrip()):
            lines.pop()
        if not lines or lines[-1] != _LEFT_OUT:
            lines += ["", _LEFT_OUT]
    words = "\n".join(lines).strip("\n")
    if len(words) > LONGEST_TEXT:
        words = f"{words[: words.rfind(' ', LONGEST_TEXT // 2, LONGEST_TEXT)].rstrip()}\n\n{_CUT}"
    return words


def render_item(item: Item, zone: str) -> Rendered:
    """Render a post for all readers of one time zone."""
    when = moment_there(item.created_at, zone)
    facts = {
        "item": item,
        "when": when,
        "number": _NUMBER,
        "reply": _REPLY,
        "subject": quote(f"Re: {item.subject}"),
    }
    text = render_template(f"{_FOLDER}/item.txt", words=wrap_plain(item.text), **facts)
    html = render_template(f"{_FOLDER}/item.html", words=plain_to_html(item.text), **facts)
    pieces = _pieces(text), _pieces(html)
    return Rendered(item, when, *pieces, size=sum(len(piece) for each in pieces for piece in each))


def moment_there(moment: datetime, zone: str) -> str:
    """A moment as a clock and a calendar in that zone show it."""
    return f"{moment.astimezone(ZoneInfo(zone)):%A, %-d %B %Y, %H:%M}"


def _pieces(rendered: str) -> Pieces:
    pieces = _OWN.split(rendered)
    return tuple(piece if piece in (_NUMBER, _REPLY) else encode(piece) for piece in pieces if piece)


def encode(text: str) -> bytes:
    """Quoted-printable octets of a piece of text, dots stuffed, after which another piece may follow.

    A piece that does not end its line ends with a soft line break (RFC 2045, section 6.7, rule 5).
    """
    ends = text.endswith("\n")
    # The mark stands where the "=" of the soft break will, so that no line is longer than 76 characters.
    octets = quoted_printable(text if ends else f"{text}X")
    return dot_stuff(octets if ends else octets[:-1] + b"=\n")


@dataclass(frozen=True, slots=True)
class Outline:
    """All of a digest that is not one reader's own nor a post's words: many readers have the same.

    `numbered` are the posts that stand in it with their words; `more` says how many stand in the topics only.
    """

    community: str
    base_url: str
    zone: str
    today: str
    catch_up: bool
    sections: tuple[Section, ...]
    numbered: tuple[int, ...]
    more: int

    @property
    def posts(self) -> int:
        return sum(section.posts for section in self.sections)


@dataclass(frozen=True, slots=True)
class _Frame:
    """An outline as octets: what stands above and below the posts."""

    subject: str
    text: tuple[bytes, bytes]
    html: tuple[bytes, bytes]


def compose_digest(letter: Letter, sender: Sender, posts: Posts, moment: datetime) -> bytes:
    """The whole mail, its dots stuffed, 7-bit clean."""
    shown = _shown(letter, posts)
    outline = Outline(
        community=sender.community,
        base_url=sender.base_url,
        zone=letter.zone,
        today=f"{moment.astimezone(ZoneInfo(letter.zone)):%A, %-d %B %Y}",
        catch_up=letter.catch_up,
        sections=letter.sections,
        numbered=tuple(rendered.item.post_id for rendered in shown),
        more=len(letter.post_ids) - len(shown),
    )
    frame = _frame(outline)
    replies = [sender.addresses.reply(letter.member_id, post_id) for post_id in outline.numbered]
    head = _head(letter, sender, frame.subject, moment)
    if letter.form == "rfc1153":
        return b"".join((head, text_part("text/plain", [_rfc1153(outline, shown, replies)])))
    plain = text_part("text/plain", _body(frame.text, [each.text for each in shown], replies))
    if letter.form == "plain":
        return b"".join((head, plain))
    html = text_part("text/html", _body(frame.html, [each.html for each in shown], replies))
    return head + multipart("alternative", f"digest_{letter.digest_id}", [plain, html])


def _shown(letter: Letter, posts: Posts) -> Sequence[Rendered]:
    """The posts that stand in the digest with their words."""
    chosen: list[Rendered] = []
    size = 0
    for post_id in letter.post_ids[:MOST_ITEMS]:
        rendered = posts(post_id, letter.zone)
        size += rendered.size
        if size > LARGEST_ITEMS and chosen:
            break
        chosen.append(rendered)
    return chosen


def _facts(outline: Outline) -> dict[str, Any]:
    return {
        "community": outline.community,
        "base_url": outline.base_url,
        "letter": outline,
        "today": outline.today,
        "numbers": {post_id: number for number, post_id in enumerate(outline.numbered, start=1)},
        "more": outline.more,
        "most_topics": MOST_TOPICS,
    }


@lru_cache(maxsize=200)
def _frame(outline: Outline) -> _Frame:
    facts = _facts(outline)
    subject = " ".join(render_template(f"{_FOLDER}/subject.txt", **facts).split())
    text, html = (render_template(f"{_FOLDER}/body.{form}", items=_ITEMS, **facts) for form in ("txt", "html"))
    return _Frame(subject_value(subject), _halves(text), _halves(html))


def _halves(rendered: str) -> tuple[bytes, bytes]:
    above, _, below = rendered.partition(_ITEMS)
    return encode(above), encode(below.rstrip("\n") + "\n")


def _body(frame: tuple[bytes, bytes], items: Sequence[Pieces], replies: Sequence[str]) -> Iterator[bytes]:
    above, below = frame
    yield above
    for number, (pieces, reply) in enumerate(zip(items, replies, strict=True), start=1):
        own = {_NUMBER: b"%d=\r\n" % number, _REPLY: encode(reply)}
        for piece in pieces:
            yield piece if isinstance(piece, bytes) else own[piece]
    yield below


def _rfc1153(outline: Outline, shown: Sequence[Rendered], replies: Sequence[str]) -> bytes:
    items = [(each, _apart(each.item.text), reply) for each, reply in zip(shown, replies, strict=True)]
    text = render_template(f"{_FOLDER}/rfc1153.txt", items=items, **_facts(outline))
    return encode(text.rstrip("\n") + "\n")


def _apart(text: str) -> str:
    """The words of a post without a line that looks like the one between two posts (RFC 1153, section 2)."""
    lines = wrap_plain(text).split("\n")
    return "\n".join(f" {line[1:]}" if line.startswith("-" * 30) else line for line in lines)


def _head(letter: Letter, sender: Sender, subject: str, moment: datetime) -> bytes:
    addresses, name = sender.addresses, sender.mail_name
    token = addresses.leave_token(letter.member_id, letter.leaves_group_id)
    digest = display(f"{sender.community} digest")
    fields = (
        ("From", f"{digest} <{addresses.system()}>"),
        ("To", f"{display(letter.name)} <{letter.email}>"),
        ("Reply-To", f"{digest} <{addresses.digest(letter.member_id, letter.digest_id)}>"),
        ("Subject", subject),
        ("Date", format_datetime(moment)),
        ("Message-ID", f"<digest.{letter.digest_id}.{letter.member_id}@{addresses.domain}>"),
        ("MIME-Version", "1.0"),
        ("List-Id", f"{digest} <digest.{addresses.domain}>"),
        ("List-Help", f"<mailto:{addresses.command(name, Verb.HELP)}>, <{sender.base_url}/my-groups>"),
        ("List-Owner", f"<mailto:{addresses.moderators(name)}>"),
        ("List-Archive", f"<{sender.base_url}/>"),
        (
            "List-Unsubscribe",
            f"<{sender.base_url}/u/{token}>,\r\n <mailto:leave+{token}@{addresses.domain}?subject=leave>",
        ),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("Precedence", "list"),
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "OOF, AutoReply"),
    )
    return "".join(f"{field}: {value}\r\n" for field, value in fields).encode("ascii")
