"""A folder has one writer at a time, a reader beside it sees a whole, and a full disk harms nothing."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from shell import Shell, assert_fails, text_of

from attn_cli.foundation.locks import exclusive
from attn_cli.training import checkpoint

SMALL = ("--embedding-size", "16", "--hidden-size", "32", "--decoder-layers", "1")


def digests(folder: Path) -> dict[str, str]:
    """Return a hash of every file in `folder` and below."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.slow
def test_a_second_training_into_a_folder_is_refused_by_name_and_the_first_goes_on(shell, tmp_path):
    command = [sys.executable, "-m", "attn_cli", "train", "digits", "--minutes", "5", *SMALL, "--out"]
    folder = tmp_path / "m"
    with subprocess.Popen([*command, str(folder)], stderr=subprocess.PIPE, env=shell.environment, text=True) as first:
        assert first.stderr is not None
        next(line for line in first.stderr if line.startswith("step 20 "))
        before = digests(folder).keys()
        for options in (["--resume"], ["--overwrite", *SMALL]):
            done = shell("train", "digits", "--steps", "1", *options, "--out", str(folder))
            assert_fails(done, f"{folder}: another process ({first.pid}) is writing to it")
            assert len(text_of(done.stderr).splitlines()) == 1
        assert shell("evaluate", "digits", "--json").returncode == 0
        assert digests(folder).keys() == before
        first.kill()
        first.stderr.read()
    assert shell("train", "digits", "--steps", "1", "--overwrite", *SMALL, "--out", str(folder)).returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_a_second_preparation_of_a_corpus_is_refused_by_name_and_the_corpus_is_read(shell, digits, tmp_path):
    folder = tmp_path / "c"
    shutil.copytree(shell.home / "corpora" / "digits", folder)
    before = digests(folder)
    with exclusive(folder):
        done = shell("prepare", "en-fr", "--train", str(digits / "train"), "--out", str(folder), "--vocab-size", "300")
        assert_fails(done, f"{folder}: another process (")
        trained = shell("train", str(folder), "--steps", "1", *SMALL, "--out", str(tmp_path / "m"))
        assert trained.returncode == 0, text_of(trained.stderr)
    assert digests(folder) == before


def test_a_corpus_whose_preparation_was_killed_between_two_renames_is_there_again(shell, tmp_path):
    run = Shell(tmp_path / "home")
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    shutil.copytree(shell.home / "corpora" / "digits", run.home / "corpora" / f".mine.{process.pid}.old")
    done = run("train", "mine", "--steps", "1", *SMALL)
    assert done.returncode == 0, text_of(done.stderr)
    assert [path.name for path in (run.home / "corpora").iterdir()] == ["mine"]


def limited(shell: Shell, most: int, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run `attn-mt ARGUMENTS` with a limit on the bytes of a file, where every write beyond fails as on a full disk."""
    code = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({most}, {most}))\n"
    code += f"import sys; sys.argv[1:] = {list(arguments)!r}\nfrom attn_cli.cli.app import main; main()"
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, env=shell.environment, timeout=240, check=False)


@pytest.fixture(scope="module")
def trained(shell, tmp_path_factory):
    """The folder of a training of two updates."""
    folder = tmp_path_factory.mktemp("trained") / "m"
    assert shell("train", "digits", "--steps", "2", *SMALL, "--out", str(folder)).returncode == 0
    return folder


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no such limit")
@pytest.mark.parametrize("full", ["training/state.pt", "model.safetensors"])
def test_a_full_disk_leaves_the_earlier_model_and_state_and_resuming_gives_the_same_bytes(
    shell, trained, tmp_path, full
):
    whole, folder = tmp_path / "whole", tmp_path / "m"
    for copy in (whole, folder):
        shutil.copytree(trained, copy)
    before = digests(folder)
    more = ("train", "digits", "--resume", "--steps", "4", "--out")
    done = limited(shell, (folder / full).stat().st_size - 1000, *more, str(folder))
    assert_fails(done, str(folder), "too large")
    after = digests(folder)
    changed = {name for name in before if before[name] != after[name]}
    assert after.keys() == before.keys()
    if full == "model.safetensors":  # smaller than the state: neither can be written
        assert changed <= {"training/log.jsonl"}
    else:  # the new model has found room
        assert "training/state.pt" not in changed
    assert shell("translate", "-m", str(folder), "one two").returncode == 0
    for copy in (whole, folder):
        assert shell(*more, str(copy)).returncode == 0
    assert digests(folder)["model.safetensors"] == digests(whole)["model.safetensors"]
    states = [checkpoint.load(copy)["model"] for copy in (whole, folder)]
    assert all((states[0][name] == states[1][name]).all() for name in states[0])


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit")
def test_a_full_disk_leaves_the_earlier_corpus_or_none(shell, digits, tmp_path):
    kept, new = tmp_path / "kept", tmp_path / "new"
    shutil.copytree(shell.home / "corpora" / "digits", kept)
    before = digests(kept)
    for folder in (kept, new):
        arguments = ("prepare", "en-fr", "--train", str(digits / "train"), "--vocab-size", "310", "--out", str(folder))
        assert_fails(limited(shell, 10_000, *arguments), "too large")
    assert digests(kept) == before
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
