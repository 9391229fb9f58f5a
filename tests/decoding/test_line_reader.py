"""Reading of lines from a pipe: what ends a line, how batches grow, and that no line waits for the next one."""

import os
import queue
import threading

import pytest

from attn_cli.decoding.line_reader import ready_lines


def read_all(data: bytes) -> list[list[str]]:
    read, write = os.pipe()
    writer = threading.Thread(target=lambda: (os.write(write, data), os.close(write)))
    writer.start()
    try:
        return list(ready_lines(read))
    finally:
        writer.join()
        os.close(read)


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
    ],
)
def test_only_a_line_feed_ends_a_line(data, lines):
    assert [line for batch in read_all(data) for line in batch] == lines


def test_batches_grow_from_32_lines_and_lose_none():
    batches = read_all(b"".join(b"%d\n" % number for number in range(9000)))
    assert [line for batch in batches for line in batch] == [str(number) for number in range(9000)]
    assert len(batches[0]) <= 32
    assert max(map(len, batches)) > 100


@pytest.fixture
def pipe():
    """The writing end of a pipe, and a queue of the batches that a thread reads from it."""
    read, write = os.pipe()
    batches = queue.Queue()
    reader = threading.Thread(target=lambda: [batches.put(batch) for batch in ready_lines(read)])
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
