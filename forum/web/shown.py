"""Posts as a reader sees them: with the names of members where quoting left their addresses. Reads only."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from forum.accounts.queries import names_by_email
from forum.text import hide_addresses, hide_addresses_html
from forum.threads.models import Post
from forum.threads.paging import Parent, parents_of
from forum.threads.queries import Author, authors_of

QUOTED_LINES = 10
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w.-]*\w")


@dataclass(frozen=True, slots=True)
class ShownPost:
    """A post on a page. `parent` is the post it answers, unless that stands right above it."""

    post: Post
    html: Markup
    folded: str
    author: Author | None
    parent: Parent | None
    first_new: bool


def shown(posts: Sequence[Post], read_to: int) -> Sequence[ShownPost]:
    """Posts of one page of a thread; `read_to` is the reader's mark as it was before, 0 for a thread never opened."""
    authors, parents = authors_of(posts), parents_of(posts)
    names = _names_in(posts)
    rows = []
    above: Post | None = None
    for post in posts:
        answers = post.in_reply_to_id
        rows.append(
            ShownPost(
                post,
                Markup(_hidden_html(post.html, names)),
                hide_addresses(post.folded, lambda address: names.get(address.lower())).strip(),
                authors.get(post.id),
                parents.get(answers) if answers is not None and above is not None and answers != above.id else None,
                0 < read_to < post.published_no and (above is None or above.published_no <= read_to),
            )
        )
        above = post
    return rows


def quoted(post: Post) -> str:
    """The first lines of a post as a quote to answer to, without the quotes in it."""
    names = _names_in([post])
    own = [
        line
        for line in hide_addresses(post.text, lambda address: names.get(address.lower())).split("\n")
        if not line.startswith(">")
    ]
    lines = "\n".join(own).strip().split("\n")
    more = ["> …"] if len(lines) > QUOTED_LINES else []
    return "\n".join([f"{post.byline} wrote:", "", *(f"> {line}" for line in lines[:QUOTED_LINES]), *more, "", ""])


def _names_in(posts: Sequence[Post]) -> dict[str, str]:
    """The names of all members whose addresses stand in these posts, in one query."""
    found = {
        address.lower()
        for post in posts
        for text in (post.html, post.folded)
        if "@" in text
        for address in _ADDRESS.findall(text)
    }
    return names_by_email(found) if found else {}


def _hidden_html(html: str, names: dict[str, str]) -> str:
    """Only where a member's address stands in it is HTML read again."""
    if "@" not in html or not any(address.lower() in names for address in _ADDRESS.findall(html)):
        return html
    return hide_addresses_html(html, lambda address: names.get(address.lower()))
