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

from attn_cli.foundation.settings import PAD_ID
from attn_cli.network.cross_entropy import CHUNK_ELEMENTS, cross_entropy
from attn_cli.network.machine import Machine
from attn_cli.network.seq2seq import Seq2Seq
from attn_cli.text.batches import Batch, cut, make_batch

BATCH_TOKENS = 4000  # per batch and side, padding included, when perplexity is computed


def batch_loss(
    model: Seq2Seq, batch: Batch, machine: Machine, smoothing: float, consistency: float = 0.0
) -> tuple[Tensor, Tensor, int]:
    """Return the loss and the negative log-likelihood of a batch, and its number of target tokens.

    Both are sums over the target tokens, padding aside; see cross_entropy. With a weight of `consistency` the network
    reads the batch twice, with different dropout, and both sums are means of the two.
    """
    with machine.autocast():
        output, target = _outputs(model, batch.twice() if consistency else batch, machine)
        if consistency:  # from row by row to token by token: (B, 2, T, E) to (B, T, 2, E)
            shape = len(batch.source), 2, -1
            output = output.view(*shape, output.shape[-1]).transpose(1, 2).flatten(0, 2)
            target = target.view(shape).transpose(1, 2).flatten()
        loss, nll = cross_entropy(output, model.embedding.weight, target, smoothing, consistency)
    passes = 2 if consistency else 1
    return loss / passes, nll / passes, batch.target_tokens


def _outputs(model: Seq2Seq, batch: Batch, machine: Machine) -> tuple[Tensor, Tensor]:
    """Return the attention vectors (N, E) of a batch, and the target tokens (N,) that they predict."""
    source, target_in, target_out = map(machine.tensor, (batch.source, batch.target_in, batch.target_out))
    output = model(source, torch.from_numpy(batch.source_lengths), target_in)  # (B, T, E)
    return output.flatten(0, 1), target_out.flatten()


@torch.no_grad()
def perplexity(
    models: Sequence[Seq2Seq], sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]], machine: Machine
) -> float:
    """Return the perplexity per token of `targets` given `sources`, token ids that each end in an end mark.

    It is exp(negative log-likelihood / number of target tokens), end marks counted. The likelihood of a token is the
    mean of those that the models give it, as in a translation by several models. It is finite even for a hopeless
    model: a likelihood that underflows is replaced by the smallest positive number.
    """
    lengths = np.array([max(map(len, pair)) for pair in zip(sources, targets, strict=True)], dtype=np.int64)
    order = np.argsort(lengths, kind="stable")
    total, count = 0.0, 0
    for begin, end in pairwise(cut(lengths[order], BATCH_TOKENS)):
        rows = order[begin:end]
        batch = make_batch([sources[row] for row in rows], [targets[row] for row in rows])
        likelihood = torch.stack([_likelihoods(model, batch, machine) for model in models]).mean(0)  # (N',)
        total -= float(likelihood.clamp_min(torch.finfo(likelihood.dtype).tiny).log().sum())
        count += batch.target_tokens
    return math.exp(total / count)


def _likelihoods(model: Seq2Seq, batch: Batch, machine: Machine) -> Tensor:
    """Return the probability of each target token of a batch (N',), padding left out, in float32 at least."""
    with machine.autocast():
        output, target = _outputs(model, batch, machine)
        output, target = output[target != PAD_ID], target[target != PAD_ID]
        rows = max(1, CHUNK_ELEMENTS // model.config.vocab_size)
        chunks = []
        for part, tokens in zip(torch.split(output, rows), torch.split(target, rows), strict=True):
            logits = model.logits(part)  # (N'', V)
            probabilities = torch.softmax(logits, dim=-1, dtype=torch.promote_types(logits.dtype, torch.float32))
            chunks.append(probabilities.gather(1, tokens.unsqueeze(1)).squeeze(1))
    return torch.cat(chunks)
