"""Recurrent layers over whole sequences: `layer(inputs, state) -> outputs, state`. Knows neither text nor attention.

These are torch's own layers, which on a GPU need no loop over time; but for gated recurrent units on a processor. There
torch computes, in the backward pass, a product for the gradient of the weights at every step, and adds them all up;
`GRUScan` makes one product of them, and saves only what its own backward pass reads. The parameters are the same.

Gated recurrent unit (Cho et al. 2014, arXiv:1406.1078, in torch's form; x_t is the input's part of each gate):

    r = σ(x_r + W_r h)    z = σ(x_z + W_z h)    n = tanh(x_n + r ∘ (W_n h + b_n))    h' = n + z ∘ (h - n)
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from attn_cli.network.matmul import linear, rounded, with_rows

CELLS: dict[str, Callable[..., nn.RNNBase]] = {
    "rnn-tanh": nn.RNN,  # h' = tanh(W x + U h + b) (Elman 1990)
    "rnn-relu": partial(nn.RNN, nonlinearity="relu"),
    "gru": nn.GRU,
    "lstm": nn.LSTM,  # Hochreiter & Schmidhuber 1997
}


class RecurrentLayer(nn.Module):
    """A layer that reads from left to right.

    Its state is (B, H), the last output; that of an LSTM is (B, 2H), the last output and the cell.
    """

    def __init__(self, cell: str, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.cell = CELLS[cell](input_size, hidden_size, batch_first=True)
        self.parts = 2 if cell == "lstm" else 1

    def forward(self, inputs: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Run over inputs (B, T, I) from `state`: outputs (B, T, H) and the state after the last."""
        if isinstance(self.cell, nn.GRU) and inputs.device.type == "cpu":
            projected, *weights = _prepared(self.cell, "", inputs)
            outputs = _scan(projected.unsqueeze(0), state.unsqueeze(0), *(part.unsqueeze(0) for part in weights))[0]
            return outputs, outputs[:, -1]
        inputs, state = _as_weights(self.cell, inputs), _as_weights(self.cell, state)
        before = [part.unsqueeze(0).contiguous() for part in state.chunk(self.parts, dim=-1)]
        with _precision(inputs):
            outputs, after = self.cell(inputs, before[0] if self.parts == 1 else tuple(before))
        return outputs, (after if self.parts == 1 else torch.cat(after, dim=-1)).squeeze(0)


class EncoderLayer(nn.Module):
    """A layer that reads padded sentences in one direction, or in both with half of its outputs from each.

    Each direction starts with a state of zeros at a sentence's own end.
    """

    def __init__(self, cell: str, input_size: int, hidden_size: int, *, bidirectional: bool = True) -> None:
        super().__init__()
        size = hidden_size // 2 if bidirectional else hidden_size
        self.cell = CELLS[cell](input_size, size, batch_first=True, bidirectional=bidirectional)

    def forward(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        """Run over inputs (B, S, I) with lengths (B,), which lie on the CPU: outputs (B, S, H), zero where padded."""
        if isinstance(self.cell, nn.GRU) and inputs.device.type == "cpu":
            return self._scanned(self.cell, inputs, lengths)
        with _precision(inputs):
            inputs = _as_weights(self.cell, inputs)
            packed = pack_padded_sequence(inputs, lengths, batch_first=True, enforce_sorted=False)
            outputs, _ = pad_packed_sequence(self.cell(packed)[0], batch_first=True, total_length=inputs.shape[1])
        return outputs

    def _scanned(self, cell: nn.GRU, inputs: Tensor, lengths: Tensor) -> Tensor:
        mask = torch.arange(inputs.shape[1]) < lengths.unsqueeze(1)  # (B, S)
        prepared = [_prepared(cell, suffix, inputs) for suffix in ("", "_reverse")[: 1 + cell.bidirectional]]
        weight, bias = (torch.stack([parts[index] for parts in prepared]) for index in (1, 2))
        # The second direction is turned round, so that both take the same steps; and its outputs turned back.
        projected, masks = (
            torch.stack([turned.flip(1) if index else turned for index, turned in enumerate(tensors)])
            for tensors in ([parts[0] for parts in prepared], [mask] * len(prepared))
        )
        outputs = _scan(projected, inputs.new_zeros(len(prepared), len(inputs), cell.hidden_size), weight, bias, masks)
        return torch.cat([part.flip(1) if index else part for index, part in enumerate(outputs)], dim=-1)


def _as_weights(cell: nn.RNNBase, tensor: Tensor) -> Tensor:
    return tensor.to(next(cell.parameters()).dtype)


def _precision(inputs: Tensor) -> AbstractContextManager[object]:
    """Return a context for torch's layers: on a GPU without autocast, which would choose float16 in any case."""
    cpu = inputs.device.type == "cpu"
    return nullcontext() if cpu else torch.autocast(inputs.device.type, enabled=False)


def _prepared(cell: nn.GRU, suffix: str, inputs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return what GRUScan needs of inputs (B, T, I) and one direction's weights: projected (B, T, 3H), W_h, b_n.

    The other biases of the state's side add up with those of the input's side.
    """
    w_ih, w_hh, b_ih, b_hh = (
        getattr(cell, f"{name}_l0{suffix}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )
    size = 2 * cell.hidden_size
    return linear(inputs, w_ih, torch.cat([b_ih[:size] + b_hh[:size], b_ih[size:]])), w_hh, b_hh[size:]


def _scan(projected: Tensor, state: Tensor, weight: Tensor, bias: Tensor, mask: Tensor | None = None) -> Tensor:
    """Run GRUScan with everything in the type of `projected`, which is that of the products."""
    dtype = projected.dtype
    mask = None if mask is None else mask.unsqueeze(-1).to(dtype)
    arguments = projected, state.to(dtype), weight.to(dtype), bias.to(dtype).unsqueeze(1), mask
    outputs: Tensor = GRUScan.apply(*arguments)  # type: ignore[no-untyped-call]
    return outputs


class GRUScan(torch.autograd.Function):
    """A gated recurrent unit over D sets of sequences, each with its weights; inputs have gone through their product.

    projected (D, B, T, 3H), with the gates r, z, n behind one another; state (D, B, H); weight (D, 3H, H); bias
    (D, 1, H), which is b_n; mask (D, B, T, 1) of ones and zeros, or None: the state is zero where the mask is. The
    result is (D, B, T, H). All are of one type.

    The products of all steps have one shape (see products.py), and so no sentence is left out where it has ended.
    """

    @staticmethod
    def forward(
        ctx: Any, projected: Tensor, state: Tensor, weight: Tensor, bias: Tensor, mask: Tensor | None
    ) -> Tensor:
        """Return the states after each position."""
        size, length = state.shape[-1], projected.shape[2]
        outputs = projected.new_empty(*projected.shape[:-1], size)
        gates, inner = torch.empty_like(projected), torch.empty_like(outputs)  # r, z, n; W_n h + b_n
        product = torch.empty_like(projected[:, :, 0])  # W h of a step, (D, B, 3H)
        product_of_gates, product_of_new = product[..., : 2 * size], product[..., 2 * size :]
        # All views of single steps are made at once: in the loop they took as long as some of the computing.
        inputs_of_gates, inputs_of_new = projected[..., : 2 * size].unbind(2), projected[..., 2 * size :].unbind(2)
        both, resets, updates, news = (part.unbind(2) for part in (gates[..., : 2 * size], *gates.chunk(3, dim=-1)))
        inners, after = inner.unbind(2), outputs.unbind(2)
        masks = None if mask is None else mask.unbind(2)
        turned, hidden = weight.transpose(1, 2), state
        for t in range(length):
            _product(hidden, turned, product)
            torch.add(inputs_of_gates[t], product_of_gates, out=both[t]).sigmoid_()
            torch.add(product_of_new, bias, out=inners[t])
            torch.addcmul(inputs_of_new[t], resets[t], inners[t], out=news[t]).tanh_()
            hidden = torch.lerp(news[t], hidden, updates[t])
            if masks:
                hidden *= masks[t]
            after[t].copy_(hidden)
        ctx.save_for_backward(state, weight, gates, inner, outputs, mask)
        return outputs

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_outputs: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, None]:
        """Return the gradients of `projected`, `state`, `weight` and `bias`."""
        state, weight, gates, inner, outputs, mask = ctx.saved_tensors
        size = state.shape[-1]
        previous = torch.cat([state.unsqueeze(2), outputs[:, :, :-1]], dim=2)
        reset, update, new = gates.chunk(3, dim=-1)
        # Gradients of W_n h + b_n, r, z, n behind one another: the first three belong to W h, the last to `projected`.
        # At first they hold the slopes of all positions, and lack the factor that arrives from later steps.
        grads = gates.new_empty(*outputs.shape[:-1], 4 * size)
        of_inner, of_reset, of_update, of_new = grads.chunk(4, dim=-1)
        torch.mul(1 - new * new, 1 - update, out=of_new)
        torch.mul(of_new, reset, out=of_inner)
        torch.mul((1 - reset).mul_(reset).mul_(inner), of_new, out=of_reset)
        torch.mul((previous - new).mul_(update), 1 - update, out=of_update)
        turned = torch.cat([weight[:, 2 * size :], weight[:, : 2 * size]], dim=1)  # (D, 3H, H), in the order of `grads`
        steps = (grads.unflatten(-1, (4, size)), grads[..., : 3 * size], update, grad_outputs)
        all_grads, of_product, updates, arriving = (part.unbind(2) for part in steps)
        masks = None if mask is None else mask.unbind(2)
        last = outputs.shape[2] - 1
        grad_hidden = arriving[last]
        for t in range(last, -1, -1):
            if masks:
                grad_hidden = grad_hidden * masks[t]
            all_grads[t].mul_(grad_hidden.unsqueeze(2))
            grad_hidden = torch.addcmul(arriving[t - 1], grad_hidden, updates[t]) if t else grad_hidden * updates[t]
            _add_product(grad_hidden, of_product[t], turned)
        flat = grads.flatten(1, 2)  # (D, B·T, 4H)
        rows = rounded(flat.shape[1], flat)
        left, right = with_rows(flat[..., : 3 * size], rows), with_rows(previous.flatten(1, 2), rows)
        # Of all steps at once; and one by one, for products of a batch whose left factor is turned take twice as long.
        grad_weight = torch.stack([factor.T @ other for factor, other in zip(left, right, strict=True)])
        grad_weight = torch.cat([grad_weight[:, size:], grad_weight[:, :size]], dim=1)
        return grads[..., size:], grad_hidden, grad_weight, flat[..., :size].sum(1, keepdim=True), None


def _product(left: Tensor, right: Tensor, out: Tensor) -> None:
    """Put the D products of left (D, N, K) and right (D, K, M) into `out`; one alone is faster as a plain product."""
    if len(left) > 1:
        torch.bmm(left, right, out=out)
    else:
        torch.mm(left[0], right[0], out=out[0])


def _add_product(total: Tensor, left: Tensor, right: Tensor) -> None:
    """Add the D products of left (D, N, K) and right (D, K, M) to `total`."""
    if len(left) > 1:
        total.baddbmm_(left, right)
    else:
        total[0].addmm_(left[0], right[0])
