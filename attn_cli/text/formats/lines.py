"""Lines of text in UTF-8, from a file, compressed with gzip or not, or from standard input."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import BinaryIO

from attn_cli.foundation.errors import CorpusError

LONGEST_LINE = 1 << 26  # bytes, the line end included; so a file that is not text does not fill the memory


def read_lines(text: Path | BinaryIO) -> Iterator[str]:
    r"""Yield the lines of a text file, compressed where its name ends in .gz, or of standard input, without line ends.

    Only a line feed ends a line; other separators, such as U+2028, occur within sentences. A \r before it is removed,
    and so is a byte order mark at the beginning of the file. Raises CorpusError where the file is missing or cannot be
    read, and where a line is not UTF-8 or has more than 64 MiB.
    """
    name = name_of(text)
    try:
        with _opened(text) as file:
            for number, line in enumerate(iter(partial(file.readline, LONGEST_LINE + 1), b""), 1):
                yield _decoded(line, name, number)
    except FileNotFoundError:
        raise CorpusError(f"{name}: no such file") from None
    except (OSError, EOFError, zlib.error) as error:
        raise CorpusError(f"{name}: cannot be read ({error})") from None


def name_of(text: Path | BinaryIO) -> str:
    """Return what messages call a text: its path, or standard input."""
    return str(text) if isinstance(text, Path) else "standard input"


def _opened(text: Path | BinaryIO) -> AbstractContextManager[BinaryIO]:
    if not isinstance(text, Path):
        return nullcontext(text)
    return gzip.open(text, "rb") if text.suffix == ".gz" else text.open("rb")  # type: ignore[return-value]


def _decoded(line: bytes, name: str, number: int) -> str:
    if len(line) > LONGEST_LINE:
        raise CorpusError(f"{name}, line {number}: longer than {LONGEST_LINE >> 20} MiB; it is not lines of text")
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        position = f"{name}, line {number}, byte {error.start + 1}"
        raise CorpusError(f"{position}: not valid UTF-8; convert the file, for example with iconv") from None
    return (text.removeprefix("\ufeff") if number == 1 else text).rstrip("\r\n")
