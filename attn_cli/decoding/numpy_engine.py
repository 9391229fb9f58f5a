"""A model ready to decode at once: the network of model.py and attention.py in NumPy, float32, without importing torch.

For a few sentences: what it saves is the second or two that torch takes to be imported. It has no training, no
dropout, no GPU, and only the parts of ModelConfig that `covers` names; for anything else there is torch_engine.py.
Shapes as in model.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attn_cli.decoding.search import NEVER_OUT, Floats, Ids
from attn_cli.foundation.errors import ModelFolderError
from attn_cli.foundation.settings import ModelConfig
from attn_cli.models.folder import MISFIT, Weights
from attn_cli.text.prepared_corpus import pad
from attn_cli.text.tokenizer import PAD_ID

Array = NDArray[np.float32]


def sigmoid(x: Array) -> Array:
    """Return 1 / (1 + exp(-x)), written so that no large number is raised."""
    result: Array = 0.5 * (np.tanh(0.5 * x) + 1)
    return result


def log_softmax(logits: Array) -> Array:
    """Return the log-probabilities (..., V) of logits (..., V)."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    result: Array = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return result


@dataclass(frozen=True)
class Linear:
    """x · weightᵀ + bias; the bias may be missing."""

    weight: Array
    bias: Array | None = None

    def __call__(self, x: Array) -> Array:
        """Map x (..., I) to (..., O)."""
        product: Array = x @ self.weight.T
        return product if self.bias is None else product + self.bias


@dataclass(frozen=True)
class GRUCell:
    """A gated recurrent unit with torch's gates: reset, update, new (Cho et al. 2014, arXiv:1406.1078)."""

    input: Linear
    hidden: Linear

    def __call__(self, projected: Array, state: Array) -> Array:
        """Return the state (B, H) after `state` (B, H), for inputs that went through `input` already (B, 3H)."""
        hidden, size = self.hidden(state), state.shape[1]
        gates = sigmoid(projected[:, : 2 * size] + hidden[:, : 2 * size])
        new = np.tanh(projected[:, 2 * size :] + gates[:, :size] * hidden[:, 2 * size :])
        after: Array = new + gates[:, size:] * (state - new)
        return after


@dataclass(frozen=True)
class Memory:
    """The encoded source: values (B, S, M), keys (B, S, A), mask (B, S), True where a real token is."""

    values: Array
    keys: Array
    mask: NDArray[np.bool_]

    def select(self, rows: Ids) -> "Memory":
        """Return the memory of the given rows (R,)."""
        return Memory(self.values[rows], self.keys[rows], self.mask[rows])


class DotScore:
    """score = h_tᵀ h̄_s, for one step's queries."""

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
USUAL = ("cell", "encoder_layers", "bidirectional", "window", "hard_attention", "attention_function", "input_feeding")


class Attention:
    """Global, soft attention with one of the scores."""

    def __init__(self, score: str, weights: Weights) -> None:
        self.score = SCORES[score](weights)

    def memorize(self, values: Array, mask: NDArray[np.bool_]) -> Memory:
        """Return the memory of annotations (B, S, M) with their mask (B, S)."""
        return Memory(values, self.score.project(values), mask)

    def __call__(self, query: Array, memory: Memory) -> tuple[Array, Array]:
        """Attend with queries (B, H): the contexts (B, M), equation (2), and weights (B, S), equation (1)."""
        scores = np.where(memory.mask, self.score(query, memory.keys), -np.inf)
        exponents = np.exp(scores - scores.max(axis=1, keepdims=True))
        weights = exponents / exponents.sum(axis=1, keepdims=True)
        return (weights[:, None] @ memory.values)[:, 0], weights


def covers(config: ModelConfig) -> bool:
    """Tell whether this engine can run a model so configured."""
    usual = all(getattr(config, name) == getattr(ModelConfig, name) for name in USUAL)
    return usual and config.attention in SCORES


class NumpyEngine:
    """A stored model's weights, ready to decode."""

    def __init__(self, config: ModelConfig, weights: Weights) -> None:
        """Take the weights; raises ModelFolderError where they do not fit the configuration."""
        rest, hidden = dict(weights), config.hidden_size
        try:
            self.embedding = rest.pop("embedding.weight")
            self.encoder = [_cell(rest, "encoder.0.cell", direction) for direction in ("", "_reverse")]
            self.first_state = _linear(rest, "first_state")
            self.decoder = [_cell(rest, f"decoder.{layer}.cell") for layer in range(config.decoder_layers)]
            self.attention = Attention(config.attention, rest)
            self.attention_vector = _linear(rest, "attention_vector")
        except KeyError as error:
            raise ModelFolderError(f"{MISFIT} (no {error} there)") from None
        sizes = ((config.vocab_size, config.embedding_size), (config.decoder_layers * hidden, hidden))
        if rest or (self.embedding.shape, self.first_state.weight.shape) != sizes:
            raise ModelFolderError(MISFIT)
        self.scale = np.float32(config.embedding_size**0.5)

    def embed(self, tokens: Ids) -> Array:
        """Return the inputs (..., E) for tokens (...)."""
        return self.embedding[tokens] * self.scale

    def start(self, sources: Sequence[Sequence[int]]) -> "NumpySession":
        """Encode sources, each token ids with an end mark."""
        tokens = pad(sources)
        mask = tokens != PAD_ID
        embedded = self.embed(tokens)  # (B, S, E)
        forward, backward = self.encoder
        directions = [_run(forward, embedded, mask), _run(backward, embedded[:, ::-1], mask[:, ::-1])[:, ::-1]]
        annotations = np.concatenate(directions, axis=2)  # (B, S, M)
        mean = annotations.sum(axis=1) / mask.sum(axis=1, keepdims=True, dtype=np.float32)
        states = np.split(np.tanh(self.first_state(mean)), len(self.decoder), axis=1)
        return NumpySession(self, self.attention.memorize(annotations, mask), states)

    def decode(self, tokens: Ids, states: list[Array], memory: Memory) -> tuple[Array, list[Array], Array]:
        """Continue `states` by tokens (R,): the vectors a_t (R, E), equation (3), new states, and weights (R, S)."""
        first, *further = self.decoder
        output = first(first.input(self.embed(tokens)), states[0])
        after = [output]
        context, weights = self.attention(output, memory)
        for cell, state in zip(further, states[1:], strict=True):
            output = cell(cell.input(np.concatenate([output, context], axis=1)), state)
            after.append(output)
        return np.tanh(self.attention_vector(np.concatenate([context, output], axis=1))), after, weights


class NumpySession:
    """Decoding of some sources under way; see search.Session."""

    def __init__(self, engine: NumpyEngine, memory: Memory, states: list[Array]) -> None:
        self._engine, self._memory, self._states = engine, memory, states
        self._sentences = np.arange(len(memory.mask))  # of each row

    def step(self, tokens: Ids, rows: Ids, k: int | None = None) -> tuple[Floats, Ids]:
        """Extend hypotheses by `tokens` (R,), continuing `rows` (R,); see search.Session."""
        self._states = [state[rows] for state in self._states]
        before, self._sentences = self._sentences, self._sentences[rows]
        if not np.array_equal(before, self._sentences):
            self._memory = self._memory.select(rows)
        output, self._states, self._weights = self._engine.decode(tokens, self._states, self._memory)
        logp = log_softmax(output @ self._engine.embedding.T)  # (R, V)
        logp[:, NEVER_OUT] = -np.inf
        if k is None:
            return logp, np.broadcast_to(np.arange(logp.shape[1]), logp.shape)
        return top(logp, min(k, logp.shape[1]))

    def attention(self) -> Floats:
        """Return the attention weights (R, S) of the last step."""
        return self._weights


def top(values: Array, k: int) -> tuple[Array, Ids]:
    """Return the k greatest of values (R, V) and where they stand, greatest first: two arrays (R, k)."""
    some = np.argpartition(-values, k - 1, axis=1)[:, :k]
    order = np.argsort(-np.take_along_axis(values, some, axis=1), axis=1, kind="stable")
    ids = np.take_along_axis(some, order, axis=1)
    return np.take_along_axis(values, ids, axis=1), ids


def _linear(weights: Weights, name: str) -> Linear:
    return Linear(weights.pop(f"{name}.weight"), weights.pop(f"{name}.bias"))


def _cell(weights: Weights, name: str, direction: str = "") -> GRUCell:
    input_, hidden = (
        Linear(weights.pop(f"{name}.weight_{kind}_l0{direction}"), weights.pop(f"{name}.bias_{kind}_l0{direction}"))
        for kind in ("ih", "hh")
    )
    return GRUCell(input_, hidden)


def _run(cell: GRUCell, embedded: Array, mask: NDArray[np.bool_]) -> Array:
    """Return the states (B, S, H) of a cell that reads embedded (B, S, E); zero where there is padding."""
    projected = cell.input(embedded)
    state = np.zeros((len(embedded), cell.hidden.weight.shape[1]), dtype=np.float32)
    states = []
    for step in range(embedded.shape[1]):
        state = np.where(mask[:, step, None], cell(projected[:, step], state), np.float32(0))
        states.append(state)
    return np.stack(states, axis=1)
