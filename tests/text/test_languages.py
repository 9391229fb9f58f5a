"""Language pairs, and the scripts without spaces."""

import re

import pytest

from attn_cli.text.languages import SPACELESS, is_named, reversed_pair, split_pair


@pytest.mark.parametrize("pair, other", [("en-fr", "fr-en"), ("fr-en", "en-fr"), ("eng-fra", "fra-eng")])
def test_a_pair_can_be_reversed(pair, other):
    assert split_pair(pair) == tuple(pair.split("-"))
    assert reversed_pair(pair) == other


@pytest.mark.parametrize("name", ["", "-", "en", "en-", "-fr", "en-en", "en-fr-de", "en_fr", "v-2", "tatoeba"])
def test_a_name_that_is_not_a_pair_cannot_be_reversed(name):
    assert split_pair(name) is None
    assert reversed_pair(name) is None


@pytest.mark.parametrize("text, count", [("漢字かなカナ", 6), ("ไทย ລາວ", 6), ("English, русский, 한국어, हिन्दी", 0)])
def test_scripts_without_spaces_are_told_apart(text, count):
    assert len(re.findall(SPACELESS, text)) == count


@pytest.mark.parametrize("name", ["fr", "FR", "fr-CA", "fr_FR", " French "])
def test_a_language_has_several_names(name):
    assert is_named("fr", name)
    assert not is_named("en", name)
