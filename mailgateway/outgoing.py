"""Gathers from the database what a post's mail says. Reads only; `compose` makes the octets."""

import re
from collections.abc import Collection, Mapping, Sequence
from urllib.parse import quote

from sqlalchemy import and_, exists, func, select
from sqlalchemy.orm import aliased, joinedload

from forum import blobs
from forum.db import db
from forum.groups.models import Group, MailContent, ReplyTo
from forum.settings import Settings
from forum.splitting.course.terms import review_line
from forum.threads.models import Attachment, Post, Thread
from forum.threads.moving import home_group_id
from forum.threads.queries import ancestors_of, author_id_of
from mailgateway.addresses import Addresses
from mailgateway.compose import (
    LARGEST_FAN_OUT,
    LARGEST_FILE,
    MAX_REFERENCES,
    OutgoingFile,
    OutgoingPost,
    display,
)
from mailgateway.models import Delivery

# Imported and foreign ids may hold anything; in a header of ours only what fits there on a line.
_SENDABLE_ID = re.compile(r"<[!-;=?-~]{1,250}>")


def outgoing_post(post: Post, settings: Settings, addresses: Addresses) -> OutgoingPost:
    """Everything that the copies of a post say."""
    also_to = _also_to([post], addresses).get(post.id, ())
    terms = _terms([post])[post.thread.group_id]
    return _with(post, _homes([post])[post.id], settings, terms, also_to, _files(post, settings.base_url))


def outgoing_plain(post_ids: Collection[int], settings: Settings, addresses: Addresses) -> Mapping[int, OutgoingPost]:
    """The same of several posts at once, by id, in as many looks as one takes. Those with files are left out."""
    has_files = exists().where(Attachment.post_id == Post.id)
    rows = (
        select(Post).where(Post.id.in_(post_ids), ~has_files).options(joinedload(Post.thread).joinedload(Thread.group))
    )
    posts = db.session.scalars(rows).all()
    also_to, homes, terms = _also_to(posts, addresses), _homes(posts), _terms(posts)
    return {
        post.id: _with(post, homes[post.id], settings, terms[post.thread.group_id], also_to.get(post.id, ()), ())
        for post in posts
    }


def _homes(posts: Sequence[Post]) -> Mapping[int, Group]:
    """The groups in which these posts were published: whose mail they are, wherever their threads are now."""
    rows = (
        select(Post.id, home_group_id())
        .join(Thread, Thread.id == Post.thread_id)
        .where(Post.id.in_([post.id for post in posts]))
    )
    return {post_id: db.session.get_one(Group, group_id) for post_id, group_id in db.session.execute(rows).tuples()}


def _terms(posts: Sequence[Post]) -> Mapping[int, str]:
    """The line about what may become of an answer, by the group where it is published: maybe not where the post was."""
    groups = {post.thread.group_id: post.thread.group for post in posts}
    return {group_id: review_line(group) for group_id, group in groups.items()}


def _with(
    post: Post,
    group: Group,
    settings: Settings,
    terms: str,
    also_to: tuple[str, ...],
    files: tuple[OutgoingFile, ...],
) -> OutgoingPost:
    thread = post.thread
    above = _shortened(ancestors_of(post))
    base = settings.base_url
    return OutgoingPost(
        post_id=post.id,
        author_id=author_id_of(post),
        byline=post.byline,
        group_id=group.id,
        group_name=group.name,
        group_mail_name=group.mail_name,
        group_url=f"{base}/g/{group.slug}",
        also_to=also_to,
        subject=thread.subject,
        is_reply=post.in_reply_to_id is not None and thread.grown_from_id != post.in_reply_to_id,
        text=post.text,
        html=post.html,
        files=files,
        message_id=post.message_id,
        ancestors=tuple(each.message_id for each in above if _SENDABLE_ID.fullmatch(each.message_id)),
        own_ids=_own_ids(above),
        created_at=post.created_at,
        thread_url=f"{base}/t/{thread.public_id}",
        post_url=f"{base}/p/{post.public_id}",
        base_url=base,
        link_only=group.mail_content is MailContent.LINK,
        answers_to_author=group.reply_to is ReplyTo.AUTHOR and post.pseudonym_id is None,
        anonymous=post.pseudonym_id is not None,
        terms=terms,
    )


def _shortened(ancestors: Sequence[Post]) -> Sequence[Post]:
    """The first and the last ones: References may not grow for ever (RFC 5537, section 3.4.4 has the same way)."""
    if len(ancestors) <= MAX_REFERENCES:
        return ancestors
    return (ancestors[0], *ancestors[-(MAX_REFERENCES - 1) :])


def _own_ids(ancestors: Sequence[Post]) -> dict[int, tuple[str, ...]]:
    """By author, the ids under which the authors' own programs know their posts."""
    own: dict[int, tuple[str, ...]] = {}
    for post in ancestors:
        if post.author_message_id is not None and _SENDABLE_ID.fullmatch(post.author_message_id):
            author = author_id_of(post)
            own[author] = (*own.get(author, ()), post.author_message_id)
    return own


def _also_to(posts: Sequence[Post], addresses: Addresses) -> Mapping[int, tuple[str, ...]]:
    """By post, the other groups that the same mail went to, as To has them; an unlisted one is named to nobody else."""
    sibling, there = aliased(Post), aliased(Thread)
    others = (
        select(Post.id, Group.name, Group.mail_name)
        .join(Thread, Thread.id == Post.thread_id)
        .join(sibling, and_(sibling.fan_out_key == Post.fan_out_key, sibling.id != Post.id))
        .join(there, there.id == sibling.thread_id)
        .join(Group, Group.id == home_group_id(sibling, there))
        # Both may be in one group by now, which one of them had grown out of.
        .where(Post.id.in_([post.id for post in posts]), Group.listed, Group.id != home_group_id())
        .order_by(Post.id, Group.id)
    )
    found: dict[int, tuple[str, ...]] = {}
    for post_id, name, mail_name in db.session.execute(others):
        found[post_id] = (*found.get(post_id, ()), f"{display(name)} <{addresses.group(mail_name)}>")
    return found


def _files(post: Post, base_url: str) -> tuple[OutgoingFile, ...]:
    attachments = db.session.scalars(select(Attachment).where(Attachment.post_id == post.id)).all()
    if not attachments:
        return ()
    readers = db.session.scalar(select(func.count()).where(Delivery.fan_out_key == post.fan_out_key)) or 0
    all_along = sum(attachment.size for attachment in attachments) * readers <= LARGEST_FAN_OUT
    return tuple(
        OutgoingFile(
            name=attachment.name,
            type=attachment.type,
            size=attachment.size,
            url=f"{base_url}/a/{attachment.public_id}/{quote(attachment.name, safe='')}",
            content=blobs.content_of(attachment.digest) if all_along and attachment.size <= LARGEST_FILE else None,
        )
        for attachment in attachments
    )
