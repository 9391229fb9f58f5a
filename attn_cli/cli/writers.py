"""The forms in which translations are written: text on stdout, and pictures of the attention behind it."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from attn_cli.cli import streams

if TYPE_CHECKING:
    from attn_cli.decoding.alignment import Alignment
    from attn_cli.decoding.translator import Translation
    from attn_cli.models.folder import StoredModel

Picture = Callable[["Alignment"], None]  # shows or stores one alignment


def pictures(models: "Sequence[StoredModel]", *, heatmap: bool, plot: Path | None) -> list[Picture]:
    """Return the pictures to make of each alignment.

    Raises SettingsError where pictures are wanted of a model without attention.
    """
    if not heatmap and plot is None:
        return []
    from attn_cli.decoding.alignment import require_attention

    for model in models:
        require_attention(model)
    wanted: list[Picture] = []
    if heatmap:
        from attn_cli.display.terminal import Messages

        wanted.append(Messages().attention)
    if plot:
        from attn_cli.display.plot import draw

        wanted.append(partial(draw, path=plot))
    return wanted


def write(translations: "Sequence[Translation]", pictures: Sequence[Picture]) -> None:
    """Write the text of each translation as a line, and after each line its pictures, if any."""
    if not pictures:
        streams.write("".join(f"{translation.text}\n" for translation in translations))
        return
    for translation in translations:
        streams.write(f"{translation.text}\n")
        _show(translation, pictures)


def write_n_best(translations: "Sequence[Translation]", pictures: Sequence[Picture]) -> None:
    """Write all hypotheses of each translation as lines, best first, and after them the pictures of the best one."""
    for translation in translations:
        # A blank line has no hypotheses, but an empty translation.
        streams.write("".join(f"{found.text}\n" for found in translation.hypotheses or [translation]))
        _show(translation, pictures)


def _show(translation: "Translation", pictures: Sequence[Picture]) -> None:
    for alignment, show in product(translation.alignments, pictures):
        show(alignment)
