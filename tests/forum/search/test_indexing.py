import gc
import os
import shutil
import threading
import time
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select, text

from forum.accounts.models import Member
from forum.clock import now
from forum.db import db, reading, transaction
from forum.groups.models import Group
from forum.posting.outcomes import Published
from forum.queue import Task, enqueue
from forum.search import Found, indexing
from forum.search.engine import current_engine
from forum.search.indexing import run
from forum.search.wanted import read_wanted
from forum.search.whoosh_engine import RebuildingError, WhooshEngine
from forum.settings import Settings
from forum.threads.models import Post
from forum.work import work_once, work_until
from tests.people import a_group, a_member, post

Ask = Callable[..., Found]
Index = Callable[[], int]
on_whoosh = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


@pytest.fixture
def cardiology(core: Flask) -> Group:
    return a_group()


@pytest.fixture
def ann(cardiology: Group) -> Member:
    return a_member("ann@example.org", "Ann Lee", cardiology)


def published(author: Member, group: Group, subject: str, words: str = "Nothing else.") -> int:
    outcome = post(author, group, subject, words)
    assert isinstance(outcome, Published)
    return outcome.post_id


def rewrite(post_id: int, words: str) -> None:
    with transaction() as session:
        session.get_one(Post, post_id).text = words
        enqueue("index", post_id)


def open_tasks() -> int:
    with reading() as session:
        return len(
            session.scalars(select(Task).where(Task.kind.in_(("index", "unindex")), Task.done_at.is_(None))).all()
        )


def in_the_index(words: str) -> int:
    """How many posts the index itself holds under these words, whoever may read them."""
    with reading():
        return current_engine().find(read_wanted(words), (), 1).total


def test_a_post_is_findable_within_two_seconds_of_publishing(
    core: Flask, ann: Member, cardiology: Group, ask: Ask
) -> None:
    stop = threading.Event()
    worker = threading.Thread(target=work_until, args=(core, {"index": run}, "test", stop))
    worker.start()
    try:
        # The second one comes just after a commit of the index, when the worker waits for more to come.
        for subject in ("Troponin", "Ablation", "Dialysis"):
            published(ann, cardiology, subject)
            begun = time.monotonic()
            while not ask(ann, subject).total:
                assert time.monotonic() - begun < 2
                time.sleep(0.02)
    finally:
        stop.set()
        worker.join()


def test_working_once_indexes_all_that_is_due(
    core: Flask, ann: Member, cardiology: Group, index: Index, ask: Ask
) -> None:
    index()
    for number in range(5):
        published(ann, cardiology, f"Troponin {number}")
    assert work_once(core, {"index": run}, "test") == 5
    assert open_tasks() == 0
    assert ask(ann, "troponin").total == 5


def test_indexing_a_post_again_leaves_it_there_once_with_its_new_words(
    ann: Member, cardiology: Group, index: Index, ask: Ask
) -> None:
    post_id = published(ann, cardiology, "Rota", "Troponin")
    index()
    rewrite(post_id, "Ablation")
    with transaction():
        enqueue("index", post_id)
    assert index() == 2
    assert in_the_index("troponin") == 0
    assert in_the_index("ablation") == 1


def test_an_erased_post_leaves_the_index(ann: Member, cardiology: Group, index: Index) -> None:
    post_id = published(ann, cardiology, "Troponin")
    kept = published(ann, cardiology, "Ablation")
    index()
    with transaction() as session:
        session.get_one(Post, post_id).erased_at = now()
        enqueue("unindex", post_id)
        enqueue("index", kept + 1000)
    assert index() == 2
    assert open_tasks() == 0
    assert in_the_index("troponin") == 0
    assert in_the_index("ablation") == 1


def test_a_crash_before_the_index_is_written_leaves_the_task_due(
    ann: Member,
    cardiology: Group,
    index: Index,
    ask: Ask,
    monkeypatch: pytest.MonkeyPatch,
    move_clock: Callable[[float], None],
) -> None:
    published(ann, cardiology, "Troponin")
    index()
    published(ann, cardiology, "Ablation")
    with monkeypatch.context() as broken:
        broken.setattr(type(current_engine()), "put", interrupt)
        with pytest.raises(KeyboardInterrupt):
            index()
    assert ask(ann, "ablation").total == 0
    move_clock(31)
    assert index() == 1
    assert ask(ann, "ablation").total == 1


def test_a_crash_after_the_index_is_written_indexes_again_without_harm(
    ann: Member,
    cardiology: Group,
    index: Index,
    ask: Ask,
    monkeypatch: pytest.MonkeyPatch,
    move_clock: Callable[[float], None],
) -> None:
    published(ann, cardiology, "Troponin")
    with monkeypatch.context() as broken:
        broken.setattr(indexing, "finish", interrupt)
        with pytest.raises(KeyboardInterrupt):
            index()
    assert ask(ann, "troponin").total == 1
    assert open_tasks() == 1
    move_clock(31)
    assert index() == 1
    assert ask(ann, "troponin").total == 1
    assert in_the_index("troponin") == 1


def interrupt(*_arguments: object) -> None:
    raise KeyboardInterrupt


def test_an_index_that_cannot_be_written_is_tried_again_later(
    ann: Member,
    cardiology: Group,
    index: Index,
    ask: Ask,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    move_clock: Callable[[float], None],
) -> None:
    index()
    published(ann, cardiology, "Troponin")

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(type(current_engine()), "put", full)
        assert index() == 1
    with reading() as session:
        task = session.scalars(select(Task).where(Task.kind == "index")).one()
        assert "No space left" in (task.error or "")
    assert index() == 0
    move_clock(31)
    assert index() == 1
    assert ask(ann, "troponin").total == 1


@on_whoosh
def test_of_two_workers_on_a_host_one_writes_and_the_other_leaves_the_tasks_due(
    ann: Member, cardiology: Group, index: Index, settings: Settings
) -> None:
    index()
    published(ann, cardiology, "Troponin")
    with WhooshEngine(settings.data_dir / "search").hold() as held:
        assert held
        assert index() == 0
        assert open_tasks() == 1
    assert index() == 1


@on_whoosh
def test_an_index_that_is_gone_is_built_again_by_the_worker(
    ann: Member, cardiology: Group, index: Index, ask: Ask, settings: Settings
) -> None:
    published(ann, cardiology, "Troponin")
    index()
    shutil.rmtree(settings.data_dir / "search")
    assert ask(ann, "troponin").total == 0
    assert index() == 1
    assert ask(ann, "troponin").total == 1


def test_a_rebuild_brings_back_what_the_index_had_lost(ann: Member, cardiology: Group, index: Index, ask: Ask) -> None:
    published(ann, cardiology, "Troponin")
    with transaction() as session:
        session.execute(text("DELETE FROM task"))
    index()
    with transaction() as session:
        session.execute(text("DELETE FROM post_search"))
    assert sum(current_engine().rebuild()) == 1
    assert ask(ann, "troponin").total == 1


def test_searching_and_posting_go_on_during_a_rebuild_and_nothing_of_it_is_lost(
    ann: Member, cardiology: Group, index: Index, ask: Ask
) -> None:
    changed = published(ann, cardiology, "Rota", "Troponin")
    erased = published(ann, cardiology, "Rota", "Echo")
    index()
    rebuild = current_engine().rebuild()
    assert next(rebuild) == 2
    # Both are written to the new index already; what happens to them now has to reach it too.
    rewrite(changed, "Ablation")
    with transaction() as session:
        session.get_one(Post, erased).erased_at = now()
        enqueue("unindex", erased)
    published(ann, cardiology, "Dialysis")
    assert index() == 3
    assert ask(ann, "dialysis").total == 1
    published(ann, cardiology, "Gout")
    assert sum(rebuild) == 2
    assert ask(ann, "ablation").total == ask(ann, "dialysis").total == 1
    assert in_the_index("troponin") == in_the_index("echo") == 0
    index()
    assert ask(ann, "gout").total == 1


@on_whoosh
def test_only_one_rebuild_goes_on_and_one_that_was_cut_off_leaves_nothing_behind(
    ann: Member, cardiology: Group, index: Index, ask: Ask, settings: Settings
) -> None:
    published(ann, cardiology, "Troponin")
    index()
    cut_off = current_engine().rebuild()
    next(cut_off)
    with pytest.raises(RebuildingError):
        next(current_engine().rebuild())
    cut_off.close()
    assert ask(ann, "troponin").total == 1
    assert sum(current_engine().rebuild()) == 1
    assert len(list((settings.data_dir / "search").glob("index-*"))) == 1
    assert ask(ann, "troponin").total == 1


@on_whoosh
def test_searches_go_on_while_the_index_is_written_and_replaced_again_and_again(
    core: Flask, ann: Member, cardiology: Group, index: Index, ask: Ask
) -> None:
    published(ann, cardiology, "Troponin")
    index()
    stop, totals = threading.Event(), []

    def search() -> None:
        with core.app_context():
            while not stop.is_set():
                totals.append(ask(db.session.get_one(Member, ann_id), "troponin").total)
            db.session.remove()

    ann_id = ann.id
    searching = threading.Thread(target=search)
    searching.start()
    try:
        for number in range(15):
            published(ann, cardiology, f"Other {number}")
            index()
            for _ in current_engine().rebuild():
                pass
    finally:
        stop.set()
        searching.join()
    assert len(totals) > 15
    assert set(totals) == {1}


@on_whoosh
def test_neither_indexing_nor_searching_keeps_files_open(
    ann: Member, cardiology: Group, index: Index, ask: Ask
) -> None:
    gc.collect()
    gc.disable()
    try:
        opened = []
        for number in range(8):
            published(ann, cardiology, f"Troponin {number}")
            index()
            ask(ann, "troponin")
            opened.append(len(os.listdir("/proc/self/fd")))
    finally:
        gc.enable()
    assert opened[-1] <= opened[0]
