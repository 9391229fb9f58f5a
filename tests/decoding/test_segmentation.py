"""Segmentation: where long lines are cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attn_cli.decoding.segmentation import split_tokens


def pieces_of(text: str) -> list[str]:
    return ["▁" + word for word in text.split()]


def test_a_short_line_is_not_cut():
    assert list(split_tokens([1, 2, 3], ["▁a", "b", "▁c"], 3)) == [[1, 2, 3]]
    assert list(split_tokens([], [], 3)) == []


def test_a_long_line_is_cut_after_a_sentence():
    pieces = pieces_of("a b c d. e f g h")
    assert list(split_tokens(list(range(8)), pieces, 6)) == [[0, 1, 2, 3], [4, 5, 6, 7]]


def test_a_long_line_without_sentences_is_cut_between_words():
    pieces = ["▁a", "b", "▁c", "d", "e", "▁f"]
    assert list(split_tokens(list(range(6)), pieces, 4)) == [[0, 1], [2, 3, 4, 5]]


@pytest.mark.parametrize(
    ("pieces", "parts"),
    [
        (["▁他", "不", "来", "。", "我", "们", "走"], [4, 3]),
        (["▁他", "不", "来", "!", "我", "们", "走"], [4, 3]),
        (["▁a", "b", "c", "<0xE4>", "<0xBB>", "<0x96>", "d"], [3, 4]),
        (["▁a", "b", "c", ".", "d", "e", "f"], [5, 2]),  # 3.14, example.org
    ],
)
def test_text_without_spaces_is_cut_after_a_sentence_or_between_characters(pieces, parts):
    found = list(split_tokens(list(range(7)), pieces, 5))
    assert [len(part) for part in found] == parts


@given(st.lists(st.sampled_from(["▁a", "b", "▁c.", ".", "。", "<0xE4>"]), max_size=60), st.integers(1, 9))
def test_the_segments_hold_all_tokens_in_order_and_none_is_too_long(pieces, limit):
    parts = list(split_tokens(list(range(len(pieces))), pieces, limit))
    assert [token for part in parts for token in part] == list(range(len(pieces)))
    assert all(0 < len(part) <= limit for part in parts)
