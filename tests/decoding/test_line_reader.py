"""Reading of lines from a pipe: what ends a line, how batches grow, and that no line waits for the next one."""

import gzip
import os
import queue
import threading
from contextlib import suppress

import pytest

from attn_cli.decoding.line_reader import CHUNK, ready_lines
from attn_cli.foundation.errors import CorpusError


def read_all(data: bytes, notes: list[str] | None = None) -> list[list[str]]:
    read, write = os.pipe()

    def write_all():
        with os.fdopen(write, "wb") as file, suppress(BrokenPipeError):
            file.write(data)

    writer = threading.Thread(target=write_all)
    writer.start()
    try:
        return list(ready_lines(read, (notes if notes is not None else []).append))
    finally:
        os.close(read)
        writer.join()


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"", []),
        (b"a\n", ["a"]),
        (b"a\n\nb\n", ["a", "", "b"]),
        (b"\n", [""]),
        (b"no end", ["no end"]),
        (b"a\nno end", ["a", "no end"]),
        (b"crlf\r\nlone\rcr\n", ["crlf\r", "lone\rcr"]),
        ("x\u2028y\u0085z\n".encode(), ["x\u2028y\u0085z"]),
        (b"bad \xff byte\n", ["bad \ufffd byte"]),
        (b"nul\x00\n", ["nul\x00"]),
        ("\ufeffone\n\ufefftwo\n".encode(), ["one", "\ufefftwo"]),
        ("\ufeff".encode(), []),
    ],
)
def test_only_a_line_feed_ends_a_line(data, lines):
    assert [line for batch in read_all(data) for line in batch] == lines


def test_batches_of_a_file_grow_and_lose_no_line(tmp_path):
    path = tmp_path / "numbers"
    path.write_bytes(b"".join(b"%d\n" % number for number in range(9000)))
    with path.open("rb") as file:
        batches = list(ready_lines(file.fileno(), pytest.fail))
    assert [line for batch in batches for line in batch] == [str(number) for number in range(9000)]
    assert [len(batch) for batch in batches] == [256, 512, 1024, 2048, 4096, 9000 - 7936]


def test_bytes_that_are_not_utf_8_are_counted_once_for_the_whole_stream():
    notes = []
    read_all(b"good\n\xff\n" + "déjà\n".encode() * 20_000 + "déjà\n".encode("latin-1"), notes)
    assert len(notes) == 1
    assert "2 of 20,003 lines are not valid UTF-8, the first is line 2;" in notes[0]


def test_a_character_that_lies_in_two_chunks_is_whole():
    notes = []
    text = "é" * CHUNK
    assert read_all(b"x" + text.encode(), notes) == [["x" + text]]
    assert notes == []


@pytest.mark.parametrize("end", [b"", b"\nnext\n"])
def test_of_a_line_without_end_only_the_beginning_is_read(end, monkeypatch):
    monkeypatch.setattr("attn_cli.decoding.line_reader.LONGEST_LINE", 100_000)
    notes = []
    lines = [line for batch in read_all(b"one\n" + b"a" * 1_000_000 + end, notes) for line in batch]
    assert lines == ["one", "a" * 100_000, *(["next"] if end else [])]
    assert len(notes) == 1
    assert "line 2 is longer than" in notes[0]


@pytest.mark.parametrize(
    ("data", "name"),
    [(gzip.compress(b"one\n", mtime=0), "gzip"), ("one\n".encode("utf-16"), "UTF-16"), (b"\xfe\xff\x00o", "UTF-16")],
)
def test_a_stream_of_another_format_is_refused_by_name(data, name):
    with pytest.raises(CorpusError, match=f"not text in UTF-8 but .*{name}"):
        read_all(data)


def test_a_stream_that_cannot_be_read_is_refused_by_its_name(tmp_path):
    descriptor = os.open(tmp_path, os.O_RDONLY)
    with pytest.raises(CorpusError, match=r"letter\.en: Is a directory"):
        list(ready_lines(descriptor, pytest.fail, "letter.en"))
    os.close(descriptor)


@pytest.fixture
def pipe():
    """The writing end of a pipe, and a queue of the batches that a thread reads from it."""
    read, write = os.pipe()
    batches = queue.Queue()
    reader = threading.Thread(target=lambda: [batches.put(batch) for batch in ready_lines(read, pytest.fail)])
    reader.start()
    yield write, batches
    os.close(write)
    reader.join()
    os.close(read)


def test_a_line_is_returned_before_the_next_one_is_written(pipe):
    write, batches = pipe
    for number in range(3):
        os.write(write, b"%d\n" % number)
        assert batches.get(timeout=10) == [str(number)]


def test_a_line_does_not_wait_for_the_rest_of_the_next_one(pipe):
    write, batches = pipe
    os.write(write, b"one\ntw")
    assert batches.get(timeout=10) == ["one"]
    os.write(write, b"o\n")
    assert batches.get(timeout=10) == ["two"]
