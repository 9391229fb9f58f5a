"""Search without alternatives: each path has one next token, chosen for good. Greedy search, and sampling's loop.

Shapes: R paths that have not ended, t tokens so far.
"""

from collections.abc import Callable
from functools import partial

import numpy as np

from attn_cli.decoding.engine import Floats, Ids
from attn_cli.decoding.search.beginning import Beginning
from attn_cli.decoding.search.hypothesis import Hypothesis, best_first
from attn_cli.decoding.search.repetition_filter import forbidden, most_forbidden, without
from attn_cli.foundation.settings import EOS_ID, DecodingConfig

# The next step of a session, given k.
Step = Callable[..., tuple[Floats, Ids]]
# The choice of next tokens (R,) with their log-probabilities (R,), given the step, the tokens so far (R, t), the run
# limits (R,) and the numbers of the paths (R,).
Choose = Callable[[Step, Ids, Ids, Ids], tuple[Ids, Floats]]


def greedy(beginning: Beginning, config: DecodingConfig) -> list[list[Hypothesis]]:
    """Return for each source a list of one: the translation that takes the most probable token at every step."""
    return follow(beginning, _most_probable, config)


def _most_probable(step: Step, history: Ids, run_limits: Ids, _paths: Ids) -> tuple[Ids, Floats]:
    most = most_forbidden(history, run_limits)
    logp, ids = step(1 + most)
    if most:
        logp = without(logp, forbidden(ids, history, run_limits))
    return ids[np.arange(len(ids)), logp.argmax(axis=1)], logp.max(axis=1)


def follow(beginning: Beginning, choose: Choose, config: DecodingConfig, count: int = 1) -> list[list[Hypothesis]]:
    """Return for each source `count` hypotheses, best first: those of the paths numbered from source · count on."""
    finished: list[list[Hypothesis]] = [[] for _ in beginning.tokens]
    paths = np.arange(len(finished) * count)  # (R,)
    rows = paths // count
    tokens, totals, history = beginning.tokens[rows], beginning.totals[rows], beginning.history[rows]
    while len(paths):
        sources = paths // count
        step = partial(beginning.session.step, tokens, rows)
        tokens, logp = choose(step, history, beginning.run_limits[sources], paths)
        totals, history = totals + logp, np.concatenate([history, tokens[:, None]], axis=1)
        length = history.shape[1]
        ended = tokens == EOS_ID
        done = ended | (length >= beginning.max_lengths[sources])
        for row in np.flatnonzero(done):
            kept = history[row, : length - 1] if ended[row] else history[row]
            finished[sources[row]].append(Hypothesis.of(kept, totals[row], length, config))
        rows = np.flatnonzero(~done)
        paths, tokens, totals, history = paths[rows], tokens[rows], totals[rows], history[rows]
    return [best_first(hypotheses) for hypotheses in finished]
