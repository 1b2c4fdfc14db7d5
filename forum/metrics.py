"""What Prometheus may ask, on a socket of its own (`METRICS_LISTEN`): how much waits, how long, and what was set aside.

Numbers are read from the database when they are asked for, so that any one worker can answer for all.
"""

import errno
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

import structlog
from flask import Flask
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import func, select

from forum.clock import now
from forum.db import db, reading
from forum.queue import Queued
from forum.settings import Settings, split_host_port

log = structlog.get_logger(__name__)


class QueueCollector(Collector):
    """Gauges of every queue, by its table's name."""

    def __init__(self, core: Flask) -> None:
        self._core = core

    def collect(self) -> Iterable[GaugeMetricFamily]:
        waiting = GaugeMetricFamily("banyan_queue_waiting", "Rows that are due and not done.", labels=["queue"])
        oldest = GaugeMetricFamily(
            "banyan_queue_oldest_seconds", "How long the longest waiting row has been due.", labels=["queue"]
        )
        aside = GaugeMetricFamily("banyan_queue_set_aside", "Rows that wait for a person.", labels=["queue"])
        with self._core.app_context(), reading():
            for queue in sorted(Queued.__subclasses__(), key=lambda each: each.__name__):
                self._measure(queue, waiting, oldest, aside)
        return (waiting, oldest, aside)

    def _measure(
        self, queue: type[Any], waiting: GaugeMetricFamily, oldest: GaugeMetricFamily, aside: GaugeMetricFamily
    ) -> None:
        moment = now()
        due = (queue.done_at.is_(None), queue.set_aside_at.is_(None), queue.due_at <= moment)
        count, since = db.session.execute(select(func.count(), func.min(queue.due_at)).where(*due)).one()
        for_a_person = (queue.set_aside_at.is_not(None), queue.done_at.is_(None))
        set_aside = db.session.scalar(select(func.count()).select_from(queue).where(*for_a_person))
        name = queue.__tablename__
        waiting.add_metric([name], count)
        oldest.add_metric([name], (moment - since).total_seconds() if since is not None else 0.0)
        aside.add_metric([name], set_aside or 0)


# The queues in which people's mail waits, by their tables: in, and out.
_MAIL = ("inbound_mail", "delivery", "digest")


@dataclass(frozen=True)
class WaitingMail:
    """How long the oldest mail has been due, zero when none is, and how many wait for another try at a later time."""

    oldest: timedelta
    again: int


def waiting_mail() -> WaitingMail:
    """What moderators see of the queues: not whose mail it is. Needs an app context."""
    moment, oldest, again = now(), timedelta(0), 0
    for queue in (each for each in cast(Sequence[type[Any]], Queued.__subclasses__()) if each.__tablename__ in _MAIL):
        is_open = (queue.done_at.is_(None), queue.set_aside_at.is_(None))
        since = db.session.scalar(select(func.min(queue.due_at)).where(*is_open, queue.due_at <= moment))
        oldest = max(oldest, moment - since if since is not None else timedelta(0))
        tried = select(func.count()).select_from(queue).where(*is_open, queue.due_at > moment, queue.attempts > 0)
        again += db.session.scalar(tried) or 0
    return WaitingMail(oldest, again)


def serve_metrics(core: Flask, settings: Settings) -> None:
    """Answer Prometheus from a thread of this process; another process of this machine may do so already."""
    host, port = split_host_port(settings.metrics_listen)
    registry = CollectorRegistry()
    registry.register(QueueCollector(core))
    try:
        start_http_server(port, host, registry)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        log.info("metrics are answered by another process", address=settings.metrics_listen)
