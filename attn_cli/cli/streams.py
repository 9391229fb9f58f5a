"""The streams of a command: stdout, for data alone, and the line on stderr that says what went wrong.

Apart from console.py, whose library takes longer to import than a sentence takes to translate.
"""

import os
import sys
from contextlib import suppress

from attn_cli.foundation.errors import AttnMTError


def use_utf8() -> None:
    """Make both output streams UTF-8, whatever the locale."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def write(text: str) -> None:
    """Write data to stdout at once.

    Raises BrokenPipeError where nobody reads it any more, AttnMTError where it cannot be written.
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
    """Send what is still to go to stdout nowhere, so that the interpreter does not stumble over it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def print_error(message: str) -> None:
    """Print the one line that says what went wrong; -q does not silence it."""
    with suppress(OSError, ValueError, AttributeError):  # nobody to tell: stderr is closed
        sys.stderr.write(f"error: {' '.join(message.splitlines())}\n")
        sys.stderr.flush()
