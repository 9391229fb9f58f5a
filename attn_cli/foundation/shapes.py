"""The shapes of a network's weights, by the names that network/seq2seq.py gives them. No torch, no NumPy.

They are compared with a file of weights before it is read, and bound the size of a network before it is made. The
legend of shapes is in network/seq2seq.py.
"""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from attn_cli.foundation.settings import ModelConfig

Shape = tuple[int, ...]
GATES = {"rnn-tanh": 1, "rnn-relu": 1, "gru": 3, "lstm": 4}


def weight_shapes(config: "ModelConfig") -> dict[str, Shape]:
    """Return the shape of every weight of the network, in the order of its parameters."""
    embedding, hidden = config.embedding_size, config.hidden_size
    parts = 2 if config.cell == "lstm" else 1  # of a state
    read = hidden + hidden * config.has_attention + embedding * (config.attention_function == "bahdanau")
    return {
        "embedding.weight": (config.vocab_size, embedding),
        **dict(_layers(config)),
        **_linear("first_state", config.decoder_layers * hidden * parts, hidden),
        **dict(_attention(config)),
        **_linear("attention_vector", embedding, read),
        **(_linear("lexical", embedding, embedding) if config.lexical else {}),
    }


def weight_count(config: "ModelConfig") -> int:
    """Return the number of weights of the network."""
    return sum(map(math.prod, weight_shapes(config).values()))


def _linear(name: str, outputs: int, inputs: int) -> dict[str, Shape]:
    return {f"{name}.weight": (outputs, inputs), f"{name}.bias": (outputs,)}


def _layers(config: "ModelConfig") -> Iterator[tuple[str, Shape]]:
    """Yield the shapes of the recurrent layers of encoder and decoder."""
    embedding, hidden = config.embedding_size, config.hidden_size
    size, directions = (hidden // 2, ("", "_reverse")) if config.bidirectional else (hidden, ("",))
    for layer in range(config.encoder_layers):
        for direction in directions:
            yield from _cell(f"encoder.{layer}.cell", direction, config.cell, hidden if layer else embedding, size)
    above = hidden + hidden * config.has_attention
    for layer in range(config.decoder_layers):
        inputs = above if layer else embedding + embedding * config.input_feeding
        yield from _cell(f"decoder.{layer}.cell", "", config.cell, inputs, hidden)


def _cell(name: str, direction: str, cell: str, inputs: int, size: int) -> Iterator[tuple[str, Shape]]:
    rows = GATES[cell] * size
    yield f"{name}.weight_ih_l0{direction}", (rows, inputs)
    yield f"{name}.weight_hh_l0{direction}", (rows, size)
    yield f"{name}.bias_ih_l0{direction}", (rows,)
    yield f"{name}.bias_hh_l0{direction}", (rows,)


def _attention(config: "ModelConfig") -> Iterator[tuple[str, Shape]]:
    """Yield the shapes of the weights of attention: those of its score, and of a predictive window."""
    hidden = config.hidden_size
    if config.attention == "additive":
        yield "attention.score.weight", (hidden,)
        yield "attention.score.query.weight", (hidden, hidden)
    if config.attention in ("general", "additive"):
        yield "attention.score.key.weight", (hidden, hidden)
    if config.window == "local-p":
        yield "attention.window.weight", (hidden,)
        yield "attention.window.hidden.weight", (hidden, hidden)
