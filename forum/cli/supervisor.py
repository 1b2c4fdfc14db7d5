"""`banyan up`: web, listen and work as children in its own process group, started again when one dies.

Children are forks that begin with everything imported: programs that each import it on their own take as much
memory again as the whole of them together does so.
"""

import fcntl
import gc
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import entry_points
from multiprocessing import get_context
from multiprocessing.context import ForkProcess

import click

from forum.cli.answering import mail_server_answers, wait_until_free, web_answers
from forum.cli.frame import refuse
from forum.cli.offspring import call_oneself, die_with_parent
from forum.db import transaction
from forum.queue import Queued, free_leases
from forum.settings import Settings

_LOOK_SECONDS = 0.2
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 10.0
# Who has lived so long starts anew without a wait that grew before.
_SETTLED_SECONDS = 30.0
_SECONDS_TO_END = 8.0
_PATIENCE_SECONDS = 20.0
# What has processes of its own.
_ALL_WORK_BUT = ("work", "--but", "intake", "--but", "index", "--but", "splitting")
_ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def owner_name() -> str:
    """The name under which the workers of `up` lease rows: the same after a restart, so that it can free them."""
    return f"up@{socket.gethostname()}"[:80]


def free_own_leases() -> None:
    """What an earlier `up` on this host held when it died is due at once."""
    with transaction():
        for queue in Queued.__subclasses__():
            free_leases(queue, owner_name())


@contextmanager
def only_one(settings: Settings) -> Iterator[None]:
    """Refuse a second `up` from the same folder: it would free the leases of the first, and copies would go twice."""
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        lock = (settings.data_dir / "up.lock").open("w")
    except OSError as error:
        refuse(f"DATA_DIR {settings.data_dir} cannot be used: {error.strerror}.")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            refuse(f"Banyan is up already with DATA_DIR {settings.data_dir}.")
        yield


@dataclass
class Child:
    """One of the programs that `up` runs, and how it has fared."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    nice: int = 0
    process: ForkProcess | None = None
    started: float = 0.0
    due: float = 0.0
    wait: float = field(default=_FIRST_WAIT)

    def look_after(self) -> None:
        """Start it when it is due; note its death and when to start it again."""
        moment = time.monotonic()
        if self.process is None:
            if moment >= self.due:
                self._start(moment)
            return
        status = self.process.exitcode
        if status is None:
            return
        if moment - self.started > _SETTLED_SECONDS:
            self.wait = _FIRST_WAIT
        how = f"was ended by signal {-status}" if status < 0 else f"ended with exit code {status}"
        click.echo(f"{self.name} {how}; it starts again in {self.wait:g} s.", err=True)
        self.process, self.due = None, moment + self.wait
        self.wait = min(self.wait * 2, _LONGEST_WAIT)

    def _start(self, moment: float) -> None:
        # In our own process group: whoever stops the group, as a terminal does, stops all.
        self.process = get_context("fork").Process(target=_be, args=(self, os.getpid()), name=self.name)
        self.process.start()
        self.started = moment

    def end(self, deadline: float) -> None:
        """Wait for it to end; kill it at the deadline."""
        if self.process is None:
            return
        self.process.join(max(0.0, deadline - time.monotonic()))
        if self.process.exitcode is None:
            self.process.kill()
            self.process.join()


def _be(child: Child, parent: int) -> None:
    """What runs in a child: one command of the program, from its words, as if it had been started so."""
    die_with_parent(parent)
    for number in _ENDING:
        signal.signal(number, signal.SIG_DFL)
    call_oneself(f"banyan {child.name}")
    os.nice(child.nice)
    os.environ.update(child.environment)
    import_module("forum.cli").main(child.arguments)


def _import_everything() -> None:
    """What children will need, and what they share as long as nobody writes to it."""
    import_module("forum.cli.serving")
    for group in ("banyan.tasks", "banyan.web"):
        for point in entry_points(group=group):
            point.load()
    gc.collect()
    gc.freeze()


def check_addresses(settings: Settings) -> None:
    """Refuse in words when we cannot listen where the settings say."""
    for name, address in (("HTTP_LISTEN", settings.http_listen), ("LMTP_LISTEN", settings.lmtp_listen)):
        try:
            wait_until_free(address)
        except OSError as error:
            refuse(f"Cannot listen on BANYAN_{name} {address}: {error.strerror}. Choose another address.")


def supervise(
    settings: Settings, web: Sequence[str], environment: Mapping[str, str], on_ready: Callable[[], None]
) -> None:
    """Keep the children running until SIGTERM or SIGINT; call `on_ready` once everything answers.

    `web` are the words of the web's command, `environment` is what the children see besides ours.

    Runs in the only thread of the program: children are made by fork, and PR_SET_PDEATHSIG means the thread.
    """
    stop = threading.Event()
    for number in _ENDING:
        signal.signal(number, lambda *_: stop.set())
    _import_everything()
    children = [
        Child("web", web, environment),
        Child("listen", ["listen"], environment),
        # What comes in is read in a process of its own, beside what goes out: one interpreter uses one processor.
        Child("intake", ["work", "--only", "intake", "--owner", owner_name()], environment),
        # So is what is found by search, behind everything that somebody waits for.
        Child("index", ["work", "--only", "index", "--owner", owner_name()], environment, nice=10),
        # And what grows out of groups: minutes of work, which nobody's mail waits for.
        Child("splitting", ["work", "--only", "splitting", "--owner", owner_name()], environment, nice=10),
        Child("work", [*_ALL_WORK_BUT, "--owner", owner_name()], environment),
    ]
    began, ready = time.monotonic(), False
    try:
        while not stop.is_set():
            for child in children:
                child.look_after()
            if not ready and _all_answer(settings):
                ready = True
                on_ready()
            if not ready and time.monotonic() - began > _PATIENCE_SECONDS:
                click.echo("Still waiting for the web and the mail door to answer.", err=True)
                began = time.monotonic()
            stop.wait(_LOOK_SECONDS)
    finally:
        _end(children)


def _all_answer(settings: Settings) -> bool:
    try:
        return mail_server_answers(settings.lmtp_listen) and web_answers(settings.http_listen)
    except OSError:
        return False


def _end(children: Sequence[Child]) -> None:
    for child in children:
        if child.process is not None:
            child.process.terminate()
    deadline = time.monotonic() + _SECONDS_TO_END
    for child in children:
        child.end(deadline)
