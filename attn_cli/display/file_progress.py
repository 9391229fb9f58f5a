"""The progress of a file's translation, or of its download, as one line of text.

Without rich, which would delay the first translation.
"""

from collections.abc import Callable, Iterator
from time import perf_counter

from attn_cli.display.clock import clock

REDRAWN, NOTED = 0.1, 10  # seconds between two messages about a download: of a bar, of lines
_WIDTH = 20  # characters of the bar


def followed(batches: Iterator[list[str]], size: int, show: Callable[[str], None]) -> Iterator[list[str]]:
    """Yield the batches of lines of a file of `size` bytes, and show how far it is while the next one is worked on.

    A batch is done when the next one is asked for. `show` is called with a line of text, which replaces the one before;
    at the end, also by an error, with an empty one.
    """
    begin, lines, read = perf_counter(), 0, 0
    try:
        show("0 lines")
        for batch in batches:
            yield batch
            lines += len(batch)
            read += sum(len(line.encode()) + 1 for line in batch)
            show(_progress(lines, min(1, read / size), perf_counter() - begin))
    finally:
        show("")


def _progress(lines: int, share: float, seconds: float) -> str:
    left = clock(seconds * (1 - share) / share)
    return f"{lines:,} lines, {100 * share:.0f} %, {lines / seconds:,.0f} lines/s, {left} left"


class Download:
    """Shows the progress of downloads: a bar that `show` redraws, or, where that is None, lines for `note`."""

    def __init__(self, show: Callable[[str], None] | None, note: Callable[[str], None]) -> None:
        self._show, self._note, self._next = show, note, 0.0  # the time of the next message

    def __call__(self, name: str, done: int, total: int | None) -> None:
        """Receive that `done` of `total` bytes of a file are there, or of an unknown number; all, at its end."""
        now, is_whole = perf_counter(), done == total
        if now < self._next and not is_whole:
            return
        self._next = now + (REDRAWN if self._show else NOTED)
        if self._show is None:
            self._note(f"downloading {name}: {_size(done)}{_of(done, total)}")
        else:
            self._show("" if is_whole else f"{name}  {_bar(done, total)}{_size(done)}{_of(done, total)}")


def _size(size: float) -> str:
    return f"{size / 1e6:,.1f} MB"


def _of(done: int, total: int | None) -> str:
    return f" of {_size(total)}, {100 * done / max(1, total):.0f} %" if total is not None else ""


def _bar(done: int, total: int | None) -> str:
    if total is None:
        return ""
    filled = _WIDTH * done // max(1, total)
    return f"[{'#' * filled}{'.' * (_WIDTH - filled)}]  "
