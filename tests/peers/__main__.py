"""`make bench-peers`: the same post to as many members through Banyan and through GNU Mailman 3, one after the other.

    python -m tests.peers --members 10000

Same machine, same sink, same post of 4 kB, same way in (LMTP). Time runs from the acceptance of the post to the last
recipient at the sink; memory is the proportional set size of all processes together, at its peak. Prints JSON.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from mailgateway.bench_site import Sink, bench_site, email_of, free_port, message, peak_memory
from tests.peers.mailman import MODES, Mailman, install

Figures = Mapping[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--members", type=int, default=1_000, help="How many members the list has.")
    parser.add_argument("--modes", default=",".join(MODES), help="Of Mailman: shared, individual, or both.")
    parser.add_argument("--folder", type=Path, default=Path("var/peers"), help="Where Mailman is installed, once.")
    parser.add_argument("--connections", type=int, default=4, help="Banyan's to the smarthost; Mailman has one.")
    parser.add_argument("--seconds", type=float, default=600.0, help="After so long a run is cut off, and says so.")
    chosen = parser.parse_args()
    programs = install(chosen.folder.absolute())
    ours = measure_banyan(chosen.members, chosen.connections, chosen.seconds)
    figures: dict[str, Figures] = {"banyan individual": ours}
    _tell("banyan individual", figures)
    with tempfile.TemporaryDirectory(prefix="banyan-peers-") as folder:
        mailman = Mailman(programs, Path(folder), free_port(), free_port())
        adding = mailman.make([email_of(number) for number in range(chosen.members)])
        for mode in chosen.modes.split(","):
            figures[f"mailman {mode}"] = measure_mailman(mailman, mode, chosen.members, chosen.seconds)
            _tell(f"mailman {mode}", figures)
    ratios = {
        name: {
            "times_as_fast": round(ours["recipients_per_second"] / theirs["recipients_per_second"], 1),
            "share_of_memory": round(ours["peak_pss_mb"] / theirs["peak_pss_mb"], 2),
        }
        for name, theirs in figures.items()
        if theirs is not ours and theirs["recipients_per_second"]
    }
    print(
        json.dumps({"members": chosen.members, "mailman_adding_seconds": adding, **figures, "banyan_against": ratios})
    )


def measure_banyan(members: int, connections: int, seconds: float) -> Figures:
    with bench_site(connections=connections) as site:
        site.fill("everybody", range(members))
        with site.up() as pid, peak_memory(pid) as peak:
            accepted_at = site.post("everybody", 0, "Locum cover")
            return _until_all_have_it(site.sink, members, accepted_at, seconds, peak)


def measure_mailman(mailman: Mailman, mode: str, members: int, seconds: float) -> Figures:
    with a_sink() as sink, mailman.running(mode, sink.port) as pid, peak_memory(pid) as peak:
        accepted_at = mailman.post(message("everybody", 0, f"Locum cover {mode}"), email_of(0))
        return _until_all_have_it(sink, members, accepted_at, seconds, peak)


def _until_all_have_it(sink: Sink, members: int, accepted_at: float, seconds: float, peak: Sequence[int]) -> Figures:
    """Wait for the last recipient. Whoever is slower than `seconds` is measured by what has come by then."""
    while True:
        counts = sink.counts()
        if counts["recipients"] >= members or time.monotonic() - accepted_at > seconds:
            break
        time.sleep(0.02)
    took = counts["last_at"] - accepted_at
    return {
        "seconds": round(took, 3),
        "recipients": counts["recipients"],
        "recipients_per_second": round(counts["recipients"] / took, 1),
        "messages": counts["copies"],
        "peak_pss_mb": round(max(peak, default=0) / 1024, 1),
        "complete": counts["recipients"] == members,
    }


@contextmanager
def a_sink() -> Iterator[Sink]:
    """The sink that Banyan's own benchmarks have, without their delay."""
    command = [sys.executable, "-m", "mailgateway.bench_sink", "0"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Sink(process)
        finally:
            process.kill()


def _tell(name: str, figures: Mapping[str, Figures]) -> None:
    print(json.dumps({name: figures[name]}), file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
