"""Breaks mails of the corpus by the thousand, in all cores, and writes down each fault with the mail that made it."""

import logging
import multiprocessing
import os
import random
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from forum.db import db
from tests.fuzz.corpus import broken, read_corpus
from tests.fuzz.intake import FuzzedSite, fuzzed_site
from tests.fuzz.judge import look_at

# Every so many goes through a whole site, which takes longer than reading it.
THROUGH_A_SITE = 20
_SEND_AFTER = 25


@dataclass
class Report:
    """What was counted; `faults` are by their last line, with the numbers of the mails that made them."""

    mails: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    fates: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    slowest_mail: int = -1
    sent: int = 0
    peak_mb: int = 0
    faults: dict[str, list[int]] = field(default_factory=dict)
    traces: dict[str, str] = field(default_factory=dict)

    def note(self, number: int, error: BaseException) -> None:
        """One more fault; of each kind the place in the code where it arose is its name."""
        frame = traceback.extract_tb(error.__traceback__)[-1]
        name = f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}: {error}"[:160]
        self.faults.setdefault(name, []).append(number)
        self.traces.setdefault(name, "".join(traceback.format_exception(error)))

    def add(self, other: "Report") -> None:
        self.mails += other.mails
        self.sent += other.sent
        self.kinds += other.kinds
        self.fates += other.fates
        self.peak_mb = max(self.peak_mb, other.peak_mb)
        if other.slowest > self.slowest:
            self.slowest, self.slowest_mail = other.slowest, other.slowest_mail
        for name, numbers in other.faults.items():
            self.faults.setdefault(name, []).extend(numbers)
        self.traces = other.traces | self.traces


def fuzz(numbers: Sequence[int], seed: int, seconds: float | None = None) -> Report:
    """Try the mails of these numbers, or as many as there is time for, in this process."""
    report, corpus = Report(), read_corpus()
    until = None if seconds is None else time.monotonic() + seconds
    with fuzzed_site() as site:
        for number in numbers:
            if until is not None and time.monotonic() > until:
                break
            raw = broken(corpus, number, seed)
            report.mails += 1
            try:
                seen = look_at(raw)
                report.kinds[seen.parsed.kind] += 1
                if seen.seconds > report.slowest:
                    report.slowest, report.slowest_mail = seen.seconds, number
                if number % THROUGH_A_SITE == 0:
                    _through(site, raw, number, report)
            except Exception as error:
                report.note(number, error)
                db.session.remove()
        report.sent += site.send()
    report.peak_mb = _peak_mb()
    return report


def _through(site: FuzzedSite, raw: bytes, number: int, report: Report) -> None:
    report.fates[site.take(raw, random.Random(number))] += 1
    if sum(report.fates.values()) % _SEND_AFTER == 0:
        report.sent += site.send()


def in_all_cores(mails: int, seed: int) -> Iterator[Report]:
    """Reports of pieces of the work, as they get done."""
    cores = os.cpu_count() or 1
    piece = max(1, min(2_500, mails // cores))
    pieces = [(range(start, min(start + piece, mails)), seed) for start in range(0, mails, piece)]
    # Not forked: a site's connections and threads do not survive that.
    with multiprocessing.get_context("spawn").Pool(cores) as pool:
        yield from pool.imap_unordered(_piece, pieces)


def _piece(work: tuple[Sequence[int], int]) -> Report:
    # Libraries tell of the faults that they survive, at length.
    logging.disable(logging.ERROR)
    return fuzz(*work)


def _peak_mb() -> int:
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) // 1024
