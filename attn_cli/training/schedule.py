"""How much of its budget a training has used, and the learning rate that follows from it. No torch."""

import math
from dataclasses import dataclass

from attn_cli.foundation.settings import TrainingConfig


@dataclass(frozen=True)
class Schedule:
    """The budget of a training in minutes, epochs or updates, as its settings say."""

    config: TrainingConfig
    updates_per_epoch: int

    @property
    def updates(self) -> float | None:
        """Return the number of updates of the whole training; None where the budget is in minutes."""
        if self.config.minutes is not None:
            return None
        return self.config.steps or (self.config.epochs or 0) * self.updates_per_epoch

    def share(self, step: int, seconds: float, reserved: float = 0.0) -> float:
        """Return the share of the budget used after `step` updates in `seconds`; 1 or more means all of it.

        A budget of minutes also has to pay for `reserved` seconds: those of the validation at the end.
        """
        if self.config.minutes is not None:
            return (seconds + reserved) / (60 * self.config.minutes)
        return step / max(1, self.updates or 0)

    def seconds_left(self, step: int, seconds: float) -> float:
        """Return the seconds left: of the minutes given, or those that the remaining updates will take (`step` > 0)."""
        if self.config.minutes is not None:
            return max(0.0, 60 * self.config.minutes - seconds)
        return seconds * max(0.0, 1 / self.share(step, seconds) - 1)

    def consistency(self, share: float) -> float:
        """Return the weight of consistency when `share` of the budget is used: it grows for a third of the budget."""
        return self.config.consistency * min(1.0, 3 * share)

    def learning_rate(self, share: float) -> float:
        """Return the learning rate when `share` of the budget is used.

        A linear warm-up, then half a cosine down to zero (Loshchilov & Hutter 2017, arXiv:1608.03983, no restarts).
        """
        if share < self.config.warmup:
            return self.config.learning_rate * max(share / self.config.warmup, 0.01)
        rest = (share - self.config.warmup) / (1 - self.config.warmup)
        return self.config.learning_rate * 0.5 * (1 + math.cos(math.pi * min(1.0, rest)))
