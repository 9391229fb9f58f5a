"""Streams: locales, readers that leave, closed streams, and a full disk behind stdout."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from shell import assert_fails, text_of


def test_the_locale_changes_nothing(shell):
    given, read = ("seven zero", "zéro"), "zero été\n"
    results = []
    for locale in ("C.UTF-8", "C", "POSIX"):
        environment = {"LC_ALL": locale, "LANG": locale}
        if locale == "POSIX":
            environment["PYTHONCOERCECLOCALE"] = "0"
        results.append(
            shell("translate", *given, **environment).stdout + shell("translate", stdin=read, **environment).stdout
        )
    assert results[0] == results[1] == results[2]
    assert text_of(results[0]).startswith("zéro sept\n")


def test_a_reader_that_leaves_is_no_error(shell):
    command = f"yes one | {sys.executable} -m attn_cli translate | head -1; echo ${{PIPESTATUS[1]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, env=shell.environment, timeout=60, check=False)
    assert (text_of(done.stdout), done.stderr) == ("un\n0\n", b"")


def test_a_reader_of_the_progress_that_leaves_does_not_stop_the_training(shell, tmp_path):
    train = (
        f"{sys.executable} -m attn_cli train digits --steps 60 --embedding-size 16 --hidden-size 32 --out {tmp_path}/m"
    )
    done = subprocess.run(
        ["bash", "-c", f"{train} 2>&1 | head -2; echo ${{PIPESTATUS[0]}}"],
        capture_output=True, env=shell.environment, timeout=100, check=False,
    )  # fmt: skip
    assert text_of(done.stdout).splitlines()[-1] == "0"
    assert (tmp_path / "m" / "config.json").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_behind_stderr_does_not_stop_a_training(shell, tmp_path):
    train = "train digits --steps 40 --embedding-size 16 --hidden-size 32 --json --out"
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "attn_cli", *train.split(), str(tmp_path / "m")], stdout=subprocess.PIPE,
            stderr=full, env=shell.environment, timeout=100, check=False,
        )  # fmt: skip
    assert done.returncode == 0
    assert json.loads(done.stdout)["steps"] == 40
    assert (tmp_path / "m" / "training" / "state.pt").exists()


def test_closed_streams_are_no_traceback(shell):
    for redirection, code in (("<&-", 1), ("one >&-", 1)):
        command = f"{sys.executable} -m attn_cli translate {redirection}"
        done = subprocess.run(["bash", "-c", command], capture_output=True, env=shell.environment, check=False)
        assert done.returncode == code
        assert b"Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("command", ["translate one", "evaluate -q", "evaluate -q --json"])
def test_a_full_disk_behind_stdout_is_a_failure(command, shell):
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "attn_cli", *command.split()], stdout=full, stderr=subprocess.PIPE,
            env=shell.environment, timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert text_of(done.stderr) == "error: standard output: No space left on device; the output is incomplete\n"


def test_control_characters_of_a_name_do_not_reach_the_terminal(shell):
    done = shell("translate", "-m", "./no\x1b[2Jmodel\nhere", "one")
    assert_fails(done, "no [2Jmodel here: no such model")
