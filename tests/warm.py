"""What a process that runs for months has warm, kept from one test's site to the next.

Every test has an application and an engine of its own, and each of them would compile the same statements, templates
and routes anew and read the same metadata of packages: that was a good part of the suite's time. Kept is only what is
worked out from source text and column types; nothing here knows a row, a setting or a connection.
"""

from collections.abc import Callable
from functools import cache
from importlib.metadata import entry_points
from types import CodeType
from typing import Any, ClassVar

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import event
from sqlalchemy.engine import Dialect, Engine
from werkzeug.routing import Rule

import forum.app
import forum.work
from forum.db import db


class _CompiledTemplates(BytecodeCache):
    """Templates by name, file and the checksum of their source."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code is not None
        self._code[bucket.key, bucket.checksum] = bucket.code


class _CompiledRule(Rule):
    """A route whose function that builds addresses is compiled once. The function takes the rule as an argument."""

    _built: ClassVar[dict[tuple[object, ...], Callable[..., tuple[str, str]]]] = {}

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        key = (self.rule, tuple(self._trace), repr(self.defaults), append_unknown)
        if key not in self._built:
            self._built[key] = super()._compile_builder(append_unknown)
        return self._built[key]


def keep_warm() -> None:
    """Let every application that this process makes from now on share these."""
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": _CompiledTemplates()}
    Flask.url_rule_class = _CompiledRule
    forum.app.entry_points = forum.work.entry_points = cache(entry_points)
    make_engine = db._make_engine
    kept: dict[str, tuple[Dialect, dict[Any, Any]]] = {}

    def make(bind_key: str | None, options: dict[str, Any], app: Flask) -> Engine:
        engine = make_engine(bind_key, options, app)
        name = engine.dialect.name
        if name in kept:
            # A compiled statement belongs to a dialect object, so that the object is shared too.
            engine.dialect, statements = kept[name]
            engine.update_execution_options(compiled_cache=statements)
        else:
            # With its first connection a dialect has learned what the database can do.
            event.listen(engine, "connect", lambda *_: kept.setdefault(name, (engine.dialect, {})))
        return engine

    db._make_engine = make  # type: ignore[method-assign]  # it has no public place for this
