"""The report: one page, whole in itself, in which text is text."""

import base64
import hashlib
import json
import os
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from report_examples import EVIL, LOG, PAIRS, diagonal, reported, sample
from shell import assert_fails

from attn_cli.display.report.examples import MOST, Example, ShownTranslation
from attn_cli.display.report.page import CURVE_POINTS, Reported, curve, page, spaces, thinned
from attn_cli.evaluation.systems import System, Task, evaluate
from attn_cli.foundation.settings import DecodingConfig

VOID = {"meta"}


class Reader(HTMLParser):
    """Reads a page, and fails where its elements are not properly closed."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: dict[str, list[str]] = {}

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.setdefault(self.open[-1] if self.open else "", []).append(data)

    def attributes(self, tag: str, **wanted: str) -> list[dict[str, str | None]]:
        """The attributes of the elements of a kind that have the wanted values."""
        kind = [attributes for name, attributes in self.elements if name == tag]
        return [found for found in kind if wanted.items() <= {k.rstrip("_"): v for k, v in found.items()}.items()]


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader


@pytest.fixture(scope="module")
def html() -> str:
    return sample()


def test_text_is_shown_as_text(html):
    reader = read(html)
    assert len(reader.attributes("script")) == 1
    assert not reader.attributes("img")
    assert not [tag for tag, attributes in reader.elements for name in attributes if name.startswith("on")]
    plain = reader.texts["p"]
    assert all(f"{text} un" in plain for text in EVIL)
    assert all(word in reader.texts["span"] for text in EVIL for word in text.split(" "))
    assert "model <i>B" in reader.texts["span"]


def test_the_page_loads_nothing_and_forbids_it_to_all_but_its_own_style_and_script(html):
    reader = read(html)
    assert not [attributes for _, attributes in reader.elements for name in ("src", "href") if name in attributes]
    assert "//" not in re.sub(r"(?m)^\s*//.*$|; //.*$", "", html)  # not in an address either
    assert "url(" not in html
    assert "@import" not in html
    [policy] = [found["content"] for found in reader.attributes("meta") if "http-equiv" in found]
    hashes = [
        base64.b64encode(hashlib.sha256("".join(reader.texts[tag]).encode()).digest()).decode()
        for tag in ("style", "script")
    ]
    assert policy.split("; ") == [
        "default-src 'none'", "base-uri 'none'", "form-action 'none'",
        f"style-src 'sha256-{hashes[0]}'", f"script-src 'sha256-{hashes[1]}'",
    ]  # fmt: skip


def test_each_system_has_scores_lines_and_translations(html):
    reader = read(html)
    names = ["model A", "model <i>B", "file.fr"]
    assert [text for text in reader.texts["span"] if text in names][:3] == names
    assert len([text for text in reader.texts["small"] if text.startswith("± ")]) == 9
    assert len([text for text in reader.texts["small"] if text.startswith("p = ")]) == 6
    titles = [text for text in reader.texts["title"] if text.startswith("file.fr: ")]
    assert len(titles) == 2  # its BLEU for each of two lengths
    assert {"100.0", "1", "5"} <= {*reader.texts["td"]}
    assert any(text.startswith("nrefs:1|ar:10000|") for text in reader.texts["code"])


def test_words_carry_their_weights_and_one_of_a_sentence_can_be_reached(html):
    reader = read(html)
    lines = len(reader.attributes("div", role="listbox"))
    assert lines == 3 * len(PAIRS)  # the source and two models; the file has no attention
    words = reader.attributes("span", role="option")
    assert [word["tabindex"] for word in words].count("0") == lines
    weights = [word["data-weights"] for word in words if "data-weights" in word]
    assert "90 0 0 0 10" in weights  # the first of "elle lit un livre", for "she reads a book </s>"
    assert all(sum(map(int, row.split())) == 100 for row in weights)
    listboxes = reader.attributes("div", role="listbox")
    assert {(found["lang"], found["dir"]) for found in listboxes} == {("en", "auto"), ("fr", "auto")}
    assert all(found["aria-label"] for found in listboxes)


def test_words_of_a_system_that_cuts_the_source_otherwise_are_not_linked():
    made = [
        ShownTranslation("un livre", 50.0, diagonal("a book", "un livre")),
        ShownTranslation("livre", 40.0, diagonal("a bo ok", "livre")),
    ]
    pairs = [("a book", "un livre")]
    task = Task(place="t", languages=("en", "fr"), pairs=pairs, decoding=DecodingConfig(), machine={})
    systems = [System("model A", ["un livre"]), System("model B", ["livre"])]
    results = [evaluate(systems[0], systems[1:], task), evaluate(systems[1], [], task)]
    found = [Reported(style, systems[style], results[style], []) for style in (0, 1)]
    reader = read(page(task, found, {"others": [Example(1, "a book", "un livre", made)]}))
    assert [found["data-name"] for found in reader.attributes("div", role="listbox")] == ["source", "model A"]
    assert "livre" in reader.texts["p"]


def test_words_stand_as_close_together_as_in_the_text():
    assert spaces(["d'", "un", "parc", "."], "d’un parc.") == ["", "", " ", ""]
    assert spaces(["one", "...", "two"], "one … two") == ["", " ", " "]  # as the tokenizer normalises it
    assert spaces([], "") == []


def test_training_is_shown_where_there_is_a_log_and_its_absence_is_said(html):
    reader = read(html)
    assert "There is no training log of model <i>B, file.fr." in reader.texts["p"]
    assert {"Loss, in nats a token", "Validation BLEU, greedy"} <= {*reader.texts["h3"]}
    assert len([text for text in reader.texts["title"] if text.startswith("model A, validation: ")]) == 5
    assert {"500", "50.00", "12.00"} <= {*reader.texts["td"]}  # the last validation
    without = read(reported({"file.fr": ["un livre"]}, [("a book", "un livre")], [[]]))
    assert "There is no training log of file.fr." in without.texts["p"]
    assert "Loss, in nats a token" not in without.texts["h3"]


def test_a_damaged_log_shows_what_can_be_read():
    odd = [{"kind": "progress", "step": 40}, {"kind": "progress", "step": "x", "loss": 1.0}, {"kind": "validation"}, {}]
    numbers = [float("nan"), float("inf"), 10**400, -1, True, None, 3.0]
    log = [*odd, *({"kind": "progress", "step": step, "loss": loss} for step, loss in enumerate(numbers))]
    assert curve(log, "progress", "loss") == [(3, -1), (4, True), (6, 3.0)]
    texts = read(reported({"a": ["un"]}, [("one", "un")], [log])).texts
    assert "Loss, in nats a token" in texts["h3"]
    assert "Validation BLEU, greedy" not in texts["h3"]


def test_a_long_curve_is_drawn_by_means():
    points = [(float(step), float(step % 2)) for step in range(10 * CURVE_POINTS)]
    thin = thinned(points)
    assert len(thin) == CURVE_POINTS
    assert {y for _, y in thin} == {0.5}
    assert thin[0][0] == 4.5
    assert thinned(points[:3]) == points[:3]


def test_a_page_on_long_sentences_is_small():
    pairs = [(" ".join(["word"] * 60), f"{row} " + " ".join(["mot"] * 59)) for row in range(MOST)]
    hypotheses = [" ".join(["mot"] * 60)] * MOST
    html = reported({"model A": hypotheses, "model B": hypotheses}, pairs, [LOG * 100, LOG * 100])
    assert html.count("<article>") == MOST
    assert len(html.encode()) < 1_500_000


@pytest.fixture(scope="module")
def written(shell, tmp_path_factory) -> tuple[Path, subprocess.CompletedProcess[bytes]]:
    """The report on the digit model against one without attention, and how the command ended."""
    folder = tmp_path_factory.mktemp("report")
    small = ["--embedding-size", "16", "--hidden-size", "32", "--steps", "2"]
    trained = shell("train", "digits", "--attention", "none", *small, "--out", str(folder / "none"))
    assert trained.returncode == 0, trained.stderr.decode()
    done = shell(
        "evaluate", "digits", "--baseline", str(folder / "none"), "--json", "--report", str(folder / "new" / "a.html")
    )
    assert done.returncode == 0, done.stderr.decode()
    return folder / "new" / "a.html", done


def test_the_command_writes_a_report_beside_the_same_scores(written, shell):
    path, done = written
    assert [file.name for file in path.parent.iterdir()] == ["a.html"]
    assert f"report: {path}" in done.stderr.decode()
    plain = json.loads(shell("evaluate", "digits", "--json").stdout)
    with_report = json.loads(done.stdout)
    assert with_report["baselines"].pop(str(path.parents[1] / "none"))
    assert with_report == plain
    texts = read(path.read_text(encoding="utf-8")).texts
    assert f"{plain['bleu']['score']:.2f}" in texts["b"]
    assert f"{plain['perplexity']:.2f}" in texts["b"]


def test_the_report_shows_how_models_were_made_and_what_they_attend_to(written):
    reader = read(written[0].read_text(encoding="utf-8"))
    values = reader.texts["dd"]
    assert {"general, global, soft, luong", "none"} <= {*values}
    assert "gru; encoder 1, both directions; decoder 1" in values
    assert any(value.startswith("400 steps; batches of 400 tokens; learning rate 0.005") for value in values)
    listboxes = [found["data-name"] for found in reader.attributes("div", role="listbox")]
    assert set(listboxes) == {"source", "digits"}
    assert listboxes.count("digits") == 30
    weights = [word["data-weights"] for word in reader.attributes("span", role="option") if "data-weights" in word]
    assert all(95 <= sum(map(int, row.split())) <= 105 for row in weights)  # each rounded


def test_an_existing_report_is_replaced_and_a_link_stays_one(shell, digits, tmp_path):
    (tmp_path / "old.html").write_text("<!DOCTYPE html>\nold")
    (tmp_path / "link.html").symlink_to(tmp_path / "old.html")
    file = str(digits / "test.fr")
    done = shell("evaluate", "digits", "--hypotheses", file, "-q", "--report", str(tmp_path / "link.html"))
    assert done.returncode == 0, done.stderr.decode()
    assert (tmp_path / "link.html").is_symlink()
    assert "A finished translation, from a file." in (tmp_path / "old.html").read_text(encoding="utf-8")


def test_a_place_that_cannot_be_written_is_refused_before_any_work(shell, tmp_path):
    (tmp_path / "file").write_text("in the way")
    unwritable = [tmp_path / "file" / "a.html", tmp_path / f"{'x' * 300}.html"]
    for place in (tmp_path, Path(os.devnull), tmp_path / "file", *unwritable):
        done = shell("evaluate", "digits", "--report", str(place))
        assert_fails(done, f"{place}: ", "choose another place")
        assert b"translating" not in done.stderr
    assert (tmp_path / "file").read_text() == "in the way"


def test_without_a_report_nothing_of_it_is_imported(shell):
    written, imported = shell.imports(
        {f"attn_cli.{name}" for name in ("report", "charts", "examples", "markup", "alignment")}, "evaluate", "digits"
    )
    assert imported == set()
    assert written.startswith(b"BLEU")
