"""How the figures of a plan look in a terminal, and as JSON for scripts. It computes nothing and asks no database."""

from typing import Any

import click

from forum.cli.frame import show_table
from forum.splitting.figures.values import GroupFigures, MailForecast, PlanFigures


def print_figures(figures: PlanFigures) -> None:
    """The advice first, then the groups in a table and one by one, then mail beside doing nothing and muting."""
    click.echo(figures.advice)
    click.echo()
    for sentence in figures.sentences:
        click.echo(f"- {sentence}")
    click.echo()
    show_table(
        ("group", "name", "members", "answers kept", "posts a day", "weak fit", ""),
        [_row(group) for group in figures.groups],
    )
    for group in figures.groups:
        click.echo()
        _print_group(group)
    click.echo("\nMails a day for a member, by type:")
    show_table(
        ("member", "members", "if nothing is done", "after the split", "if people followed tags"),
        [
            (each.member_type, each.members, f"{each.now:.1f}", f"{each.after:.1f}", f"{each.mute_first:.1f}")
            for each in figures.forecasts
        ],
    )
    for each in figures.forecasts:
        click.echo(f"- {each.sentence}")


def figures_json(figures: PlanFigures) -> dict[str, Any]:
    """The same for scripts. Shares are numbers from 0 to 1; members and threads are named by their public ids."""
    return {
        "advice": figures.advice,
        "do_not_split": figures.do_not_split,
        "members": figures.members,
        "placed_twice": figures.placed_twice,
        "kept": round(figures.kept, 4),
        "kept_unbounded": round(figures.kept_unbounded, 4),
        "modularity": round(figures.modularity, 4),
        "threads_looked_at": figures.threads_looked_at,
        "threads_without_answerers": figures.threads_without_answerers,
        "too_quiet": list(figures.too_quiet),
        # Without a split no answer is lost, and no thread its answerers.
        "mails_a_day": {
            "do_nothing": round(figures.mail_now, 2),
            "mute_first": round(figures.mail_mute_first, 2),
            "split": round(figures.mail_after, 2),
        },
        "sentences": list(figures.sentences),
        "groups": [_group_as_row(group) for group in figures.groups],
        "borders": [
            {"first": each.first, "second": each.second, "share": round(each.share, 4)} for each in figures.borders
        ],
        "forecasts": [_forecast_as_row(each) for each in figures.forecasts],
    }


def _row(group: GroupFigures) -> tuple[object, ...]:
    return (
        group.position,
        group.name,
        group.members,
        "none yet" if group.kept is None else f"{group.kept:.0%}",
        f"{group.posts_a_day:.2f}",
        group.weak_fit,
        "too quiet" if group.too_quiet else "",
    )


def _print_group(group: GroupFigures) -> None:
    slug = f" ({group.slug})" if group.slug else ""
    click.echo(f"{group.position}. {group.name}{slug}")
    for sentence in (*group.sentences, *(trait.sentence for trait in group.traits)):
        click.echo(f"   - {sentence}")
    for thread in group.threads:
        click.echo(f"   thread {thread.public_id}: {thread.subject} ({thread.posts} posts lately)")
    for moderator in group.moderators:
        click.echo(f"   could moderate: {moderator.name}. {moderator.sentence}")


def _group_as_row(group: GroupFigures) -> dict[str, Any]:
    return {
        "position": group.position,
        "name": group.name,
        "slug": group.slug,
        "kind": group.kind.value,
        "members": group.members,
        "kept": None if group.kept is None else round(group.kept, 4),
        "posts_a_day": round(group.posts_a_day, 2),
        "weak_fit": group.weak_fit,
        "too_quiet": group.too_quiet,
        "traits": [
            {
                "words": trait.words,
                "share": None if trait.share is None else round(trait.share, 4),
                "lift": None if trait.lift is None else round(trait.lift, 2),
                "sensitive": trait.sensitive,
                "sentence": trait.sentence,
            }
            for trait in group.traits
        ],
        "threads": [
            {"id": thread.public_id, "subject": thread.subject, "posts": thread.posts} for thread in group.threads
        ],
        "moderators": [
            {"id": each.public_id, "name": each.name, "sentence": each.sentence} for each in group.moderators
        ],
        "sentences": list(group.sentences),
    }


def _forecast_as_row(each: MailForecast) -> dict[str, Any]:
    return {
        "member_type": each.member_type,
        "members": each.members,
        "now": round(each.now, 2),
        "after": round(each.after, 2),
        "mute_first": round(each.mute_first, 2),
        "sentence": each.sentence,
    }
