"""Cross-entropy over a large vocabulary that touches its logits as seldom as possible.

The logits of a batch (1,600 tokens by 6,000 pieces) are the largest tensor of a training step. Here they stay in the
type of the products, one softmax makes probabilities of them, and these become at once, in place, what the gradients
are computed from; a part of the tokens at a time where the vocabulary is very large.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

from attn_cli.network.machine import Runtime
from attn_cli.network.matmul import rounded, with_rows
from attn_cli.network.seq2seq import Seq2Seq
from attn_cli.text.prepared_corpus import Batch
from attn_cli.text.tokenizer import PAD_ID

CHUNK_ELEMENTS = 1 << 24  # logits held at once: 32 MiB in bfloat16


def cross_entropy(output: Tensor, weight: Tensor, target: Tensor, smoothing: float = 0.0) -> tuple[Tensor, Tensor]:
    """Return the label-smoothed loss and the plain negative log-likelihood of `target`, each summed over all N tokens.

    output (N, E), weight (V, E), target (N,); logits = output · weightᵀ. Padding among the targets costs nothing. Only
    the first result has a gradient. With smoothing ε the target distribution is (1 - ε) one-hot + ε uniform (Szegedy et
    al. 2016, arXiv:1512.00567). Where a likelihood underflows, the least number above zero stands for it in both sums.

    The gradient with respect to the logits is p - (1 - ε) one-hot - ε / V. Its last term, and the mean of the logits in
    the loss, need the sum of all rows of `weight` alone, and so no pass over the logits.
    """
    needs_grad = torch.is_grad_enabled() and (output.requires_grad or weight.requires_grad)
    with torch.autocast(output.device.type, enabled=False):  # all types are said below
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
        real = (target != PAD_ID).unsqueeze(1)
        output = output * real
        cast = weight.to(output.dtype)
        accumulate_dtype = torch.promote_types(output.dtype, torch.float32)
        mean = cast.sum(0, dtype=accumulate_dtype) / vocab_size  # (E,); output · mean is the mean of a token's logits
        nll = torch.zeros((), device=output.device, dtype=accumulate_dtype)
        target_logits = torch.zeros_like(nll)  # the sum of the targets' logits
        grad_output = torch.empty_like(output) if needs_grad else None
        grad_weight: Tensor | None = None  # of the parts so far
        rows = max(1, CHUNK_ELEMENTS // vocab_size)
        # At least one part: without any token it is empty, and gives a gradient of zeros.
        for part in (slice(begin, begin + rows) for begin in range(0, max(1, len(output)), rows)):
            logits = output[part] @ cast.T  # (N', V)
            index = torch.arange(len(logits), device=output.device), target[part]
            target_logits += logits[index].sum(dtype=accumulate_dtype)
            probabilities = torch.softmax(logits, dim=-1)
            likelihood = probabilities[index].to(accumulate_dtype)
            nll -= (likelihood.clamp_min(torch.finfo(accumulate_dtype).tiny).log() * real[part, 0]).sum()
            if needs_grad:
                assert grad_output is not None
                probabilities[index] = (likelihood - (1 - smoothing)).to(output.dtype)
                torch.mm(probabilities, cast, out=grad_output[part])
                spread = output[part].sum(0, dtype=accumulate_dtype) * (-smoothing / vocab_size)
                product = torch.addmm(spread.to(output.dtype), probabilities.T, output[part])
                grad_weight = product if grad_weight is None else grad_weight.to(accumulate_dtype).add_(product)
        if needs_grad:
            assert grad_output is not None
            grad_output = grad_output.sub_(smoothing * mean).mul_(real)[:tokens]
        ctx.save_for_backward(grad_output, grad_weight)
        ctx.weight_dtype = weight.dtype
        ctx.mark_non_differentiable(nll)
        # log Σ exp(logits) = the target's logit + its negative log-likelihood
        surplus = nll + target_logits - output.sum(0, dtype=accumulate_dtype) @ mean
        return (1 - smoothing) * nll + smoothing * surplus, nll

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_loss: Tensor, _grad_nll: Tensor) -> tuple[Tensor, Tensor, None, None, None]:
        grad_output, grad_weight = ctx.saved_tensors
        # Scaled in place: the weight's gradient is as large as the embeddings, and every pass over it counts.
        return grad_output * grad_loss, grad_weight.to(ctx.weight_dtype, copy=True).mul_(grad_loss), None, None, None


def batch_loss(model: Seq2Seq, batch: Batch, runtime: Runtime, smoothing: float) -> tuple[Tensor, Tensor, int]:
    """Return a batch's loss and negative log-likelihood, each summed over real target tokens, and their number."""
    source, target_in, target_out = (
        torch.from_numpy(array).to(runtime.device) for array in (batch.source, batch.target_in, batch.target_out)
    )
    with runtime.autocast():
        output = model(source, torch.from_numpy(batch.source_lengths), target_in)
        loss, nll = cross_entropy(output.flatten(0, 1), model.embedding.weight, target_out.flatten(), smoothing)
    return loss, nll, batch.target_tokens
