"""Products with a rounded number of rows equal the products without."""

import pytest
import torch
import torch.nn.functional as F

from attn_cli.network.matmul import batched, linear, rounded, with_rows

HALF = torch.empty(0, dtype=torch.bfloat16)


def test_rounding_leaves_few_numbers_of_rows_and_adds_few_rows():
    numbers = {rounded(rows, HALF) for rows in range(1, 4097)}
    assert len(numbers) < 130
    for rows in range(1, 5000):
        assert rows <= rounded(rows, HALF) <= max(rows + 7, 1.07 * rows)
        assert rounded(rounded(rows, HALF), HALF) == rounded(rows, HALF)


def test_the_default_batch_size_is_not_rounded():
    assert rounded(1600, HALF) == 1600


def test_in_float32_rows_are_not_rounded():
    assert rounded(1001, torch.empty(0)) == 1001


def test_added_rows_are_zero():
    tensor = torch.ones(2, 3, 4)
    assert with_rows(tensor, 3) is tensor
    assert with_rows(tensor, 5).sum(-1).tolist() == [[4, 4, 4, 0, 0]] * 2


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(3, 7, 5), (9, 5), (16, 5)])
def test_a_linear_map_equals_torchs_in_value_and_gradients(shape, bias):
    torch.manual_seed(1)
    inputs = torch.randn(shape).bfloat16().requires_grad_()
    weight, offset = torch.randn(6, 5).bfloat16().requires_grad_(), torch.randn(6).bfloat16().requires_grad_()
    arguments = (inputs, weight, offset) if bias else (inputs, weight)
    actual, expected = linear(*arguments), F.linear(*(argument.float() for argument in arguments))
    torch.testing.assert_close(actual.float(), expected, atol=0.05, rtol=0.01)
    grad = torch.randn(expected.shape).bfloat16()
    exact = torch.autograd.grad(expected, arguments, grad.float())
    for rough, gradient in zip(torch.autograd.grad(actual, arguments, grad), exact, strict=True):
        torch.testing.assert_close(rough, gradient, atol=0.05, rtol=0.01)


def test_under_autocast_weights_get_gradients_in_their_own_type():
    torch.manual_seed(1)
    inputs, weight = torch.randn(9, 5), torch.randn(6, 5, requires_grad=True)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        outputs = linear(inputs, weight)
    assert outputs.dtype == torch.bfloat16
    outputs.sum().backward()
    torch.testing.assert_close(weight.grad, inputs.sum(0).expand(6, 5), atol=0.05, rtol=0.01)


def test_in_float32_and_float64_a_linear_map_is_torchs_own():
    for dtype in (torch.float32, torch.float64):
        inputs, weight = torch.randn(9, 5, dtype=dtype), torch.randn(6, 5, dtype=dtype)
        assert torch.equal(linear(inputs, weight), F.linear(inputs, weight))


def test_batched_products_are_float32_on_a_cpu_even_under_autocast():
    left, right = torch.randn(2, 3, 4), torch.randn(2, 4, 5)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        product = batched(left, right.bfloat16())
    assert product.dtype == torch.float32
    torch.testing.assert_close(product, left @ right.bfloat16().float())
