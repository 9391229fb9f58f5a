"""Scores: they are sacreBLEU's."""

import pytest
import sacrebleu

from attn_cli.evaluation.systems import by_length, compare, read_hypotheses, score
from attn_cli.foundation.errors import CorpusError

HYPOTHESES = ["Il n'aime pas les pommes.", "Elle mange du pain ?", "", "Nous sommes allés à Paris hier soir."]
REFERENCES = ["Il n'aime pas les pommes.", "Est-ce qu'elle mange du pain ?", "Oui.", "Hier soir, nous étions à Paris."]


def test_scores_and_signatures_are_sacrebleus():
    scores = score(HYPOTHESES, REFERENCES)
    assert list(scores) == ["bleu", "chrf", "ter"]
    assert scores["bleu"].score == sacrebleu.corpus_bleu(HYPOTHESES, [REFERENCES]).score
    assert scores["chrf"].score == sacrebleu.corpus_chrf(HYPOTHESES, [REFERENCES]).score
    assert scores["ter"].score == sacrebleu.corpus_ter(HYPOTHESES, [REFERENCES]).score
    assert scores["bleu"].signature.startswith("nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:")


def test_a_perfect_translation_has_perfect_scores():
    scores = score(REFERENCES, REFERENCES)
    assert [round(scores[key].score, 6) for key in ("bleu", "chrf", "ter")] == [100, 100, 0]


def test_an_interval_is_sacrebleus_and_is_named_by_no_signature():
    found = score(HYPOTHESES * 20, REFERENCES * 20)["bleu"]
    expected = sacrebleu.metrics.BLEU().corpus_score(HYPOTHESES * 20, [REFERENCES * 20], n_bootstrap=1000)
    assert (found.mean, found.interval) == pytest.approx((expected._mean, expected._ci), rel=1e-5)
    assert 0 < found.interval < 20
    assert "bs:" not in found.signature


def test_a_better_system_is_told_from_a_worse_one_and_from_itself():
    others = {"worse": [hypothesis[::-1] for hypothesis in HYPOTHESES * 20], "same": HYPOTHESES * 20}
    found = compare(HYPOTHESES * 20, others, REFERENCES * 20)
    for key in ("bleu", "chrf", "ter"):
        assert found["worse"][key].p_value < 0.01
        assert found["same"][key].p_value > 0.9
        assert found["same"][key].score == found["same"][key].other
        assert "ar:10000" in found["worse"][key].signature


def test_bleu_by_length_is_that_of_the_sentences_of_each_length():
    sources = ["a b", "a b c d e f", "a", " ".join("x" * 70)]
    buckets = by_length(sources, HYPOTHESES, REFERENCES)
    assert [(bucket.begin, bucket.end, bucket.sentences) for bucket in buckets] == [
        (1, 6, 2),
        (6, 11, 1),
        (61, None, 1),
    ]
    expected = sacrebleu.corpus_bleu([HYPOTHESES[0], HYPOTHESES[2]], [[REFERENCES[0], REFERENCES[2]]]).score
    assert buckets[0].bleu == expected


def test_a_finished_translation_of_another_length_is_refused_by_name(tmp_path):
    path = tmp_path / "out.fr"
    path.write_text("un\ndeux\n", encoding="utf-8")
    assert read_hypotheses(path, 2) == ["un", "deux"]
    with pytest.raises(CorpusError, match=r"out.fr: it has 2 lines, the test text 3"):
        read_hypotheses(path, 3)
