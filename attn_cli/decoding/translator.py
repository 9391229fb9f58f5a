"""Translation of text: lines in, one translation out for each, with its score and its alignment."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from attn_cli.decoding.engine import Engine
from attn_cli.decoding.search import Hypothesis, normalized, search
from attn_cli.decoding.segmentation import split_tokens
from attn_cli.foundation.settings import EOS_ID, DecodingConfig
from attn_cli.models.folder import StoredModel
from attn_cli.text.tokenizer import Tokenizer

if TYPE_CHECKING:
    from attn_cli.decoding.alignment import Alignment


@dataclass(frozen=True)
class Translation:
    """The translation of one line.

    A long line is translated in several segments, a blank line in none.

    - `text`: the translation, on one line;
    - `score`: log_probability / length ** length_penalty, the value by which the search ranks. The length is the number
      of target tokens of all segments, each with its end mark. A blank line has 0.0;
    - `log_probability`: the natural logarithm of the translation's probability, the sum over its segments. A blank line
      has 0.0;
    - `sources`: the token ids of each segment of the line, with the end mark;
    - `targets`: the token ids of the translation of each segment, without the end mark;
    - `alignments`: for each segment the attention between its words; empty unless asked for.
    """

    text: str
    score: float
    log_probability: float
    sources: tuple[tuple[int, ...], ...]
    targets: tuple[tuple[int, ...], ...]
    alignments: tuple["Alignment", ...] = ()


class Translator:
    """One or several models, with their tokenizer and the settings of the search, ready to translate text.

    `attn_cli.load_model` makes one from models on disk.
    """

    def __init__(
        self,
        engine_for: Callable[[int], Engine],
        tokenizer: Tokenizer,
        config: DecodingConfig,
        models: Sequence[StoredModel] = (),
    ) -> None:
        """Keep the engine, the tokenizer and the settings.

        `engine_for` returns the engine for a number of lines; `models` are the models that it runs: before an
        alignment, it is checked that they have attention.
        """
        self._engine_for, self._tokenizer, self._config, self._models = engine_for, tokenizer, config, models

    def translate(self, lines: Sequence[str], *, align: bool = False) -> list[Translation]:
        """Return the translation of each line, in order; with `align`, with its alignments.

        A blank line has an empty translation. Translating many lines in one call is faster than one by one.

        Raises SettingsError where alignments are asked for, but a model has no attention; ModelFolderError where a
        model's weights do not fit its settings.
        """
        if align:
            self._require_attention()
        segments = [self.segments(line) for line in lines]
        flat = [segment for parts in segments for segment in parts]
        best = [hypotheses[0] for hypotheses in search(self._engine_for(len(flat)), flat, self._config)] if flat else []
        texts = self._tokenizer.decode([hypothesis.tokens for hypothesis in best])
        decoded = zip(best, texts, strict=True)
        translations = [self._joined(parts, islice(decoded, len(parts))) for parts in segments]
        if not align:
            return translations
        aligned = zip(translations, self.align(translations), strict=True)
        return [replace(translation, alignments=alignments) for translation, alignments in aligned]

    def _joined(self, segments: list[list[int]], decoded: Iterable[tuple[Hypothesis, str]]) -> Translation:
        """Return the translation of a line from the best hypothesis of each of its segments, and their texts."""
        pairs = list(decoded)
        hypotheses = [hypothesis for hypothesis, _ in pairs]
        log_probability = sum((hypothesis.log_probability for hypothesis in hypotheses), 0.0)
        length = sum(hypothesis.length for hypothesis in hypotheses)
        return Translation(
            text=_one_line(" ".join(text for _, text in pairs)),
            score=normalized(log_probability, length, self._config) if length else 0.0,
            log_probability=log_probability,
            sources=tuple(map(tuple, segments)),
            targets=tuple(tuple(hypothesis.tokens) for hypothesis in hypotheses),
        )

    def align(self, translations: Sequence[Translation]) -> list[tuple["Alignment", ...]]:
        """Return for each translation one alignment per segment.

        This is the work that `translate` does with `align`; call it afterwards where only some translations of a large
        text are to be aligned.

        Raises SettingsError where a model has no attention.
        """
        from attn_cli.decoding.alignment import align  # not at the top: most translations need no alignment

        self._require_attention()
        sources = [segment for translation in translations for segment in translation.sources]
        targets = [segment for translation in translations for segment in translation.targets]
        alignments = iter(align(self._engine_for(len(sources)), self._tokenizer, sources, targets) if sources else ())
        return [tuple(islice(alignments, len(translation.sources))) for translation in translations]

    def _require_attention(self) -> None:
        from attn_cli.decoding.alignment import require_attention

        for model in self._models:
            require_attention(model)

    def segments(self, line: str) -> list[list[int]]:
        """Return the token ids of each segment of a line, with an end mark; no segment if the line is blank."""
        tokens = self._tokenizer.encode([line])[0][:-1] if line.strip() else []
        return [[*part, EOS_ID] for part in split_tokens(tokens, self._tokenizer.pieces(tokens))]


def _one_line(text: str) -> str:
    """Return `text` with spaces instead of line feeds, which a model can make from byte tokens."""
    return text.replace("\n", " ").strip()
