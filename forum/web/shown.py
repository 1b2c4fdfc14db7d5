"""Posts as they stand on a page of their thread, and as a quote to answer to. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from forum.groups.rights import Viewer
from forum.threads.models import Post
from forum.threads.paging import Parent, parents_of
from forum.threads.queries import Author, authors_of

QUOTED_LINES = 10


@dataclass(frozen=True, slots=True)
class ShownPost:
    """A post on a page. `parent` is the post it answers, unless that stands right above it."""

    post: Post
    html: Markup
    folded: str
    author: Author | None
    parent: Parent | None
    first_new: bool


def shown(posts: Sequence[Post], read_to: int, viewer: Viewer) -> Sequence[ShownPost]:
    """Posts of one page of a thread for one reader, whose mark was `read_to` before; 0 for a thread never opened."""
    authors, parents = authors_of(posts, viewer), parents_of(posts)
    rows = []
    above: Post | None = None
    for post in posts:
        answers = post.in_reply_to_id
        rows.append(
            ShownPost(
                post,
                Markup(post.html),  # noqa: S704  (made safe when the post was published)
                post.folded.strip(),
                authors.get(post.id),
                parents.get(answers) if answers is not None and above is not None and answers != above.id else None,
                0 < read_to < post.published_no and (above is None or above.published_no <= read_to),
            )
        )
        above = post
    return rows


def quoted(post: Post) -> str:
    """The first lines of a post as a quote to answer to, without the quotes in it."""
    own = "\n".join(line for line in post.text.split("\n") if not line.startswith(">")).strip().split("\n")
    more = ["> …"] if len(own) > QUOTED_LINES else []
    return "\n".join([f"{post.byline} wrote:", "", *(f"> {line}" for line in own[:QUOTED_LINES]), *more, "", ""])
