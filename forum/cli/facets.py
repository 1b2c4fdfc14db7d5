"""`banyan facet ...`: what members said of themselves, as counts: list, merge, mark, ask by mail. Never who said it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import click

from forum.cli.frame import acting, as_json, open_site, refuse, show_json, show_table, the_group
from forum.facets.actions import derive_next
from forum.facets.merging import BadFacet
from forum.facets.merging import mark_sensitive as mark_
from forum.facets.merging import merge as merge_
from forum.facets.merging import unmark_sensitive as unmark_
from forum.facets.merging import unmerge as unmerge_
from forum.facets.models import Dimension, Facet
from forum.facets.queries import Listed, facet_by_code, facet_by_public_id, facets_page
from forum.groups.asking import ASKABLE, ask_members
from forum.groups.queries import community, ids_of_readers

_AT_ONCE = 500
_dimension = click.Choice([each.value for each in Dimension])


@click.group("facet", epilog="Example: banyan facet list --dimension interest")
def facet() -> None:
    """What members said of themselves: places, specialties, career stages, employers, interests. Only counts."""


@facet.command("list", epilog="Example: banyan facet list --dimension place --matching portland --json")
@click.option("--dimension", type=_dimension, help="Only those of this kind.")
@click.option("--matching", metavar="TEXT", default="", help="Only those with this in name or code.")
@click.option("--limit", default=1000, show_default=True, type=click.IntRange(1, 100_000))
@as_json
def list_(dimension: str | None, matching: str, limit: int, json_: bool) -> None:
    """Each with how many members of the community have it or one below it. Of sensitive ones at least ten are told."""
    with open_site():
        rows: list[Listed] = []
        after: Facet | None = None
        wanted = Dimension(dimension) if dimension is not None else None
        among = ids_of_readers(community())
        while len(rows) < limit:
            some = min(_AT_ONCE, limit - len(rows))
            page = facets_page(among, dimension=wanted, matching=matching, after=after, limit=some)
            rows += page
            if len(page) < some:
                break
            after = page[-1].facet
        if json_:
            show_json(
                [
                    {
                        "id": row.facet.public_id,
                        "dimension": row.facet.dimension,
                        "code": row.facet.code,
                        "name": row.facet.name,
                        "below": row.above or None,
                        "merged_into": row.merged_into.public_id if row.merged_into is not None else None,
                        "sensitive": row.facet.sensitive,
                        "members": row.members,
                    }
                    for row in rows
                ]
            )
            return
        lines = []
        for row in rows:
            counts_as = f"counts as {row.merged_into.code}" if row.merged_into is not None else ""
            notes = ", ".join(note for note in (counts_as, "sensitive" if row.facet.sensitive else "") if note)
            members = "fewer than 10" if row.members is None else row.members
            lines.append([row.facet.public_id, row.facet.dimension, row.facet.code, row.facet.name, members, notes])
        show_table(("id", "kind", "code", "name", "members", "notes"), lines)


@facet.command("merge", epilog="Example: banyan facet merge interest:trail-running interest:running")
@click.argument("source")
@click.argument("target")
def merge(source: str, target: str) -> None:
    """Let SOURCE count as TARGET, each an id of `facet list` or KIND:CODE. It can be taken back."""
    with open_site():
        with _changing():
            one, other = _facet(source), _facet(target)
            merge_(one, other, actor_id=None)
        click.echo(f"{one.name} counts as {other.name}. To take it back: banyan facet unmerge {one.public_id}")


@facet.command("unmerge", epilog="Example: banyan facet unmerge interest:trail-running")
@click.argument("facet")
def unmerge(facet: str) -> None:
    """Let a merged facet stand for itself again."""
    with open_site():
        with _changing():
            one = _facet(facet)
            unmerge_(one, actor_id=None)
        click.echo(f"{one.name} stands for itself again.")


@facet.command("mark", epilog="Example: banyan facet mark interest:lupus")
@click.argument("facet")
def mark(facet: str) -> None:
    """Mark an interest as sensitive: no profile shows it, and it counts only for members who agree to that."""
    with open_site():
        with _changing():
            one = _facet(facet)
            mark_(one, actor_id=None)
        click.echo(f"{one.name} is hidden. To take it back: banyan facet unmark {one.public_id}")


@facet.command("unmark", epilog="Example: banyan facet unmark interest:knitting")
@click.argument("facet")
def unmark(facet: str) -> None:
    """Treat an interest that was marked as sensitive like others again."""
    with open_site():
        with _changing():
            one = _facet(facet)
            unmark_(one, actor_id=None)
        click.echo(f"{one.name} is shown again to whom its members chose.")


@facet.command("ask", epilog="Example: banyan facet ask --group cardiology --dimension place,specialty")
@click.option("--group", "slug", metavar="SLUG", required=True)
@click.option("--dimension", "asked", metavar="KIND,...", required=True, help=f"Of {', '.join(ASKABLE)}.")
def ask(slug: str, asked: str) -> None:
    """Have members asked by mail for what they have not said, each once in half a year at most."""
    words = [word.strip().replace("-", "_").replace(" ", "_") for word in asked.split(",")]
    unknown = [word for word in words if word not in list(ASKABLE)]
    if unknown:
        raise click.UsageError(f"Members can be asked for {', '.join(ASKABLE)}, not for {unknown[0]!r}.")
    with open_site():
        with acting():
            count = ask_members(the_group(slug), [Dimension(word) for word in words], actor_id=None)
        click.echo(f"{count:,} {'member' if count == 1 else 'members'} will be asked by mail.")


@facet.command("derive", epilog="Example: banyan facet derive")
def derive() -> None:
    """Read all profiles anew, after the list of BANYAN_TAXONOMY has changed. Safe to repeat."""
    with open_site():
        last: int | None = 0
        while last is not None:
            with acting():
                last = derive_next(last)
    click.echo("All profiles are read.")


@contextmanager
def _changing() -> Iterator[None]:
    try:
        with acting():
            yield
    except BadFacet as error:
        refuse(str(error))


def _facet(named: str) -> Facet:
    """The facet of this id, or of KIND:CODE."""
    kind, colon, code = named.partition(":")
    if colon and kind in list(Dimension):
        found = facet_by_code(Dimension(kind), code)
    else:
        found = facet_by_public_id(named, ids_of_readers(community())) if re.fullmatch(r"[0-9a-z]{12}", named) else None
    return found or refuse(f"There is no facet {named!r}. See: banyan facet list")
