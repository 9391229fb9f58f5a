"""The progress of a file's translation, as one line of text: rich would delay the first translation."""

from collections.abc import Callable, Iterator
from time import perf_counter

from attn_cli.display.clock import clock


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
