"""Settings as frozen dataclasses, split by lifetime: tokenizer, cleaning, model, training, decoding, machine.

Values and combinations of values are checked here, once, when the settings are made. `from_dict`
is strict: an unknown key, a missing key or a value of another type is an error. So a settings file is either
understood completely or refused. Messages name a setting in backquotes, as it is spelled here.
"""

import math
import reprlib
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any, Literal, Self, get_args

from attn_cli.foundation.errors import SettingsError
from attn_cli.foundation.shapes import weight_count

PAD_ID, UNK_ID, BOS_ID, EOS_ID = 0, 1, 2, 3  # of every vocabulary
MOST_PIECES = 1_000_000  # of a vocabulary
MOST_SIZE = 16_384  # of an embedding, or of a layer's state
MOST_LAYERS = 64
MOST_WEIGHTS = 1_000_000_000  # of a network: 4 GB, and 16 GB in training
MOST_BATCH = 1_000_000  # target tokens
MOST_HYPOTHESES = 500  # of a sentence at once
MOST_THREADS = 1024  # OpenMP of torch crashes with 100,000
MOST = 1_000_000_000  # of anything else that is counted or measured
MOST_SEED = 2**31 - 1

Score = Literal["none", "dot", "scaled-dot", "general", "additive"]
Window = Literal["global", "local-m", "local-p"]
Function = Literal["luong", "bahdanau"]
Cell = Literal["rnn-tanh", "rnn-relu", "gru", "lstm"]
StorageType = Literal["float32", "float16", "int8"]  # of the weights on disk
SCORE_ALIASES = {"concat": "additive", "bahdanau": "additive", "luong": "general"}
# A training has exactly one of these budgets; and the most of each: two years, at a hundred updates a minute.
BUDGETS = {"minutes": 1_000_000, "epochs": 1_000_000, "steps": 100_000_000}


class Settings:
    """Base class of all settings: conversion from and to plain dictionaries."""

    def __post_init__(self) -> None:
        """Check that every number is finite, and that every text is one: JSON can escape half of a character."""
        for field in fields(self):  # type: ignore[arg-type]
            value = getattr(self, field.name)
            is_text = not isinstance(value, str) or value == value.encode("utf-8", "replace").decode()
            _require(is_text, field.name, _short(value), "is not text")
            _require(not isinstance(value, float) or math.isfinite(value), field.name, value, "must be a finite number")

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as a dictionary of plain values."""
        return asdict(self)  # type: ignore[call-overload, no-any-return]

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Make the settings from a dictionary.

        Raises SettingsError where a key is unknown or missing, or a value has another type.
        """
        known = {field.name: field for field in fields(cls)}  # type: ignore[arg-type]
        if unknown := sorted(set(values) - set(known)):
            raise SettingsError(f"{cls.__name__}: unknown setting {', '.join(unknown):.200}")
        required = {name for name, field in known.items() if field.default is MISSING}
        if missing := sorted(required - set(values)):
            raise SettingsError(f"{cls.__name__}: setting {', '.join(missing)} is missing")
        return cls(**{name: _checked(cls.__name__, name, value, known[name].type) for name, value in values.items()})


def _checked(owner: str, name: str, value: Any, annotation: Any) -> Any:
    """Return `value` if it fits `annotation`: nested settings, a plain type, or a union of types.

    An int is accepted where a float is expected.
    """
    if isinstance(annotation, type) and issubclass(annotation, Settings) and isinstance(value, Mapping):
        return annotation.from_dict(value)
    kinds = get_args(annotation) or (annotation,)
    if type(value) in kinds or (type(value) is int and float in kinds):
        return value
    names = " or ".join("null" if kind is type(None) else kind.__name__ for kind in kinds)
    raise SettingsError(f"{owner}: {name} is {_short(value)}, but should be of type {names}")


def _short(value: object) -> str:
    """Return how Python writes `value`, cut where it is long."""
    return reprlib.repr(value)[:100]


def _require(condition: bool, name: str, value: object, rule: str) -> None:
    """Raise SettingsError, which names the setting, its value and the rule, unless `condition` holds."""
    if not condition:
        raise SettingsError(f"`{name}` {value!s:.60}: {rule}")


def _require_share(name: str, value: float) -> None:
    _require(0 <= value < 1, name, value, "must be at least 0 and less than 1")


def _require_positive(name: str, value: float, most: int = MOST) -> None:
    _require(value > 0, name, value, "must be more than 0")
    _require(value <= most, name, value, f"must be at most {most}")


def _require_count(name: str, value: int, most: int = MOST) -> None:
    _require(value >= 1, name, value, "must be at least 1")
    _require(value <= most, name, value, f"must be at most {most}")


def _require_seed(value: int) -> None:
    _require(0 <= value <= MOST_SEED, "seed", value, f"choose from 0 to {MOST_SEED}")


@dataclass(frozen=True, kw_only=True)
class TokenizerConfig(Settings):
    """How the joint SentencePiece model is trained; `num_threads` is kept because the result depends on it."""

    vocab_size: int
    character_coverage: float = 0.9998
    max_lines: int = 400_000
    num_threads: int = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        fits = 300 <= self.vocab_size <= MOST_PIECES
        _require(fits, "vocab_size", self.vocab_size, f"choose from 300 to {MOST_PIECES}")


@dataclass(frozen=True, kw_only=True)
class CleaningConfig(Settings):
    """Which training pairs are dropped: those with a long side, and those whose lengths differ by a large ratio.

    So are pairs that are probably no translations, unless `keep_suspect`; with `check_language` those in which a side
    is in the language of the other one are among them. With `one_translation`, so are further ones of a source.
    """

    max_words: int = 100
    max_characters: int = 1000
    max_ratio: float = 3.0
    keep_suspect: bool = False
    check_language: bool = False
    one_translation: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        _require_count("max_words", self.max_words)
        _require_count("max_characters", self.max_characters)
        _require(1 <= self.max_ratio <= MOST, "max_ratio", self.max_ratio, f"choose from 1 to {MOST}")


@dataclass(frozen=True, kw_only=True)
class PrepareConfig(Settings):
    """How a corpus is prepared. Without `vocab_size`, a size that suits it is chosen; `seed` selects held-out pairs."""

    vocab_size: int | None = None
    cleaning: CleaningConfig = CleaningConfig()
    seed: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.vocab_size is not None:
            TokenizerConfig(vocab_size=self.vocab_size)
        _require_seed(self.seed)


@dataclass(frozen=True, kw_only=True)
class ModelConfig(Settings):
    """The network's architecture. Each direction of a bidirectional encoder has half of `hidden_size`."""

    vocab_size: int
    embedding_size: int = 256
    hidden_size: int = 512
    cell: str = "gru"
    encoder_layers: int = 1
    bidirectional: bool = True
    decoder_layers: int = 2
    attention: str = "general"
    window: str = "global"
    window_size: int = 10
    hard_attention: bool = False
    attention_function: str = "luong"
    input_feeding: bool = False
    lexical: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        choices = {"attention": Score, "window": Window, "attention_function": Function, "cell": Cell}
        for name, literal in choices.items():
            allowed = get_args(literal)
            _require(getattr(self, name) in allowed, name, getattr(self, name), f"choose one of {', '.join(allowed)}")
        most = {"vocab_size": MOST_PIECES, "embedding_size": MOST_SIZE, "hidden_size": MOST_SIZE, "window_size": MOST}
        for name, limit in (most | dict.fromkeys(("encoder_layers", "decoder_layers"), MOST_LAYERS)).items():
            _require_count(name, getattr(self, name), limit)
        even = self.hidden_size % 2 == 0 or not self.bidirectional
        _require(even, "hidden_size", self.hidden_size, "must be even, half of it for each encoder direction")
        if not self.has_attention:
            rule = "needs attention, but `attention` is none"
            _require(self.window == "global", "window", self.window, rule)
            _require(not self.hard_attention, "hard_attention", "on", rule)
            _require(not self.lexical, "lexical", "on", rule)
        count, rule = weight_count(self), f"choose a smaller network: at most {MOST_WEIGHTS:,} weights"
        _require(count <= MOST_WEIGHTS, "hidden_size", self.hidden_size, f"makes {count:,} weights; {rule}")

    @property
    def has_attention(self) -> bool:
        """Return whether the decoder attends to the source, instead of starting from its summary alone."""
        return self.attention != "none"


@dataclass(frozen=True, kw_only=True)
class TrainingConfig(Settings):
    """How a model is trained. One of `minutes`, `epochs` and `steps` is the budget, to which the schedule is fitted."""

    minutes: float | None = None
    epochs: float | None = None
    steps: int | None = None
    batch_tokens: int = 1600
    learning_rate: float = 1e-3
    warmup: float = 0.03  # share of the budget
    label_smoothing: float = 0.1
    dropout: float = 0.3
    word_dropout: float = 0.1
    consistency: float = 0.0  # weight of the disagreement of two passes with different dropout; 0: one pass
    max_norm: float = 1.0
    patience: int = 10  # validations in a row without a better BLEU
    synthetic_share: float | None = None  # of the pairs of an epoch; None: as they are in the corpus
    seed: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        given = {name: getattr(self, name) for name in BUDGETS if getattr(self, name) is not None}
        if len(given) != 1:
            raise SettingsError(f"give exactly one budget of `minutes`, `epochs` and `steps`, not {len(given)}")
        for name, value in given.items():
            _require_positive(name, value, BUDGETS[name])
        for name in ("max_norm", "learning_rate"):
            _require_positive(name, getattr(self, name))
        for name in ("dropout", "word_dropout", "label_smoothing", "warmup"):
            _require_share(name, getattr(self, name))
        _require(0 <= self.consistency <= 100, "consistency", self.consistency, "choose from 0 to 100")
        _require_count("patience", self.patience)
        _require_count("batch_tokens", self.batch_tokens, MOST_BATCH)
        fits = self.synthetic_share is None or 0 < self.synthetic_share < 1
        _require(fits, "synthetic_share", self.synthetic_share, "must be more than 0 and less than 1")
        _require_seed(self.seed)


@dataclass(frozen=True, kw_only=True)
class DecodingConfig(Settings):
    """How translations are searched for. A hypothesis scores log p / length ** length_penalty, its end mark counted.

    With `split_sentences`, the sentences of a line are translated one by one; with `copy_literals`, addresses, numbers,
    markup and the like come out as they went in. `max_length` is the limit for each sentence, in tokens, by default
    twice its own tokens + 10. `n_best` translations of each are wanted. With `sample`, they are drawn at random, and
    `beam_size` has no effect; without it, `seed` has none, because nothing is random.
    """

    beam_size: int = 5
    length_penalty: float = 1.0
    split_sentences: bool = True
    copy_literals: bool = True
    max_length: int | None = None
    n_best: int = 1
    sample: bool = False
    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    seed: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        _require_count("beam_size", self.beam_size, MOST_HYPOTHESES)
        _require_count("n_best", self.n_best)
        for name, low, high in (("length_penalty", 0, 10), ("max_length", 1, 10_000), ("temperature", 0.01, 100)):
            value = getattr(self, name)
            _require(value is None or low <= value <= high, name, value, f"choose from {low} to {high}")
        if self.top_k is not None:
            _require_count("top_k", self.top_k, MOST_PIECES)
        _require(self.top_p is None or 0 < self.top_p <= 1, "top_p", self.top_p, "must be more than 0 and at most 1")
        _require(self.seed >= 0, "seed", self.seed, "must be at least 0")
        if self.sample:
            return
        rule = f"must be at most `beam_size`, {self.beam_size}, without `sample`"
        _require(self.n_best <= self.beam_size, "n_best", self.n_best, rule)
        for name in ("temperature", "top_k", "top_p"):
            value = getattr(self, name)
            _require(value == getattr(type(self), name), name, value, "needs `sample`")


@dataclass(frozen=True, kw_only=True)
class MachineConfig(Settings):
    """The hardware to compute on and how; "auto" and None leave the choice to the program.

    The precision int8 is one for decoding; whatever else is computed is then in float32.
    """

    device: str = "auto"
    precision: str = "auto"
    threads: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        allowed = ("auto", "bfloat16", "float32", "int8")
        _require(self.precision in allowed, "precision", self.precision, f"choose one of {', '.join(allowed)}")
        if self.threads is not None:
            _require_count("threads", self.threads, MOST_THREADS)
