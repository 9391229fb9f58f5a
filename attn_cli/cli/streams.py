"""The streams of a command: text from stdin; data alone on stdout; notes, progress and the error line on stderr.

Separate from display/terminal.py, whose library takes longer to import than a sentence takes to translate.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from pathlib import Path
from typing import TextIO

from attn_cli.foundation.errors import AttnMTError
from attn_cli.foundation.replacing import check_writable, replace_file

STANDARD = Path("-")  # a name that stands for a standard stream

_shown = 0  # characters of the line that `show` has written


def use_utf8() -> None:
    """Make both output streams UTF-8, whatever the locale."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


@contextmanager
def output_to(path: Path | None) -> Iterator[None]:
    """Let `write` write to a new file, which becomes that at `path` if all goes well; without a path, or -, to stdout.

    Raises WorkspaceError where the file cannot be written, or another kind of file is there.
    """
    if path is None or path == STANDARD:
        yield
        return
    check_writable(path, b"")
    with replace_file(path) as part, part.open("w", encoding="utf-8", newline="\n") as file, redirect_stdout(file):
        yield


def standard_input() -> TextIO:
    """Return stdin.

    Raises AttnMTError where it is closed.
    """
    if sys.stdin is None:
        raise AttnMTError("standard input: it is closed; give the text as an argument, in a file, or in a pipe")
    return sys.stdin


def write(text: str) -> None:
    """Write data to stdout at once, or to the file of `output_to`.

    Raises BrokenPipeError where its reader has gone, AttnMTError where it cannot be written.
    """
    if sys.stdout is None:
        raise AttnMTError("standard output: it is closed; there is nowhere to write to")
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        if sys.stdout is not sys.__stdout__:
            raise  # about a file, which has its name added
        discard_output()
        raise AttnMTError(f"standard output: {error.strerror}; the output is incomplete") from None


def discard_output() -> None:
    """Send the rest of stdout's buffer to the null device, so that flushing it at exit cannot fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether a stream is open, and a terminal."""
    return stream is not None and stream.isatty()


def note(text: str) -> None:
    """Write a line to stderr."""
    show("")
    _to_stderr(f"{plain(text)}\n")


def show(text: str) -> None:
    """Show a line of ASCII text on stderr, a terminal, in place of the one shown before; an empty one erases it."""
    global _shown
    if text or _shown:
        _to_stderr("\r" + text.ljust(_shown) + ("" if text else "\r"))
    _shown = len(text)


def print_error(message: str) -> None:
    """Write the one line that names the failure; -q does not silence it."""
    note(f"error: {message}")


def plain(text: str) -> str:
    """Return `text` with spaces for control characters and line breaks, which names of files may hold."""
    return "".join(character if character.isprintable() else " " for character in text)


def _to_stderr(text: str) -> None:
    with suppress(OSError, ValueError, AttributeError):  # stderr is closed: nobody reads it
        sys.stderr.write(text)
        sys.stderr.flush()
