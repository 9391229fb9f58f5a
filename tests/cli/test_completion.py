"""The shell's completion: its protocol as the scripts of bash, zsh and fish speak it, and what a run imports."""

import subprocess
import sys

import pytest
from shell import Shell, text_of

HEAVY = {"torch", "rich.console", "rich.text", "numpy", "sentencepiece"}
GIVEN_SHELL = {
    "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"
}  # by its name, instead of the one that runs the tests
ODD_NAMES = [
    "two words",
    "$(touch hacked)",
    "it's",
    "x*",
    "-x",
    "a:b",
    "a\x1b[2Jb",
    "a\nb",
    'a"b',
    "a\\b",
    "a`b`",
    ".hidden",
]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A shell whose home has models and corpora with plain names and odd ones, complete as far as names tell."""
    shell = Shell(tmp_path_factory.mktemp("home"))
    for kind, file in (("models", "config.json"), ("corpora", "prepared.json")):
        for name in [f"my-{kind}", f"données.{kind}", *ODD_NAMES]:
            (shell.home / kind / name).mkdir(parents=True)
            (shell.home / kind / name / file).touch()
        (shell.home / kind / f"begun-{kind}").mkdir()
    return shell


def complete(shell, variable, **environment):
    """Run the program as a completion script does; return what it writes, and its exit code."""
    code = "import atexit, sys\n"
    code += f"atexit.register(lambda: print(*{HEAVY!r} & set(sys.modules), file=sys.stderr))\n"
    code += "from attn_cli.cli.app import main; main()"
    whole = shell.environment | {"_ATTN_MT_COMPLETE": variable, **environment}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=whole, timeout=60, check=False)
    assert text_of(done.stderr).strip() == ""
    return text_of(done.stdout), done.returncode


def bash(shell, line):
    count = len(line.split(" ")) - 1
    output, code = complete(shell, "complete_bash", COMP_WORDS=line.replace(" ", "\n"), COMP_CWORD=str(count))
    assert code == 0
    return output.splitlines()


GENERAL = ["general-en-fr", "general-fr-en"]
MODELS = ["données.models", *GENERAL, "my-models"]
CORPORA = ["données.corpora", "en-fr", "my-corpora"]


@pytest.mark.parametrize(
    ("line", "candidates"),
    [
        ("attn-mt tr", ["train", "translate"]),
        ("attn-mt translate -m ", MODELS),
        ("attn-mt translate -m my-models -m g", GENERAL),
        ("attn-mt evaluate ", MODELS),
        ("attn-mt evaluate my-models --baseline d", ["données.models"]),
        ("attn-mt train ", CORPORA),
        ("attn-mt train my-corpora --from ", MODELS),
        ("attn-mt train my-corpora --cell r", ["rnn-tanh", "rnn-relu"]),
        ("attn-mt train my-corpora --hidd", ["--hidden-size"]),
        ("attn-mt --version t", ["train", "translate"]),
    ],
)
def test_bash_gets_commands_options_and_names(line, candidates, home):
    assert bash(home, line) == candidates


@pytest.mark.parametrize(
    "line", ["attn-mt translate -m ./my", "attn-mt translate --plot ", "attn-mt prepare en-fr --train "]
)
def test_bash_completes_files_where_there_is_no_candidate(line, home):
    assert bash(home, line) == [""]


def test_zsh_gets_names_and_options_with_their_help_or_files(home):
    def zsh(line):
        return complete(home, "complete_zsh", _TYPER_COMPLETE_ARGS=line)[0].rstrip("\n")

    assert zsh("attn-mt translate -m ") == "_arguments '*: :((" + "\n".join(f'"{name}"' for name in MODELS) + "))'"
    assert zsh("attn-mt translate --bea") == """_arguments '*: :(("--beam":"Beam size; 1 is greedy search."))'"""
    assert zsh("attn-mt translate --plot ") == "_files"


def test_fish_gets_names_and_options_with_their_help_or_files(home):
    def fish(line, action="get-args"):
        return complete(home, "complete_fish", _TYPER_COMPLETE_ARGS=line, _TYPER_COMPLETE_FISH_ACTION=action)

    assert fish("attn-mt train ")[0].splitlines() == CORPORA
    assert fish("attn-mt translate --bea")[0] == "--beam\tBeam size; 1 is greedy search.\n"
    assert fish("attn-mt train ", "is-args")[1] == 0
    assert fish("attn-mt translate --plot ", "is-args")[1] == 1


def test_a_home_that_is_no_folder_leaves_the_names_of_the_package(tmp_path):
    shell = Shell(tmp_path / "file")
    shell.home.touch()
    assert bash(shell, "attn-mt translate -m ") == GENERAL


def test_the_script_of_bash_completes_in_bash(home, tmp_path):
    program = tmp_path / "attn-mt"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m attn_cli "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    script = home("--show-completion", "bash", **GIVEN_SHELL)
    lines = """
eval "$SCRIPT"
COMP_WORDS=(attn-mt translate -m ""); COMP_CWORD=3
_attn_mt_completion attn-mt
printf '<%s>' "${COMPREPLY[@]}"
"""
    environment = home.environment | {
        "SCRIPT": text_of(script.stdout),
        "PATH": f"{tmp_path}:{home.environment['PATH']}",
    }
    done = subprocess.run(["bash", "-c", lines], capture_output=True, cwd=tmp_path, env=environment, check=True)
    assert text_of(done.stdout) == "".join(f"<{name}>" for name in MODELS)


@pytest.mark.parametrize("shell_name", ["bash", "zsh", "fish"])
def test_installing_writes_the_script_to_the_users_folder(shell_name, home, tmp_path):
    done = home("--install-completion", shell_name, HOME=str(tmp_path), **GIVEN_SHELL)
    assert done.returncode == 0, text_of(done.stderr)
    written = [path.read_text(encoding="utf-8") for path in tmp_path.rglob("*") if path.is_file()]
    assert any(f"_ATTN_MT_COMPLETE=complete_{shell_name}" in text for text in written)


def test_installing_where_nothing_can_be_written_fails_in_one_line(home, tmp_path):
    (tmp_path / "file").touch()
    where = str(tmp_path / "file")
    done = home("--install-completion", "fish", HOME=where, **GIVEN_SHELL)
    assert done.returncode == 1
    assert text_of(done.stderr).startswith("error: ")
    assert text_of(done.stderr).count("\n") == 1
