"""`banyan bench digests`: everybody's digest due at the same moment, from that moment to the last one at a sink.

Each member has two groups; what was published in them is the same for all members of a group, as on a real morning.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy import func, insert, literal, select, update

from forum.accounts.models import Member
from forum.app import create_core
from forum.clock import now
from forum.db import analyze, db, reading, transaction
from forum.groups.actions import create_group
from forum.groups.models import Assurance, Delivery, Group, Membership, Role, Standing
from forum.groups.queries import community, group_by_slug
from forum.posting.submit import submit
from forum.queue import Task
from forum.rules.submission import Submission
from forum.threads.models import TextFormat, Via
from mailgateway.bench_site import BenchSite, bench_site, peak_memory

_WORDS = (
    "Our protocol holds the evening dose before a morning procedure and restarts the day after.\n\n"
    "Has anybody changed that after the new guideline? We see fewer delays, but the numbers are small.\n\nThanks, all."
)
_ANSWER = "> Has anybody changed that after the new guideline?\n\nWe have, in spring. Fewer delays here too."
_COLUMNS = ["member_id", "group_id", "role", "standing", "delivery", "own_copy", "newcomer_posts", "joined_at"]


@click.command("digests", epilog="Example: banyan bench digests --members 10000")
@click.option("--members", default=10_000, show_default=True, help="How many members get a digest.")
@click.option("--groups", default=20, show_default=True, help="How many groups beside the one of everybody.")
@click.option("--posts", default=10, show_default=True, help="How many posts each group has.")
@click.option("--connections", default=4, show_default=True, help="SMARTHOST_CONNECTIONS.")
def digests(members: int, groups: int, posts: int, connections: int) -> None:
    """Send one digest to each of many members and print digests per second and memory as JSON."""
    with bench_site(connections=connections) as site:
        site.fill("everybody", range(members))
        with _inside(site):
            _choose_digests(groups)
            for group in db.session.scalars(select(Group.slug).where(Group.parent_id.is_not(None))).all():
                _publish(group, posts)
        with site.up() as pid, peak_memory(pid) as peak:
            with _inside(site):
                _await_fan_out()
                with transaction() as session:
                    session.execute(update(Member).where(Member.digest_due_at.is_not(None)).values(digest_due_at=now()))
            began = time.monotonic()
            counts = site.sink.wait_for(members)
            seconds = counts["last_at"] - began
        if not counts["recipients"] == counts["return_paths"] == members:
            raise click.ClickException(f"not every digest was its reader's own: {counts['recipients']} recipients")
    result = {
        "bench": "digests",
        "members": members,
        "posts_in_each": 2 * posts,
        "seconds": round(seconds, 2),
        "digests_per_second": round(members / seconds, 1),
        "kilobytes_each": round(counts["octets"] / members / 1000, 1),
        "peak_pss_mb": round(max(peak, default=0) / 1024, 1),
    }
    click.echo(json.dumps(result))


@contextmanager
def _inside(site: BenchSite) -> Iterator[None]:
    core = create_core(site.settings)
    with core.app_context():
        try:
            yield
        finally:
            db.session.remove()
            db.engine.dispose()


def _choose_digests(groups: int) -> None:
    """Each member is in the group of everybody and in one other, both by digest; written set-wise."""
    with transaction() as session:
        for number in range(groups):
            made = create_group(f"topic-{number}", f"Topic {number}", parent=community())
            values = (
                Member.id,
                literal(made.id),
                literal(Role.MEMBER, Membership.role.type),
                literal(Standing.ACTIVE, Membership.standing.type),
                literal(Delivery.DIGEST, Membership.delivery.type),
                literal(True),
                literal(0),
                literal(now(), Membership.joined_at.type),
            )
            session.execute(
                insert(Membership).from_select(_COLUMNS, select(*values).where(Member.id % groups == number))
            )
        everybody = group_by_slug("everybody")
        assert everybody is not None
        session.execute(update(Membership).where(Membership.group_id == everybody.id).values(delivery=Delivery.DIGEST))
        far = now().replace(year=now().year + 1)
        session.execute(update(Member).values(digest_due_at=far))
        analyze(Member, Membership)


def _publish(slug: str, posts: int) -> None:
    with transaction():
        group = group_by_slug(slug)
        assert group is not None
        members = select(Member).join(Membership, Membership.member_id == Member.id)
        authors = db.session.scalars(members.where(Membership.group_id == group.id).limit(posts)).all()
        answers: int | None = None
        for number in range(posts):
            author = authors[number % len(authors)]
            outcome = submit(
                Submission(
                    group_id=group.id,
                    author_id=author.id,
                    byline=author.name,
                    assurance=Assurance.PROVEN,
                    via=Via.CLI,
                    subject=f"Question {number} in {group.name}" if number % 3 == 0 else "",
                    text=_ANSWER if number % 3 else _WORDS,
                    text_format=TextFormat.PLAIN,
                    answers_post_id=answers if number % 3 else None,
                )
            )
            answers = getattr(outcome, "post_id", answers)


def _await_fan_out() -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with reading() as session:
            left = session.scalar(select(func.count()).where(Task.kind == "fan_out", Task.done_at.is_(None)))
        if not left:
            return
        time.sleep(0.1)
    raise click.ClickException("the posts were not fanned out in a minute")
