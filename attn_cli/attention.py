"""Attention over the annotations of a source sentence: equations (1), (2) and (4) of the design.

    (1) α_ts = softmax_s score(h_t, h̄_s)
    (2) c_t  = Σ_s α_ts h̄_s
    (4) score(h_t, h̄_s), one small module for each in SCORES

after Bahdanau et al. 2015 (arXiv:1409.0473) and Luong et al. 2015 (arXiv:1508.04025). Equation (3), which reads the
context, is in model.py. Shapes: B sentences, T target and S source positions, H query, M annotation, A key size.

A score has two methods: `project` makes the keys of a sentence's annotations, once a sentence; `forward` scores
queries against keys, once a step.
"""

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from attn_cli.products import batch_factor, batched, linear, rounded

# Elements of the additive score's (B, T, S, A) tensor that are made at once: on a processor 2 MiB in bfloat16, for its
# cache, and more on a GPU, which would wait for many small pieces.
ADDITIVE_CHUNK, ADDITIVE_CHUNK_ON_GPU = 1 << 20, 1 << 25


@dataclass(frozen=True)
class Memory:
    """The encoded source: values (B, S, M), keys (B, S, A), mask (B, S), True where a real token is."""

    values: Tensor
    keys: Tensor
    mask: Tensor

    def select(self, rows: Tensor) -> "Memory":
        """Return the memory of the given rows (R,): they may shrink, grow and repeat."""
        # Advanced indexing takes four times as long.
        return Memory(*(tensor.index_select(0, rows) for tensor in (self.values, self.keys, self.mask)))


class DotScore(nn.Module):
    """score = h_tᵀ h̄_s (Luong 2015, section 3.1); annotations and queries must be of one size."""

    def __init__(self, query_size: int, value_size: int) -> None:
        super().__init__()
        assert query_size == value_size

    def project(self, values: Tensor) -> Tensor:
        """Return the keys (B, S, M): the annotations themselves."""
        return batch_factor(values)

    def forward(self, query: Tensor, keys: Tensor) -> Tensor:
        """Score queries (B, T, H) against keys (B, S, H): (B, T, S)."""
        return batched(query, keys.transpose(1, 2))


class GeneralScore(nn.Module):
    """score = h_tᵀ W h̄_s (Luong 2015, section 3.1)."""

    def __init__(self, query_size: int, value_size: int) -> None:
        super().__init__()
        self.key = nn.Linear(value_size, query_size, bias=False)

    def project(self, values: Tensor) -> Tensor:
        """Return the keys W h̄_s (B, S, H)."""
        return batch_factor(linear(values, self.key.weight))

    def forward(self, query: Tensor, keys: Tensor) -> Tensor:
        """Score queries (B, T, H) against keys (B, S, H): (B, T, S)."""
        return batched(query, keys.transpose(1, 2))


class AdditiveScore(nn.Module):
    """score = vᵀ tanh(W₁ h_t + W₂ h̄_s) (Bahdanau 2015, appendix A.1.2; Luong's "concat"), with A = H.

    tanh(q + k) = 2 / (1 + e^(-2q) e^(-2k)) - 1: so the exponentials are taken of queries and of keys, once, and what has
    to be done for each pair of them is little (see AdditiveScores).
    """

    def __init__(self, query_size: int, value_size: int) -> None:
        super().__init__()
        self.query = nn.Linear(query_size, query_size, bias=False)
        self.key = nn.Linear(value_size, query_size, bias=False)
        self.weight = nn.Parameter(torch.empty(query_size).uniform_(-1, 1) * query_size**-0.5)

    def project(self, values: Tensor) -> Tensor:
        """Return the keys e^(-2 W₂ h̄_s) (B, S, A)."""
        return _exponential(linear(values, self.key.weight))

    def forward(self, query: Tensor, keys: Tensor) -> Tensor:
        """Score queries (B, T, H) against keys (B, S, A): (B, T, S)."""
        asked = _exponential(linear(query, self.query.weight))  # (B, T, A)
        scores: Tensor = AdditiveScores.apply(asked, keys, self.weight.to(keys.dtype))  # type: ignore[no-untyped-call]
        return scores


def _exponential(projected: Tensor) -> Tensor:
    """Return e^(-2x), of numbers so limited that a product of two results is neither 0 nor infinite."""
    return torch.exp(-2 * projected.clamp(-20, 20))


class AdditiveScores(torch.autograd.Function):
    """vᵀ (2 σ - 1), σ = 1 / (1 + Q_t K_s), for all t and s, without ever holding the (B, T, S, A) tensor that it needs.

    It is made for a few sentences at a time, and made again in the backward pass.
    """

    @staticmethod
    def forward(ctx: Any, query: Tensor, keys: Tensor, weight: Tensor) -> Tensor:
        """Return the scores (B, T, S) of Q = query (B, T, A), K = keys (B, S, A) and v = weight (A,), all of one type."""
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


SCORES: dict[str, type[DotScore] | type[GeneralScore] | type[AdditiveScore]] = {
    "dot": DotScore,
    "general": GeneralScore,
    "additive": AdditiveScore,
}


class Attention(nn.Module):
    """Global, soft attention with one of the scores."""

    def __init__(self, score: str, query_size: int, value_size: int) -> None:
        super().__init__()
        self.score = SCORES[score](query_size, value_size)

    def memorize(self, values: Tensor, mask: Tensor) -> Memory:
        """Return the memory of annotations (B, S, M) with their mask (B, S); keys are projected here, once."""
        return Memory(batch_factor(values), self.score.project(values), mask)

    def forward(self, query: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        """Attend with queries (B, T, H): the contexts (B, T, M), equation (2), and weights (B, T, S), equation (1)."""
        scores = self.score(query, memory.keys)
        scores = scores.to(torch.promote_types(scores.dtype, torch.float32))
        scores = scores.masked_fill(~memory.mask.unsqueeze(1), float("-inf"))
        weights = torch.softmax(scores, dim=-1)  # (B, T, S)
        return batched(weights, memory.values).to(query.dtype), weights
