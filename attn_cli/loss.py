"""Cross-entropy over a large vocabulary, without ever holding all of its logits.

The logits of a batch (1,600 tokens by 6,000 pieces in float32) would be the largest tensor of a training step, read
and written half a dozen times. Here logits, softmax and their gradients are made for a few hundred rows at a time,
small enough to stay in the processor's cache, in one pass that also computes the gradients.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from attn_cli.dataset import Batch
from attn_cli.model import Seq2Seq
from attn_cli.runtime import Runtime
from attn_cli.tokenizer import PAD_ID

CHUNK_ELEMENTS = 1 << 21  # of float32 logits held at once: 8 MiB


def cross_entropy(output: Tensor, weight: Tensor, target: Tensor, smoothing: float = 0.0) -> tuple[Tensor, Tensor]:
    """Return the label-smoothed loss and the plain negative log-likelihood of `target`, each summed over all N tokens.

    output (N, E), weight (V, E), target (N,); logits = output · weightᵀ. Only the first result has a gradient. With
    smoothing ε the target distribution is (1 - ε) one-hot + ε uniform (Szegedy et al. 2016, arXiv:1512.00567).
    """
    learning = torch.is_grad_enabled() and (output.requires_grad or weight.requires_grad)
    loss, nll = _CrossEntropy.apply(output, weight, target, smoothing, learning)  # type: ignore[no-untyped-call]
    return loss, nll


class _CrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, output: Tensor, weight: Tensor, target: Tensor, smoothing: float, learning: bool
    ) -> tuple[Tensor, Tensor]:
        cast = weight.to(output.dtype)
        dtype = torch.promote_types(output.dtype, torch.float32)
        loss = torch.zeros((), device=output.device, dtype=dtype)
        nll = torch.zeros_like(loss)
        grad_output = torch.empty_like(output) if learning else None
        grad_weight = torch.zeros_like(weight) if learning else None
        rows = max(1, CHUNK_ELEMENTS // weight.shape[0])
        for begin in range(0, len(output), rows):
            part = slice(begin, begin + rows)
            index = target[part].unsqueeze(1)
            logp = torch.log_softmax(output[part] @ cast.T, dim=-1, dtype=dtype)  # (N', V)
            likely = logp.gather(1, index)
            nll -= likely.sum()
            loss -= (1 - smoothing) * likely.sum() + smoothing / logp.shape[1] * logp.sum()
            if learning:
                assert grad_output is not None and grad_weight is not None
                delta = _delta(logp, index, smoothing).to(output.dtype)
                torch.mm(delta, cast, out=grad_output[part])
                grad_weight += delta.T @ output[part]
        ctx.save_for_backward(grad_output, grad_weight)
        ctx.mark_non_differentiable(nll)
        return loss, nll

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_loss: Tensor, _grad_nll: Tensor) -> tuple[Tensor, Tensor, None, None, None]:
        grad_output, grad_weight = ctx.saved_tensors
        return grad_output * grad_loss.to(grad_output.dtype), grad_weight * grad_loss, None, None, None


def _delta(logp: Tensor, index: Tensor, smoothing: float) -> Tensor:
    """Return the gradient of the summed loss with respect to the logits (N', V), overwriting `logp`."""
    delta = logp.exp_().sub_(smoothing / logp.shape[1])
    return delta.scatter_add_(1, index, torch.full_like(delta[:, :1], smoothing - 1))


def batch_loss(model: Seq2Seq, batch: Batch, runtime: Runtime, smoothing: float) -> tuple[Tensor, Tensor, int]:
    """Return a batch's loss and negative log-likelihood, each summed over real target tokens, and their number."""
    source, target_in, target_out = (
        torch.from_numpy(array).to(runtime.device) for array in (batch.source, batch.target_in, batch.target_out)
    )
    with runtime.autocast():
        output = model(source, torch.from_numpy(batch.source_lengths), target_in)
        real = target_out != PAD_ID
        loss, nll = cross_entropy(output[real], model.embedding.weight, target_out[real], smoothing)
    return loss, nll, batch.target_tokens
