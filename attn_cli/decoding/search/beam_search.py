"""Beam search.

A hypothesis that would repeat itself (see repetition_filter.py) is dropped; if it is the only one left, it continues
with the most probable token that the filter allows. Where one translation is wanted, a hypothesis is dropped too when
its probability falls far behind that of the best one: pruning by a relative threshold (Freitag and Al-Onaizan 2017,
arXiv:1702.01806, section 3). Shapes: A sources whose search continues, K beam size, W hypotheses per source (1 at
first, then up to K), of which some have been dropped (-inf), R rows of a step: those that have not, t tokens so far.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import nlargest
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attn_cli.decoding.engine import Floats, Ids
from attn_cli.decoding.search.beginning import Beginning
from attn_cli.decoding.search.hypothesis import Hypothesis, best_first, normalized
from attn_cli.decoding.search.repetition_filter import forbidden, most_forbidden, without
from attn_cli.foundation.settings import EOS_ID, DecodingConfig

# In nats. docs/performance.md, "Pruning the beam", has what it costs and gains.
PRUNED_BEHIND = 2.5


def beam(beginning: Beginning, config: DecodingConfig) -> list[list[Hypothesis]]:
    """Return for each source the hypotheses that a beam search finishes, best first.

    The search for a source ends when no living hypothesis can still exceed the `n_best`-th best finished one; or when
    `beam_size` hypotheses have finished and no living one has a better score, at its present length, than that one. If
    the limit on the length comes before any EOS, the `n_best` best living hypotheses are returned.
    """
    session, tokens = beginning.session, beginning.tokens[:, None]  # (A, W) the last token of each hypothesis
    finished: list[list[Hypothesis]] = [[] for _ in tokens]
    alive = np.arange(len(tokens))  # (A,) the sources whose search continues
    rows = alive[:, None]  # (A, W) the row of the last step that each hypothesis continues
    totals = beginning.totals[:, None]  # (A, W) log-probabilities of the living hypotheses
    history = beginning.history[:, None]  # (A, W, t)
    behind = PRUNED_BEHIND if config.n_best == 1 else np.inf
    while len(alive):
        living = _living(totals)
        rows_history, rows_limits = history[living], beginning.run_limits[alive].repeat(living.sum(axis=1))
        most = most_forbidden(rows_history, rows_limits)
        logp, ids = session.step(tokens[living], rows[living], max(2 * config.beam_size, 1 + most))
        repeats = forbidden(ids, rows_history, rows_limits) if most else None
        logp, ids = _spread(logp, living, -np.inf), _spread(ids, living, EOS_ID)
        if repeats is not None:
            totals, logp = _without_repetitions(totals, logp, _spread(repeats, living, fill=False))
        step = _expand(totals, logp, ids, config.beam_size)
        _collect(step, history, alive, finished, config)
        totals, parents, tokens = _survivors(step, config.beam_size, behind)  # each (A, W)
        history = np.take_along_axis(history, parents[:, :, None], axis=1)
        history = np.concatenate([history, tokens[:, :, None]], axis=2)
        length = history.shape[2]
        done = _done(totals, [finished[index] for index in alive], beginning.max_lengths[alive], length, config)
        for index in np.flatnonzero(done):
            if not finished[alive[index]]:
                count = max(1, min(config.n_best, np.isfinite(totals[index]).sum()))
                best = zip(history[index, :count], totals[index, :count], strict=True)
                finished[alive[index]] = [Hypothesis.of(*each, length, config) for each in best]
        numbers = living.cumsum().reshape(living.shape) - 1  # of the rows of this step
        rows = np.take_along_axis(numbers, parents, axis=1)[~done]
        alive, totals, history, tokens = alive[~done], totals[~done], history[~done], tokens[~done]
    return [best_first(hypotheses) for hypotheses in finished]


def _living(totals: Floats) -> NDArray[np.bool_]:
    """Return which hypotheses (A, W) are continued: those that have not been dropped, at least one of each source."""
    living = np.isfinite(totals)
    living[:, 0] |= ~living.any(axis=1)
    return living


def _spread(values: NDArray[Any], living: NDArray[np.bool_], fill: float) -> NDArray[Any]:
    """Return the values (R, k) of the living hypotheses (A, W) at their rows of (A·W, k), and `fill` at the others."""
    if living.all():
        return values
    spread = np.full((living.size, values.shape[1]), fill, dtype=values.dtype)
    spread[living.reshape(-1)] = values
    return spread


def _without_repetitions(totals: Floats, logp: Floats, repeats: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return totals (A, W) and logp (R, k) with -inf for dropped hypotheses and for tokens that are `repeats` (R, k).

    A hypothesis is dropped if its most probable next token is forbidden, unless no other one of its source is left.
    """
    dropped = repeats[:, 0].reshape(totals.shape)
    others_left = (np.isfinite(totals) & ~dropped).any(axis=1, keepdims=True)
    return np.where(dropped & others_left, -np.inf, totals), without(logp, repeats)


@dataclass(frozen=True)
class _Step:
    """The 2K best continuations of each source, best first: arrays (A, up to 2K).

    `totals` are log-probabilities; `parents` are the continued hypotheses, from 0 to `width` - 1.
    """

    totals: Floats
    parents: Ids
    tokens: Ids
    width: int


def _expand(totals: Floats, logp: Floats, ids: Ids, beam_size: int) -> _Step:
    """Return the best continuations of the living hypotheses (A, W), from the best next tokens (R, k) of each."""
    sources, width = totals.shape
    k = logp.shape[1]
    candidates = (totals[:, :, None] + logp.reshape(sources, width, k)).reshape(sources, width * k)
    order = np.argsort(-candidates, axis=1, kind="stable")[:, : 2 * beam_size]
    tokens = np.take_along_axis(ids.reshape(sources, width * k), order, axis=1)
    return _Step(np.take_along_axis(candidates, order, axis=1), order // k, tokens, width)


def _collect(step: _Step, history: Ids, alive: Ids, finished: list[list[Hypothesis]], config: DecodingConfig) -> None:
    """Add to `finished` those of the `beam_size` best continuations of each source that end with EOS."""
    best = slice(0, config.beam_size)
    ended = (step.tokens[:, best] == EOS_ID) & np.isfinite(step.totals[:, best])
    for index, rank in zip(*np.nonzero(ended), strict=True):
        tokens = history[index, step.parents[index, rank]]
        hypothesis = Hypothesis.of(tokens, step.totals[index, rank], len(tokens) + 1, config)
        finished[alive[index]].append(hypothesis)


def _survivors(step: _Step, beam_size: int, behind: float) -> tuple[Floats, Ids, Ids]:
    """Return totals, parents and tokens (A, up to K) of the best continuations.

    Those that have ended, or are more than `behind` behind the best, get -inf.
    """
    totals = np.where(step.tokens == EOS_ID, -np.inf, step.totals)
    order = np.argsort(-totals, axis=1, kind="stable")[:, :beam_size]
    totals, parents, tokens = (np.take_along_axis(each, order, axis=1) for each in (totals, step.parents, step.tokens))
    return np.where(totals < totals[:, :1] - behind, -np.inf, totals), parents, tokens


def _done(
    totals: Floats, finished: Sequence[Sequence[Hypothesis]], max_lengths: Ids, length: int, config: DecodingConfig
) -> NDArray[np.bool_]:
    """Return for each source (A,) whether its search is over, given the totals (A, W) of its living hypotheses.

    A log-probability only falls as a hypothesis grows, so its score is at most log p / max_length ** length_penalty.
    It is not enough that `beam_size` hypotheses have finished: where a model is very certain, early ends of low
    probability fill the ranks of the beam.
    """
    best = totals.max(axis=1)
    bound, now = normalized(best, max_lengths, config), normalized(best, length, config)
    reached = np.array([_nth_score(some, config.n_best) for some in finished])
    enough = np.array([len(some) >= config.beam_size for some in finished])
    done: NDArray[np.bool_] = (enough & (reached >= now)) | (reached >= bound) | (length >= max_lengths)
    return done


def _nth_score(hypotheses: Sequence[Hypothesis], n: int) -> float:
    """Return the n-th best score; -inf if there are fewer hypotheses."""
    scores = nlargest(n, (hypothesis.score for hypothesis in hypotheses))
    return scores[-1] if len(scores) == n else -np.inf
