"""Matrix products in 8-bit integers, for decoding on a CPU, by oneDNN.

The weights of an output are integers from -127 to 127 with a common scale, and the inputs of a row are integers from
-63 to 63: processors without special instructions add two products in 16 bits, which greater inputs would overflow. A
row has a scale of its own, so its outputs do not depend on the other rows of a batch.
"""

import torch
from torch import Tensor, nn

from attn_cli.network.matmul import with_rows

_MOST_INPUT, _MOST_WEIGHT = 63, 127
_ZERO = 64  # the input 0: oneDNN wants inputs that are not negative
_MOST_ROWS = 384  # that are multiplied at once


def is_available() -> bool:
    """Return whether this torch has the products, for a processor on which they are known to be fast."""
    if torch.backends.cpu.get_cpu_capability() not in ("AVX2", "AVX512"):
        return False
    onednn = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    return bool(onednn) and hasattr(torch.ops.onednn, "qlinear_pointwise")


class Int8Weight:
    """A weight (O, I), in integers."""

    def __init__(self, weight: Tensor) -> None:
        scales = _greatest(weight.detach()) / _MOST_WEIGHT
        self._packed = torch.ops.onednn.qlinear_prepack((weight.detach() / scales).round().to(torch.int8), None)
        self._scales = scales[:, 0]
        self._zeros = torch.zeros(len(weight), dtype=torch.int32)

    def product(self, inputs: Tensor) -> Tensor:
        """Return inputs (N, I) · weightᵀ, (N, O), in float32.

        Rows of inputs or weights with infinite numbers or NaN give none that is finite: so search finds damage.
        """
        scales = _greatest(inputs) / _MOST_INPUT
        integers = (inputs / scales).add_(_ZERO + 0.5).to(torch.uint8)  # to the nearest one
        integers = with_rows(integers, _rounded(len(inputs)))
        outputs = inputs.new_empty(len(inputs), len(self._scales))
        blocks = (torch.split(each, _MOST_ROWS) for each in (integers, scales, outputs))
        for block, scale, output in zip(*blocks, strict=True):
            product = torch.ops.onednn.qlinear_pointwise(
                block, 1.0, _ZERO, self._packed, self._scales, self._zeros, None, 1.0, 0, torch.float32, "none", [], ""
            )
            torch.mul(product[: len(output)], scale, out=output)
        return outputs


def quantize(model: nn.Module) -> None:
    """Let matmul.linear compute products with the matrices of `model` in integers."""
    for parameter in model.parameters():
        if parameter.dim() == 2:
            parameter.int8 = Int8Weight(parameter)  # type: ignore[attr-defined]


def _greatest(rows: Tensor) -> Tensor:
    """Return the greatest absolute value of each row (N, I), as (N, 1), and a tiny number for rows of zeros."""
    return rows.abs().amax(dim=1, keepdim=True).clamp_(min=torch.finfo(rows.dtype).tiny * _MOST_WEIGHT)


def _rounded(rows: int) -> int:
    """Return a number of rows that is not smaller and takes few values.

    For each that a product has had, oneDNN keeps memory of the size of the outputs.
    """
    step = 8 if rows <= 16 else 32
    return -(-rows // step) * step
