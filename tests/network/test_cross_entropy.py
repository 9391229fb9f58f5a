"""The chunked loss equals torch's own cross-entropy, in value and in gradients, for any size of the chunks."""

import math

import pytest
import torch
import torch.nn.functional as F

from attn_cli.foundation.settings import PAD_ID
from attn_cli.network import cross_entropy as cross_entropy_module
from attn_cli.network.cross_entropy import cross_entropy

TOKENS, FEATURES, PIECES = 7, 5, 11


@pytest.fixture(params=[1, 3 * PIECES, 4 * PIECES + 1, 7 * PIECES, 1 << 21], ids=lambda size: f"chunk {size}")
def chunked(request, monkeypatch):
    """Chunks of 1, 3, 4 and 7 rows, and of the default size."""
    monkeypatch.setattr(cross_entropy_module, "CHUNK_ELEMENTS", request.param)


def problem(dtype=torch.float64, scale=1.0):
    torch.manual_seed(1)
    output = (scale * torch.randn(TOKENS, FEATURES, dtype=torch.float64)).to(dtype).requires_grad_()
    weight = torch.randn(PIECES, FEATURES, dtype=torch.float64).to(dtype).requires_grad_()
    return output, weight, torch.randint(1, PIECES, (TOKENS,))  # 0 is padding


def reference(output, weight, target, smoothing):
    return F.cross_entropy(output @ weight.T, target, label_smoothing=smoothing, reduction="sum")


@pytest.mark.usefixtures("chunked")
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.9])
def test_value_and_gradients_equal_those_of_torch(smoothing):
    output, weight, target = problem()
    expected = reference(output, weight, target, smoothing)
    actual, _ = cross_entropy(output, weight, target, smoothing)
    torch.testing.assert_close(actual, expected)
    for share in (1.0, 0.25):  # the loss is divided afterwards
        gradients = torch.autograd.grad(share * expected, (output, weight), retain_graph=True)
        torch.testing.assert_close(torch.autograd.grad(share * actual, (output, weight), retain_graph=True), gradients)


@pytest.mark.usefixtures("chunked")
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_gradient_equals_numerical_differences(smoothing):
    output, weight, target = problem()
    assert torch.autograd.gradcheck(lambda o, w: cross_entropy(o, w, target, smoothing)[0], (output, weight))


@pytest.mark.usefixtures("chunked")
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_second_result_is_the_plain_negative_log_likelihood(smoothing):
    output, weight, target = problem()
    _, nll = cross_entropy(output, weight, target, smoothing)
    probabilities = torch.softmax(output @ weight.T, dim=-1).tolist()
    assert nll.item() == pytest.approx(-sum(math.log(probabilities[n][target[n]]) for n in range(TOKENS)))


def test_the_negative_log_likelihood_has_no_gradient():
    loss, nll = cross_entropy(*problem(), 0.1)
    assert loss.requires_grad
    assert not nll.requires_grad


def test_without_smoothing_both_results_are_equal():
    loss, nll = cross_entropy(*problem(), 0.0)
    assert loss.item() == pytest.approx(nll.item(), rel=1e-12)


def test_without_gradients_the_value_is_the_same():
    output, weight, target = problem()
    with torch.no_grad():
        without = cross_entropy(output, weight, target, 0.1)
    assert not without[0].requires_grad
    assert without == cross_entropy(output, weight, target, 0.1)


def test_the_loss_is_a_sum_over_tokens():
    output, weight, target = problem()
    whole = cross_entropy(output, weight, target, 0.1)
    parts = [cross_entropy(output[part], weight, target[part], 0.1) for part in (slice(0, 3), slice(3, None))]
    for index in (0, 1):
        torch.testing.assert_close(whole[index], parts[0][index] + parts[1][index])


def test_without_any_token_loss_and_gradients_are_zero():
    output, weight, target = problem()
    loss, nll = cross_entropy(output[:0], weight, target[:0], 0.1)
    loss.backward()
    assert (loss.item(), nll.item(), weight.grad.abs().sum().item()) == (0, 0, 0)


def test_very_large_logits_do_not_overflow():
    output, weight, target = problem(torch.float32, scale=1e4)
    actual, nll = cross_entropy(output, weight, target, 0.1)
    assert 0 < nll.item() <= 88 * TOKENS  # a likelihood that is 0 in float32 counts as its smallest number
    expected = torch.autograd.grad(reference(output, weight, target, 0.1), (output, weight))
    for gradient, exact in zip(torch.autograd.grad(actual, (output, weight)), expected, strict=True):
        torch.testing.assert_close(gradient, exact, rtol=1e-4, atol=1e-3)


@pytest.mark.usefixtures("chunked")
@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_padding_adds_nothing(dtype):
    output, weight, target = problem(dtype)
    padded = torch.cat([output.detach(), torch.full((3, FEATURES), 7.0, dtype=dtype)]).requires_grad_()
    with_padding = cross_entropy(padded, weight, torch.cat([target, torch.full((3,), PAD_ID)]), 0.1)
    without = cross_entropy(output, weight, target, 0.1)
    torch.testing.assert_close(with_padding, without)
    actual, expected = (
        torch.autograd.grad(loss[0], (o, weight)) for loss, o in ((with_padding, padded), (without, output))
    )
    assert (actual[0][TOKENS:] == 0).all()
    torch.testing.assert_close((actual[0][:TOKENS], actual[1]), expected)


def test_the_arguments_are_not_changed():
    output, weight, target = problem()
    before = [tensor.detach().clone() for tensor in (output, weight, target)]
    cross_entropy(output, weight, target, 0.1)[0].backward()
    assert all(torch.equal(tensor, old) for tensor, old in zip((output, weight, target), before, strict=True))


@pytest.mark.usefixtures("chunked")
def test_in_bfloat16_loss_and_gradients_stay_close_to_float32():
    output, weight, target = problem(torch.float32)
    half = output.detach().bfloat16().requires_grad_()
    expected, expected_nll = cross_entropy(output, weight, target, 0.1)
    actual, nll = cross_entropy(half, weight, target, 0.1)  # as in training: only the weights stay in float32
    assert (actual.dtype, nll.dtype) == (torch.float32, torch.float32)
    assert actual.item() == pytest.approx(expected.item(), rel=0.01)
    assert nll.item() == pytest.approx(expected_nll.item(), rel=0.01)
    gradients = torch.autograd.grad(actual, (half, weight))
    assert [gradient.dtype for gradient in gradients] == [torch.bfloat16, torch.float32]
    for gradient, exact in zip(gradients, torch.autograd.grad(expected, (output, weight)), strict=True):
        assert (gradient.float() - exact).norm() < 0.02 * exact.norm()


@pytest.mark.usefixtures("chunked")
def test_in_bfloat16_logits_and_probabilities_are_rounded_and_sums_are_not():
    output, weight, target = problem(torch.bfloat16)
    logits = (output @ weight.T).float()
    actual, nll = cross_entropy(output, weight, target, 0.1)
    expected = F.cross_entropy(logits, target, label_smoothing=0.1, reduction="sum")
    rounding = TOKENS * 2**-8  # of each likelihood
    torch.testing.assert_close(actual, expected, atol=rounding, rtol=0)
    torch.testing.assert_close(nll, F.cross_entropy(logits, target, reduction="sum"), atol=rounding, rtol=0)


def test_under_autocast_the_result_is_the_same():
    output, weight, target = problem(torch.bfloat16)
    expected = cross_entropy(output, weight, target, 0.1)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        actual = cross_entropy(output, weight, target, 0.1)
    torch.testing.assert_close(actual, expected, rtol=0, atol=0)


def paired_problem(pairs=3, dtype=torch.float64):
    torch.manual_seed(2)
    output = torch.randn(2 * pairs, FEATURES, dtype=torch.float64).to(dtype).requires_grad_()
    weight = torch.randn(PIECES, FEATURES, dtype=torch.float64).to(dtype).requires_grad_()
    return output, weight, torch.randint(1, PIECES, (pairs,)).repeat_interleave(2)


def disagreement(output, weight):
    first, second = torch.log_softmax(output @ weight.T, dim=-1).view(-1, 2, PIECES).unbind(1)
    both = [F.kl_div(one, other, log_target=True, reduction="sum") for one, other in ((first, second), (second, first))]
    return sum(both) / 2


@pytest.mark.usefixtures("chunked")
def test_consistency_adds_the_divergences_of_each_pair():
    output, weight, target = paired_problem()
    expected = reference(output, weight, target, 0.1) + 3 * disagreement(output, weight)
    actual, nll = cross_entropy(output, weight, target, 0.1, consistency=3.0)
    torch.testing.assert_close(actual, expected)
    torch.testing.assert_close(nll, reference(output, weight, target, 0.0))
    gradients = torch.autograd.grad(0.25 * expected, (output, weight))
    torch.testing.assert_close(torch.autograd.grad(0.25 * actual, (output, weight)), gradients)


@pytest.mark.usefixtures("chunked")
def test_consistency_leaves_padding_out():
    output, weight, target = paired_problem()
    target[2:4] = PAD_ID
    kept = [0, 1, 4, 5]
    expected = cross_entropy(output[kept], weight, target[kept], 0.1, consistency=3.0)[0]
    actual = cross_entropy(output, weight, target, 0.1, consistency=3.0)[0]
    torch.testing.assert_close(actual, expected)
    torch.testing.assert_close(*(torch.autograd.grad(loss, (output, weight)) for loss in (actual, expected)))


def test_consistency_in_bfloat16_is_close_to_that_in_float64():
    output, weight, target = paired_problem(pairs=40, dtype=torch.bfloat16)
    exact = [tensor.detach().double().requires_grad_() for tensor in (output, weight)]
    expected = cross_entropy(*exact, target, 0.1, consistency=3.0)[0]
    actual = cross_entropy(output, weight, target, 0.1, consistency=3.0)[0]
    assert actual.item() == pytest.approx(expected.item(), rel=0.01)
    gradients = torch.autograd.grad(actual, (output, weight)), torch.autograd.grad(expected, exact)
    for one, other in zip(*gradients, strict=True):
        assert (one.double() - other).norm() < 0.02 * other.norm()
