"""Reads the demo's TOML tables strictly: a missing, unknown or ill-typed key is an error that names the place.

It knows nothing of what the tables mean.
"""

import tomllib
from dataclasses import dataclass
from importlib.resources.abc import Traversable


class ContentError(ValueError):
    """The demo's data is wrong; the message names the file and what to correct."""


@dataclass(frozen=True)
class Table:
    """One TOML table and the words that name it in an error."""

    where: str
    values: dict[str, object]

    def wrong(self, sentence: str) -> ContentError:
        return ContentError(f"{self.where}: {sentence}")

    def only(self, *allowed: str) -> None:
        """Refuse keys nobody reads: they are misspelled ones."""
        unknown = sorted(set(self.values) - set(allowed))
        if unknown:
            raise self.wrong(f"unknown {', '.join(unknown)}; allowed are {', '.join(allowed)}")

    def text(self, key: str, default: str | None = None) -> str:
        value = self.values.get(key, default)
        if not isinstance(value, str) or (default is None and not value.strip()):
            raise self.wrong(f"{key} must be a text")
        return value

    def number(self, key: str, default: int | None = None) -> int:
        value = self.values.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.wrong(f"{key} must be a whole number")
        return value

    def share(self, key: str, default: float | None = None) -> float:
        value = self.values.get(key, default)
        if not isinstance(value, float) or not 0 <= value <= 1:
            raise self.wrong(f"{key} must be a share between 0.0 and 1.0")
        return value

    def flag(self, key: str, default: bool) -> bool:
        value = self.values.get(key, default)
        if not isinstance(value, bool):
            raise self.wrong(f"{key} must be true or false")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.wrong(f"{key} must be a list of texts")
        return tuple(value)

    def table(self, key: str) -> "Table":
        value = self.values.get(key)
        if not isinstance(value, dict):
            raise self.wrong(f"{key} must be a table")
        return Table(f"{self.where}, {key}", value)

    def tables(self, key: str, name: str = "") -> tuple["Table", ...]:
        """The tables of an array; `name` is the key whose text names each of them in an error."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self.wrong(f"{key} must be an array of tables")
        return tuple(
            Table(f"{self.where}, {key} {item.get(name) or number}", item) for number, item in enumerate(value)
        )


def read_table(file: Traversable) -> Table:
    try:
        return Table(file.name, tomllib.loads(file.read_text(encoding="utf-8")))
    except tomllib.TOMLDecodeError as error:
        raise ContentError(f"{file.name}: {error}") from error
