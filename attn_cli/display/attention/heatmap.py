"""An attention matrix as lines of text: source words above, target words at the left, weights in percent between.

The numbers show the matrix without colour; where there is colour, a brighter background is more weight. Source words
are printed as steps, each above a line that leads down to its column.
"""

import math
import unicodedata
from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from rich.color import Color
from rich.style import Style
from rich.text import Text

from attn_cli.decoding.alignment import Alignment, printable

COLUMN = 3  # cells; 100 needs no space before it, because all other weights of its row are 0, which is shown as a dot
LEFT_TO_RIGHT = "\u200e"  # a mark without width
LONGEST = 20  # cells of a word; longer ones are cut
NO_WEIGHT, FULL_WEIGHT = (20, 20, 30), (255, 200, 60)  # background colours
BRIGHT, DARK = Color.from_rgb(230, 230, 230), Color.from_rgb(0, 0, 0)  # colours of the numbers on them


def draw(alignment: Alignment, width: int) -> list[Text]:
    """Return the lines of a heat map in `width` cells; a source too wide for it is cut into blocks of columns."""
    source, target = ([_short(printable(word)) for word in words] for words in (alignment.source, alignment.target))
    margin = max(map(cell_len, target))
    fitting = max(1, 1 + (width - margin - 2 - max(map(cell_len, source))) // COLUMN)
    size = math.ceil(len(source) / math.ceil(len(source) / fitting))  # so that blocks are of similar size
    lines = []
    for begin in range(0, len(source), size):
        columns = slice(begin, begin + size)
        lines += [Text(" " * (margin + 2) + head) for head in _heads(source[columns])]
        for word, row in zip(target, alignment.weights[:, columns], strict=True):
            lines.append(Text.assemble(" " * (margin - cell_len(word)) + word + " ", *map(_cell, row)))
        lines.append(Text())
    return lines


def _short(word: str) -> str:
    short = word if cell_len(word) <= LONGEST else set_cell_size(word, LONGEST - 1) + "…"
    # Without the mark, a terminal would also reverse what follows a word written from right to left.
    return short + LEFT_TO_RIGHT * any(unicodedata.bidirectional(char) in ("R", "AL") for char in short)


def _heads(words: Sequence[str]) -> list[str]:
    """Return lines with each word at its column, below all words that extend over it, and a line down from each."""
    levels: list[int] = []
    for index in range(len(words)):
        overlapping = [levels[i] for i in range(index) if cell_len(words[i]) >= COLUMN * (index - i)]
        levels.append(max(overlapping, default=-1) + 1)
    lines = [""] * (max(levels) + 1)
    for index, (word, level) in enumerate(zip(words, levels, strict=True)):
        for height in range(level, len(lines)):
            lines[height] = set_cell_size(lines[height], COLUMN * index) + (word if height == level else "│")
    return lines


def _cell(weight: float) -> tuple[str, Style]:
    percent = round(100 * float(weight))
    background = (round(low + (high - low) * float(weight)) for low, high in zip(NO_WEIGHT, FULL_WEIGHT, strict=True))
    style = Style(color=DARK if weight > 0.45 else BRIGHT, bgcolor=Color.from_rgb(*background))
    return f"{percent:{COLUMN}}" if percent else f"{'·':>{COLUMN}}", style
