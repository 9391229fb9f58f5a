"""Files and folders that are replaced as a whole or not at all.

The new one is made beside the old one, as .NAME.PID@HOST.part, synced, and renamed. What a process that was killed has
left there is removed when the same NAME is written next.
"""

import os
import re
import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from attn_cli.foundation.errors import WorkspaceError
from attn_cli.foundation.locks import has_ended, writer

LEFT_AFTER = 7 * 24 * 3600.0  # seconds after which nothing of another machine's process is waited for


def _beside(path: Path, kind: str) -> Path:
    """Return a path in the folder of `path` that only this process uses."""
    return path.with_name(f".{path.name}.{writer()}.{kind}")


def _left(path: Path, kind: str) -> Iterator[Path]:
    """Yield what processes that have ended have left of `path`.

    Whether a process of another machine has ended is not known: its files count once they have not changed for a week.
    """
    pattern = re.compile(rf"\.{re.escape(path.name)}\.(\d+(?:@[\w-]*)?)\.{kind}")
    with suppress(OSError):
        for entry in list(path.parent.iterdir()):
            if found := pattern.fullmatch(entry.name):
                ended = has_ended(found[1])
                if ended or (ended is None and time.time() - entry.lstat().st_mtime > LEFT_AFTER):
                    yield entry


def _remove(path: Path) -> None:
    """Remove a file, a link or a folder, as far as that is possible."""
    with suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()


def _sweep(path: Path) -> None:
    """Remove what processes that have ended have left of `path`."""
    for entry in _left(path, "(?:part|old)"):
        _remove(entry)


@contextmanager
def _part(path: Path) -> Iterator[Path]:
    """Yield a path beside `path` to write to, which is removed in the end; an OSError gets the name of `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path)
    temporary = _beside(path, "part")
    try:
        yield temporary
    except OSError as error:
        error.filename = error.filename or str(path)  # so that the message can name it
        raise
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def replace_file(path: Path) -> Iterator[Path]:
    """Yield a path beside `path` to write to; on success it is synced and renamed to `path`, else removed."""
    with _part(path) as temporary:
        yield temporary
        _sync(temporary)
        temporary.replace(path)
        _sync(path.parent)


def replace_files(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write files of `folder`, by name: all of them are on disk before the first is renamed, in the order given.

    `finish_files` does the rest where the process is killed between two renames.
    """
    with ExitStack() as stack:
        parts = {}
        for name, content in contents.items():
            parts[name] = stack.enter_context(_part(folder / name))
            parts[name].write_bytes(content)
            _sync(parts[name])
        for name, temporary in parts.items():
            temporary.replace(folder / name)
        _sync(folder)


def finish_files(folder: Path, names: Sequence[str]) -> None:
    """Rename what a process had yet to rename in `replace_files` with `names`: nothing, if it had not written the last.

    Only for files that do not belong together, as they do before the first rename, and after the last.
    """
    for last in _left(folder / names[-1], "part"):
        by = last.name.removeprefix(f".{names[-1]}")
        for name in names:
            with suppress(OSError):
                (folder / f".{name}{by}").replace(folder / name)


def check_writable(path: Path, beginning: bytes) -> None:
    """Check that `replace_file` could write to `path`, and that no other content would be lost.

    Raises WorkspaceError where it could not, and where `path` is not a file, or is one that does not start with
    `beginning`.
    """
    try:
        if path.exists() and not path.is_file():
            raise WorkspaceError(f"{path}: a folder or device, not a file; choose another path")
        if path.exists() and not beginning.startswith(_first_bytes(path, len(beginning))):
            raise WorkspaceError(f"{path}: holds something else, which would be lost; choose another path")
        path.parent.mkdir(parents=True, exist_ok=True)
        trial = _beside(path, "part")
        trial.touch()
        trial.unlink()
    except OSError as error:
        raise WorkspaceError(f"{path}: cannot be written ({error.strerror}); choose another path") from None


def _first_bytes(path: Path, size: int) -> bytes:
    with path.open("rb") as file:
        return file.read(size)


def check_replaceable(path: Path, *markers: str) -> None:
    """Check that replacing the folder `path` would lose no files of another program or person.

    Raises WorkspaceError where `path` is a file, or a folder that is not empty and has no entry named as a marker.
    """
    foreign = not path.is_dir() or (any(path.iterdir()) and not any((path / marker).exists() for marker in markers))
    if path.exists() and foreign:
        raise WorkspaceError(f"{path}: holds something else, which might be lost; choose another folder with `out`")


@contextmanager
def replace_folder(path: Path, marker: str) -> Iterator[Path]:
    """Yield a new folder beside `path`; on success it replaces `path` as a whole, else it is removed.

    Raises WorkspaceError as `check_replaceable` does.
    """
    put_back(path)
    check_replaceable(path, marker)
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path)
    temporary = _beside(path, "part")
    _remove(temporary)
    temporary.mkdir()
    try:
        yield temporary
        for entry in (*temporary.iterdir(), temporary):
            _sync(entry)
        _swap(temporary, path)
        _sync(path.parent)
    finally:
        _remove(temporary)


def put_back(path: Path) -> None:
    """Put back the folder `path` where a process has ended between the two renames of `_swap`."""
    if not path.exists():
        for old in _left(path, "old"):
            with suppress(OSError):
                old.rename(path)


def _swap(new: Path, path: Path) -> None:
    """Rename `new` to `path`; what was there is called `new` then, or is removed."""
    old = _beside(path, "old")
    if not path.exists():
        new.replace(path)
    elif not _exchange(new, path):
        path.replace(old)
        try:
            new.replace(path)
        except OSError:
            with suppress(OSError):
                old.replace(path)
            raise
        _remove(old)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two names in one step, so that neither is ever missing; return whether that was possible.

    It is with renameat2(2) of Linux, on most file systems.
    """
    if sys.platform != "linux":
        return False
    import ctypes

    here, exchange = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
    rename = getattr(ctypes.CDLL(None), "renameat2", None)
    return rename is not None and rename(here, os.fsencode(one), here, os.fsencode(other), exchange) == 0


def _sync(path: Path) -> None:
    """Ask the operating system to put `path` on disk now (Windows cannot open folders for this)."""
    if path.is_dir() and os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
