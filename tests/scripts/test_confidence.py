"""Rank correlation, and the script on a small model."""

import subprocess
import sys
from pathlib import Path

import pytest
from digit_language import digit_pairs, write_pairs

from scripts.confidence import ranks, spearman

MODEL = Path(__file__).parents[1] / "released" / "format-1" / "model"


def test_equal_values_share_their_rank():
    assert ranks([0.5, 0.1, 0.5, 0.9]) == [1.5, 0.0, 1.5, 3.0]


def test_the_correlation_is_of_the_order_alone():
    assert spearman([1, 2, 3, 4], [1, 10, 100, 1000]) == pytest.approx(1)
    assert spearman([1, 2, 3, 4], [4, 3, 2, 1]) == pytest.approx(-1)


def test_the_script_prints_the_correlation_and_the_table(tmp_path):
    write_pairs(tmp_path / "text", digit_pairs(60, seed=5))
    command = [sys.executable, "-m", "scripts.confidence", str(MODEL), "--text", str(tmp_path / "text")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    fitted, correlation, *table = done.stdout.splitlines()
    assert fitted.startswith("fitted to 30 lines")
    assert correlation.startswith("Spearman, on 30 other lines")
    assert sum(int(row.split(":")[1].split()[0]) for row in table) == 30
