"""Scores: they are sacreBLEU's."""

import sacrebleu

from attn_cli.evaluate import score

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
