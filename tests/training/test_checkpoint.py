"""The state of a training: read as it was written, replaced as a whole, and no code in it is run."""

import errno
import math
import os
import pickle
import re
import resource
import zipfile
from itertools import islice
from pathlib import Path

import pytest
import torch
from small_training import MACHINE, make_corpus, settings

from attn_cli.foundation.errors import TrainingStateError
from attn_cli.training.checkpoint import FORMAT_VERSION, load, read, save, state_path
from attn_cli.training.trainer import Trainer


class Trap:
    """Makes a folder when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.mkdir, (self.path,)


def test_a_state_is_read_as_it_was_written(tmp_path):
    weights = {"half": torch.tensor([1.5, -2.0], dtype=torch.bfloat16), "whole": torch.arange(4).view(2, 2)}
    state = {
        "settings": {"corpus": "données", "threads": None},
        "model": weights,
        "seconds": 0.1,
        "step": 3,
        "best": {},
    }
    save(tmp_path, state)
    loaded = read(tmp_path)
    loaded_weights = loaded.pop("model")
    assert loaded == {"format_version": FORMAT_VERSION, **{k: v for k, v in state.items() if k != "model"}}
    for name, tensor in weights.items():
        assert loaded_weights[name].dtype == tensor.dtype
        assert torch.equal(loaded_weights[name], tensor)


def test_a_state_is_one_file(tmp_path):
    save(tmp_path, {"step": 1})
    save(tmp_path, {"step": 2})
    assert [path.name for path in state_path(tmp_path).parent.iterdir()] == ["state.pt"]
    assert read(tmp_path)["step"] == 2


def test_a_state_that_cannot_be_written_leaves_the_one_before(tmp_path):
    save(tmp_path, {"step": 1})
    with pytest.raises((AttributeError, pickle.PicklingError)):
        save(tmp_path, {"step": 2, "function": lambda: None})
    assert read(tmp_path)["step"] == 1
    assert [path.name for path in state_path(tmp_path).parent.iterdir()] == ["state.pt"]


def test_a_state_that_fills_the_disk_is_an_error_of_the_system_and_leaves_the_one_before(tmp_path):
    save(tmp_path, {"step": 1})
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))  # no file may grow beyond that
    try:
        with pytest.raises(OSError) as caught:
            save(tmp_path, {"step": 2, "model": torch.zeros(1_000_000)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert caught.value.errno == errno.EFBIG
    assert caught.value.filename == str(state_path(tmp_path))
    assert read(tmp_path)["step"] == 1
    assert [path.name for path in state_path(tmp_path).parent.iterdir()] == ["state.pt"]


def test_without_a_state_there_is_nothing_to_resume(tmp_path):
    with pytest.raises(TrainingStateError, match=r"state\.pt: nothing to resume; train without `resume`"):
        read(tmp_path)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda content: content[: len(content) // 2], id="cut off"),
        pytest.param(lambda content: content[:10], id="hardly begun"),
        pytest.param(lambda _: b"", id="nothing in it"),
        pytest.param(lambda _: b"garbage", id="garbage"),
        pytest.param(lambda content: bytes(len(content)), id="zeros"),
        pytest.param(lambda _: b"h\0", id="KeyError"),
        pytest.param(lambda _: b"X\1\0\0\0\xff", id="UnicodeDecodeError"),
    ],
)
def test_a_damaged_state_is_named(damage, tmp_path):
    save(tmp_path, {"step": 1, "model": {"w": torch.ones(100)}})
    path = state_path(tmp_path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(TrainingStateError, match=re.escape(f"{path}: damaged")):
        read(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        {"format_version": FORMAT_VERSION + 1},
        {"step": 1},
        pytest.param([1, 2]),
    ],
)
def test_a_state_of_another_version_is_refused(content, tmp_path):
    state_path(tmp_path).parent.mkdir()
    torch.save(content, state_path(tmp_path))
    with pytest.raises(TrainingStateError, match="another version of attn-mt"):
        read(tmp_path)


def test_code_in_a_state_is_not_run(tmp_path):
    save(tmp_path, {"step": Trap(tmp_path / "sprung")})
    with pytest.raises(TrainingStateError, match="damaged"):
        read(tmp_path)
    assert not (tmp_path / "sprung").exists()


def test_the_state_lies_in_the_models_folder_for_training(tmp_path):
    save(tmp_path, {})
    assert (tmp_path / "training" / "state.pt").is_file()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_named_pipe_as_state_is_refused_at_once(tmp_path):
    state_path(tmp_path).parent.mkdir()
    os.mkfifo(state_path(tmp_path))
    with pytest.raises(TrainingStateError, match="not a regular file"):
        read(tmp_path)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no devices here")
def test_a_device_as_state_is_refused_at_once(tmp_path):
    state_path(tmp_path).parent.mkdir()
    state_path(tmp_path).symlink_to("/dev/zero")
    with pytest.raises(TrainingStateError, match="not a regular file"):
        read(tmp_path)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The state of a training after two updates, and the trainer."""
    folder = tmp_path_factory.mktemp("trained")
    corpus = make_corpus(folder, 60, held_out=True)
    trainer = Trainer(corpus, settings(corpus), MACHINE)
    for batch in islice(trainer.stream(), 2):
        trainer.update(batch)
    trainer.validate()
    return trainer


def written(folder, trainer, change):
    """Write the state of `trainer` after a change of it."""
    save(folder, trainer.state())
    state = read(folder)
    change(state)
    save(folder, {key: value for key, value in state.items() if key != "format_version"})
    return folder


def moments(state, index=0):
    return state["optimizer"]["state"][index]


def test_the_state_of_a_training_passes_every_check(trained, tmp_path):
    assert load(written(tmp_path, trained, lambda _: None))["step"] == 2
    untrained = Trainer(trained.corpus, trained.settings, MACHINE)
    assert load(written(tmp_path, untrained, lambda _: None))["step"] == 0


WRONG_TENSORS = {
    "shorter": lambda tensor: tensor[:-1].clone(),
    "a number": lambda tensor: tensor.new_zeros(()),
    "transposed": lambda tensor: tensor.t().contiguous(),
    "one number behind all": lambda tensor: torch.tensor(0.0).expand(tensor.shape),
    "sparse": lambda tensor: tensor.to_sparse(),
    "double": lambda tensor: tensor.double(),
    "bfloat16": lambda tensor: tensor.bfloat16(),
    "a parameter": lambda tensor: torch.nn.Parameter(tensor),
    "nan": lambda tensor: tensor * math.nan,
    "infinite": lambda tensor: tensor + math.inf,
    "a list": lambda tensor: tensor.tolist(),
    "nothing": lambda _: None,
}


@pytest.mark.parametrize("wrong", WRONG_TENSORS.values(), ids=WRONG_TENSORS)
@pytest.mark.parametrize("place", ["model", "best_weights", "exp_avg", "exp_avg_sq"])
def test_a_tensor_that_is_not_as_it_was_written_is_refused(place, wrong, trained, tmp_path):
    def change(state):
        holder, name = (state[place], "embedding.weight") if place in state else (moments(state), place)
        holder[name] = wrong(holder[name])

    with pytest.raises(TrainingStateError, match=r"state\.pt: damaged .*train again with `overwrite`"):
        load(written(tmp_path, trained, change))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda state: state["model"].pop("first_state.bias"), id="no weight"),
        pytest.param(lambda state: state["model"].update(another=torch.zeros(1)), id="another weight"),
        pytest.param(lambda state: state["optimizer"]["state"].pop(3), id="no moments of a weight"),
        pytest.param(lambda state: moments(state).pop("exp_avg"), id="no moment"),
        pytest.param(lambda state: moments(state).update(max_exp_avg_sq=torch.zeros(1)), id="another moment"),
        pytest.param(lambda state: moments(state)["exp_avg_sq"].neg_(), id="negative squares"),
        pytest.param(lambda state: moments(state).update(step=torch.tensor(-1.0)), id="a negative number of updates"),
        pytest.param(lambda state: state.update(tokenizer=torch.zeros(9)), id="a tokenizer of floats"),
        pytest.param(lambda state: state.update(tokenizer="x"), id="a tokenizer of text"),
        pytest.param(lambda state: state["settings"]["model"].update(hidden_size=10**9), id="a network too large"),
        pytest.param(lambda state: state["settings"]["model"].update(hidden_size=64), id="another network"),
        pytest.param(lambda state: state["settings"].update(corpus=3), id="a setting of another type"),
        pytest.param(lambda state: state.update(best_calibration={"slope": math.nan}), id="a calibration of nan"),
    ],
)
def test_a_part_that_is_not_as_it_was_written_is_refused(change, trained, tmp_path):
    with pytest.raises(TrainingStateError, match=r"state\.pt: damaged"):
        load(written(tmp_path, trained, change))


@pytest.mark.parametrize(
    "name", ["settings", "corpus", "tokenizer", "model", "optimizer", "seconds", "step", "best_weights", "best_bleu"]
)
@pytest.mark.parametrize("value", ["missing", None, -7, math.nan, 10**30, "x", [], {"a": 1}], ids=str)
def test_a_value_of_another_kind_is_refused(name, value, trained, tmp_path):
    if (name, value) == ("corpus", "x"):
        pytest.skip("it could be another corpus")

    def change(state):
        state[name] = value
        if value == "missing":
            del state[name]

    with pytest.raises(TrainingStateError, match=r"state\.pt: damaged"):
        load(written(tmp_path, trained, change))


def test_a_packed_state_is_not_unpacked(trained, tmp_path):
    path = state_path(written(tmp_path, trained, lambda _: None))
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content + bytes(10**5))
    with pytest.raises(TrainingStateError, match="larger inside than outside"):
        load(tmp_path)
