"""Attention against its equations, written out in loops over single numbers."""

import math

import pytest
import torch

from attn_cli.foundation.settings import ModelConfig
from attn_cli.network.attention import SCORES, AdditiveScore, Attention, Memory, hard_weights

BATCH, TARGET, SOURCE = 3, 5, 4
LENGTHS = (4, 1, 2)
SIZE = 6  # of a query and of an annotation
EVERY = pytest.mark.parametrize("score", SCORES)


def problem(score, **choices):
    """Return the attention, queries (B, T, H), annotations (B, S, M) and mask (B, S), in float64."""
    torch.manual_seed(1)
    module = Attention(ModelConfig(vocab_size=300, hidden_size=SIZE, attention=score, **choices)).double()
    query = torch.randn(BATCH, TARGET, SIZE, dtype=torch.float64, requires_grad=True)
    values = torch.randn(BATCH, SOURCE, SIZE, dtype=torch.float64, requires_grad=True)
    return module, query, values, torch.arange(SOURCE) < torch.tensor(LENGTHS).unsqueeze(1)


def product(matrix, vector):
    return [sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix]


def slow_score(score, module, h, annotation):
    """Return score(h_t, h̄_s) of two lists of numbers, by equation (4)."""
    if score in ("dot", "scaled-dot"):
        scale = 1 if score == "dot" else 1 / math.sqrt(SIZE)
        return scale * sum(a * b for a, b in zip(h, annotation, strict=True))
    if score == "general":
        keys = product(module.key.weight.tolist(), annotation)
        return sum(a * b for a, b in zip(h, keys, strict=True)) / math.sqrt(SIZE)
    assert score == "additive"
    query, keys = product(module.query.weight.tolist(), h), product(module.key.weight.tolist(), annotation)
    return sum(v * math.tanh(w1 + w2) for v, w1, w2 in zip(module.weight.tolist(), query, keys, strict=True))


def slow_attention(scores, annotations):
    """Return the weights and the context of one query, by equations (1) and (2)."""
    total = sum(math.exp(score) for score in scores)
    weights = [math.exp(score) / total for score in scores]
    context = [0.0] * len(annotations[0])
    for weight, annotation in zip(weights, annotations, strict=True):
        context = [c + weight * a for c, a in zip(context, annotation, strict=True)]
    return weights, context


@EVERY
def test_a_score_equals_its_equation(score):
    module, query, values, _ = problem(score)
    actual = module.score(query, module.score.project(values))
    h, annotations = query.tolist(), values.tolist()
    expected = [
        [[slow_score(score, module.score, h[b][t], annotations[b][s]) for s in range(SOURCE)] for t in range(TARGET)]
        for b in range(BATCH)
    ]
    torch.testing.assert_close(actual, torch.tensor(expected, dtype=torch.float64))


@EVERY
def test_weights_and_contexts_equal_their_equations(score):
    module, query, values, mask = problem(score)
    contexts, weights = module(query, module.memorize(values, mask))
    assert contexts.shape == (BATCH, TARGET, values.shape[2])
    assert weights.shape == (BATCH, TARGET, SOURCE)
    for b, length in enumerate(LENGTHS):
        annotations = values[b, :length].tolist()
        for t in range(TARGET):
            scores = [slow_score(score, module.score, query[b, t].tolist(), annotation) for annotation in annotations]
            expected_weights, expected_context = slow_attention(scores, annotations)
            assert weights[b, t, :length].tolist() == pytest.approx(expected_weights, rel=1e-5)
            assert contexts[b, t].tolist() == pytest.approx(expected_context, rel=1e-5, abs=1e-6)


@EVERY
def test_weights_sum_to_one_and_are_exactly_zero_on_padding(score):
    module, query, values, mask = problem(score)
    _, weights = module(30 * query, module.memorize(values, mask))
    torch.testing.assert_close(weights.sum(-1), torch.ones_like(weights[..., 0]))
    assert (weights >= 0).all()
    assert (weights.masked_select(~mask.unsqueeze(1)) == 0).all()


@EVERY
def test_annotations_on_padding_change_nothing(score):
    module, query, values, mask = problem(score)
    noisy = values.detach().masked_fill(~mask.unsqueeze(2), 1e3)
    for actual, expected in zip(
        module(query, module.memorize(noisy, mask)), module(query, module.memorize(values, mask)), strict=True
    ):
        assert torch.equal(actual, expected)


@EVERY
def test_a_source_of_one_token_gets_all_the_weight(score):
    module, query, values, mask = problem(score)
    contexts, weights = module(query, module.memorize(values, mask))
    assert (weights[1, :, 0] == 1).all()
    torch.testing.assert_close(contexts[1], values[1, :1].expand(TARGET, -1))


@EVERY
def test_each_query_attends_independently_of_the_others(score):
    module, query, values, mask = problem(score)
    memory = module.memorize(values, mask)
    together = module(query, memory)
    for t in range(TARGET):
        alone = module(query[:, t : t + 1], memory)
        for index in (0, 1):
            torch.testing.assert_close(alone[index], together[index][:, t : t + 1], rtol=1e-5, atol=1e-6)


@EVERY
def test_the_gradient_of_a_score_equals_numerical_differences(score):
    module, query, values, _ = problem(score)
    assert torch.autograd.gradcheck(
        lambda query, values, *_: module.score(query, module.score.project(values)),
        (query, values, *module.parameters()),
    )


@EVERY
def test_the_gradient_of_attention_equals_numerical_differences(score):
    module, query, values, mask = problem(score)
    assert torch.autograd.gradcheck(
        lambda query, values, *_: module(query, module.memorize(values, mask)),
        (query, values, *module.parameters()),
    )


def test_the_initial_additive_weights_suit_their_number():
    torch.manual_seed(1)
    weight = AdditiveScore(400, 4).weight
    assert 0.9 / 20 < weight.abs().max() <= 1 / 20


@EVERY
def test_a_memory_holds_the_values_their_keys_and_the_mask(score):
    module, _, values, mask = problem(score)
    memory = module.memorize(values, mask)
    assert memory.values is values
    assert memory.mask is mask
    assert torch.equal(memory.keys, module.score.project(values))


@pytest.mark.parametrize(
    "rows",
    [[0, 1, 2], [2, 1, 0], [1], [0, 0, 2, 2, 2, 1], []],
    ids=["same", "reordered", "left out", "repeated", "none"],
)
def test_rows_of_a_memory_can_be_reordered_left_out_and_repeated(rows):
    memory = Memory(torch.randn(3, 4, 2), torch.randn(3, 4, 5), torch.rand(3, 4) > 0.5)
    chosen = memory.select(torch.tensor(rows, dtype=torch.long))
    for name in ("values", "keys", "mask"):
        assert getattr(chosen, name).tolist() == [getattr(memory, name)[row].tolist() for row in rows]


def test_local_m_attends_around_its_own_position_or_the_last_source_token():
    module, query, values, mask = problem("general", window="local-m", window_size=1)
    _, weights = module(query, module.memorize(values, mask), position=1)
    for row, length in enumerate(LENGTHS):
        for step in range(TARGET):
            centre = min(1 + step, length - 1)
            allowed = [abs(position - centre) <= 1 and position < length for position in range(SOURCE)]
            assert [weight > 0 for weight in weights[row, step].tolist()] == allowed
    torch.testing.assert_close(weights.sum(-1), torch.ones(BATCH, TARGET, dtype=torch.double))


def test_local_p_equals_luongs_equations_9_and_10():
    module, query, values, mask = problem("dot", window="local-p", window_size=2)
    _, weights = module(query, module.memorize(values, mask))
    for row, length in enumerate(LENGTHS):
        for step in range(TARGET):
            h = query[row, step].tolist()
            hidden = [math.tanh(x) for x in product(module.window.hidden.weight.tolist(), h)]
            predicted = sum(a * b for a, b in zip(module.window.weight.tolist(), hidden, strict=True))
            centre = length / (1 + math.exp(-predicted))
            allowed = [position for position in range(length) if abs(position - centre) <= 2]
            scores = [slow_score("dot", module.score, h, values[row, position].tolist()) for position in allowed]
            total = sum(math.exp(score) for score in scores)
            expected = [0.0] * SOURCE
            for position, score in zip(allowed, scores, strict=True):
                expected[position] = math.exp(score) / total * math.exp(-((position - centre) ** 2) / (2 * 1.0**2))
            assert weights[row, step].tolist() == pytest.approx(expected, abs=1e-9)


def test_in_local_p_the_gradient_reaches_the_predicted_position():
    module, query, values, mask = problem("general", window="local-p", window_size=3)
    context, _ = module(query, module.memorize(values, mask))
    gradients = torch.autograd.grad(context.square().sum(), list(module.window.parameters()))
    assert all(gradient.abs().sum() > 0 for gradient in gradients)


@pytest.mark.parametrize("window", ["local-m", "local-p"])
@EVERY
def test_the_gradient_of_windowed_attention_equals_numerical_differences(score, window):
    # The window covers the whole sentence: at its edges, weights are not differentiable.
    module, query, values, mask = problem(score, window=window, window_size=SOURCE + 1)
    arguments = (query, values, *module.parameters())
    assert torch.autograd.gradcheck(lambda q, v, *_: module(q, module.memorize(v, mask))[0], arguments)


@pytest.mark.parametrize("window", ["global", "local-m", "local-p"])
@pytest.mark.parametrize("training", [True, False])
def test_hard_attention_picks_one_position_and_has_the_gradient_of_soft_attention(window, training):
    module, query, values, mask = problem("general", window=window, window_size=1)
    memory = module.memorize(values, mask)
    _, soft = module(query, memory)
    module.hard = True
    _, hard = module.train(training)(query, memory)
    assert set(hard.detach().round(decimals=6).unique().tolist()) == {0.0, 1.0}
    assert (hard.sum(-1) - 1).abs().max() < 1e-6
    assert (soft[hard > 0.5] > 0).all()
    if not training:
        assert torch.equal(hard.argmax(-1), soft.argmax(-1))
    direction = torch.randn_like(hard)
    actual, expected = (
        torch.autograd.grad((weights * direction).sum(), (query, module.score.key.weight), retain_graph=True)
        for weights in (hard, soft)
    )
    torch.testing.assert_close(actual, expected)


def test_positions_are_drawn_with_the_probabilities_of_their_weights():
    torch.manual_seed(1)
    weights = torch.tensor([[[0.7, 0.3, 0.0]]]).expand(1, 4000, 3)
    drawn = hard_weights(weights, sample=True).mean((0, 1)).tolist()
    assert drawn == pytest.approx([0.7, 0.3, 0.0], abs=0.03)
