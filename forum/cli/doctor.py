"""`banyan doctor`: looks at everything that a running site needs and says what to do where something is missing."""

import enum
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import entry_points
from typing import Any

import click
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from forum.app import create_core, database_answers
from forum.cli.answering import mail_server_answers
from forum.cli.frame import as_json, show_json
from forum.clock import now
from forum.db import db, reading
from forum.groups.models import Group
from forum.groups.queries import community
from forum.log import first_broken_seal
from forum.moderation.queries import count_held_for_assurance
from forum.queue import Queued
from forum.schema import schema_is_current
from forum.search.engine import current_engine
from forum.settings import Settings, read_settings

_LATE, _STUCK = timedelta(minutes=5), timedelta(hours=1)
_LITTLE_SPACE, _NO_SPACE = 2 * 1000**3, 200 * 1000**2


class Health(enum.StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Check:
    """One thing looked at: how it is, and what to do unless it is well."""

    name: str
    health: Health
    text: str
    advice: str = ""


@click.command("doctor", epilog="Example: banyan doctor --json")
@as_json
def doctor(json_: bool) -> None:
    """Check settings, database, search, mail doors, queues and disk. Exit code 1 when something fails."""
    settings = read_settings()
    checks = list(examine(settings))
    failed = any(check.health is Health.FAIL for check in checks)
    if json_:
        show_json({"ok": not failed, "checks": [vars(check) for check in checks]})
    else:
        for check in checks:
            click.echo(f"{check.health:<5} {check.name}: {check.text}{' ' if check.advice else ''}{check.advice}")
    if failed:
        sys.exit(1)


def examine(settings: Settings) -> Iterator[Check]:
    """All checks, in the order in which one depends on another."""
    yield _settings(settings)
    yield _mail_door("LMTP", settings.lmtp_listen, "Start: banyan listen, or banyan up.")
    if settings.smarthost == "capture":
        yield _captured(settings)
    else:
        yield _mail_door("smarthost", settings.smarthost, "Start the relay, or correct BANYAN_SMARTHOST.")
    try:
        core = create_core(settings)
    except OSError as error:
        yield Check("disk", Health.FAIL, f"{settings.data_dir}: {error.strerror}.", "Correct BANYAN_DATA_DIR.")
        return
    yield _disk(settings)
    with core.app_context():
        try:
            yield from _database()
        except SQLAlchemyError as error:
            what = str(getattr(error, "orig", error)).splitlines()[0]
            yield Check("database", Health.FAIL, f"failed: {what}.", "Start it, or correct BANYAN_DATABASE_URL.")
        finally:
            db.session.remove()
            db.engine.dispose()


def _settings(settings: Settings) -> Check:
    if settings.test:
        return Check("settings", Health.WARN, "BANYAN_TEST is on.", "Unset it on a real site: the clock can be moved.")
    return Check("settings", Health.OK, f"mail domain {settings.domain}, pages at {settings.base_url}.")


def _mail_door(name: str, address: str, advice: str) -> Check:
    try:
        if mail_server_answers(address):
            return Check(name, Health.OK, f"answers at {address}.")
    except OSError as error:
        return Check(name, Health.FAIL, f"nothing answers at {address} ({error.strerror or error}).", advice)
    return Check(name, Health.FAIL, f"{address} does not greet as a mail server does.", advice)


def _captured(settings: Settings) -> Check:
    if settings.domain.endswith("localhost"):
        return Check("smarthost", Health.OK, f"mail is kept in {settings.data_dir / 'mail'}, none is sent.")
    return Check("smarthost", Health.WARN, "mail is kept in files, none is sent.", "Set BANYAN_SMARTHOST to a relay.")


def _disk(settings: Settings) -> Check:
    free = shutil.disk_usage(settings.data_dir).free
    text = f"{free / 1000**3:.1f} GB free at {settings.data_dir}."
    if free < _NO_SPACE:
        return Check("disk", Health.FAIL, text, "Make room now: mail is refused when the disk is full.")
    if free < _LITTLE_SPACE:
        return Check("disk", Health.WARN, text, "Make room soon.")
    return Check("disk", Health.OK, text)


def _database() -> Iterator[Check]:
    with reading():
        database_answers()
        if not schema_is_current():
            yield Check("database", Health.FAIL, "its tables are missing or of another version.", "Run: banyan init")
            return
        try:
            root = community()
        except LookupError:
            yield Check("database", Health.FAIL, "there is no community yet.", "Run: banyan init")
            return
        yield Check("database", Health.OK, f"answers, with the tables of this version ({root.name}).")
        yield _search()
        for queue in sorted(Queued.__subclasses__(), key=lambda queue: queue.__name__):
            yield _queue(queue)
            yield _set_aside(queue)
        yield _held_for_authentication()
        for point in entry_points(group="banyan.checks"):
            yield from (Check(name, Health(health), text, advice) for name, health, text, advice in point.load()())
        yield _log()


def _log() -> Check:
    broken = first_broken_seal()
    if broken is None:
        return Check("log", Health.OK, "its chain is whole.")
    advice = "Somebody has changed it behind the program. Keep the database as it is, and compare it with a backup."
    return Check("log", Health.FAIL, f"seal {broken:,} does not fit its entry.", advice)


def _search() -> Check:
    if current_engine().exists():
        return Check("search", Health.OK, "the index is there.")
    return Check("search", Health.WARN, "there is no index yet.", "banyan work builds it; so does: banyan reindex")


def _queue(queue: type[Any]) -> Check:
    name, moment = f"{_words(queue)} queue", now()
    waiting = (queue.done_at.is_(None), queue.set_aside_at.is_(None), queue.due_at <= moment)
    oldest = db.session.scalar(select(func.min(queue.due_at)).where(*waiting))
    if oldest is None:
        return Check(name, Health.OK, "nothing waits.")
    age = moment - oldest
    text = f"the oldest row that is due has waited {_duration(age)}."
    if age > _STUCK:
        return Check(name, Health.FAIL, text, "Start: banyan work, or banyan up; else look into its log.")
    if age > _LATE:
        return Check(name, Health.WARN, text, "Is banyan work running, and fast enough?")
    return Check(name, Health.OK, text)


def _set_aside(queue: type[Any]) -> Check:
    name = f"{_words(queue)} set aside"
    count = db.session.scalar(select(func.count()).where(queue.set_aside_at.is_not(None))) or 0
    if not count:
        return Check(name, Health.OK, "none.")
    latest = select(queue.error).where(queue.set_aside_at.is_not(None)).order_by(queue.set_aside_at.desc()).limit(1)
    error = (db.session.scalar(latest) or "no reason noted").splitlines()[0][:200]
    return Check(name, Health.WARN, f"waiting for a person: {count:,}; the latest: {error}.", "See: banyan mail list")


def _held_for_authentication() -> Check:
    groups = frozenset(db.session.scalars(select(Group.id)))
    count = count_held_for_assurance(groups)
    if not count:
        return Check("held mail", Health.OK, "none is held only for missing authentication.")
    return Check(
        "held mail",
        Health.WARN,
        f"held only because the sender was not proven: {count:,}.",
        "Does BANYAN_TRUSTED_AUTHSERV_ID name your mail server? See: banyan held list --state waiting",
    )


def _words(queue: type[Any]) -> str:
    return str(queue.__tablename__).replace("_", " ")


def _duration(age: timedelta) -> str:
    seconds = int(age.total_seconds())
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
