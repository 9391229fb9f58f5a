"""Language pairs, and the scripts without spaces."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attn_cli.text.languages import SPACELESS, base_code, count_words, is_named, name_of, reversed_pair, split_pair


@pytest.mark.parametrize(
    "pair, other",
    [
        ("en-fr", "fr-en"),
        ("fr-en", "en-fr"),
        ("eng-fra", "fra-eng"),
        ("en-pt_BR", "pt_BR-en"),
        ("zh_Hans-en", "en-zh_Hans"),
        ("eng_Latn-fra_Latn", "fra_Latn-eng_Latn"),
        ("pt_BR-pt_PT", "pt_PT-pt_BR"),
        ("es_419-zh_Hant_HK", "zh_Hant_HK-es_419"),
    ],
)
def test_a_pair_can_be_reversed(pair, other):
    assert split_pair(pair) == tuple(pair.split("-"))
    assert reversed_pair(pair) == other


NOT_PAIRS = (
    "- en en- -fr en-en en-fr-de en_fr v-2 tatoeba pt_BR-pt_BR en-pt-BR en-_BR en-pt_ en-pt__BR en-419 ../en-fr en-fr/x"
)


@pytest.mark.parametrize("name", [*NOT_PAIRS.split(), "", "en-fr\n", "en -fr", "en-pt_B.R"])
def test_a_name_that_is_not_a_pair_cannot_be_reversed(name):
    assert split_pair(name) is None
    assert reversed_pair(name) is None


@pytest.mark.parametrize(
    "language, base",
    [("en", "en"), ("pt_BR", "pt"), ("EN", "en"), ("zh_Hans", "zh"), ("fra_Latn", "fr"), ("tlh", "tlh")],
)
def test_the_base_of_a_code_is_the_language_alone(language, base):
    assert base_code(language) == base


@pytest.mark.parametrize("text, count", [("漢字かなカナ", 6), ("ไทย ລາວ", 6), ("English, русский, 한국어, हिन्दी", 0)])
def test_scripts_without_spaces_are_told_apart(text, count):
    assert len(re.findall(SPACELESS, text)) == count


@pytest.mark.parametrize(
    "text, count",
    [
        ("漢字かなカナ", 6),
        ("漢字、かな。", 4),  # a mark is no word
        ("他用 Python写 3.5 行代码，don't！", 9),
        ("漢字 カナ", 2),  # already split into words
        ("私 は テニス 部員 で す 。", 7),
        ("漢", 1),
        ("ก" * 8, 2),
        ("ก" * 9, 3),
        ("ກາ" * 6 + " " + "ក" * 12, 6),
        ("," * 100_000 + "漢", 1),
    ],
)
def test_in_scripts_without_spaces_characters_count(text, count):
    assert count_words(text) == count


@given(st.text(st.characters(exclude_categories=["Cs"], max_codepoint=0xDFF)))
def test_in_other_text_the_words_are_those_between_spaces(text):
    assert count_words(text) == len(text.split())


@pytest.mark.parametrize("name", ["fr", "FR", "fr-CA", "fr_FR", " French "])
def test_a_language_has_several_names(name):
    assert is_named("fr", name)
    assert not is_named("en", name)


@pytest.mark.parametrize(
    ("language", "name"), [("pt_BR", "pt-BR"), ("pt_BR", "pt"), ("zh_Hans", "chinese"), ("eng_Latn", "en")]
)
def test_a_language_of_several_parts_is_named_by_the_first_too(language, name):
    assert is_named(language, name)
    assert not is_named(language, "pt-PT")


@pytest.mark.parametrize(
    ("language", "name"),
    [("en", "English"), ("eng", "English"), ("pt_BR", "Portuguese (pt_BR)"), ("xx", "xx")],
)
def test_a_language_has_its_english_name(language, name):
    assert name_of(language) == name
