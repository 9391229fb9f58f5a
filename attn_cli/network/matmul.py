"""Matrix products over the tokens of a batch, in as few shapes as possible.

On a processor torch computes bfloat16 products by oneDNN, which makes machine code for every shape that it meets: about
half a millisecond and most of a megabyte each, where the product itself takes a few milliseconds. Batches of sentences
have a thousand shapes; so here the number of rows, that of the tokens, is rounded up to one of sixteen in each octave.
"""

import torch
import torch.nn.functional as F
from torch import Tensor


def compute_dtype(weight: Tensor) -> torch.dtype:
    """Return the type in which products with `weight` are computed: autocast's, else its own."""
    kind = weight.device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else weight.dtype


def rounded(rows: int, like: Tensor) -> int:
    """Return the number of rows to compute a product of `rows` rows with, in the type and on the device of `like`."""
    if like.dtype != torch.bfloat16 or like.device.type != "cpu":
        return rows
    step = max(8, 1 << max(0, rows.bit_length() - 5))
    return -(-rows // step) * step


def with_rows(tensor: Tensor, rows: int) -> Tensor:
    """Return `tensor` (..., N, I) with zeros added for rows up to `rows`; itself where there are so many."""
    extra = rows - tensor.shape[-2]
    return F.pad(tensor, (0, 0, 0, extra)) if extra else tensor


def linear(inputs: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return inputs (..., I) · weightᵀ + bias, (..., O), for weight (O, I) and bias (O,), in the products' type.

    The zeros that are added for rows are added in the backward pass too, by that of taking them away.
    """
    dtype = compute_dtype(weight)
    inputs, weight, bias = inputs.to(dtype), weight.to(dtype), None if bias is None else bias.to(dtype)
    rows = inputs.numel() // inputs.shape[-1]
    wanted = rounded(rows, inputs)
    if wanted == rows:
        return F.linear(inputs, weight, bias)
    outputs = F.linear(with_rows(inputs.reshape(rows, -1), wanted), weight, bias)
    return outputs[:rows].view(*inputs.shape[:-1], -1)


def batch_factor(tensor: Tensor) -> Tensor:
    """Return `tensor` in the type that `batched` computes in, so that it need not convert it at every call.

    On a processor that is float32 at least: these products are small, of another shape in every batch, and in float32
    they need no new code.
    """
    return tensor.to(torch.promote_types(tensor.dtype, torch.float32)) if tensor.device.type == "cpu" else tensor


def batched(left: Tensor, right: Tensor) -> Tensor:
    """Return the products (B, N, M) of left (B, N, K) and right (B, K, M), in the type of `batch_factor`."""
    right = batch_factor(right)
    with torch.autocast(left.device.type, enabled=False):
        return left.to(right.dtype) @ right
