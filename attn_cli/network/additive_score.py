"""The additive score for all queries and keys at once, without its (B, T, S, A) tensor.

tanh(q + k) = 2 / (1 + e^(-2q) e^(-2k)) - 1: so exponentials are computed once for each query and for each key, and only
a product, a sum and a reciprocal remain for each pair of them. Shapes: see seq2seq.py.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

from attn_cli.network.matmul import rounded

# Elements of that tensor that are computed at once: on a CPU 2 MiB in bfloat16, which fits its cache; more on a GPU,
# where many small chunks would leave it waiting.
ADDITIVE_CHUNK, ADDITIVE_CHUNK_ON_GPU = 1 << 20, 1 << 25


def exponential(projected: Tensor) -> Tensor:
    """Return e^(-2x), with x limited to [-20, 20] so that the product of two results is neither 0 nor infinite."""
    return torch.exp(-2 * projected.clamp(-20, 20))


class AdditiveScores(torch.autograd.Function):
    """vᵀ (2 σ - 1), σ = 1 / (1 + Q_t K_s), for all t and s, without ever holding the (B, T, S, A) tensor of all σ.

    It is computed for a few sentences at a time, and again in the backward pass.
    """

    @staticmethod
    def forward(ctx: Any, query: Tensor, keys: Tensor, weight: Tensor) -> Tensor:
        """Return the scores (B, T, S) for Q = query (B, T, A), K = keys (B, S, A), v = weight (A,), all of one type."""
        ctx.save_for_backward(query, keys, weight)
        scores = query.new_empty(*query.shape[:2], keys.shape[1])
        for chunk in _chunks(query, keys):
            shape = scores[chunk].shape
            scores[chunk] = (_sigmoids(query[chunk], keys[chunk]) @ (2 * weight))[: shape.numel()].view(shape)
        return scores - weight.sum()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_scores: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the gradients of Q, K and v; ∂score / ∂Q = -2 v σ (1 - σ) / Q, and likewise for K."""
        query, keys, weight = ctx.saved_tensors
        grad_query, grad_keys = torch.empty_like(query), torch.empty_like(keys)
        grad_weight = torch.zeros_like(weight, dtype=torch.promote_types(weight.dtype, torch.float32))
        for chunk in _chunks(query, keys):
            sigmoids, grad = _sigmoids(query[chunk], keys[chunk]), grad_scores[chunk]
            rows = grad.numel()
            grad_weight += 2 * (F.pad(grad.reshape(1, rows), (0, len(sigmoids) - rows)) @ sigmoids)[0] - grad.sum()
            slopes = torch.addcmul(sigmoids, sigmoids, sigmoids, value=-1)[:rows].view(*grad.shape, -1)
            slopes *= grad.unsqueeze(-1)  # (B', T, S, A)
            torch.sum(slopes, dim=2, out=grad_query[chunk])
            torch.sum(slopes, dim=1, out=grad_keys[chunk])
        grad_query, grad_keys = (
            grad.mul_(-2 * weight).div_(factor) for grad, factor in ((grad_query, query), (grad_keys, keys))
        )
        return grad_query, grad_keys, grad_weight.to(weight.dtype)


def _chunks(query: Tensor, keys: Tensor) -> list[slice]:
    """Return slices of the B sentences, each small enough to be computed at once, or of one sentence."""
    elements = query.shape[1] * keys.shape[1] * keys.shape[2]  # per sentence
    largest = ADDITIVE_CHUNK if query.device.type == "cpu" else ADDITIVE_CHUNK_ON_GPU
    size = max(1, largest // max(1, elements))
    return [slice(begin, begin + size) for begin in range(0, len(query), size)]


def _sigmoids(query: Tensor, keys: Tensor) -> Tensor:
    """Return 1 / (1 + Q_t K_s) as rows (B'·T·S, A), with rows of zeros up to a rounded number of rows."""
    rows = len(query) * query.shape[1] * keys.shape[1]
    sigmoids = query.new_empty(rounded(rows, query), keys.shape[2])
    sigmoids[rows:] = 0
    sums = sigmoids[:rows].view(*query.shape[:2], *keys.shape[1:])
    torch.addcmul(query.new_ones(()), query.unsqueeze(2), keys.unsqueeze(1), out=sums).reciprocal_()
    return sigmoids
