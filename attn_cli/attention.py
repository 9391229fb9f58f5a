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

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

# The additive score's (B, T, S, A) tensor is made in pieces of at most this many elements (64 MiB in float32).
ADDITIVE_CHUNK = 1 << 24


@dataclass(frozen=True)
class Memory:
    """The encoded source: values (B, S, M), keys (B, S, A), mask (B, S), True where a real token is."""

    values: Tensor
    keys: Tensor
    mask: Tensor

    def select(self, rows: Tensor) -> "Memory":
        """Return the memory of the given rows (R,): they may shrink, grow and repeat."""
        return Memory(self.values[rows], self.keys[rows], self.mask[rows])


class DotScore(nn.Module):
    """score = h_tᵀ h̄_s (Luong 2015, section 3.1); annotations and queries must be of one size."""

    def __init__(self, query_size: int, value_size: int) -> None:
        super().__init__()
        assert query_size == value_size

    def project(self, values: Tensor) -> Tensor:
        """Return the keys (B, S, M): the annotations themselves."""
        return values

    def forward(self, query: Tensor, keys: Tensor) -> Tensor:
        """Score queries (B, T, H) against keys (B, S, H): (B, T, S)."""
        return query @ keys.transpose(1, 2)


class GeneralScore(nn.Module):
    """score = h_tᵀ W h̄_s (Luong 2015, section 3.1)."""

    def __init__(self, query_size: int, value_size: int) -> None:
        super().__init__()
        self.key = nn.Linear(value_size, query_size, bias=False)

    def project(self, values: Tensor) -> Tensor:
        """Return the keys W h̄_s (B, S, H)."""
        keys: Tensor = self.key(values)
        return keys

    def forward(self, query: Tensor, keys: Tensor) -> Tensor:
        """Score queries (B, T, H) against keys (B, S, H): (B, T, S)."""
        return query @ keys.transpose(1, 2)


class AdditiveScore(nn.Module):
    """score = vᵀ tanh(W₁ h_t + W₂ h̄_s) (Bahdanau 2015, appendix A.1.2; Luong's "concat"), with A = H."""

    def __init__(self, query_size: int, value_size: int) -> None:
        super().__init__()
        self.query = nn.Linear(query_size, query_size, bias=False)
        self.key = nn.Linear(value_size, query_size, bias=False)
        self.weight = nn.Parameter(torch.empty(query_size).uniform_(-1, 1) * query_size**-0.5)

    def project(self, values: Tensor) -> Tensor:
        """Return the keys W₂ h̄_s (B, S, A)."""
        keys: Tensor = self.key(values)
        return keys

    def forward(self, query: Tensor, keys: Tensor) -> Tensor:
        """Score queries (B, T, H) against keys (B, S, A): (B, T, S).

        Where the (B, T, S, A) tensor would be large it is made for a few steps at a time, and made again in the
        backward pass, so that it is never held whole.
        """
        projected = self.query(query)  # (B, T, A)
        steps = max(1, ADDITIVE_CHUNK // keys.numel())
        if projected.shape[1] <= steps:
            return self._score(projected, keys)
        pieces = [checkpoint(self._score, piece, keys, use_reentrant=False) for piece in projected.split(steps, 1)]
        return torch.cat(pieces, dim=1)

    def _score(self, projected: Tensor, keys: Tensor) -> Tensor:
        hidden = torch.tanh(projected.unsqueeze(2) + keys.unsqueeze(1))  # (B, T, S, A)
        return hidden @ self.weight.to(hidden.dtype)


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
        return Memory(values, self.score.project(values), mask)

    def forward(self, query: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        """Attend with queries (B, T, H): the contexts (B, T, M), equation (2), and weights (B, T, S), equation (1)."""
        scores = self.score(query, memory.keys)
        scores = scores.to(torch.promote_types(scores.dtype, torch.float32))
        scores = scores.masked_fill(~memory.mask.unsqueeze(1), float("-inf"))
        weights = torch.softmax(scores, dim=-1)  # (B, T, S)
        return weights.to(memory.values.dtype) @ memory.values, weights
