"""The sources of lines: arguments, a file or stdin; and what is probably a slip in them."""

import os
import shlex
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from attn_cli.cli import streams
from attn_cli.foundation.storage import regular_file

LONGEST_PARAGRAPH = 1 << 20  # characters


class Source(NamedTuple):
    """A stream of lines: a descriptor, and its name in messages."""

    descriptor: int
    name: str

    @property
    def is_typed(self) -> bool:
        """Return whether a person types the lines, and sees a prompt."""
        return os.isatty(self.descriptor) and streams.is_terminal(sys.stderr)


@contextmanager
def opened(path: Path | None) -> Iterator[Source]:
    """Yield a file, or stdin if there is none, as a source of lines."""
    if path is not None and path != streams.STANDARD:
        with regular_file(path) as descriptor:
            yield Source(descriptor, str(path))
    else:
        yield Source(streams.standard_input().fileno(), "standard input")


def batches(source: Source, note: Callable[[str], None], *, progress: bool) -> Iterator[list[str]]:
    """Return the lines of a source in batches, of a file with a display of its progress if that is wanted."""
    from attn_cli.decoding.line_reader import ready_lines

    found = ready_lines(source.descriptor, note, source.name)
    size = _bytes_left(source.descriptor)
    if not (progress and size) or not streams.is_terminal(sys.stderr) or streams.is_terminal(sys.stdout):
        return found
    from attn_cli.display.file_progress import followed

    return followed(found, size, streams.show)


def paragraphs(batches: Iterator[list[str]]) -> Iterator[list[str]]:
    """Yield paragraphs instead of lines: the lines between two blank ones, joined by spaces; blank lines stay.

    A paragraph of more than a million characters is cut, so that memory is bounded.
    """
    lines, size = [], 0
    for batch in batches:
        complete: list[str] = []
        for line in batch:
            if line.strip():
                lines.append(line.strip())
                size += len(line)
            if not line.strip() or size > LONGEST_PARAGRAPH:
                complete += [*([" ".join(lines)] if lines else []), *([] if line.strip() else [""])]
                lines, size = [], 0
        if complete:
            yield complete
    if lines:
        yield [" ".join(lines)]


def _bytes_left(descriptor: int) -> int:
    """Return how many bytes of a regular file are still to be read; 0 of any other stream."""
    about = os.fstat(descriptor)
    return about.st_size - os.lseek(descriptor, 0, os.SEEK_CUR) if stat.S_ISREG(about.st_mode) else 0


def lines_of(arguments: Sequence[str]) -> list[str]:
    """Return command-line arguments as lines of valid text."""
    return [os.fsencode(text).decode("utf-8", "replace").replace("\n", " ") for text in arguments]


def likely_slips(arguments: list[str]) -> Iterator[str]:
    """Yield a remark for each kind of argument that probably means something else than a line to translate."""
    files = [argument for argument in arguments if _is_file(argument)]
    if files:
        command = f"attn-mt translate < {shlex.quote(files[0])}"
        yield f"{files[0]}: translated as text; to translate the lines of that file: {command}"
    if len(arguments) > 1 and not any(" " in argument.strip() for argument in arguments):
        yield f"each of the {len(arguments)} words is translated by itself; put quotes around a sentence"


def _is_file(text: str) -> bool:
    with suppress(OSError):  # a text can be too long to be a path
        return Path(text).is_file()
    return False
