"""The log of a training: written per record, cut when resumed, and read whatever has become of it."""

import json
import os

import pytest

from attn_cli.training.log import Log, best_bleu, read_log


def records(folder):
    text = (folder / "training" / "log.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.split("\n")[:-1]]


def write_log(folder, *steps, **more):
    log = Log(folder, up_to_step=0)
    for step in steps:
        log.add({"step": step, **more})


def test_a_log_is_one_object_per_line(tmp_path):
    write_log(tmp_path, 20, 40, source="“été”\n😀")
    assert records(tmp_path) == [{"step": 20, "source": "“été”\n😀"}, {"step": 40, "source": "“été”\n😀"}]


@pytest.mark.parametrize(
    "step, kept", [(0, []), (19, []), (20, [20]), (39, [20]), (40, [20, 40, 40]), (99, [20, 40, 40, 60])]
)
def test_a_resumed_log_drops_the_steps_after_the_one_resumed_at(step, kept, tmp_path):
    write_log(tmp_path, 20, 40, 40, 60)
    Log(tmp_path, up_to_step=step).add({"step": 7})
    assert [record["step"] for record in records(tmp_path)] == [*kept, 7]


def test_a_resumed_log_keeps_its_lines_as_they_are(tmp_path):
    write_log(tmp_path, 20, source="“été”\n😀", loss=0.1)
    before = (tmp_path / "training" / "log.jsonl").read_bytes()
    Log(tmp_path, up_to_step=20)
    assert (tmp_path / "training" / "log.jsonl").read_bytes() == before


def test_a_log_that_is_gone_starts_again(tmp_path):
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
    "damage",
    [b'{"kind": "prog{"step": 30}\n', b"\0\0\0\n", b"\xff\n", b'{"kind": "x"}\n', b"[]\n", b"[" * 200_000 + b"\n"],
    ids=lambda damage: repr(damage[:20]),
)
def test_a_log_with_a_damaged_line_within_does_not_stop_the_training(damage, tmp_path):
    write_log(tmp_path, 20)
    with (tmp_path / "training" / "log.jsonl").open("ab") as file:
        file.write(damage + b'{"step": 40}\n')
    Log(tmp_path, up_to_step=40).add({"step": 60})
    assert [record["step"] for record in records(tmp_path)] == [20, 40, 60]


def test_a_log_is_read_without_its_damaged_lines(tmp_path):
    assert read_log(tmp_path) == []
    write_log(tmp_path, 20, source="a\u2028b")
    with (tmp_path / "training" / "log.jsonl").open("ab") as file:
        file.write(b'[1]\n"text"\n\n\xff\n{"step": 40}\n{"step": 6')
    assert read_log(tmp_path) == [{"step": 20, "source": "a\u2028b"}, {"step": 40}]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
@pytest.mark.parametrize("step", [0, 20])
def test_a_named_pipe_as_log_is_not_waited_for_and_replaced(tmp_path, step):
    (tmp_path / "training").mkdir()
    os.mkfifo(tmp_path / "training" / "log.jsonl")
    assert read_log(tmp_path) == []
    Log(tmp_path, up_to_step=step).add({"step": 40})
    assert records(tmp_path) == [{"step": 40}]


def test_a_link_as_log_is_not_written_through(tmp_path):
    other, path = tmp_path / "other", tmp_path / "training" / "log.jsonl"
    other.write_text("mine\n", encoding="utf-8")
    path.parent.mkdir()
    path.symlink_to(other)
    log = Log(tmp_path, up_to_step=0)
    path.unlink()
    path.symlink_to(other)
    log.add({"step": 20})
    assert other.read_text(encoding="utf-8") == "mine\n"


def test_the_best_bleu_is_that_of_the_last_best_record(tmp_path):
    assert best_bleu(tmp_path) is None
    log = Log(tmp_path, up_to_step=0)
    for step, bleu, best in ((0, 3.0, True), (20, 9.5, True), (40, 9, False)):
        log.add({"step": step, "bleu": bleu, "best": best})
    assert best_bleu(tmp_path) == 9.5
    for odd in ("9", None, float("nan"), 1e9, [9]):
        log.add({"step": 60, "bleu": odd, "best": True})
        assert best_bleu(tmp_path) is None
