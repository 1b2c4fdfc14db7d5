"""`banyan bench fairness`: how long small groups wait for their posts while one post goes to very many members.

Prints, as JSON, the seconds from LMTP acceptance to each small post's last reader, and the long one's speed meanwhile.
"""

import json
import statistics
import time

import click

from mailgateway.bench_site import bench_site

_SMALL_GROUPS, _MEMBERS_EACH = 10, 10


@click.command("fairness", epilog="Example: banyan bench fairness --members 71000")
@click.option("--members", default=71_000, show_default=True, help="How many members get the long post.")
@click.option("--connections", default=4, show_default=True, help="SMARTHOST_CONNECTIONS.")
@click.option(
    "--delay", default=0, show_default=True, help="Milliseconds by which the sink answers a message's end late."
)
@click.option("--every", default=0.5, show_default=True, help="Seconds between the posts to small groups.")
def fairness(members: int, connections: int, delay: int, every: float) -> None:
    """Post to groups of 10 while a post goes to many members, and print their delays as JSON."""
    with bench_site(connections=connections, delay_ms=delay) as site:
        site.fill("everybody", range(members))
        site.fill_small(_SMALL_GROUPS, _MEMBERS_EACH)
        with site.up():
            long_at = site.post("everybody", 0, "Long")
            small: dict[str, float] = {}
            while len(small) < 2000 and _copies(counts := site.sink.counts(), "Long") < members:
                number = len(small)
                group = number % _SMALL_GROUPS
                author = group * _MEMBERS_EACH + number // _SMALL_GROUPS % _MEMBERS_EACH
                subject = f"Small {number}"
                small[subject] = site.post(f"small-{group}", author, subject)
                time.sleep(every)
            counts = site.sink.wait_for(members + len(small) * _MEMBERS_EACH)
    last = {subject.partition("] ")[2]: at for subject, (_, at) in counts["subjects"].items()}
    # Those accepted while the long one was still going out.
    delays = [last[subject] - accepted for subject, accepted in small.items() if accepted < last["Long"]]
    seconds = last["Long"] - long_at
    result = {
        "long_seconds": round(seconds, 2),
        "long_recipients_per_second": round(members / seconds, 1),
        "small_posts": len(delays),
        "small_delay_seconds": {"median": round(statistics.median(delays), 2), "worst": round(max(delays), 2)},
    }
    options = {"members": members, "connections": connections, "delay_ms": delay, "every": every}
    click.echo(json.dumps({"bench": "fairness", **options, **result}))


def _copies(counts: dict[str, dict[str, tuple[int, float]]], subject: str) -> int:
    return next((number for name, (number, _) in counts["subjects"].items() if name.endswith(f"] {subject}")), 0)
