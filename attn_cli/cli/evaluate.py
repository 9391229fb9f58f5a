"""`attn-mt evaluate`: scores of translations, made now or read from files."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from attn_cli.cli import options, streams
from attn_cli.cli.exit_codes import usage_errors
from attn_cli.cli.models import open_model_or_default
from attn_cli.foundation.settings import DecodingConfig, MachineConfig
from attn_cli.foundation.storage import check_writable
from attn_cli.text.languages import split_pair

if TYPE_CHECKING:
    from attn_cli.display.terminal import Messages
    from attn_cli.evaluation.systems import Evaluation, System, Task
    from attn_cli.models.folder import StoredModel
    from attn_cli.text.formats import Pair


def evaluate(
    model: options.ModelArgument = None,
    test: options.OtherTest = None,
    test_set: options.TestSet = None,
    hypotheses: options.Hypotheses = None,
    pair: options.TestPair = None,
    baseline: options.Baseline = None,
    beam: options.Beam = DecodingConfig.beam_size,
    length_penalty: options.LengthPenalty = DecodingConfig.length_penalty,
    no_split: options.NoSplit = False,
    no_copy: options.NoCopy = False,
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
    without_model = model is None and hypotheses is not None and bool(test or test_set)
    if test and test_set:
        raise typer.BadParameter("give one of --test and --test-set")
    if pair and not without_model:
        raise typer.BadParameter("--pair goes with --hypotheses and a test text, without MODEL")
    with usage_errors():
        decoding = DecodingConfig(
            beam_size=beam, length_penalty=length_penalty, split_sentences=not no_split, copy_literals=not no_copy
        )
        machine = MachineConfig(device=device, threads=threads, precision=precision)
    if report is not None:
        check_writable(report, b"<!DOCTYPE html>")
    from attn_cli.display.score_table import as_text
    from attn_cli.display.terminal import Messages
    from attn_cli.evaluation import systems

    messages = Messages(quiet=quiet)
    stored = None if without_model else open_model_or_default(model, quiet=quiet)
    languages = stored.settings.languages if stored else _languages(pair, test, hypotheses)
    location = test_set or test or (systems.corpus_test(stored) if stored else "")
    pairs = _read_test_set(location, languages) if test_set else systems.read_test(location, languages)
    task = systems.Task(location=location, languages=languages, pairs=pairs, decoding=decoding, machine=machine)
    first = hypotheses or stored
    assert first is not None
    evaluated = _run_systems(task, first, baseline or [], messages)
    messages.doing("scoring")
    evaluation = systems.evaluate(evaluated[0], evaluated[1:], task)
    if as_json:
        about = {"test": location, "sentences": len(pairs), **systems.conditions(task, evaluated)}
        streams.write(json.dumps(_about(first) | about | evaluation.to_dict()) + "\n")
    else:
        streams.write(as_text(evaluation))
    if report is not None:
        _write_report(report, task, evaluated, evaluation, messages)


def _about(first: "Path | StoredModel") -> dict[str, str | None]:
    return {"model": None, "hypotheses": str(first)} if isinstance(first, Path) else {"model": str(first.folder)}


def _languages(pair: str | None, test: str | None, hypotheses: Path | None) -> tuple[str, str]:
    """Return the languages of a test text that is scored without a model: those given, or those of its file names."""
    from attn_cli.evaluation.systems import languages_of

    languages = split_pair(pair) if pair else None
    if pair and languages is None:
        raise typer.BadParameter(f"--pair {pair}: give two languages, as in en-fr")
    if languages is None and test is None:
        raise typer.BadParameter("--test-set with --hypotheses, without MODEL: give the languages with --pair")
    with usage_errors():
        return languages or languages_of(str(test), Path(str(hypotheses)))


def _read_test_set(name: str, languages: tuple[str, str]) -> "list[Pair]":
    from attn_cli.evaluation.test_sets import read_test_set

    return read_test_set(name, languages)


def _run_systems(
    task: "Task", first: "Path | StoredModel", baselines: Sequence[str], messages: "Messages"
) -> "list[System]":
    """Translate with every model, and read every finished translation; the first system is the one evaluated."""
    from attn_cli.evaluation.systems import open_baseline, run_system

    name = str(first) if isinstance(first, Path) else first.folder.name
    others = [(baseline, open_baseline(baseline, task)) for baseline in dict.fromkeys(baselines)]
    evaluated = []
    for system, by in [(name, first), *others]:
        if not isinstance(by, Path):
            messages.doing(f"{by.folder.name}: translating {len(task.pairs):,} sentences of {task.location}")
        evaluated.append(run_system(task, system, by))
    return evaluated


def _write_report(
    path: Path, task: "Task", evaluated: "Sequence[System]", evaluation: "Evaluation", messages: "Messages"
) -> None:
    from attn_cli.display.report.page import write

    messages.doing("writing the report")
    write(path, task, evaluated, evaluation)
    messages.note(f"report: {path}")
