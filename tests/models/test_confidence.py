"""Confidence: a probability between 0 and 1 that follows the quality."""

import math

import numpy as np
import pytest

from attn_cli.models.confidence import UNCALIBRATED, Calibration


def test_the_fit_finds_the_offset_and_the_slope_that_made_the_qualities():
    means = np.linspace(-3, 0, 200)
    true = Calibration(offset=1.5, slope=2.5)
    fitted = Calibration.fitted(means, [true.confidence(mean, 1) for mean in means])
    assert (fitted.offset, fitted.slope) == (pytest.approx(1.5, abs=1e-3), pytest.approx(2.5, abs=1e-3))


def test_the_fit_is_calibrated_on_average():
    rng = np.random.default_rng(1)
    means = -rng.exponential(1, 500)
    qualities = np.clip(0.8 + 0.2 * means + rng.normal(0, 0.1, 500), 0, 1)
    fitted = Calibration.fitted(means, qualities)
    confidences = [fitted.confidence(mean, 1) for mean in means]
    assert np.mean(confidences) == pytest.approx(np.mean(qualities), abs=1e-3)


def test_confidence_is_of_the_mean_and_stays_between_0_and_1():
    assert UNCALIBRATED.confidence(-2.0, 4) == UNCALIBRATED.confidence(-1.0, 2)
    assert 0 < UNCALIBRATED.confidence(-1e9, 1) < 1e-9
    assert 0 < UNCALIBRATED.confidence(0.0, 5) < 1


@pytest.mark.parametrize(
    ("means", "qualities"),
    [
        ([-1.0, -0.5], [0.2, 0.9]),
        (np.linspace(-3, 0, 100), np.linspace(1, 0, 100)),
        ([-math.inf] * 60, [0.5] * 60),
        ([], []),
    ],
)
def test_where_nothing_can_be_learnt_the_defaults_stay(means, qualities):
    assert Calibration.fitted(means, qualities) == UNCALIBRATED
