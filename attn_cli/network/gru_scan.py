"""The gated recurrent unit on a CPU: all steps in one autograd function.

In its backward pass torch's own layer computes, at every step, a product for the gradient of the weights, and adds all
of them. `GRUScan` computes one product for all steps, and saves only the tensors that its own backward pass reads.

For one step, with the state h before it and h' after it (Cho et al. 2014, arXiv:1406.1078, in torch's form):

    r = σ(x_r + W_r h)    z = σ(x_z + W_z h)    n = tanh(x_n + r ∘ inner)    inner = W_n h + b_n    h' = n + z ∘ (h - n)

x_r, x_z and x_n are the products of the step's input, with all biases but b_n; they are computed before the scan.
Shapes: D independent sets of sequences, each with its own weights (the directions of an encoder layer), B sentences,
T positions, H the size of the state.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from attn_cli.network.matmul import rounded, with_rows


def gru_scan(projected: Tensor, state: Tensor, weight: Tensor, bias: Tensor, mask: Tensor | None = None) -> Tensor:
    """Return the states (D, B, T, H) after each position, computed in the type of `projected`.

    projected (D, B, T, 3H), state (D, B, H), weight (D, 3H, H), bias (D, H), mask (D, B, T); see GRUScan.
    """
    dtype = projected.dtype
    mask = None if mask is None else mask.unsqueeze(-1).to(dtype)
    arguments = projected, state.to(dtype), weight.to(dtype), bias.to(dtype).unsqueeze(1), mask
    outputs: Tensor = GRUScan.apply(*arguments)  # type: ignore[no-untyped-call]
    return outputs


def gru_step(projected: Tensor, product: Tensor, state: Tensor, bias: Tensor) -> Tensor:
    """Return the state (B, H) after one position, without what a backward pass would need.

    projected (B, 3H) holds x_r, x_z, x_n, concatenated, product (B, 3H) W h, state (B, H) is h, bias (H) is b_n.
    """
    size = state.shape[-1]
    resets, updates = (projected[:, : 2 * size] + product[:, : 2 * size]).sigmoid_().chunk(2, dim=-1)
    news = torch.addcmul(projected[:, 2 * size :], resets, product[:, 2 * size :] + bias).tanh_()
    return torch.lerp(news, state, updates)


class GRUScan(torch.autograd.Function):
    """A gated recurrent unit over D sets of sequences.

    projected (D, B, T, 3H) holds x_r, x_z, x_n, concatenated; state (D, B, H) precedes the first position; weight
    (D, 3H, H) holds W_r, W_z, W_n; bias (D, 1, H) is b_n; mask (D, B, T, 1) holds ones and zeros, or is None: the state
    becomes zero where the mask is. The result is (D, B, T, H). All tensors have one type.

    The products of all steps have the same shape (see matmul.py), so those after a sentence's end are computed too.
    """

    @staticmethod
    def forward(
        ctx: Any, projected: Tensor, state: Tensor, weight: Tensor, bias: Tensor, mask: Tensor | None
    ) -> Tensor:
        """Return the states after each position."""
        size, length = state.shape[-1], projected.shape[2]
        outputs = projected.new_empty(*projected.shape[:-1], size)
        gates, inner = torch.empty_like(projected), torch.empty_like(outputs)  # gates: r, z, n
        product = torch.empty_like(projected[:, :, 0])  # W h of one step, (D, B, 3H)
        product_rz, product_n = product[..., : 2 * size], product[..., 2 * size :]
        # The views of all single steps are made before the loop: made in it, they took as long as some of the products.
        projected_rz, projected_n = projected[..., : 2 * size].unbind(2), projected[..., 2 * size :].unbind(2)
        gates_rz, resets, updates, news = (part.unbind(2) for part in (gates[..., : 2 * size], *gates.chunk(3, dim=-1)))
        inners, states = inner.unbind(2), outputs.unbind(2)
        masks = None if mask is None else mask.unbind(2)
        transposed, hidden = weight.transpose(1, 2), state
        for t in range(length):
            _product(hidden, transposed, product)
            torch.add(projected_rz[t], product_rz, out=gates_rz[t]).sigmoid_()
            torch.add(product_n, bias, out=inners[t])
            torch.addcmul(projected_n[t], resets[t], inners[t], out=news[t]).tanh_()
            hidden = torch.lerp(news[t], hidden, updates[t])
            if masks:
                hidden *= masks[t]
            states[t].copy_(hidden)
        ctx.save_for_backward(state, weight, gates, inner, outputs, mask)
        return outputs

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_outputs: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, None]:
        """Return the gradients of `projected`, `state`, `weight` and `bias`.

        Let grad_hidden be the gradient of one step's h', and δ = mask ∘ grad_hidden. Every gradient bears the name of
        its tensor; those of r, z and n are with respect to the arguments of σ and tanh. Then, for one step:

            grad_n      = δ ∘ (1 - z) ∘ (1 - n²)
            grad_inner  = grad_n ∘ r
            grad_r      = grad_n ∘ inner ∘ r ∘ (1 - r)
            grad_z      = δ ∘ (h - n) ∘ z ∘ (1 - z)
            grad_hidden = grad_outputs + δ ∘ z + W_nᵀ grad_inner + W_rᵀ grad_r + W_zᵀ grad_z

        where the last line's grad_hidden and grad_outputs are those of the step before.
        """
        state, weight, gates, inner, outputs, mask = ctx.saved_tensors
        size = state.shape[-1]
        previous = torch.cat([state.unsqueeze(2), outputs[:, :, :-1]], dim=2)  # h of all steps
        r, z, n = gates.chunk(3, dim=-1)
        # The first three are the gradient of W h (in the order n, r, z), the last three that of `projected`. Before the
        # loop they are computed for all positions, without the factor δ, which is known only after the later steps.
        grads = gates.new_empty(*outputs.shape[:-1], 4 * size)
        grad_inner, grad_r, grad_z, grad_n = grads.chunk(4, dim=-1)
        torch.mul(1 - n * n, 1 - z, out=grad_n)
        torch.mul(grad_n, r, out=grad_inner)
        torch.mul((1 - r).mul_(r).mul_(inner), grad_n, out=grad_r)
        torch.mul((previous - n).mul_(z), 1 - z, out=grad_z)
        weight_nrz = torch.cat([weight[:, 2 * size :], weight[:, : 2 * size]], dim=1)  # (D, 3H, H)
        steps = (grads.unflatten(-1, (4, size)), grads[..., : 3 * size], z, grad_outputs)
        grads_of_step, grads_nrz, updates, arriving = (part.unbind(2) for part in steps)
        masks = None if mask is None else mask.unbind(2)
        last = outputs.shape[2] - 1
        grad_hidden = arriving[last]
        for t in range(last, -1, -1):
            if masks:
                grad_hidden = grad_hidden * masks[t]  # δ
            grads_of_step[t].mul_(grad_hidden.unsqueeze(2))
            grad_hidden = torch.addcmul(arriving[t - 1], grad_hidden, updates[t]) if t else grad_hidden * updates[t]
            _add_product(grad_hidden, grads_nrz[t], weight_nrz)
        grad_weight = _weight_gradient(grads[..., : 3 * size].flatten(1, 2), previous.flatten(1, 2))
        grad_weight = torch.cat([grad_weight[:, size:], grad_weight[:, :size]], dim=1)  # r, z, n
        return grads[..., size:], grad_hidden, grad_weight, grad_inner.flatten(1, 2).sum(1, keepdim=True), None


def _weight_gradient(grad_product: Tensor, previous: Tensor) -> Tensor:
    """Return the gradient (D, 3H, H) of W from those of W h (D, B·T, 3H) and from h (D, B·T, H), of all steps at once.

    One of the D after the other: a batched product with a transposed left factor takes twice as long.
    """
    rows = rounded(grad_product.shape[1], grad_product)
    left, right = with_rows(grad_product, rows), with_rows(previous, rows)
    return torch.stack([factor.T @ other for factor, other in zip(left, right, strict=True)])


def _product(left: Tensor, right: Tensor, out: Tensor) -> None:
    """Write the D products of left (D, N, K) and right (D, K, M) to `out`; for D = 1 a plain product is faster."""
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
