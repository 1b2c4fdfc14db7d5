"""`banyan group reasons`: the ready reasons with which moderators of a group send back posts."""

import click

from forum.cli.frame import acting, as_json, open_site, refuse, show_json, show_table, the_group
from forum.moderation.models import ReasonTemplate
from forum.moderation.templates import (
    add_template,
    change_template,
    own_templates,
    remove_template,
    template_named,
    templates_for,
)


@click.command("reasons", epilog="Example: banyan group reasons er --add off-topic --words 'This room is for cases.'")
@click.argument("slug")
@click.option("--add", "added", metavar="NAME", help="Add a reason, or change the group's own of this name.")
@click.option("--words", metavar="TEXT", help="With --add: what the author gets.")
@click.option("--remove", "removed", metavar="NAME", help="Remove one of the group's own.")
@as_json
def reasons(slug: str, added: str | None, words: str | None, removed: str | None, json_: bool) -> None:
    """Show the ready reasons that hold in a group, with those of the groups above; add, change or remove one."""
    if (added is None) is not (words is None) or (added is not None and removed is not None):
        raise click.UsageError("Say --add and --words together, or --remove alone, or nothing to look.")
    with open_site():
        shown = the_group(slug)
        if added is not None and words is not None:
            with acting():
                own = template_named(shown, added)
                if own is not None and own.group_id == shown.id:
                    change_template(own, added, words, actor_id=None)
                else:
                    add_template(shown, added, words, actor_id=None)
        elif removed is not None:
            with acting():
                named = [each for each in own_templates(shown) if each.name.casefold() == removed.strip().casefold()]
                if not named:
                    refuse(f"{shown.name} has no reason {removed!r} of its own. See: banyan group reasons {slug}")
                remove_template(named[0], actor_id=None)
        rows = [_row(each) for each in templates_for(shown)]
    if json_:
        show_json(rows)
    else:
        show_table(("name", "group", "words"), [[row["name"], row["group"], row["words"]] for row in rows])


def _row(template: ReasonTemplate) -> dict[str, str]:
    return {"name": template.name, "group": template.group.slug, "words": template.words}
