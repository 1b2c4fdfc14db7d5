"""What templates may call: moments in the reader's zone, counted nouns, sizes, versioned files, the tree beside a page.

It reads for display only; nothing here decides a right or writes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import Flask, g, request
from markupsafe import Markup
from werkzeug.wrappers import Response

from forum.accounts.models import Address
from forum.accounts.queries import primary_address
from forum.clock import now
from forum.groups.rights import TreeNode, Viewer, tree_for
from forum.moderation.flagged import count_flagged
from forum.moderation.queries import count_waiting
from forum.settings import current_settings
from forum.threads.queries import unread_by_group

A_YEAR = 365 * 24 * 3600
_KINDS = {
    "application/pdf": "PDF",
    "application/msword": "Word",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "Word",
    "application/vnd.ms-excel": "Excel",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "Excel",
    "application/vnd.ms-powerpoint": "PowerPoint",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "PowerPoint",
    "application/octet-stream": "file",
    "application/zip": "ZIP",
    "message/rfc822": "mail",
    "text/calendar": "calendar",
    "text/html": "HTML",
    "image": "image",
    "audio": "sound",
    "video": "video",
    "text": "text",
}


@dataclass(frozen=True)
class TreeLine:
    """A group of the reader's own in the tree, with how many of its threads have something unread."""

    slug: str
    name: str
    depth: int
    unread: int


@dataclass(frozen=True)
class Navigation:
    """What stands around every page of a signed-in member."""

    name: str
    groups: Sequence[TreeLine]
    waiting: int
    # The address to which mail is paused, or None.
    paused: Address | None


def prepare(app: Flask) -> None:
    """Give the templates their words."""
    app.jinja_env.globals.update(
        asset=_versions(Path(app.static_folder or "")).__getitem__,
        navigation=navigation,
        counted=counted,
        mail_address=mail_address,
    )
    app.after_request(_keep_static)
    app.jinja_env.filters.update(when=when, day=day, minute=minute, size=size, kind=kind)


def navigation() -> Navigation | None:
    """The tree and what waits for the viewer of this request; None on pages for everybody."""
    viewer = g.get("viewer")
    if not isinstance(viewer, Viewer):
        return None
    address = primary_address(viewer.member_id)
    paused = address if address is not None and address.bouncing_since is not None else None
    nodes = tree_for(viewer)
    moderated = frozenset(node.group.id for node in nodes if node.moderated)
    waiting = count_waiting(viewer, moderated) + count_flagged(viewer, moderated)
    return Navigation(viewer.name, my_tree(viewer, nodes), waiting, paused)


def my_tree(viewer: Viewer, nodes: Sequence[TreeNode]) -> Sequence[TreeLine]:
    """The viewer's own groups out of the whole tree: one that stands below another of them is indented."""
    unread = unread_by_group(viewer)
    above: list[int] = []
    lines = []
    for node in nodes:
        if not node.mine:
            continue
        while above and above[-1] >= node.depth:
            above.pop()
        lines.append(TreeLine(node.group.slug, node.group.name, min(len(above), 3), unread.get(node.group.id, 0)))
        above.append(node.depth)
    return lines


def when(moment: datetime) -> Markup:
    """How long ago, as `<time>`; the whole date in the reader's zone stands in its title."""
    there = moment.astimezone(_zone())
    exact = moment.astimezone(UTC).isoformat(timespec="seconds")
    # Not `Markup.format`, which costs a third of a thread's page: there are only digits and names of months here.
    html = f'<time datetime="{exact}" title="{there:%A, %-d %B %Y, %H:%M}">{since(there, _moment())}</time>'
    return Markup(html)  # noqa: S704  (the reason stands above)


def day(moment: datetime) -> str:
    """The date in the reader's zone."""
    return f"{moment.astimezone(_zone()):%-d %B %Y}"


def minute(moment: datetime) -> str:
    """Date and time in the reader's zone."""
    return f"{moment.astimezone(_zone()):%-d %B %Y, %H:%M}"


def since(then: datetime, moment: datetime) -> str:
    """Such as "5 min", "3 h", "2 d"; after a week the date, in the zone of `then`."""
    seconds = (moment - then).total_seconds()
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{seconds // 60:.0f} min"
    if seconds < 24 * 3600:
        return f"{seconds // 3600:.0f} h"
    if seconds < 7 * 24 * 3600:
        return f"{seconds // (24 * 3600):.0f} d"
    if then.year == moment.astimezone(then.tzinfo).year:
        return f"{then:%-d %b}"
    return f"{then:%-d %b %Y}"


def counted(number: int, one: str, many: str = "") -> str:
    """Such as "1 answer", "1,204 answers"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def size(octets: int) -> str:
    """Such as "340 KB", "1.2 MB"."""
    if octets < 1000:
        return counted(octets, "byte")
    if octets < 999_500:
        return f"{octets / 1000:.0f} KB"
    return f"{octets / 1_000_000:.1f}".removesuffix(".0") + " MB"


def kind(media_type: str) -> str:
    """What a file is, in a word that people use; the type itself where there is none."""
    return _KINDS.get(media_type) or _KINDS.get(media_type.partition("/")[0]) or media_type


def mail_address(mail_name: str) -> str:
    """The mail address of this local part in the community's domain."""
    return f"{mail_name}@{current_settings().domain}"


def _moment() -> datetime:
    """One `now` for a whole page."""
    if "moment" not in g:
        g.moment = now()
    found = g.moment
    assert isinstance(found, datetime)
    return found


def _zone() -> tzinfo:
    viewer = g.get("viewer")
    return _named_zone(viewer.time_zone if isinstance(viewer, Viewer) else "UTC")


@lru_cache(maxsize=512)
def _named_zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        # A zone that this machine does not know, or no longer: a time in UTC is better than no page.
        return UTC


def _keep_static(response: Response) -> Response:
    """The address of a static file carries its version, so that browsers need not ask for it again."""
    if request.endpoint == "static" and "v" in request.args:
        response.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
    return response


def _versions(folder: Path) -> dict[str, str]:
    """The address of each static file, with its content's digest."""
    return {
        path.name: f"/static/{path.name}?v={sha256(path.read_bytes()).hexdigest()[:10]}"
        for path in sorted(folder.iterdir())
        if path.is_file()
    }
