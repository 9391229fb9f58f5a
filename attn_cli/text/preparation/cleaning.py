"""Cleaning: which sentence pairs are fit for training, and why the others are dropped."""

import re
import string
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from attn_cli.foundation.settings import CleaningConfig
from attn_cli.text.formats import Pair
from attn_cli.text.languages import LETTERS, count_words

EMPTY = "one side empty"
TOO_LONG = "too long"
RATIO = "lengths too different"
DUPLICATE = "duplicate"
HELD_OUT = "also in valid or test"
REASONS = (EMPTY, TOO_LONG, RATIO, DUPLICATE, HELD_OUT)  # in the order in which they are checked

_LETTER = re.compile(f"[{LETTERS}]")
_IGNORED = str.maketrans(dict.fromkeys(string.punctuation + "«»“”‘’…–—¿¡。、！？", " "))


def normalized(sentence: str) -> str:
    """Return the form in which sentences are compared: without case, punctuation and extra white space.

    A sentence of punctuation alone is returned as it is.
    """
    return " ".join(sentence.casefold().translate(_IGNORED).split()) or sentence


@dataclass
class Cleaning:
    """The result of cleaning in numbers: pairs read, pairs kept, and pairs dropped for each reason."""

    read: int = 0
    kept: int = 0
    dropped: Counter[str] = field(default_factory=Counter)


def clean(pairs: Iterable[Pair], held_out: Iterable[Pair], config: CleaningConfig) -> tuple[list[Pair], Cleaning]:
    """Return the pairs fit for training, and how many were dropped for each reason (the first that applies).

    A pair is dropped as held out where either of its sides equals that side of a pair in `held_out`, both `normalized`.
    """
    seen: set[Pair] = set()
    kept: list[Pair] = []
    known: tuple[set[str], set[str]] = (set(), set())
    for pair in held_out:
        for side, sentence in zip(known, pair, strict=True):
            side.add(normalized(sentence))
    cleaning = Cleaning()
    for pair in pairs:
        cleaning.read += 1
        reason = _unfit(pair, config) or _repeated(pair, seen, known)
        if reason:
            cleaning.dropped[reason] += 1
        else:
            kept.append(pair)
    cleaning.kept = len(kept)
    return kept, cleaning


def is_too_long(pair: Pair, config: CleaningConfig) -> bool:
    """Return whether a side of the pair is longer than the sentences that are trained on."""
    return any(len(side) > config.max_characters or count_words(side) > config.max_words for side in pair)


def _unfit(pair: Pair, config: CleaningConfig) -> str | None:
    """Return the reason to drop a pair that does not depend on other pairs, or None."""
    if not (pair[0] and pair[1]):
        return EMPTY
    if is_too_long(pair, config):
        return TOO_LONG
    # Ten bytes are added to each side, because the lengths of short sentences differ more.
    shorter, longer = sorted(_length(side) + 10 for side in pair)
    return RATIO if longer > config.max_ratio * shorter else None


def _length(sentence: str) -> int:
    """Return a length that is about equal for sentences of the same meaning in any script: the bytes of UTF-8.

    A Chinese character or kana has three, and says as much as two or three Latin letters. One of Thai, Lao, Burmese
    or Khmer has three as well, says no more than one Latin letter, and counts as one byte.
    """
    return len(sentence.encode()) - (0 if sentence.isascii() else 2 * len(_LETTER.findall(sentence)))


def _repeated(pair: Pair, seen: set[Pair], known: tuple[set[str], set[str]]) -> str | None:
    """Return the reason to drop a pair that was read before or is held out, or None; add the pair to `seen`."""
    if pair in seen:
        return DUPLICATE
    seen.add(pair)
    held_out = any(normalized(sentence) in side for sentence, side in zip(pair, known, strict=True))
    return HELD_OUT if held_out else None
