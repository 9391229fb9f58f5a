"""How the cost of training and decoding grows with the corpus, the sentences, the network and the vocabulary.

    python benchmarks/growth.py [--json]

Each row changes one thing of the reference sizes (train_speed.py's). Training is measured by train_speed.py in a
process of its own; decoding by a network of random weights, whose translations do not end before the limit: every one
of 96 sentences makes the same number of steps.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from attn_cli.network.openmp import share_cores

share_cores()  # as in the program: before NumPy and torch are loaded

import numpy as np
import torch

from attn_cli.decoding.search import search
from attn_cli.decoding.torch_engine import TorchEngine
from attn_cli.foundation.settings import EOS_ID, DecodingConfig, MachineConfig, ModelConfig
from attn_cli.network.machine import Machine, start_machine
from attn_cli.network.seq2seq import Seq2Seq

REFERENCE: dict[str, float] = {"sentences": 20_000, "length": 1.0, "hidden": 512, "vocabulary": 6000}
STEPS: dict[str, tuple[float, ...]] = {
    "sentences": (5_000, 80_000, 320_000),
    "length": (0.5, 2, 4),
    "hidden": (256, 1024),
    "vocabulary": (3000, 12_000, 24_000),
}


def training(change: dict[str, float], updates: int) -> dict[str, Any]:
    """Return the figures of train_speed.py with a change of the reference sizes."""
    options = [part for name, value in change.items() for part in (f"--{name}", str(value))]
    command = [sys.executable, str(Path(__file__).with_name("train_speed.py")), "--json", "--updates", str(updates)]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def decoding(sizes: dict[str, float], machine: Machine) -> dict[str, float]:
    """Return the sentences and the steps per second of greedy decoding with random weights."""
    torch.manual_seed(1)
    config = ModelConfig(vocab_size=int(sizes["vocabulary"]), hidden_size=int(sizes["hidden"]))
    model = Seq2Seq(config)
    with torch.no_grad():
        model.embedding.weight[EOS_ID] = 0  # the end mark is never the most likely token
    engine = TorchEngine(model, machine)
    length = int(15 * sizes["length"])
    sources = np.random.default_rng(1).integers(4, config.vocab_size, (96, length)).tolist()
    search(engine, sources, DecodingConfig(beam_size=1))
    begin = time.perf_counter()
    found = [best for best, *_ in search(engine, sources, DecodingConfig(beam_size=1))]
    seconds = time.perf_counter() - begin
    steps = sum(len(hypothesis.tokens) for hypothesis in found)
    return {"sentences_per_s": round(len(sources) / seconds, 1), "steps_per_s": round(steps / seconds)}


def main() -> None:
    """Run the benchmark by its command line."""
    parser = argparse.ArgumentParser(description="Measure how costs grow.")
    parser.add_argument("--updates", type=int, default=30)
    parser.add_argument("--json", action="store_true", help="print one JSON object on one line")
    options = parser.parse_args()
    machine = start_machine(MachineConfig())
    rows = []
    for change in [{}, *({name: value} for name, values in STEPS.items() for value in values)]:
        trained, decoded = training(change, options.updates), decoding(REFERENCE | change, machine)
        names = ("mflop_per_target_token", "target_tokens_per_s", "share_of_matmul", "peak_memory_mb")
        rows.append({"change": change, **{name: trained[name] for name in names}, **decoded})
        if not options.json:
            print("  ".join(f"{name} {value}" for name, value in rows[-1].items()), flush=True)
    if options.json:
        print(json.dumps(rows))


if __name__ == "__main__":
    main()
