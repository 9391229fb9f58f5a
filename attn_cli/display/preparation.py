"""The progress and the result of preparing a corpus, on stderr (text.preparation.progress.Reporter)."""

from contextlib import AbstractContextManager
from time import perf_counter

import rich.box
from rich.live import Live
from rich.table import Table
from rich.text import Text

from attn_cli.display.clock import clock
from attn_cli.display.terminal import Messages, line
from attn_cli.text.preparation.progress import Cleaning, Example, Prepared

SIDE_SHOWN = 50  # characters of each side of an example


class PreparationDisplay(AbstractContextManager["PreparationDisplay"]):
    """Shows each stage: on a terminal with its count, speed and time left, redrawn; else only its name."""

    def __init__(self, messages: Messages) -> None:
        self._messages = messages
        self._begin = perf_counter()
        self._stage = self._unit = ""
        self._done, self._share = 0, 0.0
        self._live = Live(get_renderable=self.progress, console=messages.console, transient=True)

    def __exit__(self, *_: object) -> None:
        self._finish()

    def doing(self, stage: str, unit: str = "") -> None:
        """Show the stage that begins."""
        self._finish()
        self._stage, self._unit, self._begin = stage, unit, perf_counter()
        self._done, self._share = 0, 0.0
        if self._messages.live:
            self._live.start()
        else:
            self._messages.doing(stage)

    def counted(self, done: int, share: float | None) -> None:
        """Show how much of the stage is done."""
        self._done, self._share = done, share or 0.0

    def note(self, text: str) -> None:
        """Print a line of information."""
        self._messages.note(text)

    def cleaned(self, cleaning: Cleaning) -> None:
        """Print the number of pairs read, dropped for each reason, and kept; and examples of those dropped."""
        self._finish()
        self._messages.console.print(_table(cleaning))
        for reason, examples in cleaning.examples.items():
            self.note(f"dropped: {reason}")
            for example in examples:
                self._messages.dim(_example(example))

    def prepared(self, prepared: Prepared) -> None:
        """Print the vocabulary and the folder of the corpus."""
        self._finish()
        info = prepared.info
        pair = f"{info['source_language']}-{info['target_language']}"
        self.note(f"{pair}: vocabulary of {info['tokenizer']['vocab_size']:,} pieces; written to {prepared.folder}")

    def _finish(self) -> None:
        """Leave a line of the stage that has ended."""
        self._live.stop()
        if self._stage and self._messages.live:
            self._share = 0.0
            self._messages.console.print(self.progress())
        self._stage = ""

    def progress(self) -> Text:
        """Return the line of the stage: its name, count and speed, the share done and the time left."""
        seconds = perf_counter() - self._begin
        parts = [self._stage]
        if self._unit:
            parts.append(f"{self._done:,} {self._unit}, {self._done / max(seconds, 1e-3):,.0f}/s")
        if self._share:
            parts.append(f"{100 * self._share:.0f} %, {clock(seconds * (1 - self._share) / self._share)} left")
        else:
            parts.append(clock(seconds))
        return line("  ".join(parts), style="dim")


def _table(cleaning: Cleaning) -> Table:
    table = Table(box=rich.box.SIMPLE, show_edge=False)
    table.add_column("sentence pairs")
    table.add_column("", justify="right")
    table.add_row("read for training", f"{cleaning.read:,}")
    for reason, count in cleaning.dropped.items():
        table.add_row(f"  dropped: {reason}", f"{count:,}")
    for change, count in cleaning.mended.items():
        table.add_row(f"  mended: {change}", f"{count:,}")
    table.add_row("train", f"{cleaning.pairs['train']:,}", style="bold")
    if "synthetic" in cleaning.pairs:
        table.add_row("  of them synthetic", f"{cleaning.pairs['synthetic']:,}")
    for name in ("valid", "test"):
        table.add_row(name, f"{cleaning.pairs[name]:,}")
    return table


def _example(example: Example) -> str:
    location, number, *sides = example
    source, target = (side if len(side) <= SIDE_SHOWN else f"{side[: SIDE_SHOWN - 1]}…" for side in sides)
    return f"  {location}, pair {number:,}: {source or '(nothing)'} | {target or '(nothing)'}"
