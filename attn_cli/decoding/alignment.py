"""Words and the attention between them: what a model attended to, word by word.

A word is what spaces separate, with punctuation apart, and with what an apostrophe elides apart (l' ingénieur, but
doesn't): as data/en-fr/test.align counts. In scripts that put no spaces between words each piece is a word.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from attn_cli.decoding.search import BATCH_ROWS, Engine, Floats
from attn_cli.foundation.errors import SettingsError
from attn_cli.models.folder import StoredModel
from attn_cli.text.cleaning import SPACELESS
from attn_cli.text.prepared_corpus import pad
from attn_cli.text.tokenizer import BOS_ID, Tokenizer

END = "</s>"

_MARK = "[" + re.escape('.,;:!?…()[]{}«»"“”„¡¿。、，．；：！？「」『』（）،؛؟।') + "]"
_WORD_BEGINS = re.compile(
    rf"""(?<=\S) (?:
        (?= \s+ \S )                                         # with the space before it,
      | (?<! {_MARK} ) (?= {_MARK} ) (?! (?<= \d ) [.,:] \d )  # as punctuation, but not within a number,
      | (?<= {_MARK} ) (?! {_MARK} ) (?! (?<= \d [.,:] ) \d )  # and after it,
      | (?= {SPACELESS} ) | (?<= {SPACELESS} )
      # and after an elision: between a consonant and a vowel, where English hardly has an apostrophe.
      | (?: (?<= [bcdfghjklmnpqrstvwxz]' ) (?<! aujourd' ) | (?<= qu' ) ) (?= [aàâäæeéèêëhiîïoôöœuùûüy] )
    )""",
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True)
class Alignment:
    """Source words, target words and the attention weights (target words, source words); both end with `END`."""

    source: tuple[str, ...]
    target: tuple[str, ...]
    weights: NDArray[np.float32]


def require_attention(stored: StoredModel) -> None:
    """Raise SettingsError where a model has no attention that could be looked at."""
    if not stored.settings.model.has_attention:
        name = stored.folder.name
        raise SettingsError(f"{name}: trained with --attention none, so there is nothing to see; choose another model")


def align(
    engine: Engine, tokenizer: Tokenizer, sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]]
) -> list[Alignment]:
    """Return what each target attends to; sources are token ids with an end mark, targets without.

    A word of several pieces has, as a source, the sum of what they get, and as a target the average of what they give:
    so a row that is a distribution over source pieces becomes one over source words.
    """
    order = sorted(range(len(sources)), key=lambda index: (len(targets[index]), len(sources[index])))
    found: dict[int, Alignment] = {}
    for begin in range(0, len(order), BATCH_ROWS):
        indices = order[begin : begin + BATCH_ROWS]
        forced = _attend(engine, [sources[index] for index in indices], [targets[index] for index in indices])
        for index, weights in zip(indices, forced, strict=True):
            source, target = sources[index], targets[index]
            found[index] = _joined(tokenizer, source[:-1], target, weights[: len(target) + 1, : len(source)])
    return [found[index] for index in range(len(sources))]


def _attend(engine: Engine, sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]]) -> Floats:
    """Return the weights (B, T, S) with which targets, teacher-forced, and their end marks are predicted."""
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
    """Return at which of `tokens` each word begins, and the words; the last one is the end mark, behind them all."""
    text, *before = tokenizer.decode([tokens, *(tokens[:index] for index in range(len(tokens)))])
    # Amid the bytes of a character what is decoded so far is no beginning of the text.
    places = [len(prefix) if text.startswith(prefix) else None for prefix in before]
    begins = [i for i, place in enumerate(places) if i == 0 or (place and _WORD_BEGINS.match(text, place))]
    begins.append(len(tokens))
    found = tokenizer.decode([tokens[begin:end] for begin, end in pairwise(begins)])
    return begins, (*(word.strip() for word in found), END)


def printable(word: str) -> str:
    """Return a word without characters that have no shape of their own, such as control characters."""
    return "".join(char for char in word if char.isprintable()) or "\ufffd"
