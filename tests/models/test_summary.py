"""The summary of a model: read without its weights."""

import datetime
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from attn_cli.foundation.errors import ModelFolderError
from attn_cli.models.folder import CONFIG, TOKENIZER, WEIGHTS, Outcome, read_model, write_model
from attn_cli.models.summary import summarise

RELEASED = Path(__file__).parents[1] / "released"


@pytest.mark.parametrize("released", ["format-1", "format-2"])
def test_it_agrees_with_the_model(released):
    folder = RELEASED / released / "model"
    summary, stored = summarise(folder), read_model(folder)
    assert (summary.pair, summary.corpus) == ("en-fr", stored.settings.corpus)
    assert summary.parameters == stored.parameters
    assert summary.size == sum((folder / name).stat().st_size for name in (WEIGHTS, TOKENIZER, CONFIG))
    assert summary.validation_bleu is None


def test_the_stored_date_and_bleu_go_before_the_date_of_the_file(stored, tmp_path):
    outcome = Outcome(date="2026-11-27", validation_bleu=12.5)
    write_model(tmp_path / "m", stored.settings, stored.weights, stored.tokenizer, "", None, outcome)
    assert (summarise(tmp_path / "m").date, summarise(tmp_path / "m").validation_bleu) == ("2026-11-27", 12.5)
    assert read_model(tmp_path / "m").outcome == outcome


def test_without_a_stored_date_it_is_that_of_the_file(tmp_path):
    folder = Path(shutil.copytree(RELEASED / "format-1" / "model", tmp_path / "m"))
    noon = datetime.datetime(2026, 5, 4, 12).timestamp()
    os.utime(folder / CONFIG, (noon, noon))
    assert summarise(folder).date == "2026-05-04"


@pytest.mark.parametrize("weights", ["float32", "float16", "int8"])
def test_scales_are_not_counted_as_weights(weights, stored, tmp_path):
    settings = replace(stored.settings, weights=weights)
    write_model(tmp_path / "m", settings, stored.weights, stored.tokenizer, "", None)
    assert summarise(tmp_path / "m").parameters == stored.parameters


@pytest.mark.parametrize("content", [b"", b"\xff" * 8, b"\x02" + bytes(7) + b"{}x", bytes(100)])
def test_a_file_that_holds_no_weights_is_named(content, tmp_path):
    folder = Path(shutil.copytree(RELEASED / "format-1" / "model", tmp_path / "m"))
    (folder / WEIGHTS).write_bytes(content)
    with pytest.raises(ModelFolderError, match=r"model\.safetensors: not a file of weights"):
        summarise(folder)
