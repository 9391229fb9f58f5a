"""Charts: round numbers on the axes, and lines that differ."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attn_cli.display.report.charts import (
    HEIGHT,
    STYLES,
    WIDTH,
    Series,
    Tick,
    chart,
    figure,
    format_number,
    round_numbers,
)
from attn_cli.display.report.markup import Markup

TICKS = [Tick(0, "1–5", "12"), Tick(1, "6–10", "1,234")]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1))
def test_round_numbers_are_evenly_spaced_and_enclose_the_points(numbers):
    rounded = round_numbers(numbers)
    step = rounded[1] - rounded[0]
    assert rounded[0] <= min(numbers) + 1e-9 * step
    assert max(numbers) <= rounded[-1] + 1e-9 * step
    assert 2 <= len(rounded) <= 8
    assert rounded == pytest.approx([rounded[0] + step * index for index in range(len(rounded))])


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ([0, 7000], ["0", "2,000", "4,000", "6,000", "8,000"]),
        ([1.27, 3.4], ["1.0", "1.5", "2.0", "2.5", "3.0", "3.5"]),
        ([40.0], ["39.0", "39.5", "40.0", "40.5", "41.0"]),
        ([0.0], ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
    ],
)
def test_round_numbers_are_printed_with_the_digits_they_need(numbers, expected):
    rounded = round_numbers(numbers)
    assert [format_number(number, rounded) for number in rounded] == expected


def test_points_are_within_the_picture_and_greater_ones_higher():
    drawn = chart([Series("a", [(0, 10.0), (1, 50.0)], 0)], TICKS, across="words", up="BLEU")
    points = [(float(x), float(y)) for x, y in re.findall(r'transform="translate\(([\d.]+) ([\d.]+)\)"', drawn)]
    assert points[0][0] < points[1][0] <= WIDTH
    assert HEIGHT >= points[0][1] > points[1][1] >= 0


def test_a_chart_is_described_in_words():
    drawn = chart([Series("<a>", [(0, 10.0)], 0), Series("b", [(0, 20.0)], 1)], TICKS, across="words", up="BLEU")
    assert 'role="img"' in drawn
    assert 'aria-label="BLEU by words: &lt;a&gt;, b.' in drawn
    assert all(f">{text}</text>" in drawn for text in ("1–5", "12", "6–10", "1,234", "words"))
    assert "<title>b: 20.00</title>" in drawn


def test_a_thin_line_has_no_marks():
    drawn = chart([Series("a", [(0, 1.0), (1, 2.0)], 0, marked=False)], TICKS, across="updates", up="loss")
    assert 'class="mark"' not in drawn
    assert 'class="line thin"' in drawn


def test_the_marks_of_a_legend_differ_and_repeat_only_after_the_last():
    drawn = figure("", [f"system {number}" for number in range(STYLES + 1)], Markup())
    marks = re.findall(r'class="mark" d="([^"]+)"', drawn)
    assert len(set(marks[:STYLES])) == STYLES
    assert marks[STYLES] == marks[0]


def test_a_figure_of_one_system_has_no_legend():
    assert "legend" not in figure("Loss", ["a"], Markup())
    assert "<h3>Loss</h3>" in figure("Loss", ["a"], Markup())
    assert "h3" not in figure("", ["a", "b"], Markup())
