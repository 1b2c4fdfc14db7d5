"""A mailing list of our own making: some weeks of a busy list as an mbox, with everything that real archives have.

Deterministic. Replies by every kind of header or none, mails before the ones they answer, lost mails, changed
subjects, missing ids, clocks that were wrong, HTML, old character sets, quotes and signatures, files, escaped
"From " lines. Beside it the tree: which thread each mail belongs to, and which mail it answers.
"""

import random
from base64 import encodebytes
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.header import Header
from email.utils import format_datetime
from html import escape
from pathlib import Path
from tempfile import TemporaryFile

from forum.archives.survey import Report, Skipped, survey
from forum.cli.archives import import_posts
from forum.db import db, reading
from forum.groups.models import Group
from mailgateway.archive import read

LIST = "locums@lists.old.example"
START = datetime(2021, 3, 1, 7, 0, tzinfo=UTC)

_GIVEN = ("Ann", "Björn", "Chen", "Dolores", "Emeka", "Fatima", "Grace", "Hiro", "Inés", "Jörg", "Kavita", "Lars")
_FAMILY = ("Lee", "Ångström", "Wei", "Núñez", "Okafor", "Haddad", "O'Neill", "Tanaka", "Ruiz", "Müller", "Rao")
_TOPICS = (
    "Locum cover in the second half of {month}",
    "Who has changed to the new stroke protocol?",
    "Parental leave and the call schedule",
    "Ultrasound course, two places left",
    "Night shifts after sixty",
    "Part-time partner wanted near the lake",
    "Moving from hospital to practice",
    "Sample consent form for home visits",
    "Interpreter by telephone: experiences",
    "Which scales do you use for frailty?",
)
_CHANGED = ("Billing of video visits, a new question", "Congress in June: who shares a car?", "Vaccine fridge for sale")
_SENTENCES = (
    "We had the same question last year and asked the chamber.",
    "In our practice two of us share the mornings, which works well.",
    "The contract was for six weeks, with one weekend in three.",
    "Nobody here knew the rule until the auditor came.",
    "I would ask for it in writing before you begin.",
    "The course costs less when three register together.",
    "We tried it for a month and went back to paper.",
)
# The list's software puts its tag back where a program has lost it, but not always.
_PREFIXES = ("Re: [locums] ", "[locums] Re: ", "Re: ", "RE: [locums] ", "AW: [locums] ", "Re: [locums] SV: ")


@dataclass(frozen=True)
class OldMail:
    """One mail of the list and what is true of it; `answers` is the number of the mail that it answers."""

    number: int
    thread: int
    answers: int | None
    message_id: str
    name: str
    address: str
    subject: str
    at: datetime
    words: str
    raw: bytes
    in_file: bool = True
    has_file: bool = False


def mark_of(number: int) -> str:
    """A sentence that only this mail has in its own words."""
    return f"Note {number:05d} on this."


def make_list(messages: int, seed: int = 1, html_share: float = 0.3, threads: int | None = None) -> list[OldMail]:
    """The mails in the order in which they were written; some are not `in_file`: the archive has lost them."""
    return _Writer(random.Random(seed), html_share).write(messages, threads or max(messages // 5, 1))


def write_mbox(path: Path, mails: list[OldMail], seed: int = 1) -> list[OldMail]:
    """Write the mails that the archive has, a tenth of them out of order; returns them as they stand in the file."""
    order = [mail for mail in mails if mail.in_file]
    shuffled = random.Random(seed)
    for _ in range(len(order) // 10):
        place = shuffled.randrange(max(len(order) - 5, 1))
        order.insert(min(place + shuffled.randrange(1, 5), len(order) - 1), order.pop(place))
    with path.open("wb") as out:
        for mail in order:
            stamp = mail.at.strftime("%a %b %e %H:%M:%S %Y")
            escaped = mail.raw.replace(b"\nFrom ", b"\n>From ").replace(b"\n>From the", b"\n>>From the")
            out.write(f"From {mail.address} {stamp}\n".encode() + escaped + b"\n")
    return order


class _Writer:
    def __init__(self, chance: random.Random, html_share: float) -> None:
        self.chance = chance
        self.html_share = html_share
        self.mails: list[OldMail] = []
        self.people = [
            (
                f"{given} {family}",
                f"{given}.{family}{index}@practice.example".encode("ascii", "ignore").decode().lower(),
            )
            for index, (given, family) in enumerate(zip(_GIVEN * 4, _FAMILY * 4, strict=False))
        ]

    def write(self, messages: int, threads: int) -> list[OldMail]:
        openings = {0, *self.chance.sample(range(messages), threads - 1)}
        at = START
        for number in range(messages):
            at += timedelta(minutes=self.chance.randrange(3, 120))
            # A thread is answered among the last hundred mails, so that no subject is asked again meanwhile.
            recent = self.mails[-100:]
            if number in openings or not recent:
                self._begin(number, at)
            else:
                self._answer(number, self.chance.choice(recent), at)
        self._lose_some()
        return self.mails

    def _begin(self, number: int, at: datetime) -> None:
        topic = _TOPICS[number % len(_TOPICS)].format(month=f"{at:%B}")
        self._add(number, number, None, f"[locums] {topic}, {number}", at, [])

    def _answer(self, number: int, above: OldMail, at: datetime) -> None:
        bare = above.subject
        while bare.startswith(("[locums] ", "Re: ", "RE: ", "AW: ", "SV: ")):
            bare = bare.partition(" ")[2]
        subject, thread = self.chance.choice(_PREFIXES) + bare, above.thread
        kind = self.chance.random()
        headers: list[str] = []
        if not above.message_id or kind < 0.05:
            # By subject alone, which says the thread but not the mail.
            first = next(mail for mail in self.mails if mail.thread == thread)
            self._add(number, thread, first.number, subject, at, headers, above)
            return
        if kind < 0.08:
            subject, thread = f"{_CHANGED[number % len(_CHANGED)]} ({number})", number
        if kind < 0.25:
            headers = [f"In-Reply-To: {above.message_id}"]
        elif kind < 0.4:
            headers = [f"References: {' '.join(self._above(above))}"]
        else:
            folded = "\n ".join(self._above(above))
            headers = [f'In-Reply-To: Your message of "Monday" {above.message_id}', f"References: {folded}"]
        self._add(number, thread, above.number, subject, at, headers, above)

    def _above(self, mail: OldMail) -> list[str]:
        chain: list[str] = []
        at: OldMail | None = mail
        while at is not None and at.message_id and len(chain) < 12:
            chain.append(at.message_id)
            at = self.mails[at.answers] if at.answers is not None else None
        return chain[::-1]

    def _add(
        self,
        number: int,
        thread: int,
        answers: int | None,
        subject: str,
        at: datetime,
        headers: list[str],
        above: OldMail | None = None,
    ) -> None:
        name, address = self.chance.choice(self.people)
        message_id = (
            "" if self.chance.random() < 0.02 else f"<{number}.{self.chance.getrandbits(40):x}@practice.example>"
        )
        words = f"{mark_of(number)} {' '.join(self.chance.sample(_SENTENCES, 3))}"
        mail = OldMail(number, thread, answers, message_id, name, address, subject, at, words, b"")
        has_file = self.chance.random() < 0.04
        raw = _head(self._fields(mail, headers)) + self._body(mail, above, has_file)
        self.mails.append(replace(mail, raw=raw, has_file=has_file))

    def _fields(self, mail: OldMail, headers: list[str]) -> list[str]:
        date = format_datetime(mail.at.astimezone(UTC))
        received = f"Received: from mx.practice.example by lists.old.example\n\twith ESMTP id x; {date}"
        fate = self.chance.random()
        if fate < 0.01:
            date = "Thu, 1 Jan 1970 00:00:00 +0000"
        elif fate < 0.02:
            date = format_datetime(mail.at + timedelta(days=4000))
        elif fate < 0.03:
            date = "last Tuesday"
        fields = [
            received,
            f"From: {Header(mail.name, 'utf-8' if not mail.name.isascii() else 'us-ascii').encode()} <{mail.address}>",
            f"To: {LIST}",
            f"Subject: {mail.subject}",
            "MIME-Version: 1.0",
            *headers,
        ]
        if mail.message_id:
            fields.append(f"Message-ID: {mail.message_id}")
        if fate >= 0.035:
            fields.append(f"Date: {date}")
        return fields

    def _body(self, mail: OldMail, above: OldMail | None, has_file: bool) -> bytes:
        own = mail.words
        if self.chance.random() < 0.05:
            own += "\n\nFrom the beginning it was clear.\nFrom time to time we ask again."
        quote = _quoted(above) if above is not None and self.chance.random() < 0.7 else ""
        signature = f"\n\n-- \n{mail.name}\nGeneral practice, {self.chance.randrange(100, 999)}" if quote else ""
        text = f"{own}{signature}\n\n{quote}" if self.chance.random() < 0.5 else f"{quote}\n\n{own}{signature}".lstrip()
        if self.chance.random() < self.html_share:
            body = _html_body(text, own, above, with_plain=self.chance.random() < 0.5, number=mail.number)
        else:
            body = _plain_body(text, self.chance.choice(("utf-8", "utf-8", "windows-1252", "x-unknown-charset")))
        return _with_file(body, mail.number) if has_file else body

    def _lose_some(self) -> None:
        """Lose mails that at least two others name, so that only the lost one joins them."""
        answered = [mail.answers for mail in self.mails if mail.answers is not None]
        for mail in self.mails:
            named = [other for other in self.mails if other.answers == mail.number and other.thread == mail.thread]
            alone = mail.number == mail.thread and answered.count(mail.number) == len(named) >= 2
            if alone and all(mail.message_id.encode() in other.raw for other in named) and self.chance.random() < 0.3:
                self.mails[mail.number] = replace(mail, in_file=False)


def _head(fields: list[str]) -> bytes:
    return ("\n".join(fields) + "\n").encode()


def _quoted(above: OldMail) -> str:
    lines = "\n".join(f"> {line}" for line in above.words.splitlines())
    return f"On {above.at:%a, %d %b %Y at %H:%M}, {above.name} wrote:\n{lines}"


def _plain_body(text: str, charset: str) -> bytes:
    content = text.encode("utf-8" if charset == "x-unknown-charset" else charset, "replace")
    head = f"Content-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: 8bit\n\n"
    return head.encode() + content + b"\n"


def _html_body(text: str, own: str, above: OldMail | None, *, with_plain: bool, number: int) -> bytes:
    paragraphs = "".join(f"<p style='margin:0'>{escape(line)}</p>" for line in own.splitlines() if line)
    quote = ""
    if above is not None:
        said = f"On {above.at:%a, %d %b %Y} {escape(above.name)} wrote:"
        quote = f"<div class=gmail_quote>{said}<blockquote class=gmail_quote>{escape(above.words)}</blockquote></div>"
    html = f"<html><head><style>p {{color: red}}</style></head><body>{paragraphs}<br>{quote}</body></html>"
    leaf = f"Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{html}\n".encode()
    if not with_plain:
        return leaf
    boundary = f"alternative-{number}"
    return (
        f"Content-Type: multipart/alternative; boundary={boundary}\n\n--{boundary}\n".encode()
        + _plain_body(text, "utf-8")
        + f"--{boundary}\n".encode()
        + leaf
        + f"--{boundary}--\n".encode()
    )


def _with_file(body: bytes, number: int) -> bytes:
    boundary = f"mixed-{number}"
    content = f"A plan for the weeks of note {number}\n".encode() * 40
    return (
        f"Content-Type: multipart/mixed; boundary={boundary}\n\n--{boundary}\n".encode()
        + body
        + f"--{boundary}\nContent-Type: application/pdf; name=plan.pdf\nContent-Transfer-Encoding: base64\n"
        f"Content-Disposition: attachment; filename=plan.pdf\n\n{encodebytes(content).decode()}\n"
        f"--{boundary}--\n".encode()
    )


def import_file(path: Path, group: Group) -> tuple[Report, Sequence[Skipped]]:
    """Import a file as the command does: the report, and what the database would not have."""
    group_id = group.id
    with TemporaryFile() as spool:
        with reading():
            found = survey(path, group_id, read, spool, lambda _bytes: None)
        failed = import_posts(found, lambda _posts: None)
    db.session.expire_all()
    return found.report, failed


def agreement(ours: Mapping[object, object], theirs: Mapping[object, object]) -> tuple[float, float]:
    """How far two divisions of the same things into groups agree, over all pairs of things.

    Jaccard: pairs together in both, of those together in either. Rand: pairs on which both say the same, of all.
    """
    assert ours.keys() == theirs.keys(), "both divisions must be of the same things"

    def pairs(sizes: Counter[object]) -> int:
        return sum(size * (size - 1) // 2 for size in sizes.values())

    in_ours, in_theirs = pairs(Counter(ours.values())), pairs(Counter(theirs.values()))
    in_both = pairs(Counter((ours[each], theirs[each]) for each in ours))
    every = len(ours) * (len(ours) - 1) // 2
    either = in_ours + in_theirs - in_both
    return in_both / either if either else 1.0, (every - either + in_both) / every if every else 1.0
