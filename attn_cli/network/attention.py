"""Attention over the annotations of a source sentence: equations (1), (2) and (4) below.

    (1) α_ts = softmax_s score(h_t, h̄_s)
    (2) c_t  = Σ_s α_ts h̄_s
    (4) score(h_t, h̄_s), one small module for each entry of SCORES

after Bahdanau et al. 2015 (arXiv:1409.0473) and Luong et al. 2015 (arXiv:1508.04025). Equation (3), which reads the
context, is in seq2seq.py, and so is the legend of shapes.

A score has two methods: `project` computes the keys from a sentence's annotations, once per sentence; `forward` scores
queries against keys, once per step. A window in WINDOWS decides which source positions a step may attend to, and by
which factors their weights are multiplied. To add a score or a window, write its module, and add its name to the table
here and to foundation/settings.py.
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
    """The encoded source: values (B, S, M), keys (B, S, A), mask (B, S), True on real tokens.

    With a lexical model (see seq2seq.py) a value is [annotation ; embedding of the token], so values are (B, S, M + E).
    In search, several hypotheses may read the same source. Then `sharing` says which.
    """

    values: Tensor
    keys: Tensor
    mask: Tensor
    sharing: "Sharing | None" = None

    def select(self, sentences: Tensor) -> "Memory":
        """Return the memory of the given sentences, which may be reordered."""
        # Indexing with tensor[sentences] takes four times as long.
        values, keys, mask = (tensor.index_select(0, sentences) for tensor in (self.values, self.keys, self.mask))
        return Memory(values, keys, mask)


@dataclass(frozen=True)
class Sharing:
    """Which sentence each of R queries reads, by its cell in a grid of B sentences with `width` cells each.

    So attention is one product per sentence, and the memory of a sentence is not repeated for each of its queries.
    `cells` (R,) are numbers of cells, row by row: cell c belongs to the sentence c // width.
    """

    cells: Tensor
    width: int

    def spread(self, query: Tensor, sentences: int) -> Tensor:
        """Return the queries (R, 1, H) in the grid, (B, width, H); cells without a query hold zeros."""
        grid = query.new_zeros(sentences * self.width, query.shape[-1])
        return grid.index_copy_(0, self.cells, query[:, 0]).view(sentences, self.width, -1)

    def collect(self, grid: Tensor) -> Tensor:
        """Return what the grid (B, width, D) holds for each query, (R, 1, D)."""
        return grid.flatten(0, 1).index_select(0, self.cells).unsqueeze(1)


class DotScore(nn.Module):
    """score = h_tᵀ h̄_s (Luong 2015, section 3.1); annotations and queries must have the same size."""

    def __init__(self, query_size: int, value_size: int) -> None:
        super().__init__()
        assert query_size == value_size

    def project(self, values: Tensor) -> Tensor:
        """Return the keys (B, S, M): the annotations themselves."""
        return batch_factor(values)

    def forward(self, query: Tensor, keys: Tensor) -> Tensor:
        """Return the scores (B, T, S) of queries (B, T, H) against keys (B, S, H)."""
        return batched(query, keys.transpose(1, 2))


class ScaledDotScore(DotScore):
    """score = h_tᵀ h̄_s / √H (Vaswani et al. 2017, arXiv:1706.03762, equation 1)."""

    def forward(self, query: Tensor, keys: Tensor) -> Tensor:
        """Return the scores (B, T, S) of queries (B, T, H) against keys (B, S, H)."""
        return super().forward(query, keys) / math.sqrt(query.shape[-1])


class GeneralScore(nn.Module):
    """score = h_tᵀ W h̄_s (Luong 2015, section 3.1), with W = weight / √H.

    Adam changes each element of a weight by about the learning rate per update. Without the divisor the scores would
    change so fast that attention settles on wrong positions: docs/experiments.md, "Attention score", has the figures.
    """

    def __init__(self, query_size: int, value_size: int) -> None:
        super().__init__()
        self.key = nn.Linear(value_size, query_size, bias=False)

    def project(self, values: Tensor) -> Tensor:
        """Return the keys √H · W h̄_s (B, S, H)."""
        return batch_factor(linear(values, self.key.weight))

    def forward(self, query: Tensor, keys: Tensor) -> Tensor:
        """Return the scores (B, T, S) of queries (B, T, H) against keys (B, S, H)."""
        return batched(query, keys.transpose(1, 2)) / math.sqrt(query.shape[-1])


class AdditiveScore(nn.Module):
    """score = vᵀ tanh(W₁ h_t + W₂ h̄_s) (Bahdanau 2015, appendix A.1.2; Luong's "concat"), with A = H.

    Keys are stored as exponentials; additive_score.py says why.
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
        """Return the scores (B, T, S) of queries (B, T, H) against keys (B, S, A)."""
        projected = exponential(linear(query, self.query.weight))  # (B, T, A)
        weight = self.weight.to(keys.dtype)
        scores: Tensor = AdditiveScores.apply(projected, keys, weight)  # type: ignore[no-untyped-call]
        return scores


SCORES: dict[str, type[DotScore] | type[GeneralScore] | type[AdditiveScore]] = {
    "dot": DotScore,
    "scaled-dot": ScaledDotScore,
    "general": GeneralScore,
    "additive": AdditiveScore,
}


class GlobalWindow(nn.Module):
    """Every source token may be attended to, and no weight is changed."""

    def __init__(self, _query_size: int, _size: int) -> None:
        super().__init__()

    def forward(self, _query: Tensor, mask: Tensor, _steps: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return the allowed positions (B, T or 1, S), and the factors of their weights (B, T, S): None here.

        The arguments are queries (B, T, H), the mask (B, S) and the target positions of the queries (T,).
        """
        return mask.unsqueeze(1), None


class MonotonicWindow(nn.Module):
    """Luong's local-m: positions p_t - D to p_t + D, with p_t = t but never behind the last source token.

    (Luong 2015, section 3.2.)
    """

    def __init__(self, _query_size: int, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, _query: Tensor, mask: Tensor, steps: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return the allowed positions (B, T, S), and None; see GlobalWindow."""
        last = mask.sum(1, keepdim=True) - 1
        return (_distance(torch.minimum(steps, last), mask).abs() <= self.size) & mask.unsqueeze(1), None


class PredictiveWindow(nn.Module):
    """Luong's local-p: p_t = S σ(v_pᵀ tanh(W_p h_t)), and weights times exp(-(s - p_t)² / 2σ²) with σ = D / 2.

    (Luong 2015, equations 9 and 10.) The weights are not normalised again. The gradient reaches the position p_t
    through the Gaussian. No window is empty, since p_t is at most S, one after the last position, and D at least 1.
    """

    def __init__(self, query_size: int, size: int) -> None:
        super().__init__()
        self.size = size
        self.hidden = nn.Linear(query_size, query_size, bias=False)
        self.weight = nn.Parameter(torch.empty(query_size).uniform_(-1, 1) * query_size**-0.5)

    def forward(self, query: Tensor, mask: Tensor, _steps: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return the allowed positions and the factors of their weights, both (B, T, S); see GlobalWindow."""
        predicted = torch.tanh(linear(query, self.hidden.weight)) @ self.weight.to(query.dtype)  # (B, T)
        at_least_float32 = torch.promote_types(predicted.dtype, torch.float32)
        centre = mask.sum(1, keepdim=True) * torch.sigmoid(predicted.to(at_least_float32))  # (B, T)
        distance = _distance(centre, mask)
        return (distance.abs() <= self.size) & mask.unsqueeze(1), torch.exp(-2 * (distance / self.size) ** 2)


def _distance(centre: Tensor, mask: Tensor) -> Tensor:
    """Return each source position minus each centre (B, T): (B, T, S)."""
    return torch.arange(mask.shape[1], device=mask.device) - centre.unsqueeze(-1)


WINDOWS: dict[str, type[nn.Module]] = {
    "global": GlobalWindow,
    "local-m": MonotonicWindow,
    "local-p": PredictiveWindow,
}


def hard_weights(weights: Tensor, sample: bool) -> Tensor:
    """Return weights (B, T, S) that are 1 at one position of each row and 0 elsewhere: hard attention.

    The position is drawn with the probabilities `weights` (B, T, S) if `sample`, else it is the one of largest weight.
    The gradient passes straight through to `weights` (Bengio et al. 2013, arXiv:1308.3432).
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

    def memorize(self, annotations: Tensor, mask: Tensor, words: Tensor | None = None) -> Memory:
        """Return the memory of annotations (B, S, M) with their mask (B, S); keys are projected only here.

        With `words` (B, S, E) the values are [annotation ; word], and so are the contexts, (B, T, M + E).
        """
        values = annotations if words is None else torch.cat([annotations, words.to(annotations.dtype)], dim=-1)
        return Memory(batch_factor(values), self.score.project(annotations), mask)

    def forward(self, query: Tensor, memory: Memory, position: int = 0) -> tuple[Tensor, Tensor]:
        """Return the contexts (B, T, M or M + E) of queries (B, T, H), equation (2), weights (B, T, S), equation (1).

        `position` is the target position of the first query. Where sentences are shared, the queries are (R, 1, H), and
        so are the first two sizes of the results.
        """
        sharing = memory.sharing
        if sharing is None:
            steps = torch.arange(position, position + query.shape[1], device=query.device)
            return self._attend(query, memory, steps)
        steps = torch.full((sharing.width,), position, device=query.device)
        context, weights = self._attend(sharing.spread(query, len(memory.mask)), memory, steps)
        return sharing.collect(context), sharing.collect(weights)

    def _attend(self, query: Tensor, memory: Memory, steps: Tensor) -> tuple[Tensor, Tensor]:
        """Return contexts and weights of queries (B, T, H) at the target positions `steps` (T,)."""
        scores = self.score(query, memory.keys)
        scores = scores.to(torch.promote_types(scores.dtype, torch.float32))
        allowed, factors = self.window(query, memory.mask, steps)
        weights = torch.softmax(scores.masked_fill(~allowed, float("-inf")), dim=-1)  # (B, T, S)
        if factors is not None:
            weights = weights * factors
        if self.hard:
            weights = hard_weights(weights, sample=self.training)
        return batched(weights, memory.values).to(query.dtype), weights
