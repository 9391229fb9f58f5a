"""Measure training on two processes with one thread each against one process with two threads, in turns.

    python benchmarks/processes_speed.py CORPUS [--turns 5] [--updates 60] [training options]

Prints the target tokens per second of each turn, without the first report, and the median of the ratios.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

TORCHRUN = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]


def speed(start: list[str], corpus: str, options: list[str]) -> float:
    """Return the target tokens per second of a training, started by Python with the arguments `start`."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, *start, "-m", "attn_cli", "train", corpus, "--out", f"{folder}/model", *options]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        lines = (Path(folder) / "model" / "training" / "log.jsonl").read_text(encoding="utf-8").splitlines()
    reports = [record["tokens_per_second"] for record in map(json.loads, lines) if record["kind"] == "progress"]
    return float(statistics.harmonic_mean(reports[1:]))


def main() -> None:
    """Read the arguments and print the figures."""
    parser = argparse.ArgumentParser(description="Measure two processes against two threads.")
    parser.add_argument("corpus")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--updates", type=int, default=60)
    options, others = parser.parse_known_args()
    usual = ["--steps", str(options.updates), *others]
    ratios = []
    for turn in range(options.turns):
        ways = [(TORCHRUN, "1"), ([], "2")]
        speeds = {
            threads: speed(start, options.corpus, [*usual, "--threads", threads])
            for start, threads in (ways if turn % 2 else ways[::-1])
        }
        ratios.append(speeds["1"] / speeds["2"])
        load = os.getloadavg()[0]
        print(
            f"2 x 1: {speeds['1']:,.0f}  1 x 2: {speeds['2']:,.0f}  ratio {ratios[-1]:.2f}  load {load:.1f}", flush=True
        )
    print(f"median of the ratios: {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
