"""Writes a group's posts as an mbox that any mail program reads, and that an import here takes back without loss.

An operator's export: it names authors by their real addresses, so that another site can match them. What has been
erased is not in it. Reads only.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from email.charset import QP, Charset
from email.header import Header
from email.message import Message
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, formataddr
from typing import BinaryIO

from sqlalchemy import Select, func, select
from sqlalchemy.orm import selectinload

from forum import blobs
from forum.accounts.models import Address, Member
from forum.archives.mail import NO_ADDRESS_DOMAIN
from forum.archives.mbox import write_letter
from forum.db import db
from forum.groups.models import Group
from forum.settings import current_settings
from forum.threads.models import Post, TextFormat, Thread

_AT_ONCE = 100
_MOST_REFERENCES = 60
# Lines of a mail have at most 998 octets (RFC 5322, section 2.1.1).
_LONGEST_LINE = 900
_READABLE = Charset("utf-8")
_READABLE.body_encoding = QP


def count_posts(group_id: int) -> int:
    """How many posts an export of the group holds."""
    return db.session.scalar(select(func.count()).select_from(_posts_of(group_id).subquery())) or 0


def _posts_of(group_id: int) -> Select[tuple[Post]]:
    return (
        select(Post)
        .join(Thread, Thread.id == Post.thread_id)
        .where(Thread.group_id == group_id, Post.erased_at.is_(None))
    )


def export_mbox(group: Group, out: BinaryIO, tell: Callable[[int], None]) -> int:
    """Write all posts of the group in the order of publishing; returns how many. `tell` hears how many are written."""
    ancestry = _Ancestry()
    done = after = 0
    while posts := _page(group.id, after):
        senders = _senders({post.author_id for post in posts})
        for post in posts:
            sender = senders[post.author_id]
            raw = _compose(post, group, sender, ancestry.add(post))
            write_letter(out, raw, sender or "MAILER-DAEMON", post.created_at)
            after = post.published_no
        done += len(posts)
        tell(done)
        db.session.expunge_all()
    return done


def _page(group_id: int, after: int) -> Sequence[Post]:
    rows = _posts_of(group_id).where(Post.published_no > after).order_by(Post.published_no).limit(_AT_ONCE)
    return db.session.scalars(rows.options(selectinload(Post.attachments), selectinload(Post.thread))).all()


def _senders(member_ids: set[int]) -> Mapping[int, str]:
    """The address where mail to each of these authors goes; for one without any, an address that names nobody."""
    rows = db.session.execute(
        select(Member.id, Member.public_id, Address.email)
        .outerjoin(Address, (Address.member_id == Member.id) & Address.is_primary)
        .where(Member.id.in_(member_ids))
    )
    return {row.id: row.email or f"{row.public_id}@{NO_ADDRESS_DOMAIN}" for row in rows}


class _Ancestry:
    """The message ids above each post, as far as they have been written."""

    def __init__(self) -> None:
        self._above: dict[int, tuple[str, int | None]] = {}
        self._first: dict[int, int] = {}

    def add(self, post: Post) -> Sequence[str]:
        """Ids of what the post answers, oldest first. One that answers nothing known refers to its thread's first."""
        first = self._first.setdefault(post.thread_id, post.id)
        parent = post.in_reply_to_id if post.in_reply_to_id in self._above else None
        if parent is None and first != post.id:
            parent = first
        self._above[post.id] = post.message_id, parent
        return list(self._chain(parent))[::-1]

    def _chain(self, above: int | None) -> Iterator[str]:
        for _ in range(_MOST_REFERENCES):
            if above is None:
                return
            message_id, above = self._above[above]
            yield message_id


def _compose(post: Post, group: Group, sender: str, references: Sequence[str]) -> bytes:
    head = [
        ("Message-ID", post.message_id),
        ("X-List-Received-Date", _date(post.created_at)),
        ("Date", _date(post.sent_at or post.created_at)),
        ("From", _mailbox(post.byline, sender)),
        ("To", f"{group.mail_name}@{current_settings().domain}"),
        ("Subject", _encoded(post.subject)),
        ("X-Banyan-Post", post.text_format.value),
        ("X-Banyan-Thread", post.thread.public_id),
        ("X-Banyan-Title", _encoded(post.thread.subject)),
    ]
    if references:
        head += [("In-Reply-To", references[-1]), ("References", "\n ".join(references))]
    # The names and values above are written as they are: the email package would fold long ids and encode them.
    fields = "".join(f"{name}: {value}\n" for name, value in head)
    return fields.encode("utf-8", "surrogateescape") + _body(post).as_bytes(unixfrom=False)


def _mailbox(name: str, address: str) -> str:
    return formataddr((name, address)) if _is_plain(name) else f"{_encoded(name)} <{address}>"


def _encoded(line: str) -> str:
    """One line of text as a header may have it; what only looks encoded is encoded, or it would be read as such."""
    return line if _is_plain(line) else Header(line, "utf-8").encode()


def _is_plain(line: str) -> bool:
    return line.isascii() and "=?" not in line and len(line) < _LONGEST_LINE


def _date(moment: datetime) -> str:
    return format_datetime(moment)


def _body(post: Post) -> Message:
    body: Message = _words("text", post.text, "plain")
    if post.text_format is TextFormat.HTML:
        body = _together("alternative", post, [body, _words("html", post.html, "html")])
    folded = [_words("folded", post.folded, "plain")] if post.folded else []
    files = [_file(each.name, each.type, blobs.content_of(each.digest)) for each in post.attachments]
    return _together("mixed", post, [body, *folded, *files]) if folded or files else body


def _together(subtype: str, post: Post, parts: Sequence[Message]) -> Message:
    # The public id is random and stands in no text written before it, so that no part can hold the boundary.
    return MIMEMultipart(subtype, f"{subtype}-{post.public_id}", list(parts))


def _words(label: str, text: str, subtype: str) -> Message:
    part = MIMEText(f"{text}\n", subtype, _READABLE)  # type: ignore[arg-type]  # a Charset is taken, says the documentation
    part["X-Banyan-Part"] = label
    return part


def _file(name: str, media_type: str, content: bytes) -> Message:
    part = MIMEApplication(content)
    part.replace_header("Content-Type", media_type)
    part.add_header("Content-Disposition", "attachment", filename=("utf-8", "", name))
    part["X-Banyan-Part"] = "file"
    return part
