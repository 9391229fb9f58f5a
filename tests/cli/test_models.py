"""The model of a command: the default one, and models that cannot be read."""

import json
import os
import shutil
import subprocess
import sys
import time

import pytest
from digit_language import FRENCH
from shell import assert_fails, text_of


def test_several_models_are_told_apart_and_the_last_is_named(shell, tmp_path):
    home = tmp_path / "home"
    for age, name in ((100, "old"), (50, "new")):
        folder = shutil.copytree(shell.home / "models" / "digits", home / "models" / name)
        os.utime(folder / "config.json", (time.time() - age,) * 2)
    done = shell("translate", "one", ATTN_MT_HOME=str(home))
    assert "model: new" in text_of(done.stderr)
    assert text_of(done.stdout).strip() in FRENCH
    assert shell("translate", "-q", "one", ATTN_MT_HOME=str(home)).stderr == b""


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.model", "config.json"])
@pytest.mark.parametrize("damage", ["missing", "cut short"])
def test_a_damaged_model(name, damage, shell, tmp_path):
    folder = shutil.copytree(shell.home / "models" / "digits", tmp_path / "m")
    content = (folder / name).read_bytes()
    (folder / name).unlink()
    if damage == "cut short":
        (folder / name).write_bytes(content[: len(content) // 2])
    assert_fails(shell("translate", "-m", str(folder), "one"), name)


def test_a_model_from_a_newer_version(shell, tmp_path):
    folder = shutil.copytree(shell.home / "models" / "digits", tmp_path / "m")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"format_version": 99}))
    assert_fails(shell("translate", "-m", str(folder), "one"), "newer", "update attn-mt")


def test_no_model_at_all(shell, tmp_path):
    assert_fails(shell("translate", "one", ATTN_MT_HOME=str(tmp_path)), "attn-mt train en-fr")


def test_a_model_folder_here_is_suggested(shell, tmp_path):
    shutil.copytree(shell.home / "models" / "digits", tmp_path / "copied")
    command = [sys.executable, "-m", "attn_cli", "translate", "-m"]
    wrong, right = (
        subprocess.run([*command, name, "one"], cwd=tmp_path, capture_output=True, env=shell.environment, check=False)
        for name in ("copied", "./copied")
    )
    assert_fails(wrong, "copied: no such model", "./copied")
    assert text_of(right.stdout) == "un\n"
