"""A short run of damaged_files.py on each kind of file."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("damaged_files.py")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="limits and forks as on Linux")
@pytest.mark.parametrize("kind, count", [("numpy", 40), ("torch", 20), ("state", 20), ("corpus", 20)])
def test_damaged_files_are_named_or_harmless(kind, count):
    done = subprocess.run(
        [sys.executable, str(SCRIPT), kind, str(count), "--seed", "7"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "named error" in done.stdout
