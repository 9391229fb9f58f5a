"""Evaluate: translations against references, by sacreBLEU's metrics, each with the signature of how it was computed."""

from collections.abc import Sequence
from dataclasses import dataclass

from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.metrics.ter import TER


@dataclass(frozen=True)
class Score:
    """A corpus-level score and the signature that says how it was computed."""

    name: str
    score: float
    signature: str


def score(hypotheses: Sequence[str], references: Sequence[str]) -> dict[str, Score]:
    """Return BLEU, chrF and TER of hypotheses against one reference each, by the keys "bleu", "chrf" and "ter"."""
    metrics = {"bleu": BLEU(), "chrf": CHRF(), "ter": TER()}
    scores = {}
    for key, metric in metrics.items():
        result = metric.corpus_score(hypotheses, [references])
        scores[key] = Score(result.name, result.score, str(metric.get_signature()))
    return scores
