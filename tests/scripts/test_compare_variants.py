"""The comparison of variants by scripts/compare_variants.py."""

import shutil
import sys

import pytest
from typer.testing import CliRunner

from attn_cli.cli.app import app
from attn_cli.foundation.settings import ModelConfig
from attn_cli.foundation.shapes import weight_count
from scripts import compare_variants
from scripts.compare_variants import VARIANTS, as_options, of_similar_size

USUAL = ModelConfig(vocab_size=2000, embedding_size=256, hidden_size=256, decoder_layers=1)


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_has_about_as_many_parameters_as_the_usual_model(name):
    changes = {"attention": "general"} | VARIANTS[name]
    assert weight_count(of_similar_size(USUAL, changes)) == pytest.approx(weight_count(USUAL), rel=0.05)


def test_settings_become_options_of_train():
    settings = {"minutes": 0.5, "cell": "lstm", "bidirectional": False, "input_feeding": True}
    options = ["--minutes", "0.5", "--cell", "lstm", "--no-bidirectional", "--input-feeding"]
    assert as_options(settings) == options
    shown = CliRunner().invoke(app, ["train", "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"}).output
    known = {option for name in VARIANTS for option in as_options(VARIANTS[name]) if option.startswith("--")}
    assert all(option in shown for option in known)


@pytest.mark.slow
def test_variants_are_trained_once_compared_and_plotted(shell, digits, tmp_path, monkeypatch, capfd):
    home = shutil.copytree(shell.home, tmp_path / "home")
    for name, value in {**shell.environment, "ATTN_MT_HOME": str(home)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(compare_variants, "COMMAND", [str(shell.command(tmp_path))])
    command = ["compare_variants", "digits", "--variants", "none", "dot", "--minutes", "0.03", "--hidden-size", "32"]
    command += ["--long", "3", "--plot", str(tmp_path / "a.svg")]

    def run(*more):
        monkeypatch.setattr(sys, "argv", [*command, *more])
        compare_variants.main()
        return capfd.readouterr()

    first = run()
    head, _, *rows, empty, about = first.out.splitlines()
    assert empty == ""
    assert [row.split(" | ")[0] for row in rows] == ["| none", "| dot"]
    assert len({row.count("|") for row in (head, *rows)}) == 1
    long = sum(len(line.split()) > 3 for line in (digits / "test.en").read_text(encoding="utf-8").splitlines())
    assert about.startswith(f"{long} sentences of more than 3 words")
    assert "<svg" in (tmp_path / "a.svg").read_text(encoding="utf-8")
    again = run()
    assert again.out == first.out
    assert "updates per epoch" in first.err
    assert "updates per epoch" not in again.err
    with pytest.raises(SystemExit, match=r"digits-none\.json: belongs to another comparison"):
        run("--decoder-layers", "1")
