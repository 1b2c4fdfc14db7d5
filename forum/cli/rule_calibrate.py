"""`banyan rule calibrate`: what moderators' decisions say of the bar of a rule against politics; moves it when told."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from forum.cli.frame import acting, as_json, open_site, refuse, show_json, the_group, the_member
from forum.clock import now
from forum.settings import current_settings

if TYPE_CHECKING:
    from forum.moderation.calibrating import Bar, Effect
    from forum.rulebook.calibration import Tally
    from forum.rulebook.replay import Listed


@click.command("calibrate", epilog="Example: banyan rule calibrate no-politics --group cardiology --json")
@click.argument("name")
@click.option("--group", "slug", metavar="SLUG", required=True)
@click.option("--days", type=click.IntRange(1, 3_650), default=90, show_default=True, help="How far back to look.")
@click.option(
    "--apply", "apply_", is_flag=True, help="Move the bar to where it is proposed: a new version of the rule."
)
@click.option("--as", "email", metavar="EMAIL", help="Who moves it, for the log.")
@as_json
def calibrate(name: str, slug: str, days: int, apply_: bool, email: str | None, json_: bool) -> None:
    """Propose where the bar of the rule NAME should lie, from what moderators have decided.

    Counts decisions on posts that this rule held and no other one; under 20 of them nothing is proposed. Shows which
    of the last days' posts the proposed bar would hold, or let pass, otherwise than the present one. The weights of
    the check are never changed.
    """
    from forum.moderation.calibrating import bar_of, effect_of, move_bar

    with open_site():
        group = the_group(slug)
        bar = bar_of(group, name) or refuse(f"There is no rule {name!r} that looks for politics in {slug}.")
        since = now() - timedelta(days=days)
        effect = effect_of(bar, group, since, within=None, most=1_000_000, seconds=3_600)
        shown = _shown(name, bar, effect)
        if apply_:
            proposed = bar.calibration.proposed
            if proposed is None:
                refuse(_verdict(bar))
            with acting():
                actor_id = the_member(email).id if email is not None else None
                shown["version"] = move_bar(group, name, to=proposed.bar, actor_id=actor_id).number
    if json_:
        show_json(shown)
    else:
        _print(shown, bar)


def _shown(name: str, bar: "Bar", effect: "Effect | None") -> dict[str, Any]:
    calibration = bar.calibration
    shown: dict[str, Any] = {
        "rule": name,
        "decisions": calibration.decisions,
        "present": _tally(calibration.present),
        "proposed": _tally(calibration.proposed) if calibration.proposed is not None else None,
    }
    if effect is not None:
        shown["effect"] = {"posts": effect.posts, "more": _hits(effect.more), "fewer": _hits(effect.fewer)}
    return shown


def _tally(tally: "Tally") -> Mapping[str, Any]:
    return {
        "threshold": tally.bar,
        "agree": tally.agree,
        "held_in_vain": tally.held_in_vain,
        "let_pass": tally.let_pass,
    }


def _hits(listed: "Listed") -> Sequence[Mapping[str, Any]]:
    base = current_settings().base_url
    return [
        {"url": f"{base}/{'held' if hit.held else 'p'}/{hit.public_id}", "at": hit.at.isoformat()}
        for hit in listed.first
    ]


def _verdict(bar: "Bar") -> str:
    from forum.rulebook.calibration import LEAST

    if not bar.calibration.enough:
        return f"At least {LEAST} decisions are needed, and there are {bar.calibration.decisions}. The bar stays."
    return "No other bar fits the decisions clearly better. The bar stays."


def _print(shown: Mapping[str, Any], bar: "Bar") -> None:
    for title in ("present", "proposed"):
        if (tally := shown[title]) is not None:
            click.echo(
                f"{title} threshold {tally['threshold']}: {tally['agree']} of {shown['decisions']} decisions agree, "
                f"{tally['held_in_vain']} posts held in vain, {tally['let_pass']} let pass that were kept out"
            )
    if bar.calibration.proposed is None:
        click.echo(_verdict(bar))
        return
    effect = shown["effect"]
    click.echo(f"of {effect['posts']} posts: {len(effect['more'])} more held, {len(effect['fewer'])} fewer")
    for title in ("more", "fewer"):
        for hit in effect[title]:
            click.echo(f"  {title}: {hit['at'][:10]} {hit['url']}")
    if "version" in shown:
        click.echo(f"moved: version {shown['version']}")
