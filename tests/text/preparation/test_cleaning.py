"""Cleaning: each reason to drop a pair, and the order in which the reasons are checked."""

import pytest

from attn_cli.foundation.settings import CleaningConfig
from attn_cli.text.preparation.cleaning import (
    DUPLICATE,
    EMPTY,
    HELD_OUT,
    RATIO,
    REASONS,
    TOO_LONG,
    clean,
    is_too_long,
    normalized,
)

STRICT = CleaningConfig(max_words=4, max_characters=30, max_ratio=2.0)
HELD = [("Hello, world!", "Bonjour le monde."), ("It’s late…", "Il est tard"), ("!!!", "«»"), ("", "")]


def reason_to_drop(pair: tuple[str, str], held_out: list[tuple[str, str]], config: CleaningConfig) -> str | None:
    """Return the reason that the pair is dropped for, or None where it is kept unchanged."""
    kept, cleaning = clean([pair], held_out, config)
    assert kept == ([] if cleaning.dropped else [pair])
    return next(iter(cleaning.dropped), None)


@pytest.mark.parametrize(
    "pair, reason",
    [
        (("a cat", "un chat"), None),
        (("", "un chat"), EMPTY),
        (("a cat", ""), EMPTY),
        (("", ""), EMPTY),
        (("w w w w", "w w w w"), None),
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
    assert reason_to_drop(pair, [], STRICT) == reason


@pytest.mark.parametrize(
    "pair, reason",
    [
        (("", "w w w w w"), EMPTY),
        (("", "x" * 15), EMPTY),
        (("ab", "x" * 31), TOO_LONG),
    ],
)
def test_the_first_reason_that_applies_is_the_one_counted(pair, reason):
    assert reason_to_drop(pair, [], STRICT) == reason


def test_unfit_comes_before_duplicate_and_duplicate_before_held_out():
    unfit, held = ("ab", "x" * 15), ("hello world", "salut")
    _, cleaning = clean([unfit, unfit, held, held], HELD, STRICT)
    assert cleaning.dropped == {RATIO: 2, HELD_OUT: 1, DUPLICATE: 1}
    assert REASONS == (EMPTY, TOO_LONG, RATIO, DUPLICATE, HELD_OUT)


def test_only_a_pair_equal_on_both_sides_is_a_duplicate():
    pairs = [("a", "b"), ("a", "c"), ("d", "b"), ("a", "b"), ("A", "b")]
    kept, cleaning = clean(pairs, [], STRICT)
    assert kept == [("a", "b"), ("a", "c"), ("d", "b"), ("A", "b")]
    assert cleaning.dropped == {DUPLICATE: 1}


@pytest.mark.parametrize(
    "pair, reason",
    [
        (("Hello, world!", "Salut"), HELD_OUT),
        (("Hi", "Bonjour le monde."), HELD_OUT),
        (("hello WORLD", "Salut"), HELD_OUT),
        (("Hi", "« BONJOUR,  le monde ! »"), HELD_OUT),
        (("It's late", "Tard"), HELD_OUT),
        (("!!!", "Oh"), HELD_OUT),
        (("???", "Oh"), None),  # punctuation alone is compared as it is
        (("Bonjour le monde", "Salut"), None),  # held out on the other side
        (("Hello worlds", "Salut"), None),
        (("Helloworld", "Salut"), None),
    ],
)
def test_a_side_that_is_held_out_is_recognized_by_its_letters_and_digits(pair, reason):
    assert reason_to_drop(pair, HELD, CleaningConfig()) == reason


@pytest.mark.parametrize(
    "sentence, same",
    [("STRASSE", "Straße"), ("l’eau", "L'EAU"), ("a\u00a0b", "a b"), ("¿Qué?", "qué"), ("你好。", "你好！")],
)
def test_sentences_are_compared_without_case_punctuation_and_extra_space(sentence, same):
    assert normalized(sentence) == normalized(same)


def test_cleaning_counts_the_pairs_read_kept_and_dropped():
    pairs = [("a", "b"), ("", "b"), ("c", "d"), ("a", "b"), ("Hello world", "e")]
    kept, cleaning = clean(iter(pairs), iter(HELD), STRICT)
    assert (cleaning.read, cleaning.kept, sum(cleaning.dropped.values())) == (5, 2, 3)
    assert kept == [("a", "b"), ("c", "d")]


@pytest.mark.parametrize("pair, too_long", [(("w w w w", "x" * 30), False), (("w", "w w w w w"), True)])
def test_a_pair_is_too_long_where_one_side_is(pair, too_long):
    assert is_too_long(pair, STRICT) == too_long
    assert is_too_long(pair[::-1], STRICT) == too_long
