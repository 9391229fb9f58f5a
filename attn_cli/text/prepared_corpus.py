"""A prepared corpus on disk, memory-mapped, and the batches that training draws from it.

A prepared corpus is a folder (en-fr as the example):

    prepared.json             what it was made from and how; written last
    tokenizer.model           SentencePiece
    train.en  train.fr        cleaned text, one sentence a line
    train.en.tokens.npy       the token ids of all sentences behind one another, each with its end mark
    train.en.offsets.npy      where each begins, and the end of the last
    valid.*  test.*           raw text, never cleaned
"""

import hashlib
import json
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attn_cli.foundation.errors import CorpusError, ModelFolderError, SettingsError
from attn_cli.foundation.settings import CleaningConfig
from attn_cli.text.cleaning import Pair, read_parallel
from attn_cli.text.tokenizer import BOS_ID, PAD_ID, Tokenizer

FORMAT_VERSION = 1
Tokens = NDArray[np.int64]


class TokenFile:
    """The token ids of many sentences in two memory-mapped arrays; `lengths` (N,) counts end marks."""

    def __init__(self, prefix: Path) -> None:
        """Map PREFIX.tokens.npy and PREFIX.offsets.npy.

        Raises CorpusError where one is missing or damaged.
        """
        try:
            self._tokens = np.load(f"{prefix}.tokens.npy", mmap_mode="r")
            self._offsets = np.load(f"{prefix}.offsets.npy")
        except (OSError, ValueError, EOFError) as error:
            raise CorpusError(f"{prefix}: the prepared corpus is damaged ({error}); prepare it again") from None
        self.lengths: Tokens = np.diff(self._offsets)

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, index: int) -> NDArray[np.uint16]:
        tokens: NDArray[np.uint16] = self._tokens[self._offsets[index] : self._offsets[index + 1]]
        return tokens

    @staticmethod
    def write(prefix: Path, sentences: Iterable[Sequence[int]]) -> None:
        """Write token ids (all below 65,536) to the two files of `prefix`."""
        tokens, lengths = array("H"), []
        for sentence in sentences:
            tokens.extend(sentence)
            lengths.append(len(sentence))
        np.save(f"{prefix}.tokens.npy", np.frombuffer(tokens, dtype=np.uint16))
        np.save(f"{prefix}.offsets.npy", np.cumsum([0, *lengths], dtype=np.int64))


@dataclass(frozen=True)
class Batch:
    """Padded token ids of some sentence pairs.

    source (B, S) ends in eos; target_in (B, T) begins with bos; target_out (B, T) ends in eos; source_lengths (B,).
    """

    source: Tokens
    source_lengths: Tokens
    target_in: Tokens
    target_out: Tokens

    @property
    def target_tokens(self) -> int:
        """Return the number of target tokens, padding aside."""
        return int((self.target_out != PAD_ID).sum())


def pad(sentences: Sequence[Sequence[int] | NDArray[Any]]) -> Tokens:
    """Return token sequences as one array (B, longest), filled up with padding."""
    padded = np.full((len(sentences), max(map(len, sentences))), PAD_ID, dtype=np.int64)
    for row, sentence in zip(padded, sentences, strict=True):
        row[: len(sentence)] = sentence
    return padded


def make_batch(
    sources: Sequence[Sequence[int] | NDArray[Any]], targets: Sequence[Sequence[int] | NDArray[Any]]
) -> Batch:
    """Return the batch of sentences, each given as token ids with their end mark."""
    target_out = pad(targets)
    target_in = np.empty_like(target_out)
    target_in[:, 0] = BOS_ID
    target_in[:, 1:] = target_out[:, :-1]
    lengths = np.array([len(source) for source in sources])
    return Batch(pad(sources), lengths, target_in, target_out)


class PreparedCorpus:
    """A prepared corpus, read in either direction."""

    def __init__(self, folder: Path, *, reverse: bool = False) -> None:
        """Open the corpus in `folder`.

        Raises CorpusError where it is missing, damaged, or of a newer format.
        """
        self.folder, self._reverse = folder, reverse
        self.info = _read_info(folder)
        source, target = self.info["source_language"], self.info["target_language"]
        self.languages: tuple[str, str] = (target, source) if reverse else (source, target)
        try:
            self.tokenizer = Tokenizer((folder / "tokenizer.model").read_bytes())
        except (OSError, ModelFolderError):
            raise CorpusError(f"{folder / 'tokenizer.model'}: missing or damaged; prepare the corpus again") from None

    def reversed(self) -> "PreparedCorpus":
        """Return the same corpus, read in the other direction."""
        return PreparedCorpus(self.folder, reverse=not self._reverse)

    @property
    def fingerprint(self) -> str:
        """Return a hash that tells this corpus, read in this direction, from any other."""
        contents = (
            json.dumps(self.info, sort_keys=True).encode(),
            self.tokenizer.model,
            "-".join(self.languages).encode(),
        )
        return hashlib.sha256(b"\0".join(contents)).hexdigest()

    @property
    def cleaning(self) -> CleaningConfig:
        """Return how the training text was cleaned."""
        return CleaningConfig.from_dict(self.info["cleaning"])

    @property
    def words(self) -> int:
        """Return the number of words of the training text, in the language that has more."""
        return int(max(self.info["words"].values()))

    @property
    def target_tokens(self) -> int:
        """Return the number of tokens of the training text's target side, end marks included."""
        return int(self.train()[1].lengths.sum())

    def train(self) -> tuple[TokenFile, TokenFile]:
        """Return the source and the target side of the training text."""
        source, target = (TokenFile(self.folder / f"train.{language}") for language in self.languages)
        return source, target

    def split(self, name: str) -> list[Pair]:
        """Return the raw sentence pairs of "valid" or "test"."""
        return read_parallel(str(self.folder / name), self.languages)


def _read_info(folder: Path) -> dict[str, Any]:
    try:
        info: dict[str, Any] = json.loads((folder / "prepared.json").read_text(encoding="utf-8"))
        if int(info["format_version"]) > FORMAT_VERSION:
            raise CorpusError(f"{folder}: prepared by a newer version of attn-mt; update attn-mt, or prepare it again")
        CleaningConfig.from_dict(info["cleaning"])
        needed = [info["words"][info[side]] for side in ("source_language", "target_language")]
        if all(isinstance(count, int) for count in [*needed, info["pairs"]["train"]]):
            return info
    except FileNotFoundError:
        raise CorpusError(f"{folder}: no prepared corpus there; make one with: attn-mt prepare") from None
    except (ValueError, LookupError, TypeError, AttributeError, SettingsError):
        pass
    raise CorpusError(f"{folder / 'prepared.json'}: damaged; prepare the corpus again")


class Batches:
    """Batches of about `batch_tokens` target tokens, of sentences of like length, in an order that `seed` decides.

    All sentences of a batch have nearly one target length and similar source lengths, so that padding is rare. The
    number of batches is the same in every epoch.
    """

    def __init__(self, source: TokenFile, target: TokenFile, *, batch_tokens: int, seed: int) -> None:
        self._source, self._target, self._seed = source, target, seed
        lengths = np.sort(target.lengths)
        self._bounds = cut(lengths, batch_tokens)

    def __len__(self) -> int:
        return len(self._bounds) - 1

    def epoch(self, number: int, begin: int = 0) -> Iterator[Batch]:
        """Yield the batches of epoch `number` (from 0), from the one at `begin` on; the same ones at every call."""
        random = np.random.default_rng([self._seed, number])
        # Within one target length by source length, which noise of a few tokens mixes from epoch to epoch.
        noise = random.uniform(0, 4, len(self._source))
        order = np.lexsort((self._source.lengths + noise, self._target.lengths))
        for index in random.permutation(len(self))[begin:]:
            rows = order[self._bounds[index] : self._bounds[index + 1]]
            yield make_batch([self._source[row] for row in rows], [self._target[row] for row in rows])


def cut(lengths: Tokens, batch_tokens: int) -> list[int]:
    """Return where to cut ascending `lengths` so that no padded piece holds more than `batch_tokens` (or one row).

    Numbers of rows are rounded down to four leading bits, so that batches have few shapes (see products.py).
    """
    bounds = [0]
    while (begin := bounds[-1]) < len(lengths):
        some = lengths[begin : begin + max(1, batch_tokens // int(lengths[begin]))]
        rows = max(1, int((np.arange(1, len(some) + 1) * some <= batch_tokens).sum()))
        step = 1 << max(0, rows.bit_length() - 4)
        bounds.append(begin + (rows // step * step if begin + rows < len(lengths) else rows))
    return bounds
