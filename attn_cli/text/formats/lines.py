"""Lines of text in UTF-8, or in UTF-16 with a byte order mark, from a file, packed or not, or from standard input."""

import io
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import BinaryIO

from attn_cli.foundation.errors import CorpusError
from attn_cli.text.formats.opening import as_utf8, opened_text, readable

LONGEST_LINE = 1 << 26  # bytes, the line end included; so a file that is not text does not fill the memory


def read_lines(text: Path | BinaryIO, name: str = "") -> Iterator[str]:
    r"""Yield the lines of a text file, unpacked, or of an open stream, called `name` in messages, without line ends.

    Only a line feed ends a line; other separators, such as U+2028, occur within sentences. A \r before it is removed,
    and so is a byte order mark at the beginning of the file. Raises CorpusError where the file is missing or cannot be
    read, where a line is not UTF-8 or has more than 64 MiB, and where \r alone ends the lines.
    """
    name = name or name_of(text)
    with readable(name), _opened(text, name) as file:
        for number, line in enumerate(iter(partial(file.readline, LONGEST_LINE + 1), b""), 1):
            if number == 1 and b"\r" in line[:-2] and not line.endswith(b"\n"):
                convert = r"convert it, for example with tr '\r' '\n'"
                raise CorpusError(f"{name}: its lines end in a carriage return alone (classic Mac OS); {convert}")
            yield _decoded(line, name, number)


def name_of(text: Path | BinaryIO) -> str:
    """Return what messages call a text: its path, or standard input."""
    return str(text) if isinstance(text, Path) else "standard input"


def _opened(text: Path | BinaryIO, name: str) -> AbstractContextManager[BinaryIO]:
    if isinstance(text, Path):
        return opened_text(text)
    return nullcontext(as_utf8(text, name) if isinstance(text, io.BufferedReader) else text)


def _decoded(line: bytes, name: str, number: int) -> str:
    if len(line) > LONGEST_LINE:
        raise CorpusError(f"{name}, line {number}: longer than {LONGEST_LINE >> 20} MiB; it is not lines of text")
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        position = f"{name}, line {number}, byte {error.start + 1}"
        convert = "convert the file, for example with iconv -f ISO-8859-1 -t UTF-8 if it is Latin-1"
        raise CorpusError(f"{position}: not valid UTF-8; {convert}") from None
    return (text.removeprefix("\ufeff") if number == 1 else text).rstrip("\r\n")
