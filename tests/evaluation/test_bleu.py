"""BLEU over words, or over characters where words are not separated."""

import urllib.request
from typing import get_args

import pytest
import sacrebleu
from sacrebleu.metrics import BLEU
from sacrebleu.tokenizers import tokenizer_ja_mecab, tokenizer_spm

from attn_cli.cli.options.evaluate import Tokenize
from attn_cli.evaluation.bleu import bleu, is_unsegmented, require_tokenizer
from attn_cli.foundation.errors import SettingsError

CHINESE = ["他不喜欢苹果。", "我们明天去北京。"]


@pytest.mark.parametrize(
    ("texts", "unsegmented"),
    [
        (CHINESE, True),
        (["彼はりんごが好きではありません。"], True),
        (["เขาไม่ชอบแอปเปิ้ล"], True),
        (["彼 は りんご が 好き で は あり ま せ ん 。"], False),
        (["他 不 喜欢 苹果 。"], False),
        (["그는 사과를 좋아하지 않는다."], False),
        (["Il n'aime pas les pommes.", "他"], False),
        (["Donaudampfschifffahrtsgesellschaft"], False),
        ([], False),
        (["", " "], False),
    ],
)
def test_text_without_spaces_is_recognized_by_its_script_and_the_length_of_its_words(texts, unsegmented):
    assert is_unsegmented(texts) is unsegmented


def test_translations_into_chinese_are_scored_by_characters():
    hypotheses = ["他不喜欢香蕉。", "我们明天去上海。"]
    score = bleu(CHINESE).corpus_score(hypotheses, [CHINESE]).score
    assert score == sacrebleu.corpus_bleu(hypotheses, [CHINESE], tokenize="char").score > 30
    assert sacrebleu.corpus_bleu(hypotheses, [CHINESE]).score < 1


def test_other_translations_are_scored_by_words_as_usual():
    hypotheses, references = ["Il n'aime pas les pommes !"], ["Il n'aime pas les pommes."]
    metric = bleu(references)
    assert metric.corpus_score(hypotheses, [references]).score == sacrebleu.corpus_bleu(hypotheses, [references]).score
    assert "tok:13a" in str(metric.get_signature())


@pytest.mark.parametrize("name", ["13a", "char", "intl", "none", "zh"])
def test_a_tokenizer_can_be_chosen(name):
    hypotheses, references = ["Le prix est de 3,50€ !"], ["Le prix est de 3,50€."]
    require_tokenizer(name)
    metric = bleu(references, name)
    expected = sacrebleu.corpus_bleu(hypotheses, [references], tokenize=name)
    assert metric.corpus_score(hypotheses, [references]).score == expected.score
    assert f"tok:{name}" in str(metric.get_signature())


def test_the_tokenizers_to_choose_from_are_sacrebleus():
    [literal, _] = get_args(get_args(Tokenize)[0])
    assert set(get_args(literal)) < set(BLEU.TOKENIZERS)


@pytest.mark.parametrize("failure", [OSError("no\nroute"), SystemExit("no\nroute")])
def test_a_tokenizer_that_cannot_be_downloaded_is_refused_in_one_line(failure, monkeypatch, tmp_path):
    def urlopen(*_):
        raise failure

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    monkeypatch.setattr(tokenizer_spm, "SACREBLEU_DIR", str(tmp_path))
    with pytest.raises(SettingsError) as raised:
        require_tokenizer("flores200")
    assert str(raised.value) == "`tokenize` flores200: cannot be used (no route)"


def test_a_tokenizer_whose_package_is_missing_is_refused_in_one_line(monkeypatch):
    monkeypatch.setattr(tokenizer_ja_mecab, "MeCab", None)
    with pytest.raises(SettingsError, match=r"^`tokenize` ja-mecab: cannot be used \(Japanese .* sacrebleu\[ja\]\)$"):
        require_tokenizer("ja-mecab")
