"""Attention matrices as text: aligned, within the width, and readable without colour."""

import io
import re

import numpy as np
import pytest
from rich.cells import cell_len
from rich.console import Console

from attn_cli.decoding.alignment import END, Alignment, printable
from attn_cli.display.attention.heatmap import COLUMN, LONGEST, draw

EXAMPLE = Alignment(
    ("he", "doesn't", "like", END),
    ("il", "n'", "aime", END),
    np.array([[1, 0, 0, 0], [0.004, 0.9, 0.05, 0.046], [0.1, 0.2, 0.7, 0], [0, 0, 0.01, 0.99]], dtype=np.float32),
)
ENGLISH = "a man in a blue shirt is standing on a ladder and cleans the windows of a large building with a small dog ."
JAPANESE = ("私", "は", "リンゴ", "が", "好き", "では", "ない", "。", END)
ODD = ("नमस्ते", "e\u0301te\u0301", "مرحبا", "👩\u200d👩\u200d👧", "nul\0\x1b[31m", "x" * 300, "語" * 300, "", END)


def random_alignment(source, target) -> Alignment:
    weights = np.random.default_rng(1).dirichlet(np.full(len(source), 0.2), len(target))
    return Alignment(tuple(source), tuple(target), weights.astype(np.float32))


LONG = random_alignment([*ENGLISH.split(), END], [*ENGLISH.upper().split(), END])


def plain(alignment: Alignment, width: int = 80) -> list[str]:
    return [line.plain for line in draw(alignment, width)]


def blocks(alignment: Alignment, width: int = 80) -> list[list[str]]:
    """The lines in blocks of columns; an empty line ends each."""
    return [block.split("\n") for block in "\n".join([*plain(alignment, width), ""]).split("\n\n") if block]


def test_a_small_matrix_has_source_words_above_and_target_words_at_the_left():
    assert plain(EXAMPLE) == [
        "      he doesn't",
        "      │  │  like",
        "      │  │  │  </s>",
        "  il 100  ·  ·  ·",
        "  n'   · 90  5  5",
        "aime  10 20 70  ·",
        "</s>   ·  ·  1 99",
        "",
    ]


def cells(line: str) -> list[str]:
    """The character in each cell; a wide one takes two, a combining one none."""
    characters: list[str] = []
    for char in line:
        width = cell_len(char)
        characters += [char, *[""] * (width - 1)] if width else []
    return characters


def numbers(row: str) -> str:
    match = re.search(r"( (  ·|[1 ][0-9 ][0-9])+)$", row)
    assert match, row
    return match[0]


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize(
    "alignment",
    [LONG, random_alignment(JAPANESE, ODD), random_alignment(ODD, JAPANESE), random_alignment([END], [END])],
    ids=["long", "from Japanese", "from all kinds", "nothing"],
)
def test_words_are_above_their_columns_and_lines_within_the_width(alignment, width):
    seen: list[str] = []
    for block in blocks(alignment, width):
        rows, heads = block[-len(alignment.target) :], [cells(line) for line in block[: -len(alignment.target)]]
        assert max(map(cell_len, block)) <= width
        [(margin, count)] = {(cell_len(row) - len(numbers(row)), len(numbers(row)) // COLUMN) for row in rows}
        for column in range(count):
            position = margin + 2 + COLUMN * column
            marks = [line[position] if position < len(line) else " " for line in heads]
            level = max(level for level, mark in enumerate(marks) if mark != "│")  # the word's, above its line
            assert heads[level][position - 1] == " "
            seen.append(marks[level])
    assert seen == [printable(word)[0] for word in alignment.source]


def test_every_block_names_the_target_words():
    both = blocks(LONG, 60)
    assert len(both) > 1
    for block in both:
        rows = block[-len(LONG.target) :]
        assert [row.removesuffix(numbers(row)).strip() for row in rows] == list(LONG.target)


def test_blocks_are_of_similar_size():
    counts = [len(numbers(block[-1])) // COLUMN for block in blocks(LONG, 60)]
    assert max(counts) - min(counts) <= len(counts)


def test_the_numbers_are_the_weights_in_percent():
    rows = plain(random_alignment(ODD, JAPANESE), 200)[-1 - len(JAPANESE) : -1]
    shown = [[0 if part == "·" else int(part) for part in numbers(row).split()] for row in rows]
    np.testing.assert_allclose(shown, 100 * random_alignment(ODD, JAPANESE).weights, atol=0.51)


def test_long_words_are_cut_and_control_characters_do_not_reach_the_terminal():
    lines = plain(random_alignment(ODD, ODD), 80)
    assert not any("\x1b" in line or "\0" in line for line in lines)
    assert any("…" in line and cell_len(line.split("…")[0].split()[-1]) <= LONGEST for line in lines)


def test_a_terminal_that_is_too_narrow_gets_one_column_per_block():
    assert len(blocks(EXAMPLE, 3)) == len(EXAMPLE.source)


def shown(*, no_color: bool) -> str:
    console = Console(file=io.StringIO(), force_terminal=True, color_system="truecolor", no_color=no_color, width=80)
    for line in draw(EXAMPLE, 80):
        console.print(line, soft_wrap=True)
    return console.file.getvalue()


def test_a_word_from_right_to_left_does_not_reverse_what_follows_it():
    alignment = random_alignment(["مرحبا", "two", END], ["שלום", "deux", END])
    lines = plain(alignment)
    assert all(line.count("\u200e") == line.count("مرحبا") + line.count("שלום") for line in lines)
    assert sum(line.count("\u200e") for line in lines) == 2
    assert "\u200e" not in "".join(plain(EXAMPLE))


def test_colour_adds_a_background_and_changes_no_character():
    coloured, bare = shown(no_color=False), shown(no_color=True)
    assert "48;2;255;200;60m" in coloured  # the weight 1
    assert "\x1b" not in bare
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == bare == "\n".join([*plain(EXAMPLE), ""])
