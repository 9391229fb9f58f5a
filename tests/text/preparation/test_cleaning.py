"""Cleaning: each reason to drop a pair, and the order in which the reasons are checked."""

import pytest

from attn_cli.foundation.settings import CleaningConfig
from attn_cli.text.preparation.cleaning import (
    COMPOSED,
    CONTROLS,
    EMPTY,
    IDENTICAL,
    LANGUAGE,
    NO_LETTERS,
    NUMBERS,
    RATIO,
    SCRIPT,
    TOO_LONG,
    Cleaner,
    is_too_long,
    normalized,
)

STRICT = CleaningConfig(max_words=4, max_characters=30, max_ratio=2.0, keep_suspect=True)
LANGUAGES = ("en", "fr")


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
    assert Cleaner(STRICT, LANGUAGES).reason(pair) == reason


@pytest.mark.parametrize(
    "pair, reason",
    [
        (("", "w w w w w"), EMPTY),
        (("", "x" * 15), EMPTY),
        (("ab", "x" * 31), TOO_LONG),
    ],
)
def test_the_first_reason_that_applies_is_the_one_counted(pair, reason):
    assert Cleaner(STRICT, LANGUAGES).reason(pair) == reason


@pytest.mark.parametrize(
    "pair, reason",
    [
        (("Samen Credit Cooperative", "Samen Credit Cooperative"), IDENTICAL),
        (("251-99-124 (3)", "251-99-124 (2)"), NO_LETTERS),
        (("the first of them", "@@ @@ @@ @@ @@"), NO_LETTERS),
        (("the first of them", "первый из них"), SCRIPT),
        (("call me at 5 o'clock, house 12", "appelez-moi à 7 heures, maison 34"), NUMBERS),
        (("it cost 1,000 dollars", "il a coûté 1 000 dollars"), None),
        (("I have three of them", "j'en ai 3"), None),
    ],
)
def test_a_pair_that_is_probably_no_translation_is_dropped_unless_it_is_to_be_kept(pair, reason):
    assert Cleaner(CleaningConfig(), LANGUAGES).reason(pair) == reason
    assert Cleaner(CleaningConfig(keep_suspect=True), LANGUAGES).reason(pair) is None


def test_the_language_of_a_pair_is_judged_on_request():
    swapped = ("Ma cravate est plus jolie que leur ceinture.", "My tie is prettier than their belt.")
    assert Cleaner(CleaningConfig(), LANGUAGES).reason(swapped) is None
    check = Cleaner(CleaningConfig(check_language=True), LANGUAGES)
    assert (check.reason(swapped), check.reason(swapped[::-1])) == (LANGUAGE, None)


def test_one_or_two_words_may_be_translated_by_themselves():
    for words in ("six", "Ignore Tom"):
        assert Cleaner(CleaningConfig(), LANGUAGES).reason((words, words)) is None


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
    assert Cleaner(STRICT, LANGUAGES).mend(pair) == (mended, changes)


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
