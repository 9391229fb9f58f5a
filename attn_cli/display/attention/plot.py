"""An attention matrix as a picture in PNG, SVG or PDF, drawn by matplotlib (the extra `plot`)."""

import importlib.util
import logging
import warnings
from pathlib import Path
from typing import Any

from attn_cli.decoding.alignment import Alignment, printable
from attn_cli.foundation.errors import SettingsError
from attn_cli.foundation.replacing import replace_file

FORMATS = (".png", ".svg", ".pdf")
# The first font that has a character draws it: those of Linux, macOS, Windows. matplotlib warns of missing fonts.
FONTS = (
    "DejaVu Sans", "Noto Sans CJK JP", "Source Han Sans", "WenQuanYi Zen Hei", "IPAexGothic",
    "Hiragino Sans", "Apple SD Gothic Neo", "Arial Unicode MS", "Yu Gothic", "Microsoft YaHei", "Malgun Gothic",
)  # fmt: skip
WORD = 0.32  # inches from one word to the next


def check(path: Path) -> None:
    """Raise SettingsError where no picture can be drawn at `path`: for another format, or without matplotlib."""
    if path.suffix.lower() not in FORMATS:
        raise SettingsError(f"`plot` {path}: choose a name that ends in {', '.join(FORMATS)}")
    if importlib.util.find_spec("matplotlib") is None:
        raise SettingsError("`plot`: needs matplotlib; install it with: pip install 'attn-mt[plot]'")


def draw(alignment: Alignment, path: Path) -> None:
    """Draw the weights of source words (across) and target words (down) in grey: 0 is black, 1 is white.

    Raises OSError where the file cannot be written; an existing file is then left unchanged.
    """
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it reports on its font cache
    import matplotlib
    from matplotlib.font_manager import fontManager

    installed = fontManager.get_font_names()
    fonts = [font for font in FONTS if font in installed]
    with matplotlib.rc_context({"font.family": fonts}), warnings.catch_warnings(), replace_file(path) as temporary:
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # the picture shows it, by an empty box
        kind = path.suffix.lower().removeprefix(".")
        _figure(alignment).savefig(temporary, format=kind, dpi=150, bbox_inches="tight")


def _figure(alignment: Alignment) -> Any:
    from matplotlib.figure import Figure

    rows, columns = alignment.weights.shape
    figure = Figure(figsize=(WORD * columns + 1, WORD * rows))  # inches, without the labels
    axes = figure.add_subplot()
    image = axes.imshow(alignment.weights, cmap="gray", vmin=0, vmax=1, aspect="equal")
    source, target = ([printable(word) for word in words] for words in (alignment.source, alignment.target))
    axes.set_xticks(range(columns), source, rotation=90, parse_math=False)
    axes.set_yticks(range(rows), target, parse_math=False)
    axes.tick_params(top=True, labeltop=True, bottom=False, labelbottom=False, length=0)
    figure.colorbar(image, ax=axes, label="attention weight", fraction=0.05)
    return figure
