"""A model whose writer is killed is whole, old or new, whichever access to the disk was the last."""

import subprocess
import sys

import pytest

# Replaces a model in a process that kills itself at the first access to the folder, then at the second, and so on.
KILLED = """
import os, signal, sys, warnings
from dataclasses import replace
from pathlib import Path
from attn_cli.models import folder as models

warnings.simplefilter("ignore")
folder, released = Path(sys.argv[1]), models.read_model(Path(sys.argv[2]))
models.WAITS = (0.0, 0.0)
made = [({name: array + number for name, array in released.weights.items()}, f"corpus {number}") for number in (0, 1)]

def write(number):
    weights, corpus = made[number]
    models.write_model(folder, replace(released.settings, corpus=corpus), weights, released.tokenizer, "", None)

def kill_at(last):
    accesses = 0
    def hook(event, arguments):
        nonlocal accesses
        if event in ("open", "os.rename", "os.remove") and str(folder) in str(arguments[0]):
            accesses += 1
            if accesses == last:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(hook)

seen, last, ended = [], 0, False
write(0)
while not ended:
    last += 1
    child = os.fork()
    if not child:
        kill_at(last)
        write(1)
        os._exit(0)
    ended = os.waitpid(child, 0)[1] == 0
    seen.append(models.read_model(folder).settings.corpus[-1])  # which checks the hashes of the others
    write(0)
    assert len(list(folder.iterdir())) == 4, list(folder.iterdir())
print(*seen, sep="")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="it forks")
def test_a_model_is_whole_at_whichever_access_its_writer_is_killed(tmp_path, pytestconfig):
    released = pytestconfig.rootpath / "tests" / "released" / "format-2" / "model"
    command = [sys.executable, "-c", KILLED, str(tmp_path / "m"), str(released)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stderr
    old, new = done.stdout.strip().count("0"), done.stdout.strip().count("1")
    assert done.stdout.strip() == "0" * old + "1" * new
    assert old > 8
    assert new > 4
