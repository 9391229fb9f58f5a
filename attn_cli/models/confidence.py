"""Confidence: an estimate of a translation's quality from its probability.

The mean log-probability of the tokens, m = log p / length, is mapped to the chrF (from 0 to 1) that is expected of the
translation: 1 / (1 + exp(-(offset + slope · m))). Offset and slope are fitted on validation text when a model has been
trained (Platt 1999, with the chrF as a soft label); the defaults are those of the general English-French model.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from attn_cli.foundation.settings import Settings

LEAST_SENTENCES = 50  # of a validation text that is large enough to fit to
ITERATIONS = 50


@dataclass(frozen=True, kw_only=True)
class Calibration(Settings):
    """The map from the mean log-probability of a translation's tokens to its confidence."""

    offset: float = 1.8554
    slope: float = 4.2593

    def confidence(self, log_probability: float, length: int) -> float:
        """Return a number between 0 and 1; `length` counts the tokens and the end marks."""
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, self.offset + self.slope * log_probability / length))))

    @classmethod
    def fitted(cls, means: Sequence[float], qualities: Sequence[float]) -> Self:
        """Fit to the mean log-probabilities of translations and their qualities, chrF from 0 to 1.

        Newton's method on the cross-entropy. Where there are too few translations, or better ones are not more
        probable, the defaults are returned.
        """
        features = np.stack([np.ones(len(means)), np.array(means, dtype=np.float64)], axis=1)  # (N, 2)
        targets, weights = np.array(qualities, dtype=np.float64), np.zeros(2)
        if len(means) < LEAST_SENTENCES or not np.isfinite(features).all():
            return cls()
        for _ in range(ITERATIONS):
            predicted = 1 / (1 + np.exp(-np.clip(features @ weights, -30, 30)))
            curvature = features.T @ (features * (predicted * (1 - predicted))[:, None]) + 1e-6 * np.eye(2)
            weights += np.linalg.solve(curvature, features.T @ (targets - predicted))
        offset, slope = weights.tolist()
        is_usable = math.isfinite(offset + slope) and slope > 0
        return cls(offset=offset, slope=slope) if is_usable else cls()


UNCALIBRATED = Calibration()
