"""A model on disk is read as it was written, or one line says which file is wrong and how."""

import hashlib
import json
import math
import os
import pickle
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from digit_language import digit_pairs

from attn_cli.decoding.choice import make_translator
from attn_cli.foundation.errors import ModelFolderError
from attn_cli.foundation.settings import DecodingConfig, MachineConfig, ModelConfig, TokenizerConfig, TrainingConfig
from attn_cli.foundation.shapes import weight_shapes
from attn_cli.models import folder as folder_module
from attn_cli.models.folder import CONFIG, README, TOKENIZER, WEIGHTS, ModelSettings, read_model, write_model
from attn_cli.text.tokenizer import Tokenizer

SETTINGS = ModelSettings(
    source_language="en",
    target_language="fr",
    corpus="données",
    model=ModelConfig(vocab_size=300, embedding_size=3, hidden_size=4, decoder_layers=5, attention="dot"),
    training=TrainingConfig(minutes=0.5, dropout=0.25, seed=7),
    precision="bfloat16",
    threads=3,
)


def weights_for(model):
    return {
        name: np.arange(math.prod(shape), dtype=np.float32).reshape(shape) / -7
        for name, shape in weight_shapes(model).items()
    }


NUMBERS = weights_for(SETTINGS.model)
BIAS = "first_state.bias"


@pytest.fixture(scope="module")
def tokenizer():
    text = [sentence for pair in digit_pairs(50, seed=1) for sentence in pair]
    return Tokenizer.train(text, TokenizerConfig(vocab_size=300))


@pytest.fixture
def folder(tokenizer, tmp_path):
    """A model folder."""
    write_model(tmp_path / "en-fr", SETTINGS, NUMBERS, tokenizer, "Trained for a test.", "f1n6e4")
    return tmp_path / "en-fr"


def edit_config(folder, change):
    """Change the dictionary in config.json; `change` returns the new one, or changes it in place."""
    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    (folder / CONFIG).write_text(json.dumps(change(config) or config), encoding="utf-8")


def edit_settings(part, name, value):
    """Return a change of one setting, of `part` or of the model's own."""

    def change(config):
        settings = config["settings"]
        (settings[part] if part else settings)[name] = value

    return change


def test_a_model_is_read_as_it_was_written(folder, tokenizer):
    stored = read_model(folder)
    assert stored.folder == folder
    assert stored.settings == SETTINGS
    assert stored.tokenizer.model == tokenizer.model
    assert stored.corpus_fingerprint == "f1n6e4"
    assert stored.weights.keys() == NUMBERS.keys()
    for name, array in NUMBERS.items():
        assert (stored.weights[name].dtype, stored.weights[name].shape) == (array.dtype, array.shape)
        assert stored.weights[name].tobytes() == array.tobytes()


def test_a_tokenizer_of_another_vocabulary_size_is_refused(folder, tokenizer):
    settings = replace(SETTINGS, model=replace(SETTINGS.model, vocab_size=301))
    write_model(folder, settings, weights_for(settings.model), tokenizer, "Trained for a test.", None)
    with pytest.raises(ModelFolderError, match="the tokenizer does not fit"):
        read_model(folder)


def test_other_weights_have_another_fingerprint(folder, tokenizer):
    before = read_model(folder).fingerprint
    write_model(folder, replace(SETTINGS, corpus="another"), NUMBERS, tokenizer, "Trained again.", None)
    assert read_model(folder).fingerprint == before
    write_model(folder, SETTINGS, NUMBERS | {BIAS: NUMBERS[BIAS] + 1}, tokenizer, "Trained for a test.", "f1n6e4")
    assert read_model(folder).fingerprint != before


def test_the_readme_of_a_fine_tuned_model_names_its_parent(folder, tokenizer):
    assert "fine-tuned" not in (folder / README).read_text(encoding="utf-8")
    write_model(folder, replace(SETTINGS, parent="general-en-fr"), NUMBERS, tokenizer, "Trained for a test.", None)
    assert "fine-tuned from the model `general-en-fr`" in (folder / README).read_text(encoding="utf-8")


def test_a_model_is_four_files(folder):
    assert {path.name for path in folder.iterdir()} == {CONFIG, README, TOKENIZER, WEIGHTS}


def test_writing_again_gives_the_same_bytes(folder, tokenizer):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    write_model(folder, SETTINGS, NUMBERS, tokenizer, "Trained for a test.", "f1n6e4")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_the_readme_describes_the_model(folder):
    text = (folder / README).read_text(encoding="utf-8")
    for part in ("# en-fr: en to fr", "`données`", "Trained for a test.", '"dot"', "300 pieces"):
        assert part in text


def test_the_config_holds_the_hashes_of_the_files(folder):
    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    expected = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in (WEIGHTS, TOKENIZER)}
    assert config["files"] == expected


def test_a_model_can_be_moved_and_its_readme_deleted(folder, tmp_path):
    moved = Path(shutil.move(folder, tmp_path / "elsewhere"))
    (moved / README).unlink()
    assert read_model(moved).settings == SETTINGS


@pytest.mark.parametrize("blocked", [WEIGHTS, TOKENIZER, README])
def test_writing_that_fails_midway_leaves_no_config(blocked, tokenizer, tmp_path):
    (tmp_path / "m" / blocked).mkdir(parents=True)  # a file cannot take the place of a folder
    with pytest.raises(OSError):
        write_model(tmp_path / "m", SETTINGS, NUMBERS, tokenizer, "", "f1n6e4")
    assert not (tmp_path / "m" / CONFIG).exists()
    assert not [path for path in (tmp_path / "m").iterdir() if path.suffix == ".part"]


def test_a_missing_model_is_named(tmp_path):
    with pytest.raises(ModelFolderError, match=re.escape(f"{tmp_path / 'nothing'}: no such model")):
        read_model(tmp_path / "nothing")


@pytest.mark.parametrize("names", [[WEIGHTS], [TOKENIZER], [CONFIG], [CONFIG, WEIGHTS]])
def test_missing_files_are_named(names, folder):
    for name in names:
        (folder / name).unlink()
    with pytest.raises(
        ModelFolderError, match=re.escape(f"{folder}: not a complete model, {' and '.join(names)} missing")
    ):
        read_model(folder)


@pytest.mark.parametrize("name", [WEIGHTS, TOKENIZER])
@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda content: content[:-1], id="cut off"),
        pytest.param(lambda content: content[:-1] + bytes([content[-1] ^ 1]), id="one bit"),
        pytest.param(lambda content: content + b"\0", id="one byte more"),
        pytest.param(lambda _: b"", id="nothing in it"),
    ],
)
def test_a_damaged_file_is_named(name, damage, folder):
    (folder / name).write_bytes(damage((folder / name).read_bytes()))
    with pytest.raises(ModelFolderError, match=re.escape(f"{folder / name}: damaged")):
        read_model(folder)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"3", b"{}", b"\xff\xfe", b'{"format_version": "one"}', b"[" * 200_000],
    ids=lambda content: repr(content[:20]),
)
def test_a_config_without_a_models_settings_is_named(content, folder):
    (folder / CONFIG).write_bytes(content)
    with pytest.raises(ModelFolderError, match=re.escape(f"{folder / CONFIG}: damaged")):
        read_model(folder)


@pytest.mark.parametrize("key", ["format_version", "files", "settings"])
@pytest.mark.parametrize("value", [None, []])
def test_a_config_whose_parts_are_something_else_is_refused(key, value, folder):
    edit_config(folder, lambda config: config | {key: value})
    with pytest.raises(ModelFolderError, match=re.escape(str(folder))):
        read_model(folder)


def test_a_newer_format_is_refused_and_says_so(folder):
    edit_config(folder, lambda config: config | {"format_version": folder_module.FORMAT_VERSION + 1})
    with pytest.raises(
        ModelFolderError, match=re.escape(str(folder / CONFIG)) + ": written by a newer attn-mt .*update attn-mt"
    ):
        read_model(folder)


@pytest.mark.parametrize(
    "part, name, value",
    [
        ("model", "dilation", 2),
        ("training", "momentum", 0.9),
        (None, "licence", "MIT"),
        ("model", "hidden_size", "4"),
        ("model", "hidden_size", 3),
        ("model", "attention", "luong"),
        ("training", "steps", 5),
        pytest.param(None, "source_language", 5),
        pytest.param(None, "threads", "three"),
    ],
)
def test_a_setting_that_is_unknown_or_out_of_range_is_named(part, name, value, folder):
    edit_config(folder, edit_settings(part, name, value))
    with pytest.raises(
        ModelFolderError, match=re.escape(str(folder)) + f": cannot be used: .*{name.replace('_', '.')}"
    ):
        read_model(folder)


@pytest.mark.parametrize("path", [["model"], ["training"], ["source_language"], ["model", "vocab_size"]])
def test_a_missing_setting_is_named(path, folder):
    def change(config):
        settings = config["settings"]
        for name in path[:-1]:
            settings = settings[name]
        del settings[path[-1]]

    edit_config(folder, change)
    with pytest.raises(ModelFolderError, match=re.escape(str(folder)) + f": cannot be used: .*{path[-1]}"):
        read_model(folder)


class Trap:
    """Makes a folder when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.mkdir, (self.path,)


@pytest.mark.parametrize("name", [WEIGHTS, TOKENIZER])
def test_a_pickle_in_the_place_of_a_file_is_not_run(name, folder, tmp_path):
    content = pickle.dumps(Trap(tmp_path / "sprung"))
    (folder / name).write_bytes(content)
    edit_config(folder, lambda config: config["files"].update({name: hashlib.sha256(content).hexdigest()}))
    with pytest.raises(ModelFolderError):
        read_model(folder)
    assert not (tmp_path / "sprung").exists()


def rename(old, new):
    """Return a migration that renames a setting."""

    def migrate(config):
        settings = {new if name == old else name: value for name, value in config["settings"].items()}
        assert new in settings
        return config | {"settings": settings}

    return migrate


@pytest.mark.parametrize("version, name", [(1, "text"), (2, "data"), (3, "corpus")])
def test_an_older_config_is_migrated_step_by_step(version, name, folder, monkeypatch):
    monkeypatch.setattr(folder_module, "FORMAT_VERSION", 3)
    monkeypatch.setattr(folder_module, "MIGRATIONS", {1: rename("text", "data"), 2: rename("data", "corpus")})
    edit_config(folder, lambda config: rename("corpus", name)(config) | {"format_version": version})
    assert read_model(folder).settings == SETTINGS


def test_a_config_too_old_for_any_migration_is_an_error(folder):
    edit_config(folder, lambda config: config | {"format_version": 0})
    with pytest.raises(ModelFolderError, match=re.escape(str(folder / CONFIG))):
        read_model(folder)


RELEASED = Path(__file__).parents[1] / "released"


@pytest.mark.parametrize("version", range(1, folder_module.FORMAT_VERSION + 1))
@pytest.mark.parametrize("engine", ["numpy", "torch"])
def test_a_model_of_every_released_format_still_translates(version, engine):
    stored = read_model(RELEASED / f"format-{version}" / "model")
    translator = make_translator([stored], DecodingConfig(), MachineConfig(precision="float32"), engine)
    translations = translator.translate(["one two three", "nine zero"])
    assert [translation.text for translation in translations] == ["trois deux un", "zéro neuf"]


def test_a_model_of_version_0_1_0_does_not_know_its_corpus():
    assert read_model(RELEASED / "format-1" / "model").corpus_fingerprint is None


@pytest.mark.parametrize("name", ["../../x", "e\ud800", "en\0", ""])
def test_a_language_that_is_none_is_refused(name, folder):
    edit_config(folder, edit_settings(None, "source_language", name))
    with pytest.raises(ModelFolderError, match=r"is not a language|is not text"):
        read_model(folder)


@pytest.mark.parametrize("name", ["hidden_size", "embedding_size", "vocab_size", "decoder_layers", "encoder_layers"])
def test_a_network_too_large_for_any_machine_is_refused_before_its_weights_are_read(name, folder, monkeypatch):
    edit_config(folder, edit_settings("model", name, 10**9))
    monkeypatch.setattr(folder_module, "unpack", None)
    with pytest.raises(ModelFolderError, match=f"`{name}` 1000000000: must be at most"):
        read_model(folder)


def test_weights_larger_than_their_settings_say_are_not_read_into_memory(folder):
    with (folder / WEIGHTS).open("ab") as file:
        file.truncate(10**12)
    with pytest.raises(ModelFolderError, match="larger than"):
        read_model(folder)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
@pytest.mark.parametrize("name", [CONFIG, WEIGHTS, TOKENIZER])
def test_a_named_pipe_in_the_place_of_a_file_is_refused_at_once(name, folder):
    (folder / name).unlink()
    os.mkfifo(folder / name)
    with pytest.raises(ModelFolderError, match=name):
        read_model(folder)


def test_a_long_value_makes_a_short_message(folder):
    edit_config(folder, edit_settings(None, "threads", ["x" * 10_000] * 100))
    with pytest.raises(ModelFolderError) as caught:
        read_model(folder)
    assert len(str(caught.value)) < 500
