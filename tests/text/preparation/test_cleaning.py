"""Cleaning: each reason to drop a pair, and the order in which the reasons are checked."""

import pytest

from attn_cli.foundation.settings import CleaningConfig
from attn_cli.text.preparation.cleaning import (
    COMPOSED,
    CONTROLS,
    EMPTY,
    IDENTICAL,
    RATIO,
    TOO_LONG,
    Cleaner,
    is_too_long,
    normalized,
)

STRICT = CleaningConfig(max_words=4, max_characters=30, max_ratio=2.0)


@pytest.mark.parametrize(
    "pair, reason",
    [
        (("a cat", "un chat"), None),
        (("", "un chat"), EMPTY),
        (("a cat", ""), EMPTY),
        (("", ""), EMPTY),
        (("w w w w", "v v v v"), None),
        (("w w w w w", "w w w w"), TOO_LONG),
        (("w w w w", "w w w w w"), TOO_LONG),
        (("x" * 30, "x" * 30), None),
        (("x" * 31, "x" * 30), TOO_LONG),
        (("x" * 30, "x" * 31), TOO_LONG),
        (("é" * 30, "é" * 30), None),  # characters, not bytes
        (("ab", "x" * 14), None),  # 12 to 24
        (("ab", "x" * 15), RATIO),
        (("x" * 15, "ab"), RATIO),
        (("ab", "я" * 7), None),  # bytes, not characters
        (("ab", "я" * 8), RATIO),
        (("w w w", "漢字漢字"), None),  # characters are words
        (("w w w", "漢字漢字漢"), TOO_LONG),
        (("ก" * 16, "x" * 10), None),  # four letters are a word, ...
        (("ก" * 17, "x" * 10), TOO_LONG),
        (("ab", "ก" * 14), None),  # ... and no longer than Latin ones
        (("ab", "ก" * 15), RATIO),
    ],
)
def test_an_unfit_pair_is_dropped_for_its_reason(pair, reason):
    assert Cleaner(STRICT).reason(pair) == reason


@pytest.mark.parametrize(
    "pair, reason",
    [
        (("", "w w w w w"), EMPTY),
        (("", "x" * 15), EMPTY),
        (("ab", "x" * 31), TOO_LONG),
    ],
)
def test_the_first_reason_that_applies_is_the_one_counted(pair, reason):
    assert Cleaner(STRICT).reason(pair) == reason


def test_equal_sides_are_dropped_unless_they_are_to_be_kept():
    same = ("Samen Credit Cooperative",) * 2
    assert Cleaner(CleaningConfig()).reason(same) == IDENTICAL
    assert Cleaner(CleaningConfig(keep_identical=True)).reason(same) is None


def test_one_or_two_words_may_be_translated_by_themselves():
    for words in ("six", "Ignore Tom"):
        assert Cleaner(CleaningConfig()).reason((words, words)) is None


@pytest.mark.parametrize(
    "pair, mended, changes",
    [
        (("a cat", "un chat"), ("a cat", "un chat"), []),
        (("a\x00cat", "un\x85\x0cchat"), ("a cat", "un chat"), [CONTROLS]),
        (("\x07a cat", "un chat\x9f"), ("a cat", "un chat"), [CONTROLS]),
        (("a cafe\u0301", "un café"), ("a café", "un café"), [COMPOSED]),
        (("a cafe\u0301\x01", "\x7f"), ("a café", ""), [CONTROLS, COMPOSED]),
        (("ﬁ ½ ² Ａ", "œ\u00a0\u202f’"), ("ﬁ ½ ² Ａ", "œ\u00a0\u202f’"), []),  # compatibility characters stay
        (("a\u2028b", "\u200bc\ufeff"), ("a\u2028b", "\u200bc\ufeff"), []),
    ],
)
def test_control_characters_are_removed_and_characters_composed(pair, mended, changes):
    assert Cleaner(STRICT).mend(pair) == (mended, changes)


@pytest.mark.parametrize(
    "sentence, same",
    [("STRASSE", "Straße"), ("l’eau", "L'EAU"), ("a\u00a0b", "a b"), ("¿Qué?", "qué"), ("你好。", "你好！")],
)
def test_sentences_are_compared_without_case_punctuation_and_extra_space(sentence, same):
    assert normalized(sentence) == normalized(same)


@pytest.mark.parametrize("pair, too_long", [(("w w w w", "x" * 30), False), (("w", "w w w w w"), True)])
def test_a_pair_is_too_long_where_one_side_is(pair, too_long):
    assert is_too_long(pair, STRICT) == too_long
    assert is_too_long(pair[::-1], STRICT) == too_long
