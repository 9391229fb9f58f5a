"""Whether a model can be read while it is written: reads beside a process that does nothing but replace the model.

    python benchmarks/read_beside_writer.py MODEL [--reads 1000] [--readings 6] [--json]

The model is copied first. Reading goes on until the model was seen to change ten times: on a busy machine the writer
may get little time. `--readings 1` shows how often a reader meets the files of two models, and would call them damaged
if it did not read again.
"""

import argparse
import json
import multiprocessing
import shutil
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from attn_cli.foundation.errors import ModelFolderError
from attn_cli.models import folder as models
from attn_cli.models.folder import StoredModel, read_model, write_model

CHANGES = 10  # of the model to be seen, at least


def write(stored: StoredModel, folder: Path) -> None:
    """Write one model and another in turn, until the process is ended."""
    others = {name: array + 1 for name, array in stored.weights.items()}
    while True:
        for weights in (others, stored.weights):
            write_model(folder, stored.settings, weights, stored.tokenizer, "", None)


def measure(model: Path, reads: int, readings: int) -> dict[str, Any]:
    """Return how often which error came, how often the model was seen to change, and the longest read in seconds."""
    models.WAITS = models.WAITS[:readings]
    errors: Counter[str] = Counter()
    last, changes_seen, done = "", 0, 0
    longest = 0.0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "model"
        shutil.copytree(model, folder)
        writer = multiprocessing.get_context("fork").Process(target=write, args=(read_model(folder), folder))
        writer.start()
        try:
            while done < reads or changes_seen < CHANGES:
                if not writer.is_alive():
                    raise SystemExit("error: the writer stopped")
                begin = time.perf_counter()
                try:
                    fingerprint = read_model(folder).fingerprint
                except ModelFolderError as error:
                    errors[str(error).removeprefix(str(folder))] += 1
                else:
                    changes_seen += last not in ("", fingerprint)
                    last = fingerprint
                done += 1
                longest = max(longest, time.perf_counter() - begin)
        finally:
            writer.kill()
            writer.join()
    return {"reads": done, "errors": dict(errors), "changes_seen": changes_seen, "longest_s": round(longest, 3)}


def main() -> None:
    """Run the benchmark by its command line."""
    parser = argparse.ArgumentParser(description="Read a model beside a process that writes it.")
    parser.add_argument("model", type=Path, help="a model's folder")
    parser.add_argument("--reads", type=int, default=1000, help="at least")
    parser.add_argument("--readings", type=int, default=len(models.WAITS), help="of each read, at most")
    parser.add_argument("--json", action="store_true", help="print one JSON object on one line")
    options = parser.parse_args()
    result = measure(options.model, options.reads, options.readings)
    print(json.dumps(result) if options.json else "\n".join(f"{name:13} {value}" for name, value in result.items()))


if __name__ == "__main__":
    main()
