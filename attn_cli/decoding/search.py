"""Search for the best translation over an engine's steps: greedy and beam. Token ids only; NumPy, no torch.

A hypothesis scores log p / length ** length_penalty, its end mark counted in both (Wu et al. 2016, arXiv:1609.08144,
section 7, with a plain power). A translation has at most 2·S + 10 tokens for a source of S, end mark included, and
holds no four tokens in a row a third time, or more often than its source repeats itself; a hypothesis that would go on
so is dropped, or if it is the last one, goes on with its next likely token.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from attn_cli.foundation.settings import DecodingConfig
from attn_cli.text.tokenizer import BOS_ID, EOS_ID, PAD_ID, UNK_ID

BATCH_ROWS = 384  # hypotheses decoded at once
RUN, OFTEN = 4, 2  # so many tokens in a row may come so often
SOURCE_RUN = 6  # tokens in a row by which a source repeats itself: four may be one rare word
GREEDY_CHOICES = 3  # tokens among which one is found that repeats nothing too often
NEVER_OUT = [PAD_ID, UNK_ID, BOS_ID]  # ids that an engine gives no probability
Ids = NDArray[np.int64]
Floats = NDArray[np.floating[Any]]


class Session(Protocol):
    """Decoding of some sources under way."""

    def step(self, tokens: Ids, rows: Ids, k: int | None = None) -> tuple[Floats, Ids]:
        """Extend hypotheses by `tokens` (R,), each continuing row `rows` (R,) of the last call (at first: a sentence).

        Returns log-probabilities and ids (R, k) of the k best next tokens, best first; all of them, in order of
        id, where k is None. Rows may repeat, be left out, and come in any order.
        """

    def attention(self) -> Floats:
        """Return the attention weights (R, S) of the last step."""


class Engine(Protocol):
    """A model ready to decode."""

    def start(self, sources: Sequence[Sequence[int]]) -> Session:
        """Encode sources, each token ids with an end mark."""


@dataclass(frozen=True)
class Hypothesis:
    """A translation: its token ids without the end mark, its log-probability, and its score."""

    tokens: list[int]
    log_probability: float
    score: float


def search(engine: Engine, sources: Sequence[Sequence[int]], config: DecodingConfig) -> list[Hypothesis]:
    """Return the best translation found for each source; sources of like length are decoded together."""
    order = sorted(range(len(sources)), key=lambda index: len(sources[index]))
    size = max(1, BATCH_ROWS // config.beam_size)
    found: dict[int, Hypothesis] = {}
    for begin in range(0, len(order), size):
        indices = order[begin : begin + size]
        batch = [sources[index] for index in indices]
        results = greedy(engine, batch, config) if config.beam_size == 1 else beam(engine, batch, config)
        found.update(zip(indices, results, strict=True))
    return [found[index] for index in range(len(sources))]


def _max_lengths(sources: Sequence[Sequence[int]]) -> Ids:
    return np.array([2 * len(source) + 10 for source in sources], dtype=np.int64)


def _hypothesis(tokens: Ids, log_probability: float, length: int, config: DecodingConfig) -> Hypothesis:
    return Hypothesis(tokens.tolist(), float(log_probability), float(log_probability) / length**config.length_penalty)


def _most_runs(sources: Sequence[Sequence[int]]) -> Ids:
    """Return for each source how often a translation may hold any four tokens in a row."""
    runs = [Counter(zip(*(source[begin:] for begin in range(SOURCE_RUN)), strict=False)) for source in sources]
    return np.array([max([OFTEN, *counts.values()]) for counts in runs], dtype=np.int64)


def _repeated(history: Ids) -> NDArray[np.bool_]:
    """Tell where the last three tokens of histories (R, length) stand before the end: (R, length - 3), or (R, 0)."""
    if history.shape[1] < RUN:
        return np.zeros((len(history), 0), dtype=bool)
    starts = np.lib.stride_tricks.sliding_window_view(history, RUN - 1, axis=1)  # (R, length - 2, 3)
    again: NDArray[np.bool_] = (starts[:, :-1] == starts[:, -1:]).all(axis=2)
    return again


def _without_repetitions(logp: Floats, ids: Ids, history: Ids, most: Ids) -> tuple[Floats, NDArray[np.bool_]]:
    """Return logp (R, k) with -inf for those of the next tokens `ids` (R, k) that repeat a run of tokens too often.

    `history` (R, length) is what they follow, `most` (R,) how often each row may hold any run of four tokens. Returned
    beside it: which rows (R,) had such a token as the likeliest.
    """
    repeated = _repeated(history)
    rows = np.flatnonzero(repeated.sum(axis=1) >= most)
    followers = history[rows, None, RUN - 1 :] == ids[rows, :, None]  # (rows, k, length - 3)
    too_often = np.zeros(ids.shape, dtype=bool)
    too_often[rows] = (repeated[rows, None] & followers).sum(axis=2) >= most[rows, None]
    return np.where(too_often, -np.inf, logp), too_often[:, 0]


def greedy(engine: Engine, sources: Sequence[Sequence[int]], config: DecodingConfig) -> list[Hypothesis]:
    """Return, for each source, the translation that takes the likeliest token at every step."""
    session = engine.start(sources)
    limits, most = _max_lengths(sources), _most_runs(sources)
    found: dict[int, Hypothesis] = {}
    alive = np.arange(len(sources))  # the sentence of each row
    rows, tokens = alive, np.full(len(sources), BOS_ID)
    scores, history = np.zeros(len(sources)), np.empty((len(sources), 0), dtype=np.int64)
    while len(alive):
        may_repeat = (_repeated(history).sum(axis=1) >= most[alive]).any()
        logp, ids = session.step(tokens, rows, GREEDY_CHOICES if may_repeat else 1)
        logp, _ = _without_repetitions(logp, ids, history, most[alive])
        best = logp.argmax(axis=1)
        tokens, scores = ids[np.arange(len(ids)), best], scores + logp.max(axis=1)
        history = np.concatenate([history, tokens[:, None]], axis=1)  # (R, length)
        length = history.shape[1]
        ended = tokens == EOS_ID
        done = ended | (length >= limits[alive])
        for row in np.flatnonzero(done):
            kept = history[row, : length - 1] if ended[row] else history[row]
            found[int(alive[row])] = _hypothesis(kept, scores[row], length, config)
        rows = np.flatnonzero(~done)
        alive, tokens, scores, history = alive[rows], tokens[rows], scores[rows], history[rows]
    return [found[index] for index in range(len(sources))]


def beam(engine: Engine, sources: Sequence[Sequence[int]], config: DecodingConfig) -> list[Hypothesis]:
    """Return, for each source, the best of the translations that a beam search finishes.

    A sentence is done when no living hypothesis can still beat the best ended one; or when `beam_size` have ended and
    no living one scores better as it stands.
    """
    session = engine.start(sources)
    limits, most = _max_lengths(sources), _most_runs(sources)
    found: list[list[Hypothesis]] = [[] for _ in sources]
    alive = np.arange(len(sources))  # (A,) the sentences not done
    rows, tokens = alive, np.full(len(sources), BOS_ID)
    scores: Floats = np.zeros((len(sources), 1))  # (A, W), W living hypotheses each
    history = np.empty((len(sources), 1, 0), dtype=np.int64)  # (A, W, length)
    while len(alive):
        logp, ids = session.step(tokens, rows, 2 * config.beam_size)
        rows_history, rows_most = history.reshape(len(rows), -1), most[alive].repeat(history.shape[1])
        logp, repeating = _without_repetitions(logp, ids, rows_history, rows_most)
        lost = repeating.reshape(scores.shape)
        kept = (np.isfinite(scores) & ~lost).any(axis=1, keepdims=True)
        step = _expand(np.where(lost & kept, -np.inf, scores), logp, ids, config.beam_size)
        _collect(step, history, alive, found, config)
        scores, parents, tokens = _survivors(step, config.beam_size)  # each (A, W')
        history = np.take_along_axis(history, parents[:, :, None], axis=1)
        history = np.concatenate([history, tokens[:, :, None]], axis=2)
        length = history.shape[2]
        done = _done(scores, found, alive, limits, length, config)
        for index in np.flatnonzero(done):
            if not found[alive[index]]:  # the limit came before any end mark
                found[alive[index]].append(_hypothesis(history[index, 0], scores[index, 0], length, config))
        rows = (np.arange(len(alive))[:, None] * step.width + parents)[~done].reshape(-1)
        alive, scores, history = alive[~done], scores[~done], history[~done]
        tokens = tokens[~done].reshape(-1)
    return [max(hypotheses, key=lambda hypothesis: hypothesis.score) for hypotheses in found]


@dataclass(frozen=True)
class _Step:
    """The best continuations of each sentence, best first: arrays (A, up to 2K); `width` hypotheses came before."""

    scores: Floats
    parents: Ids
    tokens: Ids
    width: int


def _expand(scores: Floats, logp: Floats, ids: Ids, beam_size: int) -> _Step:
    """Return the 2K best continuations of living hypotheses (A, W), given the best tokens (A·W, k) of each."""
    sentences, width = scores.shape
    k = logp.shape[1]
    total = (scores[:, :, None] + logp.reshape(sentences, width, k)).reshape(sentences, width * k)
    order = np.argsort(-total, axis=1, kind="stable")[:, : 2 * beam_size]
    tokens = np.take_along_axis(ids.reshape(sentences, width * k), order, axis=1)
    return _Step(np.take_along_axis(total, order, axis=1), order // k, tokens, width)


def _collect(step: _Step, history: Ids, alive: Ids, found: list[list[Hypothesis]], config: DecodingConfig) -> None:
    """Add the continuations that end, among the `beam_size` best of their sentence, to what is `found`."""
    best = slice(0, config.beam_size)
    ended = (step.tokens[:, best] == EOS_ID) & np.isfinite(step.scores[:, best])
    for index, rank in zip(*np.nonzero(ended), strict=True):
        tokens = history[index, step.parents[index, rank]]
        hypothesis = _hypothesis(tokens, step.scores[index, rank], len(tokens) + 1, config)
        found[alive[index]].append(hypothesis)


def _survivors(step: _Step, beam_size: int) -> tuple[Floats, Ids, Ids]:
    """Return scores, parents and tokens (A, up to K) of the best continuations that go on; an ended one scores -inf."""
    scores = np.where(step.tokens == EOS_ID, -np.inf, step.scores)
    order = np.argsort(-scores, axis=1, kind="stable")[:, :beam_size]
    picked = (np.take_along_axis(values, order, axis=1) for values in (scores, step.parents, step.tokens))
    return tuple(picked)  # type: ignore[return-value]


def _done(
    scores: Floats, found: list[list[Hypothesis]], alive: Ids, limits: Ids, length: int, config: DecodingConfig
) -> NDArray[np.bool_]:
    """Tell for each living sentence whether its search is over; scores (A, W) are those of its living hypotheses.

    A log-probability only falls as a hypothesis grows, so divided by the greatest length it bounds the score. That
    `beam_size` have ended is not enough: where a model is sure of itself, early ends of no merit fill the beam's ranks.
    """
    best = scores.max(axis=1)
    bound, now = (best / lengths**config.length_penalty for lengths in (limits[alive], length))
    reached = np.array([max((h.score for h in found[index]), default=-np.inf) for index in alive])
    enough = np.array([len(found[index]) >= config.beam_size for index in alive])
    done: NDArray[np.bool_] = (enough & (reached >= now)) | (reached >= bound) | (length >= limits[alive])
    return done
