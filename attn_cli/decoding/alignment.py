"""Alignment of words: the attention between the words of a source and of its translation.

Words are separated by spaces. Punctuation marks are words of their own, and so is an elided French word with its
apostrophe (l' ingénieur, but doesn't): data/en-fr/test.align counts words in the same way. In scripts without spaces
between words each piece is a word.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from attn_cli.decoding.engine import BATCH_ROWS, Engine, Floats
from attn_cli.foundation.errors import SettingsError
from attn_cli.foundation.settings import BOS_ID
from attn_cli.models.folder import StoredModel
from attn_cli.text.batches import pad
from attn_cli.text.languages import SPACELESS
from attn_cli.text.tokenizer import Tokenizer

if TYPE_CHECKING:
    from attn_cli.decoding.translator import Translation

END = "</s>"  # the end mark, as a word

_MARK = "[" + re.escape('.,;:!?…()[]{}«»"“”„¡¿。、，．；：！？「」『』（）،؛؟।') + "]"
WORD_BEGINS = re.compile(
    rf"""(?<=\S) (?:
        (?= \s+ \S )                                         # with the space before it,
      | (?<! {_MARK} ) (?= {_MARK} ) (?! (?<= \d ) [.,:] \d )  # as punctuation, but not within a number,
      | (?<= {_MARK} ) (?! {_MARK} ) (?! (?<= \d [.,:] ) \d )  # after punctuation, but not within a number,
      | (?= {SPACELESS} ) | (?<= {SPACELESS} )              # before and after a character of a script without spaces,
      # and after an elision: between a consonant and a vowel, where English hardly ever has an apostrophe.
      | (?: (?<= [bcdfghjklmnpqrstvwxz]' ) (?<! aujourd' ) | (?<= qu' ) ) (?= [aàâäæeéèêëhiîïoôöœuùûüy] )
    )""",
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True, eq=False)
class Alignment:
    """The attention between the words of a source and of its translation.

    - `source`, `target`: the words; the last one of each is the end mark `END`;
    - `weights` (target words, source words): how much each target word attends to each source word.
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    weights: NDArray[np.float32]

    def spelled(self, spell: Callable[[str], str]) -> "Alignment":
        """Return this alignment with `spell` applied to every word but the end marks."""
        source, target = ((*map(spell, words[:-1]), words[-1]) for words in (self.source, self.target))
        return Alignment(source, target, self.weights)

    def links(self) -> list[tuple[int, int]]:
        """Return a word alignment: (source index, target index) pairs, from 0, one per target word.

        A target word is linked to the source word of greatest weight, end marks left out; to none if all its weight is
        on the end mark.
        """
        weights = self.weights[:-1, :-1]
        return [(int(row.argmax()), index) for index, row in enumerate(weights) if row.any()]


class WordAlignment(NamedTuple):
    """The words of a line and of its translation, and links between them: (source index, target index), from 0."""

    source: list[str]
    target: list[str]
    links: list[tuple[int, int]]


def word_alignment(translation: "Translation") -> WordAlignment:
    """Return the alignment of a line, given its translation with alignments; a copied text is a word as it stands."""
    whole, alignments = WordAlignment([], [], []), iter(translation.alignments)
    for part in translation.parts:
        if isinstance(part, str):
            source = target = part.split()
            links = [(index, index) for index in range(len(source))]
        else:
            alignment = next(alignments)
            source, target = ([*words[:-1]] for words in (alignment.source, alignment.target))
            links = alignment.links()
        before = len(whole.source), len(whole.target)
        whole.links.extend((before[0] + begin, before[1] + end) for begin, end in links)
        whole.source.extend(source)
        whole.target.extend(target)
    return whole


def require_attention(stored: StoredModel) -> None:
    """Raise SettingsError where a model has no attention, and therefore no alignment."""
    if not stored.settings.model.has_attention:
        raise SettingsError(
            f"{stored.folder.name}: trained with `attention` none, so it has no attention weights; choose another model"
        )


def align(
    engine: Engine, tokenizer: Tokenizer, sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]]
) -> list[Alignment]:
    """Return the attention of each target to its source; sources are token ids with an end mark, targets without.

    Weights of pieces become weights of words: those of the pieces of a source word are summed, those of the pieces of a
    target word averaged. So a row that is a distribution over source pieces becomes one over source words.
    """
    order = sorted(range(len(sources)), key=lambda index: (len(targets[index]), len(sources[index])))
    alignments: dict[int, Alignment] = {}
    for begin in range(0, len(order), BATCH_ROWS):
        indices = order[begin : begin + BATCH_ROWS]
        forced = _forced_weights(engine, [sources[index] for index in indices], [targets[index] for index in indices])
        for index, weights in zip(indices, forced, strict=True):
            source, target = sources[index], targets[index]
            alignments[index] = _joined(tokenizer, source[:-1], target, weights[: len(target) + 1, : len(source)])
    return [alignments[index] for index in range(len(sources))]


def _forced_weights(engine: Engine, sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]]) -> Floats:
    """Return the attention weights (B, T, S) with which targets and their end marks are predicted, teacher-forced."""
    session, rows = engine.start(sources), np.arange(len(sources))
    steps = []
    for tokens in pad([[BOS_ID, *target] for target in targets]).T:
        session.step(tokens, rows, 1)
        steps.append(session.attention())
    return np.stack(steps, axis=1)


def _joined(tokenizer: Tokenizer, source: Sequence[int], target: Sequence[int], weights: Floats) -> Alignment:
    """Return the alignment of words, given the weights (T, S) of pieces and end marks."""
    source_begins, source_words = words(tokenizer, source)
    target_begins, target_words = words(tokenizer, target)
    summed = np.add.reduceat(weights, source_begins, axis=1)
    averaged = np.add.reduceat(summed, target_begins, axis=0) / np.diff([*target_begins, len(weights)])[:, None]
    return Alignment(source_words, target_words, averaged.astype(np.float32))


def words(tokenizer: Tokenizer, tokens: Sequence[int]) -> tuple[list[int], tuple[str, ...]]:
    """Return the index in `tokens` at which each word begins, and the words; the last one is the end mark."""
    text, *before = tokenizer.decode([tokens, *(tokens[:index] for index in range(len(tokens)))])
    # Within the bytes of a character the text decoded so far is not a prefix of the whole text.
    offsets = [len(prefix) if text.startswith(prefix) else None for prefix in before]
    begins = [i for i, offset in enumerate(offsets) if i == 0 or (offset and WORD_BEGINS.match(text, offset))]
    begins.append(len(tokens))
    texts = tokenizer.decode([tokens[begin:end] for begin, end in pairwise(begins)])
    return begins, (*(text.strip() for text in texts), END)


def printable(word: str) -> str:
    """Return a word without characters that have no shape, such as control characters."""
    return "".join(char for char in word if char.isprintable()) or "\ufffd"
