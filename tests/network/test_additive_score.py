"""The additive score: vᵀ tanh(q + k) for all pairs, in value and gradients, in chunks of any size."""

import pytest
import torch

from attn_cli.network import additive_score
from attn_cli.network.additive_score import AdditiveScores, exponential
from attn_cli.network.matmul import rounded

SENTENCES, TARGET, SOURCE, SIZE = 3, 5, 4, 6
ELEMENTS = TARGET * SOURCE * SIZE  # per sentence


def problem(dtype=torch.float64):
    """Return projected queries (B, T, A), projected keys (B, S, A) and the weight v (A,)."""
    torch.manual_seed(1)
    shapes = (SENTENCES, TARGET, SIZE), (SENTENCES, SOURCE, SIZE), (SIZE,)
    return [torch.randn(shape, dtype=torch.float64).to(dtype).requires_grad_() for shape in shapes]


def score(query, keys, weight):
    return AdditiveScores.apply(exponential(query), exponential(keys), weight)


def reference(query, keys, weight):
    return torch.tanh(query.unsqueeze(2) + keys.unsqueeze(1)) @ weight


def with_gradients(function, arguments):
    scores = function(*arguments)
    slope = torch.linspace(-1, 1, scores.numel()).view_as(scores).to(scores.dtype)
    return scores, *torch.autograd.grad(scores, arguments, slope)


@pytest.mark.parametrize("chunk", [1, ELEMENTS, 2 * ELEMENTS, 3 * ELEMENTS - 1, 1 << 20])
def test_the_score_is_its_equation_in_value_and_gradients_for_any_chunk_size(chunk, monkeypatch):
    monkeypatch.setattr(additive_score, "ADDITIVE_CHUNK", chunk)
    arguments = problem()
    torch.testing.assert_close(with_gradients(score, arguments), with_gradients(reference, arguments))


def test_the_gradient_equals_numerical_differences():
    assert torch.autograd.gradcheck(score, problem())


def test_large_numbers_neither_overflow_nor_give_undefined_gradients():
    query, keys, weight = (tensor.detach().float() for tensor in problem())
    arguments = [(1000 * query).requires_grad_(), (1000 * keys).requires_grad_(), weight.requires_grad_()]
    query, keys = ((1000 * tensor).clamp(-20, 20) for tensor in (query, keys))
    results = with_gradients(score, arguments)
    assert all(result.isfinite().all() for result in results)
    torch.testing.assert_close(results[0], reference(query, keys, weight), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("sentences, largest", [(0.5, 1), (2, 2), (100, 3)])
def test_a_chunk_is_no_larger_than_allowed(sentences, largest, monkeypatch):
    monkeypatch.setattr(additive_score, "ADDITIVE_CHUNK", int(sentences * ELEMENTS))
    computed = []
    sigmoids = additive_score._sigmoids
    monkeypatch.setattr(additive_score, "_sigmoids", lambda q, k: computed.append(len(q)) or sigmoids(q, k))
    score(*problem())
    assert max(computed) == largest
    assert sum(computed) == SENTENCES


@pytest.fixture
def new_memory_holds_nan():
    """Let torch fill new memory with NaN, so that a use of it shows."""
    torch.use_deterministic_algorithms(True)
    yield
    torch.use_deterministic_algorithms(False)


@pytest.mark.usefixtures("new_memory_holds_nan")
def test_in_bfloat16_scores_and_gradients_stay_close_although_rows_are_added():
    rows = SENTENCES * TARGET * SOURCE
    assert rounded(rows, torch.empty(0, dtype=torch.bfloat16)) != rows
    exact_results, rounded_results = (
        with_gradients(score, problem(dtype)) for dtype in (torch.float64, torch.bfloat16)
    )
    for exact, rough in zip(exact_results, rounded_results, strict=True):
        torch.testing.assert_close(rough.double(), exact, atol=0.05 * exact.abs().max().item(), rtol=0.05)
