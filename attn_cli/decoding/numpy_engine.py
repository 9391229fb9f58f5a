"""The engine for a few sentences: the network in NumPy, float32, without torch, whose import takes a second or two.

It has the function names and shapes of network/seq2seq.py and network/attention.py, but no training, no dropout and no
GPU, and only the networks that `covers` accepts; torch_engine.py decodes with the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attn_cli.decoding.engine import NEVER_OUT, Engine, Floats, Ids
from attn_cli.foundation.errors import ModelFolderError
from attn_cli.foundation.settings import PAD_ID, ModelConfig
from attn_cli.models.weights import MISFIT, Weights
from attn_cli.text.batches import pad

Array = NDArray[np.float32]


def sigmoid(x: Array) -> Array:
    """Return 1 / (1 + exp(-x)), in a form in which no exponential overflows."""
    result: Array = 0.5 * (np.tanh(0.5 * x) + 1)
    return result


def log_softmax(logits: Array) -> Array:
    """Return the log-probabilities (..., V) of logits (..., V)."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    result: Array = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return result


@dataclass(frozen=True)
class Linear:
    """x · weightᵀ + bias, or without a bias."""

    weight: Array
    bias: Array | None = None

    def __call__(self, x: Array) -> Array:
        """Map x (..., I) to (..., O)."""
        product: Array = x @ self.weight.T
        return product if self.bias is None else product + self.bias


@dataclass(frozen=True)
class GRUCell:
    """A gated recurrent unit (Cho et al. 2014, arXiv:1406.1078), its gates in torch's order: reset, update, new."""

    input: Linear
    hidden: Linear

    def __call__(self, projected: Array, state: Array) -> Array:
        """Return the state (B, H) that follows `state` (B, H), for inputs `projected` by `input` (B, 3H)."""
        hidden, size = self.hidden(state), state.shape[1]
        gates = sigmoid(projected[:, : 2 * size] + hidden[:, : 2 * size])
        new = np.tanh(projected[:, 2 * size :] + gates[:, :size] * hidden[:, 2 * size :])
        after: Array = new + gates[:, size:] * (state - new)
        return after


@dataclass(frozen=True)
class Memory:
    """The encoded source: values (B, S, M or M + E), keys (B, S, A), mask (B, S), True for real tokens."""

    values: Array
    keys: Array
    mask: NDArray[np.bool_]

    def select(self, rows: Ids) -> "Memory":
        """Return the memory of the given rows (R,)."""
        return Memory(self.values[rows], self.keys[rows], self.mask[rows])


class DotScore:
    """score = h_tᵀ h̄_s, for the queries of one step."""

    def __init__(self, _weights: Weights) -> None: ...

    def project(self, values: Array) -> Array:
        """Return the keys (B, S, M) of annotations (B, S, M)."""
        return values

    def __call__(self, query: Array, keys: Array) -> Array:
        """Score queries (B, H) against keys (B, S, H): (B, S)."""
        scores: Array = (keys @ query[:, :, None])[:, :, 0]
        return scores


class GeneralScore(DotScore):
    """score = h_tᵀ W h̄_s, with W = weight / √H."""

    def __init__(self, weights: Weights) -> None:
        weight = weights.pop("attention.score.key.weight")
        self.key = Linear(weight * np.float32(len(weight) ** -0.5))

    def project(self, values: Array) -> Array:
        """Return the keys W h̄_s (B, S, H)."""
        return self.key(values)


class AdditiveScore(GeneralScore):
    """score = vᵀ tanh(W₁ h_t + W₂ h̄_s)."""

    def __init__(self, weights: Weights) -> None:
        self.key, self.query = (Linear(weights.pop(f"attention.score.{name}.weight")) for name in ("key", "query"))
        self.weight = weights.pop("attention.score.weight")

    def __call__(self, query: Array, keys: Array) -> Array:
        """Score queries (B, H) against keys (B, S, A): (B, S)."""
        scores: Array = np.tanh(self.query(query)[:, None] + keys) @ self.weight
        return scores


SCORES = {"dot": DotScore, "general": GeneralScore, "additive": AdditiveScore}

# The values of ModelConfig with which this engine computes, and the settings of which it takes any value.
COVERED = {
    "attention": tuple(SCORES), "cell": ("gru",), "encoder_layers": (1,), "bidirectional": (True,),
    "window": ("global",), "hard_attention": (False,), "attention_function": ("luong",), "input_feeding": (False,),
    "lexical": (False, True),
}  # fmt: skip
ANY_VALUE = ("vocab_size", "embedding_size", "hidden_size", "decoder_layers", "window_size")


def covers(config: ModelConfig) -> bool:
    """Return whether this engine can run such a model; False for any setting that neither table has."""
    settings = config.to_dict().items()
    return all(name in ANY_VALUE or value in COVERED.get(name, ()) for name, value in settings)


class Attention:
    """Global, soft attention with one of the scores."""

    def __init__(self, score: str, weights: Weights) -> None:
        self.score = SCORES[score](weights)

    def memorize(self, annotations: Array, mask: NDArray[np.bool_], words: Array | None) -> Memory:
        """Return the memory of annotations (B, S, M) with their mask (B, S); `words` (B, S, E) are values too."""
        values = annotations if words is None else np.concatenate([annotations, words], axis=2)
        return Memory(values, self.score.project(annotations), mask)

    def __call__(self, query: Array, memory: Memory) -> tuple[Array, Array]:
        """Attend with queries (B, H): the contexts (B, M or M + E), equation (2), and weights (B, S), equation (1)."""
        scores = np.where(memory.mask, self.score(query, memory.keys), -np.inf)
        exponents = np.exp(scores - scores.max(axis=1, keepdims=True))
        weights = exponents / exponents.sum(axis=1, keepdims=True)
        return (weights[:, None] @ memory.values)[:, 0], weights


class NumpyEngine(Engine):
    """A model's weights, ready to decode; see engine.Engine."""

    def __init__(self, config: ModelConfig, weights: Weights) -> None:
        """Take the weights; raises ModelFolderError where they do not fit `config`, which `covers` must accept."""
        rest, hidden = dict(weights), config.hidden_size
        try:
            self.embedding = rest.pop("embedding.weight")
            self.encoder = [_cell(rest, "encoder.0.cell", direction) for direction in ("", "_reverse")]
            self.first_state = _linear(rest, "first_state")
            self.decoder = [_cell(rest, f"decoder.{layer}.cell") for layer in range(config.decoder_layers)]
            self.attention = Attention(config.attention, rest)
            self.attention_vector = _linear(rest, "attention_vector")
            self.lexical = _linear(rest, "lexical") if config.lexical else None
        except KeyError as error:
            raise ModelFolderError(f"{MISFIT} (they have no {error})") from None
        sizes = ((config.vocab_size, config.embedding_size), (config.decoder_layers * hidden, hidden))
        if rest or (self.embedding.shape, self.first_state.weight.shape) != sizes:
            raise ModelFolderError(MISFIT)
        self.scale = np.float32(config.embedding_size**0.5)

    def embed(self, tokens: Ids) -> Array:
        """Return the inputs (..., E) for tokens (...)."""
        return self.embedding[tokens] * self.scale

    def start(self, sources: Sequence[Sequence[int]]) -> "NumpySession":
        """Encode sources, each a sequence of token ids that ends with EOS."""
        tokens = pad(sources)
        mask = tokens != PAD_ID
        embedded = self.embed(tokens)  # (B, S, E)
        forward, backward = self.encoder
        directions = [_run(forward, embedded, mask), _run(backward, embedded[:, ::-1], mask[:, ::-1])[:, ::-1]]
        annotations = np.concatenate(directions, axis=2)  # (B, S, M)
        mean = annotations.sum(axis=1) / mask.sum(axis=1, keepdims=True, dtype=np.float32)
        states = np.split(np.tanh(self.first_state(mean)), len(self.decoder), axis=1)
        memory = self.attention.memorize(annotations, mask, None if self.lexical is None else embedded)
        return NumpySession(self, memory, states)

    def decode(self, tokens: Ids, states: list[Array], memory: Memory) -> tuple[Array, list[Array], Array]:
        """Return attention vectors (R, E), as Seq2Seq.decode, states after `tokens` (R,), and weights (R, S)."""
        first, *further = self.decoder
        output = first(first.input(self.embed(tokens)), states[0])
        after = [output]
        attended, weights = self.attention(output, memory)
        context, words = np.split(attended, [output.shape[1]], axis=1)
        for cell, state in zip(further, states[1:], strict=True):
            output = cell(cell.input(np.concatenate([output, context], axis=1)), state)
            after.append(output)
        vector: Array = np.tanh(self.attention_vector(np.concatenate([context, output], axis=1)))
        if self.lexical is not None:
            words = np.tanh(words)
            vector = vector + np.tanh(self.lexical(words)) + words
        return vector, after, weights


class NumpySession:
    """The decoding of one batch of sources; see engine.Session."""

    def __init__(self, engine: NumpyEngine, memory: Memory, states: list[Array]) -> None:
        self._engine, self._memory, self._states = engine, memory, states
        self._sources = np.arange(len(memory.mask))  # (R,) the source of each row

    def step(self, tokens: Ids, rows: Ids, k: int | None = None) -> tuple[Floats, Ids]:
        """Append `tokens` (R,) to the hypotheses in `rows` (R,); see engine.Session."""
        self._states = [state[rows] for state in self._states]
        before, self._sources = self._sources, self._sources[rows]
        if not np.array_equal(before, self._sources):
            self._memory = self._memory.select(rows)
        output, self._states, self._weights = self._engine.decode(tokens, self._states, self._memory)
        logp = log_softmax(output @ self._engine.embedding.T)  # (R, V)
        logp[:, NEVER_OUT] = -np.inf
        return top(logp, k)

    def attention(self) -> Floats:
        """Return the attention weights (R, S) of the last step."""
        return self._weights


def top(values: Array, k: int | None) -> tuple[Array, Ids]:
    """Return the k greatest of values (R, V), best first, and their ids, (R, k); without `k` all, in order of id."""
    if k is None:
        return values, np.broadcast_to(np.arange(values.shape[1]), values.shape)
    some = np.argpartition(-values, min(k, values.shape[1]) - 1, axis=1)[:, :k]
    order = np.argsort(-np.take_along_axis(values, some, axis=1), axis=1, kind="stable")
    ids = np.take_along_axis(some, order, axis=1)
    return np.take_along_axis(values, ids, axis=1), ids


def _linear(weights: Weights, name: str, suffix: str = "") -> Linear:
    return Linear(weights.pop(f"{name}.weight{suffix}"), weights.pop(f"{name}.bias{suffix}"))


def _cell(weights: Weights, name: str, direction: str = "") -> GRUCell:
    return GRUCell(*(_linear(weights, name, f"_{kind}_l0{direction}") for kind in ("ih", "hh")))


def _run(cell: GRUCell, embedded: Array, mask: NDArray[np.bool_]) -> Array:
    """Return the states (B, S, H) of a cell that reads `embedded` (B, S, E); zero at padding."""
    projected = cell.input(embedded)
    state = np.zeros((len(embedded), cell.hidden.weight.shape[1]), dtype=np.float32)
    states = []
    for step in range(embedded.shape[1]):
        state = np.where(mask[:, step, None], cell(projected[:, step], state), np.float32(0))
        states.append(state)
    return np.stack(states, axis=1)
