"""Settings that suit a corpus: the size of the network, how it is trained, and for how long. No torch."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from attn_cli.foundation import storage
from attn_cli.foundation.settings import BUDGETS, ModelConfig, TrainingConfig
from attn_cli.models.catalogue import packaged_models
from attn_cli.models.folder import ModelSettings, StoredModel
from attn_cli.text.prepared_corpus import PreparedCorpus

LEAST_UPDATES = 2000  # of a training without a budget, however small the corpus
QUICK_WORDS, QUICK_MINUTES = 300e3, 3
GPU_BATCH = 4  # times the target tokens of a batch: docs/experiments.md, "Larger batches on a GPU"


@dataclass(frozen=True, kw_only=True)
class FineTuningPreset:
    """Settings of learning that suit a corpus of up to `max_words` words in the language that has more."""

    max_words: float
    dropout: float
    word_dropout: float = 0.0
    batch_tokens: int
    learning_rate: float
    epochs: int


@dataclass(frozen=True, kw_only=True)
class Preset(FineTuningPreset):
    """The same for a new network, with the sizes of the network."""

    embedding_size: int
    hidden_size: int
    decoder_layers: int


# Words, not sentence pairs, measure how much a corpus teaches: a pair of legal text has four times the words of a
# pair from a phrase book. The measurements behind the figures are in docs/experiments.md.
PRESETS = (
    Preset(max_words=100e3, embedding_size=512, hidden_size=512, decoder_layers=1,
           dropout=0.5, word_dropout=0.1, batch_tokens=500, learning_rate=1e-3, epochs=30),
    Preset(max_words=300e3, embedding_size=512, hidden_size=512, decoder_layers=2,
           dropout=0.3, word_dropout=0.0, batch_tokens=800, learning_rate=1e-3, epochs=12),
    Preset(max_words=700e3, embedding_size=512, hidden_size=512, decoder_layers=2,
           dropout=0.3, word_dropout=0.0, batch_tokens=800, learning_rate=1e-3, epochs=16),
    Preset(max_words=2.5e6, embedding_size=512, hidden_size=512, decoder_layers=2,
           dropout=0.2, word_dropout=0.0, batch_tokens=800, learning_rate=5e-4, epochs=8),
    Preset(max_words=20e6, embedding_size=384, hidden_size=512, decoder_layers=2,
           dropout=0.1, word_dropout=0.0, batch_tokens=1600, learning_rate=1e-3, epochs=8),
    Preset(max_words=math.inf, embedding_size=512, hidden_size=1024, decoder_layers=2,
           dropout=0.1, word_dropout=0.0, batch_tokens=4000, learning_rate=1e-3, epochs=4),
)  # fmt: skip

# Fine-tuning: the fewer words, the smaller the steps away from the parent.
FINE_TUNING_PRESETS = (
    FineTuningPreset(max_words=5e3, dropout=0.2, batch_tokens=500, learning_rate=3e-4, epochs=20),
    FineTuningPreset(max_words=25e3, dropout=0.2, batch_tokens=500, learning_rate=5e-4, epochs=10),
    FineTuningPreset(max_words=150e3, dropout=0.2, batch_tokens=800, learning_rate=5e-4, epochs=8),
    FineTuningPreset(max_words=math.inf, dropout=0.2, batch_tokens=800, learning_rate=7e-4, epochs=6),
)

# For languages that the parent does not know: more has to change.
TRANSFER = {"dropout": 0.2, "batch_tokens": 500, "learning_rate": 1e-3, "epochs": 20}

# For few words and few minutes: settings with which a network learns as much as it can in that time.
QUICK = {"embedding_size": 256, "hidden_size": 256, "decoder_layers": 1, "dropout": 0.1, "word_dropout": 0.0,
         "batch_tokens": 500, "learning_rate": 3e-3}  # fmt: skip


def preset_for(words: int) -> Preset:
    """Return the preset of a corpus of `words` words in the language that has more."""
    return next(preset for preset in PRESETS if words <= preset.max_words)


def settings_of(kind: type[ModelConfig | TrainingConfig], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of `values` that are settings of `kind`, without the vocabulary size: the tokenizer decides it."""
    names = {field.name for field in fields(kind)} - {"vocab_size"}
    return {name: value for name, value in values.items() if name in names}


def suited_configs(
    words: int, target_tokens: int, vocab_size: int, given: Mapping[str, Any]
) -> tuple[ModelConfig, TrainingConfig]:
    """Return the settings that suit a corpus, overridden by those that are `given`.

    `words` counts the language that has more, `target_tokens` the target side. Without a budget it is the preset's
    number of epochs, or more where these would be too few updates.
    """
    preset = preset_for(words)
    quick = words <= QUICK_WORDS and given.get("minutes", math.inf) <= QUICK_MINUTES
    chosen = asdict(preset) | (QUICK if quick else {}) | dict(given)
    if not set(BUDGETS) & set(given):
        chosen["epochs"] = max(preset.epochs, math.ceil(LEAST_UPDATES * chosen["batch_tokens"] / target_tokens))
    elif "epochs" not in given:
        chosen["epochs"] = None
    model = ModelConfig(vocab_size=vocab_size, **settings_of(ModelConfig, chosen))
    return model, TrainingConfig(**settings_of(TrainingConfig, chosen))


def on_gpu(settings: ModelSettings, words: int, given: Mapping[str, Any]) -> ModelSettings:
    """Return settings with batches that suit a GPU, which a small batch leaves idle: GPU_BATCH times as large.

    The learning rate grows with the square root. So the same passes over the text take a fraction of the updates. A
    corpus of up to QUICK_WORDS words needs the updates, and takes little time in any case; fine-tuning too. What is
    `given` stays.
    """
    if words <= QUICK_WORDS or settings.parent or given.keys() & {"batch_tokens", "learning_rate"}:
        return settings
    tokens, rate = settings.training.batch_tokens * GPU_BATCH, settings.training.learning_rate * math.sqrt(GPU_BATCH)
    return replace(settings, training=replace(settings.training, batch_tokens=tokens, learning_rate=rate))


def fine_tuning_config(words: int, given: Mapping[str, Any], *, transfer: bool = False) -> TrainingConfig:
    """Return how to fine-tune on a corpus of `words` words in the language that has more; `given` overrides it.

    `transfer` says that the parent does not know the languages of the corpus.
    """
    preset = asdict(next(preset for preset in FINE_TUNING_PRESETS if words <= preset.max_words))
    budget = {"epochs": None} if set(BUDGETS) & set(given) else {}
    return TrainingConfig(**settings_of(TrainingConfig, preset | (TRANSFER if transfer else {}) | budget | dict(given)))


def suited_settings(
    corpus: PreparedCorpus, given: Mapping[str, Any], parent: StoredModel | None = None
) -> ModelSettings:
    """Return the settings of a model that suit a corpus, overridden by those that are `given`.

    With a `parent` they are those of fine-tuning it.
    """
    if parent:
        known = parent.knows(corpus.languages)
        vocab_size = (parent if known else corpus).tokenizer.vocab_size
        model = replace(parent.settings.model, vocab_size=vocab_size)
        training = fine_tuning_config(corpus.words, given, transfer=not known)
    else:
        model, training = suited_configs(corpus.words, corpus.target_tokens, corpus.tokenizer.vocab_size, given)
    source, target = corpus.languages
    return ModelSettings(
        source_language=source, target_language=target, corpus=_name("corpora", corpus.folder), model=model,
        training=training, weights=given.get("weights", ModelSettings.weights),
        parent=_name("models", parent.folder) if parent else None,
        parent_fingerprint=parent.fingerprint if parent else None,
    )  # fmt: skip


def _name(kind: Literal["corpora", "models"], folder: Path) -> str:
    """Return the name by which the corpus or model in `folder` is opened again: of one in the home only its name."""
    in_home = folder == storage.folder_of(kind, folder.name)
    return folder.name if in_home or folder in packaged_models() else str(folder.resolve())
