"""The report: a single complete page, in which text is text."""

import base64
import hashlib
import json
import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from report_examples import EVIL, LOG, read, reported, sample, task_of
from shell import assert_fails

from attn_cli.display.report.examples import MOST
from attn_cli.display.report.page import page
from attn_cli.display.report.reported import Reported
from attn_cli.evaluation.systems import System, evaluate


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
    assert "/texts/<b>test" in reader.texts["span"]
    assert reader.texts["h1"] == ["model A against model <i>B, file.fr"]


def test_the_number_of_references_is_shown_if_there_are_several(html):
    assert "references each" not in html
    task = replace(task_of([("one", "un")]), more_references=[["une"]])
    system = System("file", ["un"])
    assert "up to 2 references each" in page(task, [Reported(0, system, evaluate(system, [], task), [])], {})


def test_the_page_loads_nothing_and_its_policy_allows_only_its_own_style_and_script(html):
    reader = read(html)
    assert not [attributes for _, attributes in reader.elements for name in ("src", "href") if name in attributes]
    assert "//" not in re.sub(r"(?m)^\s*//.*$|; //.*$", "", html)  # not in an address either
    assert "url(" not in html
    assert "@import" not in html
    [policy] = [attributes["content"] for attributes in reader.attributes("meta") if "http-equiv" in attributes]
    hashes = [
        base64.b64encode(hashlib.sha256("".join(reader.texts[tag]).encode()).digest()).decode()
        for tag in ("style", "script")
    ]
    assert policy.split("; ") == [
        "default-src 'none'", "base-uri 'none'", "form-action 'none'",
        f"style-src 'sha256-{hashes[0]}'", f"script-src 'sha256-{hashes[1]}'",
    ]  # fmt: skip


def test_a_page_about_long_sentences_is_small():
    pairs = [(" ".join(["word"] * 60), f"{row} " + " ".join(["mot"] * 59)) for row in range(MOST)]
    hypotheses = [" ".join(["mot"] * 60)] * MOST
    html = reported({"model A": hypotheses, "model B": hypotheses}, pairs, [LOG * 100, LOG * 100])
    assert html.count("<article>") == MOST
    assert len(html.encode()) < 1_500_000


@pytest.fixture(scope="module")
def written(shell, tmp_path_factory) -> tuple[Path, subprocess.CompletedProcess[bytes]]:
    """The report on the digit model against one without attention, and the command's result."""
    folder = tmp_path_factory.mktemp("report")
    small = ["--embedding-size", "16", "--hidden-size", "32", "--steps", "2"]
    trained = shell("train", "digits", "--attention", "none", *small, "--out", str(folder / "none"))
    assert trained.returncode == 0, trained.stderr.decode()
    done = shell(
        "evaluate", "digits", "--baseline", str(folder / "none"), "--json", "--report", str(folder / "new" / "a.html")
    )
    assert done.returncode == 0, done.stderr.decode()
    return folder / "new" / "a.html", done


def test_the_command_writes_a_report_with_the_same_scores(written, shell):
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


def test_the_report_describes_the_models_and_shows_their_attention(written):
    reader = read(written[0].read_text(encoding="utf-8"))
    values = reader.texts["dd"]
    assert {"general, global, soft, luong", "none"} <= {*values}
    assert "gru; encoder 1, both directions; decoder 1" in values
    assert any(value.startswith("400 steps; batches of 400 tokens; learning rate 0.005") for value in values)
    listboxes = [attributes["data-name"] for attributes in reader.attributes("div", role="listbox")]
    assert set(listboxes) == {"source", "digits"}
    assert listboxes.count("digits") == 30
    weights = [word["data-weights"] for word in reader.attributes("span", role="option") if "data-weights" in word]
    assert all(95 <= sum(map(int, row.split())) <= 105 for row in weights)  # each is rounded


def test_an_existing_report_is_replaced_and_a_link_stays_a_link(shell, digits, tmp_path):
    (tmp_path / "old.html").write_text("<!DOCTYPE html>\nold")
    (tmp_path / "link.html").symlink_to(tmp_path / "old.html")
    file = str(digits / "test.fr")
    done = shell("evaluate", "digits", "--hypotheses", file, "-q", "--report", str(tmp_path / "link.html"))
    assert done.returncode == 0, done.stderr.decode()
    assert (tmp_path / "link.html").is_symlink()
    assert "A finished translation." in (tmp_path / "old.html").read_text(encoding="utf-8")


def test_a_path_that_cannot_be_written_is_refused_before_any_work(shell, tmp_path):
    (tmp_path / "file").write_text("in the way")
    unwritable = [tmp_path / "file" / "a.html", tmp_path / f"{'x' * 300}.html"]
    for path in (tmp_path, Path(os.devnull), tmp_path / "file", *unwritable):
        done = shell("evaluate", "digits", "--report", str(path))
        assert_fails(done, f"{path}: ", "choose another path")
        assert b"translating" not in done.stderr
    assert (tmp_path / "file").read_text() == "in the way"


def test_without_a_report_no_module_of_it_is_imported(shell):
    parts = ("page", "charts", "examples", "markup", "reported", "sentence_section", "training_section")
    modules = {f"attn_cli.display.report.{name}" for name in parts}
    written, imported = shell.imports(modules, "evaluate", "digits")
    assert imported == set()
    assert written.startswith(b"BLEU")
