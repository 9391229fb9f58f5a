"""The program as a whole: help, version, and wrong usage."""

import subprocess
import sys

import pytest
from shell import text_of


@pytest.mark.parametrize(
    "arguments", ["--help", "--version", "train --help", "translate --beam 0 x", "evaluate --nope"]
)
def test_help_version_and_usage_errors_do_not_import_torch(arguments, shell):
    code = f"import sys; sys.argv[1:] = {arguments.split()!r}\nimport atexit\n"
    code += "atexit.register(lambda: print('torch' in sys.modules, file=sys.stderr))\n"
    code += "from attn_cli.cli.app import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=shell.environment, check=False)
    assert text_of(done.stderr).endswith("False\n")
    assert done.returncode == (2 if arguments.split()[-1] in ("x", "--nope") else 0)


def test_the_version_is_shown(shell):
    assert text_of(shell("--version").stdout).startswith("attn-mt 0.")


@pytest.mark.parametrize(
    "arguments",
    [
        ["translate", "--beam", "0", "x"],
        ["train", "digits", "--minutes", "1", "--steps", "5"],
        ["train", "digits", "--resume", "--hidden-size", "64"],
        ["train", "digits", "--hidden-size", "33", "--out", "odd"],
        ["train", "digits", "--attention", "telepathy", "--out", "odd"],
        ["train", "digits", "--attention", "none", "--window", "local-m", "--out", "odd"],
        ["train", "digits", "--attention", "none", "--hard-attention", "--out", "odd"],
        ["train", "digits", "--attention", "none", "--lexical", "--out", "odd"],
        ["train", "digits", "--cell", "transformer", "--out", "odd"],
        ["translate", "--plot", "map.gif", "one"],
        ["translate", "--plot", "map.png", "one", "two"],
        ["translate", "--plot", "map.png"],
        ["translate", "--plot", "map.png", " "],
        ["translate", "--plot", "map.png", "one " * 200],
        ["translate", "--length-penalty", "nan", "one"],
        ["train", "digits", "--epochs", "inf", "--out", "odd"],
        ["train", "digits", "--minutes", "inf", "--out", "odd"],
        ["train", "digits", "--minutes", "nan", "--out", "odd"],
        ["train", "digits", "--resume", "--minutes", "inf"],
        ["train", "digits", "--learning-rate", "inf", "--out", "odd"],
        ["train", "digits", "--dropout", "nan", "--out", "odd"],
        ["prepare", "en-fr", "--max-ratio", "inf", "--out", "odd"],
        ["prepare", "en-fr", "--max-ratio", "nan", "--out", "odd"],
        ["evaluate", "digits", "--length-penalty", "nan"],
        ["evaluate", "digits", "--pair", "en-fr"],
        ["evaluate", "--hypotheses", "x.fr", "--test", "x", "--pair", "english"],
        ["evaluate", "--hypotheses", "x.fr", "--test-set", "wmt14"],
        ["evaluate", "digits", "-m", "digits"],
        ["evaluate", "digits", "--sentences", "s.csv"],
        ["evaluate", "digits", "--sentences", "-", "--json"],
        ["evaluate", "digits", "--tokenize", "words"],
        ["evaluate", "digits", "--baseline", "-"],
        ["prepare", "english"],
        ["paint"],
        ["train"],
    ],
)
def test_wrong_usage_is_exit_code_2_with_a_message(arguments, shell):
    done = shell(*arguments)
    assert done.returncode == 2
    assert done.stdout == b""
    assert "Usage: attn-mt" in text_of(done.stderr)
    assert "Error" in text_of(done.stderr)


def test_a_setting_out_of_range_is_named_as_its_option(shell):
    done = shell("train", "digits", "--hidden-size", "33", "--out", "odd", COLUMNS="200")
    assert "--hidden-size 33: must be even" in text_of(done.stderr)


@pytest.mark.parametrize(
    ("given", "expected"),
    [({}, "1000 None"), ({"OMP_WAIT_POLICY": "active"}, "None active"), ({"GOMP_SPINCOUNT": "7"}, "7 None")],
)
def test_openmp_is_told_not_to_spin_before_torch_is_loaded(given, expected, shell):
    code = """
import os, sys
class Watch:
    def find_spec(self, name, *_):
        if name == "torch":
            print(os.environ.get("GOMP_SPINCOUNT"), os.environ.get("OMP_WAIT_POLICY"), file=sys.stderr)
sys.meta_path.insert(0, Watch())
sys.argv[1:] = ["translate", "--engine", "torch", "one"]
from attn_cli.cli.app import main
main()
"""
    environment = {name: value for name, value in shell.environment.items() if not name.startswith(("OMP_", "GOMP_"))}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=environment | given, check=False)
    assert text_of(done.stderr).splitlines()[0] == expected
