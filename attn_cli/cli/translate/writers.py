"""The forms in which translations are written: text or JSON on stdout, and pictures of the attention behind them."""

import json
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attn_cli.foundation.errors import SettingsError

if TYPE_CHECKING:
    from attn_cli.cli.translate.requests import Request
    from attn_cli.decoding.alignment import Alignment
    from attn_cli.decoding.translator import Translation
    from attn_cli.text.tokenizer import Tokenizer

Picture = Callable[["Alignment"], None]  # shows or stores one alignment


@dataclass(frozen=True, kw_only=True)
class Form:
    """The form of a translation: a line of text, perhaps between columns, a list of the n best, or a JSON object.

    Columns are separated by tabs, which no translation holds: confidence, score, translation, word alignment as i-j in
    Pharaoh's form. A list of the n best has a line for each, as Moses writes it: number of the line, from 0,
    translation, score, and perhaps alignment, separated by " ||| ".
    """

    json: bool = False
    n_best: bool = False
    confidence: bool = False
    score: bool = False
    alignment: bool = False

    def __post_init__(self) -> None:
        columns = [
            field.name for field in fields(self) if field.name not in ("json", "n_best") and getattr(self, field.name)
        ]
        if self.json and columns:
            raise SettingsError(f"`{columns[0]}`: not with `json`, which has it already")
        if self.n_best and self.score:
            raise SettingsError("`score`: not with `n_best`, which has it already")
        if self.n_best and self.confidence:
            raise SettingsError("`confidence`: of one translation, not with `n_best`; or with `json`")

    def of(self, request: "Request", translation: "Translation", tokenizer: "Tokenizer") -> str:
        """Return a translation in this form: one or more lines, each with its line feed."""
        if self.json:
            return json.dumps(_as_json(request, translation, tokenizer), ensure_ascii=False) + "\n"
        if self.n_best:
            return "".join(self._listed(request, hypothesis) for hypothesis in translation.hypotheses or (translation,))
        columns = [f"{translation.confidence:.4f}"] * self.confidence + [f"{translation.score:.4f}"] * self.score
        return "\t".join([*columns, translation.text, *self._links(translation)]) + "\n"

    def _listed(self, request: "Request", hypothesis: "Translation") -> str:
        text = hypothesis.text.replace("|||", "| | |")  # which would end the column
        columns = [str(request.number), text, f"{hypothesis.score:.4f}", *self._links(hypothesis)]
        return " ||| ".join(columns) + "\n"

    def _links(self, translation: "Translation") -> list[str]:
        """Return the column of the alignment, if there is one."""
        if not self.alignment:
            return []
        from attn_cli.decoding.alignment import word_alignment

        return [" ".join(f"{source}-{target}" for source, target in sorted(word_alignment(translation).links))]


def _as_json(request: "Request", translation: "Translation", tokenizer: "Tokenizer") -> dict[str, Any]:
    """Return all that is known of a translation as JSON types."""
    from attn_cli.decoding.alignment import word_alignment

    pieces = {
        "source": [piece for segment in translation.segments for piece in tokenizer.pieces(segment.tokens[:-1])],
        "target": [piece for target in translation.targets for piece in tokenizer.pieces(target)],
    }
    has_alignment = len(translation.alignments) == len(translation.segments)
    hypotheses = [
        {"translation": each.text, "score": each.score, "log_probability": each.log_probability}
        for each in translation.hypotheses or (translation,)
    ]
    return {
        "id": request.id,
        "source": request.text,
        "translation": translation.text,
        "score": translation.score,
        "log_probability": translation.log_probability,
        "confidence": translation.confidence,
        "pieces": pieces,
        "alignment": word_alignment(translation)._asdict() if has_alignment else None,
        "hypotheses": hypotheses,
    }


def pictures(*, heatmap: bool, plot: Path | None) -> list[Picture]:
    """Return the pictures to make of each alignment."""
    wanted: list[Picture] = []
    if heatmap:
        from attn_cli.display.terminal import Messages

        wanted.append(Messages().attention)
    if plot:
        from attn_cli.display.attention.plot import draw

        wanted.append(partial(draw, path=plot))
    return wanted
