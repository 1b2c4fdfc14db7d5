"""Children that die with their parent, even when it is killed with SIGKILL (Linux, prctl(2) PR_SET_PDEATHSIG)."""

import ctypes
import os
import signal

_PR_SET_PDEATHSIG, _PR_SET_NAME = 1, 15
# Loaded before any fork: a child between fork and exec should do as little as it can.
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(parent: int) -> None:
    """To be called in the child. It dies by SIGKILL, at once: what is in flight is safe in its queue, and a worker that
    lingers under the name of the next one is not.
    """
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)  # The parent died before the call above.


def call_oneself(name: str) -> None:
    """The name that `ps` and `top` show for this process, at most 15 octets (prctl(2) PR_SET_NAME)."""
    _libc.prctl(_PR_SET_NAME, ctypes.c_char_p(name.encode()[:15]))
