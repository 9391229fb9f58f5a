"""Messages on stderr: notes, tables, and the progress of a training."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, cast

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from attn_cli.decoding.alignment import Alignment
from attn_cli.display.attention import heatmap
from attn_cli.display.clock import clock
from attn_cli.display.description import described
from attn_cli.training.progress import Plan, Progress, Trained, Validation

# Text of a corpus or a model may hold escape sequences, which would move the cursor or change the terminal's settings.
_CONTROLS = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0)], " ")
_RECENT = 6  # validations whose BLEU is shown while training


def line(text: str, style: str = "") -> Text:
    """Return `text` with a space for each control character, and with nothing in it taken for markup."""
    return Text(text.translate(_CONTROLS), style=style)


class _Stderr:
    """stderr as a stream that never fails.

    Where it cannot be written (the disk is full, the reader or the terminal has gone), it is silent from then on.
    """

    def __init__(self) -> None:
        self._stream = sys.stderr

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write `text`."""
        with self._silent_at_last():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Write what is buffered."""
        with self._silent_at_last():
            self._stream.flush()

    @contextmanager
    def _silent_at_last(self) -> Iterator[None]:
        try:
            yield
        except OSError:  # what is buffered goes to the null device, so that flushing it at exit cannot fail again
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())


class Messages:
    """Notes and tables on stderr; with `quiet`, none."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.console = Console(file=cast(IO[str], _Stderr()), highlight=False, quiet=quiet or sys.stderr is None)

    @property
    def live(self) -> bool:
        """Return whether stderr is a terminal that can be redrawn."""
        console = self.console
        return console.is_terminal and not console.is_dumb_terminal and not console.quiet

    def note(self, text: str) -> None:
        """Print a line of information."""
        self.console.print(line(text), soft_wrap=True)

    def doing(self, activity: str) -> None:
        """Print the activity that begins now."""
        self.dim(f"{activity} …")

    def dim(self, text: str) -> None:
        """Print a line of less weight."""
        self.console.print(line(text, style="dim"), soft_wrap=True)

    def attention(self, alignment: Alignment) -> None:
        """Print the attention of each target word as a heat map."""
        for line in heatmap.draw(alignment, self.console.width):
            self.console.print(line, soft_wrap=True)


class TrainingDisplay:
    """The progress of a training (training.progress.Reporter): redrawn on a terminal, else one line per event."""

    def __init__(self, messages: Messages) -> None:
        self._messages = messages
        self._progress: Progress | None = None
        self._validations: list[Validation] = []
        self._live = Live(console=messages.console, refresh_per_second=4, transient=True) if messages.live else None

    def __enter__(self) -> "TrainingDisplay":
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    def started(self, plan: Plan) -> None:
        """Print the sizes of the corpus and the model's settings."""
        synthetic = f", {plan.synthetic:,} of them synthetic" if plan.synthetic else ""
        self._messages.note(f"{plan.pairs:,} pairs{synthetic}, {plan.updates_per_epoch:,} updates per epoch")
        for subject, text in described(plan.settings, plan.parameters):
            self._messages.note(f"  {subject:20} {text}")
        if plan.resumed_at:
            self._messages.note(f"resuming after update {plan.resumed_at:,}")
        self._refresh()

    def progressed(self, progress: Progress) -> None:
        """Show the step, the loss, the speed and the time left."""
        self._progress = progress
        if not self._live:
            self._messages.note(f"{_numbers(progress)}  {_left(progress)}")
        self._refresh()

    def validated(self, validation: Validation) -> None:
        """Show the scores of a validation and an example translation."""
        self._validations.append(validation)
        if not self._live:
            best = "  best so far" if validation.best else ""
            scores = f"valid BLEU {validation.bleu:.2f}  perplexity {validation.perplexity:.2f}"
            self._messages.note(f"step {validation.step:,}  {scores}{best}")
            for label, text in _example(validation):
                self._messages.note(f"  {label:11} {text}")
        self._refresh()

    def warned(self, warning: str) -> None:
        """Print a warning."""
        self._messages.note(f"warning: {warning}")

    def finished(self, trained: Trained) -> None:
        """Print the result of the training and its folder."""
        score = ""
        if trained.bleu is not None:
            update = f"update {trained.best_step:,}" if trained.best_step else "of the parent: no update improved it"
            score = f", validation BLEU {trained.bleu:.2f} (greedy, {update})"
        because = " (BLEU no longer rose)" if trained.reason == "early stopping" else ""
        updates = f"trained {trained.steps:,} updates in {clock(trained.seconds)}{because}"
        self._messages.note(f"{updates}{score}; written to {trained.folder}")

    def _refresh(self) -> None:
        if self._live:
            self._live.update(Group(*self._lines()))

    def _lines(self) -> list[RenderableType]:
        lines: list[RenderableType] = []
        if progress := self._progress:
            bar = Table.grid(padding=(0, 1))
            bar.add_row(ProgressBar(total=1, completed=progress.share, width=40), Text(_left(progress)))
            lines += [bar, Text(_numbers(progress))]
        if self._validations:
            scores = "  ".join(f"{one.step:,}: {one.bleu:.1f}" for one in self._validations[-_RECENT:])
            lines.append(Text(f"valid BLEU  {scores}", style="bold"))
            grid = Table.grid(padding=(0, 1))
            for label, text in _example(self._validations[-1]):
                grid.add_row(Text(label, style="dim"), line(text))
            lines.append(grid)
        return lines


def _numbers(progress: Progress) -> str:
    return (
        f"step {progress.step:,}  epoch {progress.epoch:.1f}  loss {progress.loss:.3f}  "
        f"{progress.tokens_per_second:,.0f} target tokens/s"
    )


def _left(progress: Progress) -> str:
    return f"{100 * progress.share:3.0f} %, {clock(progress.seconds_left)} left"


def _example(validation: Validation) -> list[tuple[str, str]]:
    return [
        ("source", validation.source),
        ("translation", validation.hypothesis),
        ("reference", validation.reference),
    ]
