"""`banyan spin-off`: a new group grown from a thread, a tag, a facet, a search or a list of members."""

from typing import TextIO

import click

from forum.cli.frame import a_line, acting, as_json, open_site, refuse, show_json, the_group, the_member
from forum.groups.models import Kind
from forum.groups.rights import Viewer, may_moderate, viewer_of
from forum.settings import current_settings
from forum.splitting.spin_off.sources import Source, SourceKind, gather
from forum.splitting.spin_off.spinning_off import Comes, Wanted, spin_off, what_comes_of

_KINDS = [kind.value for kind in Kind if kind is not Kind.COMMUNITY]


@click.command(
    "spin-off",
    epilog="Example: banyan spin-off --group cardiology --from-tag ecg --name 'ECG rounds' --slug ecg"
    " --moderator ann@example.org",
)
@click.option("--group", "slug", required=True, metavar="SLUG", help="The group that it grows out of.")
@click.option("--from-thread", "thread", metavar="ID", help="Who writes in a thread or follows it; it goes along.")
@click.option("--from-tag", "tag", metavar="TAG", help="Who writes under a tag or follows it; its threads go along.")
@click.option("--from-facet", "facet", metavar="DIMENSION:CODE", help="Who has a facet, such as place:US-OR.")
@click.option("--from-search", "search", metavar="WORDS", help="Who wrote what is found, and where; needs --as.")
@click.option(
    "--members",
    type=click.File(encoding="utf-8"),
    help="A file with mail addresses of members; - is standard input.",
)
@click.option("--name", type=a_line, required=True, metavar="TEXT", help="The name of the new group.")
@click.option("--slug", "new_slug", required=True, metavar="SLUG", help="Its mail name.")
@click.option("--kind", type=click.Choice(_KINDS), default=Kind.INTEREST.value, show_default=True)
@click.option("--description", default="", metavar="TEXT", help="What the group is for.")
@click.option("--why", default="", metavar="TEXT", help="Why; it stands in the mails.")
@click.option(
    "--moderator",
    "moderators",
    multiple=True,
    metavar="EMAIL",
    help="A first moderator, who must accept. May stand several times.",
)
@click.option("--move", is_flag=True, help="Move the members with notice, where the charter allows it; else invite.")
@click.option("--no-threads", is_flag=True, help="Leave all threads where they are.")
@click.option("--as", "email", metavar="EMAIL", help="Act as this member, with this member's rights.")
@as_json
def spin_off_group(
    slug: str,
    thread: str | None,
    tag: str | None,
    facet: str | None,
    search: str | None,
    members: TextIO | None,
    name: str,
    new_slug: str,
    kind: str,
    description: str,
    why: str,
    moderators: tuple[str, ...],
    move: bool,
    no_threads: bool,
    email: str | None,
    json_: bool,
) -> None:
    """Grow a new group out of one. Threads go along only where nobody would read them who could not before."""
    named = {
        SourceKind.THREAD: thread,
        SourceKind.TAG: tag,
        SourceKind.FACET: facet,
        SourceKind.SEARCH: search,
        SourceKind.MEMBERS: None if members is None else members.read(),
    }
    chosen = [Source(each, what) for each, what in named.items() if what is not None]
    if len(chosen) != 1:
        raise click.UsageError(
            "Say what it grows from, by one of --from-thread, --from-tag, --from-facet, --from-search, --members."
        )
    with open_site():
        group = the_group(slug)
        viewer = _viewer(email)
        if email is not None and (viewer is None or not may_moderate(viewer, group)):
            refuse(f"There is no group {slug!r} that this member moderates.")
        wanted = Wanted(
            name=name,
            slug=new_slug,
            kind=Kind(kind),
            description=description,
            why=why,
            moderator_ids=tuple(the_member(each).id for each in moderators),
            moves_members=move,
            takes_threads=not no_threads,
        )
        with acting():
            grown = gather(group, chosen[0], viewer)
            plan = spin_off(group, wanted, grown, actor_id=None if viewer is None else viewer.member_id)
            comes = what_comes_of(plan)
        shown = {
            "plan": plan.public_id,
            "group": new_slug,
            "members": len(grown.member_ids),
            **vars(comes),
            "url": f"{current_settings().base_url}/g/{group.slug}/split/{plan.public_id}/course",
        }
        sentences = _sentences(group.name, name, comes)
    if json_:
        show_json(shown)
        return
    for sentence in sentences:
        click.echo(sentence)
    click.echo(f"It goes on by itself while banyan up or banyan work runs. Undo: banyan split undo {shown['plan']}")


def _sentences(group: str, name: str, comes: Comes) -> list[str]:
    members = [
        f"{_count(number, 'member')} {words}"
        for number, words in ((comes.moved, "moved with notice"), (comes.invited, "invited"))
        if number
    ]
    sentences = [
        f"{name} grows out of {group}: {', '.join(members) or 'nobody invited'},"
        f" {_count(comes.threads, 'thread')} along."
    ]
    if comes.staying:
        stay = "stays" if comes.staying == 1 else "stay"
        sentences.append(f"{_count(comes.staying, 'thread')} {stay}, since more people could read than before.")
    return sentences


def _count(number: int, one: str) -> str:
    return f"{number} {one}" if number == 1 else f"{number} {one}s"


def _viewer(email: str | None) -> Viewer | None:
    return None if email is None else viewer_of(the_member(email))


commands = [spin_off_group]
