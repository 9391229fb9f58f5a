"""Validation: the quality of a model while it trains, on text that it is not trained on."""

import math
from typing import NamedTuple

import numpy as np
from sacrebleu.metrics.chrf import CHRF

from attn_cli.decoding.search import search
from attn_cli.decoding.torch_engine import TorchEngine
from attn_cli.evaluation.bleu import bleu
from attn_cli.foundation.settings import DecodingConfig
from attn_cli.models.confidence import Calibration
from attn_cli.network.machine import Machine
from attn_cli.network.seq2seq import Seq2Seq
from attn_cli.network.teacher_forcing import perplexity
from attn_cli.text.preparation.cleaning import is_too_long
from attn_cli.text.prepared_corpus import PreparedCorpus
from attn_cli.training.distributed import ALONE, World

VALIDATION_LINES = 1000
LEAST_LINES = 200
CALIBRATION_LINES = 300  # a millisecond each
GREEDY = DecodingConfig(beam_size=1)


class Translations(NamedTuple):
    """Translations of the validation text, and the mean log-probability of the tokens of each."""

    texts: list[str]
    means: list[float]


class ValidationSet:
    """Evenly spread pairs of a corpus' validation text, without those too long to be trained on.

    At most 1,000; of a small corpus no more than it has training pairs, but at least 200: validation should not take
    longer than training.
    """

    def __init__(self, corpus: PreparedCorpus) -> None:
        cleaning = corpus.cleaning
        pairs = [pair for pair in corpus.split("valid") if all(pair) and not is_too_long(pair, cleaning)]
        most = min(VALIDATION_LINES, max(LEAST_LINES, len(corpus.train()[0])))
        rows = np.linspace(0, len(pairs) - 1, min(len(pairs), most)).astype(int)
        pairs = [pairs[row] for row in rows]
        self._tokenizer = corpus.tokenizer
        self._sources, self._references = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        self._source_tokens = corpus.tokenizer.encode(self._sources)
        self._target_tokens = corpus.tokenizer.encode(self._references)
        self.target_tokens = sum(map(len, self._target_tokens))

    def __len__(self) -> int:
        return len(self._sources)

    def translations(self, model: Seq2Seq, machine: Machine, world: World = ALONE) -> "Translations":
        """Return greedy translations; each process makes its share of them."""
        sources = self._source_tokens[world.rank :: world.size]
        best = [hypotheses[0] for hypotheses in search(TorchEngine(model, machine), sources, GREEDY)]
        texts = self._tokenizer.decode([hypothesis.tokens for hypothesis in best])
        means = [hypothesis.log_probability / hypothesis.length for hypothesis in best]
        return Translations(world.gathered(texts), world.gathered(means))

    def bleu(self, translations: "Translations") -> float:
        """Return the BLEU of translations."""
        return float(bleu(self._references).corpus_score(translations.texts, [self._references]).score)

    def calibration(self, translations: "Translations") -> Calibration:
        """Return the confidence that fits the chrF of some of the translations."""
        rows = range(0, len(self), math.ceil(len(self) / CALIBRATION_LINES))
        chrf = CHRF()
        qualities = [chrf.sentence_score(translations.texts[row], [self._references[row]]).score / 100 for row in rows]
        return Calibration.fitted([translations.means[row] for row in rows], qualities)

    def perplexity(self, model: Seq2Seq, machine: Machine, world: World = ALONE) -> float:
        """Return the perplexity per token of the references; each process computes it for its share of them."""
        sources, targets = (side[world.rank :: world.size] for side in (self._source_tokens, self._target_tokens))
        if world.size == 1:
            return perplexity([model], sources, targets, machine)
        tokens = sum(map(len, targets))
        shares = world.gathered([(tokens, tokens and math.log(perplexity([model], sources, targets, machine)))])
        return math.exp(sum(tokens * mean for tokens, mean in shares) / self.target_tokens)

    def example(self, number: int, hypotheses: list[str]) -> tuple[str, str, str]:
        """Return source, hypothesis and reference of one sentence; successive numbers give sentences far apart."""
        row = int(number * 0.618034 * len(self)) % len(self)
        return self._sources[row], hypotheses[row], self._references[row]
