"""`attn-mt translate`: lines of text in, one translation per line out."""

import os
import shlex
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import typer

from attn_cli.cli import options, streams
from attn_cli.cli.exit_codes import usage_errors, with_options
from attn_cli.cli.models import open_model_or_default
from attn_cli.foundation.errors import AttnMTError, SettingsError
from attn_cli.foundation.settings import DecodingConfig, MachineConfig
from attn_cli.foundation.storage import check_writable, regular_file

if TYPE_CHECKING:
    from attn_cli.cli.writers import Picture
    from attn_cli.decoding.translator import Translator
    from attn_cli.models.folder import StoredModel

STANDARD = Path("-")  # a name that stands for a standard stream


def translate(
    text: options.Lines = None,
    input_file: options.InputFile = None,
    output_file: options.OutputFile = None,
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
    check_language: options.CheckLanguage = False,
    quiet: options.Quiet = False,
) -> None:
    """Translate each TEXT, or each line of a file or stdin, into one line; - stands for stdin.

    A blank line stays blank. On a pipe, lines are translated as soon as they arrive, so it works as a co-process.
    """
    with usage_errors():
        decoding = DecodingConfig(beam_size=beam, length_penalty=length_penalty, split_sentences=not no_split)
        machine = MachineConfig(device=device, threads=threads, precision=precision)
    if text and input_file:
        raise typer.BadParameter("give one of TEXT and --input")
    lines = [] if text == ["-"] else [_argument(line) for line in text or []]
    written = None if output_file == STANDARD else output_file
    if written is not None:
        check_writable(written, b"")
    from attn_cli.cli import writers
    from attn_cli.decoding.choice import make_translator

    with streams.output_to(written), nullcontext() if lines else _opened(input_file) as source:
        names: Sequence[str | None] = model or [None]
        models = [open_model_or_default(name, quiet=quiet) for name in names]
        translator = make_translator(models, decoding, machine, engine)
        for slip in [] if quiet else _likely_slips(lines):
            streams.note(slip)
        if plot:
            _check_plot(plot, translator, lines)
        view = _View(writers.pictures(models, heatmap=heatmap and not quiet, plot=plot), most=beam)
        batches = iter([lines]) if source is None else _batches(source, models, view, quiet=quiet)
        for batch in _checked(batches, models[0]) if check_language and not quiet else batches:
            if view.n_best == 1:
                writers.write(translator.translate(batch, align=bool(view.pictures)), view.pictures)
            else:
                writers.write_n_best(
                    translator.translate(batch, align=bool(view.pictures), n_best=view.n_best), view.pictures
                )


@dataclass
class _View:
    """What is shown of each line: pictures, and how many translations, at most as many as a search finds."""

    pictures: "list[Picture]"
    most: int
    n_best: int = 1


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


class _Source(NamedTuple):
    """A stream of lines: a descriptor, and its name in messages."""

    descriptor: int
    name: str


@contextmanager
def _opened(path: Path | None) -> Iterator[_Source]:
    """Yield a file, or stdin if there is none, as a source of lines."""
    if path is not None and path != STANDARD:
        with regular_file(path) as descriptor:
            yield _Source(descriptor, str(path))
    elif sys.stdin is None:
        raise AttnMTError("standard input: it is closed; give the text as an argument, or in a pipe")
    else:
        yield _Source(sys.stdin.fileno(), "standard input")


def _batches(source: _Source, models: "Sequence[StoredModel]", view: _View, *, quiet: bool) -> Iterator[list[str]]:
    """Return the lines of a source in batches: of a terminal by a prompt, of a file with a display of its progress."""
    if not quiet and os.isatty(source.descriptor) and streams.is_terminal(sys.stderr):
        return _typed(models, view)
    from attn_cli.decoding.line_reader import ready_lines

    batches = ready_lines(source.descriptor, (lambda _: None) if quiet else streams.note, source.name)
    size = _bytes_left(source.descriptor)
    if quiet or not size or view.pictures or not streams.is_terminal(sys.stderr) or streams.is_terminal(sys.stdout):
        return batches
    from attn_cli.display.file_progress import followed

    return followed(batches, size, streams.show)


def _checked(batches: Iterator[list[str]], model: "StoredModel") -> Iterator[list[str]]:
    """Yield the batches, and warn at the end of lines that are not in the language that the model translates from."""
    from attn_cli.text.language_check import LanguageCheck

    check = LanguageCheck(*model.settings.languages)
    for batch in batches:
        yield batch
        check.add(batch)
    if warning := check.warning():
        streams.note(warning)


def _bytes_left(descriptor: int) -> int:
    """Return how many bytes of a regular file are still to be read; 0 of any other stream."""
    about = os.fstat(descriptor)
    return about.st_size - os.lseek(descriptor, 0, os.SEEK_CUR) if stat.S_ISREG(about.st_mode) else 0


def _typed(models: "Sequence[StoredModel]", view: _View) -> Iterator[list[str]]:
    """Return what a person types at the prompt, where commands change the view."""
    from attn_cli.cli import writers
    from attn_cli.display.prompt import Command, typed_lines

    def toggle_heatmap(_: str) -> str:
        view.pictures = [] if view.pictures else writers.pictures(models, heatmap=True, plot=None)
        return f"heat map: {'on' if view.pictures else 'off'}"

    def show_several(count: str) -> str:
        if not (count.isdecimal() and 1 <= int(count) <= view.most):
            raise SettingsError(f":nbest {count}: give a number from 1 to {view.most}, the `beam_size`")
        view.n_best = int(count)
        return f"translations of each line: {view.n_best}"

    commands = {
        "heatmap": Command("show which source words each word attends to, or no longer", toggle_heatmap),
        "nbest": Command("show N translations of each line, best first", show_several, "N"),
    }
    return typed_lines(commands, lambda text: streams.note(with_options(text)))
