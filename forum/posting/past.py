"""Past posts of a branch of the tree, the newest first, for rules to be tried on. Reads only, some hundred at a time.

Erased posts are left out, and so is what only its author may see. Whose post it is stays here: the role goes along, and
of anonymous posts not even that.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import InstrumentedAttribute

from forum import blobs
from forum.db import db
from forum.groups.models import Membership, Role
from forum.posting.hold import LETTER
from forum.posting.models import HeldPost, HeldState
from forum.posting.past_pace import PastPace, writer_of_post
from forum.rulebook.replay import PastPost
from forum.rules.submission import File
from forum.threads.models import Attachment, Post, Thread, Via
from forum.threads.queries import author_column

BATCH = 500
# As many posts of a member count as a newcomer's here: how many counted then is not kept.
FIRST_POSTS = 3
_PLACE = re.compile(r"(?P<kind>[ph])(?P<number>\d{1,15})")


@dataclass(frozen=True)
class Wanted:
    """Which past posts, and what of them: `files` with their content, `newcomers` with whether it was a first post,
    and for rules of pace with what was before."""

    group_ids: Collection[int]
    since: datetime
    files: bool = False
    newcomers: bool = False
    pace: PastPace | None = None


def past_posts(wanted: Wanted, *, after: str = "") -> Iterator[PastPost]:
    """What was published, then what was held and never came out; `after` is the `place` of the last one seen.

    ValueError when `after` is no place.
    """
    found = _PLACE.fullmatch(after) if after else None
    if after and found is None:
        raise ValueError(f"{after!r} is no place in a list of past posts")
    kind, number = (found["kind"], int(found["number"])) if found is not None else ("p", None)
    moderators = _moderators(wanted.group_ids)
    if kind == "p":
        yield from _published(wanted, number, moderators)
        number = None
    yield from _held(wanted, number, moderators)


def _published(wanted: Wanted, before: int | None, moderators: Mapping[tuple[int, int], Role]) -> Iterator[PastPost]:
    rows = (
        select(
            Post.id,
            Post.public_id,
            Post.published_no,
            Post.created_at,
            Post.via,
            writer_of_post(),
            Post.thread_id,
            Post.subject,
            Post.text,
            Thread.group_id,
        )
        .join(Thread, Thread.id == Post.thread_id)
        .where(Thread.group_id.in_(wanted.group_ids), Post.created_at >= wanted.since, Post.erased_at.is_(None))
        .order_by(Post.published_no.desc())
        .limit(BATCH)
    )
    while True:
        page = db.session.execute(rows if before is None else rows.where(Post.published_no < before)).all()
        files = _files(Attachment.post_id, page) if wanted.files else {}
        first = _first_posts(page, wanted.group_ids) if wanted.newcomers else frozenset()
        for row in page:
            role = moderators.get((row.writer, row.group_id))
            place, number = f"p{row.published_no}", row.published_no
            yield _past(row, place, number, wanted, files, role=role, newcomer=row.id in first, held=False)
        if len(page) < BATCH:
            return
        before = page[-1].published_no


def _held(wanted: Wanted, before: int | None, moderators: Mapping[tuple[int, int], Role]) -> Iterator[PastPost]:
    """What waits, was rejected or went back. A letter to the moderators is no post."""
    states = (HeldState.WAITING, HeldState.REJECTED, HeldState.RETURNED)
    rows = (
        select(
            HeldPost.id,
            HeldPost.public_id,
            HeldPost.group_id,
            HeldPost.created_at,
            # Strangers and pseudonyms have no role and no history.
            HeldPost.author_id.label("writer"),
            HeldPost.thread_id,
            HeldPost.via,
            HeldPost.subject,
            HeldPost.text,
            HeldPost.findings,
        )
        .where(HeldPost.group_id.in_(wanted.group_ids), HeldPost.state.in_(states), ~HeldPost.private)
        # One without words was erased.
        .where(HeldPost.created_at >= wanted.since, HeldPost.subject + HeldPost.text != "")
        .order_by(HeldPost.id.desc())
        .limit(BATCH)
    )
    while True:
        page = db.session.execute(rows if before is None else rows.where(HeldPost.id < before)).all()
        files = _files(Attachment.held_post_id, page) if wanted.files else {}
        for row in page:
            if any(finding["rule"] == LETTER for finding in row.findings):
                continue
            role = moderators.get((row.writer, row.group_id))
            newcomer = any(finding["rule"] == "newcomer" for finding in row.findings)
            yield _past(row, f"h{row.id}", 0, wanted, files, role=role, newcomer=newcomer, held=True)
        if len(page) < BATCH:
            return
        before = page[-1].id


def _past(
    row: Row[Any],
    place: str,
    published_no: int,
    wanted: Wanted,
    files: Mapping[int, Sequence[Row[Any]]],
    *,
    role: Role | None,
    newcomer: bool,
    held: bool,
) -> PastPost:
    pace = wanted.pace
    return PastPost(
        place=place,
        group_id=row.group_id,
        public_id=row.public_id,
        held=held,
        imported=row.via is Via.IMPORT,
        at=row.created_at,
        text=row.text,
        subject=row.subject,
        files=_read(files.get(row.id, ())),
        role=role,
        newcomer_posts=int(newcomer),
        # A stranger has no pace.
        history=pace.before(row.created_at, published_no, row.writer, row.group_id, row.thread_id, row.text)
        if pace is not None and row.writer is not None
        else None,
    )


def _moderators(group_ids: Collection[int]) -> Mapping[tuple[int, int], Role]:
    rows = select(Membership.member_id, Membership.group_id, Membership.role).where(
        Membership.group_id.in_(group_ids), Membership.role.in_((Role.MODERATOR, Role.OWNER))
    )
    return {(member_id, group_id): role for member_id, group_id, role in db.session.execute(rows).tuples()}


def _first_posts(page: Sequence[Row[Any]], group_ids: Collection[int]) -> frozenset[int]:
    """Of the authors of a page, the posts that were among their first ones in a group."""
    authors = {row.writer for row in page if row.writer > 0}
    which = func.row_number().over(partition_by=(author_column(), Thread.group_id), order_by=Post.published_no)
    ranked = (
        select(Post.id, which.label("which"))
        .join(Thread, Thread.id == Post.thread_id)
        .where(author_column().in_(authors), Thread.group_id.in_(group_ids), Post.pseudonym_id.is_(None))
        .subquery()
    )
    return frozenset(db.session.scalars(select(ranked.c.id).where(ranked.c.which <= FIRST_POSTS)))


def _files(owner: InstrumentedAttribute[int | None], page: Sequence[Row[Any]]) -> Mapping[int, Sequence[Row[Any]]]:
    rows = select(owner.label("owner"), Attachment.name, Attachment.type, Attachment.digest).where(
        owner.in_([row.id for row in page])
    )
    found: dict[int, list[Row[Any]]] = {}
    for row in db.session.execute(rows.order_by(Attachment.id)):
        found.setdefault(row.owner, []).append(row)
    return found


def _read(rows: Sequence[Row[Any]]) -> tuple[File, ...]:
    """The files of one post, whose content nobody needs after it."""
    return tuple(File(row.name, row.type, blobs.content_of(row.digest)) for row in rows)
