"""`attn-mt evaluate`: scores of translations, made now or finished."""

import json
from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import typer

from attn_cli.cli import options, streams
from attn_cli.cli.exit_codes import usage_errors
from attn_cli.cli.models import open_model_or_default
from attn_cli.cli.options import evaluate as own
from attn_cli.foundation.replacing import check_writable
from attn_cli.foundation.settings import DecodingConfig, MachineConfig
from attn_cli.text.languages import split_pair

if TYPE_CHECKING:
    from attn_cli.display.terminal import Messages
    from attn_cli.evaluation.systems import Evaluation, System, Task
    from attn_cli.models.folder import StoredModel
    from attn_cli.text.formats import Pair
    from attn_cli.text.formats.tables import Columns

Finished = Callable[[int], list[str]]  # reads a finished translation, given the number of lines of the test text


def evaluate(
    model: own.ModelArgument = None,
    models: own.EvaluatedModels = None,
    test: own.OtherTest = None,
    columns: options.Columns = None,
    test_set: own.TestSet = None,
    reference: own.References = None,
    hypotheses: own.Hypotheses = None,
    pair: own.TestPair = None,
    baseline: own.Baseline = None,
    tokenize: own.Tokenize = None,
    beam: options.Beam = DecodingConfig.beam_size,
    length_penalty: options.LengthPenalty = DecodingConfig.length_penalty,
    no_split: options.NoSplit = False,
    no_copy: options.NoCopy = False,
    device: options.Device = "auto",
    threads: options.Threads = None,
    precision: options.Precision = "auto",
    report: own.Report = None,
    sentences: own.Sentences = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Score translations of a test text, made now or finished: BLEU, chrF and TER, with sacreBLEU's signatures.

    The figure after ± is half the width of the 95 % bootstrap interval (1,000 samples).
    """
    without_model = not (model or models) and hypotheses is not None and bool(test or test_set)
    _check_usage(model, models, test, test_set, baseline or [], None if without_model else pair)
    chosen = _columns(columns, test)
    with usage_errors():
        decoding = DecodingConfig(
            beam_size=beam, length_penalty=length_penalty, split_sentences=not no_split, copy_literals=not no_copy
        )
        machine = MachineConfig(device=device, threads=threads, precision=precision)
    _check_outputs(report, sentences)
    _check_tokenizer(tokenize)
    from attn_cli.display.terminal import Messages
    from attn_cli.evaluation import systems
    from attn_cli.text.formats.lines import name_of

    source = _source(hypotheses) if hypotheses else None
    finished = cache(partial(systems.read_translation, source)) if source else None
    names: Sequence[str | None] = [] if without_model else models or [model]
    stored = [open_model_or_default(name, quiet=quiet) for name in names]
    messages = Messages(quiet=quiet)
    read = partial(systems.read_test, columns=chosen, note=messages.note)
    location, languages, pairs = _test_text(stored, test, test_set, pair, finished, read)
    task = systems.Task(
        location=location, languages=languages, pairs=pairs, decoding=decoding, machine=machine, tokenizer=tokenize,
        more_references=[systems.read_translation(path, len(pairs)) for path in reference or []],
    )  # fmt: skip
    first = systems.System(name_of(source), finished(len(pairs))) if source and finished else stored
    evaluated = _run_systems(task, first, baseline or [], messages)
    messages.doing("scoring")
    evaluation = systems.evaluate(evaluated[0], evaluated[1:], task)
    _print(task, evaluated, evaluation, as_json=as_json)
    _write_files(report, sentences, task, evaluated, evaluation, messages)


def _check_usage(
    model: str | None, models: list[str] | None, test: str | None, test_set: str | None, baselines: list[str],
    pair: str | None,
) -> None:  # fmt: skip
    if model and models:
        raise typer.BadParameter("give one of MODEL and -m; for models that translate together, -m for each")
    if test and test_set:
        raise typer.BadParameter("give one of --test and --test-set")
    if pair:
        raise typer.BadParameter("--pair goes with --hypotheses and a test text, without MODEL")
    if "-" in baselines:
        raise typer.BadParameter("--baseline -: only --hypotheses can be standard input")


def _columns(columns: str | None, test: str | None) -> "Columns | None":
    from attn_cli.text.formats.tables import parse_columns

    if columns is None:
        return None
    if not test:
        raise typer.BadParameter("--columns goes with --test")
    with usage_errors():
        return parse_columns(columns)


def _check_outputs(report: Path | None, sentences: Path | None) -> None:
    """Refuse what could not be written, before any work is done."""
    if report is not None:
        check_writable(report, b"<!DOCTYPE html>")
    if sentences is not None:
        from attn_cli.evaluation.sentences import check

        with usage_errors():
            check(sentences)


def _check_tokenizer(name: str | None) -> None:
    """Refuse a tokenizer that cannot be used here, before any work is done."""
    if name is not None:
        from attn_cli.evaluation.bleu import require_tokenizer

        require_tokenizer(name)


def _source(hypotheses: Path) -> Path | BinaryIO:
    return streams.standard_input().buffer if str(hypotheses) == "-" else hypotheses


def _test_text(
    models: "Sequence[StoredModel]", test: str | None, test_set: str | None, pair: str | None,
    finished: Finished | None, read: "Callable[[str, tuple[str, str]], list[Pair]]",
) -> "tuple[str, tuple[str, str], list[Pair]]":  # fmt: skip
    """Return the location of the test text, its languages, and its sentence pairs, which `read` reads."""
    from attn_cli.evaluation.systems import corpus_test

    languages = models[0].settings.languages if models else _languages(pair, test, finished)
    if test_set:
        from attn_cli.evaluation.test_sets import read_test_set

        return test_set, languages, read_test_set(test_set, languages)
    location = test or corpus_test(models)
    return location, languages, read(location, languages)


def _languages(pair: str | None, test: str | None, finished: Finished | None) -> tuple[str, str]:
    """Return the languages of a test text that is scored without a model: those given, or those of its file names."""
    from attn_cli.evaluation.systems import languages_of

    languages = split_pair(pair) if pair else None
    if pair and languages is None:
        raise typer.BadParameter(f"--pair {pair}: give two languages, as in en-fr or en-pt_BR")
    if languages is None and test is None:
        raise typer.BadParameter("--test-set with --hypotheses, without MODEL: give the languages with --pair")
    assert finished is not None
    with usage_errors():
        return languages or languages_of(str(test), finished)


def _run_systems(
    task: "Task", first: "System | Sequence[StoredModel]", baselines: Sequence[str], messages: "Messages"
) -> "list[System]":
    """Translate with every model; the first system is the one evaluated, several models together if they are given."""
    from attn_cli.evaluation.systems import System, open_baseline, run_models

    named = {name: open_baseline(name, task) for name in dict.fromkeys(baselines)}
    evaluated = []
    for name, by in [(None, first), *named.items()]:
        if isinstance(by, System):
            evaluated.append(by)
            continue
        together = " + ".join(model.folder.name for model in by)
        messages.doing(f"{together}: translating {len(task.pairs):,} sentences of {task.location}")
        evaluated.append(run_models(task, name or together, by))
    return evaluated


def _print(task: "Task", evaluated: "Sequence[System]", evaluation: "Evaluation", *, as_json: bool) -> None:
    if as_json:
        streams.write(json.dumps(_about(task, evaluated) | evaluation.to_dict()) + "\n")
    else:
        from attn_cli.display.score_table import as_text

        streams.write(as_text(evaluation))


def _about(task: "Task", evaluated: "Sequence[System]") -> dict[str, Any]:
    """Return what was evaluated, on what text, and how; "model" is None unless one model has translated alone."""
    from attn_cli.evaluation.systems import conditions

    first = evaluated[0]
    folders = [str(model.folder) for model in first.models]
    about: dict[str, Any] = {"model": folders[0] if len(folders) == 1 else None, "models": folders}
    about |= {} if folders else {"hypotheses": first.name}
    text = {"test": task.location, "references": len(task.references), "sentences": len(task.pairs)}
    return about | text | conditions(task, evaluated)


def _write_files(
    report: Path | None,
    sentences: Path | None,
    task: "Task",
    evaluated: "Sequence[System]",
    evaluation: "Evaluation",
    messages: "Messages",
) -> None:
    if sentences is not None:
        from attn_cli.evaluation.sentences import write

        messages.doing("scoring each sentence")
        write(sentences, task, evaluated[0])
        messages.note(f"sentences: {sentences}")
    if report is not None:
        from attn_cli.display.report import page

        messages.doing("writing the report")
        page.write(report, task, evaluated, evaluation)
        messages.note(f"report: {report}")
