"""Text to token ids and back: one SentencePiece model for both languages, with byte fallback, so nothing is unknown.

Text comes back unchanged but for these, the normalisation `nmt_nfkc` of SentencePiece and `fold`:

- It is in Unicode's compatibility form NFKC (ﬁ is fi, ½ is 1⁄2, full-width letters are ASCII), except that ～ (U+FF5E)
  stays, and that marks may be neither composed with their letter nor in canonical order.
- ’ (U+2019) is '.
- U+0001 to U+0008, U+000B, U+000E to U+001F, U+007F, U+008F and U+009F are removed. U+0000 stays.
- Tab, line feed, form feed, carriage return, U+061C, U+1680, U+200B, U+200C, U+200E, U+200F, U+2028, U+2029, U+2581,
  U+FEFF and U+FFFD are spaces.
- Spaces, also those that NFKC makes of U+00A0 or U+3000, are one space, and none at the beginning and the end.
"""

import io
import math
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import accumulate, chain
from typing import Self

import sentencepiece

from attn_cli.foundation.errors import CorpusError, ModelFolderError, VocabularyError
from attn_cli.foundation.settings import BOS_ID, EOS_ID, PAD_ID, UNK_ID, TokenizerConfig

BYTE_SCORE = -20.0  # less than the score of any piece: SentencePiece gives a byte none
LARGEST_GROWN = 64_000  # pieces that a vocabulary grows to by itself
TOKENIZER_MOST = 1 << 26  # bytes of a tokenizer; a million pieces take half of that
FIXED_PIECES = 4 + 256  # of every vocabulary: the special ones and the bytes
LEAST_COVERAGE = 0.98  # that SentencePiece accepts


def fold(text: str) -> str:
    """Return `text` with ' in place of ’ (U+2019), so that both spellings of a word are the same word."""
    return text.replace("\u2019", "'")


def with_room_for_characters(config: TokenizerConfig, lines: Iterable[str], *, larger: bool) -> TokenizerConfig:
    """Return `config` changed for lines with more different characters than it has room for, as Chinese text may have.

    With `larger` the vocabulary grows by their number. Rare characters are left to bytes, so that the others take half
    of the pieces. Raises VocabularyError where even the fewest that SentencePiece accepts are more than all pieces.
    """
    counts = Counter(chain.from_iterable(unicodedata.normalize("NFKC", fold(line)) for line in lines))
    total = counts.total()
    covered = [count / total for count in accumulate(sorted(counts.values(), reverse=True))]
    size = min(config.vocab_size + len(covered), LARGEST_GROWN) if larger else config.vocab_size
    least = FIXED_PIECES + sum(share < LEAST_COVERAGE for share in covered) + 1
    if least > size:
        remedy = "check the text" if larger else f"give at least {math.ceil(least / 100 + 1) * 100}, or leave it out"
        raise VocabularyError(f"`vocab_size` {size}: too small for {len(covered):,} different characters; {remedy}")
    half = covered[min(len(covered), (size - FIXED_PIECES) // 2) - 1]
    coverage = min(config.character_coverage, max(LEAST_COVERAGE, math.floor(half * 10_000) / 10_000))
    return replace(config, vocab_size=size, character_coverage=coverage)


@contextmanager
def _damage() -> Iterator[None]:
    """Name a piece that is not UTF-8: to look for it in each at loading would take 7 ms of 12,000 pieces."""
    try:
        yield
    except UnicodeDecodeError:
        raise ModelFolderError(
            "the tokenizer is damaged, a piece is not UTF-8; copy or train the model again"
        ) from None


class Tokenizer:
    """A SentencePiece model. Ids: pad 0, unk 1, bos 2, eos 3, then 256 bytes, then pieces."""

    def __init__(self, model: bytes) -> None:
        """Load a serialized SentencePiece model.

        Raises ModelFolderError where `model` is not one, or has other special pieces or no bytes.
        """
        self.model = model
        self._processor = sentencepiece.SentencePieceProcessor()
        try:
            self._processor.LoadFromSerializedProto(model)
        except (RuntimeError, UnicodeDecodeError):  # a message about a piece that is not UTF-8 cannot be read itself
            raise ModelFolderError("the tokenizer is not a SentencePiece model; prepare or train again") from None
        special = [getattr(self._processor, f"{name}_id")() for name in ("pad", "unk", "bos", "eos")]
        if special != [PAD_ID, UNK_ID, BOS_ID, EOS_ID] or not self._processor.is_byte(EOS_ID + 1):
            raise ModelFolderError(
                "the tokenizer lacks what attn-mt needs: train it with --pad_id=0 --unk_id=1 --bos_id=2 --eos_id=3 "
                "--byte_fallback"
            )
        self.vocab_size: int = self._processor.get_piece_size()

    @classmethod
    def train(cls, lines: Iterable[str], config: TokenizerConfig) -> Self:
        """Train a unigram model (Kudo 2018, arXiv:1804.10959) on lines of both languages.

        Where the text has too little variety for `config.vocab_size`, the vocabulary is smaller.
        Raises CorpusError where there is no text, VocabularyError where it has more different characters than the
        vocabulary has room for (see `with_room_for_characters`).
        """
        model = io.BytesIO()
        try:
            sentencepiece.SentencePieceTrainer.train(
                sentence_iterator=(fold(line) for line in lines),
                model_writer=model,
                model_type="unigram",
                vocab_size=config.vocab_size,
                hard_vocab_limit=False,
                character_coverage=config.character_coverage,
                byte_fallback=True,
                normalization_rule_name="nmt_nfkc",
                num_threads=config.num_threads,
                max_sentence_length=1 << 16,
                pad_id=PAD_ID,
                unk_id=UNK_ID,
                bos_id=BOS_ID,
                eos_id=EOS_ID,
                minloglevel=2,
            )
        except RuntimeError as error:
            if "required_chars" in str(error):
                raise VocabularyError(
                    f"`vocab_size` {config.vocab_size}: too small for the characters of the text; give a larger one"
                ) from None
            raise CorpusError(f"the tokenizer could not be trained: {str(error).splitlines()[0]}") from None
        return cls(model.getvalue())

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of each text, the final eos included."""
        # One by one: for each call with a list, SentencePiece starts threads.
        return [self._processor.encode(fold(text), add_eos=True) for text in texts]

    def decode(self, tokens: Sequence[Sequence[int]]) -> list[str]:
        """Return the detokenised text of each sequence of token ids; pad, bos and eos add nothing to it."""
        with _damage():
            return [self._processor.decode(list(map(int, sequence))) if len(sequence) else "" for sequence in tokens]

    @property
    def vocabulary(self) -> list[str]:
        """Return all pieces, each at the index that is its token id."""
        return self.pieces(range(self.vocab_size))

    def pieces(self, tokens: Sequence[int]) -> list[str]:
        """Return the pieces (subword strings) of token ids."""
        with _damage():
            return [self._processor.id_to_piece(int(token)) for token in tokens]

    def log_probability(self, text: str) -> float:
        """Return the log-probability of `text` under the tokenizer's unigram model; a byte counts as BYTE_SCORE."""
        [tokens] = self.encode([text])
        return sum(
            BYTE_SCORE if self._processor.is_byte(token) else self._processor.get_score(token) for token in tokens[:-1]
        )
