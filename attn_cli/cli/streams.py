"""The streams of a command: text from stdin; data alone on stdout; notes, the prompt and the error line on stderr.

Separate from display/terminal.py, whose library takes longer to import than a sentence takes to translate.
"""

import os
import sys
from contextlib import suppress
from typing import TextIO

from attn_cli.foundation.errors import AttnMTError


def use_utf8() -> None:
    """Make both output streams UTF-8, whatever the locale."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def standard_input() -> TextIO:
    """Return stdin.

    Raises AttnMTError where it is closed.
    """
    if sys.stdin is None:
        raise AttnMTError("standard input: it is closed; give the text as an argument, in a file, or in a pipe")
    return sys.stdin


def write(text: str) -> None:
    """Write data to stdout at once.

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
        discard_output()
        raise AttnMTError(f"standard output: {error.strerror}; the output is incomplete") from None


def discard_output() -> None:
    """Send the rest of stdout's buffer to the null device, so that flushing it at exit cannot fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def note(text: str) -> None:
    """Write a line to stderr."""
    _to_stderr(f"{_plain(text)}\n")


def prompt() -> None:
    """Show on stderr that a line is expected."""
    _to_stderr("> ")


def print_error(message: str) -> None:
    """Write the one line that names the failure; -q does not silence it."""
    _to_stderr(f"error: {_plain(message)}\n")


def _plain(text: str) -> str:
    """Return `text` with spaces for control characters and line breaks, which names of files may hold."""
    return "".join(character if character.isprintable() else " " for character in text)


def _to_stderr(text: str) -> None:
    with suppress(OSError, ValueError, AttributeError):  # stderr is closed: nobody reads it
        sys.stderr.write(text)
        sys.stderr.flush()
