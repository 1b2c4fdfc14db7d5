"""Two transactions that meet: the second begins when the first has done its work and not yet committed."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flask import Flask

from forum.db import db, transaction


@contextmanager
def meanwhile(core: Flask, act: Callable[[], object]) -> Iterator[None]:
    """What stands in the block happens while `act` is done but not committed, which follows a moment later."""
    done = threading.Event()
    failures: list[BaseException] = []

    def run() -> None:
        with core.app_context():
            try:
                with transaction():
                    act()
                    done.set()
                    time.sleep(0.3)
            except BaseException as error:
                failures.append(error)
                done.set()
            finally:
                db.session.remove()

    thread = threading.Thread(target=run)
    thread.start()
    assert done.wait(10)
    try:
        yield
    finally:
        thread.join()
    assert not failures, failures
