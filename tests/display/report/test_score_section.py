"""The report's scores: each system has its numbers, and the first is compared with the others."""

from report_examples import PAIRS, read, reported, sample, task_of

from attn_cli.display.report.reported import Reported
from attn_cli.display.report.score_section import by_length, scores
from attn_cli.evaluation.systems import System, evaluate


def test_each_system_has_scores_intervals_and_a_line_in_the_chart():
    reader = read(sample())
    names = ["model A", "model <i>B", "file.fr"]
    assert [text for text in reader.texts["span"] if text in names][:3] == names
    assert len([text for text in reader.texts["small"] if text.startswith("± ")]) == 9
    assert len([text for text in reader.texts["small"] if text.startswith("p = ")]) == 6
    titles = [text for text in reader.texts["title"] if text.startswith("file.fr: ")]
    assert len(titles) == 2  # its BLEU for each of two lengths
    assert {"100.0", "1", "5"} <= {*reader.texts["td"]}


def test_the_signatures_of_scores_and_comparisons_are_listed():
    signatures = read(sample()).texts["code"]
    assert len(signatures) == 6
    assert len([text for text in signatures if text.startswith("nrefs:1|bs:1000|")]) == 3
    assert len([text for text in signatures if text.startswith("nrefs:1|ar:10000|")]) == 3
    alone = read(reported({"file.fr": ["un livre"]}, [("a book", "un livre")], [[]]))
    assert len(alone.texts["code"]) == 3


def test_scores_are_in_the_column_of_their_system():
    task, perfect = task_of(PAIRS), [target for _, target in PAIRS]
    systems = [System("first", perfect), System("other", perfect[::-1])]
    results = [evaluate(systems[0], systems[1:], task), evaluate(systems[1], [], task)]
    made = [Reported(style, systems[style], results[style], []) for style in (0, 1)]
    texts = read(scores(made)).texts["b"]
    expected = [f"{results[style].scores[key].score:.2f}" for key in ("bleu", "chrf", "ter") for style in (0, 1)]
    assert texts == expected
    cells = read(by_length(made)).texts["td"]
    first, other = ([f"{bucket.bleu:.1f}" for bucket in result.by_length] for result in results)
    assert cells == [text for row in zip(["1", "5"][::-1], first, other, strict=True) for text in row]
