"""Pairs held out for validation and test: how many, which, and that they are disjoint."""

import pytest
from digit_language import digit_pairs

from attn_cli.text.preparation import held_out
from attn_cli.text.preparation.cleaning import normalized
from attn_cli.text.preparation.held_out import hold_out

PAIRS = digit_pairs(120, seed=1)


def sentences(pairs):
    return {normalized(sentence) for pair in pairs for sentence in pair}


def test_without_valid_and_test_a_share_of_the_training_text_is_held_out_for_each():
    splits = {}
    train = hold_out(PAIRS, splits, seed=1)
    assert (len(train), len(splits["valid"]), len(splits["test"])) == (108, 6, 6)
    assert sorted(train + splits["valid"] + splits["test"]) == sorted(PAIRS)
    assert train == [pair for pair in PAIRS if pair in train]


@pytest.mark.parametrize("given, missing", [("valid", "test"), ("test", "valid")])
def test_only_a_missing_split_is_held_out(given, missing):
    splits = {given: PAIRS[:10]}
    train = hold_out(PAIRS[10:], splits, seed=1)
    assert splits[given] == PAIRS[:10]
    assert len(splits[missing]) == 5
    assert sorted(train + splits[missing]) == sorted(PAIRS[10:])


def test_with_both_splits_given_nothing_is_held_out():
    splits = {"valid": PAIRS[:10], "test": PAIRS[10:20]}
    assert hold_out(PAIRS[20:], splits, seed=1) == PAIRS[20:]
    assert splits == {"valid": PAIRS[:10], "test": PAIRS[10:20]}


def test_no_sentence_is_held_out_for_both_splits():
    # Ten sentences on either side, each in several pairs and spellings: random pairs nearly always share one.
    pairs = [(f"Source {row % 10}{mark}", f"target {row % 7}") for row in range(70) for mark in (".", "!")]
    for seed in range(5):
        splits = {}
        hold_out(pairs, splits, seed)
        assert splits["valid"]
        assert not sentences(splits["valid"]) & sentences(splits["test"])


@pytest.mark.parametrize("given, missing", [("valid", "test"), ("test", "valid")])
def test_no_sentence_of_a_given_split_is_held_out_for_the_other(given, missing):
    shouted = [(f"{source.upper()}!", f"{target}.") for source, target in PAIRS[:100]]
    splits = {given: shouted}
    hold_out(PAIRS, splits, seed=1)
    assert len(splits[missing]) == 6
    assert set(splits[missing]) <= set(PAIRS[100:])


def test_no_empty_sentence_is_held_out():
    splits = {}
    hold_out(PAIRS[:100] + [("", "rien"), ("nothing", "")] * 100, splits, seed=1)
    assert all(all(pair) for pairs in splits.values() for pair in pairs)
    assert (len(splits["valid"]), len(splits["test"])) == (15, 15)


def test_a_large_corpus_loses_a_limited_number_of_pairs(monkeypatch):
    monkeypatch.setattr(held_out, "HELD_OUT_MOST", 2)
    splits = {}
    assert len(hold_out(PAIRS, splits, seed=1)) == 116
    assert (len(splits["valid"]), len(splits["test"])) == (2, 2)


def test_nothing_is_held_out_of_fewer_than_twenty_pairs():
    splits = {}
    assert hold_out(PAIRS[:19], splits, seed=1) == PAIRS[:19]
    assert splits == {"valid": [], "test": []}


def test_the_seed_selects_the_pairs_held_out():
    selections = []
    for seed in (1, 1, 2):
        splits = {}
        hold_out(PAIRS, splits, seed)
        selections.append(splits)
    assert selections[0] == selections[1]
    assert selections[0] != selections[2]
