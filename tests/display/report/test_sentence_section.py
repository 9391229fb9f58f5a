"""The report's sentences: words with their weights, and spaces as in the text."""

from report_examples import PAIRS, diagonal, read, sample, task_of

from attn_cli.display.report.examples import Example, ShownTranslation
from attn_cli.display.report.reported import Reported
from attn_cli.display.report.sentence_section import sentences, spaces
from attn_cli.evaluation.systems import System, evaluate


def test_words_have_their_weights_and_one_per_line_can_be_focused():
    reader = read(sample())
    lines = len(reader.attributes("div", role="listbox"))
    assert lines == 3 * len(PAIRS)  # the source and two models; the file has no attention
    words = reader.attributes("span", role="option")
    assert [word["tabindex"] for word in words].count("0") == lines
    weights = [word["data-weights"] for word in words if "data-weights" in word]
    assert "90 0 0 0 10" in weights  # the first of "elle lit un livre", for "she reads a book </s>"
    assert all(sum(map(int, row.split())) == 100 for row in weights)
    listboxes = reader.attributes("div", role="listbox")
    assert {(attributes["lang"], attributes["dir"]) for attributes in listboxes} == {("en", "auto"), ("fr", "auto")}
    assert all(attributes["aria-label"] for attributes in listboxes)


def test_words_of_a_system_that_splits_the_source_differently_are_not_linked():
    translations = [
        ShownTranslation("un livre", 50.0, diagonal("a book", "un livre")),
        ShownTranslation("livre", 40.0, diagonal("a bo ok", "livre")),
    ]
    task = task_of([("a book", "un livre")])
    systems = [System("model A", ["un livre"]), System("model B", ["livre"])]
    made = [Reported(style, system, evaluate(system, [], task), []) for style, system in enumerate(systems)]
    selected = {"worst": [], "others": [Example(1, "a book", ["un livre"], translations)]}
    reader = read(sentences(made, task.languages, selected))
    assert [attributes["data-name"] for attributes in reader.attributes("div", role="listbox")] == ["source", "model A"]
    assert "livre" in reader.texts["p"]
    assert reader.texts["h3"] == ["Between"]  # a kind without sentences has no heading


def test_each_reference_is_shown():
    system = System("file", ["un livre"])
    task = task_of([("a book", "un livre")])
    made = [Reported(0, system, evaluate(system, [], task), [])]
    example = Example(1, "a book", ["un livre", "un bouquin"], [ShownTranslation("un livre", 100.0, None)])
    reader = read(sentences(made, task.languages, {"worst": [example]}))
    assert reader.texts["p"][-4:] == ["a book", "un livre", "un bouquin", "un livre"]


def test_the_languages_are_written_as_html_wants_them():
    task = task_of([("a book", "un livre")])
    shown = ShownTranslation("un livre", 50.0, diagonal("a book", "un livre"))
    example = Example(1, "a book", ["un livre"], [shown])
    system = System("model", ["un livre"])
    made = [Reported(0, system, evaluate(system, [], task), [])]
    reader = read(sentences(made, ("eng_Latn", "fr_CA"), {"worst": [example]}))
    assert {attributes["lang"] for attributes in reader.attributes("div", role="listbox")} == {"eng-Latn", "fr-CA"}
    assert [attributes["lang"] for attributes in reader.attributes("p", dir="auto")] == ["fr-CA"]


def test_the_spaces_between_words_are_those_of_the_text():
    assert spaces(["d'", "un", "parc", "."], "d’un parc.") == ["", "", " ", ""]
    assert spaces(["one", "...", "two"], "one … two") == ["", " ", " "]  # the tokenizer has normalized the dots
    assert spaces([], "") == []
