"""Reading of lines from a file descriptor, in batches of those that are ready."""

import os
import select
from collections.abc import Callable, Iterator

from attn_cli.foundation.errors import CorpusError

FIRST_BATCH, LARGEST_BATCH = 256, 4096  # lines
CHUNK = 1 << 16  # bytes
LONGEST_LINE = 1 << 22  # bytes

# The first bytes of a stream that is not UTF-8 text, the name of its format, and a command that makes such text of it.
_OTHER_FORMATS = (
    (b"\x1f\x8b", "compressed with gzip", "gunzip"),
    (b"\xff\xfe", "UTF-16", "iconv -f utf-16 -t utf-8"),
    (b"\xfe\xff", "UTF-16", "iconv -f utf-16 -t utf-8"),
)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def ready_lines(descriptor: int, note: Callable[[str], None], name: str = "standard input") -> Iterator[list[str]]:
    """Yield the lines that are ready to be read from a file descriptor, in batches; wait only if there is none.

    So a program that writes one line and waits for its translation gets it, while a file is read in large batches: at
    most 256 lines at first, growing to 4,096. Only a line feed ends a line. A byte order mark at the beginning is left
    out, and bytes that are not UTF-8 are replaced by U+FFFD. Of a line of more than 4 MiB only the beginning is read,
    so that memory is bounded. `note` is called with a text about each of the last two.

    Raises CorpusError, which calls the stream `name`, where it cannot be read, is compressed or UTF-16.
    """
    lines, size, ended = _Lines(note, name), FIRST_BATCH, False
    while not ended or lines.complete:
        while not ended and len(lines.complete) < size and (not lines.complete or _is_ready(descriptor)):
            chunk = _read(descriptor, name)
            ended = not chunk
            lines.add(chunk)
        if lines.complete:
            batch, lines.complete = lines.complete[:size], lines.complete[size:]
            yield batch
            size = min(2 * size, LARGEST_BATCH)


def _read(descriptor: int, name: str) -> bytes:
    try:
        return os.read(descriptor, CHUNK)
    except OSError as error:
        raise CorpusError(f"{name}: {error.strerror}") from None


class _Lines:
    """The lines of a stream of bytes: those that are complete, and the beginning of the next one."""

    def __init__(self, note: Callable[[str], None], name: str) -> None:
        self.complete: list[str] = []
        self._note, self._name, self._beginning, self._cut = note, name, bytearray(), False
        self._count, self._invalid, self._first_invalid = 0, 0, 0  # lines

    def add(self, chunk: bytes) -> None:
        """Add the next bytes; none at the end of the stream."""
        if not self._count and not self._beginning:
            _require_text(chunk, self._name)
            chunk = chunk.removeprefix(_BYTE_ORDER_MARK)
        *ends, rest = chunk.split(b"\n")
        for end in ends:
            self._append(end)
            self._complete()
        self._append(rest)
        if not chunk:
            self._end()

    def _append(self, part: bytes) -> None:
        room = LONGEST_LINE - len(self._beginning)
        self._beginning += part[:room]
        if len(part) > room and not self._cut:
            self._cut = True
            limit = f"{LONGEST_LINE >> 20} MiB"
            self._note(f"line {self._count + 1:,} is longer than {limit}; only its beginning is translated")

    def _complete(self) -> None:
        self._count += 1
        try:
            line = self._beginning.decode()
        except UnicodeDecodeError:
            self._invalid += 1
            self._first_invalid = self._first_invalid or self._count
            line = self._beginning.decode(errors="replace")
        self.complete.append(line)
        self._beginning, self._cut = bytearray(), False

    def _end(self) -> None:
        if self._beginning:  # the last line, without a line feed
            self._complete()
        if self._invalid:
            self._note(
                f"{self._invalid:,} of {self._count:,} lines are not valid UTF-8, the first is line "
                f"{self._first_invalid:,}; their invalid bytes were replaced by U+FFFD"
            )


def _require_text(beginning: bytes, name: str) -> None:
    for magic, form, command in _OTHER_FORMATS:
        if beginning.startswith(magic):
            raise CorpusError(f"{name}: not text in UTF-8 but {form}; convert it, for example with {command}")


def _is_ready(descriptor: int) -> bool:
    """Return whether a read would return at once."""
    try:
        return bool(select.select([descriptor], [], [], 0)[0])
    except (OSError, ValueError):  # Windows has no select for pipes: the lines read so far are the batch
        return False
