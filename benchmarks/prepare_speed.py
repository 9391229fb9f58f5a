"""The time and memory that preparing a corpus takes, and the time from `train` to its first update.

    python benchmarks/prepare_speed.py en-fr --train PREFIX [--valid PREFIX] [--test PREFIX] [--json]

Runs the commands in processes of their own, in a temporary home: `prepare` on the whole text, tokenizer included, then
`train --steps 1`, timed until it reports that update.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time


def prepare(arguments: list[str], environment: dict[str, str]) -> dict[str, float]:
    """Return the wall time (s) and the peak of resident memory (MB) of `attn-mt prepare` with `arguments`."""
    begin = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "attn_cli", "prepare", *arguments], env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit("prepare failed")
    return {"seconds": round(time.perf_counter() - begin, 1), "peak_memory_mb": round(usage.ru_maxrss / 1024)}


def first_update(corpus: str, environment: dict[str, str]) -> float:
    """Return the seconds from the start of `attn-mt train` to the report of its first update."""
    command = [sys.executable, "-m", "attn_cli", "train", corpus, "--steps", "1"]
    begin = time.perf_counter()
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("step"):
                process.kill()
                return round(time.perf_counter() - begin, 2)
    raise SystemExit("train reported no update")


def main() -> None:
    """Run the benchmark by its command line."""
    parser = argparse.ArgumentParser(description="Measure preparing, and the time to the first update.")
    parser.add_argument("pair")
    for name in ("train", "valid", "test"):
        parser.add_argument(f"--{name}", required=name == "train")
    parser.add_argument("--json", action="store_true", help="print one JSON object on one line")
    options = parser.parse_args()
    texts = [
        part for name in ("train", "valid", "test") if (place := vars(options)[name]) for part in (f"--{name}", place)
    ]
    with tempfile.TemporaryDirectory() as home:
        environment = os.environ | {"ATTN_MT_HOME": home}
        result: dict[str, object] = {"prepare": prepare([options.pair, *texts], environment)}
        result["seconds_to_first_update"] = first_update(options.pair, environment)
    print(json.dumps(result) if options.json else "\n".join(f"{name:24} {value}" for name, value in result.items()))


if __name__ == "__main__":
    main()
