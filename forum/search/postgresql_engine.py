"""PostgreSQL's full-text search: a tsvector a post under a GIN index, written with the forms of `forum.search.words`.

The database's own dictionaries are not asked, so no extension and no locale changes what is found.
"""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import assert_never

from sqlalchemy import REAL, ColumnElement, bindparam, cast, delete, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY, array, insert

from forum.db import db, reading, transaction
from forum.search.documents import Document, documents_of, post_ids_after
from forum.search.matches import PER_PAGE, Allowed, Matches, page_within
from forum.search.models import PostSearch
from forum.search.wanted import Beginning, Part, Phrase, Wanted, Word
from forum.search.words import placed_forms
from forum.threads.models import Post, Thread

BATCH = 500
# Any number, the same in every process: who holds this lock is the only one that writes the index.
_WRITER_LOCK = 0x62616E79616E
_SUBJECT, _BYLINE, _TEXT = "A", "B", "D"
# ts_rank takes the weights of D, C, B and A; 1 divides by 1 + the logarithm of the length.
_RANK_WEIGHTS = (0.2, 0.2, 0.3, 1.0)
_RANK_BY_LENGTH = 1
# Positions end there; more words of a post still count for finding it.
_LAST_POSITION = 16_383


class PostgresqlEngine:
    """The index is a table: every process and host shares it, and any of them may write it."""

    def exists(self) -> bool:
        return True

    @contextmanager
    def hold(self) -> Iterator[bool]:
        """Writers wait for each other inside their transactions, so there is nothing to hold."""
        yield True

    def put(self, post_ids: Sequence[int]) -> None:
        """Make the index agree with these posts as they are now, erased ones included. Opens its own transaction."""
        with transaction() as session:
            # First the lock, then the look at the posts: of two writers the later one has seen the later text.
            session.execute(select(func.pg_advisory_xact_lock(_WRITER_LOCK)))
            documents = documents_of(post_ids)
            kept = {document.post_id for document in documents}
            if gone := set(post_ids) - kept:
                session.execute(delete(PostSearch).where(PostSearch.post_id.in_(gone)))
            if documents:
                row = insert(PostSearch)
                row = row.on_conflict_do_update(
                    index_elements=[PostSearch.post_id], set_={"document": row.excluded.document}
                )
                session.execute(row, [{"post_id": each.post_id, "document": _tsvector(each)} for each in documents])

    def rebuild(self) -> Generator[int, None, None]:
        """Write every post anew in place, batch by batch; yields how many each time."""
        last = 0
        while True:
            with reading():
                post_ids = post_ids_after(last, BATCH)
            if not post_ids:
                break
            self.put(post_ids)
            last = post_ids[-1]
            yield len(post_ids)
        with transaction() as session:
            erased = select(Post.id).where(Post.erased_at.is_not(None))
            session.execute(delete(PostSearch).where(PostSearch.post_id.in_(erased)))
            # Without numbers about the new rows the planner looks at every post.
            session.execute(text("ANALYZE post_search"))

    def find(self, wanted: Wanted, allowed: Allowed, page: int) -> Matches:
        """Posts with what is wanted, most relevant first, the newest first among equals."""
        query = cast(bindparam(None, _tsquery(wanted)), TSQUERY)
        matching: list[ColumnElement[bool]] = [PostSearch.document.bool_op("@@")(query), *allowed]
        posts = (
            select(Post.id)
            .join(Thread, Thread.id == Post.thread_id)
            .join(PostSearch, PostSearch.post_id == Post.id)
            .where(*matching)
        )
        total = db.session.scalar(select(func.count()).select_from(posts.subquery())) or 0
        page = page_within(page, total)
        weights = cast(array(_RANK_WEIGHTS), ARRAY(REAL))
        rank = func.ts_rank(weights, PostSearch.document, query, _RANK_BY_LENGTH)
        rows = posts.order_by(rank.desc(), Post.created_at.desc(), Post.id.desc())
        ids = db.session.scalars(rows.offset((page - 1) * PER_PAGE).limit(PER_PAGE)).all()
        return Matches(total, page, ids)


def _tsvector(document: Document) -> str:
    """A tsvector as PostgreSQL reads it. Forms are letters and digits only, so quoting them is safe."""
    weights = (_SUBJECT, _BYLINE, _TEXT)
    return " ".join(
        f"'{form}':{min(position, _LAST_POSITION)}{weights[part]}"
        for form, position, part in placed_forms((document.subject, document.byline, document.text))
    )


def _tsquery(wanted: Wanted) -> str:
    """A tsquery as PostgreSQL reads it, of forms that are letters and digits only."""
    return " & ".join(
        [
            *(_operand(part) for part in wanted.present),
            *(f"!{_operand(part)}" for part in wanted.absent),
            *(f"'{word}':{_BYLINE}" for word in wanted.author),
        ]
    )


def _operand(part: Part) -> str:
    match part:
        case Word(stem):
            return f"'{stem}'"
        case Phrase(stems):
            words = " <-> ".join(f"'{stem}'" for stem in stems)
            return f"({words})"
        case Beginning(letters):
            return f"'{letters}':*"
        case unknown:
            assert_never(unknown)
