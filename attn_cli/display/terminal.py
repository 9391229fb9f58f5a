"""What a person sees on stderr: notes, tables and progress."""

import os
import sys
from typing import TYPE_CHECKING

import rich.box
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from attn_cli.text.cleaning import REASONS

if TYPE_CHECKING:  # train imports torch
    from attn_cli.decoding.alignment import Alignment
    from attn_cli.text.prepare import Prepared
    from attn_cli.training.loop import Plan, Progress, Trained
    from attn_cli.training.validation import Validation


def clock(seconds: float) -> str:
    """Return a duration as h:mm:ss, or m:ss below an hour."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


class _Stderr(Console):
    """A console on stderr that falls silent when nobody reads it any more, and lets the work go on."""

    def on_broken_pipe(self) -> None:
        """Print nothing from now on."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


class Messages:
    """Notes on stderr; a quiet one keeps all but errors to itself."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.console = _Stderr(stderr=True, highlight=False, quiet=quiet)

    @property
    def live(self) -> bool:
        """Tell whether a person is watching a terminal that can be redrawn."""
        console = self.console
        return console.is_terminal and not console.is_dumb_terminal and not console.quiet

    def note(self, text: str) -> None:
        """Say something that is worth knowing."""
        self.console.print(Text(text), soft_wrap=True)

    def doing(self, what: str) -> None:
        """Say what is being done now (prepare.Reporter)."""
        self.console.print(Text(f"{what} …", style="dim"), soft_wrap=True)

    def prompt(self) -> None:
        """Show that a line is waited for."""
        self.console.print("> ", end="")

    def attention(self, alignment: "Alignment") -> None:
        """Show what each target word attended to."""
        from attn_cli.display import heatmap

        for line in heatmap.draw(alignment, self.console.width):
            self.console.print(line, soft_wrap=True)

    def prepared(self, prepared: "Prepared") -> None:
        """Show what became of the training text, and where the corpus lies."""
        cleaning, info = prepared.cleaning, prepared.info
        table = Table(box=rich.box.SIMPLE, show_edge=False)
        table.add_column("sentence pairs")
        table.add_column("", justify="right")
        table.add_row("read for training", f"{cleaning.read:,}")
        for reason in REASONS:
            table.add_row(f"  dropped: {reason}", f"{cleaning.dropped[reason]:,}")
        table.add_row("train", f"{cleaning.kept:,}", style="bold")
        for name in ("valid", "test"):
            table.add_row(name, f"{info['pairs'][name]:,}")
        self.console.print(table)
        pair = f"{info['source_language']}-{info['target_language']}"
        self.note(f"{pair}: vocabulary of {info['tokenizer']['vocab_size']:,} pieces; written to {prepared.folder}")


class TrainingDisplay:
    """Shows a training (train.Reporter): redrawn in place on a terminal, as plain lines elsewhere."""

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

    def started(self, plan: "Plan") -> None:
        """Show the sizes."""
        self._messages.note(f"{plan.pairs:,} pairs, {plan.updates_per_epoch:,} updates an epoch")
        for name, value in plan.settings.described(plan.parameters):
            self._messages.note(f"  {name:20} {value}")
        if plan.resumed_at:
            self._messages.note(f"resuming after update {plan.resumed_at:,}")
        self._refresh()

    def progressed(self, progress: "Progress") -> None:
        """Show step, loss, speed and the time left."""
        self._progress = progress
        if not self._live:
            self._messages.note(f"{_numbers(progress)}  {_left(progress)}")
        self._refresh()

    def validated(self, validation: "Validation") -> None:
        """Show a validation's score and an example translation."""
        self._validations.append(validation)
        if not self._live:
            best = "  best so far" if validation.best else ""
            scores = f"valid BLEU {validation.bleu:.2f}  perplexity {validation.perplexity:.2f}"
            self._messages.note(f"step {validation.step:,}  {scores}{best}")
            for label, text in _example(validation):
                self._messages.note(f"  {label:11} {text}")
        self._refresh()

    def warned(self, warning: str) -> None:
        """Show a warning."""
        self._messages.note(f"warning: {warning}")

    def finished(self, trained: "Trained") -> None:
        """Say what came out and where it lies."""
        score = ""
        if trained.bleu is not None:
            score = f", validation BLEU {trained.bleu:.2f} (greedy, update {trained.best_step:,})"
        because = " (BLEU no longer rose)" if trained.reason == "early stopping" else ""
        self._messages.note(
            f"trained {trained.steps:,} updates in {clock(trained.seconds)}{because}"
            f"{score}; written to {trained.folder}"
        )

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
            scores = "  ".join(f"{validation.step:,}: {validation.bleu:.1f}" for validation in self._validations[-6:])
            lines.append(Text(f"valid BLEU  {scores}", style="bold"))
            grid = Table.grid(padding=(0, 1))
            for label, text in _example(self._validations[-1]):
                grid.add_row(Text(label, style="dim"), Text(text))
            lines.append(grid)
        return lines


def _numbers(progress: "Progress") -> str:
    return (
        f"step {progress.step:,}  epoch {progress.epoch:.1f}  loss {progress.loss:.3f}  "
        f"{progress.tokens_per_second:,.0f} target tokens/s"
    )


def _left(progress: "Progress") -> str:
    return f"{100 * progress.share:3.0f} %, {clock(progress.seconds_left)} left"


def _example(validation: "Validation") -> list[tuple[str, str]]:
    return [
        ("source", validation.source),
        ("translation", validation.hypothesis),
        ("reference", validation.reference),
    ]
