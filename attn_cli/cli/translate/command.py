"""The command `translate`: its options, and what they mean together."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from attn_cli.cli import options, streams
from attn_cli.cli.exit_codes import usage_errors
from attn_cli.cli.listing import list_models
from attn_cli.cli.models import open_model_or_default
from attn_cli.cli.options import translate as own
from attn_cli.cli.translate.page import write_page
from attn_cli.cli.translate.requests import Reading
from attn_cli.cli.translate.session import Session
from attn_cli.cli.translate.sources import Source, batches, likely_slips
from attn_cli.cli.translate.writers import Form
from attn_cli.foundation.settings import DecodingConfig, MachineConfig

if TYPE_CHECKING:
    from attn_cli.decoding.translator import Translator
    from attn_cli.text.analysis.language_check import LanguageCheck


def translate(
    ctx: typer.Context,
    text: own.Lines = None,
    input_file: own.InputFile = None,
    output_file: own.OutputFile = None,
    model: options.Models = None,
    json_input: own.JsonInput = False,
    paragraphs: own.Paragraphs = False,
    prefix: own.Prefix = "",
    as_json: own.JsonLines = False,
    n_best: own.NBest = None,
    score: own.ShowScore = False,
    confidence: own.ShowConfidence = False,
    alignment: own.ShowAlignment = False,
    beam: options.Beam = DecodingConfig.beam_size,
    length_penalty: options.LengthPenalty = DecodingConfig.length_penalty,
    max_length: own.MaxLength = None,
    no_split: options.NoSplit = False,
    no_copy: options.NoCopy = False,
    sample: own.Sample = False,
    temperature: own.Temperature = DecodingConfig.temperature,
    top_k: own.TopK = None,
    top_p: own.TopP = None,
    seed: options.Seed = None,
    device: options.Device = "auto",
    threads: options.Threads = None,
    precision: options.Precision = "auto",
    engine: own.Engine = "auto",
    heatmap: own.Heatmap = False,
    plot: own.Plot = None,
    check_language: own.CheckLanguage = False,
    page: own.Page = None,
    list_only: own.ListModels = False,
    quiet: options.Quiet = False,
) -> None:
    """Translate each TEXT, or each line of a file or stdin, into one line; - stands for stdin.

    A blank line stays blank. On a pipe, lines are translated as soon as they arrive, so it works as a co-process.
    """
    if list_only or page:
        write_page(ctx, page, model, quiet=quiet) if page else list_models(ctx, as_json=as_json)
        return
    with usage_errors():
        decoding = DecodingConfig(
            beam_size=beam if sample else max(beam, n_best or 1), n_best=n_best or 1, length_penalty=length_penalty,
            max_length=max_length, split_sentences=not no_split, copy_literals=not no_copy, sample=sample,
            temperature=temperature, top_k=top_k, top_p=top_p, **options.given(seed=seed),
        )  # fmt: skip
        form = Form(json=as_json, n_best=bool(n_best), confidence=confidence, score=score, alignment=alignment)
        machine = MachineConfig(device=device, threads=threads, precision=precision)
        reading = Reading(given=text or [], file=input_file, json_input=json_input, paragraphs=paragraphs)
    from attn_cli.decoding.choice import make_translator

    with streams.output_to(output_file), reading.opened() as source:
        models = [open_model_or_default(name, quiet=quiet) for name in model or (None,)]
        session = Session(models, make_translator(models, decoding, machine, engine), form, quiet=quiet)
        _check_plot(plot, session.translator, reading.texts)
        session.show(heatmap=heatmap and not quiet, plot=plot)
        _answer(session, reading, source, prefix, check_language=check_language and not quiet)


def _answer(session: Session, reading: Reading, source: Source | None, prefix: str, *, check_language: bool) -> None:
    """Translate all requests, and warn at the end of lines that are not in the source language."""
    check = _language_check(session) if check_language else None
    for batch in reading.requests(_batches(session, reading, source), prefix):
        session.answer(batch)
        if check:
            check.add([request.text for request in batch])
    if check and (warning := check.warning()):
        streams.note(warning)


def _language_check(session: Session) -> "LanguageCheck":
    from attn_cli.text.analysis.language_check import LanguageCheck

    return LanguageCheck(*session.models[0].settings.languages)


def _batches(session: Session, reading: Reading, source: Source | None) -> Iterator[list[str]]:
    """Return the lines to read, in batches."""
    note = (lambda _: None) if session.quiet else streams.note
    if source is None:
        for slip in likely_slips(reading.texts):
            note(slip)
        return iter([reading.texts])
    if source.is_typed and not session.quiet:
        from attn_cli.cli.translate.prompt import typed_batches

        return typed_batches(session)
    return batches(source, note, progress=not session.quiet and not session.pictures)


def _check_plot(path: Path | None, translator: "Translator", lines: list[str]) -> None:
    """Refuse what cannot become one picture, before any work is done."""
    if path is None:
        return
    from attn_cli.display.attention import plot

    with usage_errors():
        plot.check(path)
    if [len(translator.segments(line)) for line in lines] != [1]:
        raise typer.BadParameter("--plot: give one sentence as TEXT, not so long that it would be cut")
