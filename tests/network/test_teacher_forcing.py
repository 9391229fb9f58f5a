"""Losses with teacher forcing: sums over target tokens, whatever the batches."""

import math

import pytest
import torch
import torch.nn.functional as F

from attn_cli.foundation.settings import EOS_ID, ModelConfig
from attn_cli.network.machine import Machine
from attn_cli.network.seq2seq import Seq2Seq
from attn_cli.network.teacher_forcing import batch_loss, perplexity
from attn_cli.text.batches import make_batch

MACHINE = Machine(device=torch.device("cpu"), precision=torch.float32, threads=1)
VOCABULARY = 300
SOURCE_LENGTHS, TARGET_LENGTHS = (3, 9, 1, 20, 5), (12, 2, 7, 1, 5)


@pytest.fixture
def model():
    torch.manual_seed(1)
    model = Seq2Seq(ModelConfig(vocab_size=VOCABULARY, embedding_size=8, hidden_size=16)).eval()
    with torch.no_grad():  # so that tokens differ clearly in likelihood
        model.embedding.weight *= 4
    return model


@pytest.fixture
def pairs():
    """Sources and targets of very different lengths, token ids that each end in an end mark."""
    generator = torch.Generator().manual_seed(2)
    return [
        [[*torch.randint(4, VOCABULARY, (length,), generator=generator).tolist(), EOS_ID] for length in lengths]
        for lengths in (SOURCE_LENGTHS, TARGET_LENGTHS)
    ]


@torch.no_grad()
def losses(model, source, target, smoothing):
    """Return the loss and the negative log-likelihood of one sentence, by torch's own functions."""
    batch = make_batch([source], [target])
    arrays = (batch.source, batch.source_lengths, batch.target_in)
    logits = model.logits(model(*(torch.from_numpy(array) for array in arrays)))[0]
    results = (
        F.cross_entropy(logits, torch.tensor(target), label_smoothing=share, reduction="sum")
        for share in (smoothing, 0.0)
    )
    return [float(result) for result in results]


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_the_loss_of_a_batch_is_the_sum_over_its_sentences_without_padding(smoothing, model, pairs):
    loss, nll, tokens = batch_loss(model, make_batch(*pairs), MACHINE, smoothing)
    alone = [losses(model, source, target, smoothing) for source, target in zip(*pairs, strict=True)]
    expected_loss, expected_nll = map(sum, zip(*alone, strict=True))
    assert loss.item() == pytest.approx(expected_loss, rel=1e-5)
    assert nll.item() == pytest.approx(expected_nll, rel=1e-5)
    assert tokens == sum(TARGET_LENGTHS) + len(TARGET_LENGTHS)


def test_the_loss_has_a_gradient_for_every_parameter(model, pairs):
    batch_loss(model, make_batch(*pairs), MACHINE, 0.1)[0].backward()
    assert all(parameter.grad.abs().sum() > 0 for parameter in model.parameters())


def test_products_run_in_the_machines_precision(model, pairs):
    half = Machine(device=torch.device("cpu"), precision=torch.bfloat16, threads=1)
    exact, rounded = (batch_loss(model, make_batch(*pairs), machine, 0.1)[0].item() for machine in (MACHINE, half))
    assert exact != rounded
    assert rounded == pytest.approx(exact, rel=0.02)


@pytest.mark.parametrize("weight", [1e-6, 5.0])
def test_without_dropout_two_passes_agree_and_consistency_adds_nothing(weight, model, pairs):
    once, twice = (batch_loss(model, make_batch(*pairs), MACHINE, 0.1, each) for each in (0.0, weight))
    torch.testing.assert_close(twice, once)


def test_with_dropout_consistency_pulls_the_two_predictions_of_a_token_together(pairs):
    torch.manual_seed(3)
    model = Seq2Seq(ModelConfig(vocab_size=VOCABULARY, embedding_size=8, hidden_size=16), dropout=0.5)
    batch, optimizer = make_batch(*pairs), torch.optim.Adam(model.parameters(), lr=0.02)
    gaps = []
    for _ in range(40):
        torch.manual_seed(4)
        loss, nll, _ = batch_loss(model, batch, MACHINE, 0.0, consistency=100.0)
        gaps.append(float((loss - nll).detach() / nll))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert gaps[0] > 0.5
    assert gaps[-1] < 0.1 * gaps[0]


@pytest.mark.parametrize("batch_tokens", [1, 40, 4000])
def test_perplexity_is_per_token_whatever_the_batches(batch_tokens, model, pairs, monkeypatch):
    monkeypatch.setattr("attn_cli.network.teacher_forcing.BATCH_TOKENS", batch_tokens)
    total = sum(losses(model, source, target, 0.0)[1] for source, target in zip(*pairs, strict=True))
    tokens = sum(len(target) for target in pairs[1])
    assert perplexity([model], *pairs, MACHINE) == pytest.approx(math.exp(total / tokens), rel=1e-4)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_hopeless_model_has_a_finite_perplexity(dtype, model, pairs):
    with torch.no_grad():
        model.embedding.weight *= 1e6
    assert 1e20 < perplexity([model.to(dtype)], *pairs, MACHINE) < math.inf


def test_the_perplexity_of_several_models_is_that_of_their_mean_probabilities(model, pairs):
    torch.manual_seed(7)
    other = Seq2Seq(model.config).eval()
    with torch.no_grad():
        other.embedding.weight *= 4
        nll = 0.0
        for source, target in zip(*pairs, strict=True):
            batch = make_batch([source], [target])
            arrays = [torch.from_numpy(array) for array in (batch.source, batch.source_lengths, batch.target_in)]
            both = [one.logits(one(*arrays))[0].softmax(-1)[range(len(target)), target] for one in (model, other)]
            nll -= float(torch.stack(both).mean(0).log().sum())
    expected = math.exp(nll / sum(map(len, pairs[1])))
    assert perplexity([model, other], *pairs, MACHINE) == pytest.approx(expected, rel=1e-4)
    assert perplexity([model, model], *pairs, MACHINE) == pytest.approx(perplexity([model], *pairs, MACHINE))


def test_the_perplexity_is_the_same_whatever_the_chunks_of_the_vocabulary(model, pairs, monkeypatch):
    usual = perplexity([model], *pairs, MACHINE)
    monkeypatch.setattr("attn_cli.network.teacher_forcing.CHUNK_ELEMENTS", 7 * VOCABULARY)
    assert perplexity([model], *pairs, MACHINE) == pytest.approx(usual, rel=1e-6)
