"""The settings that suit a corpus, and what is given in their place."""

import pytest

from attn_cli.foundation.settings import ModelConfig, TokenizerConfig, TrainingConfig
from attn_cli.training.presets import LEAST_UPDATES, QUICK, SIZES, Size, settings_of, size_for, suited


@pytest.mark.parametrize(
    ("words", "index"),
    [
        (0, 0),
        (100_000, 0),
        (100_001, 1),
        (300_000, 1),
        (300_001, 2),
        (700_000, 2),
        (700_001, 3),
        (2_500_000, 3),
        (2_500_001, 4),
        (20_000_000, 4),
        (20_000_001, 5),
        (10**12, 5),
    ],
)
def test_the_size_suits_the_number_of_words(words, index):
    assert size_for(words) == SIZES[index]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size.max_words:g}")
def test_each_size_makes_settings_that_are_allowed(size: Size):
    TokenizerConfig(vocab_size=size.vocab_size)
    words = int(min(size.max_words, 1e9))
    model, training = suited(words, words, size.vocab_size, {})
    chosen = {name: value for name, value in size.to_dict().items() if name not in ("max_words", "epochs")}
    assert chosen.items() <= (model.to_dict() | training.to_dict()).items()


def test_what_is_given_takes_the_place_of_what_suits():
    model, training = suited(500_000, 600_000, 4321, {"hidden_size": 64, "dropout": 0.5})
    assert (model.vocab_size, model.hidden_size, training.dropout) == (4321, 64, 0.5)
    size = size_for(500_000)
    assert (model.embedding_size, training.batch_tokens) == (size.embedding_size, size.batch_tokens)


@pytest.mark.parametrize("budget", [{"minutes": 3.0}, {"steps": 7}, {"epochs": 2.0}])
def test_a_budget_that_is_given_is_the_only_one(budget):
    _, training = suited(500_000, 600_000, 4321, budget)
    assert {
        name: getattr(training, name) for name in ("minutes", "epochs", "steps") if getattr(training, name)
    } == budget


@pytest.mark.parametrize("given", [{}, {"batch_tokens": 100}, {"batch_tokens": 4000}])
def test_a_small_corpus_is_read_often_enough(given):
    _, training = suited(1_000, 1_200, 300, given)
    assert training.epochs * 1_200 / training.batch_tokens >= LEAST_UPDATES


@pytest.mark.parametrize(
    ("words", "budget", "quick"),
    [
        (300_000, {"minutes": 3}, True),
        (1_000, {"minutes": 0.5}, True),
        (300_000, {"minutes": 3.1}, False),
        (300_001, {"minutes": 3}, False),
        (300_000, {"steps": 3}, False),
        (300_000, {}, False),
    ],
)
def test_few_minutes_of_a_small_corpus_have_settings_of_their_own(words, budget, quick):
    model, training = suited(words, words, 2000, {"dropout": 0.15, **budget})
    chosen = {name: QUICK[name] for name in QUICK if name != "dropout"}
    assert (chosen.items() <= (model.to_dict() | training.to_dict()).items()) == quick
    assert training.dropout == 0.15


def test_a_large_corpus_is_read_as_often_as_suits_it():
    assert suited(500_000, 600_000, 4321, {})[1].epochs == size_for(500_000).epochs


def test_settings_are_told_apart_by_their_kind():
    values = {"hidden_size": 8, "dropout": 0.1, "vocab_size": 300, "other": 1}
    assert settings_of(ModelConfig, values) == {"hidden_size": 8}
    assert settings_of(TrainingConfig, values) == {"dropout": 0.1}
