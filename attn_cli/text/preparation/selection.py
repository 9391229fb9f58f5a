"""Selection: pairs that repeat others are dropped, and pairs are held out where a corpus has no valid or test.

Pairs are compared by the hashes in their rows (spool.py).
"""

import numpy as np
from numpy.typing import NDArray

from attn_cli.text.preparation.cleaning import DUPLICATE, HELD_OUT, TRANSLATED
from attn_cli.text.preparation.spool import FATES, TRAIN, Rows

HELD_OUT_SHARE, HELD_OUT_MOST = 0.05, 1000  # of the pairs that are kept, for each split
JUDGED, FEWEST_EQUAL = 100_000, 20  # pairs that are judged for a side of one sentence, and pairs that have it

Hashes = NDArray[np.uint64]
Sides = tuple[Hashes, Hashes]  # of the sentences of a split, by side


def drop_repeated(rows: Rows, *, one_translation: bool) -> None:
    """Drop the pairs that are there already and, with `one_translation`, those whose source is there already."""
    _drop_later(rows, "pair", DUPLICATE)
    if one_translation:
        _drop_later(rows, "source", TRANSLATED)


def drop_known(rows: Rows, known: Sides) -> None:
    """Drop the pairs to train on either side of which equals that side of a pair in `known`."""
    for name, hashes in zip(("source", "target"), known, strict=True):
        kept = np.flatnonzero(rows["fate"] == TRAIN)
        rows["fate"][kept[np.isin(rows[name][kept], hashes)]] = FATES.index(HELD_OUT)


def hold_out(rows: Rows, given: dict[str, Sides], *, seed: int, genuine: int) -> None:
    """Hold out random pairs for each of valid and test that is not `given`, and drop those that share a sentence.

    They are pairs to train on, among the first `genuine` ones. No side of a pair held out equals a sentence of the
    other split.
    """
    kept = np.flatnonzero(rows["fate"][:genuine] == TRAIN)
    size = min(HELD_OUT_MOST, int(len(kept) * HELD_OUT_SHARE))
    order = iter(np.random.default_rng(seed).permutation(kept))
    known = {int(sentence) for sides in given.values() for side in sides for sentence in side}
    for name in ("valid", "test"):
        if name in given:
            continue
        chosen: list[int] = []
        while len(chosen) < size and (row := next(order, None)) is not None:
            if not {int(rows["source"][row]), int(rows["target"][row])} & known:
                chosen.append(row)
        rows["fate"][chosen] = FATES.index(name)
        sides = rows["source"][chosen], rows["target"][chosen]
        known.update(int(sentence) for side in sides for sentence in side)
        drop_known(rows, sides)


def one_sentence(rows: Rows) -> str | None:
    """Return a warning where one side is the same sentence in most pairs, judged by the first ones, else None."""
    some = rows[np.flatnonzero(rows["fate"] == TRAIN)[:JUDGED]]
    for name in ("source", "target"):
        most = int(np.unique(some[name], return_counts=True)[1].max(initial=0))
        if most > max(FEWEST_EQUAL, len(some) / 2):
            return f"warning: the {name} side is the same sentence in {most:,} of {len(some):,} pairs; check the files"
    return None


def _drop_later(rows: Rows, name: str, reason: str) -> None:
    """Drop each pair to train on that has the hash `name` of an earlier one."""
    kept = np.flatnonzero(rows["fate"] == TRAIN)
    hashes = rows[name][kept]
    order = np.argsort(hashes, kind="stable")
    same = hashes[order[1:]] == hashes[order[:-1]]
    rows["fate"][kept[order[1:][same]]] = FATES.index(reason)
