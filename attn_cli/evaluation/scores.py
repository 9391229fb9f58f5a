"""Scores of translations against references: BLEU, chrF and TER, intervals, significance, BLEU by length.

Scores, bootstrap intervals and paired tests are sacreBLEU's own (Post 2018, arXiv:1804.08771), and each has the
signature that says how it was computed. Only the score by length of the source is added here.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sacrebleu.metrics.base import Metric
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.metrics.ter import TER
from sacrebleu.significance import PairedTest, Result

from attn_cli.evaluation.bleu import bleu
from attn_cli.text.languages import count_words

References = Sequence[Sequence[str | None]]  # translations of a whole text; None: one that lacks this sentence
MetricFor = Callable[[Sequence[str], str | None], Metric]  # returns the metric for text like the given, and a tokenizer
METRICS: dict[str, MetricFor] = {"bleu": bleu, "chrf": lambda *_: CHRF(), "ter": lambda *_: TER()}
SAMPLES = {"bs": 1000, "ar": 10_000}  # bootstrap samples; trials of approximate randomization
LENGTHS = (1, 6, 11, 16, 21, 31, 41, 61)  # first source length of each bucket, in words; the last has no upper limit


@dataclass(frozen=True)
class Score:
    """A corpus-level score with its signature.

    `mean` is the mean over the bootstrap samples; `interval` is half the width of the interval that holds 95 % of them.
    """

    name: str
    score: float
    signature: str
    mean: float
    interval: float


@dataclass(frozen=True)
class Comparison:
    """A score of two systems, and the probability that chance alone produces so large a difference."""

    name: str
    score: float
    other: float
    p_value: float
    signature: str


@dataclass(frozen=True)
class Bucket:
    """BLEU of the sentences whose source has at least `begin` and less than `end` words (None: no limit)."""

    begin: int
    end: int | None
    sentences: int
    bleu: float

    @property
    def words(self) -> str:
        """Return the range of lengths, for example 6–10 or 61+."""
        return f"{self.begin}–{self.end - 1}" if self.end else f"{self.begin}+"


def texts_of(references: References) -> list[str]:
    """Return the sentences of all references."""
    return [text for reference in references for text in reference if text is not None]


def score(hypotheses: Sequence[str], references: References, tokenizer: str | None = None) -> dict[str, Score]:
    """Return BLEU, chrF and TER of hypotheses, under the keys "bleu", "chrf" and "ter".

    `tokenizer` is that of BLEU, by sacreBLEU's name; None stands for the one that suits the references.
    """
    return {
        key: Score(name, result.score, signature, float(result.mean or 0.0), float(result.ci or 0.0))
        for key, name, signature, [result] in _test("bs", [("", hypotheses)], references, METRICS, tokenizer)
    }


def compare(
    hypotheses: Sequence[str],
    others: Mapping[str, Sequence[str]],
    references: References,
    metrics: Mapping[str, MetricFor] = METRICS,
    tokenizer: str | None = None,
) -> dict[str, dict[str, Comparison]]:
    """Return, for each of `others`, the comparison of `hypotheses` with it by each metric.

    The test is paired approximate randomization (Riezler & Maxwell 2005).
    """
    comparisons: dict[str, dict[str, Comparison]] = {name: {} for name in others}
    systems = [("", hypotheses), *others.items()]
    for key, name, signature, [first, *rest] in _test("ar", systems, references, metrics, tokenizer):
        for other, result in zip(others, rest, strict=True):
            # sacreBLEU counts the trials with a greater difference: for equal scores p would be close to 0.
            p_value = 1.0 if first.score == result.score else float(result.p_value or 0.0)
            comparisons[other][key] = Comparison(name, first.score, result.score, p_value, signature)
    return comparisons


def _test(
    kind: str,
    systems: list[tuple[str, Sequence[str]]],
    references: References,
    metrics: Mapping[str, MetricFor],
    tokenizer: str | None,
) -> Iterator[tuple[str, str, str, list[Result]]]:
    """Yield each metric's key, its name, its signature, and its result for each system, from sacreBLEU's paired test.

    With one system and `kind` "bs" (bootstrap) there is nothing to compare, and the results hold its intervals.
    """
    kinds = {key: metric_for(texts_of(references), tokenizer) for key, metric_for in metrics.items()}
    paired = PairedTest(
        systems,
        kinds,
        references,  # type: ignore[arg-type]  # its annotation does not know None, which it leaves out
        test_type=kind,
        n_samples=SAMPLES[kind],
    )
    signatures, results = paired()
    for key, (name, signature) in zip(metrics, signatures.items(), strict=True):
        yield key, name, str(signature), [result for result in results[name] if isinstance(result, Result)]


def by_length(
    sources: Sequence[str], hypotheses: Sequence[str], references: References, tokenizer: str | None = None
) -> list[Bucket]:
    """Return BLEU by the number of words of the source, for the buckets of LENGTHS that hold a sentence.

    A blank source is counted among the shortest.
    """
    words = [max(1, count_words(source)) for source in sources]
    metric, buckets = bleu(texts_of(references), tokenizer), []
    for begin, end in [*pairwise(LENGTHS), (LENGTHS[-1], None)]:
        rows = [row for row, count in enumerate(words) if begin <= count and (end is None or count < end)]
        if rows:
            chosen = [[reference[row] for row in rows] for reference in references]
            result = metric.corpus_score([hypotheses[row] for row in rows], chosen)  # type: ignore[arg-type]
            buckets.append(Bucket(begin, end, len(rows), result.score))
    return buckets
