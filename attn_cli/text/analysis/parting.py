"""Where two sides of parallel text part: the first line that is missing on one side, or added.

Each line is compared with the lines of the other side at the same place and up to `MOST_SHIFT` places away: their
lengths (after Gale & Church 1993, "A program for aligning sentences in bilingual corpora"), numbers, long words and
names, and how often their first words and last characters go together. How much each of these says is measured on the
text itself. The path through the shifts with the highest sum is found by dynamic programming (Viterbi), with a penalty
for each change.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

MOST_LINES = 50_000  # of each side that are compared
MOST_SHIFT = 8  # lines
READ = 120  # characters of a line that are searched for numbers, words and names
FEWEST_LINES = 10  # of a side
STEPS = 4000  # of the dynamic programming; longer text goes in blocks of lines
PENALTY = 20.0  # nats, of a change of the shift
PRIOR = 50.0  # lines: how many speak for a feature that says nothing
MOST_EVIDENCE = 3.0  # nats, of one feature of one line
KINDS = 12  # of first words and of last characters that are told apart
PASSES = 3
LEAST_GAIN = 30.0  # nats, of a path with changes over none, and over lines that do not match anywhere
LASTING = 500  # lines away from home; the longest list in another order that was found has 282
LENGTH_DEVIATION = 0.3  # of the logarithm of the ratio of lengths

_tokens = re.compile(r"\d+|\w{6,}|(?<= )[A-Z]\w\w+").findall

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


class Parting(NamedTuple):
    """The first line, from 1, from which two sides no longer match, and how many lines the source lacks there.

    Where it is the target that lacks them, `missing` is negative.
    """

    line: int
    missing: int

    def message(self, names: tuple[str, str]) -> str:
        """Return this as a part of a sentence, with the `names` of source and target."""
        count, name = abs(self.missing), names[self.missing < 0]
        return f"the two sides seem to part at line {self.line:,}, where {name} lacks {count:,} line{'s'[: count - 1]}"


def parting(source: Sequence[str], target: Sequence[str]) -> Parting | None:
    """Return where two lists of lines that should match line by line part, or None where they seem to match.

    Of longer lists the first `MOST_LINES` lines are compared. Lists of different length may match as far as they go.
    Lines that match elsewhere, fewer than `LASTING`, before lines that match again are a list in another order.
    """
    return parting_and_displaced(source, target)[0]


def parting_and_displaced(source: Sequence[str], target: Sequence[str]) -> tuple[Parting | None, list[range]]:
    """Return the parting of two lists of lines, and all parts in which each line matches another one than that beside.

    So a list is found that is in alphabetical order in both languages, if it has some 30 entries.
    """
    shifts, uneven = _best_shifts(source, target), len(source) != len(target)
    parts = _parts_elsewhere(shifts)
    lasting = [
        part for part in parts if len(part) >= min(LASTING, len(shifts) // 3) or (uneven and part.stop == len(shifts))
    ]
    first = Parting(lasting[0].start + 1, int(shifts[lasting[0].start])) if lasting else None
    return first, parts


def _parts_elsewhere(shifts: Integers) -> list[range]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], shifts != 0, [False]])))
    return [range(begin, end) for begin, end in edges.reshape(-1, 2).tolist()]


def _best_shifts(source: Sequence[str], target: Sequence[str]) -> Integers:
    """Return for each line how much further down its match is in the target; all 0 where that is not clear."""
    source, target = source[:MOST_LINES], target[:MOST_LINES]
    unshifted = np.zeros(len(source), np.int64)
    if min(len(source), len(target)) < FEWEST_LINES:
        return unshifted
    shifts = _shifts(len(target) - len(source))
    comparison, home = _Comparison(source, target, shifts), int(np.flatnonzero(shifts == 0)[0])
    block = max(1, len(source) // STEPS)
    path = max(comparison.constants(), key=comparison.total)
    for _ in range(PASSES):
        evidence = comparison.evidence(path)
        if (path == home).all() and _stays(_in_blocks(evidence, block), home):
            return unshifted
        path = np.repeat(_best_path(_in_blocks(evidence, block), home), block)[: len(source)]
    if comparison.total(path) < max(0.0, comparison.total(unshifted + home)) + LEAST_GAIN:
        return unshifted
    return np.asarray(shifts[_sharpened(path, evidence, block)])


def _shifts(difference: int) -> Integers:
    """Return the shifts that are compared: around none, and around that of the last lines."""
    around = np.arange(-MOST_SHIFT, MOST_SHIFT + 1)
    return np.unique(np.concatenate([around, around + difference]))


class _Comparison:
    """How each line of the source compares with the lines of the target at each of the `shifts`."""

    def __init__(self, source: Sequence[str], target: Sequence[str], shifts: Integers) -> None:
        matches = np.arange(len(source))[:, None] + shifts  # (lines, shifts)
        self._inside = (matches >= 0) & (matches < len(target))
        matches = matches.clip(0, len(target) - 1)
        lengths, others = _log_lengths(source), _log_lengths(target)
        self._lengths = np.where(self._inside, _length_evidence(lengths, others, matches), 0.0)
        self._codes: list[Integers] = []
        for mine, theirs in zip(_masks(source), _masks(target), strict=True):
            self._codes.append(_relation(mine[:, None], theirs[matches]))
        for kinds, other_kinds in zip(_kinds(source), _kinds(target), strict=True):
            self._codes.append(kinds[:, None] * KINDS + other_kinds[matches])
        self._expected = [_shares(codes[self._inside]) for codes in self._codes]

    def constants(self) -> Iterator[Integers]:
        """Yield the paths that stay at one shift."""
        lines, shifts = self._lengths.shape
        return (np.full(lines, shift) for shift in range(shifts))

    def evidence(self, path: Integers) -> Floats:
        """Return how much each line speaks for each shift, in nats, measured by the lines on `path`."""
        measured = sum(table[codes] for codes, (table, _) in zip(self._codes, self._tables(path), strict=True))
        return np.where(self._inside, self._lengths + measured, 0.0)

    def total(self, path: Integers) -> float:
        """Return how much all lines speak for `path`, measured by itself."""
        measured = sum(float(table @ counts) for table, counts in self._tables(path))
        return float(self._on(path, self._lengths).sum()) + measured

    def _on(self, path: Integers, values: NDArray[Any]) -> NDArray[Any]:
        lines = np.arange(len(path))
        return values[lines, path][self._inside[lines, path]]

    def _tables(self, path: Integers) -> Iterator[tuple[Floats, Integers]]:
        """Yield for each code the logarithm of how much more often it is on `path` than anywhere, and its count."""
        for codes, expected in zip(self._codes, self._expected, strict=True):
            counts = np.bincount(self._on(path, codes), minlength=len(expected))
            found = (counts + PRIOR * expected) / (counts.sum() + PRIOR)
            yield np.log(found / expected).clip(-MOST_EVIDENCE, MOST_EVIDENCE), counts


def _shares(codes: Integers) -> Floats:
    return np.maximum(np.bincount(codes) / max(1, codes.size), 1e-9)


def _log_lengths(lines: Sequence[str]) -> Floats:
    """Return the logarithms of lengths; ten bytes are added, because short lines differ more."""
    return np.log(np.array([len(line.encode(errors="replace")) for line in lines]) + 10.0)


def _length_evidence(lengths: Floats, others: Floats, matches: Integers) -> Floats:
    """Return how much more probable two lengths are for a match than for any two lines, as normal distributions."""
    ratios = others[matches] - lengths[:, None]
    ratios = ratios - np.median(ratios)
    anywhere = max(1e-3, float(np.sqrt(lengths.var() + others.var())))
    deviation = min(LENGTH_DEVIATION, 0.7 * anywhere)
    evidence = np.log(anywhere / deviation) - ratios**2 / 2 * (deviation**-2 - anywhere**-2)
    evidence = evidence.clip(-MOST_EVIDENCE, MOST_EVIDENCE)
    return np.asarray(evidence - max(0.0, float(evidence.mean())))  # any two lines must not speak for a match


def _masks(lines: Sequence[str]) -> Integers:
    """Return the sets of the numbers of each line, and of the beginnings of its long words and names, as bits."""
    masks = np.empty((2, len(lines)), np.int64)
    for index, line in enumerate(lines):
        sets = [0, 0]
        for token in _tokens(line[:READ]):
            kind, bit = _bit(token)
            sets[kind] |= bit
        masks[:, index] = sets
    return masks


@lru_cache(1 << 16)
def _bit(token: str) -> tuple[int, int]:
    """Return 0 for a number and 1 for a word, and its bit."""
    kind = 0 if token[0].isdecimal() else 1
    part = token[:4].lower() if kind else token[-8:]
    return kind, 1 << int.from_bytes(part.encode(errors="replace")) % 61


def _relation(mine: Integers, theirs: Integers) -> Integers:
    """Return 0 for two empty sets, 1 for one empty, 2 for nothing in common, 3 for something, 4 for equal ones."""
    both = (mine != 0) & (theirs != 0)
    relation = both * 2 + (both & ((mine & theirs) != 0)) + (both & (mine == theirs))
    return np.asarray(np.where(both, relation, (mine != 0) | (theirs != 0)), np.int64)


def _kinds(lines: Sequence[str]) -> list[Integers]:
    """Return the kinds of the first words, of the last characters, and of the numbers of commas, from 0 to KINDS."""
    first = [line[:READ].partition(" ")[0] for line in lines]
    last = [line[-1:] for line in lines]
    commas = np.array([min(KINDS - 1, line.count(",")) for line in lines])
    return [_most_common(first), _most_common(last), commas]


def _most_common(values: list[str]) -> Integers:
    """Return a number for each value: those of the most common ones, and one for all others."""
    kinds = {value: kind for kind, (value, _) in enumerate(Counter(values).most_common(KINDS - 1), 1)}
    return np.array([kinds.get(value, 0) for value in values])


def _in_blocks(evidence: Floats, block: int) -> Floats:
    return np.add.reduceat(evidence, np.arange(0, len(evidence), block))


def _stays(evidence: Floats, home: int) -> bool:
    """Return whether no run of steps gains at another shift what leaving `home` and coming back would cost.

    At the beginning and the end of the text one of the two is saved. A gain is that of the best run that ends in a
    step, which is the sum up to it less the least sum before it (Kadane's algorithm).
    """
    sums = np.cumsum(evidence - evidence[:, home : home + 1], axis=0)
    least = np.minimum.accumulate(np.vstack([np.zeros(sums.shape[1]), sums[:-1]]), axis=0)
    return bool((sums - least).max() <= PENALTY)


def _best_path(evidence: Floats, home: int) -> Integers:
    """Return the shift of each step with which the evidence is highest, less the penalties (Viterbi)."""
    score = evidence[0] - PENALTY
    score[home] += PENALTY
    came_from = np.empty(evidence.shape, np.int64)
    stay = np.arange(evidence.shape[1])
    for step in range(1, len(evidence)):
        best = int(score.argmax())
        changed = score[best] - PENALTY
        came_from[step] = np.where(score >= changed, stay, best)
        score = np.maximum(score, changed) + evidence[step]
    path = np.empty(len(evidence), np.int64)
    path[-1] = score.argmax()
    for step in range(len(evidence) - 1, 0, -1):
        path[step - 1] = came_from[step, path[step]]
    return path


def _sharpened(path: Integers, evidence: Floats, block: int) -> Integers:
    """Return `path` with each change at the line for which most speaks, of the blocks before and after it."""
    changes = [*(np.flatnonzero(np.diff(path)) + 1).tolist(), len(path)]
    path = path.copy()
    for change, following in pairwise(changes):
        old, new = path[change - 1], path[change]
        start, end = max(0, change - block), min(change + block, following)
        stay = np.concatenate([[0.0], np.cumsum(evidence[start:end, old] - evidence[start:end, new])])
        border = start + int(stay.argmax())
        path[start:border], path[border:end] = old, new
    return path
