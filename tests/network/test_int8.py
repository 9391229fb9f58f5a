"""Products in 8-bit integers."""

import pytest
import torch
from torch import nn

from attn_cli.network import int8
from attn_cli.network.int8 import Int8Weight, quantize
from attn_cli.network.matmul import linear

pytestmark = pytest.mark.skipif(not int8.is_available(), reason="this processor, or this torch, has no such products")


@pytest.mark.parametrize("rows", [1, 8, 31, 384, 500])
def test_a_product_is_close_to_that_of_the_numbers(rows):
    torch.manual_seed(rows)
    inputs, weight = torch.randn(rows, 96), torch.randn(70, 96)
    found, expected = Int8Weight(weight).product(inputs), inputs @ weight.T
    assert (found.shape, found.dtype) == (expected.shape, torch.float32)
    assert (found - expected).square().mean().sqrt() < 0.02 * expected.square().mean().sqrt()


@pytest.mark.parametrize("scale", [1.0, 2.0**40, 2.0**-40])
def test_integers_are_multiplied_exactly_also_where_all_of_them_are_the_greatest(scale):
    torch.manual_seed(1)
    inputs, weight = torch.randint(-63, 64, (20, 64)).float(), torch.randint(-127, 128, (50, 64)).float()
    inputs[:, 0], weight[:, 0] = 63, -127
    inputs[3], weight[7] = 63, 127
    inputs[4], weight[8] = -63, 127
    found = Int8Weight(weight).product(inputs * scale) / scale
    torch.testing.assert_close(found, inputs @ weight.T, rtol=1e-6, atol=1e-2)


def test_a_row_does_not_depend_on_its_neighbours():
    torch.manual_seed(2)
    weight = Int8Weight(torch.randn(40, 64))
    inputs = torch.randn(800, 64) * torch.logspace(-3, 3, 800).unsqueeze(1)
    together = weight.product(inputs)
    for size in (1, 7, 16, 33, 390):
        assert torch.equal(torch.cat([weight.product(part) for part in inputs.split(size)]), together)


def test_rows_of_zeros_give_zeros():
    weight = torch.randn(5, 8)
    weight[2] = 0
    found = Int8Weight(weight).product(torch.tensor([[0.0] * 8, [1.0] * 8]))
    assert (found[0] == 0).all()
    assert found[1, 2] == 0
    torch.testing.assert_close(found[1], weight.sum(1), rtol=0, atol=0.05)


def test_inputs_that_are_not_numbers_give_no_number():
    found = Int8Weight(torch.randn(5, 8)).product(torch.tensor([[float("nan")] * 8, [float("inf")] * 8, [1.0] * 8]))
    assert not found[:2].isfinite().any()
    assert found[2].isfinite().all()


def test_the_numbers_of_rows_are_few():
    rounded = [int8._rounded(rows) for rows in range(1, int8._MOST_ROWS + 1)]
    assert all(rows <= more < rows + 32 for rows, more in enumerate(rounded, 1))
    assert len(set(rounded)) == 14
    assert max(rounded) == int8._MOST_ROWS


def test_a_quantised_layer_multiplies_in_integers_and_adds_its_bias():
    torch.manual_seed(3)
    layer, inputs = nn.Linear(64, 32), torch.randn(2, 9, 64)
    with torch.no_grad():
        before = linear(inputs, layer.weight, layer.bias)
        quantize(layer)
        after = linear(inputs, layer.weight, layer.bias)
        without = linear(inputs, layer.weight)
    assert after.shape == before.shape
    assert not torch.equal(after, before)
    torch.testing.assert_close(after, before, rtol=0, atol=0.05)
    torch.testing.assert_close(after, without + layer.bias)


@pytest.mark.parametrize("damage", [float("nan"), float("inf"), float("-inf")])
def test_damaged_weights_give_no_number(damage):
    layer = nn.Linear(8, 4)
    with torch.no_grad():
        layer.weight[1, 2] = damage
        quantize(layer)
        finite = linear(torch.ones(3, 8), layer.weight).isfinite()
    assert finite[:, [0, 2, 3]].all()
    assert not finite[:, 1].any()
