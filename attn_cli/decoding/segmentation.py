"""Segmentation of long sentences: one of many tokens is cut, between clauses where possible, and translated in parts.

Works on token ids and their pieces, so that nothing of the line is lost or added.
"""

from collections.abc import Iterator

MAX_SEGMENT = 160  # tokens
_CONTINUATION_BYTES = ("<0x8", "<0x9", "<0xA", "<0xB")  # pieces <0x80> to <0xBF>, the later bytes of a UTF-8 character
# Characters that end a sentence: these only before a space; ...
_END_BEFORE_SPACE = (".", ":", ";")
# ... these also without one. (The tokenizer turns the Chinese ！ and ？ into ! and ?.)
_END = ("!", "?", "。", "।")


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
