"""Batches of token ids, as training draws them from a prepared corpus."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attn_cli.foundation.settings import BOS_ID, PAD_ID
from attn_cli.text.token_files import TokenFile

Tokens = NDArray[np.int64]


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
        """Return the number of target tokens, not counting padding."""
        return int((self.target_out != PAD_ID).sum())

    def twice(self) -> "Batch":
        """Return the batch with each row twice, one after the other."""
        source, target_in, target_out = (
            side.repeat(2, axis=0) for side in (self.source, self.target_in, self.target_out)
        )
        return Batch(source, self.source_lengths.repeat(2), target_in, target_out)

    def part(self, first: int, step: int) -> "Batch | None":
        """Return every `step`-th row from row `first` on, with no more padding than these need; None without rows."""
        if step == 1:
            return self
        if first >= len(self.source):
            return None
        rows = slice(first, None, step)
        lengths = self.source_lengths[rows]
        longest = int((self.target_out[rows] != PAD_ID).sum(1).max())
        targets = (side[rows, :longest] for side in (self.target_in, self.target_out))
        return Batch(self.source[rows, : lengths.max()], lengths, *targets)


def pad(sentences: Sequence[Sequence[int] | NDArray[Any]]) -> Tokens:
    """Return token sequences as one array (B, longest), padded at the end."""
    padded = np.full((len(sentences), max(map(len, sentences))), PAD_ID, dtype=np.int64)
    for row, sentence in zip(padded, sentences, strict=True):
        row[: len(sentence)] = sentence
    return padded


def make_batch(
    sources: Sequence[Sequence[int] | NDArray[Any]], targets: Sequence[Sequence[int] | NDArray[Any]]
) -> Batch:
    """Return the batch of sentence pairs, each side given as token ids with the final eos."""
    return _batch(pad(sources), np.array([len(source) for source in sources]), pad(targets))


def _batch(source: Tokens, source_lengths: Tokens, target_out: Tokens) -> Batch:
    target_in = np.empty_like(target_out)
    target_in[:, 0] = BOS_ID
    target_in[:, 1:] = target_out[:, :-1]
    return Batch(source, source_lengths, target_in, target_out)


class Batches:
    """Batches of about `batch_tokens` target tokens, of sentences of similar length, in an order that `seed` selects.

    All sentences of a batch have nearly the same target length and similar source lengths, so that there is little
    padding. An epoch consists of all pairs, or of those at `rows`, where a pair may be repeated. The number of batches
    is the same in every epoch.
    """

    def __init__(
        self, source: TokenFile, target: TokenFile, *, batch_tokens: int, seed: int, rows: Tokens | None = None
    ) -> None:
        self._source, self._target, self._seed, self._rows = source, target, seed, rows
        self._lengths = [side.lengths if rows is None else side.lengths[rows] for side in (source, target)]
        counts = np.bincount(self._lengths[1])
        self._bounds = cut(np.repeat(np.arange(len(counts)), counts), batch_tokens)

    def __len__(self) -> int:
        return len(self._bounds) - 1

    def epoch(self, number: int, begin: int = 0) -> Iterator[Batch]:
        """Yield the batches of epoch `number` (from 0), starting with batch `begin`; the same ones at every call."""
        random = np.random.default_rng([self._seed, number])
        # Sentences of one target length are sorted by source length. Noise of a few tokens is added to it, so that
        # each epoch combines different sentences into a batch.
        source_lengths, target_lengths = self._lengths
        order = np.argsort(source_lengths + random.uniform(0, 4, len(source_lengths)))
        # By target length, stably: in 16 bits this is a radix sort. Ten million pairs take 2.0 s, with lexsort 4.7 s.
        order = order[np.argsort(np.minimum(target_lengths[order], 0xFFFF).astype(np.uint16), kind="stable")]
        if self._rows is not None:
            order = self._rows[order]
        for index in random.permutation(len(self))[begin:]:
            rows = order[self._bounds[index] : self._bounds[index + 1]]
            lengths = self._source.lengths[rows].astype(np.int64)
            yield _batch(self._source.padded(rows), lengths, self._target.padded(rows))


def rows_with_share(genuine: int, synthetic: int, share: float) -> Tokens:
    """Return the rows of an epoch in which `share` of the pairs are synthetic; in the corpus these come last.

    No pair is left out: those of the kind that is too rare are repeated, all equally often or once more.
    """
    return np.concatenate(
        [
            _repeated(genuine, round(synthetic * (1 - share) / share)),
            _repeated(synthetic, round(genuine * share / (1 - share))) + genuine,
        ]
    )


def _repeated(rows: int, wanted: int) -> Tokens:
    """Return the numbers below `rows`, evenly repeated until there are `wanted` of them; each at least once."""
    total = max(rows, wanted)
    return np.arange(total) * rows // total


def cut(lengths: Tokens, batch_tokens: int) -> list[int]:
    """Return the bounds that divide ascending `lengths` into batches.

    A batch has at most `batch_tokens` padded tokens, or one row. Its number of rows is rounded down to four leading
    bits, except for the last batch: so batches have few shapes (see network/matmul.py for the cost of a new shape).
    """
    bounds = [0]
    while (begin := bounds[-1]) < len(lengths):
        most = max(1, batch_tokens // int(lengths[begin]))
        # While the next rows all have one length, batches have the same number of rows.
        end = min(int(np.searchsorted(lengths, lengths[begin], side="right")), len(lengths) - 1)
        rows = _rounded_down(most)
        if same := max(0, (end - begin - most) // rows + 1):
            bounds.extend(range(begin + rows, begin + same * rows + 1, rows))
            continue
        some = lengths[begin : begin + most]
        rows = max(1, int((np.arange(1, len(some) + 1) * some <= batch_tokens).sum()))
        bounds.append(begin + (_rounded_down(rows) if begin + rows < len(lengths) else rows))
    return bounds


def _rounded_down(rows: int) -> int:
    """Return `rows` without the bits after its four leading ones."""
    step = 1 << max(0, rows.bit_length() - 4)
    return rows // step * step
