"""`attn-mt translate`: lines of text in, one translation per line out."""

import os
import shlex
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from attn_cli.cli import options, streams
from attn_cli.cli.exit_codes import usage_errors
from attn_cli.cli.models import open_model_or_default
from attn_cli.foundation.settings import DecodingConfig, MachineConfig

if TYPE_CHECKING:
    from attn_cli.decoding.translator import Translator


def translate(
    text: options.Lines = None,
    model: options.Models = None,
    beam: options.Beam = DecodingConfig.beam_size,
    length_penalty: options.LengthPenalty = DecodingConfig.length_penalty,
    no_split: options.NoSplit = False,
    device: options.Device = "auto",
    threads: options.Threads = None,
    precision: options.Precision = "auto",
    engine: options.Engine = "auto",
    heatmap: options.Heatmap = False,
    plot: options.Plot = None,
    quiet: options.Quiet = False,
) -> None:
    """Translate each TEXT, or each line of stdin, into one line on stdout; - stands for stdin.

    A blank line stays blank. On a pipe, lines are translated as soon as they arrive, so it works as a co-process.
    """
    with usage_errors():
        decoding = DecodingConfig(beam_size=beam, length_penalty=length_penalty, split_sentences=not no_split)
        machine = MachineConfig(device=device, threads=threads, precision=precision)
    from attn_cli.cli import writers
    from attn_cli.decoding.choice import make_translator

    names: Sequence[str | None] = model or [None]
    models = [open_model_or_default(name, quiet=quiet) for name in names]
    translator = make_translator(models, decoding, machine, engine)
    lines = [] if text == ["-"] else [_argument(line) for line in text or []]
    for slip in [] if quiet else _likely_slips(lines):
        streams.note(slip)
    if plot:
        _check_plot(plot, translator, lines)
    pictures = writers.pictures(models, heatmap=heatmap and not quiet, plot=plot)
    for batch in [lines] if lines else _lines_of_stdin(quiet=quiet):
        writers.write(translator.translate(batch, align=bool(pictures)), pictures)


def _argument(text: str) -> str:
    """Return a command-line argument as one line of valid text."""
    return os.fsencode(text).decode("utf-8", "replace").replace("\n", " ")


def _likely_slips(arguments: list[str]) -> Iterator[str]:
    """Yield a remark for each kind of argument that probably means something else than a line to translate."""
    files = [argument for argument in arguments if _is_file(argument)]
    if files:
        command = f"attn-mt translate < {shlex.quote(files[0])}"
        yield f"{files[0]}: translated as text; to translate the lines of that file: {command}"
    if len(arguments) > 1 and not any(" " in argument.strip() for argument in arguments):
        yield f"each of the {len(arguments)} words is translated by itself; put quotes around a sentence"


def _is_file(text: str) -> bool:
    with suppress(OSError):  # a text can be too long to be a path
        return Path(text).is_file()
    return False


def _check_plot(path: Path, translator: "Translator", lines: list[str]) -> None:
    """Refuse what cannot become one picture, before any work is done."""
    from attn_cli.display import plot

    with usage_errors():
        plot.check(path)
    if [len(translator.segments(line)) for line in lines] != [1]:
        raise typer.BadParameter("--plot: give one sentence as TEXT, not so long that it would be cut")


def _lines_of_stdin(*, quiet: bool) -> Iterator[list[str]]:
    """Yield the lines of stdin in batches, on a terminal with a prompt before each."""
    from attn_cli.decoding.line_reader import ready_lines

    stdin = streams.standard_input()
    batches = ready_lines(stdin.fileno(), (lambda _: None) if quiet else streams.note)
    if not stdin.isatty() or quiet:
        yield from batches
        return
    streams.prompt()
    for batch in batches:
        yield batch
        streams.prompt()
