"""Every numeric option at its edges: done at once, or refused; and streams and homes that are not there."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer
from digit_language import digit_pairs, write_pairs
from shell import assert_fails, text_of
from typer.testing import CliRunner

from attn_cli.cli.app import app

RELEASED = Path(__file__).parents[1] / "released" / "format-1"
VALUES = ["0", "-1", "1e308", "nan", "inf", str(10**9), str(10**30)]
SMALL = ["--embedding-size", "8", "--hidden-size", "8", "--decoder-layers", "1", "--batch-tokens", "400"]
SECONDS = 20


def numeric_options():
    """Each command and option that takes a number."""
    for name, command in typer.main.get_command(app).commands.items():
        for parameter in command.params:
            if parameter.param_type_name == "option" and type(parameter.type).__name__ in (
                "IntRange", "FloatRange", "IntParamType", "FloatParamType",
            ):  # fmt: skip
                yield name, max(parameter.opts, key=len)


@pytest.fixture(scope="module")
def commands(tmp_path_factory):
    """For each command a use of it that takes less than a second."""
    folder = tmp_path_factory.mktemp("small")
    write_pairs(folder / "text", digit_pairs(60, seed=1))
    model, text = str(RELEASED / "model"), str(folder / "text")
    held_out = ["--valid", text, "--test", text]
    return {
        "prepare": ["en-fr", "--train", text, *held_out, "--out", str(folder / "corpus"), "-q"],
        "train": [str(RELEASED / "corpus"), "--overwrite", *SMALL, "--out", str(folder / "model"), "-q"],
        "translate": ["-m", model, "-q", "one two"],
        "evaluate": [model, "--test", text, "--beam", "1", "-q"],
    }


def test_the_options_that_take_a_number_are_found():
    found = list(numeric_options())
    assert {("translate", "--beam"), ("train", "--minutes"), ("prepare", "--max-ratio"), ("evaluate", "--threads")} < {
        *found
    }
    assert len(found) > 30


@pytest.mark.slow
@pytest.mark.parametrize("command, option", list(numeric_options()))
def test_a_number_at_the_edge_is_used_at_once_or_refused(command, option, commands, monkeypatch, tmp_path):
    monkeypatch.setenv("ATTN_MT_HOME", str(tmp_path))
    budget = ["--steps", "2"] if command == "train" and option not in ("--minutes", "--epochs", "--steps") else []
    for value in VALUES:
        begin = time.monotonic()
        done = CliRunner().invoke(app, [command, *commands[command], *budget, option, value])
        assert time.monotonic() - begin < SECONDS, value
        assert isinstance(done.exception, SystemExit | None), (value, done.exception)
        if done.exit_code == 1:
            assert done.stderr.startswith("error: "), value
            assert done.stderr.count("\n") == 1, (value, done.stderr)
        elif done.exit_code == 2:
            assert "Error" in done.stderr, value
        else:
            assert (done.exit_code, done.stderr) == (0, ""), value


@pytest.mark.parametrize(
    "arguments",
    [
        ["translate", "--threads", "100000", "one"],
        ["translate", "--beam", "20000", "one"],
        ["train", "x", "--decoder-layers", "100000"],
        ["train", "x", "--hidden-size", "16384", "--embedding-size", "16384"],
        ["prepare", "en-fr", "--threads", "100000"],
    ],
    ids=lambda arguments: arguments[-2],
)
def test_what_no_machine_has_is_a_usage_error(arguments, shell):
    done = shell(*arguments)
    assert done.returncode == 2, text_of(done.stderr)
    assert "Invalid value" in text_of(done.stderr)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full here")
@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["train", "--help"], ["translate", "--list"]])
def test_a_full_disk_under_the_help_is_one_line(arguments, shell):
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "attn_cli", *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            env=shell.environment,
            check=False,
        )
    error = text_of(done.stderr)
    assert (done.returncode, error.count("\n")) == (1, 1), error
    assert error.startswith("error: ")
    assert "No space left on device" in error


@pytest.mark.parametrize(
    "arguments", [["translate", "-m", "general-en-fr", "hello"], ["translate", "--list"], ["prepare", "en-fr"]]
)
def test_an_unknown_user_without_a_home_is_told_what_to_set(arguments, shell):
    unset = ("ATTN_MT_HOME", "HOME", "XDG_DATA_HOME")
    environment = {name: value for name, value in shell.environment.items() if name not in unset}
    # As in a container that runs with the number of a user whom its /etc/passwd does not have.
    unknown = "import pwd; pwd.getpwuid = {}.__getitem__; from attn_cli.cli.app import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", unknown, *arguments], capture_output=True, env=environment, check=False
    )
    assert_fails(done, "no home folder", "ATTN_MT_HOME")
