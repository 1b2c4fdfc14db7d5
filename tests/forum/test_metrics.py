"""What Prometheus reads: the queues as they are in the database."""

import urllib.request
from datetime import timedelta

from flask import Flask
from prometheus_client import CollectorRegistry, generate_latest

from forum.clock import now
from forum.db import transaction
from forum.metrics import QueueCollector, serve_metrics
from forum.queue import enqueue
from forum.settings import Settings
from mailgateway.bench_site import free_port


def test_waiting_work_is_counted_with_its_age(core: Flask) -> None:
    with transaction():
        enqueue("index", 1, due_at=now() - timedelta(seconds=90))
        enqueue("index", 2, due_at=now() + timedelta(hours=1))
    registry = CollectorRegistry()
    registry.register(QueueCollector(core))
    answer = generate_latest(registry).decode()
    assert 'banyan_queue_waiting{queue="task"} 1.0' in answer
    age = next(line for line in answer.splitlines() if line.startswith('banyan_queue_oldest_seconds{queue="task"}'))
    assert 90 <= float(age.split()[-1]) < 120
    assert 'banyan_queue_waiting{queue="inbound_mail"} 0.0' in answer


def test_metrics_are_answered_on_their_own_socket(core: Flask, settings: Settings) -> None:
    port = free_port()
    serve_metrics(core, settings.model_copy(update={"metrics_listen": f"127.0.0.1:{port}"}))
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        assert b"banyan_queue_set_aside" in answer.read()
