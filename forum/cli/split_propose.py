"""`banyan split propose`: works out how a group could be split, and shows it. Nobody is told and nothing changes."""

from typing import Any

import click

from forum.cli.frame import acting, as_json, open_site, progress_bar, refuse, show_json, the_group, the_member
from forum.db import reading
from forum.groups.models import Group
from forum.groups.rights import may_moderate, viewer_of
from forum.splitting import plans
from forum.splitting.models import Plan, PlanState
from forum.splitting.queries import open_split_of

# As in `forum.splitting.proposals.options`, which is read later: other commands should not wait for its numbers.
_BY = ("mixed", "talk", "place", "specialty", "interest")


@click.command("propose", epilog="Example: banyan split propose --group cardiology --by talk --min 100 --max 2000")
@click.option("--group", "slug", required=True, metavar="SLUG", help="The group to split.")
@click.option("--by", type=click.Choice(_BY), default="mixed", show_default=True, help="What the cut mainly goes by.")
@click.option("--min", "smallest", type=click.IntRange(1), default=50, show_default=True, help="Members of a group.")
@click.option("--max", "largest", type=click.IntRange(1), default=5000, show_default=True, help="Members of a group.")
@click.option(
    "--overlap",
    type=click.FloatRange(0, 1),
    default=0.1,
    show_default=True,
    help="The share of members who may belong to a second group as well.",
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="The same seed, the same proposal.")
@click.option("--as", "email", metavar="EMAIL", help="Act as this member, with this member's rights.")
@as_json
def propose(slug: str, email: str | None, json_: bool, **asked: Any) -> None:
    """Make the draft of a split and show it: groups, numbers, advice.

    The draft can then be looked at and changed in the split studio. Nobody is told before it is announced.

    \b
    mixed: who answers whom; facets and subjects beside that
    talk: who answers whom and what they talk about, no facets
    place, specialty, interest: mainly what members say of themselves; talk where that leaves a choice

    With --json it is {"plan": its id, "group", "state", "options": {"by", "min", "max", "overlap", "seed",
    "candidate"}, "candidates": [{"groups", "smallest", "largest", "placed_twice", "recommended"}, coarse to fine],
    "figures": {"advice", "do_not_split", "members", "placed_twice", "kept", "kept_unbounded", "modularity", "groups":
    [{"position", "name", "slug", "kind", "members", "kept", "posts_a_day", "weak_fit", "too_quiet", "traits",
    "threads", "moderators", "sentences"}], "borders", "forecasts": [{"member_type", "members", "now", "after",
    "mute_first", "sentence"}], ...}}. Shares are numbers from 0 to 1; `now` is to do nothing.
    """
    with open_site():
        plan = _open(the_group(slug), email, asked)
        from forum.splitting.studio.proposing import propose_plan

        with progress_bar("Working out a proposal"):
            propose_plan(plan.id)
        with reading() as session:
            plan = session.get_one(Plan, plan.id, populate_existing=True)
            if plan.state is not PlanState.DRAFT:
                refuse(plan.trouble or f"The plan {plans.words_for_state(plan.state)}.")
            _show(plan, json_)


def _open(group: Group, email: str | None, asked: dict[str, Any]) -> Plan:
    from forum.splitting.proposals.options import By, Options
    from forum.splitting.studio.proposing import open_proposal

    actor = None if email is None else the_member(email)
    if actor is not None:
        viewer = viewer_of(actor)
        if viewer is None or not may_moderate(viewer, group):
            refuse(f"There is no group {group.slug!r} that {email} moderates. See: banyan group list")
    with acting():
        already = open_split_of(group)
        if already is not None:
            refuse(
                f"There is a plan to split {group.name} already ({already.public_id}). Look at it, or give it up first:"
                f" banyan split withdraw {already.public_id}"
            )
        options = Options(By(asked["by"]), asked["smallest"], asked["largest"], asked["overlap"], asked["seed"])
        return open_proposal(group, options, actor_id=None if actor is None else actor.id)


def _show(plan: Plan, json_: bool) -> None:
    import numpy as np

    from forum.cli.split_shown import figures_json, print_figures
    from forum.splitting.studio.desk import desk_of

    desk = desk_of(plan)
    assert desk is not None, "a draft has its evidence"
    figures = desk.figures(desk.draft)
    taken = plan.options["candidate"]
    candidates = [
        {
            "groups": int(labels.max()) + 1,
            "smallest": int(np.bincount(labels).min()),
            "largest": int(np.bincount(labels).max()),
            "placed_twice": int((second >= 0).sum()),
            "recommended": number == taken,
        }
        for number, (labels, second) in enumerate(zip(desk.evidence.labels, desk.evidence.second, strict=True))
    ]
    if json_:
        show_json(
            {
                "plan": plan.public_id,
                "group": plan.group.slug,
                "state": plan.state.value,
                "options": plan.options,
                "candidates": candidates,
                "figures": figures_json(figures),
            }
        )
        return
    print_figures(figures)
    others = [str(each["groups"]) for each in candidates if not each["recommended"]]
    click.echo()
    if others:
        click.echo(f"Other cuts were found, of {', '.join(others)} groups: the split studio shows them.")
    click.echo(
        f"The draft is plan {plan.public_id}. Nobody has been told. Next: banyan split announce {plan.public_id}"
    )
