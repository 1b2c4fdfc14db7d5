"""`banyan bench trim FOLDER`: what trimming leaves of mails whose words are known, and how long it takes.

A folder holds mails (`NAME.eml`) and beside each what a person would see of it (`NAME.expected.json`, its `text`).
Reads only, and prints JSON.
"""

import json
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from mailgateway.parse import parse


@dataclass(frozen=True)
class Measured:
    """One mail: `lost` are the author's words that were set aside, `left` are words of others that stayed."""

    name: str
    exact: bool
    lost: int
    left: int
    milliseconds: float

    @property
    def situation(self) -> str:
        """The mails of one program or kind begin with the same word: "outlook-german" is "outlook"."""
        return self.name.partition("-")[0]


@click.command("trim", epilog="Example: banyan bench trim tests/mail")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def trim(folder: Path) -> None:
    """Hold the trimming of mails against what people see in them, and print the figures as JSON."""
    click.echo(json.dumps(report(list(measure(folder))), ensure_ascii=False, indent=1))


def measure(folder: Path) -> Iterator[Measured]:
    """Every mail of a folder whose expected text is written down, in the order of names."""
    for file in sorted(folder.glob("*.expected.json")):
        name = file.name.removesuffix(".expected.json")
        expected = json.loads(file.read_text(encoding="utf-8"))
        if "text" not in expected:
            continue
        raw = (folder / f"{name}.eml").read_bytes()
        started = time.perf_counter()
        text = parse(raw).text
        took = (time.perf_counter() - started) * 1000
        wanted, found = expected["text"].split(), text.split()
        lost, left = Counter(wanted) - Counter(found), Counter(found) - Counter(wanted)
        yield Measured(name, wanted == found, lost.total(), left.total(), took)


def report(mails: Sequence[Measured]) -> dict[str, object]:
    """The figures: shares are of mails, words are counted once each time they stand there."""
    situations: dict[str, Counter[str]] = defaultdict(Counter)
    for mail in mails:
        situations[mail.situation].update(
            mails=1, exact=int(mail.exact), over_trimmed=int(mail.lost > 0), under_trimmed=int(mail.left > 0)
        )
    times = [mail.milliseconds for mail in mails] or [0.0]
    over, under = [mail for mail in mails if mail.lost], [mail for mail in mails if mail.left]
    count = len(mails) or 1
    return {
        "bench": "trim",
        "mails": len(mails),
        "exact": sum(mail.exact for mail in mails),
        "exact_share": round(sum(mail.exact for mail in mails) / count, 4),
        "over_trims": {"mails": len(over), "share": round(len(over) / count, 4), "words": sum(m.lost for m in over)},
        "under_trims": {
            "mails": len(under),
            "share": round(len(under) / count, 4),
            "words": sum(m.left for m in under),
        },
        "milliseconds": {"median": round(statistics.median(times), 2), "max": round(max(times), 2)},
        "situations": {name: dict(counts) for name, counts in sorted(situations.items())},
        "not_exact": {mail.name: {"lost": mail.lost, "left": mail.left} for mail in mails if not mail.exact},
    }
