"""An evaluation as text."""

from attn_cli.display.score_table import as_text
from attn_cli.evaluation.scores import Bucket, Comparison, Score
from attn_cli.evaluation.systems import Evaluation

SCORES = {"bleu": Score("BLEU", 34.567, "nrefs:1", 34.5, 1.234), "ter": Score("TER", 8.0, "tok:tercom", 8.0, 0.5)}
BUCKETS = [Bucket(1, 6, 1234, 50.0), Bucket(61, None, 5, 9.876)]
BASELINES = {"other": {"bleu": Comparison("BLEU", 34.567, 30.0, 0.0123, "ar:10000")}}


def test_a_table_shows_scores_lengths_and_comparisons():
    assert as_text(Evaluation(SCORES, BUCKETS, BASELINES, 4.321)).splitlines() == [
        "BLEU   34.57 ± 1.23   nrefs:1",
        "TER     8.00 ± 0.50   tok:tercom",
        "perplexity of the references, per piece: 4.32",
        "",
        "words of source   sentences    BLEU",
        "1–5                   1,234   50.00",
        "61+                       5    9.88",
        "",
        "against other",
        "BLEU   34.57 against  30.00   p = 0.0123   ar:10000",
    ]


def test_without_a_model_and_baselines_there_are_scores_alone():
    text = as_text(Evaluation(SCORES, BUCKETS, {}, None))
    assert "perplexity" not in text
    assert "against" not in text
    assert text.endswith("9.88\n")
