"""Sampling: translations drawn from the model's distribution, token by token.

The next token is drawn from softmax(log p / temperature), restricted first to the `top_k` most probable tokens, then to
the nucleus (Holtzman et al. 2020, arXiv:1904.09751): the fewest of the most probable ones that have `top_p` of what is
left. Tokens that the repetition filter forbids are left out before. Shapes: R paths that have not ended, V vocabulary,
k tokens that may be drawn, t tokens so far.
"""

import numpy as np
from numpy.typing import NDArray

from attn_cli.decoding.engine import Floats, Ids
from attn_cli.decoding.search.beginning import Beginning
from attn_cli.decoding.search.hypothesis import Hypothesis
from attn_cli.decoding.search.repetition_filter import forbidden, without
from attn_cli.decoding.search.single_path import Step, follow
from attn_cli.foundation.settings import DecodingConfig


def sample(beginning: Beginning, config: DecodingConfig) -> list[list[Hypothesis]]:
    """Return for each source `n_best` translations, drawn independently, best first.

    Log-probabilities are those of the model, with temperature 1 and all tokens. What is drawn depends on `seed` and on
    the token ids of the source, not on its neighbours.
    """
    streams = [
        np.random.default_rng([config.seed, number, *source])
        for source in beginning.sources
        for number in range(config.n_best)
    ]

    def draw(step: Step, history: Ids, run_limits: Ids, paths: Ids) -> tuple[Ids, Floats]:
        logp, ids = step()  # (R, V)
        scores = without(logp, _repeats(logp.shape, history, run_limits)) / config.temperature
        # The greatest score + Gumbel noise is a draw from softmax(scores). One uniform number per draw would be
        # cheaper, but more draws would then depend on an engine's rounding, and so on the other sources of the batch.
        noise = np.stack([streams[path].gumbel(size=logp.shape[1]) for path in paths])
        if config.top_k or config.top_p:
            scores, ids = _restricted(scores, config)
        best = (scores + np.take_along_axis(noise, ids, axis=1)).argmax(axis=1)
        rows = np.arange(len(paths))
        tokens = ids[rows, best]
        return tokens, logp[rows, tokens]

    return follow(beginning, draw, config, config.n_best)


def _repeats(shape: tuple[int, ...], history: Ids, run_limits: Ids) -> NDArray[np.bool_]:
    """Return which tokens of the vocabulary, (R, V), are forbidden; all of them are in `history` (R, t)."""
    repeats = np.zeros(shape, dtype=bool)
    rows, positions = np.nonzero(forbidden(history, history, run_limits))
    repeats[rows, history[rows, positions]] = True
    return repeats


def _restricted(scores: Floats, config: DecodingConfig) -> tuple[Floats, Ids]:
    """Return scores and ids (R, k) of the best tokens, given all scores (R, V); -inf for those outside the nucleus."""
    ids = np.argsort(-scores, axis=1)[:, : config.top_k]
    best = np.take_along_axis(scores, ids, axis=1)
    if config.top_p is None:
        return best, ids
    exponents = np.exp(best - best[:, :1], dtype=np.float64)
    sums = exponents.cumsum(axis=1)
    better = (sums - exponents) / sums[:, -1:]  # (R, k) the share of the tokens before each
    return np.where(better < config.top_p, best, -np.inf), ids
