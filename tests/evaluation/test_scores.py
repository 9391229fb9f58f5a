"""Scores: they are sacreBLEU's."""

from itertools import pairwise

import pytest
import sacrebleu

from attn_cli.evaluation.bleu import bleu
from attn_cli.evaluation.scores import LENGTHS, METRICS, by_length, compare, score

HYPOTHESES = ["Il n'aime pas les pommes.", "Elle mange du pain ?", "", "Nous sommes allés à Paris hier soir."]
REFERENCES = ["Il n'aime pas les pommes.", "Est-ce qu'elle mange du pain ?", "Oui.", "Hier soir, nous étions à Paris."]
REVERSED = [hypothesis[::-1] for hypothesis in HYPOTHESES]


def test_scores_are_sacrebleus():
    scores = score(HYPOTHESES, [REFERENCES])
    assert list(scores) == ["bleu", "chrf", "ter"]
    assert scores["bleu"].score == sacrebleu.corpus_bleu(HYPOTHESES, [REFERENCES]).score
    assert scores["chrf"].score == sacrebleu.corpus_chrf(HYPOTHESES, [REFERENCES]).score
    assert scores["ter"].score == sacrebleu.corpus_ter(HYPOTHESES, [REFERENCES]).score


def test_a_signature_names_the_bootstrap_samples_and_their_seed():
    for result in score(HYPOTHESES, [REFERENCES]).values():
        assert result.signature.startswith("nrefs:1|bs:1000|seed:12345|case:")
    assert "case:mixed|eff:no|tok:13a|smooth:exp|version:" in score(HYPOTHESES, [REFERENCES])["bleu"].signature


def test_a_perfect_translation_has_perfect_scores():
    scores = score(REFERENCES, [REFERENCES])
    assert [round(scores[key].score, 6) for key in ("bleu", "chrf", "ter")] == [100, 100, 0]


@pytest.mark.parametrize("key", ["bleu", "chrf"])  # sacreBLEU's own bootstrap fails for TER
def test_an_interval_is_sacrebleus(key):
    hypotheses, references = HYPOTHESES * 20, REFERENCES * 20
    result = score(hypotheses, [references])[key]
    expected = METRICS[key](references, None).corpus_score(hypotheses, [references], n_bootstrap=1000)
    assert (result.mean, result.interval) == pytest.approx((expected._mean, expected._ci), rel=1e-5)
    assert 0 < result.interval < 20


def test_translations_into_chinese_are_scored_and_compared_by_characters():
    references = ["他不喜欢苹果。", "我们明天去北京。"] * 5
    hypotheses = ["他不喜欢香蕉。", "我们明天去上海。"] * 5
    expected = sacrebleu.corpus_bleu(hypotheses, [references], tokenize="char").score
    assert score(hypotheses, [references])["bleu"].score == expected > 30
    compared = compare(hypotheses, {"other": references}, [references], {"bleu": bleu})
    assert compared["other"]["bleu"].score == expected
    assert by_length(["a b"] * 10, hypotheses, [references])[0].bleu == expected


def test_a_comparison_has_the_first_systems_score_and_then_the_others():
    others = {"worse": REVERSED * 20, "perfect": REFERENCES * 20}
    compared = compare(HYPOTHESES * 20, others, [REFERENCES * 20])
    assert list(compared) == ["worse", "perfect"]
    for name, hypotheses in others.items():
        first, other = score(HYPOTHESES * 20, [REFERENCES * 20]), score(hypotheses, [REFERENCES * 20])
        for key, comparison in compared[name].items():
            assert (comparison.score, comparison.other) == (first[key].score, other[key].score)
            assert comparison.p_value < 0.01
            assert comparison.signature.startswith("nrefs:1|ar:10000|seed:12345|")


def test_chance_alone_explains_equal_scores():
    compared = compare(HYPOTHESES * 20, {"same": HYPOTHESES * 20}, [REFERENCES * 20])
    assert [comparison.p_value for comparison in compared["same"].values()] == [1.0, 1.0, 1.0]


def test_bleu_by_length_is_that_of_the_sentences_of_each_length():
    sources = ["a b", "a b c d e f", "a", " ".join("x" * 70)]
    buckets = by_length(sources, HYPOTHESES, [REFERENCES])
    assert [(bucket.words, bucket.sentences) for bucket in buckets] == [("1–5", 2), ("6–10", 1), ("61+", 1)]
    expected = sacrebleu.corpus_bleu([HYPOTHESES[0], HYPOTHESES[2]], [[REFERENCES[0], REFERENCES[2]]]).score
    assert buckets[0].bleu == expected


def test_text_without_spaces_is_as_long_as_its_characters():
    buckets = by_length(["漢字", "漢字漢字漢字。", "漢字漢字漢字漢字漢字漢"], HYPOTHESES[:3], [REFERENCES[:3]])
    assert [(bucket.words, bucket.sentences) for bucket in buckets] == [("1–5", 1), ("6–10", 1), ("11–15", 1)]


def test_a_bucket_begins_at_its_first_length_and_a_blank_source_is_in_the_first():
    counts = [0, *(count for begin in LENGTHS for count in (begin - 1, begin))]
    sources = [" ".join(["word"] * count) for count in counts]
    buckets = by_length(sources, sources, [sources])
    assert [(bucket.begin, bucket.end) for bucket in buckets] == [*pairwise(LENGTHS), (61, None)]
    # Two sources each, of its first and its last length; the first bucket has two blank ones besides.
    assert [bucket.sentences for bucket in buckets] == [4, 2, 2, 2, 2, 2, 2, 1]


SECOND = ["Les pommes ne lui plaisent pas.", None, "Oui !", "Hier soir, nous sommes allés à Paris."]


@pytest.mark.parametrize(("second", "nrefs"), [(REVERSED, "2"), (SECOND, "var")])
def test_several_references_are_scored_as_by_sacrebleu(second, nrefs):
    references = [REFERENCES, second]
    scores = score(HYPOTHESES, references)
    for key, corpus_score in (
        ("bleu", sacrebleu.corpus_bleu),
        ("chrf", sacrebleu.corpus_chrf),
        ("ter", sacrebleu.corpus_ter),
    ):
        assert scores[key].score == corpus_score(HYPOTHESES, references).score
        assert scores[key].signature.startswith(f"nrefs:{nrefs}|bs:1000|")
    compared = compare(HYPOTHESES, {"other": REVERSED}, references)["other"]
    assert [compared[key].score for key in scores] == [result.score for result in scores.values()]
    assert all(comparison.signature.startswith(f"nrefs:{nrefs}|ar:10000|") for comparison in compared.values())


def test_more_references_cannot_lower_bleu_by_length():
    sources = ["a b"] * 4
    [one], [two] = (by_length(sources, HYPOTHESES, refs) for refs in ([REFERENCES], [REFERENCES, SECOND]))
    assert two.bleu == sacrebleu.corpus_bleu(HYPOTHESES, [REFERENCES, SECOND]).score
    assert two.bleu > one.bleu


def test_a_tokenizer_serves_all_figures_of_bleu():
    hypotheses, references = [text.replace(".", "€") for text in HYPOTHESES], [[text + "€" for text in REFERENCES]]
    expected = sacrebleu.corpus_bleu(hypotheses, references, tokenize="char").score
    found = score(hypotheses, references, "char")["bleu"]
    assert (found.score, "tok:char" in found.signature) == (expected, True)
    compared = compare(hypotheses, {"other": REVERSED}, references, tokenizer="char")["other"]["bleu"]
    assert (compared.score, "tok:char" in compared.signature) == (expected, True)
    assert by_length(["a"] * 4, hypotheses, references, "char")[0].bleu == expected
