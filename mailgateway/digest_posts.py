"""The words of posts for digests: read once for a batch, rendered once for all readers of a time zone. Reads only."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from sqlalchemy import select
from sqlalchemy.orm import aliased

from forum.db import db
from forum.groups.models import Group
from forum.settings import current_settings
from forum.text import html_to_text
from forum.threads.models import Attachment, Post, TextFormat, Thread
from forum.threads.moving import home_group_id
from mailgateway.compose import size_words
from mailgateway.digest_choice import in_pieces
from mailgateway.digest_content import Item, Rendered, digest_text, render_item

# So many octets of rendered posts are kept; the least lately used ones make room.
KEPT_OCTETS = 16_000_000


class Shelf:
    """Items by post, and what is rendered of them. Not to be kept for longer than some seconds: posts change."""

    def __init__(self) -> None:
        self._items: dict[int, Item] = {}
        self._rendered: OrderedDict[tuple[int, str], Rendered] = OrderedDict()
        self._octets = 0

    def fetch(self, post_ids: Iterable[int]) -> None:
        """Read the posts that are not here yet, all at once."""
        for ids in in_pieces(set(post_ids) - self._items.keys()):
            self._items.update((item.post_id, item) for item in items_of(ids))

    def rendered(self, post_id: int, zone: str) -> Rendered:
        """One post for one time zone."""
        key = (post_id, zone)
        if key not in self._rendered:
            self._rendered[key] = render_item(self._items[post_id], zone)
            self._octets += self._rendered[key].size
            while len(self._rendered) > 1 and self._octets > KEPT_OCTETS:
                self._octets -= self._rendered.popitem(last=False)[1].size
        self._rendered.move_to_end(key)
        return self._rendered[key]

    def clear(self) -> None:
        self._items.clear()
        self._rendered.clear()
        self._octets = 0


def items_of(post_ids: Sequence[int]) -> list[Item]:
    """These posts as digests have them."""
    base = current_settings().base_url
    rows = db.session.execute(
        select(
            Post.id,
            Post.public_id,
            Post.byline,
            Post.created_at,
            Post.fan_out_key,
            Post.text,
            Post.text_format,
            Post.html,
            Thread.subject,
            Group.name,
        )
        .join(Thread, Thread.id == Post.thread_id)
        .join(Group, Group.id == home_group_id())
        .where(Post.id.in_(post_ids))
    ).all()
    files, elsewhere = _files_of(post_ids), _elsewhere(post_ids)
    return [
        Item(
            post_id=row.id,
            public_id=row.public_id,
            byline=row.byline,
            created_at=row.created_at,
            subject=row.subject,
            places=", ".join((row.name, *elsewhere.get(row.id, ()))),
            url=f"{base}/p/{row.public_id}",
            text="\n\n".join(
                (
                    digest_text(html_to_text(row.html) if row.text_format is TextFormat.MARKDOWN else row.text),
                    *files.get(row.id, ()),
                )
            ),
        )
        for row in rows
    ]


def _files_of(post_ids: Sequence[int]) -> dict[int, list[str]]:
    """A line for each file of a post: its name, its size and the link behind sign-in."""
    found: dict[int, list[str]] = {}
    rows = select(Attachment).where(Attachment.post_id.in_(post_ids)).order_by(Attachment.id)
    for file in db.session.scalars(rows):
        assert file.post_id is not None
        url = f"{current_settings().base_url}/a/{file.public_id}/{quote(file.name, safe='')}"
        found.setdefault(file.post_id, []).append(f"File, behind sign-in: {file.name} ({size_words(file.size)}) {url}")
    return found


def _elsewhere(post_ids: Sequence[int]) -> dict[int, list[str]]:
    """The other groups that the same mail went to; an unlisted one is named to nobody else."""
    sibling, there = aliased(Post), aliased(Thread)
    rows = (
        select(Post.id, Group.name)
        .join(Thread, Thread.id == Post.thread_id)
        .join(sibling, (sibling.fan_out_key == Post.fan_out_key) & (sibling.id != Post.id))
        .join(there, there.id == sibling.thread_id)
        .join(Group, Group.id == home_group_id(sibling, there))
        .where(Post.id.in_(post_ids), Group.listed, Group.id != home_group_id())
        .order_by(Group.id)
    )
    found: dict[int, list[str]] = {}
    for post_id, name in db.session.execute(rows):
        found.setdefault(post_id, []).append(name)
    return found
