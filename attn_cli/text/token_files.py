"""The token ids of a text on disk: two arrays in the format of NumPy, written in one pass and mapped into memory.

PREFIX.tokens.npy    the token ids of all sentences, concatenated, each sentence with its final eos: 16 bits each,
or 32 for a vocabulary of more than 65,536 pieces
PREFIX.offsets.npy   the position where each sentence begins, and the end of the last, in 64 bits
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import lru_cache, partial
from itertools import chain, islice
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
from numpy.lib.format import open_memmap, write_array_header_1_0
from numpy.typing import NDArray

from attn_cli.foundation.errors import CorpusError
from attn_cli.foundation.processes import ordered_map
from attn_cli.foundation.settings import PAD_ID
from attn_cli.text.tokenizer import Tokenizer

SMALL_VOCABULARY = 1 << 16  # pieces, whose ids have 16 bits
MOST_TOKENS = 1 << 20  # of a sentence
CHUNK = 5000  # lines that are encoded together
# NumPy reads the header of a .npy file with Python's parser, and passes some of the parser's errors on.
_DAMAGED = (ValueError, EOFError, SyntaxError, TokenError, OverflowError, RecursionError, MemoryError)

Tokens = NDArray[np.uint16] | NDArray[np.uint32]


class TokenFile:
    """The token ids of many sentences, mapped into memory; `lengths` (N,) includes each final eos."""

    def __init__(self, prefix: Path) -> None:
        """Map PREFIX.tokens.npy and PREFIX.offsets.npy.

        Raises CorpusError where one is missing or damaged.
        """
        try:
            # As plain arrays: a single offset of a memmap takes ten times as long to read.
            self._tokens = _mapped(Path(f"{prefix}.tokens.npy"), np.uint16, np.uint32).view(np.ndarray)
            self._offsets = _mapped(Path(f"{prefix}.offsets.npy"), np.int64).view(np.ndarray)
            if self._offsets[-1:].tolist() != [len(self._tokens)]:
                raise ValueError("tokens and offsets do not match")
            lengths = np.diff(self._offsets)
            if self._offsets[0] != 0 or not (lengths > 0).all() or not (lengths <= MOST_TOKENS).all():
                raise ValueError("the offsets do not increase")
        except (OSError, *_DAMAGED) as error:
            raise CorpusError(f"{prefix}: the prepared corpus is damaged ({error}); prepare it again") from None
        self.lengths: NDArray[np.int32] = lengths.astype(np.int32)

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, index: int) -> Tokens:
        tokens: Tokens = self._tokens[self._offsets[index] : self._offsets[index + 1]]
        return tokens

    def padded(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the sentences at `rows` (B,) as one array (B, longest), padded at the end.

        One lookup for all of them: sentence by sentence, 50,000 tokens took ten times as long.
        """
        lengths, begins = self.lengths[rows, None], self._offsets[rows, None]
        columns = np.arange(lengths.max())
        indices = np.minimum(begins + columns, len(self._tokens) - 1)  # (B, longest)
        padded: NDArray[np.int64] = self._tokens[indices].astype(np.int64)
        padded[columns >= lengths] = PAD_ID
        return padded

    @staticmethod
    def write(prefix: Path, sentences: Iterable[Sequence[int]], vocab_size: int = SMALL_VOCABULARY) -> None:
        """Write the token ids of `sentences`, all below `vocab_size`."""
        with TokenWriter(prefix, vocab_size) as writer:
            for sentence in sentences:
                writer.add(np.array(sentence), np.array([len(sentence)]))


class TokenWriter(AbstractContextManager["TokenWriter"]):
    """Writes the two arrays of a TokenFile piece by piece; they are complete when it is closed."""

    def __init__(self, prefix: Path, vocab_size: int) -> None:
        self._tokens = _ArrayWriter(Path(f"{prefix}.tokens.npy"), token_type(vocab_size))
        self._offsets = _ArrayWriter(Path(f"{prefix}.offsets.npy"), np.dtype(np.int64))
        self._offsets.add(np.zeros(1))

    def add(self, tokens: NDArray[Any], lengths: NDArray[Any]) -> None:
        """Append the concatenated token ids of some sentences, and their lengths."""
        self._offsets.add(self._tokens.count + np.cumsum(lengths))
        self._tokens.add(tokens)

    def __exit__(self, *_: object) -> None:
        self._tokens.close()
        self._offsets.close()


def token_type(vocab_size: int) -> np.dtype[Any]:
    """Return the type of the token ids of a vocabulary."""
    return np.dtype(np.uint16 if vocab_size <= SMALL_VOCABULARY else np.uint32)


def tokenise(
    text: Path, prefix: Path, tokenizer: Tokenizer, processes: int, counted: Callable[[int], None] = lambda _: None
) -> None:
    """Write the token ids of a text file's lines.

    `counted` receives the number of lines done. The result is the same with any number of `processes`. Raises
    UnicodeDecodeError where the text is not UTF-8.
    """
    done = 0
    encode = partial(_encoded, tokenizer.model)
    with text.open("rb") as file, TokenWriter(prefix, tokenizer.vocab_size) as writer:
        for tokens, lengths in ordered_map(encode, _chunks(file), processes):
            writer.add(tokens, lengths)
            done += len(lengths)
            counted(done)


def _chunks(lines: Iterable[bytes]) -> Iterator[bytes]:
    remaining = iter(lines)
    while chunk := b"".join(islice(remaining, CHUNK)):
        yield chunk


def _encoded(model: bytes, lines: bytes) -> tuple[Tokens, NDArray[np.int64]]:
    """Return the concatenated token ids of some lines, and the number of ids of each."""
    tokenizer = _loaded(model)
    sentences = tokenizer.encode(lines.decode().removesuffix("\n").split("\n"))
    lengths = np.array([len(sentence) for sentence in sentences])
    return np.fromiter(chain.from_iterable(sentences), token_type(tokenizer.vocab_size), lengths.sum()), lengths


_loaded = lru_cache(1)(Tokenizer)  # each process keeps the last


class _ArrayWriter:
    """Writes an array (N,) as a .npy file, whose length is known at the end only."""

    def __init__(self, path: Path, kind: np.dtype[Any]) -> None:
        self._file, self._kind, self.count = path.open("wb"), kind, 0
        self._write_header()

    def _write_header(self) -> None:
        """Write the header; NumPy pads it, so that its size is the same for any length of the array."""
        header = {"descr": np.lib.format.dtype_to_descr(self._kind), "fortran_order": False, "shape": (self.count,)}
        self._file.seek(0)
        write_array_header_1_0(self._file, header)

    def add(self, values: NDArray[Any]) -> None:
        self._file.write(values.astype(self._kind, copy=False).tobytes())
        self.count += len(values)

    def close(self) -> None:
        with self._file:
            self._write_header()


def _mapped(path: Path, *kinds: type[np.integer[Any]]) -> NDArray[Any]:
    """Return the array (N,) of a .npy file, memory-mapped, of one of the `kinds`."""
    if path.exists() and not path.is_file():  # opening a named pipe would wait for its writer
        raise OSError(f"{path.name} is not a regular file")
    mapped: NDArray[Any] = open_memmap(path, mode="r")
    if mapped.ndim != 1 or mapped.dtype not in kinds:
        raise ValueError(f"{path.name} is not an array of token ids or offsets")
    return mapped
