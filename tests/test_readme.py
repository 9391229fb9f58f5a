"""Every command that the README shows is run, but the two that set everything up."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).parents[1] / "README.md"
SET_UP = ("make demo", "make test")


def commands() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)
    lines = [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line and not line.startswith(SET_UP)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory, shell, digits) -> Path:
    """A folder in which the README's files are, beside a home with one model."""
    folder = tmp_path_factory.mktemp("readme")
    for language in ("en", "fr"):
        shutil.copy(digits / f"train.{language}", folder / f"mine.{language}")
        shutil.copy(digits / f"test.{language}", folder / f"letter.{language}")
    shutil.copytree(shell.home / "models" / "digits", folder / "copy-of-mine")
    return folder


def test_the_readme_shows_commands_of_each_kind():
    shown = {command.split("attn-mt ")[1].split()[0] for command in commands()}
    assert shown == {"prepare", "train", "translate", "evaluate"}


@pytest.fixture(scope="module")
def environment(tmp_path_factory, shell) -> dict[str, str]:
    """An environment whose home is a copy of the shell's, and whose PATH has attn-mt."""
    home = shutil.copytree(shell.home, tmp_path_factory.mktemp("copied") / "home")
    return shell.environment | {
        "ATTN_MT_HOME": str(home),
        "PATH": f"{Path(sys.executable).parent}:{shell.environment['PATH']}",
    }


@pytest.mark.slow
def test_every_command_of_the_readme_runs(folder, environment):
    for command in commands():
        # The one thing changed: half an hour is too long for a test.
        quick = command.replace("--minutes 30", "--minutes 0.05")
        ran = subprocess.run(
            ["bash", "-ec", quick], cwd=folder, env=environment, capture_output=True, timeout=200, check=False
        )
        assert ran.returncode == 0, f"{command}\n{ran.stderr.decode()}"
        assert (b"" if ">" in command or "train" in command or "prepare" in command else b"\n") in ran.stdout, command
    translated = (folder / "letter.fr").read_text(encoding="utf-8")
    assert translated.count("\n") == (folder / "letter.en").read_text(encoding="utf-8").count("\n")
