"""`banyan thread`, `post` and `held`: what has been written, writing through the one gate, and what waits there."""

import sys
from collections.abc import Sequence
from typing import Any, assert_never

import click

from forum.cli.flags import flag
from forum.cli.frame import a_line, acting, as_json, open_site, refuse, show_json, show_table, the_group, the_member
from forum.db import db
from forum.groups.models import Assurance, Group
from forum.groups.rights import may_moderate, viewer_of
from forum.moderation.actions import Decision, decide
from forum.moderation.evidence import Evidence, evidence_of
from forum.moderation.queries import held_by_public_id, held_page
from forum.posting.models import HeldPost, HeldState
from forum.posting.outcomes import Duplicate, Held, Ignored, Outcome, Published, Refused, Returned
from forum.posting.publish import thread_url
from forum.posting.submit import submit
from forum.rules.submission import Submission
from forum.text import normalise
from forum.threads.models import Post, TextFormat, Thread, Via
from forum.threads.overview import WrittenPost, group_rows, transcript
from forum.threads.queries import post_by_id, post_by_public_id, thread_by_public_id, threads_page
from forum.threads.tags import tags_of


@click.group("thread", epilog="Example: banyan thread list --group cardiology")
def thread() -> None:
    """Look at threads, as an operator sees them."""


@thread.command("list", epilog="Example: banyan thread list --group cardiology --limit 20 --json")
@click.option("--group", "slug", metavar="SLUG", required=True)
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True)
@as_json
def list_threads(slug: str, limit: int, json_: bool) -> None:
    """The threads of a group, the one with the newest post first."""
    with open_site():
        threads = threads_page(the_group(slug).id, limit=limit)
        tags = tags_of([each.id for each in threads])
        rows = [_thread_row(each, tags.get(each.id, ())) for each in threads]
    if json_:
        show_json(rows)
    else:
        show_table(("id", "posts", "last post", "subject"), [_thread_line(row) for row in rows])


def _thread_row(each: Thread, tags: Sequence[str]) -> dict[str, Any]:
    return {
        "id": each.public_id,
        "subject": each.subject,
        "url": thread_url(each),
        "posts": each.posts,
        "last_post_at": each.last_post_at.isoformat(),
        "tags": list(tags),
    }


def _thread_line(row: dict[str, Any]) -> list[object]:
    return [row["id"], row["posts"], row["last_post_at"][:16].replace("T", " "), row["subject"]]


@thread.command("show", epilog="Example: banyan thread show 4gk0z9q2x7aa --json")
@click.argument("id_", metavar="ID")
@as_json
def show_thread(id_: str, json_: bool) -> None:
    """A thread with all its posts."""
    with open_site():
        shown = thread_by_public_id(id_) or refuse(f"There is no thread {id_!r}. See: banyan thread list")
        if json_:
            posts = [_post_row(each) for each in transcript(shown)]
            show_json({"id": shown.public_id, "group": shown.group.slug, "subject": shown.subject, "posts": posts})
            return
        click.echo(f"{shown.subject} ({shown.group.slug})")
        for each in transcript(shown):
            post = each.post
            click.echo(f"\n--- {post.public_id}  {post.byline}  {post.created_at:%Y-%m-%d %H:%M}  via {post.via}\n")
            click.echo(post.text)


def _post_row(each: WrittenPost) -> dict[str, Any]:
    post = each.post
    return {
        "id": post.public_id,
        "author": post.byline,
        "email": each.email,
        "via": post.via.value,
        "message_id": post.message_id,
        "author_message_id": post.author_message_id if post.pseudonym_id is None else None,
        "in_reply_to": each.answers,
        "text": post.text,
        "folded": post.folded,
        "html": post.html,
        "attachments": [
            {"id": file.public_id, "name": file.name, "type": file.type, "size": file.size} for file in post.attachments
        ],
        "created_at": post.created_at.isoformat(),
    }


@click.command("post", epilog="Example: banyan post --group er --as ann@example.org --subject 'Call in May' < text.txt")
@click.option("--group", "slug", metavar="SLUG", required=True)
@click.option("--as", "email", metavar="EMAIL", required=True, help="The member who writes.")
@click.option("--subject", type=a_line, metavar="TEXT", help="May be left out of an answer.")
@click.option("--reply-to", "answered", metavar="POST_ID", help="The post that this one answers.")
@as_json
def post(slug: str, email: str, subject: str | None, answered: str | None, json_: bool) -> None:
    """Post what stands on standard input, through the same gate as mail and the web."""
    if subject is None and answered is None:
        raise click.UsageError("Missing option '--subject'.")
    with open_site():
        octets = sys.stdin.buffer.read()
        try:
            text = octets.decode()
        except UnicodeDecodeError:
            raise click.UsageError("The text on standard input is not UTF-8.") from None
        with acting():
            group, author = the_group(slug), the_member(email)
            parent = _post_in(group, answered) if answered is not None else None
            outcome = submit(
                Submission(
                    group_id=group.id,
                    author_id=author.id,
                    byline=author.name,
                    assurance=Assurance.PROVEN,
                    via=Via.CLI,
                    subject=subject or (f"Re: {parent.thread.subject}" if parent is not None else ""),
                    text=normalise(text),
                    text_format=TextFormat.PLAIN,
                    answers_post_id=parent.id if parent is not None else None,
                    size=len(octets),
                )
            )
        _show_outcome(outcome, json_)


def _post_in(group: Group, public_id: str) -> Post:
    """The post to answer, where the answer is to go; elsewhere it would silently begin a thread of its own."""
    found = post_by_public_id(public_id)
    if found is None or found.thread.group_id != group.id:
        refuse(f"There is no post {public_id!r} in {group.slug}. See: banyan thread show")
    return found


def _show_outcome(outcome: Outcome, json_: bool) -> None:
    """Print what became of it; exit code 1 with the reason when it is neither a post nor waiting to be one."""
    word = type(outcome).__name__.lower()
    sentence, published, held = "", None, None
    match outcome:
        case Published(post_id=post_id):
            published = post_by_id(post_id)
        case Held(held_id=held_id, findings=findings):
            held = db.session.get_one(HeldPost, held_id)
            sentence = findings[0].sentence
        case Duplicate(post_id=post_id, held_id=held_id):
            published = post_by_id(post_id) if post_id is not None else None
            held = db.session.get_one(HeldPost, held_id) if held_id is not None else None
        case Returned(findings=findings) | Refused(findings=findings):
            sentence = findings[0].sentence
        case Ignored(reason=reason):
            sentence = reason
        case unknown:
            assert_never(unknown)
    row = {
        "outcome": word,
        "post": published.public_id if published is not None else None,
        "thread": published.thread.public_id if published is not None else None,
        "held": held.public_id if held is not None else None,
    }
    if json_:
        show_json(row)
    else:
        click.echo("  ".join(f"{name} {value}" for name, value in row.items() if value is not None))
    if sentence:
        click.echo(sentence, err=True)
    if published is None and held is None:
        sys.exit(1)


@click.group("held", epilog="Example: banyan held list --state waiting")
def held() -> None:
    """Look at posts that wait for a moderator, and decide on them."""


@held.command("list", epilog="Example: banyan held list --group cardiology --state waiting --json")
@click.option("--group", "slug", metavar="SLUG", help="One group; all of them when left out.")
@click.option("--state", type=click.Choice([each.value for each in HeldState]), help="Only those in this state.")
@as_json
def list_held(slug: str | None, state: str | None, json_: bool) -> None:
    """What was held, oldest first, with all that the rules said of it."""
    with open_site():
        groups = [the_group(slug)] if slug is not None else [each.group for each in group_rows()]
        wanted = HeldState(state) if state is not None else None
        rows: list[dict[str, Any]] = []
        after = 0
        while page := held_page([group.id for group in groups], state=wanted, after=after):
            evidence = evidence_of(page)
            rows += [_held_row(each, evidence[each.id]) for each in page]
            after = page[-1].id
    if json_:
        show_json(rows)
        return
    columns = ("id", "group", "state", "author", "subject")
    rules = [", ".join(finding["rule"] for finding in row["findings"]) for row in rows]
    lines = [[*(row[name] for name in columns), why] for row, why in zip(rows, rules, strict=True)]
    show_table((*columns, "held by"), lines)


def _held_row(each: HeldPost, evidence: Sequence[Evidence]) -> dict[str, Any]:
    return {
        "id": each.public_id,
        "group": each.group.slug,
        "subject": each.subject,
        "author": each.byline,
        "via": each.via.value,
        "text": each.text,
        "state": each.state.value,
        "findings": [
            {
                **{name: finding[name] for name in ("rule", "severity", "sentence", "for_moderator")},
                "evidence": list(found.seen),
            }
            for finding, found in zip(each.findings, evidence, strict=True)
        ],
    }


@held.command("decide", epilog="Example: banyan held decide 7ct2m0a9vvke approve --as bob@example.org")
@click.argument("id_", metavar="ID")
@click.argument("decision", type=click.Choice([each.value for each in Decision]))
@click.option("--as", "email", metavar="EMAIL", required=True, help="The moderator who decides.")
@click.option("--reason", default="", help="For the author; needed to reject or return.")
@as_json
def decide_held(id_: str, decision: str, email: str, reason: str, json_: bool) -> None:
    """Approve, reject or return a held post, as a moderator of its group."""
    with open_site():
        with acting():
            found = held_by_public_id(id_) or refuse(f"There is no held post {id_!r}. See: banyan held list")
            actor = the_member(email)
            viewer = viewer_of(actor)
            if viewer is None or not may_moderate(viewer, found.group):
                refuse(f"{email} does not moderate {found.group.slug}.")
            decided = decide(found, Decision(decision), actor_id=actor.id, reason=reason)
            if not decided.by_this:
                refuse(f"{decided.by_name} has decided already: {decided.state}.")
        if json_:
            show_json(_held_row(found, evidence_of([found])[found.id]))
        else:
            click.echo(f"{decided.state}: {found.subject}")


commands = [thread, post, held, flag]
