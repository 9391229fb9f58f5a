"""The wheel: it holds the starter corpus and the general model, and works without a checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=120)
    [wheel] = folder.iterdir()
    return wheel


def test_it_holds_the_starter_corpus_and_the_general_model(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    splits = [f"en-fr/{split}.{language}" for split in ("train", "valid", "test") for language in ("en", "fr")]
    files = [
        f"models/general-en-fr/{name}" for name in ("model.safetensors", "tokenizer.model", "config.json", "README.md")
    ]
    assert {f"attn_cli/data/{name}" for name in splits + files} <= names
    assert {"attn_cli/py.typed", "attn_cli/display/report/page.html"} <= names
    assert not [name for name in names if name.startswith(("tests/", "scripts/", "benchmarks/"))]


def test_installed_from_the_wheel_alone_it_translates_and_trains(wheel, tmp_path):
    """Only the dependencies come from this environment."""
    installed, elsewhere = tmp_path / "site", tmp_path / "elsewhere"
    elsewhere.mkdir()
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(installed)]
    subprocess.run([*pip, str(wheel)], check=True, timeout=120)
    environment = os.environ | {"PYTHONPATH": str(installed), "ATTN_MT_HOME": str(tmp_path / "home")}

    def attn_mt(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "attn_cli", *arguments]
        return subprocess.run(
            command, cwd=elsewhere, env=environment, capture_output=True, text=True, timeout=200, check=True
        )

    where = [sys.executable, "-c", "import attn_cli; print(attn_cli.__file__)"]
    found = subprocess.run(where, cwd=elsewhere, env=environment, capture_output=True, text=True, check=True)
    assert found.stdout.startswith(str(installed))
    assert attn_mt("translate", "Where can I buy a train ticket?").stdout == "Où puis-je acheter un billet de train ?\n"
    attn_mt("train", "en-fr", "--steps", "50", "--hidden-size", "64", "--embedding-size", "64")
    assert (tmp_path / "home" / "models" / "en-fr" / "config.json").exists()
    assert attn_mt("translate", "-m", "en-fr", "one").stdout.count("\n") == 1
