"""`banyan member ...`: people and their memberships, one at a time. Rosters of many are in `forum.cli.rosters`."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from forum.accounts.actions import add_member, vouch_for
from forum.accounts.models import LinkPurpose, Member
from forum.accounts.queries import member_by_email, primary_address
from forum.accounts.sign_in import link_token, make_link
from forum.cli.facets import facet
from forum.cli.frame import a_line, acting, as_json, open_site, refuse, show_json, show_table, the_group, the_member
from forum.cli.rosters import import_
from forum.cli.syncing import sync
from forum.clock import now
from forum.groups.choices import set_delivery
from forum.groups.joining import add_to_group, admit
from forum.groups.leaving import remove_for_good
from forum.groups.models import Delivery, Membership, Role, Standing
from forum.groups.queries import community, membership_of, memberships_of
from forum.groups.rights import viewer_of
from forum.groups.standing import set_standing
from forum.moderation.models import Restricts
from forum.moderation.restrictions import lift_all, restrict
from forum.settings import current_settings

MUTE_DAYS = 7
_NO_REASON = "Set by an operator of this site."


@click.group("member", epilog="Example: banyan member show ann@example.org")
def member() -> None:
    """Add, change and look at members."""


@member.command("add", epilog="Example: banyan member add ann@example.org --name 'Ann Lee' --group cardiology")
@click.argument("email")
@click.option("--name", type=a_line, metavar="TEXT", required=True, help="The name that others see.")
@click.option("--group", "slugs", metavar="SLUG", multiple=True, help="A group to join; may be given more than once.")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default=Role.MEMBER.value,
    show_default=True,
    help="In these groups, or in the community when no group is named.",
)
@as_json
def add(email: str, name: str, slugs: tuple[str, ...], role: str, json_: bool) -> None:
    """Make somebody a member of the community and of groups. Who is a member already keeps name and choices."""
    with open_site():
        with acting():
            added = member_by_email(email) or add_member(email, name, why="added by an operator")
            if added.placeholder:
                # The author of imported posts, whom the operator now vouches for.
                vouch_for(added, name, actor_id=None, why="added by an operator")
            for group in [the_group(slug) for slug in slugs] or [community()]:
                add_to_group(added, group, role=Role(role), why="added by an operator")
        _show(added, json_)


@member.command("show", epilog="Example: banyan member show ann@example.org --json")
@click.argument("email")
@as_json
def show(email: str, json_: bool) -> None:
    """One member: addresses, and what the member is in each group."""
    with open_site():
        _show(the_member(email), json_)


@member.command("set", epilog="Example: banyan member set ann@example.org --group cardiology --delivery none")
@click.argument("email")
@click.option("--group", "slug", metavar="SLUG", required=True)
@click.option("--delivery", type=click.Choice([each.value for each in Delivery]), help="How posts come by mail.")
@click.option("--standing", type=click.Choice([each.value for each in Standing]), help="What the member may do.")
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]),
    help=f"With --standing muted or banned: until when, in UTC. Left out, a mute lasts {MUTE_DAYS} days.",
)
@click.option("--reason", metavar="TEXT", help="With --standing muted or banned: what the member gets by mail.")
@as_json
def set_(
    email: str,
    slug: str,
    delivery: str | None,
    standing: str | None,
    until: datetime | None,
    reason: str | None,
    json_: bool,
) -> None:
    """Change one membership: how posts are delivered, or standing."""
    if delivery is None and standing is None:
        raise click.UsageError("Say what to change: --delivery or --standing.")
    if (until is not None or reason is not None) and standing not in (Standing.MUTED, Standing.BANNED):
        raise click.UsageError("--until and --reason go with --standing muted or banned.")
    with open_site():
        with acting():
            of, group = the_member(email), the_group(slug)
            membership = membership_of(of.id, group.id) or refuse(f"{email} is not a member of {slug}.")
            if delivery is not None:
                set_delivery(membership, Delivery(delivery), actor_id=None)
            if standing is not None:
                _set_standing(membership, Standing(standing), until, reason or _NO_REASON)
        if json_:
            show_json(_membership_row(membership))
        else:
            _show_memberships([membership])


def _set_standing(membership: Membership, standing: Standing, until: datetime | None, reason: str) -> None:
    ends = until.replace(tzinfo=UTC) if until is not None else None
    match standing:
        case Standing.MUTED:
            ends = ends or now() + timedelta(days=MUTE_DAYS)
            restrict(membership, Restricts.MUTE, actor_id=None, reason=reason, until=ends)
        case Standing.BANNED:
            restrict(membership, Restricts.BAN, actor_id=None, reason=reason, until=ends)
        case Standing.ACTIVE if membership.standing is Standing.PENDING:
            admit(membership, actor_id=None)
        case Standing.ACTIVE:
            lift_all(membership, actor_id=None, why="set by an operator")
        case Standing.PENDING if membership.standing is not Standing.PENDING:
            lift_all(membership, actor_id=None, why="set by an operator")
            set_standing(membership, standing, actor_id=None, why="set by an operator")


@member.command("sign-in-link", epilog="Example: banyan member sign-in-link ann@example.org")
@click.argument("email")
def sign_in_link(email: str) -> None:
    """Print a link that signs this member in, once, within 30 minutes. No mail is sent."""
    with open_site():
        with acting():
            of = the_member(email)
            address = primary_address(of.id)
            if of.placeholder or address is None or viewer_of(of) is None:
                refuse(f"{email} has no standing in the community and cannot sign in.")
            token = link_token(make_link(of, LinkPurpose.SIGN_IN, address.email))
        click.echo(f"{current_settings().base_url}/sign-in/{token}")


def _show(shown: Member, json_: bool) -> None:
    addresses = shown.addresses
    memberships = memberships_of(shown.id)
    row = {
        "email": addresses[0].email if addresses else None,
        "name": shown.name,
        "addresses": [address.email for address in addresses],
        "bouncing": any(address.bouncing_since is not None for address in addresses),
        "groups": [_membership_row(membership) for membership in memberships],
    }
    if json_:
        show_json(row)
        return
    bouncing = " (bouncing)" if row["bouncing"] else ""
    click.echo(f"{shown.name} <{', '.join(address.email for address in addresses)}>{bouncing}")
    _show_memberships(memberships)


def _membership_row(membership: Membership) -> dict[str, Any]:
    return {
        "slug": membership.group.slug,
        "role": membership.role.value,
        "delivery": membership.delivery.value,
        "standing": membership.standing.value,
    }


def _show_memberships(memberships: Sequence[Membership]) -> None:
    rows = []
    for each in memberships:
        until = f" until {each.muted_until:%Y-%m-%d %H:%M} UTC" if each.muted_until is not None else ""
        rows.append([each.group.slug, each.role, each.delivery, f"{each.standing}{until}"])
    show_table(("group", "role", "delivery", "standing"), rows)


@member.command("remove", epilog="Example: banyan member remove ann@example.org --deceased")
@click.argument("email")
@click.option("--deceased", is_flag=True, help="Says so in the log.")
def remove(email: str, deceased: bool) -> None:
    """End every membership, session and mail of a member at once. Posts stay; no address gets another mail."""
    with open_site():
        with acting():
            of = the_member(email)
            remove_for_good(of, why="has died" if deceased else "removed by an operator")
        click.echo(f"{of.name} is removed and gets no more mail. The posts stay. To undo it: banyan member add {email}")


member.add_command(import_)
member.add_command(sync)
commands = [member, facet]
