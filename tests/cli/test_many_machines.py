"""`translate` as a filter that other programs run on parts of a text: docs/scaling.md shows how."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from shell import Shell

RELEASED = Path(__file__).parents[1] / "released" / "format-1"


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("parallel") is None, reason="GNU parallel is not installed")
def test_gnu_parallel_translates_parts_of_a_text_and_keeps_their_order(tmp_path):
    shell = Shell(tmp_path)
    text = (RELEASED / "corpus" / "test.en").read_bytes()
    translate = [sys.executable, "-m", "attn_cli", "translate", "-m", str(RELEASED / "model"), "--threads", "1"]
    alone = subprocess.run(translate, input=text, capture_output=True, env=shell.environment, check=True).stdout
    command = ["parallel", "--pipe", "-k", "-N", "20", "-j", "2", *translate]
    done = subprocess.run(command, input=text, capture_output=True, env=shell.environment, check=True)
    assert done.stdout == alone
    assert alone.count(b"\n") == text.count(b"\n") > 40
