"""Evaluate: translations against references, by sacreBLEU's metrics, each with the signature of how it was computed.

Scores, bootstrap intervals and paired significance tests are sacreBLEU's own (Post 2018). What is added is the score by
length of the source, and the perplexity of the references.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from sacrebleu.metrics.base import Metric
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.metrics.ter import TER
from sacrebleu.significance import PairedTest, Result, _bootstrap_resample, estimate_ci

from attn_cli.decoding.choice import Engines
from attn_cli.decoding.translator import Translation, Translator
from attn_cli.evaluation.bleu import bleu
from attn_cli.foundation import storage
from attn_cli.foundation.errors import CorpusError, SettingsError
from attn_cli.foundation.settings import DecodingConfig
from attn_cli.models import folder
from attn_cli.models.folder import StoredModel
from attn_cli.text.cleaning import Pair, read_lines, read_parallel

# For translations like the given references.
METRICS: dict[str, Callable[[Sequence[str]], Metric]] = {"bleu": bleu, "chrf": lambda _: CHRF(), "ter": lambda _: TER()}
BOOTSTRAP_SAMPLES = 1000
LONGEST = 1000  # tokens
LENGTHS = (1, 6, 11, 16, 21, 31, 41, 61)  # where buckets of source lengths begin, in words; the last has no end


@dataclass(frozen=True, kw_only=True)
class Task:
    """What every system is to do: translate the sources of `pairs`, which are those at `place`.

    `languages` are those of source and target, `decoding` how to search, `machine` what to compute on
    (`machine.start`'s arguments).
    """

    place: str
    languages: tuple[str, str]
    pairs: list[Pair]
    decoding: DecodingConfig
    machine: dict[str, Any]

    @property
    def sources(self) -> list[str]:
        """Return the texts to translate."""
        return [source for source, _ in self.pairs]

    @property
    def references(self) -> list[str]:
        """Return a good translation of each."""
        return [reference for _, reference in self.pairs]

    def translator(self, model: StoredModel) -> Translator:
        """Return what translates by a model as the task says."""
        return Translator(Engines(model, **self.machine).for_lines, model.tokenizer, self.decoding)


@dataclass(frozen=True)
class System:
    """A system's translations; and unless a file held them, the model that made them, with their tokens."""

    name: str
    hypotheses: list[str]
    model: StoredModel | None = None
    translations: Sequence[Translation] = ()


@dataclass(frozen=True)
class Score:
    """A corpus-level score with the signature that says how it was computed.

    `mean` is that of bootstrap samples, `interval` half the width of the interval that holds 95 % of them.
    """

    name: str
    score: float
    signature: str
    mean: float
    interval: float


@dataclass(frozen=True)
class Comparison:
    """A score of the first system and of another one, and the probability that chance alone makes them differ so."""

    name: str
    score: float
    other: float
    p_value: float
    signature: str


@dataclass(frozen=True)
class Bucket:
    """BLEU of the sentences whose source has at least `begin` words and less than `end` (None: no limit)."""

    begin: int
    end: int | None
    sentences: int
    bleu: float

    @property
    def words(self) -> str:
        """Return the range of lengths."""
        return f"{self.begin}–{self.end - 1}" if self.end else f"{self.begin}+"


def score(hypotheses: Sequence[str], references: Sequence[str]) -> dict[str, Score]:
    """Return BLEU, chrF and TER of hypotheses against one reference each, by the keys "bleu", "chrf" and "ter"."""
    scores = {}
    for key, kind in METRICS.items():
        metric = kind(references)
        # As sacreBLEU's paired test does it: its corpus_score(n_bootstrap=...) stumbles over TER's mixture of types.
        statistics = metric._extract_corpus_statistics(hypotheses, [references])
        result = metric._aggregate_and_compute(statistics)
        _, samples = _bootstrap_resample(statistics, metric, BOOTSTRAP_SAMPLES)
        mean, interval = estimate_ci(np.array([sample.score for sample in samples]))
        scores[key] = Score(result.name, result.score, str(metric.get_signature()), float(mean), float(interval))
    return scores


@dataclass(frozen=True)
class Evaluation:
    """All that is found of a system: scores, BLEU by length, how it compares with each baseline.

    And of a model the perplexity, a token, of the references.
    """

    scores: dict[str, Score]
    by_length: list[Bucket]
    baselines: dict[str, dict[str, Comparison]]
    perplexity: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON types: each score by its key, and the rest."""
        scores = {key: asdict(score) for key, score in self.scores.items()}
        baselines = {
            name: {key: asdict(found) for key, found in compared.items()} for name, compared in self.baselines.items()
        }
        perplexity = {} if self.perplexity is None else {"perplexity": self.perplexity}
        by_length = [asdict(bucket) for bucket in self.by_length]
        return {**perplexity, **scores, "by_length": by_length, "baselines": baselines}


def evaluate(system: System, others: Sequence[System], task: Task) -> Evaluation:
    """Return all that is found of `system`, compared with each of `others`."""
    hypotheses, references = system.hypotheses, task.references
    return Evaluation(
        score(hypotheses, references),
        by_length(task.sources, hypotheses, references),
        compare(hypotheses, {other.name: other.hypotheses for other in others}, references) if others else {},
        perplexity_of(system.model, task) if system.model else None,
    )


def read_test(place: str, languages: tuple[str, str]) -> list[Pair]:
    """Return the sentence pairs at `place`.

    Raises CorpusError where there is none, and as `read_parallel` does.
    """
    pairs = read_parallel(place, languages)
    if not any(all(pair) for pair in pairs):
        raise CorpusError(f"{place}: no sentence to test on; give a test text with --test")
    return pairs


def open_baseline(name: str, task: Task) -> StoredModel | Path:
    """Return what `name` stands for: a file, else a model.

    Raises CorpusError where the file does not match the task, SettingsError where the model is for other languages.
    """
    if Path(name).is_file():
        read_hypotheses(Path(name), len(task.pairs))  # before anything is translated
        return Path(name)
    stored = folder.read(storage.model_folder(name))
    theirs = stored.settings.source_language, stored.settings.target_language
    if theirs != task.languages:
        raise SettingsError(f"--baseline {name}: translates {' to '.join(theirs)}, not {' to '.join(task.languages)}")
    return stored


def run_system(task: Task, name: str, by: StoredModel | Path) -> System:
    """Return the system called `name`: what a model translates now, or what a file holds.

    Raises CorpusError where the file does not match the task.
    """
    if isinstance(by, Path):
        return System(name, read_hypotheses(by, len(task.pairs)))
    translations = task.translator(by).translations(task.sources)
    return System(name, [translation.text for translation in translations], by, translations)


def read_hypotheses(path: Path, wanted: int) -> list[str]:
    """Return the lines of a finished translation.

    Raises CorpusError where there are not as many as `wanted`.
    """
    lines = list(read_lines(path))
    if len(lines) != wanted:
        raise CorpusError(f"{path}: it has {len(lines)} lines, the test text {wanted}; they must match line by line")
    return lines


def perplexity_of(stored: StoredModel, task: Task) -> float | None:
    """Return the perplexity, a token, of a task's references under a model; None where no pair is left.

    Left out are blank pairs, and what no memory might hold: sides of more than LONGEST tokens.
    """
    from attn_cli.decoding.torch_engine import load
    from attn_cli.network import machine
    from attn_cli.training.validation import perplexity

    encoded = zip(*(stored.tokenizer.encode(side) for side in (task.sources, task.references)), strict=True)
    pairs = [pair for pair in encoded if all(1 < len(tokens) <= LONGEST for tokens in pair)]
    if not pairs:
        return None
    sources, targets = ([pair[side] for pair in pairs] for side in (0, 1))
    chosen = machine.start(**task.machine)
    model = load(stored.settings.model, stored.weights).to(chosen.device).eval()
    return perplexity(model, sources, targets, chosen)


def as_text(result: Evaluation) -> str:
    """Return an evaluation as lines of text."""
    lines = [f"{s.name:5} {s.score:6.2f} ± {s.interval:.2f}   {s.signature}" for s in result.scores.values()]
    if result.perplexity is not None:
        lines.append(f"perplexity of the references, a piece: {result.perplexity:.2f}")
    lines += ["", "words of source   sentences    BLEU"]
    for bucket in result.by_length:
        lines.append(f"{bucket.words:15}   {bucket.sentences:9,}  {bucket.bleu:6.2f}")
    for name, compared in result.baselines.items():
        lines += ["", f"against {name}"]
        for found in compared.values():
            scores = f"{found.name:5} {found.score:6.2f} against {found.other:6.2f}"
            lines.append(f"{scores}   p = {found.p_value:.4f}   {found.signature}")
    return "\n".join([*lines, ""])


def compare(
    hypotheses: Sequence[str],
    others: Mapping[str, Sequence[str]],
    references: Sequence[str],
    metrics: Mapping[str, Callable[[Sequence[str]], Metric]] = METRICS,
) -> dict[str, dict[str, Comparison]]:
    """Return, for each of `others`, how `hypotheses` compare with it by each metric.

    The test is paired approximate randomization (Riezler & Maxwell 2005), as sacreBLEU makes it.
    """
    systems = [("", hypotheses), *others.items()]
    signatures, results = PairedTest(systems, {key: kind(references) for key, kind in metrics.items()}, [references])()
    found: dict[str, dict[str, Comparison]] = {name: {} for name in others}
    for key, (name, signature) in zip(metrics, signatures.items(), strict=True):
        ours, *theirs = [result for result in results[name] if isinstance(result, Result)]
        for other, result in zip(others, theirs, strict=True):
            # sacreBLEU counts the trials with a greater difference: of two equal scores it would be next to none.
            p_value = 1.0 if ours.score == result.score else float(result.p_value or 0.0)
            found[other][key] = Comparison(name, ours.score, result.score, p_value, str(signature))
    return found


def by_length(sources: Sequence[str], hypotheses: Sequence[str], references: Sequence[str]) -> list[Bucket]:
    """Return BLEU by the number of words of the source, for the buckets of LENGTHS that hold a sentence."""
    words = [len(source.split()) for source in sources]
    metric, buckets = bleu(references), []
    for begin, end in [*pairwise(LENGTHS), (LENGTHS[-1], None)]:
        rows = [row for row, count in enumerate(words) if begin <= max(count, 1) and (end is None or count < end)]
        if rows:
            found = metric.corpus_score([hypotheses[row] for row in rows], [[references[row] for row in rows]])
            buckets.append(Bucket(begin, end, len(rows), found.score))
    return buckets
