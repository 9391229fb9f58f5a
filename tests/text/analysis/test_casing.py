"""Text in capitals and in title case, and its ordinary spelling."""

import pytest

from attn_cli.text.analysis.casing import is_in_capitals, is_in_title_case, ordinary_case

PROBABLE = {"the", "is", "where", "station", "lee", "I", "Tom", "NASA", "Paris", "tom", "nasa"}
LIKELIER = {"Tom": 4, "NASA": 5, "I": 4, "Paris": 4, "T": 4, "Wet": 1}


def log_probability(word):
    return LIKELIER.get(word, 1 if word in PROBABLE else 0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("WHERE IS IT?", True),
        ("IS IT 5 O'CLOCK", True),
        ("NATO", False),
        ("Where IS IT?", False),
        ("我 喜欢", False),
        ("A B C", False),
        ("USB 3.0", False),
    ],
)
def test_capitals_are_several_words_without_any_lower_case_letter(text, expected):
    assert is_in_capitals(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Where Is The Station?", True),
        ("Where is The Station?", False),
        ("Is It", False),
        ("Robert Smith Junior", False),
        ("Paris I Tom", False),
        ("WHERE IS THE STATION", False),
    ],
)
def test_title_case_shows_in_a_short_word_that_has_no_capital_otherwise(text, expected):
    assert is_in_title_case(text, log_probability) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("WHERE IS TOM?", "Where is Tom?"),
        ("Where Is The Station?", "Where is the station?"),
        ("¿THE NASA, PARIS?", "¿The NASA, Paris?"),
        ("1. IS I", "1. Is I"),
        ("TOM ISN'T", "Tom isn't"),
        ("IS WET", "Is wet"),
        ("", ""),
        ("...", "..."),
    ],
)
def test_each_word_gets_its_most_probable_spelling_and_the_text_a_capital(text, expected):
    assert ordinary_case(text, log_probability) == expected


def test_the_text_stays_as_it_is_where_a_letter_would_become_two():
    assert ordinary_case("İS THE", log_probability) == "İS THE"
