"""What resuming needs: it comes back as it was, is replaced as a whole, and runs no code."""

import errno
import json
import pickle
import re
import resource
from pathlib import Path

import pytest
import torch

from attn_cli.foundation.errors import TrainingStateError
from attn_cli.training.checkpoint import FORMAT_VERSION, Log, load, read_log, save, state_path


class Trap:
    """Makes a folder when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.mkdir, (self.path,)


def records(folder):
    text = (folder / "training" / "log.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.split("\n")[:-1]]


def write_log(folder, *steps, **more):
    log = Log(folder, up_to_step=0)
    for step in steps:
        log.add({"step": step, **more})


def test_a_state_comes_back_as_it_was(tmp_path):
    weights = {"half": torch.tensor([1.5, -2.0], dtype=torch.bfloat16), "whole": torch.arange(4).view(2, 2)}
    state = {
        "settings": {"corpus": "données", "threads": None},
        "model": weights,
        "seconds": 0.1,
        "step": 3,
        "best": {},
    }
    save(tmp_path, state)
    loaded = load(tmp_path)
    loaded_weights = loaded.pop("model")
    assert loaded == {"format_version": FORMAT_VERSION, **{k: v for k, v in state.items() if k != "model"}}
    for name, tensor in weights.items():
        assert loaded_weights[name].dtype == tensor.dtype
        assert torch.equal(loaded_weights[name], tensor)


def test_a_state_is_one_file(tmp_path):
    save(tmp_path, {"step": 1})
    save(tmp_path, {"step": 2})
    assert [path.name for path in state_path(tmp_path).parent.iterdir()] == ["state.pt"]
    assert load(tmp_path)["step"] == 2


def test_a_state_that_cannot_be_written_leaves_the_one_before(tmp_path):
    save(tmp_path, {"step": 1})
    with pytest.raises((AttributeError, pickle.PicklingError)):
        save(tmp_path, {"step": 2, "function": lambda: None})
    assert load(tmp_path)["step"] == 1
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
    assert load(tmp_path)["step"] == 1
    assert [path.name for path in state_path(tmp_path).parent.iterdir()] == ["state.pt"]


def test_without_a_state_there_is_nothing_to_resume(tmp_path):
    with pytest.raises(TrainingStateError, match=r"state\.pt: nothing to resume; train without --resume"):
        load(tmp_path)


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
        load(tmp_path)


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
        load(tmp_path)


def test_code_in_a_state_is_not_run(tmp_path):
    save(tmp_path, {"step": Trap(tmp_path / "sprung")})
    with pytest.raises(TrainingStateError, match="damaged"):
        load(tmp_path)
    assert not (tmp_path / "sprung").exists()


def test_a_log_is_one_object_a_line(tmp_path):
    write_log(tmp_path, 20, 40, source="“été”\n😀")
    assert records(tmp_path) == [{"step": 20, "source": "“été”\n😀"}, {"step": 40, "source": "“été”\n😀"}]


@pytest.mark.parametrize(
    "step, kept", [(0, []), (19, []), (20, [20]), (39, [20]), (40, [20, 40, 40]), (99, [20, 40, 40, 60])]
)
def test_a_resumed_log_forgets_the_steps_after_the_one_it_goes_on_from(step, kept, tmp_path):
    write_log(tmp_path, 20, 40, 40, 60)
    Log(tmp_path, up_to_step=step).add({"step": 7})
    assert [record["step"] for record in records(tmp_path)] == [*kept, 7]


def test_a_resumed_log_keeps_its_lines_as_they_are(tmp_path):
    write_log(tmp_path, 20, source="“été”\n😀", loss=0.1)
    before = (tmp_path / "training" / "log.jsonl").read_bytes()
    Log(tmp_path, up_to_step=20)
    assert (tmp_path / "training" / "log.jsonl").read_bytes() == before


def test_a_log_that_is_gone_begins_anew(tmp_path):
    Log(tmp_path, up_to_step=40).add({"step": 60})
    assert records(tmp_path) == [{"step": 60}]


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85"])
def test_a_log_may_quote_text_with_odd_separators(separator, tmp_path):
    write_log(tmp_path, 20, source=f"a{separator}b")
    Log(tmp_path, up_to_step=20)
    assert records(tmp_path) == [{"step": 20, "source": f"a{separator}b"}]


def test_a_log_whose_last_line_was_cut_off_does_not_stop_the_training(tmp_path):
    write_log(tmp_path, 20, 40)
    path = tmp_path / "training" / "log.jsonl"
    path.write_bytes(path.read_bytes()[:-4])
    Log(tmp_path, up_to_step=40)
    assert records(tmp_path) == [{"step": 20}]


@pytest.mark.parametrize(
    "damage", [b'{"kind": "prog{"step": 30}\n', b"\0\0\0\n", b"\xff\n", b'{"kind": "x"}\n', b"[]\n"]
)
def test_a_log_with_a_damaged_line_within_does_not_stop_the_training(damage, tmp_path):
    write_log(tmp_path, 20)
    with (tmp_path / "training" / "log.jsonl").open("ab") as file:
        file.write(damage + b'{"step": 40}\n')
    Log(tmp_path, up_to_step=40).add({"step": 60})
    assert [record["step"] for record in records(tmp_path)] == [20, 40, 60]


def test_the_state_lies_in_the_models_folder_for_training(tmp_path):
    save(tmp_path, {})
    assert (tmp_path / "training" / "state.pt").is_file()


def test_a_log_is_read_but_for_what_is_damaged(tmp_path):
    assert read_log(tmp_path) == []
    write_log(tmp_path, 20, source="a\u2028b")
    with (tmp_path / "training" / "log.jsonl").open("ab") as file:
        file.write(b'[1]\n"text"\n\n\xff\n{"step": 40}\n{"step": 6')
    assert read_log(tmp_path) == [{"step": 20, "source": "a\u2028b"}, {"step": 40}]
