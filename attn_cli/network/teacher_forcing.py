"""Losses of a network on given target sentences: the loss of a batch, and the perplexity of a text.

With teacher forcing the decoder reads the reference instead of its own output. Losses are sums over target tokens,
returned with the number of tokens, so that they can be added up exactly over batches.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from attn_cli.network.cross_entropy import cross_entropy
from attn_cli.network.machine import Machine
from attn_cli.network.seq2seq import Seq2Seq
from attn_cli.text.batches import Batch, cut, make_batch

BATCH_TOKENS = 4000  # per batch and side, padding included, when perplexity is computed


def batch_loss(model: Seq2Seq, batch: Batch, machine: Machine, smoothing: float) -> tuple[Tensor, Tensor, int]:
    """Return the loss and the negative log-likelihood of a batch, and its number of target tokens.

    Both are sums over the target tokens, padding aside; see cross_entropy.
    """
    source, target_in, target_out = (
        torch.from_numpy(array).to(machine.device) for array in (batch.source, batch.target_in, batch.target_out)
    )
    with machine.autocast():
        output = model(source, torch.from_numpy(batch.source_lengths), target_in)  # (B, T, E)
        loss, nll = cross_entropy(output.flatten(0, 1), model.embedding.weight, target_out.flatten(), smoothing)
    return loss, nll, batch.target_tokens


@torch.no_grad()
def perplexity(
    model: Seq2Seq, sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]], machine: Machine
) -> float:
    """Return the perplexity per token of `targets` given `sources`, token ids that each end in an end mark.

    It is exp(negative log-likelihood / number of target tokens), end marks counted. It is finite even for a hopeless
    model, because cross_entropy limits each likelihood from below.
    """
    lengths = np.array([max(map(len, pair)) for pair in zip(sources, targets, strict=True)], dtype=np.int64)
    order = np.argsort(lengths, kind="stable")
    total, count = 0.0, 0
    for begin, end in pairwise(cut(lengths[order], BATCH_TOKENS)):
        rows = order[begin:end]
        batch = make_batch([sources[row] for row in rows], [targets[row] for row in rows])
        _, nll, tokens = batch_loss(model, batch, machine, smoothing=0.0)
        total, count = total + float(nll), count + tokens
    return math.exp(total / count)
