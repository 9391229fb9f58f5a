"""Which settings suit a corpus: the size of the network, how it is trained, and for how long."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from attn_cli.foundation.settings import BUDGETS, ModelConfig, Settings, TrainingConfig

LEAST_UPDATES = 2000  # of a training without a budget, however small the corpus
FEW_WORDS, FEW_MINUTES = 300e3, 3


@dataclass(frozen=True, kw_only=True)
class Size(Settings):
    """Sizes that suit a corpus of up to `max_words` words in the language that has more."""

    max_words: float
    vocab_size: int
    embedding_size: int
    hidden_size: int
    decoder_layers: int
    dropout: float
    word_dropout: float
    batch_tokens: int
    learning_rate: float
    epochs: int


# Words, not sentence pairs, measure how much there is to learn from: a pair of law text has four times a phrase's.
SIZES = (
    Size(max_words=100e3, vocab_size=2000, embedding_size=512, hidden_size=512, decoder_layers=1,
         dropout=0.5, word_dropout=0.1, batch_tokens=500, learning_rate=1e-3, epochs=30),
    Size(max_words=300e3, vocab_size=2000, embedding_size=512, hidden_size=512, decoder_layers=2,
         dropout=0.3, word_dropout=0.0, batch_tokens=800, learning_rate=1e-3, epochs=12),
    Size(max_words=700e3, vocab_size=6000, embedding_size=512, hidden_size=512, decoder_layers=2,
         dropout=0.3, word_dropout=0.0, batch_tokens=800, learning_rate=1e-3, epochs=16),
    Size(max_words=2.5e6, vocab_size=6000, embedding_size=512, hidden_size=512, decoder_layers=2,
         dropout=0.2, word_dropout=0.0, batch_tokens=800, learning_rate=5e-4, epochs=8),
    Size(max_words=20e6, vocab_size=8000, embedding_size=384, hidden_size=512, decoder_layers=2,
         dropout=0.1, word_dropout=0.0, batch_tokens=1600, learning_rate=1e-3, epochs=8),
    Size(max_words=float("inf"), vocab_size=16000, embedding_size=512, hidden_size=1024, decoder_layers=2,
         dropout=0.1, word_dropout=0.0, batch_tokens=4000, learning_rate=1e-3, epochs=4),
)  # fmt: skip

# What a training of few words in few minutes has instead: it is to have learnt as much as it can by then.
QUICK = {"embedding_size": 256, "hidden_size": 256, "decoder_layers": 1, "dropout": 0.1, "word_dropout": 0.0,
         "batch_tokens": 500, "learning_rate": 3e-3}  # fmt: skip


def size_for(words: int) -> Size:
    """Return the size that suits a corpus of `words` words in the language that has more."""
    return next(size for size in SIZES if words <= size.max_words)


def settings_of(kind: type[ModelConfig | TrainingConfig], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of `values` that are settings of `kind`, but for the vocabulary's size, which the tokenizer has."""
    names = {field.name for field in fields(kind)} - {"vocab_size"}
    return {name: value for name, value in values.items() if name in names}


def suited(
    words: int, target_tokens: int, vocab_size: int, given: Mapping[str, Any]
) -> tuple[ModelConfig, TrainingConfig]:
    """Return the settings that suit a corpus, with those that are `given` in their place.

    `words` counts the language that has more, `target_tokens` the target side. Without a budget, it is the size's
    number of epochs, or more where these would be too few updates.
    """
    size = size_for(words)
    quick = words <= FEW_WORDS and given.get("minutes", math.inf) <= FEW_MINUTES
    chosen = size.to_dict() | (QUICK if quick else {}) | dict(given)
    if not set(BUDGETS) & set(given):
        chosen["epochs"] = max(size.epochs, math.ceil(LEAST_UPDATES * chosen["batch_tokens"] / target_tokens))
    elif "epochs" not in given:
        chosen["epochs"] = None
    model = ModelConfig(vocab_size=vocab_size, **settings_of(ModelConfig, chosen))
    return model, TrainingConfig(**settings_of(TrainingConfig, chosen))
