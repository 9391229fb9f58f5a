"""Masks in place of literals, and the literals in place of their masks."""

import pytest

from attn_cli.text.analysis.literals import find_literals
from attn_cli.text.analysis.masks import can_mask, mask, unmask


def masked(text, spelled=None):
    return mask(text, spelled or text, list(find_literals(text, lambda _: False)), 0, len(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Read www.example.com, then 12 pages.", "Read X1, then 37 pages."),
        ("Click <b>Save</b>.", "Click X1 Save X2."),
        ("XX1 is at /tmp/a.", "X2 is at X3."),
        ("37 of 1,250", "64 of 58"),
        ("At 10:30", "At X1"),
    ],
)
def test_a_literal_gets_a_mask_that_the_text_does_not_hold(text, expected):
    found, masks = masked(text)
    assert found == expected
    assert unmask(found, masks) == text


def test_the_words_between_are_those_of_the_other_spelling():
    found, masks = masked("GO TO www.Example.com NOW", "Go to www.Example.com now")
    assert found == "Go to X1 now"
    assert unmask(found.upper(), masks) == "GO TO www.Example.com NOW"


def test_literals_may_change_places_and_a_mask_is_not_a_part_of_a_word():
    _, masks = masked("/tmp/a and /tmp/b")
    assert unmask("X2, X1 X11 aX1 X1", masks) == "/tmp/b, /tmp/a X11 aX1 /tmp/a"


def test_a_literal_is_not_read_as_a_pattern():
    _, masks = masked(r"See C:\new\1 there")
    assert unmask("X1", masks) == r"C:\new\1"


def test_there_are_only_so_many_masks():
    for count, enough in ((9, True), (10, False)):
        text = " ".join(f"/tmp/{letter}" for letter in "abcdefghij"[:count])
        assert can_mask(text, list(find_literals(text, lambda _: False))) == enough
