"""What Prometheus may ask, on a socket of its own (`METRICS_LISTEN`): how much waits, how long, and what was set aside.

Numbers are read from the database when they are asked for, so that any one worker can answer for all.
"""

import errno
from collections.abc import Iterable
from typing import Any

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
