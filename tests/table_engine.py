"""An engine of few tokens whose probabilities are known, for tests of search."""

import itertools
from collections import Counter

import numpy as np

from attn_cli.decoding.engine import Engine
from attn_cli.foundation.settings import EOS_ID


class TableEngine(Engine):
    """A model of few tokens, whose next log-probabilities are random but depend on source and history only."""

    def __init__(self, vocabulary: int, seed: int = 0, sharpness: float = 1.0, end_after: int | None = None) -> None:
        self.vocabulary, self.seed, self.sharpness, self.end_after = vocabulary, seed, sharpness, end_after
        self.calls: list[int] = []

    def start(self, sources):
        return TableSession(self, [tuple(source) for source in sources])

    def next(self, source, history):
        generator = np.random.default_rng([self.seed, len(source), *source, *history])
        scores = self.sharpness * generator.normal(size=self.vocabulary)
        scores[:EOS_ID] = -np.inf
        if self.end_after is not None and len(history) >= self.end_after:
            scores[EOS_ID + 1 :] = -np.inf
        return scores - np.log(np.exp(scores).sum())


class TableSession:
    def __init__(self, engine, sources):
        self.engine, self.hypotheses = engine, [(source, ()) for source in sources]

    def step(self, tokens, rows, k=None):
        self.engine.calls.append(len(rows))
        assert len(tokens) == len(rows)
        parents = [self.hypotheses[row] for row in rows]
        self.hypotheses = [(s, (*h, int(token))) for (s, h), token in zip(parents, tokens, strict=True)]
        logp = np.stack([self.engine.next(s, h[1:]) for s, h in self.hypotheses])
        if k is None:
            return logp, np.broadcast_to(np.arange(logp.shape[1]), logp.shape)
        order = np.argsort(-logp, axis=1, kind="stable")[:, :k]
        return np.take_along_axis(logp, order, 1), order


def log_probability(engine, source, tokens):
    history, total = (), 0.0
    for token in tokens:
        total += engine.next(tuple(source), history)[token]
        history = (*history, token)
    return total


def exhaustive(engine, source, longest, alpha, prefix=()):
    """Score and tokens of all sequences of up to `longest` tokens that begin with `prefix` and end, best first."""
    found = []
    for length in range(longest - len(prefix) + 1):
        for rest in itertools.product(range(EOS_ID + 1, engine.vocabulary), repeat=length):
            tokens = [*prefix, *rest]
            found.append((log_probability(engine, source, [*tokens, EOS_ID]) / (len(tokens) + 1) ** alpha, tokens))
    return sorted(found, reverse=True)


class NeverEnding(TableEngine):
    """Gives EOS no probability."""

    def next(self, source, history):
        logp = super().next(source, history)
        logp[EOS_ID] = -np.inf
        return logp


class Stuck(TableEngine):
    """Prefers to repeat 5 6 7 8 9 without end, and ranks EOS last."""

    def next(self, source, history):
        logp = super().next(source, history) - 10
        logp[EOS_ID] = -30.0
        logp[5 + len(history) % 5] = -0.01
        return logp


def most_frequent_run(tokens):
    """How often the most frequent run of four tokens occurs."""
    return max(Counter(zip(tokens, tokens[1:], tokens[2:], tokens[3:], strict=False)).values())
