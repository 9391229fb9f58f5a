"""Translation of text: lines in, one translation out for each, with its score and its alignment."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from attn_cli.decoding.engine import Engine
from attn_cli.decoding.search import Hypothesis, normalized, search
from attn_cli.decoding.segmentation import split_tokens
from attn_cli.foundation.settings import EOS_ID, DecodingConfig
from attn_cli.models.folder import StoredModel
from attn_cli.text.sentences import split_sentences
from attn_cli.text.tokenizer import Tokenizer

if TYPE_CHECKING:
    from attn_cli.decoding.alignment import Alignment

_WORD = re.compile(r"[^\W\d_]{2,}")
_CONTROLS = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029], " ")


@dataclass(frozen=True)
class Translation:
    """The translation of one line.

    Each sentence of the line is a segment of its own, a very long one is several; a line without letters has none.

    - `text`: the translation, on one line; of a line without letters, such as 42, the line itself;
    - `score`: log_probability / length ** length_penalty, the value by which the search ranks. The length is the number
      of target tokens of all segments, each with its end mark. Without segments it is 0.0;
    - `log_probability`: the natural logarithm of the translation's probability, the sum over its segments;
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
        self._language = models[0].settings.source_language if models else ""

    def translate(self, lines: Sequence[str], *, align: bool = False) -> list[Translation]:
        """Return the translation of each line, in order; with `align`, with its alignments.

        A blank line has an empty translation. A sentence in capitals is translated as if it were in lower case, into
        capitals. Translating many lines in one call is faster than one by one, and equal sentences are translated once.

        Raises SettingsError where alignments are asked for, but a model has no attention; ModelFolderError where a
        model's weights do not fit its settings.
        """
        if align:
            self._require_attention()
        segments = [self._cut(line) for line in lines]
        flat = [segment.tokens for parts in segments for segment in parts]
        distinct = list(dict.fromkeys(flat))
        found = search(self._engine_for(len(flat)), distinct, self._config) if flat else []
        best = [hypotheses[0] for hypotheses in found]
        texts = self._tokenizer.decode([hypothesis.tokens for hypothesis in best])
        decoded = dict(zip(distinct, zip(best, texts, strict=True), strict=True))
        translations = [
            self._joined(parts, [decoded[part.tokens] for part in parts]) if parts else _untranslated(line)
            for line, parts in zip(lines, segments, strict=True)
        ]
        if not align:
            return translations
        aligned = zip(translations, self.align(translations), strict=True)
        return [replace(translation, alignments=alignments) for translation, alignments in aligned]

    def _joined(self, segments: Sequence["_Segment"], decoded: Sequence[tuple[Hypothesis, str]]) -> Translation:
        """Return the translation of a line from the best hypothesis of each of its segments, and their texts."""
        hypotheses = [hypothesis for hypothesis, _ in decoded]
        log_probability = sum(hypothesis.log_probability for hypothesis in hypotheses)
        length = sum(hypothesis.length for hypothesis in hypotheses)
        texts = (
            text.upper() if segment.in_capitals else text for segment, (_, text) in zip(segments, decoded, strict=True)
        )
        return Translation(
            text=_one_line(" ".join(texts)),
            score=normalized(log_probability, length, self._config),
            log_probability=log_probability,
            sources=tuple(segment.tokens for segment in segments),
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

    def segments(self, line: str) -> list[tuple[int, ...]]:
        """Return the token ids of each segment of a line, with an end mark.

        There is none if the line has nothing to translate: no letter.
        """
        return [segment.tokens for segment in self._cut(line)]

    def _cut(self, line: str) -> list["_Segment"]:
        if not any(map(str.isalpha, line)):
            return []
        sentences = split_sentences(line, self._language) if self._config.split_sentences else [line.strip()]
        in_capitals = list(map(_is_in_capitals, sentences))
        spelled = [text.capitalize() if loud else text for text, loud in zip(sentences, in_capitals, strict=True)]
        encoded = [tokens[:-1] for tokens in self._tokenizer.encode(spelled)]
        return [
            _Segment((*part, EOS_ID), loud)
            for tokens, loud in zip(encoded, in_capitals, strict=True)
            for part in split_tokens(tokens, self._tokenizer.pieces(tokens))
        ]


class _Segment(NamedTuple):
    """The token ids of a segment, with an end mark; of a text in capitals they are those of its lower-case form."""

    tokens: tuple[int, ...]
    in_capitals: bool


def _is_in_capitals(text: str) -> bool:
    """Return whether `text` has several words and no lower-case letter; a single word may be a name or a code."""
    return text.isupper() and len(_WORD.findall(text)) > 1


def _untranslated(line: str) -> Translation:
    """Return a line in which there is nothing to translate, as it is."""
    return Translation(text=_one_line(line), score=0.0, log_probability=0.0, sources=(), targets=())


def _one_line(text: str) -> str:
    """Return `text` with spaces instead of control characters and line separators.

    A model can make them from byte tokens, and they would end the line or change the settings of a terminal.
    """
    return text.translate(_CONTROLS).strip()
