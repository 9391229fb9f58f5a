"""The check of the text's language: which lines are judged, how they are counted, and languages that are unknown."""

import py3langid
import pytest

from attn_cli.foundation.errors import SettingsError
from attn_cli.text.analysis.language_check import LanguageCheck, PairCheck

ENGLISH, FRENCH = "Where is the nearest station?", "Où se trouve la gare la plus proche ?"


def warning(lines: list[str], source: str = "en", target: str = "fr") -> str | None:
    check = LanguageCheck(source, target)
    check.add(lines)
    return check.warning()


def test_a_line_in_the_target_language_is_counted_with_its_number():
    assert warning([ENGLISH, FRENCH, ENGLISH]) == "warning: 1 of 3 lines look like fr, not en: line 2"
    assert warning([ENGLISH, FRENCH], "fr", "en") == "warning: 1 of 2 lines look like en, not fr: line 1"
    assert warning([ENGLISH] * 3) is None
    assert warning([]) is None


def test_lines_are_numbered_through_and_only_the_first_numbers_are_named():
    check = LanguageCheck("en", "fr")
    for _ in range(600):
        check.add([ENGLISH, FRENCH])
    assert check.warning() == "warning: 600 of 1,200 lines look like fr, not en: line 2, 4, 6, 8, 10, …"


@pytest.mark.parametrize("line", ["", "Oui, merci beaucoup"[:12], "Extraordinairement", "12 34 56 78 90 12 34 56 78"])
def test_a_short_line_is_not_judged(line):
    assert warning([line]) is None


def test_scripts_without_spaces_are_judged_by_their_letters():
    assert warning(["わたしは学生ですよね。", "はい。", ENGLISH], "en", "ja") == (
        "warning: 1 of 3 lines look like ja, not en: line 1"
    )


@pytest.mark.parametrize(
    ("source", "target"), [("eng_Latn", "fra_Latn"), ("en_GB", "fr_CA"), ("EN", "fr"), ("eng", "fr")]
)
def test_the_parts_of_a_code_after_its_language_do_not_matter(source, target):
    assert warning([FRENCH, ENGLISH], source, target) == (
        f"warning: 1 of 2 lines look like {target}, not {source}: line 1"
    )


def test_of_a_very_long_line_the_beginning_is_judged():
    assert warning([f"{FRENCH} " * 40 + f"{ENGLISH} " * 4000]) is not None


@pytest.mark.parametrize(
    ("source", "target", "problem"),
    [
        ("en", "xx", "does not know the language xx"),
        ("tlh_Latn", "en", "does not know the language tlh_Latn"),
        ("pt_BR", "pt_PT", "cannot be told apart"),
    ],
)
def test_languages_that_cannot_be_judged_are_refused(source, target, problem):
    with pytest.raises(SettingsError, match=problem):
        LanguageCheck(source, target)


def test_several_checks_of_different_languages_work_side_by_side():
    english, german = LanguageCheck("en", "fr"), LanguageCheck("de", "en")
    english.add([FRENCH])
    german.add([FRENCH, ENGLISH])
    assert english.warning() == "warning: 1 of 1 lines look like fr, not en: line 1"
    assert german.warning() is not None and "look like en, not de" in german.warning()
    assert py3langid.classify("Dov'è la stazione più vicina?")[0] == "it"


@pytest.mark.parametrize(
    ("source", "target", "mistaken"),
    [
        (ENGLISH, FRENCH, False),
        (FRENCH, ENGLISH, True),
        (ENGLISH, ENGLISH, True),
        (FRENCH, FRENCH, True),
        ("Oui.", "Yes.", False),
    ],
)
def test_a_pair_is_mistaken_where_a_side_is_in_the_language_of_the_other(source, target, mistaken):
    assert PairCheck("en", "fr").is_mistaken(source, target) == mistaken
