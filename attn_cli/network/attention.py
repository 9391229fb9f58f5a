"""Attention over the annotations of a source sentence: equations (1), (2) and (4) below.

    (1) α_ts = softmax_s score(h_t, h̄_s)
    (2) c_t  = Σ_s α_ts h̄_s
    (4) score(h_t, h̄_s), one small module for each in SCORES

after Bahdanau et al. 2015 (arXiv:1409.0473) and Luong et al. 2015 (arXiv:1508.04025). Equation (3), which reads the
context, is in model.py. Shapes: B sentences, T target and S source positions, H query, M annotation, A key size.

A score has two methods: `project` makes the keys of a sentence's annotations, once a sentence; `forward` scores
queries against keys, once a step. A window in WINDOWS says which source positions a step may attend to, and by what
their weights are multiplied. To add one of either, write it and name it in the table, and in config.py.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from attn_cli.foundation.settings import ModelConfig
from attn_cli.network.additive_score import AdditiveScores, exponential
from attn_cli.network.matmul import batch_factor, batched, linear


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


class ScaledDotScore(DotScore):
    """score = h_tᵀ h̄_s / √H (Vaswani et al. 2017, arXiv:1706.03762, equation 1)."""

    def forward(self, query: Tensor, keys: Tensor) -> Tensor:
        """Score queries (B, T, H) against keys (B, S, H): (B, T, S)."""
        return super().forward(query, keys) / math.sqrt(query.shape[-1])


class GeneralScore(nn.Module):
    """score = h_tᵀ W h̄_s (Luong 2015, section 3.1), with W = weight / √H.

    Adam moves each number of a weight by about the learning rate. Without the divisor a score would move so fast that
    attention settles on the wrong places: docs/results.md has what it costs.
    """

    def __init__(self, query_size: int, value_size: int) -> None:
        super().__init__()
        self.key = nn.Linear(value_size, query_size, bias=False)

    def project(self, values: Tensor) -> Tensor:
        """Return the keys √H · W h̄_s (B, S, H)."""
        return batch_factor(linear(values, self.key.weight))

    def forward(self, query: Tensor, keys: Tensor) -> Tensor:
        """Score queries (B, T, H) against keys (B, S, H): (B, T, S)."""
        return batched(query, keys.transpose(1, 2)) / math.sqrt(query.shape[-1])


class AdditiveScore(nn.Module):
    """score = vᵀ tanh(W₁ h_t + W₂ h̄_s) (Bahdanau 2015, appendix A.1.2; Luong's "concat"), with A = H.

    Keys are kept as exponentials; additive.py says why.
    """

    def __init__(self, query_size: int, value_size: int) -> None:
        super().__init__()
        self.query = nn.Linear(query_size, query_size, bias=False)
        self.key = nn.Linear(value_size, query_size, bias=False)
        self.weight = nn.Parameter(torch.empty(query_size).uniform_(-1, 1) * query_size**-0.5)

    def project(self, values: Tensor) -> Tensor:
        """Return the keys e^(-2 W₂ h̄_s) (B, S, A)."""
        return exponential(linear(values, self.key.weight))

    def forward(self, query: Tensor, keys: Tensor) -> Tensor:
        """Score queries (B, T, H) against keys (B, S, A): (B, T, S)."""
        asked = exponential(linear(query, self.query.weight))  # (B, T, A)
        scores: Tensor = AdditiveScores.apply(asked, keys, self.weight.to(keys.dtype))  # type: ignore[no-untyped-call]
        return scores


SCORES: dict[str, type[DotScore] | type[GeneralScore] | type[AdditiveScore]] = {
    "dot": DotScore,
    "scaled-dot": ScaledDotScore,
    "general": GeneralScore,
    "additive": AdditiveScore,
}


class GlobalWindow(nn.Module):
    """Every source position may be attended to, and none is favoured."""

    def __init__(self, _query_size: int, _size: int) -> None:
        super().__init__()

    def forward(self, _query: Tensor, mask: Tensor, _position: int) -> tuple[Tensor, Tensor | None]:
        """Return where attention may fall (B, T or 1, S), and by what its weights are multiplied: nothing.

        It is given queries (B, T, H), the mask (B, S) and the target position of the first query.
        """
        return mask.unsqueeze(1), None


class MonotonicWindow(nn.Module):
    """Luong's local-m: the positions p_t - D ... p_t + D with p_t = t, or the source's last where that is less.

    (Luong 2015, section 3.2.)
    """

    def __init__(self, _query_size: int, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, query: Tensor, mask: Tensor, position: int) -> tuple[Tensor, Tensor | None]:
        """Return where attention may fall (B, T, S), and nothing; see GlobalWindow."""
        steps = torch.arange(position, position + query.shape[1], device=mask.device)
        last = mask.sum(1, keepdim=True) - 1
        return (_distance(torch.minimum(steps, last), mask).abs() <= self.size) & mask.unsqueeze(1), None


class PredictiveWindow(nn.Module):
    """Luong's local-p: p_t = S σ(v_pᵀ tanh(W_p h_t)), and weights times exp(-(s - p_t)² / 2σ²) with σ = D / 2.

    (Luong 2015, equations 9 and 10.) The weights are not normalised again. Through the Gaussian the position learns.
    Since p_t is at most S, one behind the last position, and D at least 1, no window is empty.
    """

    def __init__(self, query_size: int, size: int) -> None:
        super().__init__()
        self.size = size
        self.hidden = nn.Linear(query_size, query_size, bias=False)
        self.weight = nn.Parameter(torch.empty(query_size).uniform_(-1, 1) * query_size**-0.5)

    def forward(self, query: Tensor, mask: Tensor, _position: int) -> tuple[Tensor, Tensor | None]:
        """Return where attention may fall, and by what its weights are multiplied, both (B, T, S)."""
        predicted = torch.tanh(linear(query, self.hidden.weight)) @ self.weight.to(query.dtype)  # (B, T)
        wide = torch.promote_types(predicted.dtype, torch.float32)
        centre = mask.sum(1, keepdim=True) * torch.sigmoid(predicted.to(wide))  # (B, T)
        distance = _distance(centre, mask)
        return (distance.abs() <= self.size) & mask.unsqueeze(1), torch.exp(-2 * (distance / self.size) ** 2)


def _distance(centre: Tensor, mask: Tensor) -> Tensor:
    """Return how far each source position lies behind a centre (B, T): (B, T, S)."""
    return torch.arange(mask.shape[1], device=mask.device) - centre.unsqueeze(-1)


WINDOWS: dict[str, type[nn.Module]] = {
    "global": GlobalWindow,
    "local-m": MonotonicWindow,
    "local-p": PredictiveWindow,
}


def one_position(weights: Tensor, sample: bool) -> Tensor:
    """Return hard attention: weights (B, T, S) that are 1 at one position, drawn by `weights`, else the greatest.

    Its gradient is passed straight through to the soft weights (Bengio et al. 2013, arXiv:1308.3432).
    """
    flat = weights.detach().flatten(0, 1)
    chosen = torch.multinomial(flat, 1) if sample else flat.argmax(-1, keepdim=True)
    hard = torch.zeros_like(flat).scatter_(1, chosen, 1.0).view_as(weights)
    return hard + weights - weights.detach()


class Attention(nn.Module):
    """Attention with one of the scores and windows, soft or hard."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.hard = config.hard_attention
        self.score = SCORES[config.attention](config.hidden_size, config.hidden_size)
        self.window = WINDOWS[config.window](config.hidden_size, config.window_size)

    def memorize(self, values: Tensor, mask: Tensor) -> Memory:
        """Return the memory of annotations (B, S, M) with their mask (B, S); keys are projected here, once."""
        return Memory(batch_factor(values), self.score.project(values), mask)

    def forward(self, query: Tensor, memory: Memory, position: int = 0) -> tuple[Tensor, Tensor]:
        """Attend with queries (B, T, H): the contexts (B, T, M), equation (2), and weights (B, T, S), equation (1).

        `position` is the target position of the first query.
        """
        scores = self.score(query, memory.keys)
        scores = scores.to(torch.promote_types(scores.dtype, torch.float32))
        inside, favour = self.window(query, memory.mask, position)
        weights = torch.softmax(scores.masked_fill(~inside, float("-inf")), dim=-1)  # (B, T, S)
        if favour is not None:
            weights = weights * favour
        if self.hard:
            weights = one_position(weights, sample=self.training)
        return batched(weights, memory.values).to(query.dtype), weights
