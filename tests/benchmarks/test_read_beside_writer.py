"""A model that is written over and over is read without a false error; without reading again there would be some."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def reads(*options: str) -> dict[str, object]:
    command = [sys.executable, "benchmarks/read_beside_writer.py", "tests/released/format-2/model", "--json", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
def test_a_reader_beside_a_writer_never_calls_a_model_damaged():
    result = reads("--reads", "200")
    assert result["errors"] == {}
    assert result["reads"] >= 200
    assert result["changes_seen"] >= 10
