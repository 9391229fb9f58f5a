"""Matrix products over the tokens of a batch, in as few shapes as possible.

On a CPU, torch computes bfloat16 products with oneDNN, which generates machine code for every new shape. That takes up
to a millisecond and about 0.4 MB per shape (docs/performance.md), and batches of sentences have about a thousand
shapes. So the number of rows, one per token, is rounded up here to one of sixteen values per octave.
"""

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

if TYPE_CHECKING:
    from attn_cli.network.int8 import Int8Weight


def compute_dtype(weight: Tensor) -> torch.dtype:
    """Return the type in which products with `weight` are computed: autocast's if it is enabled, else its own."""
    kind = weight.device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else weight.dtype


def rounded(rows: int, like: Tensor) -> int:
    """Return the number of rows with which to compute a product of `rows` rows, for the type and device of `like`."""
    if like.dtype != torch.bfloat16 or like.device.type != "cpu":
        return rows
    step = max(8, 1 << max(0, rows.bit_length() - 5))
    return -(-rows // step) * step


def with_rows(tensor: Tensor, rows: int) -> Tensor:
    """Return `tensor` (..., N, I) extended with rows of zeros to `rows` rows; `tensor` itself if it has as many."""
    extra = rows - tensor.shape[-2]
    return F.pad(tensor, (0, 0, 0, extra)) if extra else tensor


def linear(inputs: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return inputs (..., I) · weightᵀ + bias, (..., O), for weight (O, I) and bias (O,), in `compute_dtype(weight)`.

    The number of rows is rounded in the backward pass too: the gradient of removing rows is adding rows of zeros.
    A quantised weight (see int8.py) is multiplied in integers, and the outputs are then in float32.
    """
    int8: Int8Weight | None = getattr(weight, "int8", None)
    if int8:
        outputs = int8.product(inputs.reshape(-1, inputs.shape[-1])).view(*inputs.shape[:-1], -1)
        return outputs if bias is None else outputs.add_(bias)
    dtype = compute_dtype(weight)
    inputs, weight, bias = inputs.to(dtype), weight.to(dtype), None if bias is None else bias.to(dtype)
    rows = inputs.numel() // inputs.shape[-1]
    rounded_rows = rounded(rows, inputs)
    if rounded_rows == rows:
        return F.linear(inputs, weight, bias)
    outputs = F.linear(with_rows(inputs.reshape(rows, -1), rounded_rows), weight, bias)
    return outputs[:rows].view(*inputs.shape[:-1], -1)


def batch_factor(tensor: Tensor) -> Tensor:
    """Return `tensor` in the type in which `batched` computes, so that `batched` need not convert it at every call.

    On a CPU that is at least float32: these products are small and have another shape in every batch, and in float32 no
    machine code is generated for them.
    """
    return tensor.to(torch.promote_types(tensor.dtype, torch.float32)) if tensor.device.type == "cpu" else tensor


def batched(left: Tensor, right: Tensor) -> Tensor:
    """Return the products (B, N, M) of left (B, N, K) and right (B, K, M), in the type of `batch_factor`."""
    right = batch_factor(right)
    with torch.autocast(left.device.type, enabled=False):
        return left.to(right.dtype) @ right
