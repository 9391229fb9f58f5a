"""Cross-entropy over a large vocabulary with as few passes over the logits as possible.

The logits of a batch (1,600 tokens by 6,000 pieces) are the largest tensor of a training step. Here they stay in the
type of the products, one softmax turns them into probabilities, and these are turned in place into the gradient with
respect to the logits. Where the vocabulary is very large, this is done for one chunk of tokens at a time.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

from attn_cli.foundation.settings import PAD_ID
from attn_cli.network.matmul import rounded, with_rows

CHUNK_ELEMENTS = 1 << 24  # logits held at once: 32 MiB in bfloat16


def cross_entropy(
    output: Tensor, weight: Tensor, target: Tensor, smoothing: float, consistency: float = 0.0
) -> tuple[Tensor, Tensor]:
    """Return the label-smoothed loss and the plain negative log-likelihood of `target`, each summed over all N tokens.

    output (N, E), weight (V, E), target (N,); logits = output · weightᵀ. Padding among the targets adds nothing. Only
    the first result has a gradient. With smoothing ε the target distribution is (1 - ε) one-hot + ε uniform (Szegedy et
    al. 2016, arXiv:1512.00567), so that for one token

        loss         = (1 - ε) nll + ε uniform_loss
        nll          = logsumexp - target's logit
        uniform_loss = logsumexp - mean logit          the cross-entropy with the uniform distribution

    and the gradient with respect to the logits is p - (1 - ε) one-hot - ε / V. The mean logit, and the gradient's last
    term, need only the mean of all rows of `weight`, and no further pass over the logits. A likelihood that underflows
    is replaced by the smallest positive number, in both sums.

    With a weight of `consistency`, rows 2i and 2i + 1 are one token, seen twice with different dropout, and the loss of
    such a pair also has weight · (KL(p ‖ q) + KL(q ‖ p)) / 2 for its two distributions p and q: R-Drop (Liang et al.
    2021, arXiv:2106.14448, equation 4).
    """
    needs_grad = torch.is_grad_enabled() and (output.requires_grad or weight.requires_grad)
    with torch.autocast(output.device.type, enabled=False):  # the types of all tensors are explicit below
        loss, nll = _CrossEntropy.apply(  # type: ignore[no-untyped-call]
            output, weight, target, smoothing, consistency, needs_grad
        )
    return loss, nll


def _disagreement(logits: Tensor, probabilities: Tensor, logsumexp: Tensor) -> tuple[Tensor, Tensor]:
    """Return (KL(p ‖ q) + KL(q ‖ p)) / 2, summed over N pairs of rows, and its gradient by the logits (2N, V).

    Rows 2i and 2i + 1 of logits and probabilities (2N, V) and of logsumexp (2N,) are a pair. With the difference
    d = log p - log q, KL(p ‖ q) = p · d, and the gradient of its sum with KL(q ‖ p) = -q · d by the logits of p is
    p (d - KL(p ‖ q)) + p - q.
    """
    first, second = probabilities[::2], probabilities[1::2]
    difference = logits[::2] - logits[1::2]
    difference -= (logsumexp[::2] - logsumexp[1::2]).to(logits.dtype).unsqueeze(1)
    gradient = torch.empty_like(logits)
    one, other = gradient[::2], gradient[1::2]
    torch.mul(first, difference, out=one)
    torch.mul(second, difference, out=other).neg_()
    divergences = gradient.sum(1, keepdim=True, dtype=logsumexp.dtype)
    gradient.addcmul_(probabilities, divergences.to(logits.dtype), value=-1)
    torch.sub(first, second, out=difference)
    one += difference
    other -= difference
    return divergences.sum() / 2, gradient.mul_(0.5)


class _CrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        output: Tensor,
        weight: Tensor,
        target: Tensor,
        smoothing: float,
        consistency: float,
        needs_grad: bool,
    ) -> tuple[Tensor, Tensor]:
        tokens, vocab_size = len(output), len(weight)
        output = with_rows(output, rounded(tokens, output))
        target = F.pad(target, (0, len(output) - tokens), value=PAD_ID)
        mask = (target != PAD_ID).unsqueeze(1)
        output = output * mask
        cast = weight.to(output.dtype)
        accumulate_dtype = torch.promote_types(output.dtype, torch.float32)
        mean_row = cast.sum(0, dtype=accumulate_dtype) / vocab_size  # (E,); output · mean_row is a token's mean logit
        nll = torch.zeros((), device=output.device, dtype=accumulate_dtype)
        sum_of_target_logits, disagreement = torch.zeros_like(nll), torch.zeros_like(nll)
        grad_output = torch.empty_like(output) if needs_grad else None
        grad_weight: Tensor | None = None  # of the chunks so far
        rows = max(2, CHUNK_ELEMENTS // vocab_size // 2 * 2)  # pairs stay together
        # At least one chunk: without any token it is empty, and gives a gradient of zeros.
        for chunk in (slice(begin, begin + rows) for begin in range(0, max(1, len(output)), rows)):
            logits = output[chunk] @ cast.T  # (N', V)
            at_targets = torch.arange(len(logits), device=output.device), target[chunk]
            target_logits = logits[at_targets].to(accumulate_dtype)
            sum_of_target_logits += target_logits.sum()
            probabilities = torch.softmax(logits, dim=-1)
            likelihood = probabilities[at_targets].to(accumulate_dtype)
            log_likelihood = likelihood.clamp_min(torch.finfo(accumulate_dtype).tiny).log()
            nll -= (log_likelihood * mask[chunk, 0]).sum()
            if consistency:
                part, slope = _disagreement(logits, probabilities, target_logits - log_likelihood)
                disagreement += part
            if needs_grad:
                assert grad_output is not None
                # From here on `probabilities` holds p - (1 - ε) one-hot; the term -ε / V is added to the products.
                probabilities[at_targets] = (likelihood - (1 - smoothing)).to(output.dtype)
                if consistency:
                    probabilities.add_(slope, alpha=consistency)
                torch.mm(probabilities, cast, out=grad_output[chunk])
                uniform_term = output[chunk].sum(0, dtype=accumulate_dtype) * (-smoothing / vocab_size)  # (E,)
                product = torch.addmm(uniform_term.to(output.dtype), probabilities.T, output[chunk])
                grad_weight = product if grad_weight is None else grad_weight.to(accumulate_dtype).add_(product)
        if needs_grad:
            assert grad_output is not None
            grad_output = grad_output.sub_(smoothing * mean_row).mul_(mask)[:tokens]
        ctx.save_for_backward(grad_output, grad_weight)
        ctx.weight_dtype = weight.dtype
        ctx.mark_non_differentiable(nll)
        # Summed over the tokens: nll + target logits = logsumexp, and output.sum · mean_row = mean logits.
        uniform_loss = nll + sum_of_target_logits - output.sum(0, dtype=accumulate_dtype) @ mean_row
        return (1 - smoothing) * nll + smoothing * uniform_loss + consistency * disagreement, nll

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_loss: Tensor, _grad_nll: Tensor) -> tuple[Tensor | None, ...]:
        grad_output, grad_weight = ctx.saved_tensors
        # Scaled in place: the weight's gradient is as large as the embeddings, and every pass over it counts.
        return grad_output * grad_loss, grad_weight.to(ctx.weight_dtype, copy=True).mul_(grad_loss), *[None] * 4
