"""Deterministic balanced choice: among a few random candidates the one used least so far is taken."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Hashable, Sequence
from typing import TypeVar

T = TypeVar("T", bound=Hashable)

CANDIDATES = 5


class Chooser:
    """Draws for the grammar; uses only ``random.Random.random``, whose values never change."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._uses: Counter[Hashable] = Counter()

    def chance(self, probability: float) -> bool:
        """True with the given probability."""
        return self._random.random() < probability

    def any(self, items: Sequence[T]) -> T:
        """One of the items, all equally likely."""
        return items[int(self._random.random() * len(items))]

    def pick(self, items: Sequence[T], context: Hashable = None) -> T:
        """One of the items, with a preference for those picked seldom so far in the same context."""
        candidates = [self.any(items) for _ in range(CANDIDATES)]
        best = min(candidates, key=lambda item: self._uses[item, context])
        self._uses[best, context] += 1
        return best

    def words(self, items: str) -> str:
        """One of the words of a string (an underscore stands for a space)."""
        return self.pick(items.split()).replace("_", " ")
