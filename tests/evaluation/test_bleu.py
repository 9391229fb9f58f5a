"""BLEU over words, or over characters where words are not separated."""

import pytest
import sacrebleu

from attn_cli.evaluation.bleu import bleu, is_unsegmented

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
