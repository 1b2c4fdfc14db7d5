"""The search page: what a member looks for, with filters by group, author and day."""

from collections.abc import Mapping
from datetime import date

from flask import Blueprint, render_template, request
from werkzeug.datastructures import MultiDict

from forum.groups.rights import group_to_moderate, tree_for
from forum.search import Found, Query, search_posts
from forum.web.asked import asked_number
from forum.web.session import members_only, viewer

blueprint = Blueprint("search", __name__)


@blueprint.get("/search")
@members_only
def search() -> str | tuple[str, int]:
    """The form, and below it what was found. A day that is none is said beside its field."""
    typed = {name: request.args.get(name, "").strip() for name in ("q", "group", "author", "from", "until")}
    days, errors = _days(typed)
    found: Found | None = None
    if any(typed.values()) and not errors:
        found = search_posts(
            viewer(),
            Query(
                words=typed["q"],
                group_slug=typed["group"] or None,
                author=typed["author"] or None,
                since=days["from"],
                until=days["until"],
                page=max(1, asked_number("page") or 1),
            ),
        )
    page = render_template(
        "search/search.html",
        typed=typed,
        errors=errors,
        found=found,
        groups=[node for node in tree_for(viewer()) if node.readable],
        # A moderator can grow a group out of what was found in a group.
        grows=group_to_moderate(viewer(), typed["group"]) is not None if typed["group"] and typed["q"] else False,
        filtered=any(typed[name] for name in ("group", "author", "from", "until")),
        link=MultiDict({name: value for name, value in typed.items() if value}),
    )
    return (page, 422) if errors else page


def _days(typed: Mapping[str, str]) -> tuple[Mapping[str, date | None], Mapping[str, str]]:
    days: dict[str, date | None] = {"from": None, "until": None}
    errors: dict[str, str] = {}
    for name in days:
        try:
            days[name] = date.fromisoformat(typed[name]) if typed[name] else None
        except ValueError:
            errors[name] = f"{typed[name]!r} is not a day. Write it as 2026-08-31."
    since, until = days["from"], days["until"]
    if since is not None and until is not None and until < since:
        errors["until"] = "The last day comes before the first one."
    return days, errors
