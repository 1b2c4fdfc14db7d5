"""The question to whom an answer to a digest is: its posts, each with a link that has the author's words in it."""

from collections.abc import Callable, Mapping
from urllib.parse import quote

from forum.db import db
from forum.queue import Task
from forum.threads.models import Post
from forum.threads.queries import post_by_id
from mailgateway.addresses import ToDigest
from mailgateway.digest_choice import Batch
from mailgateway.digest_gather import spans_of
from mailgateway.digest_replies import answer_as_it_came, own_words, posts_named
from mailgateway.models import Digest, InboundMail, InboundRecipient
from mailgateway.notice import Notice, our_addresses, to_member
from mailgateway.parse import ParsedMail

MOST_LINKS = 60
# Mail programs and browsers take about two thousand characters of a link.
LONGEST_BODY = 1_200


def _which_post(task: Task) -> Notice | None:
    assert task.other_id is not None
    row = db.session.get_one(InboundRecipient, task.target_id)
    parsed = answer_as_it_came(db.session.get_one(InboundMail, row.mail_id))
    if parsed is None:
        return None
    words, addresses = own_words(parsed).text, our_addresses()
    body = f"&body={quote(words)}" if len(quote(words)) <= LONGEST_BODY else ""
    posts = [
        {
            "number": number,
            "public_id": post.public_id,
            "subject": post.thread.subject,
            "byline": post.byline,
            "group": post.thread.group.name,
            "mailto": f"mailto:{addresses.reply(task.other_id, post.id)}"
            f"?subject={quote(f'Re: {post.thread.subject}')}{body}",
        }
        for number, post in _posts(row, parsed, task.other_id)[:MOST_LINKS]
    ]
    return to_member("which_post", task.other_id, row.address, words=words, posts=posts)


def _posts(row: InboundRecipient, parsed: ParsedMail, member_id: int) -> list[tuple[int, Post]]:
    """The posts that the answer quotes; when it quotes none, those of the digest, as far as they can be told now."""
    named = posts_named(parsed, member_id)
    asked = our_addresses().read(row.address)
    digest = db.session.get(Digest, asked.digest_id) if isinstance(asked, ToDigest) else None
    if named or digest is None or digest.from_no is None:
        return named
    spans = spans_of(digest)
    chosen = Batch(spans).choose(digest.member_id, spans).post_ids
    posts = [post for id in chosen if (post := post_by_id(id)) is not None]
    return list(enumerate(posts, start=1))


FACTS: Mapping[str, Callable[[Task], Notice | None]] = {"notice.which_post": _which_post}
