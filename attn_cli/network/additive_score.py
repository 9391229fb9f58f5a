"""The additive score for all queries and keys at once, without its (B, T, S, A) tensor.

tanh(q + k) = 2 / (1 + e^(-2q) e^(-2k)) - 1: so the exponentials are taken of queries and of keys, once, and what has to
be done for each pair of them is little.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

from attn_cli.network.matmul import rounded

# Elements of that tensor that are made at once: on a processor 2 MiB in bfloat16, for its
# cache, and more on a GPU, which would wait for many small pieces.
ADDITIVE_CHUNK, ADDITIVE_CHUNK_ON_GPU = 1 << 20, 1 << 25


def exponential(projected: Tensor) -> Tensor:
    """Return e^(-2x), of numbers so limited that a product of two results is neither 0 nor infinite."""
    return torch.exp(-2 * projected.clamp(-20, 20))


class AdditiveScores(torch.autograd.Function):
    """vᵀ (2 σ - 1), σ = 1 / (1 + Q_t K_s), for all t and s, without ever holding the (B, T, S, A) tensor that it needs.

    It is made for a few sentences at a time, and made again in the backward pass.
    """

    @staticmethod
    def forward(ctx: Any, query: Tensor, keys: Tensor, weight: Tensor) -> Tensor:
        """Return the scores (B, T, S) of Q = query (B, T, A), K = keys (B, S, A), v = weight (A,), all of one type."""
        ctx.save_for_backward(query, keys, weight)
        scores = query.new_empty(*query.shape[:2], keys.shape[1])
        for part in _parts(query, keys):
            shape = scores[part].shape
            scores[part] = (_sigmoids(query[part], keys[part]) @ (2 * weight))[: shape.numel()].view(shape)
        return scores - weight.sum()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_scores: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the gradients of Q, K and v; dscore / dQ = -2 v σ (1 - σ) / Q, and so for K."""
        query, keys, weight = ctx.saved_tensors
        grad_query, grad_keys = torch.empty_like(query), torch.empty_like(keys)
        grad_weight = torch.zeros_like(weight, dtype=torch.promote_types(weight.dtype, torch.float32))
        for part in _parts(query, keys):
            sigmoids, grad = _sigmoids(query[part], keys[part]), grad_scores[part]
            rows = grad.numel()
            grad_weight += 2 * (F.pad(grad.reshape(1, rows), (0, len(sigmoids) - rows)) @ sigmoids)[0] - grad.sum()
            slopes = torch.addcmul(sigmoids, sigmoids, sigmoids, value=-1)[:rows].view(*grad.shape, -1)
            slopes *= grad.unsqueeze(-1)  # (B', T, S, A)
            torch.sum(slopes, dim=2, out=grad_query[part])
            torch.sum(slopes, dim=1, out=grad_keys[part])
        grad_query, grad_keys = (
            grad.mul_(-2 * weight).div_(of) for grad, of in ((grad_query, query), (grad_keys, keys))
        )
        return grad_query, grad_keys, grad_weight.to(weight.dtype)


def _parts(query: Tensor, keys: Tensor) -> list[slice]:
    """Return the slices of few sentences each that AdditiveScores goes through, at least one sentence in each."""
    elements = query.shape[1] * keys.shape[1] * keys.shape[2]  # of a sentence
    chunk = ADDITIVE_CHUNK if query.device.type == "cpu" else ADDITIVE_CHUNK_ON_GPU
    size = max(1, chunk // max(1, elements))
    return [slice(begin, begin + size) for begin in range(0, len(query), size)]


def _sigmoids(query: Tensor, keys: Tensor) -> Tensor:
    """Return 1 / (1 + Q_t K_s) as rows (B'·T·S, A), and rows of zeros up to a rounded number of them."""
    rows = len(query) * query.shape[1] * keys.shape[1]
    sigmoids = query.new_empty(rounded(rows, query), keys.shape[2])
    sigmoids[rows:] = 0
    sums = sigmoids[:rows].view(*query.shape[:2], *keys.shape[1:])
    torch.addcmul(query.new_ones(()), query.unsqueeze(2), keys.unsqueeze(1), out=sums).reciprocal_()
    return sigmoids
