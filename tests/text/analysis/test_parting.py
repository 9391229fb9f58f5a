"""Where two sides part: lines missing and added, lists in another order, and text in which there is nothing to find."""

import random
from pathlib import Path

import pytest

from attn_cli.text.analysis import parting as module
from attn_cli.text.analysis.parting import Parting, parting, parting_and_displaced
from attn_cli.text.formats import read_parallel

TRAIN = Path(__file__).parents[3] / "data" / "en-fr" / "train"


@pytest.fixture(scope="module")
def pairs():
    return list(read_parallel(str(TRAIN), ("en", "fr")))[:6000]


def sides(pairs):
    return [source for source, _ in pairs], [target for _, target in pairs]


@pytest.mark.parametrize("size", [0, 1, 9, 20, 50, 200, 1000, 6000])
def test_text_that_matches_does_not_part(size, pairs):
    for start in range(0, 6000 - size + 1, max(size, 300)):
        source, target = sides(pairs[start : start + size])
        assert parting(source, target) is None
        assert parting_and_displaced(source, target) == (None, [])


@pytest.mark.parametrize("missing", [1, 3, -1, -3])
@pytest.mark.parametrize("line", [200, 2500, 5700])
def test_missing_lines_are_found(line, missing, pairs):
    source, target = sides(pairs)
    shorter = source if missing > 0 else target
    del shorter[line : line + abs(missing)]
    found = parting(source, target)
    assert found is not None
    assert found.missing == missing
    assert abs(found.line - line) <= 10


@pytest.mark.parametrize("missing", [1, -2])
def test_sides_of_equal_length_that_are_shifted_from_the_first_line_or_the_middle_on_are_found(missing, pairs):
    for begin in (0, 2000):
        source, target = sides(pairs)
        shorter, longer = (source, target) if missing > 0 else (target, source)
        del shorter[begin : begin + abs(missing)], longer[missing if missing < 0 else -missing :]
        found = parting(source, target)
        assert found is not None
        assert found.missing == missing
        assert abs(found.line - 1 - begin) <= 10


def test_a_line_that_is_missing_near_the_begin_of_a_small_file_is_found(pairs):
    source, target = sides(pairs[:300])
    del target[40]
    assert parting(source, target) is not None


def test_a_file_whose_end_is_missing_does_not_part_before(pairs):
    source, target = sides(pairs)
    assert parting(source, target[:4000]) is None


def test_a_list_in_another_order_is_displaced_and_no_parting(pairs):
    source, target = sides(pairs)
    target[3000:3200] = [*target[3002:3200], target[3001], target[3000]]
    _, (part,) = parting_and_displaced(source, target)
    assert abs(part.start - 3000) <= 5
    assert abs(part.stop - 3198) <= 5
    assert parting(source, target) is None


@pytest.mark.parametrize("blocks", [1, 7])
def test_the_line_is_as_exact_where_lines_go_in_blocks(blocks, pairs, monkeypatch):
    monkeypatch.setattr(module, "STEPS", 6000 // blocks)
    source, target = sides(pairs)
    del target[3000]
    found = parting(source, target)
    assert found is not None
    assert abs(found.line - 3001) <= 5


def test_only_the_first_lines_are_compared(pairs, monkeypatch):
    monkeypatch.setattr(module, "MOST_LINES", 1000)
    source, target = sides(pairs)
    del target[3000]
    assert parting(source, target) is None
    del target[300]
    assert parting(source, target) is not None


def shuffled(lines):
    return random.Random(1).sample(lines, len(lines))


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ([""] * 500, [""] * 400),
        (["the same line"] * 500, ["la même ligne"] * 500),
        (["x" * 1_000_000] * 12, ["y"] * 14),
        (["1" * 1_000_000, "," * 1_000_000] * 6, ["\ud800"] * 12),
        (["one"], ["un", "deux"]),
        ([], ["un"] * 99),
        ([f"{number}" for number in range(20)], [""] * 20_000),
    ],
)
def test_odd_text_is_no_parting(source, target):
    assert parting(source, target) is None
    assert parting(target, source) is None


def test_unrelated_lines_are_no_parting(pairs):
    source, target = sides(pairs[:3000])
    assert parting(source, shuffled(target)) is None


def test_the_message_names_the_side_that_lacks_lines():
    assert Parting(4312, -1).message(("a.en", "a.fr")) == (
        "the two sides seem to part at line 4,312, where a.fr lacks 1 line"
    )
    assert Parting(1, 3).message(("a.en", "a.fr")).endswith("at line 1, where a.en lacks 3 lines")
