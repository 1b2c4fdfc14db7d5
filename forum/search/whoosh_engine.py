"""Whoosh's index in files under DATA_DIR/search: the one place that knows Whoosh's index and queries.

`current` points at the folder of the living index, so that another one can be built beside it and take its place in
one step. One process writes at a time, by a lock on a file; any number search meanwhile. The index says which posts
have the words and how well; which of them may be read, the database says within the same search.
"""

import fcntl
import gc
import os
import secrets
import shutil
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, assert_never

from sqlalchemy import select
from whoosh import fields, query
from whoosh.analysis import Token
from whoosh.index import EmptyIndexError, create_in, open_dir
from whoosh.reading import SegmentReader

from forum.clock import now
from forum.db import db, reading
from forum.search.documents import Document, documents_of, post_ids_after, post_ids_indexed_since
from forum.search.matches import PER_PAGE, Allowed, Matches, page_within
from forum.search.wanted import Beginning, Part, Phrase, Wanted, Word
from forum.search.words import placed_forms
from forum.threads.models import Post, Thread

BATCH = 1000
_BATCHES_A_SEGMENT = 10
# Whoosh's writers refer to themselves in circles: each leaves open files behind, and after many posts tens of
# megabytes, until Python's collector looks at objects of that generation.
_MANY, _YOUNG, _OLDEST = 100, 1, 2
_SUBJECT_COUNTS = 3.0
_WRITER_MEMORY_MB = 64
_IDS_AT_ONCE = 5000
_OPENING_ATTEMPTS = 5
# Sizes of segments, in posts, from which up to five times as many are alike; larger ones are left as they are.
_MERGE_AT = 5
_MERGE_SIZES = (1, 5, 25, 125)
_MERGE_AT_MOST = 1500
# Between two parts of a post in one field; no word has it.
_BORDER = "\x1f"
# A rebuild looks back a little further than its start, in case the clock was set meanwhile.
_MARGIN = timedelta(minutes=1)


class RebuildingError(RuntimeError):
    """Another process builds the index anew."""


class _Forms:
    """The analyzer of every text field: all forms of a word at the word's position."""

    def __call__(self, value: str, positions: bool = False, **_modes: Any) -> Iterator[Any]:
        token = Token(positions=positions)
        token.boost = 1.0
        for form, position, _ in placed_forms(value.split(_BORDER)):
            token.text, token.pos = form, position
            yield token


_SCHEMA = fields.Schema(
    post=fields.NUMERIC(bits=64, unique=True, sortable=True, shift_step=0),
    # Everything of a post that words are looked for in; the subject once more, to count for more.
    words=fields.TEXT(analyzer=_Forms()),
    subject=fields.TEXT(analyzer=_Forms(), phrase=False),
    byline=fields.TEXT(analyzer=_Forms(), phrase=False),
)


class WhooshEngine:
    """The index of one host."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._pointer = home / "current"

    def exists(self) -> bool:
        return self._pointer.exists()

    @contextmanager
    def hold(self) -> Iterator[bool]:
        """Become the one who writes; False when another process is."""
        with _lock(self._home / "writer.lock", fcntl.LOCK_NB) as held:
            yield held

    def put(self, post_ids: Sequence[int]) -> None:
        """Make the index agree with these posts as they are now, erased ones included. Only for who holds it."""
        with reading():
            documents = documents_of(post_ids)
        _replace(self._pointer.resolve(), post_ids, documents)

    def rebuild(self) -> Generator[int, None, None]:
        """Build the index anew beside the living one, then switch; yields how many posts were written each time.

        What was indexed meanwhile into the old one is written again before the switch, while nobody else writes.
        """
        with _lock(self._home / "rebuild.lock", fcntl.LOCK_NB) as held:
            if not held:
                raise RebuildingError("The search index is being rebuilt already.")
            self._remove_others()
            started = now() - _MARGIN
            folder = self._home / f"index-{secrets.token_hex(4)}"
            folder.mkdir()
            create_in(str(folder), _SCHEMA)
            yield from _fill(folder)
            with _lock(self._home / "writer.lock", 0):
                self._catch_up(folder, started)
                self._point_at(folder)
            self._remove_others()

    def find(self, wanted: Wanted, allowed: Allowed, page: int) -> Matches:
        """Posts with what is wanted, most relevant first, the newest first among equals."""
        scores = self._scores(_query(wanted))
        found: list[tuple[float, datetime, int]] = []
        ids = list(scores)
        for start in range(0, len(ids), _IDS_AT_ONCE):
            rows = (
                select(Post.id, Post.created_at)
                .join(Thread, Thread.id == Post.thread_id)
                .where(Post.id.in_(ids[start : start + _IDS_AT_ONCE]), *allowed)
            )
            found += [(scores[row.id], row.created_at, row.id) for row in db.session.execute(rows)]
        found.sort(reverse=True)
        page = page_within(page, len(found))
        shown = found[(page - 1) * PER_PAGE : page * PER_PAGE]
        return Matches(len(found), page, [post_id for _, _, post_id in shown])

    def _scores(self, asked: query.Query) -> dict[int, float]:
        """How well each post of the index fits, by post id; nothing before the index is first built.

        The folder may be replaced, and its files merged, between the look at their names and their opening.
        """
        for attempt in range(1, _OPENING_ATTEMPTS + 1):
            if not self.exists():
                break
            try:
                living = open_dir(str(self._pointer.resolve()), schema=_SCHEMA)
                searcher = living.searcher()
            except (OSError, EmptyIndexError):
                if attempt == _OPENING_ATTEMPTS:
                    raise
                continue
            with searcher:
                results = searcher.search(asked, limit=None)
                if not results:
                    break
                post_of = searcher.reader().column_reader("post")
                return {post_of[results.docnum(n)]: results.score(n) for n in range(len(results))}
        return {}

    def _catch_up(self, folder: Path, started: datetime) -> None:
        with reading():
            post_ids = post_ids_indexed_since(started)
        for start in range(0, len(post_ids), BATCH):
            batch = post_ids[start : start + BATCH]
            with reading():
                documents = documents_of(batch)
            _replace(folder, batch, documents)

    def _point_at(self, folder: Path) -> None:
        link = self._home / f"{folder.name}.link"
        link.symlink_to(folder.name)
        os.replace(link, self._pointer)

    def _remove_others(self) -> None:
        """Remove the folders that rebuilds left behind. Searches that have one open keep its files."""
        living = self._pointer.resolve().name
        for left in self._home.glob("index-*"):
            if left.is_symlink():
                left.unlink()
            elif left.name != living:
                shutil.rmtree(left)


@contextmanager
def _lock(path: Path, mode: int) -> Iterator[bool]:
    """An exclusive lock that ends with its process; with LOCK_NB False at once when another has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | mode)
        except BlockingIOError:
            yield False
        else:
            yield True


@contextmanager
def _writing(folder: Path) -> Iterator[Any]:
    """A writer whose work is in the index at the end, all of it or, after an error, nothing."""
    writer = open_dir(str(folder), schema=_SCHEMA).writer(limitmb=_WRITER_MEMORY_MB)
    try:
        yield writer
    except BaseException:
        writer.cancel()
        raise
    writer.commit(mergetype=_merge_small)


def _add(writer: Any, documents: Sequence[Document]) -> None:
    for document in documents:
        writer.add_document(
            post=document.post_id,
            words=_BORDER.join((document.subject, document.byline, document.text)),
            subject=document.subject,
            byline=document.byline,
        )


def _fill(folder: Path) -> Generator[int, None, None]:
    """Write all posts, in few large segments: one for all would need a gigabyte of memory for 100,000 posts."""
    last, more = 0, True
    while more:
        with _writing(folder) as writer:
            for _ in range(_BATCHES_A_SEGMENT):
                with reading():
                    post_ids = post_ids_after(last, BATCH)
                    documents = documents_of(post_ids)
                if not post_ids:
                    more = False
                    break
                _add(writer, documents)
                last = post_ids[-1]
                yield len(post_ids)
        del writer
        gc.collect()


def _replace(folder: Path, post_ids: Sequence[int], documents: Sequence[Document]) -> None:
    """Put documents in place of all that the index has under these ids."""
    with _writing(folder) as writer:
        with writer.searcher() as searcher:
            for post_id in post_ids:
                writer.delete_by_query(query.Term("post", post_id), searcher=searcher)
        _add(writer, documents)
    del writer, searcher
    gc.collect(_OLDEST if len(documents) >= _MANY else _YOUNG)


def _merge_small(writer: Any, segments: list[Any]) -> list[Any]:
    """Merge some segments of about one size once there are enough of them; returns those that stay.

    Whoosh's own policy merges the whole index now and then, half a minute in which no new post is findable. Here a
    commit merges at most a second's worth, each post is written again only a few times, and what has grown large
    waits for the next rebuild.
    """
    for smallest in _MERGE_SIZES:
        alike = [each for each in segments if smallest <= _size_of(each) < smallest * _MERGE_AT]
        if len(alike) < _MERGE_AT:
            continue
        size = 0
        for segment in sorted(alike, key=_size_of):
            size += _size_of(segment)
            if size > _MERGE_AT_MOST:
                break
            reader = SegmentReader(writer.storage, writer.schema, segment)
            writer.add_reader(reader)
            reader.close()
            segments = [each for each in segments if each is not segment]
        break
    return segments


def _size_of(segment: Any) -> int:
    return int(segment.doc_count_all())


def _query(wanted: Wanted) -> query.Query:
    """All that is wanted as Whoosh's query; words in the subject add to the score without being asked for."""
    asked = [_part_query(part) for part in wanted.present]
    asked += [query.Term("byline", word) for word in wanted.author]
    asked += [query.Not(_part_query(part)) for part in wanted.absent]
    if not wanted.present and not wanted.author:
        asked.append(query.Every())
    in_subject = [
        query.Term("subject", stem, boost=_SUBJECT_COUNTS) for part in wanted.present for stem in _stems(part)
    ]
    return query.AndMaybe(query.And(asked), query.Or(in_subject)) if in_subject else query.And(asked)


def _part_query(part: Part) -> query.Query:
    match part:
        case Word(stem):
            return query.Term("words", stem)
        case Phrase(stems):
            return query.Phrase("words", list(stems))
        case Beginning(letters):
            return query.Prefix("words", letters)
        case unknown:
            assert_never(unknown)


def _stems(part: Part) -> tuple[str, ...]:
    match part:
        case Word(stem):
            return (stem,)
        case Phrase(stems):
            return stems
        case Beginning():
            return ()
        case unknown:
            assert_never(unknown)
