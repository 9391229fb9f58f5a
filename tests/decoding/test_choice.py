"""Which engine decodes: NumPy for a few lines, torch for many and for what is asked of it alone."""

import pytest
import torch

from attn_cli.decoding.choice import FEW_LINES, Engines
from attn_cli.decoding.numpy_engine import NumpyEngine
from attn_cli.decoding.torch_engine import TorchEngine
from attn_cli.foundation.errors import SettingsError
from attn_cli.foundation.settings import ModelConfig, TrainingConfig
from attn_cli.models.folder import ModelSettings, StoredModel
from attn_cli.network.seq2seq import Seq2Seq


@pytest.fixture
def stored(tmp_path):
    config = ModelConfig(vocab_size=30, embedding_size=4, hidden_size=4)
    torch.manual_seed(1)
    weights = {name: value.numpy() for name, value in Seq2Seq(config).requires_grad_(False).state_dict().items()}
    settings = ModelSettings(
        source_language="en", target_language="fr", corpus="none", model=config, training=TrainingConfig(steps=1)
    )
    return StoredModel(tmp_path, settings, None, weights)  # type: ignore[arg-type]


def test_few_lines_get_numpy_and_many_get_torch(stored):
    assert isinstance(Engines(stored).for_lines(1), NumpyEngine)
    assert isinstance(Engines(stored).for_lines(FEW_LINES), NumpyEngine)
    assert isinstance(Engines(stored).for_lines(FEW_LINES + 1), TorchEngine)


def test_one_engine_serves_many_calls_and_torch_stays_once_it_is_there(stored):
    engines = Engines(stored)
    first = engines.for_lines(1)
    assert engines.for_lines(2) is first
    second = engines.for_lines(1000)
    assert engines.for_lines(1) is second


def test_the_engine_can_be_forced(stored):
    assert isinstance(Engines(stored, name="torch").for_lines(1), TorchEngine)
    assert isinstance(Engines(stored, name="numpy").for_lines(100_000), NumpyEngine)


def test_what_numpy_does_anyway_does_not_ask_for_torch(stored):
    assert isinstance(Engines(stored, device="cpu", precision="float32").for_lines(1), NumpyEngine)


@pytest.mark.parametrize("wish", [{"precision": "bfloat16"}, {"threads": 1}])
def test_who_asks_for_what_torch_alone_can_do_gets_torch(stored, wish):
    assert isinstance(Engines(stored, name="torch").for_lines(1), TorchEngine)
    threads = torch.get_num_threads()
    assert isinstance(Engines(stored, **wish).for_lines(1), TorchEngine)
    torch.set_num_threads(threads)
    with pytest.raises(SettingsError, match="--engine numpy"):
        Engines(stored, name="numpy", **wish)


def test_numpy_is_refused_for_a_gpu(stored):
    with pytest.raises(SettingsError, match="a GPU"):
        Engines(stored, name="numpy", device="cuda")
