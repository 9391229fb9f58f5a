"""The state of a training: read as it was written, replaced as a whole, and no code in it is run."""

import errno
import os
import pickle
import re
import resource
from pathlib import Path

import pytest
import torch

from attn_cli.foundation.errors import TrainingStateError
from attn_cli.training.checkpoint import FORMAT_VERSION, read, save, state_path


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
