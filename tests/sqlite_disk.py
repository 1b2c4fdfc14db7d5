"""Stands between SQLite and the disk: notes each sync of a file, and makes syncs fail when told to.

SQLite asks the operating system through a table of functions, its VFS. `watched_disk` registers a copy of the usual
one, in which opening a file puts our own function in the place of the file's sync. Needs nothing but the library
that Python itself uses.
"""

import _sqlite3
import ctypes
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_int, c_void_p, cast, memmove, sizeof
from dataclasses import dataclass, field
from pathlib import Path

_OK, _CANNOT_OPEN, _SYNC_FAILED = 0, 14, 10 | 4 << 8
# How many pointers wide the table of a file's functions is in each of its versions.
_SLOTS = {1: 13, 2: 17, 3: 19}
_OPEN = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, c_void_p)
_SYNC = CFUNCTYPE(c_int, c_void_p, c_int)


class _Methods(Structure):
    """The beginning of `sqlite3_io_methods` up to xSync; the rest of it is copied as it is."""

    _fields_ = [
        ("iVersion", c_int),
        ("xClose", c_void_p),
        ("xRead", c_void_p),
        ("xWrite", c_void_p),
        ("xTruncate", c_void_p),
        ("xSync", c_void_p),
        ("rest", c_void_p * 13),
    ]


class _File(Structure):
    _fields_ = [("pMethods", POINTER(_Methods))]


class _Vfs(Structure):
    """`sqlite3_vfs` of version 3."""

    _fields_ = [
        ("iVersion", c_int),
        ("szOsFile", c_int),
        ("mxPathname", c_int),
        ("pNext", c_void_p),
        ("zName", c_char_p),
        ("pAppData", c_void_p),
        ("xOpen", c_void_p),
        ("rest", c_void_p * 15),
    ]


@dataclass
class Disk:
    """What was synced, in order: the name of the file and the moment. `broken` makes every sync fail."""

    syncs: list[tuple[str, float]] = field(default_factory=list)
    broken: bool = False
    _names: dict[int, str] = field(default_factory=dict)
    _methods: dict[int, tuple[_Methods, object]] = field(default_factory=dict)

    def opened(self, file: int, name: str) -> None:
        """Put our sync in the place of the file's own."""
        handle = cast(file, POINTER(_File))[0]
        usual = ctypes.addressof(handle.pMethods[0])
        if usual not in self._methods:
            own = _Methods()
            version = cast(usual, POINTER(_Methods))[0].iVersion
            memmove(ctypes.addressof(own), usual, _SLOTS[version] * sizeof(c_void_p))
            sync = _SYNC(self._sync_with(_SYNC(own.xSync)))
            own.xSync = cast(sync, c_void_p).value
            self._methods[usual] = (own, sync)
        self._names[file] = name
        handle.pMethods = ctypes.pointer(self._methods[usual][0])

    def _sync_with(self, usual):
        def sync(file: int, flags: int) -> int:
            if self.broken:
                return _SYNC_FAILED
            result = usual(file, flags)
            self.syncs.append((self._names.get(file, ""), time.monotonic()))
            return result

        return sync


@contextmanager
def watched_disk() -> Iterator[Disk]:
    """The disk under every SQLite file that is opened from now on."""
    library = ctypes.CDLL(_sqlite3.__file__)
    library.sqlite3_vfs_find.restype = POINTER(_Vfs)
    library.sqlite3_vfs_find.argtypes = [c_char_p]
    library.sqlite3_vfs_register.argtypes = [c_void_p, c_int]
    library.sqlite3_vfs_unregister.argtypes = [c_void_p]
    usual = library.sqlite3_vfs_find(None)
    disk = Disk()
    open_usually = _OPEN(usual[0].xOpen)

    @_OPEN
    def open_watched(_vfs: int, name: int | None, file: int, flags: int, out_flags: int) -> int:
        result = open_usually(ctypes.addressof(usual[0]), name, file, flags, out_flags)
        if result == _OK:
            disk.opened(file, Path(ctypes.string_at(name).decode()).name if name else "")
        return result

    own = _Vfs()
    memmove(ctypes.addressof(own), ctypes.addressof(usual[0]), sizeof(_Vfs))
    own.zName, own.pNext = b"watched", None
    own.xOpen = cast(open_watched, c_void_p).value
    assert library.sqlite3_vfs_register(ctypes.byref(own), 1) == _OK
    try:
        yield disk
    finally:
        library.sqlite3_vfs_unregister(ctypes.byref(own))
