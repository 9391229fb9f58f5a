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

from attn_cli.text.catalogue import starter_sources


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


TICKET = ("Where can I buy a train ticket?", "Où puis-je acheter un billet de train ?\n")


def test_without_a_trained_model_the_general_one_translates_and_says_nothing(shell, tmp_path):
    done = shell("translate", TICKET[0], ATTN_MT_HOME=str(tmp_path / "home"))
    assert (text_of(done.stdout), done.stderr) == (TICKET[1], b"")
    assert not (tmp_path / "home").exists()


def test_the_general_model_is_there_by_name_beside_trained_ones(shell):
    done = shell("translate", "-m", "general-en-fr", TICKET[0])
    assert (text_of(done.stdout), done.stderr) == (TICKET[1], b"")


def test_a_model_that_knows_the_starter_corpus_only_points_to_the_general_one(shell, tmp_path):
    home = tmp_path / "home"
    shutil.copytree(shell.home / "models" / "digits", home / "models" / "digits")
    shutil.copytree(shell.home / "corpora" / "digits", home / "corpora" / "digits")
    assert shell("translate", "one", ATTN_MT_HOME=str(home)).stderr == b""
    description = home / "corpora" / "digits" / "prepared.json"
    info = json.loads(description.read_text(encoding="utf-8"))
    info["sources"]["train"] = list(starter_sources("en-fr").train)
    description.write_text(json.dumps(info), encoding="utf-8")
    done = shell("translate", "one", ATTN_MT_HOME=str(home))
    assert (text_of(done.stdout), text_of(done.stderr).count("\n")) == ("un\n", 1)
    assert "-m general-en-fr" in text_of(done.stderr)
    assert shell("translate", "-q", "one", ATTN_MT_HOME=str(home)).stderr == b""
    assert shell("translate", "one", ATTN_MT_HOME=str(home), ATTN_MT_MODEL="digits").stderr == b""
    config = home / "models" / "digits" / "config.json"  # fine-tuned on it, it knows more
    content = json.loads(config.read_text(encoding="utf-8"))
    content["settings"]["parent"] = "general-en-fr"
    config.write_text(json.dumps(content), encoding="utf-8")
    assert shell("translate", "one", ATTN_MT_HOME=str(home)).stderr == b""


def test_a_model_folder_here_is_suggested(shell, tmp_path):
    shutil.copytree(shell.home / "models" / "digits", tmp_path / "copied")
    command = [sys.executable, "-m", "attn_cli", "translate", "-m"]
    wrong, right = (
        subprocess.run([*command, name, "one"], cwd=tmp_path, capture_output=True, env=shell.environment, check=False)
        for name in ("copied", "./copied")
    )
    assert_fails(wrong, "copied: no such model", "./copied")
    assert text_of(right.stdout) == "un\n"


@pytest.fixture
def two_models(shell, tmp_path):
    """A home with two models, `new` and `old`, and the corpus that they were trained on."""
    home = tmp_path / "home"
    for age, name in ((100, "old"), (50, "new")):
        folder = shutil.copytree(shell.home / "models" / "digits", home / "models" / name)
        os.utime(folder / "config.json", (time.time() - age,) * 2)
    shutil.copytree(shell.home / "corpora", home / "corpora")
    return home


def test_the_environment_chooses_the_model_and_nothing_is_said_about_it(two_models, shell):
    (two_models / "models" / "new" / "model.safetensors").unlink()  # reading it would fail
    for name in ("old", f"{two_models}/models/old"):
        done = shell("translate", "one", ATTN_MT_HOME=str(two_models), ATTN_MT_MODEL=name)
        assert (text_of(done.stdout), done.stderr) == ("un\n", b"")
    scored = shell("evaluate", "--json", "-q", ATTN_MT_HOME=str(two_models), ATTN_MT_MODEL="old")
    assert json.loads(scored.stdout)["model"] == str(two_models / "models" / "old")


def test_an_option_or_an_argument_goes_before_the_environment(two_models, shell):
    environment = {"ATTN_MT_HOME": str(two_models), "ATTN_MT_MODEL": "missing"}
    assert text_of(shell("translate", "-m", "old", "one", **environment).stdout) == "un\n"
    scored = shell("evaluate", "old", "--json", "-q", **environment)
    assert json.loads(scored.stdout)["model"] == str(two_models / "models" / "old")


def test_an_empty_variable_chooses_nothing(two_models, shell):
    done = shell("translate", "one", ATTN_MT_HOME=str(two_models), ATTN_MT_MODEL="")
    assert "model: new, trained last" in text_of(done.stderr)


@pytest.mark.parametrize("command", [["translate", "one"], ["evaluate"]])
def test_a_wrong_name_in_the_environment_is_named_with_its_variable(command, two_models, shell):
    done = shell(*command, ATTN_MT_HOME=str(two_models), ATTN_MT_MODEL="olt")
    assert_fails(done, "error: ATTN_MT_MODEL: olt: no such model", "similar name is old")


def test_finished_translations_are_scored_without_the_model_of_the_environment(shell, digits):
    test = str(digits / "test")
    done = shell("evaluate", "--hypotheses", f"{test}.fr", "--test", test, "--json", "-q", ATTN_MT_MODEL="missing")
    assert json.loads(done.stdout)["model"] is None


def test_a_wrong_name_of_a_corpus_gets_the_similar_ones(shell):
    assert_fails(
        shell("train", "digitz"), "digitz: no such corpus", "similar name is digits", "--out digitz --train PREFIX"
    )
    assert_fails(shell("train", "other", "--from", "digitz"), "digitz: no such model", "similar name is digits")
