"""What the import needs to know of one old mail, as a value. How a mail is read is the mail gateway's business."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from forum.rules.submission import File
from forum.threads.models import TextFormat

# An address under this domain names nobody (RFC 2606): the export writes it for authors without an address.
NO_ADDRESS_DOMAIN = "placeholder.invalid"


@dataclass(frozen=True)
class Sender:
    """Who wrote: the name and the address as the mail has them; the address may be masked, broken or empty."""

    name: str
    address: str


@dataclass(frozen=True)
class ArchivedMail:
    """An old mail, read. Message ids have their angle brackets; times are aware.

    `answers` are the ids it says it answers, nearest first. `sent_at` is its Date, by its author's clock;
    `listed_at` when the list says it took it; `received` what the servers on its way say, the last one first.
    `thread` joins what an export of Banyan knows to be one thread, under its `title`; "" leaves that to the ids and
    subjects.
    """

    message_id: str
    sender: Sender
    subject: str
    text: str
    text_format: TextFormat
    html: str
    folded: str = ""
    files: tuple[File, ...] = ()
    answers: tuple[str, ...] = ()
    sent_at: datetime | None = None
    listed_at: datetime | None = None
    received: tuple[datetime, ...] = ()
    thread: str = ""
    title: str = ""
    # Under which number the old list's own archive had it.
    number: int | None = None


@dataclass(frozen=True)
class Unreadable:
    """Nothing could be made of the bytes; the sentence says why."""

    reason: str


Read = Callable[[bytes], ArchivedMail | Unreadable]
