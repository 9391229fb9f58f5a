"""Systems under evaluation: models that translate a test text, and finished translations from files.

All systems of an evaluation translate the same text with the same search, in one precision and on one machine, always
by torch, which also computes the perplexity of the references.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from sacrebleu.metrics.chrf import CHRF

from attn_cli import __version__
from attn_cli.decoding.choice import make_translator
from attn_cli.decoding.translator import Translation, Translator
from attn_cli.evaluation.scores import Bucket, Comparison, References, Score, by_length, compare, score
from attn_cli.foundation.errors import CorpusError, SettingsError
from attn_cli.foundation.settings import DecodingConfig, MachineConfig
from attn_cli.models.catalogue import open_model
from attn_cli.models.folder import StoredModel
from attn_cli.text.catalogue import corpus_folder
from attn_cli.text.formats import Pair, ending_of, read_parallel
from attn_cli.text.formats.lines import name_of, read_lines
from attn_cli.text.formats.tables import READERS, Columns
from attn_cli.text.prepared_corpus import PreparedCorpus

LONGEST = 1000  # tokens; longer sides are left out of the perplexity
NOT_LANGUAGES = {"csv", "tsv", "txt"}  # ends of file names that look like language codes


@dataclass(frozen=True, kw_only=True)
class Task:
    """The task of every system: to translate the sources of `pairs`, the test text at `location`.

    `languages` are source and target; `decoding` and `machine` are the same for all models. `more_references` are
    further translations of the text, line by line; `tokenizer` is that of BLEU, by sacreBLEU's name.
    """

    location: str
    languages: tuple[str, str]
    pairs: list[Pair]
    decoding: DecodingConfig
    machine: MachineConfig
    more_references: Sequence[Sequence[str]] = ()
    tokenizer: str | None = None

    @property
    def sources(self) -> list[str]:
        """Return the texts to translate."""
        return [source for source, _ in self.pairs]

    @property
    def references(self) -> References:
        """Return the reference translations, the test text's own first.

        A blank line is no reference, unless its sentence has no other: then the first is blank.
        """
        lines = zip([reference for _, reference in self.pairs], *self.more_references, strict=True)
        return list(zip(*map(_without_blanks, lines), strict=True))

    def translator(self, models: Sequence[StoredModel]) -> Translator:
        """Return the translator for this task: a model, or several that translate together."""
        return make_translator(models, self.decoding, self.machine, engine="torch")


def _without_blanks(references: Sequence[str]) -> list[str | None]:
    first, *others = (reference if reference.strip() else None for reference in references)
    return [first if first or any(others) else "", *others]


@dataclass(frozen=True)
class System:
    """A system's translations; if models made them (several: together), these, and the translations with tokens."""

    name: str
    hypotheses: list[str]
    models: Sequence[StoredModel] = ()
    translations: Sequence[Translation] = ()


@dataclass(frozen=True)
class Evaluation:
    """The results of a system: scores, BLEU by length, and the comparison with each baseline by name.

    `perplexity` is that of the first references under the models, per token; None for a finished translation.
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
    hypotheses, references, tokenizer = system.hypotheses, task.references, task.tokenizer
    baselines = {other.name: other.hypotheses for other in others}
    return Evaluation(
        score(hypotheses, references, tokenizer),
        by_length(task.sources, hypotheses, references, tokenizer),
        compare(hypotheses, baselines, references, tokenizer=tokenizer) if others else {},
        perplexity_of(system.models, task) if system.models else None,
    )


def conditions(task: Task, systems: Sequence[System]) -> dict[str, Any]:
    """Return the conditions of an evaluation as JSON types: the search, the machine, and the program's version.

    `precision`, `device` and `threads` are None where no model has translated.
    """
    search = task.decoding.to_dict()
    machine: dict[str, Any] = dict.fromkeys(("precision", "device", "threads"))
    if any(system.models for system in systems):
        from attn_cli.network.machine import start_machine

        used = start_machine(task.machine, decoding=True)
        machine = {"precision": used.precision_name, "device": str(used.device), "threads": used.threads}
    return {**search, **machine, "attn_mt_version": __version__}


def read_test(
    location: str,
    languages: tuple[str, str],
    columns: Columns | None = None,
    note: Callable[[str], None] = lambda _: None,
) -> list[Pair]:
    """Return the sentence pairs at `location`, in tables from `columns`; `note` receives what is left out.

    Raises CorpusError where no pair has two sides, and as `read_parallel` does.
    """
    pairs = list(read_parallel(location, languages, columns, note))
    if not any(all(pair) for pair in pairs):
        raise CorpusError(f"{location}: no sentence to test on; give a test text with `test`")
    return pairs


def corpus_test(models: Sequence[StoredModel]) -> str:
    """Return the location of the raw test text of the corpus that models were trained on.

    Raises CorpusError where that corpus is missing or damaged, or has been prepared again since, and where it is not
    the same for all of them.
    """
    first, *others = [(stored, _corpus_test(stored)) for stored in models]
    for stored, location in others:
        if location != first[1]:
            raise CorpusError(
                f"{first[0].folder.name} and {stored.folder.name}: were trained on different corpora; "
                f"give a test text with `test`"
            )
    return first[1]


def _corpus_test(stored: StoredModel) -> str:
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


def languages_of(test: str, hypotheses: Callable[[int], Sequence[str]]) -> tuple[str, str]:
    """Return the source and the target language of a test text, given a finished translation of it.

    `hypotheses` returns the lines of the translation for the number of lines of the text. The target is the language
    whose side has the higher chrF with the translation. A table need not name its languages, and its first column is
    the source. Raises SettingsError where there are not exactly two languages, or both sides are equally similar;
    CorpusError where the translation does not match the text.
    """
    if ending_of(test) in READERS:
        return "source", "target"
    path = Path(test)
    pattern = re.compile(rf"{re.escape(path.name)}\.([a-zA-Z]{{2,3}}(?:_\w+)*)(?:\.gz)?")
    files = path.parent.iterdir() if path.parent.is_dir() else ()
    names = sorted({match[1] for file in files if (match := pattern.fullmatch(file.name))} - NOT_LANGUAGES)
    if len(names) == 2:
        sides = list(zip(*read_test(test, (names[0], names[1])), strict=True))
        lines = hypotheses(len(sides[0]))
        similarities = [float(CHRF().corpus_score(lines, [side]).score) for side in sides]
        if similarities[0] != similarities[1]:
            return (names[0], names[1]) if similarities[0] < similarities[1] else (names[1], names[0])
    raise SettingsError(
        f"{test}: source and target are not clear from its languages ({', '.join(names) or 'there are none'}); "
        f"give them with `pair`, for example en-fr"
    )


def open_baseline(name: str, task: Task) -> System | list[StoredModel]:
    """Return the baseline called `name`: the finished translation in a file of that name, else a model.

    Raises CorpusError where the file does not match the task, SettingsError where the model is for other languages.
    """
    if Path(name).is_file():
        return System(name, read_translation(Path(name), len(task.pairs)))
    stored = open_model(name)
    languages = stored.settings.languages
    if languages != task.languages:
        raise SettingsError(
            f"`baseline` {name}: translates {' to '.join(languages)}, not {' to '.join(task.languages)}"
        )
    return [stored]


def run_models(task: Task, name: str, models: Sequence[StoredModel]) -> System:
    """Return the system called `name`: a model, or several together, which translate now.

    Raises SettingsError where the models cannot translate together.
    """
    translations = task.translator(models).translate(task.sources)
    return System(name, [translation.text for translation in translations], models, translations)


def read_translation(text: Path | BinaryIO, count: int) -> list[str]:
    """Return the `count` lines of a translation, from a file or standard input.

    Raises CorpusError where there are more or fewer, and as `read_lines` does.
    """
    lines = list(islice(read_lines(text), count + 1))
    if len(lines) != count:
        found = f"more than {count}" if len(lines) > count else len(lines)
        raise CorpusError(f"{name_of(text)}: it has {found} lines, the test text {count}; they must match line by line")
    return lines


def perplexity_of(models: Sequence[StoredModel], task: Task) -> float | None:
    """Return the perplexity per token of a task's first references under models; None where no pair can be scored.

    Of several models it is that of their mean probabilities. Blank pairs are left out, and, because memory is limited,
    pairs with a side of more than LONGEST tokens.
    """
    from attn_cli.decoding.torch_engine import load_network
    from attn_cli.network.machine import start_machine
    from attn_cli.network.teacher_forcing import perplexity

    encoded = zip(*map(models[0].tokenizer.encode, zip(*task.pairs, strict=True)), strict=True)
    pairs = [pair for pair in encoded if all(1 < len(tokens) <= LONGEST for tokens in pair)]
    if not pairs:
        return None
    sources, targets = ([pair[side] for pair in pairs] for side in (0, 1))
    machine = start_machine(task.machine)
    loaded = [load_network(stored.settings.model, stored.weights) for stored in models]
    return perplexity([network.to(machine.device).eval() for network in loaded], sources, targets, machine)
