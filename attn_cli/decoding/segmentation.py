"""Segmentation: a line of text becomes segments, each a sentence or a part of one, translated by themselves.

Literals (see text/analysis/literals.py) come out as they went in, by three attempts, each for the sentences in which
the one before lost a literal. First, opaque literals are masked: replaced by words that models copy, and put back into
the translation. Then all literals are masked. At last the sentence is cut at its literals.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from attn_cli.foundation.settings import EOS_ID, DecodingConfig
from attn_cli.text.analysis.casing import is_in_capitals, is_in_title_case, ordinary_case
from attn_cli.text.analysis.literals import Literal, find_literals, occurrences
from attn_cli.text.analysis.masks import Mask, are_adjacent, can_mask, mask, unmask
from attn_cli.text.analysis.sentences import split_sentences
from attn_cli.text.tokenizer import Tokenizer

ATTEMPTS = 3
MAX_SEGMENT = 160  # tokens
MOST_LITERALS = 30  # of a sentence that is not cut at once
_CLOSING = " \t\u00a0,;:.!?…)]}»”"  # what can follow a literal: it stays beside it where a sentence is cut
_INVISIBLE = dict.fromkeys([0xAD, 0x200B, 0x2060, 0xFEFF])
_CONTINUATION_BYTES = ("<0x8", "<0x9", "<0xA", "<0xB")  # pieces <0x80> to <0xBF>, the later bytes of a UTF-8 character
# Characters that end a sentence: these only before a space; ...
_END_BEFORE_SPACE = (".", ":", ";")
# ... these also without one. (The tokenizer turns the Chinese ！ and ？ into ! and ?.)
_END = ("!", "?", "。", "।")


class Segment(NamedTuple):
    """A text to translate: its token ids with an end mark, and how to make a part of the line of its translation.

    `held` are the words that its translation must hold, and how often: masks, and literals in clear; `apart` are pairs
    of masks with text between them, as of <b>this</b>. A text in capitals is translated in ordinary case. `prefix` are
    the tokens with which the translation has to begin.
    """

    tokens: tuple[int, ...]
    in_capitals: bool = False
    masks: tuple[Mask, ...] = ()
    held: tuple[tuple[str, int], ...] = ()
    apart: tuple[tuple[Mask, Mask], ...] = ()
    prefix: tuple[int, ...] = ()

    def is_held_by(self, translation: str) -> bool:
        """Return whether a translation holds every literal, or its mask, at least as often as the source does."""
        is_held = all(occurrences(translation, word) >= count for word, count in self.held)
        return is_held and not any(are_adjacent(translation, *pair) for pair in self.apart)

    def restored(self, translation: str) -> str:
        """Return a translation in the case of the source, with literals in place of their masks."""
        return unmask(translation.upper() if self.in_capitals else translation, self.masks)


class Segmenter:
    """Cuts the lines of a source language into segments."""

    def __init__(self, tokenizer: Tokenizer, language: str, config: DecodingConfig) -> None:
        """Keep the tokenizer, the code of the language, and which of the steps are wanted."""
        self._tokenizer, self._language, self._config = tokenizer, language, config

    def sentences(self, line: str) -> list[str]:
        """Return the sentences of a line, without invisible characters, with its accents composed.

        There is none if the line has nothing to translate: no letter.
        """
        if not any(map(str.isalpha, line)):
            return []
        text = unicodedata.normalize("NFC", line.translate(_INVISIBLE))
        return split_sentences(text, self._language) if self._config.split_sentences else [text.strip()]

    def parts(self, sentence: str, attempt: int = 0) -> list[str | Segment]:
        """Return the parts of a sentence: segments to translate, and the text between them to copy.

        `attempt` counts the translations of this sentence that lost a literal.
        """
        literals = list(find_literals(sentence, self._is_unknown)) if self._config.copy_literals else []
        language = _without(sentence, [literal for literal in literals if literal.opaque])
        in_capitals, spelled = is_in_capitals(language), sentence
        if in_capitals or is_in_title_case(language, self._tokenizer.log_probability):
            literals = [literal._replace(opaque=True) for literal in literals]  # those in clear would change their case
            spelled = ordinary_case(sentence, self._tokenizer.log_probability)
        masked = [literal for literal in literals if literal.opaque or attempt]
        is_cut = attempt == ATTEMPTS - 1 or len(literals) > MOST_LITERALS or not can_mask(sentence, masked)
        separators = [literal for literal in masked if literal.separator]
        copied = literals if is_cut else sorted({*_at_the_ends(sentence, masked), *separators})
        kept = [] if is_cut else [literal for literal in literals if literal not in copied]
        text = _Text(sentence, spelled, in_capitals, kept, [literal for literal in masked if literal in kept])
        ends = [0, *(literal.end for literal in copied)]
        begins = [*(literal.begin for literal in copied), len(sentence)]
        parts: list[str | Segment] = []
        for literal, begin, end in zip([None, *copied], ends, begins, strict=True):
            if literal:
                parts.append(sentence[literal.begin : literal.end])
            parts += self._stretch(text, begin, end)
        return parts

    def _stretch(self, text: "_Text", begin: int, end: int) -> Iterator[str | Segment]:
        """Yield the parts of a stretch of a sentence that no copied literal interrupts."""
        stretch = text.original[begin:end]
        masked = [literal for literal in text.masked if begin <= literal.begin < end]
        if not any(map(str.isalpha, _without(text.original, masked, begin, end))):
            yield stretch
            return
        yield stretch[: len(stretch) - len(stretch.lstrip(_CLOSING))]
        spelled, masks = mask(text.original, text.spelled, masked, begin, end)
        clear = [text.original[slice(*literal[:2])] for literal in text.literals if literal not in masked]
        yield from self._segments(spelled.lstrip(_CLOSING).rstrip(), text.in_capitals, masks, clear)
        yield stretch[len(stretch.rstrip()) :]

    def _segments(
        self, text: str, in_capitals: bool, masks: tuple[Mask, ...], clear: Sequence[str]
    ) -> Iterator[str | Segment]:
        """Yield the segments of a text, and the spaces between them."""
        words = {*(mask.word for mask in masks), *clear}
        tokens = self._tokenizer.encode([text])[0][:-1]
        for index, part in enumerate(split_tokens(tokens, self._tokenizer.pieces(tokens))):
            read = self._tokenizer.decode([part])[0] if words else ""
            held = tuple((word, count) for word in sorted(words) if (count := occurrences(read, word)))
            apart = tuple(pair for pair in pairwise(masks) if not are_adjacent(read, *pair))
            if index:
                yield " "
            yield Segment((*part, EOS_ID), in_capitals, masks, held, apart)

    def _is_unknown(self, word: str) -> bool:
        """Return whether a letter of a word is tokenised into bytes."""
        return any(piece.startswith("<0x") for piece in self._tokenizer.pieces(self._tokenizer.encode([word])[0]))


class _Text(NamedTuple):
    """A sentence as it is, and as it is read, letter by letter; its literals but the copied ones, and those masked."""

    original: str
    spelled: str
    in_capitals: bool
    literals: Sequence[Literal]
    masked: Sequence[Literal]


def _without(text: str, literals: Sequence[Literal], begin: int = 0, end: int | None = None) -> str:
    """Return `text`, from `begin` to `end`, with a space in place of each literal."""
    begins = [begin, *(literal.end for literal in literals)]
    ends = [*(literal.begin for literal in literals), end]
    return " ".join(text[begin:end] for begin, end in zip(begins, ends, strict=True))


def _at_the_ends(sentence: str, literals: Sequence[Literal]) -> list[Literal]:
    """Return the detached literals before the first letter of a sentence and after its last one."""
    leading, begin = [], 0
    for literal in literals:
        if not literal.detached or any(map(str.isalpha, sentence[begin : literal.begin])):
            break
        leading.append(literal)
        begin = literal.end
    trailing, end = [], len(sentence)
    for literal in reversed(literals[len(leading) :]):
        if not literal.detached or any(map(str.isalpha, sentence[literal.end : end])):
            break
        trailing.append(literal)
        end = literal.begin
    return [*leading, *reversed(trailing)]


def split_tokens(tokens: list[int], pieces: list[str], limit: int = MAX_SEGMENT) -> Iterator[list[int]]:
    """Yield `tokens` in segments of at most `limit`, given the `pieces` that they stand for.

    A segment ends after a sentence if one ends in its second half, else between words, else between characters. It
    ends within a character only if a single character has more than `limit` tokens.
    """
    begin = 0
    while len(tokens) - begin > limit:
        cut = _last_cut(pieces, begin, begin + limit)
        yield tokens[begin:cut]
        begin = cut
    if begin < len(tokens):
        yield tokens[begin:]


def _last_cut(pieces: list[str], begin: int, end: int) -> int:
    """Return the best index to cut before, with begin < index <= end: the last one of the best kind."""
    indices = [index for index in range(end, begin, -1) if not pieces[index].startswith(_CONTINUATION_BYTES)]
    words = [index for index in indices if pieces[index].startswith("▁")]
    half = (begin + end) // 2
    sentences = [
        index
        for index in indices
        if index > half and pieces[index - 1].endswith(_END + _END_BEFORE_SPACE * pieces[index].startswith("▁"))
    ]
    return [*sentences[:1], *words[:1], *indices[:1], end][0]
