"""The progress of a file: of its translation, and of its download."""

import re

from attn_cli.display import file_progress
from attn_cli.display.file_progress import Download, followed


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


def test_a_download_on_a_terminal_is_a_bar_that_is_erased_at_the_end(monkeypatch):
    shown = []
    monkeypatch.setattr(file_progress, "perf_counter", iter([0.0, 0.05, 0.2, 0.25]).__next__)
    progress = Download(shown.append, shown.append)
    for done in (0, 1_000_000, 2_500_000, 5_000_000):
        progress("text.zip", done, 5_000_000)
    assert shown == [
        "text.zip  [....................]  0.0 MB of 5.0 MB, 0 %",
        "text.zip  [##########..........]  2.5 MB of 5.0 MB, 50 %",
        "",
    ]


def test_a_download_elsewhere_is_lines_at_long_intervals(monkeypatch):
    lines = []
    monkeypatch.setattr(file_progress, "perf_counter", iter([0.0, 9.0, 10.5, 11.0]).__next__)
    progress = Download(None, lines.append)
    for done, total in ((0, None), (1_000_000, None), (2_000_000, None), (0, 0)):
        progress("text.zip", done, total)
    assert lines == [
        "downloading text.zip: 0.0 MB",
        "downloading text.zip: 2.0 MB",
        "downloading text.zip: 0.0 MB of 0.0 MB, 0 %",
    ]
