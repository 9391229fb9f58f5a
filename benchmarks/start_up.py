"""The time to the first word, and its memory: whole commands, as a shell runs them.

    python benchmarks/start_up.py MODEL ["a sentence"] [--runs 5] [--json]

Runs `attn-mt translate` on one sentence with either engine, and `attn-mt --help`, each some times in a process of its
own, from a warm disk cache; the least wall time counts, and the greatest peak of resident memory.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path


def run(arguments: list[str], runs: int) -> dict[str, float]:
    """Return the least wall time (s) and the greatest peak memory (MB) of some runs of `attn-mt` with `arguments`."""
    seconds, memory = [], []
    for _ in range(runs):
        begin = time.perf_counter()
        process = subprocess.Popen([sys.executable, "-m", "attn_cli", *arguments], stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        seconds.append(time.perf_counter() - begin)
        memory.append(usage.ru_maxrss / 1024)
        if status:
            raise SystemExit(f"attn-mt {' '.join(arguments)}: it failed")
    return {"seconds": round(min(seconds), 3), "peak_memory_mb": round(max(memory))}


def main() -> None:
    """Run the benchmark by its command line."""
    parser = argparse.ArgumentParser(description="Measure the time to the first word.")
    parser.add_argument("model", type=Path, help="a model's folder")
    parser.add_argument("sentence", nargs="?", default="he doesn't like apples")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="print one JSON object on one line")
    options = parser.parse_args()
    translate = ["translate", "-m", str(options.model.resolve()), options.sentence]
    result = {
        "translate, numpy": run([*translate, "--engine", "numpy"], options.runs),
        "translate, torch": run([*translate, "--engine", "torch"], options.runs),
        "--help": run(["--help"], options.runs),
    }
    print(json.dumps(result) if options.json else "\n".join(f"{name:18} {value}" for name, value in result.items()))


if __name__ == "__main__":
    main()
