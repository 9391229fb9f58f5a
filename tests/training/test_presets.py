"""The settings that suit a corpus, and given ones that override them."""

import math
from dataclasses import asdict, replace

import pytest

from attn_cli.foundation.settings import ModelConfig, TrainingConfig
from attn_cli.models.folder import ModelSettings
from attn_cli.training.presets import (
    FINE_TUNING_PRESETS,
    LEAST_UPDATES,
    PRESETS,
    QUICK,
    TRANSFER,
    Preset,
    fine_tuning_config,
    on_gpu,
    preset_for,
    settings_of,
    suited_configs,
)


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
def test_the_preset_suits_the_number_of_words(words, index):
    assert preset_for(words) == PRESETS[index]


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: f"{preset.max_words:g}")
def test_each_preset_makes_valid_settings(preset: Preset):
    words = int(min(preset.max_words, 1e9))
    model, training = suited_configs(words, words, 2000, {})
    chosen = {name: value for name, value in asdict(preset).items() if name not in ("max_words", "epochs")}
    assert chosen.items() <= (model.to_dict() | training.to_dict()).items()


@pytest.mark.parametrize(
    ("words", "given", "tokens", "rate"),
    [
        (500_000, {}, 3200, 2e-3),
        (50_000_000, {}, 16_000, 2e-3),
        (300_000, {}, 800, 1e-3),  # few words: every update counts
        (500_000, {"batch_tokens": 900}, 900, 1e-3),
        (500_000, {"learning_rate": 1e-4}, 800, 1e-4),
        (500_000, {"dropout": 0.5}, 3200, 2e-3),
    ],
)
def test_on_a_gpu_batches_are_larger_unless_their_size_is_given(words, given, tokens, rate):
    model, training = suited_configs(words, words, 2000, given)
    settings = ModelSettings(source_language="en", target_language="fr", corpus="c", model=model, training=training)
    larger = on_gpu(settings, words, given).training
    assert (larger.batch_tokens, larger.learning_rate) == (tokens, pytest.approx(rate))
    assert (larger.epochs, larger.dropout) == (training.epochs, training.dropout)
    fine_tuned = replace(settings, parent="general-en-fr")
    assert on_gpu(fine_tuned, words, given) == fine_tuned


def test_given_settings_override_the_preset():
    model, training = suited_configs(500_000, 600_000, 4321, {"hidden_size": 64, "dropout": 0.5})
    assert (model.vocab_size, model.hidden_size, training.dropout) == (4321, 64, 0.5)
    preset = preset_for(500_000)
    assert (model.embedding_size, training.batch_tokens) == (preset.embedding_size, preset.batch_tokens)


@pytest.mark.parametrize("budget", [{"minutes": 3.0}, {"steps": 7}, {"epochs": 2.0}])
def test_a_budget_that_is_given_is_the_only_one(budget):
    _, training = suited_configs(500_000, 600_000, 4321, budget)
    assert {
        name: getattr(training, name) for name in ("minutes", "epochs", "steps") if getattr(training, name)
    } == budget


@pytest.mark.parametrize("given", [{}, {"batch_tokens": 100}, {"batch_tokens": 4000}])
def test_a_small_corpus_is_read_often_enough(given):
    _, training = suited_configs(1_000, 1_200, 300, given)
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
def test_few_minutes_with_a_small_corpus_have_settings_of_their_own(words, budget, quick):
    model, training = suited_configs(words, words, 2000, {"dropout": 0.15, **budget})
    chosen = {name: QUICK[name] for name in QUICK if name != "dropout"}
    assert (chosen.items() <= (model.to_dict() | training.to_dict()).items()) == quick
    assert training.dropout == 0.15


def test_a_large_corpus_is_read_as_often_as_suits_it():
    assert suited_configs(500_000, 600_000, 4321, {})[1].epochs == preset_for(500_000).epochs


@pytest.mark.parametrize("index", range(len(FINE_TUNING_PRESETS)))
def test_fine_tuning_has_the_preset_of_the_number_of_words(index):
    preset = FINE_TUNING_PRESETS[index]
    words = int(min(preset.max_words, 1e9))
    chosen = {name: value for name, value in asdict(preset).items() if name != "max_words"}
    assert chosen.items() <= fine_tuning_config(words, {}).to_dict().items()
    assert fine_tuning_config(words + 1, {}) != fine_tuning_config(words, {}) or preset.max_words == math.inf


@pytest.mark.parametrize("budget", [{"minutes": 3.0}, {"steps": 7}, {"epochs": 2.0}])
def test_given_settings_override_those_of_fine_tuning(budget):
    training = fine_tuning_config(1_000, {"dropout": 0.45, "hidden_size": 7, **budget})
    assert training.dropout == 0.45
    assert training.learning_rate == FINE_TUNING_PRESETS[0].learning_rate
    given = {name: getattr(training, name) for name in ("minutes", "epochs", "steps") if getattr(training, name)}
    assert given == budget


def test_other_languages_than_the_parents_have_settings_of_their_own():
    training = fine_tuning_config(1_000, {"dropout": 0.45}, transfer=True)
    assert training.dropout == 0.45
    assert (training.learning_rate, training.epochs) == (TRANSFER["learning_rate"], TRANSFER["epochs"])


def test_settings_are_sorted_by_their_class():
    values = {"hidden_size": 8, "dropout": 0.1, "vocab_size": 300, "other": 1}
    assert settings_of(ModelConfig, values) == {"hidden_size": 8}
    assert settings_of(TrainingConfig, values) == {"dropout": 0.1}
