"""What scripts/gradient_reach.py measures, where it is known beforehand."""

import pytest
import torch

from attn_cli.foundation.settings import ModelConfig
from attn_cli.network.recurrent import RecurrentLayer
from attn_cli.network.seq2seq import Seq2Seq
from scripts.gradient_reach import first_layer, reach


@pytest.mark.parametrize("factor", [1.0, 0.5])
def test_a_linear_unit_passes_on_its_factor_at_each_step(factor):
    layer = RecurrentLayer("rnn-relu", 3, 4)
    with torch.no_grad():
        layer.cell.weight_hh_l0.copy_(factor * torch.eye(4))
        layer.cell.bias_ih_l0.fill_(10)  # above the bend of every unit
    found = reach(layer, torch.rand(5, 7, 3))
    assert found == pytest.approx([factor**back for back in range(7)], rel=1e-5)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_the_first_layer_reads_from_left_to_right_as_the_encoder_does(cell):
    model = Seq2Seq(ModelConfig(vocab_size=20, embedding_size=6, hidden_size=8, cell=cell))
    inputs = torch.randn(2, 5, 6)
    layer = first_layer(model)
    outputs, _ = layer(inputs, torch.zeros(2, 4 * layer.parts))
    expected = model.encoder[0](inputs, torch.tensor([5, 5]))[:, :, :4]
    torch.testing.assert_close(outputs, expected)
