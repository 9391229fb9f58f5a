"""The shapes of a network's weights are those of the network."""

from itertools import product
from typing import get_args

import pytest

from attn_cli.foundation.settings import Cell, Function, ModelConfig, Score, Window
from attn_cli.foundation.shapes import weight_count, weight_shapes
from attn_cli.network.seq2seq import Seq2Seq

CHOICES = [
    (attention, window)
    for attention, window in product(get_args(Score), get_args(Window))
    if attention != "none" or window == "global"
]


@pytest.mark.parametrize("attention, window", CHOICES)
def test_shapes_are_those_of_the_networks_parameters_in_their_order(attention, window):
    for cell, function, feeding, both, lexical, layers in product(
        get_args(Cell), get_args(Function), (False, True), (False, True), {False, attention != "none"}, (1, 2)
    ):
        config = ModelConfig(
            vocab_size=11, embedding_size=3, hidden_size=4, cell=cell, attention=attention, window=window,
            attention_function=function, input_feeding=feeding, bidirectional=both, encoder_layers=layers,
            decoder_layers=layers, lexical=lexical,
        )  # fmt: skip
        network = Seq2Seq(config)
        expected = {name: tuple(weight.shape) for name, weight in network.named_parameters()}
        assert list(weight_shapes(config).items()) == list(expected.items())
        assert weight_count(config) == sum(weight.numel() for weight in network.parameters())
