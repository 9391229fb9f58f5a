"""The events that a training reports, and the interface that receives them. No torch, so that a display needs none."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from attn_cli.models.folder import ModelSettings


@dataclass(frozen=True)
class Plan:
    """A training before its first update."""

    settings: ModelSettings
    parameters: int
    pairs: int
    synthetic: int  # of the pairs
    updates_per_epoch: int
    resumed_at: int


@dataclass(frozen=True)
class Progress:
    """A training after some updates; `loss` is in nats per target token, without label smoothing."""

    step: int
    epoch: float
    share: float  # of the budget
    loss: float
    tokens_per_second: float
    learning_rate: float
    seconds: float
    seconds_left: float


@dataclass(frozen=True)
class Validation:
    """The scores on the validation text: greedy BLEU, perplexity per token; and one translation as an example."""

    step: int
    bleu: float
    perplexity: float
    best: bool
    seconds: float
    source: str
    hypothesis: str
    reference: str


@dataclass(frozen=True)
class Trained:
    """A training at its end: the model's folder and quality; `bleu` is None without validation text."""

    folder: Path
    steps: int
    best_step: int
    bleu: float | None
    seconds: float
    reason: str  # "budget", "early stopping" or "interrupted"


class Reporter(Protocol):
    """Receives the events of a training."""

    def started(self, plan: Plan) -> None:
        """Receive the plan before the first update."""

    def progressed(self, progress: Progress) -> None:
        """Receive the state after some more updates."""

    def validated(self, validation: Validation) -> None:
        """Receive the scores of a validation."""

    def warned(self, warning: str) -> None:
        """Receive a problem that does not end the training."""
