"""The log of a training, training/log.jsonl in the model's folder: one JSON object per line. No torch."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from attn_cli.foundation import storage


def _log_path(model_folder: Path) -> Path:
    return model_folder / "training" / "log.jsonl"


def read_log(model_folder: Path) -> list[dict[str, Any]]:
    """Return the records of a training's log; damaged records are left out, and without a log the list is empty."""
    try:
        text = storage.read_file(_log_path(model_folder)).decode("utf-8", "replace")
    except OSError:
        return []
    records = []
    for line in text.split("\n"):
        with suppress(ValueError):
            records.append(storage.parse_json(line))
    return [record for record in records if isinstance(record, dict) and isinstance(record.get("step"), int)]


class Log:
    """The log of a training that is running."""

    def __init__(self, model_folder: Path, *, up_to_step: int) -> None:
        """Start a log, or continue the existing one without its records after `up_to_step`."""
        self._path = _log_path(model_folder)
        kept = [record for record in read_log(model_folder) if record["step"] <= up_to_step] if up_to_step else []
        with storage.replace_file(self._path) as temporary:  # which may replace a pipe, but never opens one
            temporary.write_text("".join(map(_line, kept)), encoding="utf-8", newline="\n")

    def add(self, record: dict[str, Any]) -> None:
        """Append a record; it has a `step`. A full disk is ignored: a training is worth more than its log."""
        with suppress(OSError), self._path.open("a", encoding="utf-8") as file:
            file.write(_line(record))


def _line(record: dict[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False) + "\n"
