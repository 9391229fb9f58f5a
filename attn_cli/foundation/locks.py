"""One writer at a time: a lock on a model or corpus folder that ends with the process, whatever ends it.

The lock is on a file beside the folder, .NAME.lock, which says who holds it; only writers take it, readers need none.
Where the file cannot be made, or its file system has no locks, there is no lock, and the work goes on.
"""

import errno
import os
import platform
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from attn_cli.foundation.errors import WorkspaceError

_HELD = (errno.EAGAIN, errno.EACCES)  # what flock and Windows say where another process has the lock
_BEYOND = 2**30  # Windows locks bytes, which nobody else can read then: one far behind the text
_FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_WRITER = re.compile(r"(?P<pid>\d+)@(?P<host>[\w-]*)")


def writer() -> str:
    """Return a name for this process, PID@HOST, such as 4711@node1: it is different on each machine of a cluster."""
    return f"{os.getpid()}@{_host()}"


def has_ended(writer: str) -> bool | None:
    """Return whether a process, named as `writer` names it, has ended; None where it ran on another machine."""
    pid, _, host = writer.partition("@")
    return not _is_running(int(pid)) if host in ("", _host()) else None


def _host() -> str:
    return re.sub(r"[^\w-]", "", platform.node().partition(".")[0])


def _is_running(pid: int) -> bool:
    if sys.platform == "win32":  # where os.kill would end the process
        import ctypes

        handle = ctypes.windll.kernel32.OpenProcess(0x1000, False, pid)  # PROCESS_QUERY_LIMITED_INFORMATION
        return bool(handle and ctypes.windll.kernel32.CloseHandle(handle))
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # it belongs to another user
        pass
    return True


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Keep other processes from writing to `folder`, which need not exist.

    Raises WorkspaceError where one is writing to it.
    """
    whole = folder.resolve()
    path = whole.with_name(f".{whole.name}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = _lock(path, folder)
    except OSError:
        yield
        return
    try:
        yield
    finally:
        with suppress(OSError):  # Windows does not remove an open file; it stays, and is used again
            path.unlink()
        os.close(descriptor)


def _lock(path: Path, folder: Path) -> int:
    """Return the open lock file; raises OSError where there can be no lock."""
    descriptor = os.open(path, _FLAGS, 0o666)
    try:
        if not _take(descriptor):
            by = _holder(descriptor)
            raise WorkspaceError(
                f"{folder}: another process{by} is writing to it; wait until it has ended, or choose another `out`"
            )
        if _is_same(path, descriptor):
            with suppress(OSError):  # on a full disk it is a lock all the same
                os.truncate(descriptor, 0)
                os.write(descriptor, f"{writer()}\n".encode())
            return descriptor
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)  # the process before removed the file after it was opened here
    return _lock(path, folder)


def _take(descriptor: int) -> bool:
    """Lock an open file; return False where another process has locked it. Raises OSError where it knows no locks."""
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(descriptor, _BEYOND, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _HELD:
            return False
        raise
    finally:
        os.lseek(descriptor, 0, os.SEEK_SET)
    return True


def _is_same(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _holder(descriptor: int) -> str:
    """Return who holds a lock, as the file says: " (4711)", " (4711 on node1)", or "" where that is not known."""
    found = _WRITER.match(os.read(descriptor, 100).decode("ascii", "replace"))
    if not found:
        return ""
    elsewhere = f" on {found['host']}" if found["host"] != _host() else ""
    return f" ({found['pid']}{elsewhere})"
