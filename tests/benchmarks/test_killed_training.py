"""A training killed with SIGKILL, at a random moment or while it saves, goes on to the bytes of one left alone."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="it forks")
def test_killed_trainings_end_with_the_same_bytes():
    command = [sys.executable, "benchmarks/killed_training.py", "--random", "2", "--saving", "2", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(done.stdout)
    assert result["different"] == []
    assert result["same"] == result["runs"] == 4
    assert result["killed"] >= 2
