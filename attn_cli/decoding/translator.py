"""Translate: lines of text in, one line of text out for each."""

import os
import select
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from attn_cli.decoding.choice import FEW_LINES
from attn_cli.decoding.search import Engine, search
from attn_cli.foundation.settings import DecodingConfig
from attn_cli.text.tokenizer import EOS_ID, Tokenizer

if TYPE_CHECKING:
    from attn_cli.decoding.alignment import Alignment

FIRST_BATCH, LARGEST_BATCH = FEW_LINES, 4096  # lines
# Longer lines are cut, at the end of a sentence where there is one, and translated piece by piece.
MAX_SEGMENT = 160  # tokens
_WITHIN_CHARACTER = ("<0x8", "<0x9", "<0xA", "<0xB")  # UTF-8's continuation bytes, as pieces: <0x80> to <0xBF>
# What ends a sentence: before a space, and (for Chinese, whose ！ and ？ the tokenizer turns into these) without one.
_END_BEFORE_SPACE, _END = (".", ":", ";"), ("!", "?", "。", "।")


@dataclass(frozen=True)
class Translation:
    """The translation of a line: its text, and the tokens of its segments, a source's with the end mark."""

    text: str
    sources: list[list[int]]
    targets: list[list[int]]


class Translator:
    """A model, its tokenizer and the way to search, ready to translate text.

    `engine_for` returns the engine to decode so many lines with.
    """

    def __init__(self, engine_for: Callable[[int], Engine], tokenizer: Tokenizer, config: DecodingConfig) -> None:
        self._engine_for, self._tokenizer, self._config = engine_for, tokenizer, config

    def translate(self, lines: Sequence[str]) -> list[str]:
        """Return the translation of each line: one line each, in order; a blank line stays blank."""
        return [translation.text for translation in self.translations(lines)]

    def translations(self, lines: Sequence[str]) -> list[Translation]:
        """Return what `translate` does, with the tokens that it comes from."""
        segments = [self.segments(line) for line in lines]
        flat = [segment for parts in segments for segment in parts]
        found = search(self._engine_for(len(flat)), flat, self._config) if flat else []
        tokens = [hypothesis.tokens for hypothesis in found]
        texts, targets = iter(self._tokenizer.decode(tokens)), iter(tokens)
        return [
            Translation(_one_line(" ".join(islice(texts, len(parts)))), parts, list(islice(targets, len(parts))))
            for parts in segments
        ]

    def alignments(self, translations: Sequence[Translation]) -> list[list["Alignment"]]:
        """Return for each translation what its segments attended to."""
        from attn_cli.decoding.alignment import align

        sources = [segment for translation in translations for segment in translation.sources]
        targets = [segment for translation in translations for segment in translation.targets]
        found = iter(align(self._engine_for(len(sources)), self._tokenizer, sources, targets) if sources else [])
        return [list(islice(found, len(translation.sources))) for translation in translations]

    def segments(self, line: str) -> list[list[int]]:
        """Return the tokens of a line, cut where it is long, each part with an end mark; none where it is blank."""
        tokens = self._tokenizer.encode([line])[0][:-1] if line.strip() else []
        return [[*part, EOS_ID] for part in split_tokens(tokens, self._tokenizer.pieces(tokens))]


def _one_line(text: str) -> str:
    """Return `text` with line feeds, which a model could make of byte tokens, turned into spaces."""
    return text.replace("\n", " ").strip()


def split_tokens(tokens: list[int], pieces: list[str], limit: int = MAX_SEGMENT) -> Iterator[list[int]]:
    """Yield `tokens` in parts of at most `limit`, cut after a sentence, else between words, else anywhere."""
    begin = 0
    while len(tokens) - begin > limit:
        cut = _last_cut(pieces, begin, begin + limit)
        yield tokens[begin:cut]
        begin = cut
    if begin < len(tokens):
        yield tokens[begin:]


def _last_cut(pieces: list[str], begin: int, end: int) -> int:
    """Return the last good place to cut in begin < place <= end; in the second half of that if possible."""
    places = [place for place in range(end, begin, -1) if not pieces[place].startswith(_WITHIN_CHARACTER)]
    words = [place for place in places if pieces[place].startswith("▁")]
    half = (begin + end) // 2
    sentences = [
        place
        for place in places
        if place > half and pieces[place - 1].endswith(_END + _END_BEFORE_SPACE * pieces[place].startswith("▁"))
    ]
    return [*sentences[:1], *words[:1], *places[:1], end][0]


def ready_lines(descriptor: int) -> Iterator[list[str]]:
    """Yield what can be read from a file descriptor, as lists of lines, waiting only while there is no line at all.

    So a program that writes a line and waits for its translation gets it, and a file comes in large batches: at most
    32 lines at first, growing to 4,096. Only a line feed ends a line; what is not UTF-8 is replaced by U+FFFD.
    """
    size, buffer, ended = FIRST_BATCH, b"", False
    while not ended or buffer:
        while not ended and buffer.count(b"\n") < size and (b"\n" not in buffer or _is_ready(descriptor)):
            chunk = os.read(descriptor, 1 << 16)
            buffer, ended = buffer + chunk, not chunk
        if not buffer:
            return
        *lines, buffer = buffer.split(b"\n", size)
        if not lines:  # the last line, without a line feed
            lines, buffer = [buffer], b""
        yield [line.decode(errors="replace") for line in lines]
        size = min(2 * size, LARGEST_BATCH)


def _is_ready(descriptor: int) -> bool:
    try:
        return bool(select.select([descriptor], [], [], 0)[0])
    except (OSError, ValueError):  # Windows has no select for pipes: take what there is
        return False
