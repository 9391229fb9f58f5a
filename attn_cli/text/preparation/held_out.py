"""Validation and test text for a corpus without its own: sentence pairs held out from its training text."""

import numpy as np

from attn_cli.text.formats import Pair
from attn_cli.text.preparation.cleaning import normalized

HELD_OUT_SHARE, HELD_OUT_MOST = 0.05, 1000  # of the training pairs, for each split


def hold_out(train: list[Pair], splits: dict[str, list[Pair]], seed: int) -> list[Pair]:
    """Move random pairs of `train` into each of "valid" and "test" that `splits` lacks, and return the rest.

    No side of a pair held out is empty, or equals a sentence of the other split, both `normalized`.
    """
    size = min(HELD_OUT_MOST, int(len(train) * HELD_OUT_SHARE))
    known = {normalized(sentence) for pairs in splits.values() for pair in pairs for sentence in pair}
    order = iter(np.random.default_rng(seed).permutation(len(train)).tolist())
    chosen: set[int] = set()
    for name in ("valid", "test"):
        if name in splits:
            continue
        splits[name] = []
        while len(splits[name]) < size and (row := next(order, None)) is not None:
            sides = {normalized(sentence) for sentence in train[row]}
            if all(train[row]) and not sides & known:
                splits[name].append(train[row])
                chosen.add(row)
        known |= {normalized(sentence) for pair in splits[name] for sentence in pair}
    return [pair for row, pair in enumerate(train) if row not in chosen] if chosen else train
