"""What scripts/compare_variants.py compares."""

import pytest
from typer.testing import CliRunner

from attn_cli.cli import app
from attn_cli.config import ModelConfig
from attn_cli.model import Seq2Seq
from scripts.compare_variants import VARIANTS, as_options, of_like_size, parameters

USUAL = ModelConfig(vocab_size=2000, embedding_size=256, hidden_size=256, decoder_layers=1)


def test_parameters_are_counted_as_the_network_has_them():
    assert parameters(USUAL) == sum(parameter.numel() for parameter in Seq2Seq(USUAL).parameters())


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_has_about_as_many_parameters_as_the_usual_model_and_differs_as_it_says(name):
    changes = {"attention": "general"} | VARIANTS[name]
    config = of_like_size(USUAL, changes)
    assert parameters(config) == pytest.approx(parameters(USUAL), rel=0.05)
    assert {key: getattr(config, key) for key in changes} == changes


def test_settings_become_options_of_train():
    settings = {"minutes": 0.5, "cell": "lstm", "bidirectional": False, "input_feeding": True}
    options = ["--minutes", "0.5", "--cell", "lstm", "--no-bidirectional", "--input-feeding"]
    assert as_options(settings) == options
    shown = CliRunner().invoke(app, ["train", "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"}).output
    known = {option for name in VARIANTS for option in as_options(VARIANTS[name]) if option.startswith("--")}
    assert all(option in shown for option in known)
