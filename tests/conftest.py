"""Fixtures of several test files: text of the digit language, and a model trained on it."""

from pathlib import Path

import pytest
import torch
from digit_language import digit_pairs, write_pairs
from shell import Shell

from attn_cli.models.folder import StoredModel, read_model
from attn_cli.text.formats import Pair, read_parallel

RELEASED = Path(__file__).parent / "released" / "format-1"

torch.set_num_threads(1)  # the models are so small that a second thread only costs


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run slow tests first, so that no process is left alone with one at the end."""
    items.sort(key=lambda item: "slow" not in item.keywords)


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with train, valid and test text of the digit language."""
    folder = tmp_path_factory.mktemp("digits")
    pairs = digit_pairs(700, seed=1)
    for name, part in (("train", pairs[:600]), ("valid", pairs[600:650]), ("test", pairs[650:])):
        write_pairs(folder / name, part)
    return folder


@pytest.fixture(scope="session")
def shell(tmp_path_factory: pytest.TempPathFactory, digits: Path) -> Shell:
    """A shell whose home holds the prepared digit corpus, and a model that was trained on it for some seconds."""
    shell = Shell(tmp_path_factory.mktemp("home"))
    texts = [argument for name in ("train", "valid", "test") for argument in (f"--{name}", str(digits / name))]
    prepared = shell("prepare", "en-fr", *texts, "--out", "digits", "--vocab-size", "320")
    assert prepared.returncode == 0, prepared.stderr.decode()
    small = ["--embedding-size", "32", "--hidden-size", "64", "--decoder-layers", "1", "--dropout", "0"]
    learning = ["--word-dropout", "0", "--learning-rate", "0.005", "--batch-tokens", "400", "--steps", "400"]
    trained = shell("train", "digits", *small, *learning)
    assert trained.returncode == 0, trained.stderr.decode()
    return shell


@pytest.fixture(scope="session")
def stored() -> StoredModel:
    """A model that translates English numbers in words into French ones, in reverse order."""
    return read_model(RELEASED / "model")


@pytest.fixture(scope="session")
def pairs() -> list[Pair]:
    """The 50 sentence pairs of its test text."""
    return list(read_parallel(str(RELEASED / "corpus" / "test"), ("en", "fr")))
