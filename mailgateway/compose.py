"""A post as mail: composed once, text and HTML, with headers that are the same for all readers and a few that are not.

The body is byte-equal for every reader of a fan-out; what is personal stands only in Reply-To, List-Unsubscribe,
References and the return path, so that a forwarded body gives nothing away. Pure, but for what it is handed.
"""

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.message import MIMEPart
from email.utils import format_datetime
from html import escape

from forum.text import html_to_mail, plain_to_html, wrap_plain
from mailgateway.addresses import Addresses, Verb
from mailgateway.octets import POLICY, multipart, quoted_printable, subject_value, text_part
from mailgateway.smtp import dot_stuff

# Above this a file goes as a link; so does every file when the copies of it together would be above the second.
LARGEST_FILE = 1_000_000
LARGEST_FAN_OUT = 100_000_000
MAX_REFERENCES = 20
# Text and HTML together, encoded: Gmail cuts a mail off at about 102 kB, and our own lines stand at its end.
LARGEST_BODY = 90_000
# What a group says of a post when its mail may not say more.
NEW_POST = "New post"
# Where mail may name no other group.
TERMS_ON_THE_WEB = "What is written here may still come to more readers. Where you write on the web, it says to whom."
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f<>@"\\,;:()\[\]]+')


@dataclass(frozen=True)
class OutgoingFile:
    """A file of the post: its octets when it is to go along, else only its link."""

    name: str
    type: str
    size: int
    url: str
    content: bytes | None


@dataclass(frozen=True)
class OutgoingPost:
    """All that a copy of a post says, gathered before; no address of a member is in it.

    `own_ids` are, by member id, the ids under which members sent the posts that this one answers: a copy to such
    a member carries them in References, so that the mail program joins it to the Sent mail.
    """

    post_id: int
    author_id: int
    byline: str
    group_id: int
    group_name: str
    group_mail_name: str
    group_url: str
    also_to: tuple[str, ...]
    subject: str
    is_reply: bool
    text: str
    html: str
    files: tuple[OutgoingFile, ...]
    message_id: str
    ancestors: tuple[str, ...]
    own_ids: Mapping[int, tuple[str, ...]]
    created_at: datetime
    thread_url: str
    post_url: str
    base_url: str
    # By the group's choice: the mail says only that there is a post; a plain answer goes to the author alone.
    link_only: bool = False
    answers_to_author: bool = False
    # Under a pseudonym: nobody can answer its author alone, by an address that would be the same for all the author's.
    anonymous: bool = False
    # One line on what may become of an answer, while the group can still be put back into another; else "".
    terms: str = ""


@dataclass(frozen=True)
class Composed:
    """A post ready to send: shared headers, then the personal ones of each reader, then the rest. Dots are stuffed."""

    post: OutgoingPost
    head: bytes
    rest: bytes

    @property
    def size(self) -> int:
        return len(self.head) + len(self.rest)

    def parts_for(self, member_id: int, addresses: Addresses) -> Sequence[bytes]:
        """The octets of one reader's copy; joined they are the message."""
        return (self.head, self._personal(member_id, addresses), self.rest)

    def _personal(self, member_id: int, addresses: Addresses) -> bytes:
        post = self.post
        token = addresses.leave_token(member_id, post.group_id)
        references = ""
        if post.ancestors:
            own = post.own_ids.get(member_id, ())
            ids = "\r\n ".join((*post.ancestors[:1], *own, *post.ancestors[1:]))
            references = f"References: {ids}\r\n"
        return (
            f"Reply-To: {_reply_to(post, member_id, addresses)}\r\n"
            f"List-Unsubscribe: <{post.base_url}/u/{token}>,\r\n"
            f" <mailto:leave+{token}@{addresses.domain}?subject=leave>\r\n"
            f"{references}"
        ).encode("ascii")


def _reply_to(post: OutgoingPost, member_id: int, addresses: Addresses) -> str:
    """Where a plain answer goes: to the thread, under the group's name, or to the author, by the group's choice."""
    if post.answers_to_author:
        return f"{display(post.byline)} <{addresses.author(post.author_id, post.group_id)}>"
    return f"{display(post.group_name)} <{addresses.reply(member_id, post.post_id)}>"


def display(name: str) -> str:
    """A name as it stands before an address: quoted or encoded (RFC 2047), on one line, without an address in it."""
    clean = " ".join(_NOT_IN_NAMES.sub(" ", name).split())[:120]
    return f'"{clean}"' if clean.isascii() else _encoded(clean)


def _encoded(name: str) -> str:
    """RFC 2047, base64, in words of at most 75 characters."""
    words, piece = [], ""
    for character in name:
        if len((piece + character).encode()) > 42:
            words.append(piece)
            piece = ""
        piece += character
    words.append(piece)
    return " ".join(f"=?utf-8?b?{base64.b64encode(word.encode()).decode()}?=" for word in words)


def compose(post: OutgoingPost, addresses: Addresses) -> Composed:
    """Compose one post. The message is 7-bit clean, so that any smarthost takes it."""
    if post.link_only:
        post = _only_a_link(post)
    rest = _rest(post)
    head = "".join(f"{name}: {value}\r\n" for name, value in _headers(post, addresses))
    return Composed(post, head.encode("ascii"), dot_stuff(rest))


def _only_a_link(post: OutgoingPost) -> OutgoingPost:
    """What may be said where mail may say nothing: no title, author, files or thread, and no other group."""
    text = f"There is a new post in {post.group_name}. Read it on the web, signed in:\n\n{post.post_url}"
    return replace(
        post,
        byline="",
        also_to=(),
        subject=NEW_POST,
        is_reply=False,
        text=text,
        html=plain_to_html(text),
        files=(),
        ancestors=(),
        thread_url=post.post_url,
        answers_to_author=False,
        terms=naming_nobody(post.terms),
    )


def naming_nobody(terms: str) -> str:
    """The line on the terms of a group without another group's name, if it has any."""
    return TERMS_ON_THE_WEB if terms else ""


def _rest(post: OutgoingPost) -> bytes:
    """Everything after the headers. What is too long for a mail goes as its beginning, with the way to the rest."""
    rest = _body(post)
    files = sum(len(file.content) for file in post.files if file.content is not None)
    if len(rest) - files * 3 // 2 <= LARGEST_BODY:
        return rest
    length = LARGEST_BODY // 3
    while len(_body(replace(short := _beginning(post, length), files=()))) > LARGEST_BODY:
        length //= 2
    return _body(short)


def _beginning(post: OutgoingPost, length: int) -> OutgoingPost:
    """The post up to the last paragraph, line or word that ends within so many characters."""
    text = post.text[:length]
    for end in ("\n\n", "\n", " "):
        if text.rfind(end) > length // 2:
            text = text[: text.rfind(end)]
            break
    text = f"{text.rstrip()}\n\nThis post is long. Read the rest on the web: {post.post_url}"
    return replace(post, text=text, html=plain_to_html(text))


def outgoing_subject(post: OutgoingPost) -> str:
    """The thread's subject under the group's name, once, and `Re:` for an answer.

    A tag that an answer adds is kept with the thread and not said here: Gmail takes another subject for another
    conversation, whatever References say (L14), and so would everybody's next answer.
    """
    return f"{'Re: ' if post.is_reply else ''}[{post.group_name}] {post.subject}"


def _headers(post: OutgoingPost, addresses: Addresses) -> Sequence[tuple[str, str]]:
    group = addresses.group(post.group_mail_name)
    name = display(post.group_name)
    under = display(f"{post.byline} via {post.group_name}")
    author = f"{under} <{group if post.anonymous else addresses.author(post.author_id, post.group_id)}>"
    headers = [
        ("From", f"{name} <{group}>" if post.link_only else author),
        ("To", ",\r\n ".join((f"{name} <{group}>", *post.also_to))),
        ("Subject", subject_value(outgoing_subject(post))),
        ("Date", format_datetime(post.created_at)),
        ("Message-ID", post.message_id),
        ("MIME-Version", "1.0"),
    ]
    if post.ancestors:
        headers.append(("In-Reply-To", post.ancestors[-1]))
    headers += [
        ("List-Id", f"{name} <{post.group_mail_name}.{addresses.domain}>"),
        ("List-Post", f"<mailto:{group}>"),
        ("List-Help", f"<mailto:{addresses.command(post.group_mail_name, Verb.HELP)}>, <{post.base_url}/my-groups>"),
        ("List-Owner", f"<mailto:{addresses.moderators(post.group_mail_name)}>"),
        ("List-Archive", f"<{post.group_url}>"),
        ("List-Subscribe", f"<mailto:{addresses.command(post.group_mail_name, Verb.JOIN)}>, <{post.group_url}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("Archived-At", f"<{post.post_url}>"),
        ("Precedence", "list"),
        ("X-Auto-Response-Suppress", "OOF, AutoReply"),
    ]
    return headers


def footer(post: OutgoingPost) -> Sequence[str]:
    """The lines under every copy: nothing in them is one reader's own."""
    whom = f"{post.byline} alone" if post.answers_to_author else "the whole group"
    return (
        f"{post.group_name}: your answer goes to {whom}.",
        f"Read it on the web: {post.thread_url}",
        f"Mail settings, or leave: {post.base_url}/my-groups",
        *([post.terms] if post.terms else []),
    )


def _body(post: OutgoingPost) -> bytes:
    files = [file for file in post.files if file.content is None]
    links = [f"{file.name} ({size_words(file.size)}): {file.url}" for file in files]
    text = wrap_plain(post.text).rstrip("\n")
    listed = "\n\nFiles, behind sign-in:\n" + "\n".join(links) if links else ""
    plain = f"{text}{listed}\n\n-- \n" + "\n".join(footer(post)) + "\n"
    both = [("text/plain", plain), ("text/html", _html_page(post, files))]
    body = multipart("alternative", "words", [text_part(each, [quoted_printable(words)]) for each, words in both])
    along = [_file_part(file, file.content) for file in post.files if file.content is not None]
    if along:
        body = multipart("mixed", "files", [body, *along])
    return body


def _file_part(file: OutgoingFile, content: bytes) -> bytes:
    part = MIMEPart(policy=POLICY)
    main, sub = sendable_type(file.type)
    part.set_content(content, maintype=main, subtype=sub, disposition="attachment", filename=file.name)
    return part.as_bytes()


def sendable_type(media_type: str) -> tuple[str, str]:
    """The type under which a file goes. A whole message may not be in base64 (RFC 2046, section 5.2.1), so it goes
    as octets, which programs open by the file's name.
    """
    main, _, sub = media_type.partition("/")
    return ("application", "octet-stream") if not sub or main in ("message", "multipart") else (main, sub)


_PAGE = (
    '<!DOCTYPE html><html><head><meta charset="utf-8"><meta name="color-scheme" content="light dark"></head>'
    "<body style=\"margin:0;padding:12px;font-family:system-ui,-apple-system,'Segoe UI',sans-serif;font-size:17px;"
    'line-height:1.55"><div style="max-width:40em">{content}{links}<hr style="border:0;border-top:1px solid #999">'
    '<p style="font-size:14px">{footer}</p></div></body></html>\n'
)


def _html_page(post: OutgoingPost, linked: Sequence[OutgoingFile]) -> str:
    links = "".join(
        f'<p><a href="{escape(file.url)}">{escape(file.name)}</a> ({size_words(file.size)})</p>' for file in linked
    )
    answer, *_ = footer(post)
    lines = (
        escape(answer),
        f'<a href="{escape(post.thread_url)}">Read it on the web</a> · '
        f'<a href="{escape(post.base_url)}/my-groups">Mail settings, or leave</a>',
        *([escape(post.terms)] if post.terms else []),
    )
    # Quoted-printable folds lines, so the page may stand on few of them.
    return _PAGE.format(content=html_to_mail(post.html), links=links, footer="<br>".join(lines))


def size_words(octets: int) -> str:
    """A size for people."""
    return f"{octets / 1e6:.1f} MB" if octets >= 100_000 else f"{max(octets / 1e3, 0.1):.1f} kB"
