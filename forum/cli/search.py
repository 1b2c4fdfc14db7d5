"""`banyan search` and `banyan reindex`: looking as one member does, and building the search index anew."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from forum.cli.frame import as_json, open_site, refuse, show_json, the_group, the_member
from forum.db import reading
from forum.groups.rights import viewer_of
from forum.search import Found, Query, search_posts
from forum.search.documents import count_posts
from forum.search.engine import current_engine
from forum.search.whoosh_engine import RebuildingError


@click.command(
    "search",
    epilog='Example: banyan search "call schedule" --as ann@example.org --group cardiology',
    # A query may begin with a word that must not be there: -locum.
    context_settings={"ignore_unknown_options": True},
)
@click.argument("query")
@click.option("--as", "email", metavar="EMAIL", required=True, help="Whose rights to read count.")
@click.option("--group", "slug", metavar="SLUG", help="Only in this group.")
@click.option("--page", type=click.IntRange(min=1), default=1, show_default=True)
@as_json
def search(query: str, email: str, slug: str | None, page: int, json_: bool) -> None:
    """Find posts that a member may read, 20 a page, the most relevant first.

    All words must be there. "Several words" in quotation marks stand side by side, -word must not be there, and
    vaccinat* is any word that begins so.
    """
    with open_site(), reading():
        viewer = viewer_of(the_member(email))
        if viewer is None:
            refuse(f"{email} has no standing in the community and may read nothing.")
        if slug is not None:
            the_group(slug)
        found = search_posts(viewer, Query(words=query, group_slug=slug, page=page))
    if json_:
        show_json(_as_row(found))
        return
    click.echo(f"{found.total} found" + (f", page {found.page} of {found.pages}" if found.pages > 1 else ""))
    for hit in found.hits:
        click.echo(f"\n{hit.subject}\n  {hit.byline} in {hit.group_name}, {hit.created_at:%Y-%m-%d}, {hit.public_id}")
        click.echo(f"  {hit.excerpt.striptags()}")


@click.command("reindex", epilog="Example: banyan reindex")
@as_json
def reindex(json_: bool) -> None:
    """Build the search index anew from all posts. Searching and posting go on meanwhile."""
    with open_site():
        with reading():
            total = count_posts()
        done = 0
        try:
            with _progress(total) as progress:
                for count in current_engine().rebuild():
                    done += count
                    progress.advance(progress.task_ids[0], count)
        except RebuildingError as error:
            refuse(str(error))
    if json_:
        show_json({"posts": done})
    else:
        click.echo(f"Indexed {done} posts.")


@contextmanager
def _progress(total: int) -> Iterator[Progress]:
    """A bar on a terminal, and nothing at all when the output goes elsewhere."""
    console = Console(stderr=True)
    columns = (TextColumn("Indexing posts"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        progress.add_task("Indexing posts", total=total)
        yield progress


def _as_row(found: Found) -> dict[str, object]:
    return {
        "total": found.total,
        "hits": [
            {
                "post": hit.public_id,
                "thread": hit.thread_public_id,
                "group": hit.group_slug,
                "subject": hit.subject,
                "excerpt": hit.excerpt.striptags(),
            }
            for hit in found.hits
        ],
    }


commands = [search, reindex]
