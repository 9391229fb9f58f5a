"""The sentences that a report shows, and their attention."""

from dataclasses import replace

import pytest

from attn_cli.display.report.examples import EXTREMES, LONGEST, MOST, Example, examples
from attn_cli.evaluation.systems import System, Task, run_models
from attn_cli.foundation.settings import DecodingConfig, MachineConfig
from attn_cli.models.folder import read_model

LINES = 100


def task_of(pairs: list[tuple[str, str]]) -> Task:
    machine = MachineConfig(precision="float32")
    return Task(location="test", languages=("en", "fr"), pairs=pairs, decoding=DecodingConfig(), machine=machine)


@pytest.fixture(scope="module")
def graded() -> tuple[Task, System]:
    """A hundred sentences of one to twenty words; the first ten translated perfectly, the others worse and worse."""
    references = [" ".join(f"mot{row}-{index}" for index in range(1 + row % 20)) for row in range(LINES)]
    hypotheses = [text if row < 10 else text[: -row * len(text) // LINES] for row, text in enumerate(references)]
    return task_of([(text.replace("mot", "word"), text) for text in references]), System("graded", hypotheses)


def test_the_worst_the_best_and_sentences_of_all_lengths_are_shown_once(graded):
    shown = examples(graded[0], [graded[1]])
    lines = {kind: [example.line for example in selected] for kind, selected in shown.items()}
    assert [len(lines[kind]) for kind in ("worst", "best", "others")] == [EXTREMES, EXTREMES, MOST - 2 * EXTREMES]
    assert len(set().union(*lines.values())) == MOST
    scores = {kind: [example.translations[0].score for example in selected] for kind, selected in shown.items()}
    assert scores["worst"] == sorted(scores["worst"])
    assert max(scores["worst"]) < min(scores["others"])
    assert scores["best"] == [100] * EXTREMES
    lengths = [len(example.source.split()) for example in shown["others"]]
    assert lengths == sorted(lengths)
    assert lengths[0] <= 2
    assert lengths[-1] >= 18


def test_the_selection_is_always_the_same(graded):
    task, system = graded
    assert examples(task, [system]) == examples(task, [System("again", list(system.hypotheses))])


def test_an_example_has_the_translation_of_each_system(graded):
    task, system = graded
    perfect = [reference for _, reference in task.pairs]
    shown = examples(task, [system, System("other", perfect)])
    for example in (example for selected in shown.values() for example in selected):
        row = example.line - 1
        assert (example.source, *example.references) == task.pairs[row]
        assert [translation.text for translation in example.translations] == [
            system.hypotheses[row],
            perfect[row],
        ]
        assert example.translations[1].score == pytest.approx(100)
        assert not any(translation.alignment for translation in example.translations)


def test_an_example_has_all_references_of_its_sentence_and_is_scored_with_them():
    task = replace(task_of([("one", "un"), ("two", "deux")]), more_references=[["une", ""]])
    first, second = examples(task, [System("s", ["une", "x"])])["others"]
    assert (first.references, second.references) == (["un", "une"], ["deux"])
    assert first.translations[0].score == pytest.approx(100)


def lines_of(shown: dict[str, list[Example]]) -> list[int]:
    return sorted(example.line for selected in shown.values() for example in selected)


def test_a_few_sentences_are_all_shown():
    pairs = [("one", "un"), ("two", "deux"), ("three", "trois"), ("four", "quatre")]
    assert lines_of(examples(task_of(pairs), [System("s", ["un", "deux", "", "x"])])) == [1, 2, 3, 4]
    shown = examples(task_of(pairs[:1]), [System("s", ["un"])])
    assert [example.line for example in shown["others"]] == [1]


def test_a_sentence_with_an_empty_side_or_a_very_long_one_is_not_shown():
    pairs = [("", "un"), ("two", ""), ("x" * (LONGEST + 1), "trois"), ("four", "quatre"), ("five", "cinq")]
    shown = examples(task_of(pairs), [System("s", ["un", "deux", "trois", "x" * (LONGEST + 1), "cinq"])])
    assert lines_of(shown) == [5]
    assert examples(task_of(pairs[:1]), [System("s", [""])]) == {"worst": [], "best": [], "others": []}


def test_a_model_has_an_alignment_except_for_a_line_that_was_cut(shell):
    stored = read_model(shell.home / "models" / "digits")
    task = task_of([("one two three", "trois deux un"), (("one " * 170).strip(), ("un " * 170).strip())])
    short, long = examples(task, [run_models(task, "digits", [stored])])["others"]
    assert long.translations[0].alignment is None
    alignment = short.translations[0].alignment
    assert alignment.source == ("one", "two", "three", "</s>")
    assert alignment.target == ("trois", "deux", "un", "</s>")
    assert alignment.weights.sum(axis=1) == pytest.approx([1, 1, 1, 1], abs=1e-5)
