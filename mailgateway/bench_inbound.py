"""`banyan bench inbound`: how fast posts are accepted over LMTP, and how fast they are through to their readers.

Everything of the site runs meanwhile; prints JSON. Accepted means committed and synced: 250 comes after.
"""

import json
import smtplib
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import click

from mailgateway.bench_site import DOMAIN, BenchSite, bench_site, email_of, message, peak_memory

_GROUPS, _MEMBERS_EACH = 20, 10


@click.command("inbound", epilog="Example: banyan bench inbound --posts 1000")
@click.option("--posts", default=1000, show_default=True, help="How many posts are handed in.")
@click.option("--connections", default=8, show_default=True, help="LMTP connections at a time.")
@click.option("--runs", default=3, show_default=True, help="How often, each with a new site.")
def inbound(posts: int, connections: int, runs: int) -> None:
    """Hand posts to groups of 10 in and print how many a second are accepted and fully processed as JSON."""
    results = []
    for _ in range(runs):
        alone = _door_alone(posts, connections)
        with bench_site(connections=4) as site:
            site.fill_small(_GROUPS, _MEMBERS_EACH)
            results.append(_one_run(site, posts, connections) | {"accepted_per_second_by_the_door_alone": alone})
    click.echo(json.dumps({"bench": "inbound", "posts": posts, "connections": connections, "runs": results}))


def _door_alone(posts: int, connections: int) -> float:
    """Accepted a second while nothing else of the site runs."""
    with bench_site(connections=4) as site:
        site.fill_small(_GROUPS, _MEMBERS_EACH)
        with site.up("listen"):
            return round(posts / _accept(site, posts, connections), 1)


def _accept(site: BenchSite, posts: int, connections: int) -> float:
    """The seconds until the last post was accepted."""
    mails = [_mail(number) for number in range(posts)]
    with ThreadPoolExecutor(connections) as clients:
        began = time.monotonic()
        for done in [clients.submit(_hand_in, site.lmtp_port, mails[each::connections]) for each in range(connections)]:
            done.result()
        return time.monotonic() - began


def _one_run(site: BenchSite, posts: int, connections: int) -> dict[str, float]:
    with site.up() as pid, peak_memory(pid) as peak:
        began = time.monotonic()
        accepted = _accept(site, posts, connections)
        processed = site.sink.wait_for(posts * _MEMBERS_EACH)["last_at"] - began
    return {
        "accepted_per_second": round(posts / accepted, 1),
        "processed_per_second": round(posts / processed, 1),
        "peak_pss_mb": round(max(peak, default=0) / 1024, 1),
    }


def _mail(number: int) -> tuple[str, str, bytes]:
    """Each group in turn, and in it each member: no author posts more than the quota lets her."""
    group, author = number % _GROUPS, number // _GROUPS % _MEMBERS_EACH
    slug, author = f"small-{group}", group * _MEMBERS_EACH + author
    return email_of(author), f"{slug}@{DOMAIN}", message(slug, author, f"Question {number}")


def _hand_in(port: int, mails: Sequence[tuple[str, str, bytes]]) -> None:
    with smtplib.LMTP("127.0.0.1", port) as client:
        for sender, recipient, content in mails:
            client.sendmail(sender, [recipient], content)
