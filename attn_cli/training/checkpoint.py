"""The state from which a training resumes, training/state.pt in the model's folder.

One self-contained file: settings, weights, optimizer, position in the data, best weights so far. No random state is
stored: every update seeds the generator from the training's seed and the update's number.
"""

import io
import pickle
from pathlib import Path
from typing import Any

import torch

from attn_cli.foundation import replacing, storage
from attn_cli.foundation.errors import TrainingStateError

FORMAT_VERSION = 2


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
    """Read the state; no code in the file is run.

    Raises TrainingStateError where there is none, or it is damaged or has another format.
    """
    path = state_path(model_folder)
    if not path.exists():
        raise TrainingStateError(f"{path}: nothing to resume; train without `resume`")
    try:
        content = io.BytesIO(storage.read_file(path))
        state: dict[str, Any] = torch.load(content, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, pickle.UnpicklingError, EOFError, LookupError, ValueError, TypeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise TrainingStateError(f"{path}: damaged ({reason}); train again with `overwrite`") from None
    if not isinstance(state, dict) or state.get("format_version") != FORMAT_VERSION:
        raise TrainingStateError(f"{path}: written by another version of attn-mt; train again with `overwrite`")
    return state
