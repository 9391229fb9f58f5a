"""The pairs of all locations on disk while a corpus is prepared: their text, mended, and a row of figures for each.

The rows are what selection.py compares, so that the text itself is never in memory.
"""

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from hashlib import blake2b
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attn_cli.text.analysis.parting import Parting, parting_and_displaced
from attn_cli.text.formats import Pair
from attn_cli.text.languages import count_words
from attn_cli.text.preparation.cleaning import DISPLACED, REASONS, Cleaner, normalized

# Of each pair: a hash of the pair, hashes of both sides, `normalized`, the words of both sides, and what becomes of it.
ROW = np.dtype([("pair", "u8"), ("source", "u8"), ("target", "u8"), ("words", "u4", 2), ("fate", "u1")])
FATES = ("train", "valid", "test", *REASONS)
TRAIN = 0
CHUNK, CHUNK_CHARACTERS = 5000, 1 << 22  # pairs, and characters, that are cleaned together

Rows = NDArray[Any]  # (N,) of ROW


@dataclass(frozen=True)
class Chunk:
    """Some cleaned pairs: their rows, the lines of each side in UTF-8, and how many were mended, for each kind.

    `parting` is the line from which the sides are shifted for long, if they are.
    """

    rows: Rows
    sides: tuple[bytes, bytes]
    mended: Counter[str]
    parting: Parting | None


def chunks(pairs: Iterable[Pair]) -> Iterator[list[Pair]]:
    """Yield the pairs in lists of limited size."""
    chunk: list[Pair] = []
    characters = 0
    for pair in pairs:
        chunk.append(pair)
        characters += len(pair[0]) + len(pair[1])
        if len(chunk) == CHUNK or characters > CHUNK_CHARACTERS:
            yield chunk
            chunk, characters = [], 0
    if chunk:
        yield chunk


def cleaned(cleaner: Cleaner, pairs: list[Pair]) -> Chunk:
    """Return consecutive pairs, mended, with their rows: a pair that is unfit has its reason as fate, and no hashes."""
    rows, mended = np.zeros(len(pairs), ROW), Counter[str]()
    texts, changed = zip(*map(cleaner.mend, pairs), strict=True)
    sides = tuple(zip(*texts, strict=True))
    parting, parts = (None, []) if cleaner.config.keep_suspect else parting_and_displaced(*sides)
    displaced = set(chain.from_iterable(parts))
    for row, (text, changes) in enumerate(zip(texts, changed, strict=True)):
        if reason := cleaner.reason(text) or (DISPLACED if row in displaced else None):
            rows[row] = (0, 0, 0, (0, 0), FATES.index(reason))
        else:
            words = count_words(text[0]), count_words(text[1])
            rows[row] = (sentence_hash("\n".join(text)), *map(compared_hash, text), words, TRAIN)
            mended.update(changes)
    lines = ["\n".join(chain(side, ("",))).encode() for side in sides]
    return Chunk(rows, (lines[0], lines[1]), mended, parting)


def sentence_hash(text: str) -> int:
    """Return 64 bits that distinguish a text from others: of ten million, two share them with probability 3e-6."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")


def compared_hash(sentence: str) -> int:
    """Return the hash of a sentence, `normalized`."""
    return sentence_hash(normalized(sentence))


class Spool(AbstractContextManager["Spool"]):
    """Three files in a folder: the lines of either side, and the rows."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._paths = [folder / name for name in ("source", "target", "rows")]
        self._files = [path.open("wb") for path in self._paths]
        self.count = 0

    def add(self, chunk: Chunk) -> None:
        """Write the pairs of a chunk after those that are there."""
        for file, content in zip(self._files, (*chunk.sides, chunk.rows.tobytes()), strict=True):
            file.write(content)
        self.count += len(chunk.rows)

    def rows(self) -> Rows:
        """Return the rows of all pairs, mapped into memory, to be changed by the caller; nothing is added after it."""
        for file in self._files:
            file.close()
        if not self.count:
            return np.zeros(0, ROW)
        return np.memmap(self._paths[2], dtype=ROW, mode="r+")

    def lines(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield the two sides of each pair in UTF-8, with their line ends."""
        with self._paths[0].open("rb") as source, self._paths[1].open("rb") as target:
            yield from zip(source, target, strict=True)

    def __exit__(self, *_: object) -> None:
        """Close and remove the files."""
        for file in self._files:
            file.close()
        shutil.rmtree(self._paths[0].parent)
