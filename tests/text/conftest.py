"""Fixtures of the tests of text: a reporter, a prepared corpus, and named pipes."""

import os

import pytest
from digit_language import digit_pairs, write_pairs
from recorder import Recorder

from attn_cli.foundation.settings import PrepareConfig
from attn_cli.text.preparation.prepare import Sources, prepare


@pytest.fixture
def recorder():
    return Recorder()


@pytest.fixture(scope="session")
def digit_corpus(tmp_path_factory):
    """The folder of a prepared corpus: 60 pairs of digits for training, 10 each for valid and test."""
    texts = tmp_path_factory.mktemp("texts")
    pairs = digit_pairs(80, seed=1)
    for name, part in (("train", pairs[:60]), ("valid", pairs[60:70]), ("test", pairs[70:])):
        write_pairs(texts / name, part)
    sources = Sources((str(texts / "train"),), str(texts / "valid"), str(texts / "test"))
    return prepare(("en", "fr"), sources, texts / "corpus", PrepareConfig(vocab_size=300), Recorder()).folder


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty home."""
    monkeypatch.setenv("ATTN_MT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def replace_by_fifo():
    """Return a function that replaces a file by a named pipe, which nobody writes to."""
    if not hasattr(os, "mkfifo"):
        pytest.skip("no named pipes here")

    def replace(path):
        path.unlink()
        os.mkfifo(path)

    return replace
