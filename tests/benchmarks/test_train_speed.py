"""The benchmark of training runs; the network is so small that its figures mean nothing."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_the_benchmark_counts_operations_and_time():
    sizes = "--embedding 16 --hidden 32 --vocabulary 300 --sentences 200 --batch-tokens 300 --updates 2 --warmup 1"
    command = [sys.executable, "benchmarks/train_speed.py", "--json", *sizes.split(), "--precision", "float32"]
    done = subprocess.run([*command, "--threads", "1"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert 0 < result["share_of_matmul"] < 1
    # The products of the decoder alone take 2 operations per parameter forward, and 4 backward.
    network = 3 * 32 * (16 + 32) + 3 * 32 * (32 + 32 + 32) + 16 * (32 + 32 + 300)
    assert result["mflop_per_target_token"] > 6 * network / 1e6
    assert result["settings"]["model"]["hidden_size"] == 32
