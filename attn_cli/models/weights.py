"""The weights of a model as a safetensors file: float32, float16, or int8 with a scale per row.

With int8 each row w of a matrix is stored as round(w / s) with s = max |w| / 127 in a tensor `NAME.scale` (symmetric
quantisation; Jacob et al. 2018, arXiv:1712.05877, section 2, with zero-point 0). Vectors stay float32. The file alone
says how its tensors are stored, so reading needs no setting; the result is float32 in any case.
"""

import math
from pathlib import Path

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from attn_cli.foundation.errors import ModelFolderError

Weights = dict[str, NDArray[np.float32]]
SCALE = ".scale"
LARGEST = 127


def pack(weights: Weights, storage_type: str) -> bytes:
    """Return `weights` as a safetensors file, stored as "float32", "float16" or "int8"."""
    if storage_type == "int8":
        return safetensors.numpy.save({name: part for item in weights.items() for name, part in _quantised(*item)})
    return safetensors.numpy.save({name: array.astype(storage_type) for name, array in weights.items()})


def unpack(content: bytes) -> Weights:
    """Return the weights of a safetensors file in float32, whichever way they are stored.

    Raises ModelFolderError where it is not such a file, or a tensor has another type or a scale of another shape.
    """
    try:
        stored = safetensors.numpy.load(content)
    except (safetensors.SafetensorError, KeyError, ValueError) as error:
        raise ModelFolderError(f"model.safetensors: not a file of weights ({error})") from None
    scales = {name: stored.pop(name) for name in list(stored) if name.endswith(SCALE) and name[: -len(SCALE)] in stored}
    return {name: _float32(name, array, scales.get(name + SCALE)) for name, array in stored.items()}


def count(path: Path) -> int:
    """Return the number of weights in a safetensors file, of which only the header is read.

    Raises ModelFolderError where it is not such a file, or is not as long as its header says.
    """
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            names = file.keys()
            sizes = {name: math.prod(file.get_slice(name).get_shape()) for name in names}
    except safetensors.SafetensorError as error:
        raise ModelFolderError(f"{path}: not a file of weights ({error}); copy or train the model again") from None
    return sum(size for name, size in sizes.items() if not (name.endswith(SCALE) and name[: -len(SCALE)] in sizes))


def _quantised(name: str, array: NDArray[np.float32]) -> list[tuple[str, NDArray[np.generic]]]:
    """Return a matrix (N, M) as int8 with its scales (N,); anything else as it is."""
    if array.ndim != 2:
        return [(name, array)]
    scale = np.abs(array).max(axis=1) / np.float32(LARGEST)
    divisor = np.where(scale > 0, scale, 1)[:, None]
    return [(name, np.rint(array / divisor).astype(np.int8)), (name + SCALE, scale.astype(np.float32))]


def _float32(name: str, array: NDArray[np.generic], scale: NDArray[np.generic] | None) -> NDArray[np.float32]:
    if array.dtype == np.int8 and scale is not None and array.ndim == 2 and scale.shape == array.shape[:1]:
        # In memory the columns follow each other: for few rows of x, the product x · weightᵀ is then 1.5 times as fast,
        # because OpenBLAS need not rearrange the weights. The bytes are transposed, as every start waits for this.
        result: NDArray[np.float32] = np.multiply(np.ascontiguousarray(array.T), scale, dtype=np.float32)
        return result.T
    if array.dtype in (np.float32, np.float16) and scale is None:
        return array.astype(np.float32, copy=False)
    raise ModelFolderError(f"model.safetensors: {name} is {array.dtype} in a form that is not known")
