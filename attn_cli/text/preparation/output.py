"""The text files of a corpus, and the list of the pairs that were dropped."""

import hashlib
from bisect import bisect_right
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from attn_cli.foundation.replacing import replace_file
from attn_cli.text.preparation.progress import Example

EXAMPLES, LONGEST_EXAMPLE = 3, 200  # pairs shown for each reason, and characters shown of a side
DROPPED_HEADER = b"reason\tlocation\tpair\tsource\ttarget\n"


class PairFile(AbstractContextManager["PairFile"]):
    """The two text files of a split, NAME.en and NAME.fr, with the number of pairs and a hash of each file."""

    def __init__(self, folder: Path, name: str, languages: tuple[str, str]) -> None:
        self.paths = [folder / f"{name}.{language}" for language in languages]
        self._files = [path.open("wb") for path in self.paths]
        self._hashes = [hashlib.sha256() for _ in languages]
        self.count = 0

    def write(self, source: bytes, target: bytes) -> None:
        """Write a pair of lines, with their line ends."""
        for line, file, sha256 in zip((source, target), self._files, self._hashes, strict=True):
            file.write(line)
            sha256.update(line)
        self.count += 1

    def hashes(self) -> dict[str, str]:
        """Return the SHA-256 of each file, by its name."""
        return {path.name: sha256.hexdigest() for path, sha256 in zip(self.paths, self._hashes, strict=True)}

    def __exit__(self, *_: object) -> None:
        for file in self._files:
            file.close()


class Dropped(AbstractContextManager["Dropped"]):
    """The pairs that were dropped: the first of each reason as examples, and all of them in a TSV file, if asked for.

    A pair is named by its location and its number there, from 1; `begins` has the row where each location begins.
    """

    def __init__(self, begins: Sequence[tuple[int, str]], path: Path | None) -> None:
        self._begins, self._path = begins, path
        self._stack = ExitStack()
        self.examples: dict[str, list[Example]] = {}

    def __enter__(self) -> Self:
        self._file = self._stack.enter_context(replace_file(self._path)) if self._path else None
        self._output = self._stack.enter_context(self._file.open("wb")) if self._file else None
        if self._output:
            self._output.write(DROPPED_HEADER)
        return self

    def add(self, row: int, reason: str, lines: tuple[bytes, bytes]) -> None:
        """Receive a pair that is dropped, by its row."""
        examples = self.examples.setdefault(reason, [])
        if len(examples) == EXAMPLES and not self._output:
            return
        begin, location = self._begins[bisect_right(self._begins, row, key=lambda begin: begin[0]) - 1]
        number = row - begin + 1
        if len(examples) < EXAMPLES:
            source, target = (line.decode().rstrip("\n")[:LONGEST_EXAMPLE] for line in lines)
            examples.append((location, number, source, target))
        if self._output:
            cells = [f"{reason}\t{location}\t{number}".encode(), lines[0].rstrip(b"\n"), lines[1]]
            self._output.write(b"\t".join(cells))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, traceback)
