"""Settings: the values that are refused, and the way to JSON and back."""

import json
import math
from dataclasses import FrozenInstanceError
from typing import get_args

import pytest

from attn_cli.foundation.errors import SettingsError
from attn_cli.foundation.settings import (
    CleaningConfig,
    DecodingConfig,
    MachineConfig,
    ModelConfig,
    PrepareConfig,
    Score,
    TokenizerConfig,
    TrainingConfig,
)


@pytest.mark.parametrize(
    "settings",
    [
        TokenizerConfig(vocab_size=301, character_coverage=0.9, max_lines=7, num_threads=3),
        CleaningConfig(max_words=7, max_characters=70, max_ratio=2.5),
        ModelConfig(vocab_size=301, embedding_size=3, hidden_size=4, decoder_layers=5, attention="dot"),
        TrainingConfig(minutes=0.5, warmup=0.1, dropout=0.2, word_dropout=0.3, label_smoothing=0.4, seed=5),
        TrainingConfig(steps=1, consistency=0.5),
        TrainingConfig(epochs=2.5, batch_tokens=7, learning_rate=0.1, max_norm=2.0, patience=3, synthetic_share=0.5),
        TrainingConfig(steps=3),
        DecodingConfig(beam_size=2, length_penalty=0.5, max_length=7, n_best=2),
        DecodingConfig(sample=True, n_best=9, temperature=0.5, top_k=3, top_p=0.9, seed=4),
        pytest.param(PrepareConfig(vocab_size=301, cleaning=CleaningConfig(max_words=7), seed=2)),
    ],
    ids=lambda settings: type(settings).__name__,
)
def test_settings_survive_json(settings):
    assert type(settings).from_dict(json.loads(json.dumps(settings.to_dict()))) == settings


def test_what_is_left_out_takes_its_default():
    assert TrainingConfig.from_dict({"steps": 7}) == TrainingConfig(steps=7)


@pytest.mark.parametrize(
    "kind, values, told",
    [
        (TrainingConfig, {"steps": 1, "momentum": 0.9}, "TrainingConfig: unknown setting momentum"),
        (ModelConfig, {"vocab_size": 300, "b": 1, "a": 1}, "unknown setting a, b"),
        (ModelConfig, {}, "ModelConfig: setting vocab_size is missing"),
        (ModelConfig, {"vocab_size": "300"}, "vocab_size is '300'"),
        (ModelConfig, {"vocab_size": 300.0}, "vocab_size is 300.0"),
        (ModelConfig, {"vocab_size": True}, "vocab_size is True"),
        (ModelConfig, {"vocab_size": None}, "vocab_size is None"),
        (ModelConfig, {"vocab_size": 300, "attention": None}, "attention is None"),
        (TrainingConfig, {"steps": 1.0}, "steps is 1.0"),
        (TrainingConfig, {"steps": True}, "steps is True"),
        (TrainingConfig, {"minutes": True}, "minutes is True"),
        (TrainingConfig, {"steps": 1, "dropout": True}, "dropout is True"),
        (TrainingConfig, {"steps": 1, "dropout": [0.1]}, r"dropout is \[0.1\]"),
        (DecodingConfig, {"beam_size": {}}, "beam_size is {}"),
        (DecodingConfig, {"max_length": 2.5}, "max_length is 2.5"),
        (DecodingConfig, {"top_k": 2.0}, "top_k is 2.0"),
        (DecodingConfig, {"sample": 1}, "sample is 1"),
    ],
)
def test_from_dict_names_what_it_refuses(kind, values, told):
    with pytest.raises(SettingsError, match=told):
        kind.from_dict(values)


@pytest.mark.parametrize("values", [{"minutes": 5}, {"minutes": 5.0, "epochs": None}, {"steps": 5, "dropout": 0}])
def test_from_dict_takes_an_integer_for_a_float_and_none_where_it_may_be(values):
    assert TrainingConfig.from_dict(values) == TrainingConfig(**values)


def test_from_dict_checks_ranges_too():
    with pytest.raises(SettingsError, match="`dropout` 2"):
        TrainingConfig.from_dict({"steps": 1, "dropout": 2})


@pytest.mark.parametrize(
    "kind, name, value",
    [
        (TokenizerConfig, "vocab_size", 299),
        (TokenizerConfig, "vocab_size", 1_000_001),
        (ModelConfig, "attention", "luong"),
        (ModelConfig, "embedding_size", 0),
        (ModelConfig, "decoder_layers", 0),
        (ModelConfig, "hidden_size", 0),
        (ModelConfig, "hidden_size", -2),
        (ModelConfig, "hidden_size", 3),
        (TrainingConfig, "dropout", 1),
        (TrainingConfig, "dropout", -0.1),
        (TrainingConfig, "dropout", math.nan),
        (TrainingConfig, "word_dropout", 1.0),
        (TrainingConfig, "label_smoothing", 1.0),
        (TrainingConfig, "batch_tokens", 0),
        (TrainingConfig, "learning_rate", 0.0),
        (TrainingConfig, "learning_rate", math.nan),
        (DecodingConfig, "beam_size", 0),
        (DecodingConfig, "length_penalty", -0.1),
        (DecodingConfig, "length_penalty", 10.1),
        (DecodingConfig, "max_length", 0),
        (DecodingConfig, "max_length", 10_001),
        (DecodingConfig, "n_best", 0),
        (DecodingConfig, "temperature", 0),
        (DecodingConfig, "temperature", 100.1),
        (DecodingConfig, "temperature", math.nan),
        (DecodingConfig, "top_k", 0),
        (DecodingConfig, "top_p", 0.0),
        (DecodingConfig, "top_p", 1.1),
        (DecodingConfig, "top_p", math.nan),
        (DecodingConfig, "seed", -1),
        (DecodingConfig, "length_penalty", math.nan),
        (CleaningConfig, "max_ratio", math.inf),
        (CleaningConfig, "max_ratio", 0.9),
        (CleaningConfig, "max_ratio", math.nan),
        (CleaningConfig, "max_words", 0),
        (CleaningConfig, "max_characters", 0),
        (ModelConfig, "vocab_size", 0),
        (ModelConfig, "window", "local"),
        (ModelConfig, "cell", "transformer"),
        (TrainingConfig, "max_norm", math.inf),
        (TrainingConfig, "learning_rate", math.inf),
        (TrainingConfig, "warmup", 1.0),
        (TrainingConfig, "patience", 0),
        (TrainingConfig, "synthetic_share", 0.0),
        (TrainingConfig, "synthetic_share", 1.0),
        (TrainingConfig, "synthetic_share", math.nan),
        (TrainingConfig, "consistency", -0.1),
        (TrainingConfig, "consistency", 100.1),
        (TrainingConfig, "consistency", math.nan),
        (MachineConfig, "precision", "float16"),
        (MachineConfig, "threads", 0),
    ],
)
def test_a_value_out_of_range_is_named_with_its_setting(kind, name, value):
    with pytest.raises(SettingsError, match=f"^`{name}` {value}: "):
        kind(**{**REQUIRED.get(kind, {}), name: value})


REQUIRED = {ModelConfig: {"vocab_size": 300}, TrainingConfig: {"steps": 1}, DecodingConfig: {"sample": True}}


@pytest.mark.parametrize(
    "kind, name, value",
    [
        (TokenizerConfig, "vocab_size", 300),
        (TokenizerConfig, "vocab_size", 1_000_000),
        (ModelConfig, "embedding_size", 1),
        (ModelConfig, "decoder_layers", 1),
        (ModelConfig, "hidden_size", 2),
        *[(ModelConfig, "attention", score) for score in get_args(Score)],
        (TrainingConfig, "dropout", 0.0),
        (TrainingConfig, "dropout", 0.99),
        (TrainingConfig, "word_dropout", 0.0),
        (TrainingConfig, "label_smoothing", 0.0),
        (TrainingConfig, "batch_tokens", 1),
        (TrainingConfig, "synthetic_share", 0.01),
        (TrainingConfig, "consistency", 0.0),
        (TrainingConfig, "consistency", 100.0),
        (DecodingConfig, "beam_size", 1),
        (DecodingConfig, "length_penalty", 0.0),
        (DecodingConfig, "length_penalty", 10.0),
        (DecodingConfig, "max_length", 1),
        (DecodingConfig, "max_length", 10_000),
        (DecodingConfig, "n_best", 1),
        (DecodingConfig, "temperature", 0.01),
        (DecodingConfig, "temperature", 100),
        (DecodingConfig, "top_k", 1),
        (DecodingConfig, "top_p", 1.0),
        (DecodingConfig, "seed", 0),
    ],
)
def test_the_ends_of_a_range_belong_to_it(kind, name, value):
    assert getattr(kind(**{**REQUIRED.get(kind, {}), name: value}), name) == value


@pytest.mark.parametrize("count", [0, 2, 3])
def test_a_training_wants_exactly_one_budget(count):
    budgets = dict(list({"minutes": 1.0, "epochs": 1.0, "steps": 1}.items())[:count])
    with pytest.raises(SettingsError, match=f"one budget of `minutes`, `epochs` and `steps`, not {count}"):
        TrainingConfig(**budgets)


@pytest.mark.parametrize("name", ["minutes", "epochs", "steps"])
@pytest.mark.parametrize("value", [0, -1, math.nan, math.inf])
def test_a_budget_of_nothing_or_without_end_is_refused(name, value):
    with pytest.raises(SettingsError, match=f"^`{name}` {value}: must be "):
        TrainingConfig(**{name: value})


def test_settings_cannot_be_changed():
    settings = ModelConfig(vocab_size=300)
    with pytest.raises(FrozenInstanceError):
        settings.vocab_size = 400


@pytest.mark.parametrize(("name", "value"), [("temperature", 0.5), ("top_k", 1), ("top_k", 9), ("top_p", 1.0)])
def test_settings_of_sampling_are_refused_without_it(name, value):
    with pytest.raises(SettingsError, match=f"^`{name}` {value}: needs `sample`$"):
        DecodingConfig(**{name: value})


def test_a_beam_must_be_as_large_as_the_number_of_translations_wanted():
    with pytest.raises(SettingsError, match=r"^`n_best` 6: must be at most `beam_size`, 5, without `sample`$"):
        DecodingConfig(n_best=6)
    assert DecodingConfig(n_best=6, beam_size=6).n_best == DecodingConfig(n_best=6, sample=True).n_best
