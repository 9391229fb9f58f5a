"""Files on disk: the home folder, names and folders, and reading regular files only.

The only module that reads environment variables of the program, except those of options, which typer reads. A NAME is
the name of a folder under the home. A string with a path separator in it, or one that begins with a dot, is a FOLDER
anywhere. A folder of a corpus or a model is complete once it has the file that is written last.
"""

import errno
import json
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal

import platformdirs

from attn_cli.foundation.errors import WorkspaceError

_PACKAGE = Path(__file__).parents[1]
# The starter corpora: inside an installed package, or at the top of a checkout.
PACKAGE_DATA = (_PACKAGE / "data", _PACKAGE.parent / "data")

Kind = Literal["corpora", "models"]
WRITTEN_LAST = {"corpora": "prepared.json", "models": "config.json"}
DESCRIPTION_MOST = 2**20  # bytes of such a file


def home() -> Path:
    """Return the folder of everything that commands store: `$ATTN_MT_HOME`, else the platform's data folder.

    Raises WorkspaceError where there is none, as for a user without a home in a container.
    """
    chosen = os.environ.get("ATTN_MT_HOME")
    with suppress(RuntimeError):
        folder = Path(chosen or platformdirs.user_data_dir("attn-mt", appauthor=False))
        if chosen or folder.is_absolute():  # older platformdirs leave a ~ that nothing can be put in place of
            return folder
    raise WorkspaceError("this user has no home folder; set the variable ATTN_MT_HOME to a folder for models and text")


def chosen_model() -> str | None:
    """Return the name or folder of the model that the user has made the default: `$ATTN_MT_MODEL`, or None."""
    return os.environ.get("ATTN_MT_MODEL") or None


def is_folder(name: str) -> bool:
    """Return whether `name` means a folder anywhere, not a name under the home."""
    return name.startswith(".") or "/" in name or os.sep in name


def folder_of(kind: Kind, name: str) -> Path:
    """Return the folder of the corpus or model called `name` (a name or a folder); it need not exist."""
    return Path(name).resolve() if is_folder(name) else home() / kind / name


def folders(kind: Kind) -> list[Path]:
    """Return the folders of the corpora or models in the home, complete or not, in the order of their names."""
    return _visible_folders(home() / kind)


def is_complete(kind: Kind, folder: Path) -> bool:
    """Return whether `folder` holds a whole corpus or model."""
    return (folder / WRITTEN_LAST[kind]).is_file()


def similar(kind: Kind, name: str, packaged: Iterable[str] = ()) -> str:
    """Return a remark with up to three similar names, such as "; the most similar name is en-fr", or "" without any.

    For a NAME these are names of corpora or models in the home, and `packaged` ones; for a FOLDER, folders beside it.
    """
    from difflib import get_close_matches  # not at the top: a start of the program is short

    beside = [path.name for path in _visible_folders(folder_of(kind, name).parent) if is_complete(kind, path)]
    names = {*beside, *(() if is_folder(name) else packaged)}
    last = Path(name).name
    place = name.rstrip(f"/{os.sep}").removesuffix(last)  # as the user wrote it
    close = [f"{place}{match}" for match in get_close_matches(last, sorted(names), 3)]
    if len(close) < 2:
        return "".join(f"; the most similar name is {match}" for match in close)
    return f"; the most similar names are {', '.join(close[:-1])} and {close[-1]}"


def _visible_folders(parent: Path) -> list[Path]:
    """Return the folders in `parent` in the order of their names, without those being written, which are hidden."""
    if not parent.is_dir():
        return []
    return sorted(path for path in parent.iterdir() if path.is_dir() and not path.name.startswith("."))


@contextmanager
def regular_file(path: Path) -> Iterator[int]:
    """Yield a descriptor of a regular file, to read from.

    Raises OSError where it cannot be opened, and where it is not a regular file: a named pipe is not waited for, and a
    device is not read.
    """
    # Opening a named pipe waits for a writer unless O_NONBLOCK is given, which Windows does not know.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        yield descriptor
    finally:
        os.close(descriptor)


def read_file(path: Path, most: int | None = None) -> bytes:
    """Return the content of a regular file; raises OSError as `regular_file` does, and above `most` bytes."""
    with regular_file(path) as descriptor, os.fdopen(descriptor, "rb", closefd=False) as file:
        if most is not None and os.fstat(descriptor).st_size > most:
            raise OSError(errno.EFBIG, f"larger than {most:,} bytes", str(path))
        return file.read()


def parse_json(text: str | bytes) -> Any:
    """Return the value of a JSON text.

    Raises ValueError where it is not JSON, or is nested more deeply than Python's parser can follow.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("JSON nested too deeply") from None


def append(path: Path, text: str, mode: int = 0o666) -> None:
    """Append `text` to a file, which is made with the rights `mode` where it does not exist.

    Raises OSError, also where it is a symbolic link: it might lead to a file of another program.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    flags |= getattr(os, "O_NONBLOCK", 0)  # see `regular_file`
    with os.fdopen(os.open(path, flags, mode), "a", encoding="utf-8", newline="\n") as file:
        file.write(text)
