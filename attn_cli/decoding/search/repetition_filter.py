"""The repetition filter: which tokens would make a translation repeat itself more often than its source does.

Definition. A run is RUN consecutive tokens, and c(r, h) the number of positions at which the run r occurs in h,
overlapping ones included. A source x has the limit

    m(x) = max(OFTEN, the most often that any SOURCE_RUN consecutive tokens occur in x).

After the history h_1 ... h_t the token w is forbidden if the run r = (h_{t-2}, h_{t-1}, h_t, w) has c(r, h) >= m(x):
with w it would occur more than m(x) times. Where that leaves no token of positive probability, none is forbidden.
Shapes: R rows, t tokens so far, k candidates for the next token.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from attn_cli.decoding.engine import Floats, Ids

RUN = 4  # tokens; the formulas above are written for four
OFTEN = 2  # any run may occur this often, whatever the source
SOURCE_RUN = 6  # tokens; longer than RUN, because one rare word alone may have four


def run_limits(sources: Sequence[Sequence[int]]) -> Ids:
    """Return the limit m(x) of each source, (B,)."""
    counts = [Counter(zip(*(source[begin:] for begin in range(SOURCE_RUN)), strict=False)) for source in sources]
    return np.array([max([OFTEN, *count.values()]) for count in counts], dtype=np.int64)


def most_forbidden(history: Ids, limits: Ids) -> int:
    """Return an upper bound on the tokens forbidden after any row of `history` (R, t), given the limits (R,).

    Each forbidden token has followed the last three tokens at least `limit` times.
    """
    return int((_suffix_matches(history).sum(axis=1) // limits).max())


def forbidden(ids: Ids, history: Ids, limits: Ids) -> NDArray[np.bool_]:
    """Return which of the candidates `ids` (R, k) are forbidden after `history` (R, t), given the limits (R,)."""
    matches = _suffix_matches(history)  # (R, t - 3)
    rows = np.flatnonzero(matches.sum(axis=1) >= limits)  # in all other rows no run can have reached its limit
    followers = history[rows, None, RUN - 1 :] == ids[rows, :, None]  # (rows, k, t - 3)
    result = np.zeros(ids.shape, dtype=bool)
    result[rows] = (matches[rows, None] & followers).sum(axis=2) >= limits[rows, None]
    return result


def without(logp: Floats, repeats: NDArray[np.bool_]) -> Floats:
    """Return log-probabilities (R, k) with -inf for the tokens that are `repeats` (R, k).

    A row that would have no token of positive probability left stays as it is.
    """
    left = np.where(repeats, -np.inf, logp)
    return np.where(np.isfinite(left).any(axis=1, keepdims=True), left, logp)


def _suffix_matches(history: Ids) -> NDArray[np.bool_]:
    """Return at which earlier positions the last three tokens of `history` (R, t) occur: (R, t - 3), or (R, 0)."""
    if history.shape[1] < RUN:
        return np.zeros((len(history), 0), dtype=bool)
    windows = np.lib.stride_tricks.sliding_window_view(history, RUN - 1, axis=1)  # (R, t - 2, 3)
    matches: NDArray[np.bool_] = (windows[:, :-1] == windows[:, -1:]).all(axis=2)
    return matches
