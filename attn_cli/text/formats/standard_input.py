"""Parallel text from standard input, in any format that is one file: its content tells which."""

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from attn_cli.foundation.errors import CorpusError

STANDARD_INPUT = "-"  # as a location


def from_standard_input(folder: Path, read: Callable[[str], Iterator[tuple[str, str]]]) -> Iterator[tuple[str, str]]:
    """Yield the pairs that `read` finds in standard input, which is copied to a file in `folder` first.

    The format is told by the beginning of the file, which is read again after it. Raises CorpusError as `read` does,
    and where standard input is closed, or is read a second time.
    """
    path = folder / "standard input"
    if sys.stdin is None or path.exists():
        problem = "given twice" if path.exists() else "closed"
        raise CorpusError(f"standard input: {problem}; give a file")
    with path.open("wb") as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
    try:
        yield from read(str(path))
    except CorpusError as error:
        raise CorpusError(str(error).replace(str(path), "standard input")) from None
