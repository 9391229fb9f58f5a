"""Charts: round numbers on the axes, and lines that can be told apart."""

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
    format_number,
    legend,
    round_numbers,
)

TICKS = [Tick(0, "1–5", "12"), Tick(1, "6–10", "1,234")]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1))
def test_round_numbers_enclose_what_is_drawn_at_even_distances(numbers):
    found = round_numbers(numbers)
    step = found[1] - found[0]
    assert found[0] <= min(numbers) + 1e-9 * step
    assert max(numbers) <= found[-1] + 1e-9 * step
    assert 2 <= len(found) <= 8
    assert found == pytest.approx([found[0] + step * place for place in range(len(found))])


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ([0, 7000], ["0", "2,000", "4,000", "6,000", "8,000"]),
        ([1.27, 3.4], ["1.0", "1.5", "2.0", "2.5", "3.0", "3.5"]),
        ([40.0], ["39.0", "39.5", "40.0", "40.5", "41.0"]),
        ([0.0], ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
    ],
)
def test_round_numbers_are_shown_with_the_digits_they_need(numbers, expected):
    found = round_numbers(numbers)
    assert [format_number(number, found) for number in found] == expected


def test_every_point_lies_on_the_picture_higher_where_it_is_greater():
    drawn = chart([Series("a", [(0, 10.0), (1, 50.0)], 0)], TICKS, across="words", up="BLEU")
    places = [(float(x), float(y)) for x, y in re.findall(r'transform="translate\(([\d.]+) ([\d.]+)\)"', drawn)]
    assert places[0][0] < places[1][0] <= WIDTH
    assert HEIGHT >= places[0][1] > places[1][1] >= 0


def test_a_chart_says_in_words_what_it_shows():
    drawn = chart([Series("<a>", [(0, 10.0)], 0), Series("b", [(0, 20.0)], 1)], TICKS, across="words", up="BLEU")
    assert 'role="img"' in drawn
    assert 'aria-label="BLEU by words: &lt;a&gt;, b.' in drawn
    assert all(f">{text}</text>" in drawn for text in ("1–5", "12", "6–10", "1,234", "words"))
    assert "<title>b: 20.00</title>" in drawn


def test_a_thin_line_has_no_marks():
    drawn = chart([Series("a", [(0, 1.0), (1, 2.0)], 0, marked=False)], TICKS, across="updates", up="loss")
    assert 'class="mark"' not in drawn
    assert 'class="line thin"' in drawn


def test_the_lines_of_a_legend_differ_by_mark_and_begin_anew_when_there_are_too_many():
    drawn = legend([f"system {number}" for number in range(STYLES + 1)])
    marks = re.findall(r'class="mark" d="([^"]+)"', drawn)
    assert len(set(marks[:STYLES])) == STYLES
    assert marks[STYLES] == marks[0]
