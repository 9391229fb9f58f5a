"""The scan of a gated recurrent unit: its equations written out, step by step, with torch's own derivatives."""

import pytest
import torch

from attn_cli.network.gru_scan import GRUScan, gru_scan, gru_step

DIRECTIONS, SENTENCES, LENGTH, SIZE = 2, 3, 4, 5


def problem(directions=DIRECTIONS, masked=False):
    """Return the arguments of gru_scan: projected, state, weight, bias, mask or None."""
    torch.manual_seed(3)
    shapes = (SENTENCES, LENGTH, 3 * SIZE), (SENTENCES, SIZE), (3 * SIZE, SIZE), (SIZE,)
    tensors = [torch.randn(directions, *shape, dtype=torch.double, requires_grad=True) for shape in shapes]
    mask = torch.rand(directions, SENTENCES, LENGTH) > 0.4
    return *tensors, (mask if masked else None)


def reference(projected, state, weight, bias, mask):
    """Compute the states (D, B, T, H) by the equations of Cho et al. 2014, with everything differentiated by torch."""
    states = []
    for t in range(projected.shape[2]):
        x_r, x_z, x_n = projected[:, :, t].chunk(3, dim=-1)
        h_r, h_z, h_n = torch.einsum("doh,dbh->dbo", weight, state).chunk(3, dim=-1)
        r, z = torch.sigmoid(x_r + h_r), torch.sigmoid(x_z + h_z)
        n = torch.tanh(x_n + r * (h_n + bias.unsqueeze(1)))
        state = (1 - z) * n + z * state
        if mask is not None:
            state = torch.where(mask[:, :, t].unsqueeze(-1), state, torch.zeros_like(state))
        states.append(state)
    return torch.stack(states, dim=2)


def gradients(outputs, arguments):
    torch.manual_seed(1)
    return torch.autograd.grad((outputs * torch.randn_like(outputs)).sum(), arguments)


CASES = pytest.mark.parametrize(
    "directions, masked", [(1, False), (1, True), (2, False), (2, True)], ids=lambda value: str(value)
)


@CASES
def test_the_states_are_those_of_the_equations(directions, masked):
    arguments = problem(directions, masked)
    torch.testing.assert_close(gru_scan(*arguments), reference(*arguments))


@CASES
@pytest.mark.parametrize("index, name", list(enumerate(["projected", "state", "weight", "bias"])))
def test_each_gradient_is_that_of_the_equations(index, name, directions, masked):
    arguments = problem(directions, masked)
    actual, expected = (gradients(scan(*arguments), arguments[:4])[index] for scan in (gru_scan, reference))
    torch.testing.assert_close(actual, expected, msg=lambda message: f"{name}: {message}")


@pytest.mark.parametrize("masked", [False, True])
def test_the_gradient_equals_numerical_differences(masked):
    projected, state, weight, bias, mask = problem(masked=masked)
    mask = None if mask is None else mask.unsqueeze(-1).double()
    arguments = projected, state, weight, bias.detach().unsqueeze(1).requires_grad_()
    assert torch.autograd.gradcheck(lambda *tensors: GRUScan.apply(*tensors, mask), arguments)


def test_the_state_is_zero_where_the_mask_is_and_the_state_before_it_gets_no_gradient():
    projected, state, weight, bias, _ = problem()
    mask = torch.ones(DIRECTIONS, SENTENCES, LENGTH, dtype=torch.bool)
    mask[:, 1, 2] = False
    states = gru_scan(projected, state, weight, bias, mask)
    assert (states[:, 1, 2] == 0).all()
    (grad,) = torch.autograd.grad(states[:, :, 2:].sum(), projected)
    assert (grad[:, 1, :3] == 0).all()
    assert (grad[:, 0, :3] != 0).any()


def test_all_is_computed_in_the_type_of_the_projected_inputs():
    projected, *others = problem(masked=True)
    outputs = gru_scan(projected.float(), *others)
    assert outputs.dtype == torch.float32
    torch.testing.assert_close(outputs.double(), gru_scan(projected, *others), atol=1e-5, rtol=1e-5)


def test_a_single_step_equals_the_scan():
    projected, state, weight, bias, _ = (argument if argument is None else argument.detach() for argument in problem(1))
    expected = gru_scan(projected, state, weight, bias)[0]
    state = state[0]
    for t in range(LENGTH):
        state = gru_step(projected[0, :, t], state @ weight[0].T, state, bias[0])
        torch.testing.assert_close(state, expected[:, t])
