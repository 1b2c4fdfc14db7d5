"""The [tags] and #tags of subjects: read, kept with their thread, and found again. Never commits."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import Select, select
from sqlalchemy.dialects import postgresql, sqlite

from forum.db import db
from forum.threads.models import Thread, ThreadTag

TAG_AT_MOST = 40
# A moderator's tag for what goes also to those who get nothing else.
SPECIAL = "special"
_BRACKETED = re.compile(r"\[\s*#?([^\[\]]{1,60}?)\s*\]")
# Not within a word, an entity or a link: "C#", "&#39;" and "x.org/#part" have no tag.
_HASHED = re.compile(r"(?<![\w&/#])#([\w-]{1,60})")
_MARKED = r"(?:(?<!\S)#([\w-]{1,60})(?!\S)|\[\s*#?([^\[\]]{1,60}?)\s*\])"
_FIRST, _LAST = re.compile(rf"{_MARKED}\s*"), re.compile(rf"\s*{_MARKED}\Z")
_NAME = re.compile(r"[\w-]+(?:[ .&+/][\w-]+)*")
# What mail servers of hospitals put before subjects, and what says where a subject came from.
_STAMPS = """
ext extern external externe externo esterno external-email external-sender spam suspected-spam possible-spam junk bulk
marketing secure encrypted encrypt verschlüsselt confidential unclassified fwd fw re was
"""
_NOT_TAGS = frozenset(_STAMPS.split())


def tags_in(subject: str) -> tuple[str, ...]:
    """The tags of a subject, in lower case and without their marks, in the order of the words; each once.

    A tag has a letter in it (#3 and [2] are numbers); a [journal club] is the tag `journal-club`.
    """
    found = [(match.start(), match[1]) for match in _BRACKETED.finditer(subject) if _NAME.fullmatch(match[1])]
    bare = _BRACKETED.sub(lambda match: " " * len(match[0]), subject)
    found += [(match.start(), match[1]) for match in _HASHED.finditer(bare)]
    tags = (tag_named(word) for _, word in sorted(found))
    return tuple(dict.fromkeys(tag for tag in tags if tag and tag not in _NOT_TAGS))


def tag_named(word: str) -> str:
    """A tag as it is kept, from how somebody writes it; empty for what is none."""
    plain = unicodedata.normalize("NFKC", word).casefold().strip().removeprefix("#")
    tag = re.sub(r"[\s./&+]+", "-", plain).strip("-_")
    return tag if len(tag) <= TAG_AT_MOST and any(letter.isalpha() for letter in tag) else ""


def note_tags(thread: Thread, subject: str) -> None:
    """Keep the tags of a post's subject, which has the group's own prefix no more, with its thread."""
    keep_tags([(thread.id, thread.group_id, tag) for tag in tags_in(subject)])


def keep_tags(tags: Iterable[tuple[int, int, str]]) -> None:
    """Keep tags, each with the ids of its thread and group, as `tags_in` gives them; safe to repeat."""
    rows = [{"thread_id": thread_id, "group_id": group_id, "tag": tag} for thread_id, group_id, tag in tags]
    if rows:
        insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
        db.session.execute(insert(ThreadTag).on_conflict_do_nothing(), rows)


def tags_of(thread_ids: Sequence[int]) -> Mapping[int, Sequence[str]]:
    """The tags of these threads, in the order in which they came."""
    rows = select(ThreadTag.thread_id, ThreadTag.tag).where(ThreadTag.thread_id.in_(thread_ids))
    found: dict[int, list[str]] = {}
    for thread_id, tag in db.session.execute(rows.order_by(ThreadTag.id)):
        found.setdefault(thread_id, []).append(tag)
    return found


def threads_with(tag: str, group_ids: Collection[int]) -> Select[tuple[int]]:
    """The ids of threads of these groups that have a tag, as somebody writes it. What is no tag is on no thread."""
    return select(ThreadTag.thread_id).where(ThreadTag.group_id.in_(group_ids), ThreadTag.tag == tag_named(tag))


def subject_beside(subject: str, tags: Collection[str]) -> str:
    """The subject as it stands beside these tags of its thread: those at its two ends are not said twice."""
    rest = subject.strip()
    while True:
        first, last = _FIRST.match(rest), _LAST.search(rest)
        if first is not None and tag_named(first[1] or first[2]) in tags:
            shorter = rest[first.end() :]
        elif last is not None and tag_named(last[1] or last[2]) in tags:
            shorter = rest[: last.start()]
        else:
            return rest
        if not shorter:
            return rest
        rest = shorter
