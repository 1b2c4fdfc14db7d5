"""`make fuzz`: 50,000 broken mails of the corpus, trees that Hypothesis thinks up, and the bombs.

    python -m tests.fuzz --mails 50000 --seed 7

Prints one line of JSON; exits with 1 when there was a fault. Each faulty mail is written to var/fuzz, from where it
goes into tests/mail once it is understood.
"""

import argparse
import json
import random
import sys
import time
from pathlib import Path

from hypothesis import HealthCheck, given, settings

from tests.fuzz.bombs import BOMBS, set_off
from tests.fuzz.corpus import broken, read_corpus
from tests.fuzz.judge import look_at
from tests.fuzz.run import Report, in_all_cores
from tests.fuzz.trees import mails as trees

# What reading one mail may take beside the mail itself, in MB.
MEMORY = 300


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mails", type=int, default=50_000, help="How many broken mails of the corpus.")
    parser.add_argument("--trees", type=int, default=5_000, help="How many mails from Hypothesis.")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="The same seed, the same mails.")
    parser.add_argument("--faults", type=Path, default=Path("var/fuzz"), help="Where faulty mails are written.")
    chosen = parser.parse_args()
    began = time.monotonic()
    report = Report()
    for piece in in_all_cores(chosen.mails, chosen.seed):
        report.add(piece)
        print(f"{report.mails} of {chosen.mails} mails, {len(report.faults)} faults", file=sys.stderr, flush=True)
    _write(report, chosen.faults, chosen.seed)
    _think_up(chosen.trees)
    worst, highest = _set_off_all(report)
    found = {
        "mails": report.mails,
        "seed": chosen.seed,
        "seconds": round(time.monotonic() - began, 1),
        "kinds": dict(report.kinds.most_common()),
        "through_a_site": dict(report.fates.most_common()),
        "slowest_seconds": round(report.slowest, 3),
        "slowest_mail": report.slowest_mail,
        "peak_mb_of_a_process": report.peak_mb,
        "trees": chosen.trees,
        "bombs": len(BOMBS),
        "slowest_bomb_seconds": round(worst, 2),
        "most_memory_of_a_bomb_mb": round(highest),
        "faults": {name: numbers[:5] for name, numbers in report.faults.items()},
    }
    print(json.dumps(found))
    sys.exit(1 if report.faults else 0)


def _write(report: Report, folder: Path, seed: int) -> None:
    corpus = read_corpus()
    for index, (name, numbers) in enumerate(report.faults.items()):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{seed}-{index}.eml").write_bytes(broken(corpus, numbers[0], seed))
        (folder / f"{seed}-{index}.txt").write_text(f"{name}\nmails {numbers}\n\n{report.traces[name]}")


def _think_up(count: int) -> None:
    @settings(max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(trees())
    def every_tree_is_read(raw: bytes) -> None:
        look_at(raw)

    every_tree_is_read()


def _set_off_all(report: Report) -> tuple[float, float]:
    worst = highest = 0.0
    for number, name in enumerate(BOMBS):
        try:
            seen, peak = set_off(name)
        except Exception as error:
            report.note(-1 - number, error)
            continue
        worst, highest = max(worst, seen.seconds), max(highest, peak)
        if peak > MEMORY:
            report.faults.setdefault(f"{name}: {peak:.0f} MB", []).append(-1 - number)
    return worst, highest


if __name__ == "__main__":
    main()
