"""Keeps the rows of who has which facet in step with what members wrote in their profiles. Never commits.

Safe to repeat. What members said in confidence (`confiding`) is no business of this module, and it leaves it alone.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from forum.accounts.models import Member
from forum.db import db, public_id
from forum.facets.models import Dimension, Facet, MemberFacet
from forum.facets.recognising import COLUMNS, recognise
from forum.facets.values import Value
from forum.queue import enqueue

AT_ONCE = 1_000
# What the background step derives in one task: a few dozen milliseconds.
_A_STEP = 300
# Before the codes of what members said in confidence: no tag begins so, since signs are folded away.
CONFIDED = "~"
_TEXTS = tuple(COLUMNS.values())


@dataclass(frozen=True)
class Known:
    """A facet that has a row."""

    id: int
    sensitive: bool


@dataclass
class _Change:
    """Members and facets to add, and rows to take away."""

    added: list[tuple[int, int]] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)


def set_facets(member_ids: Sequence[int]) -> None:
    """Derive the facets of these members from their profiles; called in the transaction that changes those."""
    for start in range(0, len(member_ids), AT_ONCE):
        _derive(member_ids[start : start + AT_ONCE])


def set_facets_of_new(texts: Mapping[int, Mapping[str, str]]) -> None:
    """The same for members who were made in this transaction, by id, with the texts of their columns.

    Nobody else knows them yet, so that nothing of them is read or locked: a roster brings tens of thousands.
    """
    written = {member_id: [of_one.get(column, "") for column in _TEXTS] for member_id, of_one in texts.items()}
    meaning = _meaning(written.values())
    _add_rows([(member_id, facet_id) for member_id, row in written.items() for facet_id in meaning.of(row)], meaning)


def derive_next(after: int) -> int | None:
    """Derive the next few members who wrote something in their profiles; the last one's id, None after the last."""
    said = or_(*(getattr(Member, text) != "" for text in _TEXTS))
    rows = select(Member.id).where(Member.id > after, said).order_by(Member.id).limit(_A_STEP)
    member_ids = db.session.scalars(rows).all()
    set_facets(member_ids)
    return member_ids[-1] if len(member_ids) == _A_STEP else None


def derive_all(after: int) -> None:
    """One step of the background work that derives everybody; it asks for the next one itself."""
    last = derive_next(after)
    if last is not None:
        enqueue("derive_facets", last)


def _derive(member_ids: Sequence[int]) -> None:
    columns = [getattr(Member, text) for text in _TEXTS]
    # Locked in one order: who changes a profile at this moment is waited for, and derives after it.
    rows = (
        select(Member.id, *columns).where(Member.id.in_(member_ids)).order_by(Member.id).with_for_update(key_share=True)
    )
    found = db.session.execute(rows).all()
    meaning = _meaning([row[1:] for row in found])
    change = _difference({row[0]: set(meaning.of(row[1:])) for row in found})
    if change.gone:
        db.session.execute(delete(MemberFacet).where(MemberFacet.id.in_(change.gone)))
    _add_rows(change.added, meaning)


@dataclass(frozen=True)
class _Meaning:
    """The facets that texts mean, by the place of their column and the text; and which of them are sensitive."""

    by_column: Sequence[Mapping[str, Sequence[int]]]
    sensitive: frozenset[int]

    def of(self, texts: Sequence[str]) -> Iterator[int]:
        """The facets of one member, by the texts of all columns."""
        for by_text, text in zip(self.by_column, texts, strict=True):
            yield from by_text[text]


def _meaning(written: Collection[Sequence[str]]) -> _Meaning:
    sensitive: set[int] = set()
    by_column: list[Mapping[str, Sequence[int]]] = []
    for place, dimension in enumerate(COLUMNS):
        # Each text once, however many have written the same.
        meant = {text: recognise(dimension, text) for text in {texts[place] for texts in written}}
        facets = facets_of(dimension, (value for values in meant.values() for value in values))
        sensitive |= {facet.id for facet in facets.values() if facet.sensitive}
        by_column.append({text: [facets[value.code].id for value in values] for text, values in meant.items()})
    return _Meaning(by_column, frozenset(sensitive))


def _add_rows(pairs: Sequence[tuple[int, int]], meaning: _Meaning) -> None:
    """Rows of members and facets. Of what moderators have marked, nothing is matched until its member agrees."""
    sensitive = meaning.sensitive
    if pairs:
        insert_missing(
            MemberFacet,
            [
                {"member_id": member_id, "facet_id": facet_id, "may_match": facet_id not in sensitive}
                for member_id, facet_id in pairs
            ],
        )


def _difference(wanted: Mapping[int, set[int]]) -> _Change:
    change = _Change()
    has = (
        select(MemberFacet.id, MemberFacet.member_id, MemberFacet.facet_id)
        .join(Facet, Facet.id == MemberFacet.facet_id)
        .where(MemberFacet.member_id.in_(wanted), ~is_confided())
    )
    there: dict[int, set[int]] = {}
    for row_id, member_id, facet_id in db.session.execute(has):
        there.setdefault(member_id, set()).add(facet_id)
        if facet_id not in wanted[member_id]:
            change.gone.append(row_id)
    for member_id, facet_ids in wanted.items():
        missing = sorted(facet_ids - there.get(member_id, set()))
        change.added += [(member_id, facet_id) for facet_id in missing]
    return change


def is_confided() -> Any:
    """The condition that a facet holds what members said in confidence."""
    return func.substr(Facet.code, 1, 1) == CONFIDED


def facets_of(dimension: Dimension, values: Iterable[Value]) -> Mapping[str, Known]:
    """The facets of these values and of what lies above them by their codes, made where there were none."""
    wanted: dict[str, Value] = {}
    for value in values:
        step: Value | None = value
        while step is not None and step.code not in wanted:
            wanted[step.code] = step
            step = step.parent
    known = _known(dimension, wanted)
    # Of two at once neither waits for the other: both insert in this order, what is above first.
    missing = sorted((_depth(value), code) for code, value in wanted.items() if code not in known)
    for depth in sorted({depth for depth, _ in missing}):
        codes = [code for each, code in missing if each == depth]
        insert_missing(Facet, [_row(wanted[code], known) for code in codes])
        known |= _known(dimension, codes)
    return known


def _row(value: Value, known: Mapping[str, Known]) -> dict[str, Any]:
    return {
        "public_id": public_id(),
        "dimension": value.dimension,
        "code": value.code,
        "name": value.name,
        "parent_id": known[value.parent.code].id if value.parent is not None else None,
        "sensitive": value.code.startswith(CONFIDED),
    }


def _depth(value: Value) -> int:
    return 0 if value.parent is None else 1 + _depth(value.parent)


def _known(dimension: Dimension, codes: Collection[str]) -> dict[str, Known]:
    found: dict[str, Known] = {}
    asked = sorted(codes)
    for start in range(0, len(asked), AT_ONCE):
        rows = select(Facet.id, Facet.code, Facet.sensitive).where(
            Facet.dimension == dimension, Facet.code.in_(asked[start : start + AT_ONCE])
        )
        if dimension is Dimension.INTEREST:
            # Who marks one as sensitive waits, or is waited for: else a row could follow that counts without consent.
            rows = rows.order_by(Facet.id).with_for_update(read=True, key_share=True)
        found |= {code: Known(facet_id, sensitive) for facet_id, code, sensitive in db.session.execute(rows)}
    return found


def insert_missing(table: type[Facet] | type[MemberFacet], rows: Sequence[dict[str, Any]]) -> None:
    """Add rows; one that somebody else has just added stays as it is."""
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    # Past the objects: a roster brings hundreds of thousands of rows.
    statement = insert(table.metadata.tables[table.__tablename__]).on_conflict_do_nothing()
    db.session.connection().execute(statement, rows)
