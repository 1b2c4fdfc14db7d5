"""When an old mail came to its list, out of clocks of which some were wrong. Pure.

The rule, in this order; each must lie between 1990 and tomorrow:
1. what the list itself wrote when it took the mail (X-List-Received-Date);
2. the mail's Date, unless it is more than a day after the mail had arrived, or more than a month before it set out,
   by its Received lines: then the clock of its author's machine was wrong;
3. the topmost Received line, which the list's own server wrote;
4. the separator line of the mbox;
5. the message before it in the file, else the next one that has a date (`fill_gaps`).
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from forum.archives.mail import ArchivedMail

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=1)
_ON_ITS_WAY = timedelta(days=30)


def moment_of(mail: ArchivedMail, separator_date: datetime | None, present: datetime) -> datetime | None:
    """The moment by rules 1 to 4; None leaves it to the neighbours."""
    received = [moment for moment in mail.received if _can_be(moment, present)]
    sent = mail.sent_at
    if sent is not None and received and not min(received) - _ON_ITS_WAY <= sent <= max(received) + _AHEAD:
        sent = None
    candidates = (mail.listed_at, sent, *received[:1], separator_date)
    return next((moment for moment in candidates if moment is not None and _can_be(moment, present)), None)


def _can_be(moment: datetime, present: datetime) -> bool:
    return EARLIEST <= moment <= present + _AHEAD


def fill_gaps(moments: Iterable[datetime | None], otherwise: datetime) -> Sequence[datetime]:
    """Each message's moment; a missing one is that of its neighbour, the one before it first."""
    given = list(moments)
    last = next((moment for moment in given if moment is not None), otherwise)
    filled = []
    for moment in given:
        last = moment or last
        filled.append(last)
    return filled
