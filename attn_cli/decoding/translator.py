"""Translation of text: lines in, one translation out for each, with its score and its alignment."""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from attn_cli.decoding.engine import Engine
from attn_cli.decoding.search import Hypothesis, normalized, search
from attn_cli.decoding.segmentation import ATTEMPTS, Segment, Segmenter
from attn_cli.foundation.settings import DecodingConfig
from attn_cli.models.confidence import Calibration
from attn_cli.models.folder import StoredModel
from attn_cli.text.tokenizer import Tokenizer

if TYPE_CHECKING:
    from attn_cli.decoding.alignment import Alignment

_NO_TEXT = dict.fromkeys([0xAD, 0xFFFD])  # a soft hyphen, and what is not UTF-8: made of wrong byte tokens
_CONTROLS = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029], " ")


@dataclass(frozen=True)
class Translation:
    """The translation of one line.

    Each sentence of the line is a segment of its own, a very long one is several; a line without letters has none.

    - `text`: the translation, on one line; of a line without letters, such as 42, the line itself;
    - `score`: log_probability / length ** length_penalty, the value by which the search ranks. The length is the number
      of target tokens of all segments, each with its end mark. Without segments it is 0.0;
    - `log_probability`: the natural logarithm of the translation's probability, the sum over its segments;
    - `confidence`: from 0 to 1, an estimate of the quality (see models/confidence.py); without segments it is 1.0;
    - `parts`: the segments of the line, with their token ids, and the text between them, which is copied;
    - `targets`: the token ids of the translation of each segment, without the end mark;
    - `alignments`: for each segment the attention between its words; empty unless asked for;
    - `hypotheses`: where more than one is wanted, the best translations, this one first.
    """

    text: str
    score: float
    log_probability: float
    confidence: float
    parts: tuple[str | Segment, ...]
    targets: tuple[tuple[int, ...], ...]
    alignments: tuple["Alignment", ...] = ()
    hypotheses: tuple["Translation", ...] = ()

    @property
    def segments(self) -> list[Segment]:
        """Return the segments of the line."""
        return [part for part in self.parts if isinstance(part, Segment)]


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
        language = models[0].settings.source_language if models else ""
        self._segmenter = Segmenter(tokenizer, language, config)
        self._calibration = models[0].outcome.calibration if models else Calibration()

    @property
    def config(self) -> DecodingConfig:
        """Return the settings of the search."""
        return self._config

    def with_config(self, **changes: Any) -> "Translator":
        """Return a translator with the same models, whose settings of the search differ by `changes`."""
        return Translator(self._engine_for, self._tokenizer, replace(self._config, **changes), self._models)

    def translate(
        self, lines: Sequence[str], *, align: bool = False, prefixes: Sequence[str] | None = None
    ) -> list[Translation]:
        """Return the translation of each line, in order; with `align`, with its alignments.

        A blank line has an empty translation. A sentence in capitals is translated as if it were in ordinary case, into
        capitals. `prefixes` are texts with which the translation of each line has to begin; one may be empty, and that
        of a line without letters has no effect. Translating many lines in one call is faster than one by one, and equal
        sentences are translated once.

        Raises SettingsError where alignments are asked for, but a model has no attention, or where the tokens of a
        prefix cannot be those of a translation; ModelFolderError where a model's weights do not fit its settings.
        """
        if align:
            self.require_attention()
        begins = [()] * len(lines) if prefixes is None else map(self._prefix, prefixes)
        cut = [
            [_Sentence(text, () if index else begin) for index, text in enumerate(self._segmenter.sentences(line))]
            for line, begin in zip(lines, begins, strict=True)
        ]
        found = self._found([sentence for sentences in cut for sentence in sentences])
        translations = [
            self._joined([found[sentence] for sentence in sentences]) if sentences else _untranslated(line)
            for line, sentences in zip(lines, cut, strict=True)
        ]
        if not align:
            return translations
        listed = [hypothesis for translation in translations for hypothesis in translation.hypotheses or (translation,)]
        aligned = (
            replace(hypothesis, alignments=alignments)
            for hypothesis, alignments in zip(listed, self.align(listed), strict=True)
        )
        return [
            replace(best, hypotheses=(best, *islice(aligned, len(translation.hypotheses) - 1)))
            if translation.hypotheses
            else best
            for translation in translations
            for best in [next(aligned)]
        ]

    def _prefix(self, text: str) -> tuple[int, ...]:
        return tuple(self._tokenizer.encode([text])[0][:-1])

    def _found(self, sentences: Sequence["_Sentence"]) -> dict["_Sentence", list["_Candidates"]]:
        """Return the translations of the parts of each distinct sentence, so that no literal is lost."""
        plans = {sentence: self._parts(sentence) for sentence in dict.fromkeys(sentences)}
        count = sum(isinstance(part, Segment) for sentence in sentences for part in plans[sentence])
        found: dict[_Sentence, list[_Candidates]] = {}
        for attempt in range(1, ATTEMPTS + 1):
            candidates = self._candidates([part for parts in plans.values() for part in parts], count)
            found |= {sentence: [candidates[part] for part in parts] for sentence, parts in plans.items()}
            lost = [sentence for sentence in plans if not all(some[0].is_whole for some in found[sentence])]
            plans = {sentence: self._parts(sentence, attempt) for sentence in lost}
        return found

    def _parts(self, sentence: "_Sentence", attempt: int = 0) -> list[str | Segment]:
        """Return the parts of a sentence; the translation of the first segment has to begin with the prefix."""
        parts = self._segmenter.parts(sentence.text, attempt)
        first = next((index for index, part in enumerate(parts) if isinstance(part, Segment)), None)
        if sentence.prefix and first is not None:
            parts[first] = parts[first]._replace(prefix=sentence.prefix)  # type: ignore[union-attr]
        return parts

    def _candidates(self, parts: Sequence[str | Segment], count: int) -> dict[str | Segment, "_Candidates"]:
        """Return the translations of each distinct part, best first, those that hold its literals before all others.

        Only the best one is kept where no other can be needed. `count` is the number of segments to translate in all.
        """
        segments = [part for part in dict.fromkeys(parts) if isinstance(part, Segment)]
        candidates: dict[str | Segment, _Candidates] = {
            part: [_Candidate(part)] for part in parts if isinstance(part, str)
        }
        if not segments:
            return candidates
        sources, prefixes = [segment.tokens for segment in segments], [segment.prefix for segment in segments]
        results = search(self._engine_for(count), sources, self._config, prefixes)
        kept = [
            found if segment.held or self._config.n_best > 1 else found[:1]
            for segment, found in zip(segments, results, strict=True)
        ]
        texts = iter(self._tokenizer.decode([hypothesis.tokens for found in kept for hypothesis in found]))
        for segment, found in zip(segments, kept, strict=True):
            translations = [_translated(segment, hypothesis, next(texts)) for hypothesis in found]
            candidates[segment] = sorted(translations, key=lambda candidate: not candidate.is_whole)
        return candidates

    def _joined(self, sentences: Sequence[Sequence["_Candidates"]]) -> Translation:
        """Return the translation of a line from the candidates for the parts of its sentences."""
        parts = [part for sentence in sentences for part in ([_Candidate(" ")], *sentence)]
        lines = [_Line()]
        for part in parts:
            longer = (line.longer_by(candidate) for line in lines for candidate in part[: self._config.n_best])
            lines = heapq.nlargest(self._config.n_best, longer, key=self._score)
        found = [self._translation(line) for line in lines]
        return replace(found[0], hypotheses=tuple(found)) if self._config.n_best > 1 else found[0]

    def _score(self, line: "_Line") -> float:
        return normalized(line.log_probability, line.length, self._config) if line.length else 0.0

    def _translation(self, line: "_Line") -> Translation:
        candidates = line.candidates()
        translated = [candidate for candidate in candidates if candidate.segment]
        return Translation(
            text=_one_line("".join(candidate.text for candidate in candidates)),
            score=self._score(line),
            log_probability=line.log_probability,
            confidence=self._calibration.confidence(line.log_probability, line.length) if line.length else 1.0,
            parts=tuple(candidate.segment or candidate.text for candidate in candidates),
            targets=tuple(candidate.tokens for candidate in translated),
        )

    def align(self, translations: Sequence[Translation]) -> list[tuple["Alignment", ...]]:
        """Return for each translation one alignment per segment.

        This is the work that `translate` does with `align`; call it afterwards where only some translations of a large
        text are to be aligned.

        Raises SettingsError where a model has no attention.
        """
        from attn_cli.decoding.alignment import align  # not at the top: most translations need no alignment

        self.require_attention()
        segments = [segment for translation in translations for segment in translation.segments]
        targets = [target for translation in translations for target in translation.targets]
        if not segments:
            return [() for _ in translations]
        sources = [segment.tokens for segment in segments]
        found = align(self._engine_for(len(segments)), self._tokenizer, sources, targets)
        spelled = (alignment.spelled(segment.restored) for alignment, segment in zip(found, segments, strict=True))
        return [tuple(islice(spelled, len(translation.segments))) for translation in translations]

    def require_attention(self) -> None:
        """Raise SettingsError where a model has no attention."""
        from attn_cli.decoding.alignment import require_attention

        for model in self._models:
            require_attention(model)

    def segments(self, line: str) -> list[Segment]:
        """Return the segments of a line; there is none if the line has nothing to translate: no letter."""
        parts = [part for sentence in self._segmenter.sentences(line) for part in self._segmenter.parts(sentence)]
        return [part for part in parts if isinstance(part, Segment)]


class _Sentence(NamedTuple):
    """A sentence, and the tokens with which its translation has to begin."""

    text: str
    prefix: tuple[int, ...]


class _Candidate(NamedTuple):
    """A part of a line's translation: copied text, or one of the translations of a segment, with its tokens.

    `length` counts the tokens and the end mark; `is_whole` says that it holds the literals of the source.
    """

    text: str
    segment: Segment | None = None
    tokens: tuple[int, ...] = ()
    log_probability: float = 0.0
    length: int = 0
    is_whole: bool = True


_Candidates = list[_Candidate]


class _Line(NamedTuple):
    """The beginning of a line's translation: its last candidate, what is before it, and the sums over all of them."""

    last: _Candidate | None = None
    before: "_Line | None" = None
    log_probability: float = 0.0
    length: int = 0

    def longer_by(self, candidate: _Candidate) -> "_Line":
        return _Line(candidate, self, self.log_probability + candidate.log_probability, self.length + candidate.length)

    def candidates(self) -> list[_Candidate]:
        """Return all candidates, in order."""
        candidates, line = [], self
        while line.last and line.before:
            candidates.append(line.last)
            line = line.before
        return candidates[::-1]


def _translated(segment: Segment, hypothesis: Hypothesis, text: str) -> _Candidate:
    text = text.translate(_NO_TEXT)
    return _Candidate(
        segment.restored(text), segment, tuple(hypothesis.tokens), hypothesis.log_probability, hypothesis.length,
        segment.is_held_by(text),
    )  # fmt: skip


def _untranslated(line: str) -> Translation:
    """Return a line in which there is nothing to translate, as it is."""
    return Translation(text=_one_line(line), score=0.0, log_probability=0.0, confidence=1.0, parts=(line,), targets=())


def _one_line(text: str) -> str:
    """Return `text` with spaces instead of control characters and line separators.

    A model can make them from byte tokens, and they would end the line or change the settings of a terminal.
    """
    return text.translate(_CONTROLS).strip()
