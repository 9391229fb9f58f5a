"""The choice of the engine, translators for one or several models, and the public load_model."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from attn_cli.decoding.choice import FEW_LINES, EngineChoice, load_model, make_translator
from attn_cli.decoding.numpy_engine import NumpyEngine
from attn_cli.decoding.torch_engine import TorchEngine
from attn_cli.foundation.errors import ModelFolderError, SettingsError, WorkspaceError
from attn_cli.foundation.settings import BOS_ID, DecodingConfig, MachineConfig
from attn_cli.network import int8
from attn_cli.network.seq2seq import Seq2Seq

DIGITS = str(Path(__file__).parents[1] / "released" / "format-1" / "model")
ANY = MachineConfig()


def changed(stored, **choices):
    """A model with other settings, and weights drawn for them."""
    model = replace(stored.settings.model, **choices)
    weights = {name: value.numpy() for name, value in Seq2Seq(model).requires_grad_(False).state_dict().items()}
    return replace(stored, settings=replace(stored.settings, model=model), weights=weights)


def test_few_lines_get_numpy_and_many_get_torch(stored):
    assert isinstance(EngineChoice(stored, ANY).for_lines(1), NumpyEngine)
    assert isinstance(EngineChoice(stored, ANY).for_lines(FEW_LINES), NumpyEngine)
    assert isinstance(EngineChoice(stored, ANY).for_lines(FEW_LINES + 1), TorchEngine)


def test_an_engine_serves_many_calls_and_torch_remains_once_it_is_loaded(stored):
    choice = EngineChoice(stored, ANY)
    first = choice.for_lines(1)
    assert choice.for_lines(2) is first
    second = choice.for_lines(1000)
    assert choice.for_lines(1) is second


def test_each_engine_can_be_forced(stored):
    assert isinstance(EngineChoice(stored, ANY, "torch").for_lines(1), TorchEngine)
    assert isinstance(EngineChoice(stored, ANY, "numpy").for_lines(100_000), NumpyEngine)


def test_an_unknown_engine_is_refused(stored):
    with pytest.raises(SettingsError, match="`engine` jax: choose one of auto, numpy, torch"):
        EngineChoice(stored, ANY, "jax")


def test_machine_settings_that_numpy_supports_do_not_need_torch(stored):
    machine = MachineConfig(device="cpu", precision="float32")
    assert isinstance(EngineChoice(stored, machine).for_lines(1), NumpyEngine)


@pytest.fixture
def threads():
    """Restores the number of threads, which an engine may set for the whole process."""
    count = torch.get_num_threads()
    yield
    torch.set_num_threads(count)


@pytest.mark.usefixtures("threads")
@pytest.mark.parametrize("wish", [{"precision": "bfloat16"}, {"threads": 1}])
def test_machine_settings_that_only_torch_supports_get_torch(stored, wish):
    assert isinstance(EngineChoice(stored, MachineConfig(**wish)).for_lines(1), TorchEngine)
    with pytest.raises(SettingsError, match="`engine` numpy"):
        EngineChoice(stored, MachineConfig(**wish), "numpy")


def test_numpy_is_refused_for_a_gpu(stored):
    with pytest.raises(SettingsError, match="a GPU"):
        EngineChoice(stored, MachineConfig(device="cuda"), "numpy")


@pytest.mark.parametrize(
    "choice", [{"cell": "lstm"}, {"encoder_layers": 2}, {"window": "local-m"}, {"attention": "none"}]
)
def test_a_network_that_numpy_does_not_implement_gets_torch(stored, choice):
    other = changed(stored, **choice)
    assert isinstance(EngineChoice(other, ANY).for_lines(1), TorchEngine)
    with pytest.raises(SettingsError, match="`engine` numpy: not for this model"):
        EngineChoice(other, ANY, "numpy")


def test_several_models_translate_with_the_mean_of_their_probabilities(stored):
    other = replace(stored, weights={name: 0.5 * array for name, array in stored.weights.items()})
    sources = stored.tokenizer.encode(["one two three", "four"])
    begin = np.full(2, BOS_ID), np.arange(2)

    def probabilities(*models):
        engine = make_translator(models, DecodingConfig(), ANY, "numpy")._engine_for(2)
        return np.exp(engine.start(sources).step(*begin)[0])

    assert not np.allclose(probabilities(stored), probabilities(other), atol=0.1)
    expected = (probabilities(stored) + probabilities(other)) / 2
    np.testing.assert_allclose(probabilities(stored, other), expected, rtol=1e-5, atol=1e-9)


def test_models_of_another_direction_or_tokenizer_do_not_translate_together(stored, monkeypatch):
    turned = replace(stored, settings=replace(stored.settings, source_language="fr", target_language="en"))
    retokenized = replace(stored, tokenizer=type(stored.tokenizer)(stored.tokenizer.model))
    monkeypatch.setattr(retokenized.tokenizer, "model", b"another")
    for other in (turned, retokenized):
        other = replace(other, folder=Path("other"))
        with pytest.raises(SettingsError, match=r"^model and other: .* must share tokenizer and direction"):
            make_translator([stored, stored, other], DecodingConfig(), ANY)


def test_a_model_is_loaded_by_its_folder_and_translates():
    [translation] = load_model(DIGITS, beam_size=2).translate(["one two"])
    assert translation.text == "deux un"


def test_several_models_are_loaded_by_their_folders_and_translate_together():
    [alone], [together] = (load_model(*names).translate(["one two"]) for names in ([DIGITS], [DIGITS, DIGITS]))
    assert together.text == "deux un"
    assert together.score == pytest.approx(alone.score, abs=1e-4)


def test_a_model_is_loaded_by_its_name_or_as_the_default(tmp_path, monkeypatch):
    monkeypatch.setenv("ATTN_MT_HOME", str(tmp_path))
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "digits").symlink_to(DIGITS)
    for names in ((), ("digits",)):
        assert load_model(*names).translate(["one two"])[0].text == "deux un"


def test_the_settings_of_load_model_reach_the_search_and_the_engine():
    translator = load_model(DIGITS, beam_size=3, length_penalty=0.5, engine="torch")
    assert translator._config == DecodingConfig(beam_size=3, length_penalty=0.5)
    assert isinstance(translator._engine_for(1), TorchEngine)


@pytest.mark.skipif(not int8.is_available(), reason="this processor, or this torch, has no such products")
def test_the_torch_engine_of_a_translator_multiplies_in_int8_if_that_is_asked_for():
    scores = []
    for precision in ("float32", "int8"):
        engine = load_model(DIGITS, precision=precision, engine="torch")._engine_for(1)
        scores.append(engine.start([[5, 6, 2]]).step(np.array([BOS_ID]), np.array([0]))[0])
    assert not np.array_equal(*scores)
    np.testing.assert_allclose(*(score[np.isfinite(score)] for score in scores), atol=0.5)


@pytest.mark.parametrize(
    ("settings", "name"),
    [({"beam_size": 0}, "beam_size"), ({"precision": "half"}, "precision"), ({"threads": 0}, "threads")],
)
def test_a_setting_out_of_its_range_is_refused(settings, name):
    with pytest.raises(SettingsError, match=f"`{name}`"):
        load_model(DIGITS, **settings)


def test_a_model_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises((ModelFolderError, WorkspaceError), match="none"):
        load_model(str(tmp_path / "none"))


def test_a_loaded_model_translates_a_few_lines_without_torch_and_limits_the_spinning_of_threads():
    code = f"""import os, sys
from attn_cli.decoding.choice import load_model
print(load_model({DIGITS!r}).translate(["one two"])[0].text, "torch" in sys.modules, "GOMP_SPINCOUNT" in os.environ)"""
    environment = {"PATH": "", "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.stdout == "deux un False True\n", done.stderr
