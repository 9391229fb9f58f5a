"""The log of a training, training/log.jsonl in the model's folder: one JSON object per line. No torch."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from attn_cli.foundation import replacing, storage

LISTED_MOST = 16 * 2**20  # bytes of a log that is read for a list of models; about a million updates


def _log_path(model_folder: Path) -> Path:
    return model_folder / "training" / "log.jsonl"


def read_log(model_folder: Path, most: int | None = None) -> list[dict[str, Any]]:
    """Return the records of a training's log; damaged records are left out.

    Without a log, or where it has more than `most` bytes, the list is empty.
    """
    try:
        text = storage.read_file(_log_path(model_folder), most).decode("utf-8", "replace")
    except OSError:
        return []
    records = []
    for line in text.split("\n"):
        with suppress(ValueError):
            records.append(storage.parse_json(line))
    return [record for record in records if isinstance(record, dict) and isinstance(record.get("step"), int)]


def best_bleu(model_folder: Path) -> float | None:
    """Return the validation BLEU of the weights that a training kept, or None where its log does not have it."""
    best = [record.get("bleu") for record in read_log(model_folder, LISTED_MOST) if record.get("best") is True]
    return float(best[-1]) if best and isinstance(best[-1], int | float) and 0 <= best[-1] <= 100 else None


class Log:
    """The log of a training that is running."""

    def __init__(self, model_folder: Path, *, up_to_step: int, waits: bool = False) -> None:
        """Start a log, or continue the existing one without its records after `up_to_step`.

        One that `waits` keeps its records in memory, and the log that is there in place, until `place` is called.
        Raises OSError or WorkspaceError where it cannot be written.
        """
        self._path = _log_path(model_folder)
        kept = [record for record in read_log(model_folder) if record["step"] <= up_to_step] if up_to_step else []
        self._waiting: list[str] | None = [_line(record) for record in kept]
        if waits:
            replacing.check_writable(self._path, b"")
        else:
            self.place()

    def place(self) -> None:
        """Write what waits in place of the log that is there. Raises OSError."""
        if self._waiting is not None:
            with replacing.replace_file(self._path) as temporary:  # which may replace a pipe, but never opens one
                temporary.write_text("".join(self._waiting), encoding="utf-8", newline="\n")
            self._waiting = None

    def add(self, record: dict[str, Any]) -> None:
        """Append a record; it has a `step`. A full disk is ignored: a training is worth more than its log."""
        if self._waiting is not None:
            self._waiting.append(_line(record))
            return
        with suppress(OSError):
            storage.append(self._path, _line(record))


def _line(record: dict[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False) + "\n"
