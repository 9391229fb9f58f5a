"""The budget and the learning rate."""

import pytest

from attn_cli.foundation.settings import TrainingConfig
from attn_cli.training.schedule import Schedule


@pytest.mark.parametrize(("share", "expected"), [(0.05, 0.5), (0.1, 1.0), (0.55, 0.5), (1.0, 0.0), (1.5, 0.0)])
def test_the_learning_rate_rises_then_falls_as_a_cosine(share, expected):
    schedule = Schedule(TrainingConfig(steps=1, learning_rate=1.0, warmup=0.1), 1)
    assert schedule.learning_rate(share) == pytest.approx(expected)


@pytest.mark.parametrize(("share", "expected"), [(0.0, 0.0), (0.1, 1.5), (1 / 3, 5.0), (1.0, 5.0)])
def test_the_weight_of_consistency_grows_for_a_third_of_the_budget(share, expected):
    assert Schedule(TrainingConfig(steps=1, consistency=5.0), 1).consistency(share) == pytest.approx(expected)


def test_the_first_update_learns_something():
    assert Schedule(TrainingConfig(steps=1, learning_rate=1.0, warmup=0.1), 1).learning_rate(0.0) == 0.01


@pytest.mark.parametrize(
    ("budget", "share"),
    [({"steps": 40}, 0.25), ({"epochs": 2.0}, 10 / 14), ({"minutes": 2.0}, 0.5), ({"epochs": 0.01}, 10)],
)
def test_a_budget_is_used_up_in_its_own_unit(budget, share):
    assert Schedule(TrainingConfig(**budget), updates_per_epoch=7).share(10, 60.0) == pytest.approx(share)


def test_minutes_pay_for_the_validation_at_the_end_and_updates_do_not():
    assert Schedule(TrainingConfig(minutes=2.0), 7).share(10, 60.0, reserved=30.0) == 0.75
    assert Schedule(TrainingConfig(steps=40), 7).share(10, 60.0, reserved=30.0) == 0.25


def test_the_time_left_is_the_rest_of_the_minutes_or_extrapolated():
    assert Schedule(TrainingConfig(minutes=2.0), 7).seconds_left(10, 50.0) == 70
    assert Schedule(TrainingConfig(minutes=2.0), 7).seconds_left(10, 500.0) == 0
    assert Schedule(TrainingConfig(steps=40), 7).seconds_left(10, 60.0) == pytest.approx(180)
    assert Schedule(TrainingConfig(steps=40), 7).seconds_left(41, 60.0) == 0
