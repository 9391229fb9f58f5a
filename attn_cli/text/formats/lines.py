"""Lines of a text file in UTF-8, compressed with gzip or not."""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

from attn_cli.foundation.errors import CorpusError


def read_lines(path: Path) -> Iterator[str]:
    r"""Yield the lines of a text file, compressed where its name ends in .gz, without their line ends.

    Only a line feed ends a line; other separators, such as U+2028, occur within sentences. A \r before it is removed,
    and so is a byte order mark at the beginning of the file. Raises CorpusError where the file is missing or cannot be
    read, and where a line is not UTF-8.
    """
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            for number, line in enumerate(file, 1):
                yield _decoded(line, path, number)
    except FileNotFoundError:
        raise CorpusError(f"{path}: no such file") from None
    except (OSError, EOFError, zlib.error) as error:
        raise CorpusError(f"{path}: cannot be read ({error})") from None


def _decoded(line: bytes, path: Path, number: int) -> str:
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        position = f"{path}, line {number}, byte {error.start + 1}"
        raise CorpusError(f"{position}: not valid UTF-8; convert the file, for example with iconv") from None
    return (text.removeprefix("\ufeff") if number == 1 else text).rstrip("\r\n")
