"""The characters of sentences: too few letters, and letters of another script."""

import pytest

from attn_cli.text.analysis.scripts import mostly_not_letters, script_of, wrong_script


@pytest.mark.parametrize("sentence", ["3.14", "12:30 – 14:00", "@@", "→ 12", "12 34 5 a", "١٢٣", "* * *"])
def test_figures_and_signs_are_mostly_not_letters(sentence):
    assert mostly_not_letters(sentence)


@pytest.mark.parametrize("sentence", ["", "It's 7:45.", "Où ?", "何時？", "ขอบคุณ", "क्या?", "s. 36 of Act", "é 1"])
def test_sentences_have_letters_enough(sentence):
    assert not mostly_not_letters(sentence)


@pytest.mark.parametrize(
    ("sentence", "language"),
    [
        ("Где здесь вокзал?", "en"),
        ("Где здесь вокзал?", "sr_Latn"),
        ("Где здесь вокзал?", "ka"),
        ("Where is the nearest station?", "ru"),
        ("Where is the nearest station?", "uz_Cyrl"),
        ("駅はどこですか", "ko"),
        ("어디에 있습니까", "zh_Hans"),
        ("ひらがなばかりです", "zho_Hant"),
    ],
)
def test_a_sentence_in_another_script_is_wrong(sentence, language):
    assert wrong_script(sentence, language)


@pytest.mark.parametrize(
    ("sentence", "language"),
    [
        ("Où est la gare ? ½ – “€”", "fr"),
        ("The letters α, β and γ", "en"),
        ("Windows Updateを実行", "ja"),
        ("GitHub Enterprise Server", "ru"),
        ("GitHub 3", "zh"),
        ("Где здесь вокзал?", "sr"),
        ("Где здесь вокзал?", "xx"),
        ("Где здесь вокзал?", "ru"),
        ("駅はどこですか", "ja_JP"),
        ("漢字 한국어", "ko"),
        ("क्या आप ठीक हैं?", "hi"),
        ("", "ru"),
        ("123 456 !", "ru"),
    ],
)
def test_names_several_scripts_and_unknown_languages_are_not_wrong(sentence, language):
    assert not wrong_script(sentence, language)


def test_a_part_of_the_code_names_the_script():
    codes = ("sr", "sr_Latn", "srp_cyrl", "zh_Hans", "eng_Latn", "pt_BR", "xx")
    assert [script_of(code) for code in codes] == [None, "Latn", "Cyrl", "Hans", "Latn", "Latn", None]
