"""Systems under evaluation: models that translate a test text, and finished translations from files.

All systems of an evaluation translate the same text with the same search, in one precision and on one machine, always
by torch, which also computes the perplexity of the references.
"""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sacrebleu.metrics.chrf import CHRF

from attn_cli import __version__
from attn_cli.decoding.choice import make_translator
from attn_cli.decoding.translator import Translation, Translator
from attn_cli.evaluation.scores import Bucket, Comparison, Score, by_length, compare, score
from attn_cli.foundation.errors import CorpusError, SettingsError
from attn_cli.foundation.settings import DecodingConfig, MachineConfig
from attn_cli.models.catalogue import open_model
from attn_cli.models.folder import StoredModel
from attn_cli.text.catalogue import corpus_folder
from attn_cli.text.formats import Pair, read_parallel
from attn_cli.text.formats.lines import read_lines
from attn_cli.text.prepared_corpus import PreparedCorpus

LONGEST = 1000  # tokens; longer sides are left out of the perplexity
NOT_LANGUAGES = {"csv", "tsv", "txt"}  # ends of file names that look like language codes


@dataclass(frozen=True, kw_only=True)
class Task:
    """The task of every system: to translate the sources of `pairs`, the test text at `location`.

    `languages` are source and target; `decoding` and `machine` are the same for all models.
    """

    location: str
    languages: tuple[str, str]
    pairs: list[Pair]
    decoding: DecodingConfig
    machine: MachineConfig

    @property
    def sources(self) -> list[str]:
        """Return the texts to translate."""
        return [source for source, _ in self.pairs]

    @property
    def references(self) -> list[str]:
        """Return the reference translation of each source."""
        return [reference for _, reference in self.pairs]

    def translator(self, model: StoredModel) -> Translator:
        """Return the translator of a model for this task."""
        return make_translator([model], self.decoding, self.machine, engine="torch")


@dataclass(frozen=True)
class System:
    """A system's translations; if a model made them, the model, and the translations with their tokens."""

    name: str
    hypotheses: list[str]
    model: StoredModel | None = None
    translations: Sequence[Translation] = ()


@dataclass(frozen=True)
class Evaluation:
    """The results of a system: scores, BLEU by length, and the comparison with each baseline by name.

    `perplexity` is that of the references under a model, per token; None for a finished translation.
    """

    scores: dict[str, Score]
    by_length: list[Bucket]
    baselines: dict[str, dict[str, Comparison]]
    perplexity: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return the results as JSON types, each score under its key."""
        scores = {key: asdict(score) for key, score in self.scores.items()}
        baselines = {
            name: {key: asdict(comparison) for key, comparison in comparisons.items()}
            for name, comparisons in self.baselines.items()
        }
        perplexity = {} if self.perplexity is None else {"perplexity": self.perplexity}
        by_length = [asdict(bucket) for bucket in self.by_length]
        return {**perplexity, **scores, "by_length": by_length, "baselines": baselines}


def evaluate(system: System, others: Sequence[System], task: Task) -> Evaluation:
    """Return the results of `system`, compared with each of `others`."""
    hypotheses, references = system.hypotheses, task.references
    return Evaluation(
        score(hypotheses, references),
        by_length(task.sources, hypotheses, references),
        compare(hypotheses, {other.name: other.hypotheses for other in others}, references) if others else {},
        perplexity_of(system.model, task) if system.model else None,
    )


def conditions(task: Task, systems: Sequence[System]) -> dict[str, Any]:
    """Return the conditions of an evaluation as JSON types: the search, the machine, and the program's version.

    `precision`, `device` and `threads` are None where no model has translated.
    """
    search = task.decoding.to_dict()
    machine: dict[str, Any] = dict.fromkeys(("precision", "device", "threads"))
    if any(system.model for system in systems):
        from attn_cli.network.machine import start_machine

        used = start_machine(task.machine)
        machine = {"precision": used.precision_name, "device": str(used.device), "threads": used.threads}
    return {**search, **machine, "attn_mt_version": __version__}


def read_test(location: str, languages: tuple[str, str]) -> list[Pair]:
    """Return the sentence pairs at `location`.

    Raises CorpusError where no pair has two sides, and as `read_parallel` does.
    """
    pairs = list(read_parallel(location, languages))
    if not any(all(pair) for pair in pairs):
        raise CorpusError(f"{location}: no sentence to test on; give a test text with `test`")
    return pairs


def corpus_test(stored: StoredModel) -> str:
    """Return the location of the raw test text of the corpus that a model was trained on.

    Raises CorpusError where that corpus is missing or damaged, or has been prepared again since.
    """
    settings, folder = stored.settings, corpus_folder(stored.settings.corpus)
    if not folder.is_dir():
        raise CorpusError(
            f"{stored.folder.name}: the corpus it was trained on is not at {folder}; give a test text with `test`"
        )
    if stored.corpus_fingerprint is not None:
        corpus = PreparedCorpus(folder)
        corpus = corpus if corpus.languages[0] == settings.source_language else corpus.reversed()
        if corpus.fingerprint != stored.corpus_fingerprint:
            raise CorpusError(
                f"{stored.folder.name}: the corpus {settings.corpus} has been prepared again since the model was "
                f"trained on it, so its test text may hold training text; give a test text with `test`"
            )
    return str(folder / "test")


def languages_of(test: str, hypotheses: Path) -> tuple[str, str]:
    """Return the source and the target language of a test text, given a finished translation of it.

    The target is the language whose side has the higher chrF with the translation. A .tsv file does not name
    its languages, and its first column is the source. Raises SettingsError where there are not exactly
    two languages, or both sides are equally similar; CorpusError where the translation does not match the text.
    """
    if test.endswith((".tsv", ".tsv.gz")):
        return "source", "target"
    path = Path(test)
    pattern = re.compile(rf"{re.escape(path.name)}\.([a-zA-Z]{{2,3}}(?:_\w+)*)(?:\.gz)?")
    files = path.parent.iterdir() if path.parent.is_dir() else ()
    names = sorted({match[1] for file in files if (match := pattern.fullmatch(file.name))} - NOT_LANGUAGES)
    if len(names) == 2:
        sides = zip(*read_test(test, (names[0], names[1])), strict=True)
        similarities = [_similarity(hypotheses, side) for side in sides]
        if similarities[0] != similarities[1]:
            return (names[0], names[1]) if similarities[0] < similarities[1] else (names[1], names[0])
    raise SettingsError(
        f"{test}: source and target are not clear from its languages ({', '.join(names) or 'there are none'}); "
        f"give them with `pair`, for example en-fr"
    )


def _similarity(hypotheses: Path, references: Sequence[str]) -> float:
    return float(CHRF().corpus_score(read_hypotheses(hypotheses, len(references)), [references]).score)


def open_baseline(name: str, task: Task) -> StoredModel | Path:
    """Return the baseline called `name`: a file with a finished translation, else a model.

    Raises CorpusError where the file does not match the task, SettingsError where the model is for other languages.
    """
    if Path(name).is_file():
        read_hypotheses(Path(name), len(task.pairs))  # to fail before anything is translated
        return Path(name)
    stored = open_model(name)
    languages = stored.settings.languages
    if languages != task.languages:
        raise SettingsError(
            f"`baseline` {name}: translates {' to '.join(languages)}, not {' to '.join(task.languages)}"
        )
    return stored


def run_system(task: Task, name: str, by: StoredModel | Path) -> System:
    """Return the system called `name`: a model, which translates now, or the finished translation in a file.

    Raises CorpusError where the file does not match the task.
    """
    if isinstance(by, Path):
        return System(name, read_hypotheses(by, len(task.pairs)))
    translations = task.translator(by).translate(task.sources)
    return System(name, [translation.text for translation in translations], by, translations)


def read_hypotheses(path: Path, count: int) -> list[str]:
    """Return the `count` lines of a finished translation.

    Raises CorpusError where there are more or fewer.
    """
    lines = list(read_lines(path))
    if len(lines) != count:
        raise CorpusError(f"{path}: it has {len(lines)} lines, the test text {count}; they must match line by line")
    return lines


def perplexity_of(stored: StoredModel, task: Task) -> float | None:
    """Return the perplexity per token of a task's references under a model; None where no pair can be scored.

    Blank pairs are left out, and, because memory is limited, pairs with a side of more than LONGEST tokens.
    """
    from attn_cli.decoding.torch_engine import load_network
    from attn_cli.network.machine import start_machine
    from attn_cli.network.teacher_forcing import perplexity

    encoded = zip(*(stored.tokenizer.encode(side) for side in (task.sources, task.references)), strict=True)
    pairs = [pair for pair in encoded if all(1 < len(tokens) <= LONGEST for tokens in pair)]
    if not pairs:
        return None
    sources, targets = ([pair[side] for pair in pairs] for side in (0, 1))
    machine = start_machine(task.machine)
    network = load_network(stored.settings.model, stored.weights).to(machine.device).eval()
    return perplexity(network, sources, targets, machine)
