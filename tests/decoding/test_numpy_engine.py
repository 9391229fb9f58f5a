"""The NumPy engine: the same numbers as the torch engine, without torch."""

import subprocess
import sys
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import pytest
import torch

from attn_cli.decoding.engine import NEVER_OUT
from attn_cli.decoding.numpy_engine import SCORES, NumpyEngine, covers, top
from attn_cli.decoding.search import search
from attn_cli.decoding.torch_engine import TorchEngine
from attn_cli.foundation.errors import ModelFolderError
from attn_cli.foundation.settings import BOS_ID, EOS_ID, DecodingConfig, ModelConfig
from attn_cli.network.machine import Machine
from attn_cli.network.seq2seq import Seq2Seq

MACHINE = Machine(device=torch.device("cpu"), precision=torch.float32, threads=1)
VOCABULARY = 40
EVERY = pytest.mark.parametrize(
    ("score", "layers", "lexical"), [*product(SCORES, (1, 2, 3), [False]), ("general", 2, True), ("dot", 1, True)]
)


def engines(score: str, layers: int, lexical: bool = False) -> tuple[NumpyEngine, TorchEngine]:
    torch.manual_seed(3)
    config = ModelConfig(
        vocab_size=VOCABULARY, embedding_size=16, hidden_size=24, decoder_layers=layers, attention=score,
        lexical=lexical,
    )  # fmt: skip
    model = Seq2Seq(config).requires_grad_(False)
    for parameter in model.parameters():  # biases too, so that a missing or exchanged one is noticed
        parameter.copy_(torch.randn_like(parameter) * 0.4)
    model.embedding.weight.mul_(4)
    weights = {name: value.numpy() for name, value in model.state_dict().items()}
    return NumpyEngine(config, weights), TorchEngine(model, MACHINE)


def sources(count: int) -> list[list[int]]:
    generator = np.random.default_rng(count)
    return [[*generator.integers(4, VOCABULARY, index % 7).tolist(), EOS_ID] for index in range(count)]


@EVERY
def test_log_probabilities_equal_those_of_torch(score, layers, lexical):
    sessions = [engine.start(sources(9)) for engine in engines(score, layers, lexical)]
    tokens, rows = np.full(9, BOS_ID), np.arange(9)
    for chosen in ([3, 1, 1, 8, 0], [4, 2, 2], [0, 1, 2]):
        (found, ids), (expected, _) = (session.step(tokens, rows) for session in sessions)
        assert np.isneginf(found[:, NEVER_OUT]).all()
        assert (ids == np.arange(VOCABULARY)).all()
        np.testing.assert_allclose(np.delete(found, NEVER_OUT, 1), np.delete(expected, NEVER_OUT, 1), atol=1e-4, rtol=0)
        rows = np.array(chosen)
        tokens = 4 + rows


@EVERY
def test_attention_weights_equal_those_of_torch(score, layers, lexical):
    sessions = [engine.start(sources(9)) for engine in engines(score, layers, lexical)]
    tokens, rows = np.full(9, BOS_ID), np.arange(9)
    for chosen in ([3, 1, 1, 8, 0], [4, 2, 2], [0, 1, 2]):
        found, expected = ((session.step(tokens, rows, 1), session.attention())[1] for session in sessions)
        assert (found.shape, found.dtype, expected.dtype) == ((len(rows), 7), np.float32, np.float32)
        np.testing.assert_allclose(found, expected, atol=1e-4, rtol=0)
        np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)
        rows = np.array(chosen)
        tokens = 4 + rows


@EVERY
@pytest.mark.parametrize("size", [1, 4])
def test_translations_equal_those_of_torch(score, layers, lexical, size):
    both = engines(score, layers, lexical)
    ours, theirs = (search(engine, sources(20), DecodingConfig(beam_size=size)) for engine in both)
    ours, theirs = ([best for best, *_ in found] for found in (ours, theirs))
    assert [best.tokens for best in ours] == [best.tokens for best in theirs]
    assert len({tuple(best.tokens) for best in ours}) > 5
    np.testing.assert_allclose([best.score for best in ours], [best.score for best in theirs], atol=1e-4)


def test_the_k_best_come_best_first():
    values = np.random.default_rng(1).permutation(60).reshape(3, 20).astype(np.float32)
    best, ids = top(values, 4)
    np.testing.assert_array_equal(best, -np.sort(-values, axis=1)[:, :4])
    np.testing.assert_array_equal(np.take_along_axis(values, ids, axis=1), best)


def test_a_k_above_the_vocabulary_size_returns_the_whole_vocabulary():
    ours, _ = engines("dot", 1)
    logp, ids = ours.start(sources(2)).step(np.full(2, BOS_ID), np.arange(2), 1000)
    assert logp.shape == ids.shape == (2, VOCABULARY)


@pytest.mark.parametrize(
    "change", [{"embedding_size": 18}, {"hidden_size": 22}, {"decoder_layers": 1}, {"decoder_layers": 3},
               {"vocab_size": 39}, {"attention": "dot"}, {"attention": "additive"}, {"lexical": True}]
)  # fmt: skip
def test_weights_that_do_not_fit_the_settings_are_refused(change):
    config = ModelConfig(vocab_size=VOCABULARY, embedding_size=16, hidden_size=24)
    weights = {name: value.numpy() for name, value in Seq2Seq(config).requires_grad_(False).state_dict().items()}
    NumpyEngine(config, weights)
    with pytest.raises(ModelFolderError, match=r"do not fit config.json"):
        NumpyEngine(replace(config, **change), weights)


def test_neither_the_engine_nor_the_translator_imports_torch():
    code = "import sys, attn_cli.decoding.choice, attn_cli.decoding.line_reader, attn_cli.decoding.alignment\n"
    code += "print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize(
    "choice", [{"cell": "lstm"}, {"window": "local-m"}, {"hard_attention": True}, {"input_feeding": True},
               {"attention": "none"}, {"attention": "scaled-dot"}, {"attention_function": "bahdanau"},
               {"encoder_layers": 2}, {"bidirectional": False}]
)  # fmt: skip
def test_a_network_that_the_engine_does_not_implement_is_not_covered(choice):
    assert not covers(ModelConfig(vocab_size=300, **choice))


@pytest.mark.parametrize(
    "choice", [{}, {"embedding_size": 8}, {"hidden_size": 8}, {"decoder_layers": 3}, {"window_size": 4},
               {"lexical": True}]
)  # fmt: skip
def test_a_network_of_any_size_is_covered(choice):
    assert covers(ModelConfig(vocab_size=300, **choice))


@dataclass(frozen=True, kw_only=True)
class LaterConfig(ModelConfig):
    """The settings of a later version, with one that this engine has never heard of."""

    layer_norm: bool = False


def test_a_setting_that_the_engine_does_not_know_is_not_covered_whatever_its_value():
    assert not covers(LaterConfig(vocab_size=300))
    assert not covers(LaterConfig(vocab_size=300, layer_norm=True))
