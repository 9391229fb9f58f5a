"""Reading of lines from a file descriptor, in batches of those that are ready."""

import os
import select
from collections.abc import Iterator

from attn_cli.decoding.choice import FEW_LINES

FIRST_BATCH, LARGEST_BATCH = FEW_LINES, 4096  # lines


def ready_lines(descriptor: int) -> Iterator[list[str]]:
    """Yield the lines that are ready to be read from a file descriptor, in batches; wait only if there is none.

    So a program that writes one line and waits for its translation gets it, while a file is read in large batches: at
    most 32 lines at first, growing to 4,096. Only a line feed ends a line. Bytes that are not UTF-8 are replaced by
    U+FFFD.
    """
    size, buffer, ended = FIRST_BATCH, b"", False
    while not ended or buffer:
        while not ended and buffer.count(b"\n") < size and (b"\n" not in buffer or _is_ready(descriptor)):
            chunk = os.read(descriptor, 1 << 16)
            buffer, ended = buffer + chunk, not chunk
        if not buffer:
            return
        *lines, buffer = buffer.split(b"\n", size)
        if not lines:  # the last line, without a line feed
            lines, buffer = [buffer], b""
        yield [line.decode(errors="replace") for line in lines]
        size = min(2 * size, LARGEST_BATCH)


def _is_ready(descriptor: int) -> bool:
    """Return whether a read would return at once."""
    try:
        return bool(select.select([descriptor], [], [], 0)[0])
    except (OSError, ValueError):  # Windows has no select for pipes: the lines read so far are the batch
        return False
