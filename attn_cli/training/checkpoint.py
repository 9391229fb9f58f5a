"""The state from which a training resumes, training/state.pt in the model's folder.

One self-contained file: settings, weights, optimizer, position in the data, best weights so far. No random state is
stored: every update seeds the generator from the training's seed and the update's number.
"""

import os
import pickle
import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from attn_cli.foundation import replacing, storage
from attn_cli.foundation.errors import AttnMTError, TrainingStateError
from attn_cli.foundation.settings import MOST
from attn_cli.foundation.shapes import Shape, weight_shapes
from attn_cli.models.confidence import Calibration
from attn_cli.models.folder import ModelSettings

FORMAT_VERSION = 2
_MALFORMED = (EOFError, LookupError, ValueError, TypeError, AttributeError, NotImplementedError, OverflowError)


def state_path(model_folder: Path) -> Path:
    """Return the path of the state file of the model in `model_folder`."""
    return model_folder / "training" / "state.pt"


def save(model_folder: Path, state: dict[str, Any]) -> None:
    """Write the state; the previous one is replaced only when the new one is complete on disk.

    Raises OSError where it cannot be written.
    """
    with replacing.replace_file(state_path(model_folder)) as temporary, temporary.open("wb") as file:
        try:
            torch.save({"format_version": FORMAT_VERSION, **state}, file)
        except RuntimeError as error:
            if isinstance(error.__context__, OSError):  # torch hides a failed write behind an error of its own
                raise error.__context__ from None
            raise


def load(model_folder: Path) -> dict[str, Any]:
    """Read the state, and check every key, type, shape and number of it.

    Raises TrainingStateError as `read` does.
    """
    state = read(model_folder)
    with _damage(state_path(model_folder)):
        _check(state)
    return state


def read(model_folder: Path) -> dict[str, Any]:
    """Read the state as it is; no code in the file is run.

    Raises TrainingStateError where there is none, or it is damaged or has another format.
    """
    path = state_path(model_folder)
    if not path.exists():
        raise TrainingStateError(f"{path}: nothing to resume; train without `resume`")
    with _damage(path):
        state: dict[str, Any] = _unpacked(path)
    if not isinstance(state, dict) or state.get("format_version") != FORMAT_VERSION:
        raise TrainingStateError(f"{path}: written by another version of attn-mt; train again with `overwrite`")
    return state


@contextmanager
def _damage(path: Path) -> Iterator[None]:
    """Turn the errors of reading a damaged state into one."""
    try:
        yield
    except (OSError, RuntimeError, pickle.UnpicklingError, zipfile.BadZipFile, AttnMTError, *_MALFORMED) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        if isinstance(error, pickle.UnpicklingError):  # torch advises to run the code in the file
            reason = "it holds something else than numbers and text"
        raise TrainingStateError(f"{path}: damaged ({reason:.200}); train again with `overwrite`") from None


def _unpacked(path: Path) -> Any:
    with storage.regular_file(path) as descriptor, os.fdopen(descriptor, "rb", closefd=False) as file:
        with zipfile.ZipFile(file) as archive:  # a packed one could unpack to more than fits into memory
            if sum(entry.file_size for entry in archive.infolist()) > os.fstat(descriptor).st_size:
                raise ValueError("larger inside than outside")
        file.seek(0)
        with warnings.catch_warnings(action="ignore"):  # about other versions of pickle
            return torch.load(file, map_location="cpu", weights_only=True)


def _check(state: dict[str, Any]) -> None:
    """Check every key, type, shape and number of a state. Raises ValueError and the like, and AttnMTError."""
    shapes = weight_shapes(ModelSettings.from_dict(state["settings"]).model)
    _check_weights(state["model"], shapes)
    if state["best_weights"] != {}:
        _check_weights(state["best_weights"], shapes)
    _check_moments(state["optimizer"]["state"], list(shapes.values()))
    tokenizer = state["tokenizer"]
    _require(type(tokenizer) is Tensor and tokenizer.dtype == torch.uint8 and tokenizer.dim() == 1, "tokenizer")
    Calibration.from_dict(state.get("best_calibration", {}))  # which older states lack
    _require(isinstance(state["corpus"], str), "corpus")
    _require(0 <= state["seconds"] < MOST and -1 <= state["best_bleu"] < 101, "seconds or best_bleu")
    for name in ("step", "validations", "validated_step", "stale", "best_step"):
        _require(type(state[name]) is int and -1 <= state[name] <= MOST, name)
    _require(state["step"] >= 0, "step")
    offset, seconds = state.get("offset", 0), state.get("validation_seconds", 0.0)  # which older states lack
    _require(type(offset) is int and 0 <= state["step"] + offset <= MOST, "offset")
    _require(0 <= seconds < MOST, "validation_seconds")


def _check_weights(weights: dict[str, Tensor], shapes: Mapping[str, Shape]) -> None:
    _require(weights.keys() == shapes.keys(), "the names of the weights")
    for name, shape in shapes.items():
        _check_tensor(weights[name], shape, name)


def _check_moments(moments: dict[int, dict[str, Tensor]], shapes: Sequence[Shape]) -> None:
    """Check what Adam knows of each weight; before the first update it knows nothing.

    The fused kernel of torch writes as many numbers as the weight has, whatever the shape of a moment.
    """
    _require(not moments or list(moments) == list(range(len(shapes))), "the optimizer's weights")
    for index, values in moments.items():
        _require(values.keys() == {"step", "exp_avg", "exp_avg_sq"}, "the optimizer's moments")
        for name, value in values.items():
            _check_tensor(value, () if name == "step" else shapes[index], name)
        _require(bool(values["step"] >= 0 and (values["exp_avg_sq"] >= 0).all()), "the optimizer's moments")


def _check_tensor(tensor: Tensor, shape: Shape, name: str) -> None:
    is_plain = type(tensor) is Tensor and tensor.layout == torch.strided and not tensor.requires_grad
    _require(is_plain and tensor.dtype == torch.float32 and tensor.shape == shape and tensor.is_contiguous(), name)
    _require(bool(torch.isfinite(tensor).all()), name)


def _require(condition: bool, what: str) -> None:
    if not condition:
        raise ValueError(f"{what}: not as it was written")
