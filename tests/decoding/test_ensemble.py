"""Models that translate together."""

import numpy as np
import pytest
import torch

from attn_cli.decoding.engine import NEVER_OUT
from attn_cli.decoding.ensemble import EnsembleEngine
from attn_cli.decoding.numpy_engine import NumpyEngine
from attn_cli.decoding.search import search
from attn_cli.decoding.torch_engine import TorchEngine, TorchEnsemble
from attn_cli.foundation.settings import BOS_ID, EOS_ID, DecodingConfig, ModelConfig
from attn_cli.network.machine import Machine
from attn_cli.network.seq2seq import Seq2Seq

CONFIG = ModelConfig(vocab_size=30, embedding_size=6, hidden_size=8)
SOURCES = [[5, 6, EOS_ID], [7, EOS_ID], [8, 9, 10, EOS_ID]]


KINDS = pytest.mark.parametrize(
    "kind, ensemble", [(NumpyEngine, EnsembleEngine), (TorchEngine, EnsembleEngine), (TorchEngine, TorchEnsemble)]
)


def engines(count, kind=NumpyEngine, spread=1):
    """Engines of some models, whose embeddings, and so the logits, are multiplied by `spread`."""
    made = []
    for seed in range(count):
        torch.manual_seed(seed)
        model = Seq2Seq(CONFIG)
        for parameter in model.parameters():
            torch.nn.init.normal_(parameter)  # so that the models give high probabilities, and to different tokens
        model.embedding.weight.data *= spread
        if kind is TorchEngine:
            made.append(TorchEngine(model, Machine(device=torch.device("cpu"), precision=torch.float32, threads=1)))
        else:
            made.append(NumpyEngine(CONFIG, {name: value.numpy() for name, value in model.state_dict().items()}))
    return made


@KINDS
def test_probabilities_and_attention_are_averages(kind, ensemble):
    made = engines(3, kind)
    sessions = [engine.start(SOURCES) for engine in (ensemble(made), *made)]
    for tokens, rows in (([BOS_ID] * 3, [0, 1, 2]), ([5, 6, 7], [0, 1, 2]), ([11, 12], [2, 0])):
        together, *alone = [session.step(np.array(tokens), np.array(rows))[0] for session in sessions]
        np.testing.assert_allclose(np.exp(together), np.mean(np.exp(alone), axis=0), rtol=1e-5, atol=1e-9)
        assert np.isneginf(together[:, NEVER_OUT]).all()
        weights, *separate = [session.attention() for session in sessions]
        np.testing.assert_allclose(weights, np.mean(separate, axis=0), rtol=1e-5)


@KINDS
@pytest.mark.parametrize("k", [1, 4])
def test_the_k_best_are_the_best_of_all_in_order(k, kind, ensemble):
    sessions = [ensemble(engines(2, kind)).start(SOURCES) for _ in range(2)]
    begin = np.full(3, BOS_ID), np.arange(3)
    logp, _ = sessions[0].step(*begin)
    best, ids = sessions[1].step(*begin, k)
    np.testing.assert_array_equal(best, np.sort(logp, axis=1)[:, ::-1][:, :k])
    np.testing.assert_array_equal(np.take_along_axis(logp, ids, axis=1), best)


@KINDS
@pytest.mark.parametrize("size", [1, 4])
def test_an_ensemble_of_a_model_with_itself_translates_as_the_model_alone(size, kind, ensemble):
    [alone] = engines(1, kind)
    config = DecodingConfig(beam_size=size)
    expected, found = (search(engine, SOURCES, config) for engine in (alone, ensemble([alone, alone])))
    for [one, *_], [other, *_] in zip(expected, found, strict=True):
        assert one.tokens == other.tokens
        assert one.score == pytest.approx(other.score, abs=1e-5)


@KINDS
@pytest.mark.parametrize("k", [None, 27])
def test_probabilities_too_small_for_float32_are_not_lost(k, kind, ensemble):
    made = engines(2, kind, spread=200)
    together, *alone = [engine.start(SOURCES) for engine in (ensemble(made), *made)]
    begin = np.full(3, BOS_ID), np.arange(3)
    logp, ids = together.step(*begin, k)
    expected = np.logaddexp(*(session.step(*begin)[0].astype(np.float64) for session in alone)) - np.log(2)
    assert (logp[np.isfinite(logp)] < -200).any()
    np.testing.assert_allclose(logp, np.take_along_axis(expected, ids, axis=1), rtol=1e-4)
