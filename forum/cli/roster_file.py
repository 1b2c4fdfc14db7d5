"""Reads a roster from a CSV file row by row: people, and rows that are none with the reason. Knows no database.

Spreadsheets save CSV in many ways: a byte-order mark, semicolons or tabs, any order and case of the columns. A quote
that is never closed would swallow the rows after it; those are read again, so that a bad row costs only itself.
"""

import csv
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TextIO

from forum.accounts.emails import BadAddress, address_key
from forum.groups.models import Delivery, Role
from forum.groups.roster import BadRow, RosterRow
from forum.text.lines import one_line

_FACETS = {"place": 200, "specialty": 200, "career_stage": 200, "employer": 200, "interests": 2000}
_COLUMNS = ("email", "name", "delivery", *_FACETS, "role")


class BadHeader(ValueError):
    """The first line names no columns that a roster has; the sentence says which are wrong or missing."""


class _BadRecord(ValueError):
    """One row says nothing usable; the sentence says why."""


class RosterFile:
    """An open roster: its header is read at once (BadHeader), its rows as they are asked for."""

    def __init__(self, path: Path) -> None:
        # Newlines inside quotes stay, and octets that are not UTF-8 become surrogates, to be named with their line.
        self._file: TextIO = path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")
        try:
            first = self._file.readline()
            self._delimiter = max(",;\t", key=first.count)
            self._columns = _read_header(first, self._delimiter)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> "RosterFile":
        return self

    def __exit__(self, *_error: object) -> None:
        self._file.close()

    def octets_read(self) -> int:
        """How far into the file reading has come, about."""
        return self._file.buffer.tell()

    def rows(self) -> Iterator[RosterRow | BadRow]:
        """Each row that is not blank, in the order of the file."""
        for line, record in self._records():
            if isinstance(record, BadRow):
                yield record
            elif any(field.strip() for field in record):
                try:
                    yield self._read(line, record)
                except _BadRecord as error:
                    yield BadRow(line, str(error))

    def _records(self) -> Iterator[tuple[int, Sequence[str] | BadRow]]:
        """The fields of each record with the number of its first line; see the module's docstring on open quotes."""
        again: deque[str] = deque()
        line = 2
        while True:
            taken: list[str] = []
            reader = csv.reader(self._lines(again, taken), delimiter=self._delimiter, strict=True)
            try:
                record = next(reader, None)
                whole = len(taken) < 2 or len(record or ()) == len(self._columns)
            except csv.Error:
                record, whole = [], False
            if record is None:
                return
            if whole:
                yield line, record
                line += len(taken)
            else:
                yield line, BadRow(line, "its quotation marks are not closed as they should be.")
                again.extendleft(reversed(taken[1:]))
                line += 1

    def _lines(self, again: deque[str], taken: list[str]) -> Iterator[str]:
        """The lines to read again, then those of the file; each is noted in `taken`."""
        while line := again.popleft() if again else self._file.readline():
            taken.append(line)
            yield line

    def _read(self, line: int, record: Sequence[str]) -> RosterRow:
        surplus = [field for field in record[len(self._columns) :] if field.strip()]
        if surplus:
            raise _BadRecord(f"{len(record)} fields, but the header names {len(self._columns)} columns.")
        if any("\ud800" <= letter <= "\udfff" for field in record for letter in field):
            raise _BadRecord("not in UTF-8. Save the file as CSV in UTF-8.")
        fields = dict(zip(self._columns, map(one_line, record), strict=False))
        email, name = fields.get("email", ""), fields.get("name", "")
        try:
            address_key(email)
        except BadAddress as error:
            raise _BadRecord(f"{error}.") from None
        if not name:
            raise _BadRecord(f"{email} has no name.")
        for column, longest in {"name": 200, **_FACETS}.items():
            if len(fields.get(column, "")) > longest:
                raise _BadRecord(f"{column} has more than {longest} characters.")
        facets = {column: fields.get(column, "") for column in _FACETS if column in self._columns}
        return RosterRow(line, email, name, _delivery(fields), _role(fields), facets)


def _read_header(first: str, delimiter: str) -> Sequence[str]:
    columns = [one_line(name).lower().replace(" ", "_") for name in next(csv.reader([first], delimiter=delimiter), [])]
    while columns and not columns[-1]:
        columns.pop()  # Spreadsheets leave empty columns at the end.
    unknown = [name for name in columns if name not in _COLUMNS]
    missing = [name for name in ("email", "name") if name not in columns]
    if missing:
        raise BadHeader(f"The first line must name the columns, and {' and '.join(missing)} among them.")
    if unknown:
        raise BadHeader(f"Unknown column {', '.join(map(repr, unknown))}. There are: {', '.join(_COLUMNS)}.")
    if len(set(columns)) < len(columns):
        raise BadHeader("A column stands twice in the first line.")
    return columns


def _delivery(fields: Mapping[str, str]) -> Delivery:
    word = fields.get("delivery", "").lower() or Delivery.SINGLE
    if word not in list(Delivery):
        raise _BadRecord(f"delivery {word!r} is none of {', '.join(Delivery)}.")
    return Delivery(word)


def _role(fields: Mapping[str, str]) -> Role:
    word = fields.get("role", "").lower() or Role.MEMBER
    if word not in list(Role):
        raise _BadRecord(f"role {word!r} is none of {', '.join(Role)}.")
    return Role(word)
