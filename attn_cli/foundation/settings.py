"""Settings as frozen dataclasses, split by lifetime: tokenizer, cleaning, model, training, decoding.

Whether a combination of settings makes sense is decided here, when one is made. `from_dict` is strict: what is
unknown, missing or of another type is an error, so that a file on disk means what it says or is refused.
"""

from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any, Literal, Self, get_args

from attn_cli.foundation.errors import SettingsError

Score = Literal["none", "dot", "scaled-dot", "general", "additive"]
Window = Literal["global", "local-m", "local-p"]
Function = Literal["luong", "bahdanau"]
Cell = Literal["rnn-tanh", "rnn-relu", "gru", "lstm"]
SCORES: tuple[str, ...] = get_args(Score)
BUDGETS = ("minutes", "epochs", "steps")  # of a training: one of these
SCORE_ALIASES = {"concat": "additive", "bahdanau": "additive", "luong": "general"}


class Settings:
    """What all settings share: to and from plain dictionaries."""

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as a dictionary of plain values."""
        return asdict(self)  # type: ignore[call-overload, no-any-return]

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Make the settings from a dictionary.

        Raises SettingsError where a key is unknown or missing or a value is of another type.
        """
        known = {field.name: field for field in fields(cls)}  # type: ignore[arg-type]
        if unknown := sorted(set(values) - set(known)):
            raise SettingsError(f"{cls.__name__}: unknown setting {', '.join(unknown)}")
        required = {name for name, field in known.items() if field.default is MISSING}
        if missing := sorted(required - set(values)):
            raise SettingsError(f"{cls.__name__}: setting {', '.join(missing)} is missing")
        return cls(**{name: _checked(cls.__name__, name, value, known[name].type) for name, value in values.items()})


def _checked(owner: str, name: str, value: Any, annotation: Any) -> Any:
    """Return `value` if it fits `annotation`: nested settings, a plain type, or several joined by |.

    An int may stand for a float.
    """
    if isinstance(annotation, type) and issubclass(annotation, Settings) and isinstance(value, Mapping):
        return annotation.from_dict(value)
    kinds = get_args(annotation) or (annotation,)
    if type(value) in kinds or (type(value) is int and float in kinds):
        return value
    names = " or ".join("null" if kind is type(None) else kind.__name__ for kind in kinds)
    raise SettingsError(f"{owner}: {name} is {value!r}, but should be of type {names}")


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise SettingsError(message)


@dataclass(frozen=True, kw_only=True)
class TokenizerConfig(Settings):
    """How the joint SentencePiece model is trained; `num_threads` is kept because the result depends on it."""

    vocab_size: int
    character_coverage: float = 0.9998
    max_lines: int = 400_000
    num_threads: int = 2

    def __post_init__(self) -> None:
        _require(300 <= self.vocab_size <= 64_000, f"--vocab-size {self.vocab_size}: choose from 300 to 64000")


@dataclass(frozen=True, kw_only=True)
class CleaningConfig(Settings):
    """What is dropped from training text: long sentences, and pairs of very different lengths."""

    max_words: int = 100
    max_characters: int = 1000
    max_ratio: float = 3.0


@dataclass(frozen=True, kw_only=True)
class PrepareConfig(Settings):
    """How a corpus is prepared; without a `vocab_size`, the one that suits it. `seed` chooses what is held out."""

    vocab_size: int | None = None
    cleaning: CleaningConfig = CleaningConfig()
    seed: int = 1


@dataclass(frozen=True, kw_only=True)
class ModelConfig(Settings):
    """The network's architecture, and which choices go together. A bidirectional encoder halves the hidden size."""

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

    def __post_init__(self) -> None:
        for name, choices in (
            ("attention", Score),
            ("window", Window),
            ("attention_function", Function),
            ("cell", Cell),
        ):
            value, allowed = getattr(self, name), get_args(choices)
            _require(value in allowed, f"--{name.replace('_', '-')} {value}: choose one of {', '.join(allowed)}")
        for name in ("embedding_size", "hidden_size", "encoder_layers", "decoder_layers", "window_size"):
            value = getattr(self, name)
            _require(value >= 1, f"--{name.replace('_', '-')} {value}: must be at least 1")
        even = self.hidden_size % 2 == 0 or not self.bidirectional
        _require(even, f"--hidden-size {self.hidden_size}: must be even, half of it for each encoder direction")
        if not self.has_attention:
            _require(self.window == "global", f"--window {self.window}: needs attention, not --attention none")
            _require(not self.hard_attention, "--hard-attention: needs attention, not --attention none")

    @property
    def has_attention(self) -> bool:
        """Tell whether the decoder sees more of the source than one vector."""
        return self.attention != "none"


@dataclass(frozen=True, kw_only=True)
class TrainingConfig(Settings):
    """How a model is trained. One of `minutes`, `epochs` and `steps` is the budget, which the schedule fits."""

    minutes: float | None = None
    epochs: float | None = None
    steps: int | None = None
    batch_tokens: int = 1600
    learning_rate: float = 1e-3
    warmup: float = 0.03  # share of the budget
    label_smoothing: float = 0.1
    dropout: float = 0.3
    word_dropout: float = 0.1
    max_norm: float = 1.0
    patience: int = 10  # validations without a better BLEU
    seed: int = 1

    def __post_init__(self) -> None:
        budgets = {name: getattr(self, name) for name in BUDGETS}
        given = {name: value for name, value in budgets.items() if value is not None}
        _require(len(given) == 1, f"give one budget of --minutes, --epochs and --steps, not {len(given)}")
        for name, value in given.items():
            _require(value > 0, f"--{name} {value}: must be more than 0")
        for name in ("dropout", "word_dropout", "label_smoothing"):
            share = getattr(self, name)
            _require(0 <= share < 1, f"--{name.replace('_', '-')} {share}: must be at least 0 and less than 1")
        _require(0 <= self.warmup < 1, f"warmup {self.warmup}: must be at least 0 and less than 1")
        _require(self.max_norm > 0, f"max_norm {self.max_norm}: must be more than 0")
        _require(self.patience >= 1, f"--patience {self.patience}: must be at least 1")
        _require(self.batch_tokens >= 1, f"--batch-tokens {self.batch_tokens}: must be at least 1")
        _require(self.learning_rate > 0, f"--learning-rate {self.learning_rate}: must be more than 0")


@dataclass(frozen=True, kw_only=True)
class DecodingConfig(Settings):
    """How translations are searched for. A hypothesis scores log p / length ** length_penalty, end mark counted."""

    beam_size: int = 5
    length_penalty: float = 1.0

    def __post_init__(self) -> None:
        _require(self.beam_size >= 1, f"--beam {self.beam_size}: must be at least 1")
        _require(self.length_penalty >= 0, f"--length-penalty {self.length_penalty}: must be at least 0")
