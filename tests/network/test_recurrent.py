"""Recurrent layers: on a CPU they equal torch's own layers, in outputs and in gradients."""

import warnings

import pytest
import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from attn_cli.network import int8, recurrent
from attn_cli.network.recurrent import CELLS, EncoderLayer, RecurrentLayer

LENGTHS = torch.tensor([4, 7, 1, 7, 2])


def gradients(output, inputs):
    torch.manual_seed(1)
    return torch.autograd.grad((output * torch.randn(output.shape, dtype=output.dtype)).sum(), inputs)


def test_a_layer_equals_torchs_in_outputs_and_gradients():
    torch.manual_seed(3)
    layer = RecurrentLayer("gru", 5, 6).double()
    inputs = torch.randn(3, 7, 5, dtype=torch.double, requires_grad=True)
    state = torch.randn(3, 6, dtype=torch.double, requires_grad=True)
    outputs, last = layer(inputs, state)
    expected, expected_last = layer.cell(inputs, state.unsqueeze(0))
    torch.testing.assert_close((outputs, last), (expected, expected_last[0]))
    everything = (inputs, state, *layer.parameters())
    torch.testing.assert_close(gradients(outputs, everything), gradients(expected, everything))


@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize("cell", CELLS)
def test_an_encoder_layer_equals_torchs_packed_layer_in_outputs_and_gradients(cell, bidirectional):
    torch.manual_seed(3)
    layer = EncoderLayer(cell, 5, 8, bidirectional=bidirectional).double()
    inputs = torch.randn(len(LENGTHS), 7, 5, dtype=torch.double, requires_grad=True)
    outputs = layer(inputs, LENGTHS)
    packed = pack_padded_sequence(inputs, LENGTHS, batch_first=True, enforce_sorted=False)
    expected, _ = pad_packed_sequence(layer.cell(packed)[0], batch_first=True, total_length=7)
    torch.testing.assert_close(outputs, expected)
    everything = (inputs, *layer.parameters())
    torch.testing.assert_close(gradients(outputs, everything), gradients(expected, everything))


@pytest.mark.parametrize("hidden", [8, 64])
def test_in_bfloat16_outputs_and_gradients_stay_close(hidden):
    torch.manual_seed(3)
    layer = RecurrentLayer("gru", hidden, hidden)
    inputs, state = torch.randn(9, 30, hidden, requires_grad=True), torch.zeros(9, hidden)
    expected, _ = layer(inputs, state)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        actual, _ = layer(inputs, state)
    assert actual.dtype == torch.bfloat16
    torch.testing.assert_close(actual.float(), expected, atol=0.03, rtol=0)
    everything = (inputs, *layer.parameters())
    for exact, rough in zip(gradients(expected, everything), gradients(actual.float(), everything), strict=True):
        assert (rough - exact).norm() < 0.02 * exact.norm()


def test_parameters_have_the_names_used_in_stored_models():
    kinds = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    assert list(RecurrentLayer("gru", 5, 6).state_dict()) == [f"cell.{kind}_l0" for kind in kinds]
    both = [f"cell.{kind}_l0{suffix}" for suffix in ("", "_reverse") for kind in kinds]
    assert list(EncoderLayer("gru", 5, 6).state_dict()) == both


@pytest.mark.parametrize("cell", CELLS)
def test_two_runs_over_parts_equal_one_run_over_the_whole(cell):
    torch.manual_seed(3)
    layer = RecurrentLayer(cell, 5, 6).double()
    inputs, state = torch.randn(3, 7, 5, dtype=torch.double), torch.rand(3, 6 * layer.parts, dtype=torch.double)
    whole, last = layer(inputs, state)
    first, between = layer(inputs[:, :4], state)
    second, end = layer(inputs[:, 4:], between)
    torch.testing.assert_close((torch.cat([first, second], 1), end), (whole, last))
    torch.testing.assert_close(last[:, :6], whole[:, -1])


def test_in_bfloat16_an_encoder_layer_stays_close():
    torch.manual_seed(3)
    layer, inputs = EncoderLayer("gru", 16, 64), torch.randn(len(LENGTHS), 7, 16, requires_grad=True)
    expected = layer(inputs, LENGTHS)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        actual = layer(inputs, LENGTHS)
    torch.testing.assert_close(actual.float(), expected, atol=0.03, rtol=0)
    everything = (inputs, *layer.parameters())
    for exact, rough in zip(gradients(expected, everything), gradients(actual.float(), everything), strict=True):
        assert (rough - exact).norm() < 0.02 * exact.norm()


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_on_a_gpu_outputs_equal_those_on_a_cpu():
    torch.manual_seed(3)
    inputs, state = torch.randn(len(LENGTHS), 7, 5), torch.randn(len(LENGTHS), 8)
    both, one = EncoderLayer("gru", 5, 8), RecurrentLayer("gru", 5, 8)
    expected = both(inputs, LENGTHS), *one(inputs, state)
    with torch.backends.cudnn.flags(allow_tf32=False):
        actual = both.cuda()(inputs.cuda(), LENGTHS), *one.cuda()(inputs.cuda(), state.cuda())
    torch.testing.assert_close([tensor.cpu() for tensor in actual], list(expected), atol=1e-4, rtol=1e-4)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_on_a_gpu_layers_in_bfloat16_are_silent():
    both, one = (layer.to("cuda", torch.bfloat16) for layer in (EncoderLayer("gru", 5, 8), RecurrentLayer("gru", 5, 8)))
    inputs = torch.randn(len(LENGTHS), 7, 5, device="cuda", dtype=torch.bfloat16)
    with torch.inference_mode():  # warnings are errors in all tests
        both(inputs, LENGTHS)
        one(inputs, inputs.new_zeros(len(LENGTHS), 8))


def test_only_the_warning_that_nothing_can_be_done_about_is_kept_from_users_of_a_gpu():
    with recurrent._torch_layers("cuda"):
        warnings.warn("RNN module weights are not part of single contiguous chunk of memory.", stacklevel=1)
        with pytest.raises(UserWarning, match="another"):
            warnings.warn("another", stacklevel=1)
    with recurrent._torch_layers("cpu"), pytest.raises(UserWarning):
        warnings.warn("RNN module weights are not part of single contiguous chunk of memory.", stacklevel=1)


@pytest.mark.skipif(not int8.is_available(), reason="this processor, or this torch, has no such products")
def test_a_quantised_step_multiplies_inputs_and_state_in_integers():
    torch.manual_seed(4)
    layer, inputs, state = RecurrentLayer("gru", 16, 24), torch.randn(5, 1, 16), torch.randn(5, 24)
    with torch.no_grad():
        before = [layer(*arguments)[1] for arguments in ((inputs, state * 0), (inputs * 0, state))]
        int8.quantize(layer)
        after = [layer(*arguments)[1] for arguments in ((inputs, state * 0), (inputs * 0, state))]
    for exact, found in zip(before, after, strict=True):
        assert not torch.equal(exact, found)
        torch.testing.assert_close(exact, found, rtol=0, atol=0.05)
