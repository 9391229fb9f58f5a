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


def cross_entropy(output: Tensor, weight: Tensor, target: Tensor, smoothing: float) -> tuple[Tensor, Tensor]:
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
    """
    needs_grad = torch.is_grad_enabled() and (output.requires_grad or weight.requires_grad)
    with torch.autocast(output.device.type, enabled=False):  # the types of all tensors are explicit below
        loss, nll = _CrossEntropy.apply(output, weight, target, smoothing, needs_grad)  # type: ignore[no-untyped-call]
    return loss, nll


class _CrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, output: Tensor, weight: Tensor, target: Tensor, smoothing: float, needs_grad: bool
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
        sum_of_target_logits = torch.zeros_like(nll)
        grad_output = torch.empty_like(output) if needs_grad else None
        grad_weight: Tensor | None = None  # of the chunks so far
        rows = max(1, CHUNK_ELEMENTS // vocab_size)
        # At least one chunk: without any token it is empty, and gives a gradient of zeros.
        for chunk in (slice(begin, begin + rows) for begin in range(0, max(1, len(output)), rows)):
            logits = output[chunk] @ cast.T  # (N', V)
            at_targets = torch.arange(len(logits), device=output.device), target[chunk]
            sum_of_target_logits += logits[at_targets].sum(dtype=accumulate_dtype)
            probabilities = torch.softmax(logits, dim=-1)
            likelihood = probabilities[at_targets].to(accumulate_dtype)
            nll -= (likelihood.clamp_min(torch.finfo(accumulate_dtype).tiny).log() * mask[chunk, 0]).sum()
            if needs_grad:
                assert grad_output is not None
                # From here on `probabilities` holds p - (1 - ε) one-hot; the term -ε / V is added to the products.
                probabilities[at_targets] = (likelihood - (1 - smoothing)).to(output.dtype)
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
        return (1 - smoothing) * nll + smoothing * uniform_loss, nll

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_loss: Tensor, _grad_nll: Tensor) -> tuple[Tensor, Tensor, None, None, None]:
        grad_output, grad_weight = ctx.saved_tensors
        # Scaled in place: the weight's gradient is as large as the embeddings, and every pass over it counts.
        return grad_output * grad_loss, grad_weight.to(ctx.weight_dtype, copy=True).mul_(grad_loss), None, None, None
