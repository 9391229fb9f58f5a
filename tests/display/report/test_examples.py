"""Which sentences a report shows, and the attention behind them."""

from dataclasses import replace
from pathlib import Path

import pytest

from attn_cli.display.report.examples import EXTREMES, LONGEST, MOST, examples
from attn_cli.evaluation.systems import System, Task, run_system
from attn_cli.foundation.settings import DecodingConfig
from attn_cli.models import folder

LINES = 100


def task_of(pairs: list[tuple[str, str]]) -> Task:
    return Task(place="test", languages=("en", "fr"), pairs=pairs, decoding=DecodingConfig(), machine={})


@pytest.fixture(scope="module")
def graded() -> tuple[Task, System]:
    """A hundred sentences of one to twenty words; the tenth part of them translated perfectly, the rest ever worse."""
    references = [" ".join(f"mot{row}-{place}" for place in range(1 + row % 20)) for row in range(LINES)]
    hypotheses = [text if row < 10 else text[: -row * len(text) // LINES] for row, text in enumerate(references)]
    return task_of([(text.replace("mot", "word"), text) for text in references]), System("graded", hypotheses)


def test_the_worst_the_best_and_some_of_each_length_are_shown_once(graded):
    found = examples(graded[0], [graded[1]])
    lines = {kind: [example.line for example in chosen] for kind, chosen in found.items()}
    assert [len(lines[kind]) for kind in ("worst", "best", "others")] == [EXTREMES, EXTREMES, MOST - 2 * EXTREMES]
    assert len(set().union(*lines.values())) == MOST
    scores = {kind: [example.translations[0].score for example in chosen] for kind, chosen in found.items()}
    assert scores["worst"] == sorted(scores["worst"])
    assert max(scores["worst"]) < min(scores["others"])
    assert scores["best"] == [100] * EXTREMES
    lengths = [len(example.source.split()) for example in found["others"]]
    assert lengths == sorted(lengths)
    assert lengths[0] <= 2
    assert lengths[-1] >= 18


def test_the_choice_is_always_the_same(graded):
    task, system = graded
    assert examples(task, [system]) == examples(task, [System("again", list(system.hypotheses))])


def test_an_example_has_the_translation_of_each_system(graded):
    task, system = graded
    found = examples(task, [system, System("other", task.references)])
    for example in (example for chosen in found.values() for example in chosen):
        row = example.line - 1
        assert (example.source, example.reference) == task.pairs[row]
        assert [made.text for made in example.translations] == [system.hypotheses[row], task.references[row]]
        assert example.translations[1].score == pytest.approx(100)
        assert not any(made.alignment for made in example.translations)


def test_few_sentences_are_all_shown():
    pairs = [("one", "un"), ("two", "deux"), ("three", "trois"), ("four", "quatre")]
    found = examples(task_of(pairs), [System("s", ["un", "deux", "", "x"])])
    assert sorted(example.line for chosen in found.values() for example in chosen) == [1, 2, 3, 4]
    found = examples(task_of(pairs[:1]), [System("s", ["un"])])
    assert [example.line for example in found["others"]] == [1]


def test_a_sentence_with_a_side_empty_or_very_long_is_not_shown():
    pairs = [("", "un"), ("two", ""), ("x" * (LONGEST + 1), "trois"), ("four", "quatre"), ("five", "cinq")]
    found = examples(task_of(pairs), [System("s", ["un", "deux", "trois", "x" * (LONGEST + 1), "cinq"])])
    assert [example.line for chosen in found.values() for example in chosen] == [5]
    assert examples(task_of(pairs[:1]), [System("s", [""])]) == {"worst": [], "best": [], "others": []}


def test_a_model_shows_what_it_attends_to_but_not_for_a_line_that_was_cut(shell):
    stored = folder.read(Path(shell.home, "models", "digits"))
    pairs = [("one two three", "trois deux un"), (("one " * 170).strip(), ("un " * 170).strip())]
    task = replace(task_of(pairs), machine={"name": "torch", "precision": "float32"})
    short, long = examples(task, [run_system(task, "digits", stored)])["others"]
    assert long.translations[0].alignment is None
    alignment = short.translations[0].alignment
    assert alignment.source == ("one", "two", "three", "</s>")
    assert alignment.target == ("trois", "deux", "un", "</s>")
    assert alignment.weights.sum(axis=1) == pytest.approx([1, 1, 1, 1], abs=1e-5)
