"""Recurrent layers over whole sequences: `layer(inputs, state) -> outputs, state`. No text and no attention here.

These are torch's own layers, which need no loop over time on a GPU; except for gated recurrent units on a CPU, which
gru_scan.py computes faster from the same parameters.
"""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from attn_cli.network.gru_scan import gru_scan, gru_step
from attn_cli.network.matmul import linear

CELLS: dict[str, Callable[..., nn.RNNBase]] = {
    "rnn-tanh": nn.RNN,  # h' = tanh(W x + U h + b) (Elman 1990)
    "rnn-relu": partial(nn.RNN, nonlinearity="relu"),
    "gru": nn.GRU,  # Cho et al. 2014, arXiv:1406.1078
    "lstm": nn.LSTM,  # Hochreiter & Schmidhuber 1997
}


class RecurrentLayer(nn.Module):
    """A layer that reads from left to right.

    Its state is the last output (B, H); for an LSTM, the last output and the cell, concatenated (B, 2H).
    """

    def __init__(self, cell: str, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.cell = CELLS[cell](input_size, hidden_size, batch_first=True)
        self.parts = 2 if cell == "lstm" else 1

    def forward(self, inputs: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Return the outputs (B, T, H) for inputs (B, T, I) from `state` on, and the state after the last position."""
        if isinstance(self.cell, nn.GRU) and inputs.device.type == "cpu":
            projected, *weights = _project(self.cell, "", inputs)
            if inputs.shape[1] == 1 and not torch.is_grad_enabled():
                state = state.to(projected.dtype)
                state = gru_step(projected[:, 0], linear(state, weights[0]), state, weights[1])
                return state.unsqueeze(1), state
            outputs = gru_scan(projected.unsqueeze(0), state.unsqueeze(0), *(part.unsqueeze(0) for part in weights))[0]
            return outputs, outputs[:, -1]
        inputs, state = _in_type_of(self.cell, inputs), _in_type_of(self.cell, state)
        before = [part.unsqueeze(0).contiguous() for part in state.chunk(self.parts, dim=-1)]
        with _torch_layers(inputs.device.type):
            outputs, after = self.cell(inputs, before[0] if self.parts == 1 else tuple(before))
        return outputs, (after if self.parts == 1 else torch.cat(after, dim=-1)).squeeze(0)


class EncoderLayer(nn.Module):
    """A layer that reads padded sentences in one direction, or in both with half of its outputs from each.

    Each direction starts with a state of zeros at its own end of each sentence.
    """

    def __init__(self, cell: str, input_size: int, hidden_size: int, *, bidirectional: bool = True) -> None:
        super().__init__()
        size = hidden_size // 2 if bidirectional else hidden_size
        self.cell = CELLS[cell](input_size, size, batch_first=True, bidirectional=bidirectional)

    def forward(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        """Return the outputs (B, S, H), zero on padding, for inputs (B, S, I) and lengths (B,) on the CPU."""
        if isinstance(self.cell, nn.GRU) and inputs.device.type == "cpu":
            return self._scanned(self.cell, inputs, lengths)
        with _torch_layers(inputs.device.type):
            inputs = _in_type_of(self.cell, inputs)
            packed = pack_padded_sequence(inputs, lengths, batch_first=True, enforce_sorted=False)
            outputs, _ = pad_packed_sequence(self.cell(packed)[0], batch_first=True, total_length=inputs.shape[1])
        return outputs

    def _scanned(self, cell: nn.GRU, inputs: Tensor, lengths: Tensor) -> Tensor:
        mask = torch.arange(inputs.shape[1]) < lengths.unsqueeze(1)  # (B, S)
        directions = [_project(cell, suffix, inputs) for suffix in ("", "_reverse")[: 1 + cell.bidirectional]]
        weight, bias = (torch.stack([parts[index] for parts in directions]) for index in (1, 2))
        # The second direction is reversed in time, so that both take the same steps; so are its outputs.
        projected, masks = (
            torch.stack([tensor.flip(1) if index else tensor for index, tensor in enumerate(tensors)])
            for tensors in ([parts[0] for parts in directions], [mask] * len(directions))
        )
        state = inputs.new_zeros(len(directions), len(inputs), cell.hidden_size)
        outputs = gru_scan(projected, state, weight, bias, masks)
        return torch.cat([part.flip(1) if index else part for index, part in enumerate(outputs)], dim=-1)


def _in_type_of(cell: nn.RNNBase, tensor: Tensor) -> Tensor:
    """Return `tensor` in the type of the cell's parameters."""
    return tensor.to(next(cell.parameters()).dtype)


@contextmanager
def _torch_layers(device: str) -> Iterator[None]:
    """Run torch's layers on a kind of device; on a GPU without autocast, which would always choose float16.

    There cuDNN wants the weights of a layer in one block, and torch makes no block of bfloat16 weights (torch 2.13,
    CUDNN_TENSOR_DTYPES): they are copied at each call, with a warning that a user can do nothing about.
    """
    if device == "cpu":
        yield
        return
    with torch.autocast(device, enabled=False), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="RNN module weights are not part of single contiguous chunk")
        yield


def _project(cell: nn.GRU, suffix: str, inputs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return what GRUScan needs of inputs (B, T, I) and one direction's weights: projected (B, T, 3H), W, b_n.

    All biases but b_n, which r multiplies, are added to the inputs' products.
    """
    w_ih, w_hh, b_ih, b_hh = (
        getattr(cell, f"{name}_l0{suffix}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )
    size = 2 * cell.hidden_size
    return linear(inputs, w_ih, torch.cat([b_ih[:size] + b_hh[:size], b_ih[size:]])), w_hh, b_hh[size:]
