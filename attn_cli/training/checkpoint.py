"""What resuming a training needs, in the folder training/ of a model; knows torch.

    state.pt     one self-contained file: settings, weights, optimizer, place in the data, best weights so far
    log.jsonl    what was reported, one JSON object a line

No random state is stored: every update seeds the generator from the training's seed and its own number.
"""

import json
import pickle
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

from attn_cli.foundation import storage
from attn_cli.foundation.errors import TrainingStateError

FORMAT_VERSION = 2


def state_path(model_folder: Path) -> Path:
    """Return the path of the state file of the model in `model_folder`."""
    return model_folder / "training" / "state.pt"


def save(model_folder: Path, state: dict[str, Any]) -> None:
    """Write the state, replacing the one before only when it is on disk as a whole.

    Raises OSError where it cannot be written.
    """
    with storage.replace_file(state_path(model_folder)) as temporary, temporary.open("wb") as file:
        try:
            torch.save({"format_version": FORMAT_VERSION, **state}, file)
        except RuntimeError as error:
            if isinstance(error.__context__, OSError):  # torch stumbles over a write that failed, and hides it
                raise error.__context__ from None
            raise


def discard(model_folder: Path) -> None:
    """Remove the state of an earlier training, if there is one, so that it cannot be taken for this one's."""
    state_path(model_folder).unlink(missing_ok=True)


def load(model_folder: Path) -> dict[str, Any]:
    """Read the state back; no code in the file is run.

    Raises TrainingStateError where there is none, or it is damaged or of another format.
    """
    path = state_path(model_folder)
    if not path.exists():
        raise TrainingStateError(f"{path}: nothing to resume; train without --resume")
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, pickle.UnpicklingError, EOFError, LookupError, ValueError, TypeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise TrainingStateError(f"{path}: damaged ({reason}); train again with --overwrite") from None
    if not isinstance(state, dict) or state.get("format_version") != FORMAT_VERSION:
        raise TrainingStateError(f"{path}: written by another version of attn-mt; train again with --overwrite")
    return state


def read_log(model_folder: Path) -> list[dict[str, Any]]:
    """Return the records of the log of a training; those that are damaged, or not there, are left out."""
    path, records = model_folder / "training" / "log.jsonl", []
    with suppress(OSError):
        for line in path.read_text(encoding="utf-8", errors="replace").split("\n"):
            with suppress(ValueError):
                records.append(json.loads(line))
    return [record for record in records if isinstance(record, dict) and isinstance(record.get("step"), int)]


class Log:
    """The log of a training, log.jsonl."""

    def __init__(self, model_folder: Path, *, up_to_step: int) -> None:
        """Begin a log, or go on with the one there is, forgetting what it says of steps after `up_to_step`."""
        self._path = model_folder / "training" / "log.jsonl"
        self._path.parent.mkdir(parents=True, exist_ok=True)
        kept = [record for record in read_log(model_folder) if record["step"] <= up_to_step] if up_to_step else []
        self._path.write_text("".join(map(_line, kept)), encoding="utf-8", newline="\n")

    def add(self, record: dict[str, Any]) -> None:
        """Append a record; it names its `step`. A full disk is passed over: the log is not worth a training."""
        with suppress(OSError), self._path.open("a", encoding="utf-8") as file:
            file.write(_line(record))


def _line(record: dict[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False) + "\n"
