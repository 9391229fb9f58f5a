"""Validation: how good a model is, while it trains, on text that it is not trained on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch

from attn_cli.decoding.search import search
from attn_cli.decoding.torch_engine import TorchEngine
from attn_cli.evaluation.bleu import bleu
from attn_cli.foundation.settings import DecodingConfig
from attn_cli.network.cross_entropy import batch_loss
from attn_cli.network.machine import Runtime
from attn_cli.network.seq2seq import Seq2Seq
from attn_cli.text.cleaning import is_too_long
from attn_cli.text.prepared_corpus import PreparedCorpus, cut, make_batch

VALIDATION_LINES = 1000
GREEDY = DecodingConfig(beam_size=1)
BATCH_TOKENS = 4000  # of either side, padding included, when perplexity is computed


@dataclass(frozen=True)
class Validation:
    """What a validation found: greedy BLEU, perplexity a token, and one translation as an example."""

    step: int
    bleu: float
    perplexity: float
    best: bool
    seconds: float
    source: str
    hypothesis: str
    reference: str


class ValidationSet:
    """At most 1,000 evenly spread pairs of a corpus' validation text, without those too long to be trained on."""

    def __init__(self, corpus: PreparedCorpus) -> None:
        cleaning = corpus.cleaning
        pairs = [pair for pair in corpus.split("valid") if all(pair) and not is_too_long(pair, cleaning)]
        rows = np.linspace(0, len(pairs) - 1, min(len(pairs), VALIDATION_LINES)).astype(int)
        pairs = [pairs[row] for row in rows]
        self._tokenizer = corpus.tokenizer
        self._sources, self._references = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        self._source_tokens = corpus.tokenizer.encode(self._sources)
        self._target_tokens = corpus.tokenizer.encode(self._references)
        self.target_tokens = sum(map(len, self._target_tokens))

    def __len__(self) -> int:
        return len(self._sources)

    def bleu(self, model: Seq2Seq, runtime: Runtime) -> tuple[float, list[str]]:
        """Return greedy translations' BLEU, and the translations."""
        found = search(TorchEngine(model, runtime), self._source_tokens, GREEDY)
        hypotheses = self._tokenizer.decode([hypothesis.tokens for hypothesis in found])
        return float(bleu(self._references).corpus_score(hypotheses, [self._references]).score), hypotheses

    def perplexity(self, model: Seq2Seq, runtime: Runtime) -> float:
        """Return the perplexity, a token, of the references."""
        return perplexity(model, self._source_tokens, self._target_tokens, runtime)

    def example(self, number: int, hypotheses: list[str]) -> tuple[str, str, str]:
        """Return source, hypothesis and reference of one sentence; successive numbers give sentences far apart."""
        row = int(number * 0.618034 * len(self)) % len(self)
        return self._sources[row], hypotheses[row], self._references[row]


@torch.no_grad()
def perplexity(
    model: Seq2Seq, sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]], runtime: Runtime
) -> float:
    """Return the perplexity, a token, of targets given sources, each token ids with an end mark."""
    lengths = np.array([max(map(len, pair)) for pair in zip(sources, targets, strict=True)], dtype=np.int64)
    order = np.argsort(lengths, kind="stable")
    total, count = 0.0, 0
    for begin, end in pairwise(cut(lengths[order], BATCH_TOKENS)):
        rows = order[begin:end]
        batch = make_batch([sources[row] for row in rows], [targets[row] for row in rows])
        _, nll, tokens = batch_loss(model, batch, runtime, smoothing=0.0)
        total, count = total + float(nll), count + tokens
    return math.exp(min(total / count, 700))
