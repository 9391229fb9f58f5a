"""Cleaning: which sentence pairs are fit for training, why the others are dropped, and what is mended.

A rule here looks at one pair alone; spool.py looks at the lines around it, and selection.py compares all pairs.
"""

import re
import string
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from attn_cli.foundation.settings import CleaningConfig
from attn_cli.text.analysis.correspondence import disagrees
from attn_cli.text.analysis.language_check import PairCheck
from attn_cli.text.analysis.scripts import mostly_not_letters, wrong_script
from attn_cli.text.formats import Pair
from attn_cli.text.languages import LETTERS, count_words

EMPTY = "one side empty"
TOO_LONG = "too long"
RATIO = "lengths too different"
IDENTICAL = "both sides equal"
NO_LETTERS = "few letters"
SCRIPT = "in another script"
LANGUAGE = "in the other language"
NUMBERS = "numbers disagree"
DISPLACED = "matches another line"
DUPLICATE = "duplicate"
TRANSLATED = "source has a translation already"
HELD_OUT = "also in valid or test"
REASONS = (  # in the order in which they are checked
    EMPTY, TOO_LONG, RATIO, IDENTICAL, NO_LETTERS, SCRIPT, LANGUAGE, NUMBERS, DISPLACED,
    DUPLICATE, TRANSLATED, HELD_OUT,
)  # fmt: skip

CONTROLS = "control characters"
COMPOSED = "characters composed (NFC)"
MENDED = (CONTROLS, COMPOSED)  # changes of a pair that is kept

FEWEST_IDENTICAL = 3  # words; fewer may be a translation of themselves, as "six" and "Ignore Tom" are in French

_LETTER = re.compile(f"[{LETTERS}]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_COMPARED = re.compile(rf"[^\s{re.escape(string.punctuation)}«»“”‘’…–—¿¡。、！？]+")


def normalized(sentence: str) -> str:
    """Return the form in which sentences are compared: without case, punctuation and extra white space.

    A sentence of punctuation alone is returned as it is.
    """
    return " ".join(_COMPARED.findall(sentence.casefold())) or sentence


@dataclass(frozen=True)
class Cleaner:
    """Judges pairs one by one."""

    config: CleaningConfig
    languages: tuple[str, str]

    def mend(self, pair: Pair) -> tuple[Pair, list[str]]:
        """Return the pair without control characters and in the form NFC, and what has changed."""
        if all(side.isascii() and side.isprintable() for side in pair):
            return pair, []
        printable = [_CONTROL.sub(" ", side).strip() for side in pair]
        composed = [unicodedata.normalize("NFC", side) for side in printable]
        changed = [CONTROLS] * (printable != list(pair)) + [COMPOSED] * (composed != printable)
        return (composed[0], composed[1]), changed

    def reason(self, pair: Pair) -> str | None:
        """Return the reason to drop a pair, the first that applies, or None."""
        if not (pair[0] and pair[1]):
            return EMPTY
        if is_too_long(pair, self.config):
            return TOO_LONG
        # Ten bytes are added to each side, because the lengths of short sentences differ more.
        shorter, longer = sorted(_length(side) + 10 for side in pair)
        if longer > self.config.max_ratio * shorter:
            return RATIO
        return None if self.config.keep_suspect else self._suspicion(pair)

    def _suspicion(self, pair: Pair) -> str | None:
        """Return the reason why a pair is probably no translation, or None."""
        if pair[0] == pair[1] and count_words(pair[0]) >= FEWEST_IDENTICAL:
            return IDENTICAL
        if any(map(mostly_not_letters, pair)):
            return NO_LETTERS
        if any(map(wrong_script, pair, self.languages)):
            return SCRIPT
        if self.config.check_language and _pair_check(*self.languages).is_mistaken(*pair):
            return LANGUAGE
        return NUMBERS if disagrees(*pair) else None


@lru_cache(1)
def _pair_check(source: str, target: str) -> PairCheck:
    return PairCheck(source, target)


def is_too_long(pair: Pair, config: CleaningConfig) -> bool:
    """Return whether a side of the pair is longer than the sentences that are trained on."""
    return any(len(side) > config.max_characters or count_words(side) > config.max_words for side in pair)


def _length(sentence: str) -> int:
    """Return a length that is about equal for sentences of the same meaning in any script: the bytes of UTF-8.

    A Chinese character or kana has three, and says as much as two or three Latin letters. One of Thai, Lao, Burmese
    or Khmer has three as well, says no more than one Latin letter, and counts as one byte.
    """
    return len(sentence.encode()) - (0 if sentence.isascii() else 2 * len(_LETTER.findall(sentence)))
