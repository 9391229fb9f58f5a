"""The progress of a file's translation."""

import re

from attn_cli.display.file_progress import followed


def test_a_batch_counts_when_the_next_one_is_asked_for():
    shown = []
    batches = followed(iter([["é", "two"], ["three"], ["four"]]), 18, shown.append)
    assert next(batches) == ["é", "two"]
    assert shown == ["0 lines"]
    assert [*batches] == [["three"], ["four"]]
    assert [re.sub(r"[\d,]+ lines/s, \d:\d\d left", "…", line) for line in shown] == [
        "0 lines", "2 lines, 39 %, …", "3 lines, 72 %, …", "4 lines, 100 %, …", "",
    ]  # fmt: skip


def test_the_line_is_erased_where_the_work_is_stopped():
    shown = []
    batches = followed(iter([["one"]]), 4, shown.append)
    next(batches)
    batches.close()
    assert shown == ["0 lines", ""]


def test_a_file_that_grows_is_never_more_than_done():
    shown = []
    list(followed(iter([["one"] * 9]), 4, shown.append))
    assert "9 lines, 100 %, " in shown[1]
