"""`banyan bench fanout`: one post to many single-delivery members, from LMTP acceptance to the last copy at a sink.

Measures the whole site as `banyan up` runs it; prints JSON.
"""

import base64
import json
import os

import click

from mailgateway.bench_site import BenchSite, bench_site, peak_memory


@click.command("fanout", epilog="Example: banyan bench fanout --members 10000")
@click.option("--members", default=10_000, show_default=True, help="How many members get the post.")
@click.option("--connections", default=4, show_default=True, help="SMARTHOST_CONNECTIONS.")
@click.option("--runs", default=3, show_default=True, help="How many posts, one after the other.")
@click.option("--dkim", is_flag=True, help="Sign every copy (RSA-2048).")
@click.option(
    "--delay", default=0, show_default=True, help="Milliseconds by which the sink answers a message's end late."
)
@click.option("--attachment", default=0, show_default=True, help="Megabytes of a file that the post has.")
def fanout(members: int, connections: int, runs: int, dkim: bool, delay: int, attachment: int) -> None:
    """Send one post to many members and print recipients per second and memory as JSON."""
    with bench_site(connections=connections, dkim=dkim, delay_ms=delay) as site:
        imported = site.fill("everybody", range(members))
        with site.up() as pid:
            results = [_one_run(number, members, site, pid, attachment, dkim) for number in range(runs)]
    options = {"connections": connections, "dkim": dkim, "delay_ms": delay, "attachment_mb": attachment}
    click.echo(
        json.dumps({"bench": "fanout", "members": members, **options, "import_seconds": imported, "runs": results})
    )


def _one_run(number: int, members: int, site: BenchSite, pid: int, attachment: int, dkim: bool) -> dict[str, float]:
    before = site.sink.counts()
    with peak_memory(pid) as peak:
        accepted_at = site.post("everybody", 0, f"Locum cover, part {number}", _file(attachment))
        counts = site.sink.wait_for(int(before["copies"]) + members)
    seconds = counts["last_at"] - accepted_at
    # Each copy has a return path and a token of its own: as many different ones as readers.
    if not counts["recipients"] == counts["return_paths"] == counts["unsubscribe_links"] == members:
        raise click.ClickException(f"not every copy was its reader's own: {counts}")
    if counts["signatures"] - before["signatures"] != (members if dkim else 0):
        raise click.ClickException(f"{counts['signatures']} different signatures")
    return {
        "seconds": round(seconds, 3),
        "recipients_per_second": round(members / seconds, 1),
        "peak_pss_mb": round(max(peak, default=0) / 1024, 1),
        "octets_a_copy": (counts["octets"] - before["octets"]) // members,
    }


def _file(megabytes: int) -> bytes:
    """A MIME part of random octets, which no database makes smaller; empty for none."""
    if not megabytes:
        return b""
    head = b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n"
    name = b"Content-Disposition: attachment; filename=plan.pdf\r\n\r\n"
    return head + name + base64.encodebytes(os.urandom(megabytes * 1_000_000)).replace(b"\n", b"\r\n")
