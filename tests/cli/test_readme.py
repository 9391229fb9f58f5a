"""Every command of the README is run, except the two that install everything, and its Python example."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"
SET_UP = ("make demo", "make test")


def commands() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)
    lines = [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in dict.fromkeys(lines) if line and not line.startswith(SET_UP)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory, shell, digits) -> Path:
    """A folder with the files that the README's commands read."""
    folder = tmp_path_factory.mktemp("readme")
    for language in ("en", "fr"):
        shutil.copy(digits / f"train.{language}", folder / f"mine.{language}")
        lines = (digits / f"test.{language}").read_text(encoding="utf-8").splitlines(keepends=True)
        (folder / f"letter.{language}").write_text("".join(lines[:20]), encoding="utf-8")  # few, so without torch
        shutil.copy(digits / f"test.{language}", folder / f"test.{language}")
    shutil.copy(digits / "test.fr", folder / "other.fr")
    shutil.copytree(shell.home / "models" / "digits", folder / "copy-of-mine")
    return folder


def python_example() -> str:
    [example] = re.findall(r"```python\n(from attn_cli .*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)
    return example


def test_the_readme_shows_commands_of_each_kind():
    shown = {command.split("attn-mt ")[1].split()[0] for command in commands()}
    assert shown == {"prepare", "train", "translate", "evaluate"}


@pytest.fixture(scope="module")
def environment(tmp_path_factory, shell) -> dict[str, str]:
    """An environment whose home is a copy of the shell's, and whose PATH has attn-mt."""
    folder = tmp_path_factory.mktemp("copied")
    home = shutil.copytree(shell.home, folder / "home")
    path = f"{shell.command(folder).parent}:{shell.environment['PATH']}"
    return shell.environment | {"ATTN_MT_HOME": str(home), "PATH": path}


@pytest.mark.slow
def test_every_command_of_the_readme_runs(folder, environment):
    for command in commands():
        # The only change: minutes are too long for a test.
        quick = re.sub(r"--minutes \d+", "--minutes 0.02", command)
        ran = subprocess.run(
            ["bash", "-ec", quick], cwd=folder, env=environment, capture_output=True, timeout=200, check=False
        )
        assert ran.returncode == 0, f"{command}\n{ran.stderr.decode()}"
        works = command.startswith(("attn-mt train", "attn-mt prepare")) and "--list" not in command
        silent = ">" in command or " -o " in command or "--page" in command or works
        assert ran.stdout.endswith(b"\n") != silent, command
        assert bool(ran.stdout) != silent, command
    translated = (folder / "letter.fr").read_text(encoding="utf-8")
    assert translated.count("\n") == (folder / "letter.en").read_text(encoding="utf-8").count("\n")


def test_the_python_example_of_the_readme_runs(folder, environment):
    home = environment["ATTN_MT_HOME"]
    shutil.copytree(Path(home) / "models" / "digits", Path(home) / "models" / "demo", dirs_exist_ok=True)
    example = python_example().replace("good morning", "one two three")
    ran = subprocess.run(
        [sys.executable, "-c", example], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    first, *links = ran.stdout.splitlines()[:4]
    assert re.fullmatch(r"-0\.\d\d trois deux un", first)
    assert [line.split() for line in links] == [["three", "->", "trois"], ["two", "->", "deux"], ["one", "->", "un"]]
