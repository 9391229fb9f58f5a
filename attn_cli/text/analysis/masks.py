"""Masks: words that models copy, in place of literals while a text is translated."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from attn_cli.text.analysis.literals import Literal

# In the order of their use. A number is masked by a number, so that the words around it agree with it.
WORDS = tuple(f"X{number}" for number in range(1, 10))
NUMBERS = ("37", "64", "58", "83", "46", "79", "52")
PLAIN_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


class Mask(NamedTuple):
    """A word in place of a literal, and whether a space was put between it and the text before and after it."""

    word: str
    literal: str
    space_before: bool
    space_after: bool


def can_mask(text: str, literals: Sequence[Literal]) -> bool:
    """Return whether there are masks enough for these literals of `text`."""
    return len(list(_words(text, literals))) == len(literals)


def mask(text: str, spelled: str, literals: Sequence[Literal], begin: int, end: int) -> tuple[str, tuple[Mask, ...]]:
    """Return `spelled` from `begin` to `end` with masks in place of the literals of `text`, and the masks.

    `spelled` is `text`, perhaps in other case, with every letter at its position.
    """
    parts, masks = [], []
    for literal, word in zip(literals, _words(text, literals), strict=True):
        before, after = text[literal.begin - 1 : literal.begin].isalnum(), text[literal.end : literal.end + 1].isalnum()
        masks.append(Mask(word, text[literal.begin : literal.end], before, after))
        parts += [spelled[begin : literal.begin], " " * before, word, " " * after]
        begin = literal.end
    return "".join(parts) + spelled[begin:end], tuple(masks)


def _words(text: str, literals: Sequence[Literal]) -> Iterator[str]:
    """Yield a word that `text` does not hold for each literal, as long as there are any."""
    words, numbers = (iter([word for word in supply if word not in text]) for supply in (WORDS, NUMBERS))
    for literal in literals:
        is_number = PLAIN_NUMBER.fullmatch(text[literal.begin : literal.end])
        word = next(numbers if is_number else words, None)
        if word is None:
            return
        yield word


def are_adjacent(text: str, first: Mask, second: Mask) -> bool:
    """Return whether nothing but white space stands between two masks of `text`, in this order."""
    return bool(re.search(rf"(?<!\w){first.word}\s*{second.word}(?!\w)", text))


def unmask(text: str, masks: Sequence[Mask]) -> str:
    """Return `text` with each literal in place of its mask, without the spaces that were put beside the mask."""
    for each in masks:
        before, after = r"\s*" * each.space_before, r"\s*" * each.space_after
        pattern = rf"{before}(?<!\w){each.word}(?!\w){after}"
        text = re.sub(pattern, each.literal.replace("\\", r"\\"), text)
    return text
