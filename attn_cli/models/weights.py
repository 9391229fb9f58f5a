"""The weights of a model as a safetensors file: float32, float16, or int8 with a scale per row.

With int8 each row w of a matrix is stored as round(w / s) with s = max |w| / 127 in a tensor `NAME.scale` (symmetric
quantisation; Jacob et al. 2018, arXiv:1712.05877, section 2, with zero-point 0). Vectors stay float32. The file alone
says how its tensors are stored, so reading needs no setting; the result is float32 in any case.

A file may come from anywhere. Its header is compared with the shapes that are expected before anything is allocated,
and its numbers must be finite.
"""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from attn_cli.foundation.errors import ModelFolderError
from attn_cli.foundation.shapes import Shape
from attn_cli.foundation.storage import parse_json

Weights = dict[str, NDArray[np.float32]]
SCALE = ".scale"
LARGEST = 127
TYPES = ("F32", "F16", "I8")
HEADER_MOST = 2**20  # bytes; a tensor takes about 100
# Products of weights of this size are still finite in float32. Those of a trained network are below 100.
MOST_RMS = 1e6

MISFIT = "the weights do not fit config.json; copy or train the model again"


def pack(weights: Weights, storage_type: str) -> bytes:
    """Return `weights` as a safetensors file, stored as "float32", "float16" or "int8"."""
    # safetensors writes the bytes as they lie in memory, and `_float32` lets the columns of a matrix follow each other.
    rows = {name: np.ascontiguousarray(array) for name, array in weights.items()}
    if storage_type == "int8":
        return safetensors.numpy.save({name: part for item in rows.items() for name, part in _quantised(*item)})
    return safetensors.numpy.save({name: array.astype(storage_type) for name, array in rows.items()})


def unpack(content: bytes, shapes: Mapping[str, Shape]) -> Weights:
    """Return the weights of a safetensors file in float32, whichever way they are stored.

    Raises ModelFolderError where it is not such a file, its tensors have other names or shapes than `shapes` or another
    type, or a number is infinite, not a number, or far too large.
    """
    _check_header(content, shapes)
    try:
        stored = safetensors.numpy.load(content)
    except (safetensors.SafetensorError, KeyError, ValueError) as error:
        raise ModelFolderError(f"model.safetensors: not a file of weights ({error!s:.200})") from None
    for name, array in stored.items():
        _check_numbers(name, array)
    scales = {name: stored.pop(name) for name in list(stored) if name not in shapes}
    return {name: _float32(name, array, scales.get(name + SCALE)) for name, array in stored.items()}


def most_bytes(shapes: Mapping[str, Shape]) -> int:
    """Return a limit for the size of a file of weights: no form of them takes more bytes."""
    return HEADER_MOST + sum(4 * math.prod(shape) + 4 * shape[0] for shape in shapes.values())


def _check_header(content: bytes, shapes: Mapping[str, Shape]) -> None:
    """Check the names, types and shapes in the header; besides `shapes` there may be a scale of each row.

    Raises ModelFolderError.
    """
    size = int.from_bytes(content[:8], "little")
    try:
        if not 8 + size <= len(content) or size > HEADER_MOST:
            raise ValueError("its header is cut off")
        tensors = {name: (info["dtype"], tuple(info["shape"])) for name, info in _header(content[8 : 8 + size])}
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ModelFolderError(f"model.safetensors: not a file of weights ({error!s:.200})") from None
    scales = {f"{name}{SCALE}": shape[:1] for name, shape in shapes.items()}
    for name, (kind, shape) in tensors.items():
        if shape != shapes.get(name, scales.get(name)):
            raise ModelFolderError(f"{MISFIT} ({name:.60} has another shape)")
        if not isinstance(kind, str) or kind not in TYPES:
            raise ModelFolderError(f"model.safetensors: {name} is {kind!s:.20} in a form that is not known")
    if missing := sorted(shapes.keys() - tensors.keys()):
        raise ModelFolderError(f"{MISFIT} ({missing[0]} is missing)")


def _header(text: bytes) -> Iterator[tuple[str, Any]]:
    return ((name, info) for name, info in parse_json(text).items() if name != "__metadata__")


def _check_numbers(name: str, array: NDArray[Any]) -> None:
    """Raise ModelFolderError where a number is infinite or not a number, or where they are far too large."""
    if array.dtype == np.int8:
        return
    flat = array.reshape(-1).astype(np.float32, copy=False)
    with np.errstate(all="ignore"):
        mean = np.dot(flat, flat) / max(1, flat.size)  # one fast pass, to which any such number spreads
    if not mean <= MOST_RMS**2:
        raise ModelFolderError(f"model.safetensors: {name} has numbers that are infinite, too large, or not numbers")


def count(path: Path) -> int:
    """Return the number of weights in a safetensors file, of which only the header is read.

    Raises ModelFolderError where it is not such a file, or is not as long as its header says.
    """
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            names = file.keys()
            sizes = {name: math.prod(file.get_slice(name).get_shape()) for name in names}
    except safetensors.SafetensorError as error:
        raise ModelFolderError(
            f"{path}: not a file of weights ({error!s:.200}); copy or train the model again"
        ) from None
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
