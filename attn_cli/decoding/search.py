"""Greedy and beam search over the steps of an engine. Token ids only, in NumPy, without torch.

The score of a hypothesis is log p / length ** length_penalty, EOS counted in both (Wu et al. 2016, arXiv:1609.08144,
section 7, with a plain power). A translation has at most 2·S + 10 tokens, for a source of S tokens with EOS. A
hypothesis that would repeat itself (see repetition_filter.py) is dropped; if it is the only one left, it continues with
the most probable token that the filter allows. Shapes: A sources whose search continues, K beam size, W living
hypotheses per source (1 at first, then up to K), R rows of a step (A·W), t tokens so far.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from attn_cli.decoding.engine import Engine, Floats, Ids
from attn_cli.decoding.repetition_filter import forbidden, most_forbidden, run_limits
from attn_cli.foundation.settings import BOS_ID, EOS_ID, DecodingConfig

BATCH_ROWS = 384  # hypotheses decoded at once

_Number = TypeVar("_Number", float, Floats)


@dataclass(frozen=True)
class Hypothesis:
    """A translation: token ids without EOS, log-probability, score, and length, in which EOS is counted.

    A hypothesis that was stopped by the limit on its length has no EOS.
    """

    tokens: list[int]
    log_probability: float
    score: float
    length: int


def search(engine: Engine, sources: Sequence[Sequence[int]], config: DecodingConfig) -> list[list[Hypothesis]]:
    """Return all finished hypotheses of each source, best first; at least one each, and just one if beam_size is 1.

    Each source is a sequence of token ids that ends with EOS. Sources of similar length are decoded together.
    """
    order = sorted(range(len(sources)), key=lambda index: len(sources[index]))
    size = max(1, BATCH_ROWS // config.beam_size)
    finished: dict[int, list[Hypothesis]] = {}
    for begin in range(0, len(order), size):
        indices = order[begin : begin + size]
        batch = [sources[index] for index in indices]
        results = greedy(engine, batch, config) if config.beam_size == 1 else beam(engine, batch, config)
        finished.update(zip(indices, results, strict=True))
    return [finished[index] for index in range(len(sources))]


def normalized(log_probability: _Number, length: int | Ids, config: DecodingConfig) -> _Number:
    """Return the score of a log-probability, or of an array of them: log p / length ** length_penalty."""
    return log_probability / length**config.length_penalty  # type: ignore[return-value]


def _hypothesis(tokens: Ids, log_probability: float, length: int, config: DecodingConfig) -> Hypothesis:
    log_probability = float(log_probability)
    return Hypothesis(tokens.tolist(), log_probability, normalized(log_probability, length, config), length)


def _max_lengths(sources: Sequence[Sequence[int]]) -> Ids:
    return np.array([2 * len(source) + 10 for source in sources], dtype=np.int64)


def greedy(engine: Engine, sources: Sequence[Sequence[int]], config: DecodingConfig) -> list[list[Hypothesis]]:
    """Return for each source a list of one: the translation that takes the most probable token at every step."""
    session = engine.start(sources)
    max_lengths, limits = _max_lengths(sources), run_limits(sources)
    finished: list[list[Hypothesis]] = [[] for _ in sources]
    alive = np.arange(len(sources))  # (R,) the source of each row
    rows, tokens = alive, np.full(len(sources), BOS_ID)
    totals, history = np.zeros(len(sources)), np.empty((len(sources), 0), dtype=np.int64)  # (R,), (R, t)
    while len(alive):
        most = most_forbidden(history, limits[alive])
        logp, ids = session.step(tokens, rows, 1 + most)
        if most:
            logp = np.where(forbidden(ids, history, limits[alive]), -np.inf, logp)
        tokens, totals = ids[np.arange(len(ids)), logp.argmax(axis=1)], totals + logp.max(axis=1)
        history = np.concatenate([history, tokens[:, None]], axis=1)
        length = history.shape[1]
        ended = tokens == EOS_ID
        done = ended | (length >= max_lengths[alive])
        for row in np.flatnonzero(done):
            kept = history[row, : length - 1] if ended[row] else history[row]
            finished[alive[row]].append(_hypothesis(kept, totals[row], length, config))
        rows = np.flatnonzero(~done)
        alive, tokens, totals, history = alive[rows], tokens[rows], totals[rows], history[rows]
    return finished


def beam(engine: Engine, sources: Sequence[Sequence[int]], config: DecodingConfig) -> list[list[Hypothesis]]:
    """Return for each source the hypotheses that a beam search finishes, best first.

    The search for a source ends when no living hypothesis can still exceed the best finished one; or when `beam_size`
    hypotheses have finished and no living one has a better score at its present length.
    """
    session = engine.start(sources)
    max_lengths, limits = _max_lengths(sources), run_limits(sources)
    finished: list[list[Hypothesis]] = [[] for _ in sources]
    alive = np.arange(len(sources))  # (A,) the sources whose search continues
    rows, tokens = alive, np.full(len(sources), BOS_ID)
    totals: Floats = np.zeros((len(sources), 1))  # (A, W) log-probabilities of the living hypotheses
    history = np.empty((len(sources), 1, 0), dtype=np.int64)  # (A, W, t)
    while len(alive):
        rows_history, rows_limits = history.reshape(len(rows), -1), limits[alive].repeat(history.shape[1])
        most = most_forbidden(rows_history, rows_limits)
        logp, ids = session.step(tokens, rows, max(2 * config.beam_size, 1 + most))
        if most:
            totals, logp = _without_repetitions(totals, logp, forbidden(ids, rows_history, rows_limits))
        step = _expand(totals, logp, ids, config.beam_size)
        _collect(step, history, alive, finished, config)
        totals, parents, tokens = _survivors(step, config.beam_size)  # each (A, W)
        history = np.take_along_axis(history, parents[:, :, None], axis=1)
        history = np.concatenate([history, tokens[:, :, None]], axis=2)
        length = history.shape[2]
        done = _done(totals, [finished[index] for index in alive], max_lengths[alive], length, config)
        for index in np.flatnonzero(done):
            if not finished[alive[index]]:  # the limit on the length came before any EOS
                finished[alive[index]].append(_hypothesis(history[index, 0], totals[index, 0], length, config))
        rows = (np.arange(len(alive))[:, None] * step.width + parents)[~done].reshape(-1)
        alive, totals, history = alive[~done], totals[~done], history[~done]
        tokens = tokens[~done].reshape(-1)
    return [sorted(hypotheses, key=lambda hypothesis: -hypothesis.score) for hypotheses in finished]


def _without_repetitions(totals: Floats, logp: Floats, repeats: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return totals (A, W) and logp (R, k) with -inf for dropped hypotheses and for tokens that are `repeats` (R, k).

    A hypothesis is dropped if its most probable next token is forbidden, unless no other one of its source is left.
    """
    dropped = repeats[:, 0].reshape(totals.shape)
    others_left = (np.isfinite(totals) & ~dropped).any(axis=1, keepdims=True)
    return np.where(dropped & others_left, -np.inf, totals), np.where(repeats, -np.inf, logp)


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
        hypothesis = _hypothesis(tokens, step.totals[index, rank], len(tokens) + 1, config)
        finished[alive[index]].append(hypothesis)


def _survivors(step: _Step, beam_size: int) -> tuple[Floats, Ids, Ids]:
    """Return totals, parents and tokens (A, up to K) of the best continuations; those that have ended get -inf."""
    totals = np.where(step.tokens == EOS_ID, -np.inf, step.totals)
    order = np.argsort(-totals, axis=1, kind="stable")[:, :beam_size]
    selected = (np.take_along_axis(values, order, axis=1) for values in (totals, step.parents, step.tokens))
    return tuple(selected)  # type: ignore[return-value]


def _done(
    totals: Floats, finished: list[list[Hypothesis]], max_lengths: Ids, length: int, config: DecodingConfig
) -> NDArray[np.bool_]:
    """Return for each source (A,) whether its search is over, given the totals (A, W) of its living hypotheses.

    A log-probability only falls as a hypothesis grows, so its score is at most log p / max_length ** length_penalty.
    It is not enough that `beam_size` hypotheses have finished: where a model is very certain, early ends of low
    probability fill the ranks of the beam.
    """
    best = totals.max(axis=1)
    bound, now = normalized(best, max_lengths, config), normalized(best, length, config)
    reached = np.array([max((hypothesis.score for hypothesis in some), default=-np.inf) for some in finished])
    enough = np.array([len(some) >= config.beam_size for some in finished])
    done: NDArray[np.bool_] = (enough & (reached >= now)) | (reached >= bound) | (length >= max_lengths)
    return done
