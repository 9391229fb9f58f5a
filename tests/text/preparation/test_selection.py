"""Selection: repeated pairs, pairs that are in valid or test, and pairs held out for these."""

import numpy as np
import pytest
from digit_language import digit_pairs

from attn_cli.foundation.settings import CleaningConfig
from attn_cli.text.preparation import selection
from attn_cli.text.preparation.cleaning import DUPLICATE, HELD_OUT, RATIO, TRANSLATED, Cleaner, normalized
from attn_cli.text.preparation.selection import drop_known, drop_repeated, hold_out, one_sentence
from attn_cli.text.preparation.spool import FATES, cleaned, compared_hash

PAIRS = digit_pairs(120, seed=1)
HELD = [("Hello, world!", "Bonjour le monde."), ("It’s late…", "Il est tard"), ("!!!", "«»"), ("", "")]


def rows_of(pairs):
    return cleaned(Cleaner(CleaningConfig(keep_suspect=True), ("en", "fr")), pairs).rows


def sides_of(pairs):
    return tuple(np.array([compared_hash(side) for side in sides], np.uint64) for sides in zip(*pairs, strict=True))


def fates(rows):
    return [FATES[fate] for fate in rows["fate"]]


def held_out_of(pairs, given=None, seed=1, genuine=None):
    """Return the pairs of each fate after holding out."""
    rows = rows_of(pairs)
    known = {name: sides_of(of_split) for name, of_split in (given or {}).items()}
    hold_out(rows, known, seed=seed, genuine=len(pairs) if genuine is None else genuine)
    result = {name: [] for name in FATES}
    for pair, fate in zip(pairs, fates(rows), strict=True):
        result[fate].append(pair)
    return result


def sentences(pairs):
    return {normalized(sentence) for pair in pairs for sentence in pair}


# Repeated pairs


def test_only_a_pair_equal_on_both_sides_is_a_duplicate():
    rows = rows_of([("a", "b"), ("a", "c"), ("d", "b"), ("a", "b"), ("A", "b"), ("a", "b")])
    drop_repeated(rows, one_translation=False)
    assert fates(rows) == ["train", "train", "train", DUPLICATE, "train", DUPLICATE]


def test_a_pair_is_not_the_same_as_one_with_another_boundary_between_its_sides():
    rows = rows_of([("a b", "c"), ("a", "b c")])
    drop_repeated(rows, one_translation=False)
    assert fates(rows) == ["train", "train"]


def test_of_several_translations_only_the_first_is_kept_if_that_is_wanted():
    rows = rows_of([("Hello!", "salut"), ("hello", "bonjour"), ("bye", "salut"), ("Hello!", "salut")])
    drop_repeated(rows, one_translation=True)
    assert fates(rows) == ["train", TRANSLATED, "train", DUPLICATE]


def test_a_pair_that_is_unfit_stays_so_and_hides_no_other():
    pairs = [("ab", "x" * 50), ("ab", "x" * 50), ("hello world", "salut"), ("hello world", "salut")]
    rows = rows_of(pairs)
    drop_repeated(rows, one_translation=True)
    drop_known(rows, sides_of(HELD))
    assert fates(rows) == [RATIO, RATIO, HELD_OUT, DUPLICATE]


@pytest.mark.parametrize(
    "pair, fate",
    [
        (("Hello, world!", "Salut"), HELD_OUT),
        (("Hi", "Bonjour le monde."), HELD_OUT),
        (("hello WORLD", "Salut"), HELD_OUT),
        (("Hi", "« BONJOUR,  le monde ! »"), HELD_OUT),
        (("It's late", "Tard"), HELD_OUT),
        (("!!!", "Oh"), HELD_OUT),
        (("???", "Oh"), "train"),  # punctuation alone is compared as it is
        (("Bonjour le monde", "Salut"), "train"),  # held out on the other side
        (("Hello worlds", "Salut"), "train"),
        (("Helloworld", "Salut"), "train"),
    ],
)
def test_a_side_that_is_held_out_is_recognized_by_its_letters_and_digits(pair, fate):
    rows = rows_of([pair])
    drop_known(rows, sides_of(HELD))
    assert fates(rows) == [fate]


# Holding out


def test_without_valid_and_test_a_share_of_the_training_text_is_held_out_for_each():
    result = held_out_of(PAIRS)
    assert [len(result[name]) for name in ("train", "valid", "test")] == [108, 6, 6]
    assert sorted(result["train"] + result["valid"] + result["test"]) == sorted(PAIRS)


@pytest.mark.parametrize("given, missing", [("valid", "test"), ("test", "valid")])
def test_only_a_missing_split_is_held_out(given, missing):
    result = held_out_of(PAIRS[10:], {given: PAIRS[:10]})
    assert (len(result[given]), len(result[missing]), len(result["train"])) == (0, 5, 105)


def test_with_both_splits_given_nothing_is_held_out():
    assert held_out_of(PAIRS[20:], {"valid": PAIRS[:10], "test": PAIRS[10:20]})["train"] == PAIRS[20:]


def test_no_sentence_is_held_out_for_both_splits_or_stays_to_train_on():
    # Ten sentences on either side, each in several pairs and spellings: random pairs nearly always share one.
    pairs = [(f"Source {row % 10}{mark}", f"target {row % 7}") for row in range(70) for mark in (".", "!")]
    for seed in range(5):
        result = held_out_of(pairs, seed=seed)
        assert result["valid"]
        assert not sentences(result["valid"]) & sentences(result["test"])
        assert not sentences(result["train"]) & (sentences(result["valid"]) | sentences(result["test"]))


@pytest.mark.parametrize("given, missing", [("valid", "test"), ("test", "valid")])
def test_no_sentence_of_a_given_split_is_held_out_for_the_other(given, missing):
    shouted = [(f"{source.upper()}!", f"{target}.") for source, target in PAIRS[:100]]
    result = held_out_of(PAIRS, {given: shouted})
    assert len(result[missing]) == 6
    assert set(result[missing]) <= set(PAIRS[100:])


def test_only_pairs_fit_for_training_are_held_out():
    result = held_out_of(PAIRS[:100] + [("", "rien"), ("nothing", "")] * 100)
    assert (len(result["valid"]), len(result["test"])) == (5, 5)
    assert all(all(pair) for name in ("valid", "test") for pair in result[name])


def test_no_synthetic_pair_is_held_out():
    for seed in range(5):
        result = held_out_of(PAIRS, seed=seed, genuine=40)
        assert set(result["valid"] + result["test"]) <= set(PAIRS[:40])
        assert (len(result["valid"]), len(result["test"])) == (2, 2)


def test_a_large_corpus_loses_a_limited_number_of_pairs(monkeypatch):
    monkeypatch.setattr(selection, "HELD_OUT_MOST", 2)
    result = held_out_of(PAIRS)
    assert [len(result[name]) for name in ("train", "valid", "test")] == [116, 2, 2]


def test_nothing_is_held_out_of_fewer_than_twenty_pairs():
    assert held_out_of(PAIRS[:19])["train"] == PAIRS[:19]


def test_the_seed_selects_the_pairs_held_out():
    first, again, other = (held_out_of(PAIRS, seed=seed) for seed in (1, 1, 2))
    assert first == again != other


# A side of one sentence


@pytest.mark.parametrize("side, name", [(0, "source"), (1, "target")])
def test_a_side_that_is_one_sentence_is_named(side, name):
    same = [("always this", pair[1]) if side == 0 else (pair[0], "always this") for pair in PAIRS]
    rows = rows_of(same[:70] + PAIRS[70:])
    assert one_sentence(rows) == f"warning: the {name} side is the same sentence in 70 of 120 pairs; check the files"
    assert one_sentence(rows_of(same[:50] + PAIRS[50:])) is None
    assert one_sentence(rows_of(same[:20])) is None
    assert one_sentence(rows_of(PAIRS)[:0]) is None
