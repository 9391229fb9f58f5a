"""The command line: options and wiring. Imports torch nowhere; what needs it is imported by the command."""

import json
import os
import shlex
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from attn_cli import __version__, sizes
from attn_cli.cli.app import options, streams
from attn_cli.cli.exit_codes import Commands, interruptions
from attn_cli.foundation import storage
from attn_cli.foundation.errors import SettingsError, WorkspaceError
from attn_cli.foundation.settings import (
    BUDGETS,
    SCORE_ALIASES,
    CleaningConfig,
    DecodingConfig,
    ModelConfig,
    PrepareConfig,
    TrainingConfig,
)

if TYPE_CHECKING:
    from attn_cli.console import Messages
    from attn_cli.decoding.alignment import Alignment
    from attn_cli.decoding.translator import Translator
    from attn_cli.models.folder import ModelSettings, StoredModel
    from attn_cli.text.prepare import Sources
    from attn_cli.text.prepared_corpus import PreparedCorpus


app = typer.Typer(
    cls=Commands,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Run the command line."""
    app(prog_name="attn-mt")


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"attn-mt {__version__}")
        raise typer.Exit


@app.callback()
def attn_mt(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Train and run neural translation models with attention, from the shell, on an ordinary computer."""
    streams.use_utf8()


@app.command()
def prepare(
    pair: options.Pair,
    train: options.TrainText = None,
    valid: options.ValidText = None,
    test: options.TestText = None,
    out: options.CorpusOut = None,
    vocab_size: options.VocabSize = PrepareConfig.vocab_size,
    max_words: options.MaxWords = CleaningConfig.max_words,
    max_ratio: options.MaxRatio = CleaningConfig.max_ratio,
    seed: options.Seed = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Clean and tokenise parallel text, and store it for training.

    PREFIX stands for two files, PREFIX.en and PREFIX.fr for the pair en-fr, or the same with .gz; a TSV file has two
    columns. Only the training text is cleaned.
    """
    from attn_cli import console
    from attn_cli.text.prepare import Sources

    if storage.split_pair(pair) is None:
        raise typer.BadParameter(f"{pair}: give two languages, as in en-fr", param_hint="PAIR")
    if not train and (valid or test):
        raise typer.BadParameter("--valid and --test go with --train")
    cleaning = CleaningConfig(max_words=max_words, max_ratio=max_ratio)
    config = PrepareConfig(vocab_size=vocab_size, cleaning=cleaning, **_given(seed=seed))
    sources = Sources(tuple(train), valid, test) if train else None
    folder = storage.corpus_folder(out or pair)
    info = _prepare(pair, sources, folder, config, console.Messages(quiet=quiet))
    if as_json:
        streams.write(json.dumps({"corpus": str(folder), **info}, ensure_ascii=False) + "\n")


def _prepare(
    pair: str, sources: "Sources | None", folder: Path, config: PrepareConfig, messages: "Messages"
) -> dict[str, Any]:
    """Prepare the corpus at `sources`, or the starter corpus of `pair`, and show what was done."""
    from attn_cli.text.prepare import prepare, starter_sources

    sources = sources or starter_sources(pair)
    languages = storage.split_pair(pair)
    if sources is None or languages is None:
        command = f"attn-mt prepare {pair if languages else 'en-fr --out ' + pair} --train PREFIX"
        raise WorkspaceError(f"{pair}: no such corpus in {folder.parent}; make one with: {command}")
    prepared = prepare(languages, sources, folder, config, messages)
    messages.prepared(prepared)
    return prepared.info


@app.command()
def train(
    corpus: options.Corpus,
    out: options.ModelOut = None,
    resume: options.Resume = False,
    overwrite: options.Overwrite = False,
    reverse: options.Reverse = False,
    minutes: options.Minutes = None,
    epochs: options.Epochs = None,
    steps: options.Steps = None,
    attention: options.Attention = None,
    window: options.WindowOption = None,
    window_size: options.WindowSize = None,
    hard_attention: options.HardAttention = None,
    attention_function: options.AttentionFunction = None,
    input_feeding: options.InputFeeding = None,
    cell: options.CellOption = None,
    bidirectional: options.Bidirectional = None,
    embedding_size: options.EmbeddingSize = None,
    hidden_size: options.HiddenSize = None,
    encoder_layers: options.EncoderLayers = None,
    decoder_layers: options.DecoderLayers = None,
    batch_tokens: options.BatchTokens = None,
    dropout: options.Dropout = None,
    word_dropout: options.WordDropout = None,
    label_smoothing: options.LabelSmoothing = None,
    learning_rate: options.LearningRate = None,
    patience: options.Patience = None,
    seed: options.Seed = None,
    device: options.Device = "auto",
    threads: options.Threads = None,
    precision: options.Precision = "auto",
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Train a model on a prepared corpus.

    `attn-mt train en-fr` prepares the starter corpus first, where nothing was prepared under that name. Ctrl-C saves.
    """
    given = _given(**locals())
    if attention:
        given["attention"] = SCORE_ALIASES.get(attention, attention)
    settings = sizes.settings_of(ModelConfig, given) | sizes.settings_of(TrainingConfig, given)
    budget = {name: settings.pop(name) for name in BUDGETS if name in settings}
    _check(budget, settings, resume=resume, overwrite=overwrite)
    from attn_cli import console
    from attn_cli import train as training
    from attn_cli.network import machine

    messages = console.Messages(quiet=quiet)
    folder = storage.model_folder(out or storage.corpus_folder(corpus).name)
    _refuse_existing(folder, resume or overwrite)
    stored = training.stored_settings(folder, budget) if resume else None
    prepared = _open_corpus(corpus, reverse, messages)
    if stored and prepared.languages[0] != stored.source_language:
        prepared = prepared.reversed()  # it began with --reverse, which need not be said again
    plan = stored or _new_settings(prepared, budget | settings)
    device, dtype = (old if new == "auto" else new for old, new in ((plan.device, device), (plan.precision, precision)))
    machine = machine.start(device=device, precision=dtype, threads=threads or plan.threads)
    with console.TrainingDisplay(messages) as display, interruptions() as interrupted:
        trained = training.train(
            prepared, plan, folder, runtime=machine, reporter=display, resume=resume, interrupted=interrupted
        )
    display.finished(trained)
    if as_json:
        streams.write(json.dumps(asdict(trained), default=str) + "\n")
    if trained.reason == "interrupted":
        again = ["attn-mt", "train", corpus, *(["--out", out] if out else []), "--resume"]
        messages.note(f"stopped; go on with: {shlex.join(again)}")
        raise typer.Exit(128 + interrupted())


def _check(budget: dict[str, Any], settings: dict[str, Any], *, resume: bool, overwrite: bool) -> None:
    """Refuse options that make no sense, alone or together, before any work is done."""
    if len(budget) > 1:
        raise typer.BadParameter(f"give one of --{' and --'.join(budget)}")
    try:
        ModelConfig(vocab_size=1, **sizes.settings_of(ModelConfig, settings))
        TrainingConfig(**{"steps": 1} | sizes.settings_of(TrainingConfig, settings))
    except SettingsError as error:
        raise typer.BadParameter(str(error)) from None
    if resume and (overwrite or settings):
        raise typer.BadParameter("--resume goes on with the settings it began with; only a new budget goes with it")


def _given(**options: Any) -> dict[str, Any]:
    """Return the options that were given."""
    return {name: value for name, value in options.items() if value is not None}


def _refuse_existing(folder: Path, allowed: bool) -> None:
    storage.check_replaceable(folder, "model.safetensors", "training/log.jsonl")
    if not allowed and folder.is_dir() and any(folder.iterdir()):
        choice = "go on with it by --resume, replace it by --overwrite, or name another one by --out"
        raise WorkspaceError(f"{folder}: there is a model already; {choice}")


def _open_corpus(name: str, reverse: bool, messages: "Messages") -> "PreparedCorpus":
    """Return the corpus called `name`: as prepared; else that of the reversed pair, backwards; else the starter one."""
    from attn_cli.text.prepared_corpus import PreparedCorpus

    backwards = None if storage.is_folder(name) else storage.reversed_pair(name)
    if backwards and not storage.corpus_folder(name).exists() and _is_corpus(backwards):
        name, reverse = backwards, not reverse
    folder = storage.corpus_folder(name)
    if not folder.exists() and not storage.is_folder(name):
        if storage.starter_corpus(name):
            messages.note(f"{name}: not prepared yet; preparing the starter corpus that comes with attn-mt")
        _prepare(name, None, folder, PrepareConfig(), messages)
    return PreparedCorpus(folder, reverse=reverse)


def _is_corpus(pair: str) -> bool:
    return storage.corpus_folder(pair).exists() or storage.starter_corpus(pair) is not None


def _new_settings(corpus: "PreparedCorpus", given: dict[str, Any]) -> "ModelSettings":
    """Return the settings that suit a corpus, with those that were given in their place."""
    from attn_cli.models.folder import ModelSettings

    model, training = sizes.suited(corpus.words, corpus.target_tokens, corpus.tokenizer.vocab_size, given)
    source, target = corpus.languages
    name = corpus.folder.name if corpus.folder.parent == storage.home() / "corpora" else str(corpus.folder.resolve())
    return ModelSettings(source_language=source, target_language=target, corpus=name, model=model, training=training)


def _load(model: str | None, *, quiet: bool) -> "StoredModel":
    """Read the model called `model`, or the default one; say which, where there are several."""
    from attn_cli.models import folder

    if model is not None:
        return folder.read(storage.model_folder(model))
    folder, several = storage.default_model()
    if several:
        from attn_cli.console import Messages

        Messages(quiet=quiet).note(f"model: {folder.name}, trained last; name another one to choose it")
    return folder.read(folder)


def _translator(models: "list[StoredModel]", config: DecodingConfig, machine: dict[str, Any]) -> "Translator":
    from attn_cli.decoding.choice import Engines
    from attn_cli.decoding.translator import Translator

    first, *others = models
    if others:
        from attn_cli.decoding.ensemble import together

        return Translator(together(models, machine), first.tokenizer, config)
    return Translator(Engines(first, **machine).for_lines, first.tokenizer, config)


@app.command()
def translate(
    text: options.Lines = None,
    model: options.Models = None,
    beam: options.Beam = DecodingConfig.beam_size,
    length_penalty: options.LengthPenalty = DecodingConfig.length_penalty,
    device: options.Device = "auto",
    threads: options.Threads = None,
    precision: options.Precision = "auto",
    engine: options.Engine = "auto",
    heatmap: options.Heatmap = False,
    plot: options.Plot = None,
    quiet: options.Quiet = False,
) -> None:
    """Translate each TEXT, or each line of stdin, into one line on stdout.

    A blank line stays blank. On a pipe, what is there is translated at once, so it can be talked to line by line.
    """
    models = [_load(name, quiet=quiet) for name in model] if model else [_load(None, quiet=quiet)]
    from attn_cli.decoding.translator import ready_lines

    machine = {"name": engine, "device": device, "threads": threads, "precision": precision}
    translator = _translator(models, DecodingConfig(beam_size=beam, length_penalty=length_penalty), machine)
    given = [_argument(line) for line in text or []]
    if plot:
        _check_plot(plot, translator, given)
    heatmap = heatmap and not quiet
    pictures = _pictures(models, heatmap=heatmap, plot=plot) if heatmap or plot else []
    if given or sys.stdin is None:
        batches = iter([given])
    else:
        batches = ready_lines(sys.stdin.fileno())
        batches = _prompted(batches, quiet=quiet) if sys.stdin.isatty() else batches
    for lines in batches:
        _write_translations(translator, lines, pictures)


def _check_plot(path: Path, translator: "Translator", lines: list[str]) -> None:
    """Refuse what cannot become one picture, before any work is done."""
    from attn_cli import plot

    try:
        plot.check(path)
    except SettingsError as error:
        raise typer.BadParameter(str(error)) from None
    if [len(translator.segments(line)) for line in lines] != [1]:
        raise typer.BadParameter("--plot: give one line as TEXT, not blank and not so long that it would be cut")


def _pictures(models: "list[StoredModel]", *, heatmap: bool, plot: Path | None) -> "list[Callable[[Alignment], None]]":
    """Return what shows an alignment in the ways asked for."""
    from attn_cli.decoding.alignment import require_attention

    for model in models:
        require_attention(model)
    pictures: list[Callable[[Alignment], None]] = []
    if heatmap:
        from attn_cli.console import Messages

        pictures.append(Messages().attention)
    if plot:
        from attn_cli.plot import draw

        pictures.append(partial(draw, path=plot))
    return pictures


def _write_translations(
    translator: "Translator", lines: list[str], pictures: "list[Callable[[Alignment], None]]"
) -> None:
    """Write the translation of each line, and after each its pictures, if there are to be any."""
    translations = translator.translations(lines)
    if not pictures:
        streams.write("".join(f"{translation.text}\n" for translation in translations))
        return
    for translation, alignments in zip(translations, translator.alignments(translations), strict=True):
        streams.write(f"{translation.text}\n")
        for alignment, show in product(alignments, pictures):
            show(alignment)


def _argument(text: str) -> str:
    """Return a command-line argument as one line of valid text."""
    return os.fsencode(text).decode("utf-8", "replace").replace("\n", " ")


def _prompted(batches: Iterator[list[str]], *, quiet: bool) -> Iterator[list[str]]:
    """Yield the batches, showing a prompt before each is waited for."""
    from attn_cli.console import Messages

    messages = Messages(quiet=quiet)
    while True:
        messages.prompt()
        batch = next(batches, None)
        if batch is None:
            return
        yield batch


@app.command()
def evaluate(
    model: options.ModelArgument = None,
    test: options.OtherTest = None,
    test_set: options.TestSet = None,
    hypotheses: options.Hypotheses = None,
    baseline: options.Baseline = None,
    beam: options.Beam = DecodingConfig.beam_size,
    length_penalty: options.LengthPenalty = DecodingConfig.length_penalty,
    device: options.Device = "auto",
    threads: options.Threads = None,
    precision: options.Precision = "auto",
    report: options.Report = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Score translations of a test text, made now or read from a file: BLEU, chrF and TER, with sacreBLEU's signatures.

    The figure after ± is half the width of the 95 % bootstrap interval (1,000 samples).
    """
    from attn_cli import console
    from attn_cli.evaluation import systems
    from attn_cli.test_sets import read_test_set

    if test and test_set:
        raise typer.BadParameter("give one of --test and --test-set")
    if report is not None:
        storage.check_writable(report, b"<!DOCTYPE html>")
    messages = console.Messages(quiet=quiet)
    stored = _load(model, quiet=quiet)
    languages = stored.settings.source_language, stored.settings.target_language
    place = test_set or test or str(storage.corpus_folder(stored.settings.corpus) / "test")
    read = read_test_set if test_set else systems.read_test
    task = systems.Task(
        place=place, languages=languages, pairs=read(place, languages),
        decoding=DecodingConfig(beam_size=beam, length_penalty=length_penalty),
        machine={"device": device, "threads": threads, "precision": precision},
    )  # fmt: skip
    first = (str(hypotheses), hypotheses) if hypotheses else (stored.folder.name, stored)
    others = [(name, systems.open_baseline(name, task)) for name in dict.fromkeys(baseline or [])]
    systems = []
    for name, by in [first, *others]:
        if not isinstance(by, Path):
            messages.doing(f"{by.folder.name}: translating {len(task.pairs):,} sentences of {place}")
        systems.append(systems.run_system(task, name, by))
    messages.doing("scoring")
    result = systems.evaluate(systems[0], systems[1:], task)
    about: dict[str, Any] = {"model": str(stored.folder), "test": place, "sentences": len(task.pairs)}
    if hypotheses is not None:
        about |= {"model": None, "hypotheses": str(hypotheses)}
    streams.write(json.dumps(about | result.to_dict()) + "\n" if as_json else systems.as_text(result))
    if report is not None:
        from attn_cli.report import write

        messages.doing("writing the report")
        write(report, task, systems, result)
        messages.note(f"report: {report}")
