"""Whether a training that is killed, and resumed, ends with the bytes of one that is left alone.

    python benchmarks/killed_training.py [--random 20] [--saving 10] [--seed 1] [--json]

A small training saves after every update. It is killed with SIGKILL: at random moments, and at those of saving, which
are its accesses to the model's folder. Every other pair of these runs ends in the middle of a write instead, by
the signal for a file that grows beyond a limit, which leaves a process no time either. Every other run begins from
nothing; the rest resume a training that has a model, which must be whole after the kill. The weights, and the state
without its times, are compared by their SHA-256.
"""

import argparse
import hashlib
import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Before torch is imported: a process that forks must have no threads.
os.environ |= {
    "OMP_NUM_THREADS": "1",
    "ATTN_MT_PRECISION": "float32",
    "ATTN_MT_DEVICE": "cpu",
}

import torch

from attn_cli.cli.app import main as attn_mt
from attn_cli.models.folder import read_model
from attn_cli.training import checkpoint, loop, trainer

NETWORK = [
    "--embedding-size",
    "8",
    "--hidden-size",
    "16",
    "--decoder-layers",
    "1",
    "--batch-tokens",
    "150",
    "--device",
    "cpu",
    "--threads",
    "1",
]
STEPS = {"new": 15, "resumed": 30}
ENDING = 40  # the last accesses, those of writing the model: every other moment of saving is one of them
SIGNALS = (-signal.SIGKILL, -signal.SIGXFSZ)  # as exit codes


@dataclass
class Moment:
    """When a training ends itself: at an access to its folder, from 1 on, or as a file grows to `size` after it."""

    access: int
    size: int | None = None


def watch(folder: Path, moment: Moment, count: Path) -> None:
    """End this process at `moment`; until then, keep the number of accesses in the file `count`."""
    accesses = 0

    def end() -> None:
        if moment.size is None:
            os.kill(os.getpid(), signal.SIGKILL)
        else:
            resource.setrlimit(resource.RLIMIT_FSIZE, (moment.size, moment.size))

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal accesses
        if event in ("open", "os.rename", "os.remove", "os.listdir", "os.mkdir") and str(folder) in str(arguments[0]):
            accesses += 1
            if accesses == moment.access:
                end()
            os.pwrite(descriptor, f"{accesses}\n".encode(), 0)

    descriptor = os.open(count, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # Python ignores it
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.addaudithook(hook)


def start(arguments: list[str], log: Path, prepare: Callable[[], None] = lambda: None) -> int:
    """Run `attn-mt ARGUMENTS` in a process forked from this one, after `prepare`; return its id."""
    if child := os.fork():
        return child
    code = 1
    try:
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
        loop.SAVE_EVERY = 0.0
        vars(loop)["REPORT_EVERY"] = trainer.REPORT_EVERY = trainer.LEAST_SPACING = 5
        trainer.VALIDATION_SPACING = 0
        sys.argv = ["attn-mt", *arguments]
        prepare()
        attn_mt()
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    finally:
        os._exit(code)


class Trainings:
    """Trainings in one folder: those left alone, and those killed."""

    def __init__(self, folder: Path) -> None:
        """Prepare a corpus, and train without a kill: the digests to compare with, the accesses and the seconds."""
        self.folder, self.log, self.count = folder, folder / "log", folder / "count"
        self.model, self.base = folder / "model", folder / "base"
        self._write_text()
        text = ["--train", str(folder / "text"), "--out", str(folder / "corpus")]
        self.finish(start(["prepare", "en-fr", *text, "--vocab-size", "300", "--threads", "1"], self.log))
        self.digests, self.accesses, self.seconds = {}, {}, {}
        for kind in STEPS:
            begin = time.perf_counter()
            self.finish(self.train(kind, Moment(0)))
            self.seconds[kind] = time.perf_counter() - begin
            self.digests[kind] = self.digest()
            self.accesses[kind] = int(self.count.read_text())
            self.size = (self.model / "model.safetensors").stat().st_size
            if kind == "new":
                shutil.copytree(self.model, self.base)

    def _write_text(self) -> None:
        generator = random.Random(1)
        lines = ["".join(generator.choices("abcdefgh ", k=20)).strip() for _ in range(200)]
        (self.folder / "text.en").write_text("".join(f"{line}.\n" for line in lines))
        (self.folder / "text.fr").write_text("".join(f"{line[::-1]}!\n" for line in lines))

    def train(self, kind: str, moment: Moment | None = None, *, resume: bool = False) -> int:
        """Start a training with the steps of `kind`; return the id of its process."""
        options = ["--resume"] if resume or kind == "resumed" else [*NETWORK, "--overwrite"]
        arguments = ["train", str(self.folder / "corpus"), *options, "--steps", str(STEPS[kind])]
        watching = (lambda: watch(self.model, moment, self.count)) if moment else lambda: None
        return start([*arguments, "--out", str(self.model)], self.log, watching)

    def finish(self, child: int) -> None:
        """Wait for a process; it must succeed."""
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
            raise SystemExit(f"a run failed: {self.log.read_text()}")

    def digest(self) -> tuple[str, str]:
        """Return the SHA-256 of the weights' file, and of the state without its times."""
        state = checkpoint.load(self.model)
        del state["seconds"], state["validation_seconds"]
        sha256 = hashlib.sha256()
        _add(sha256.update, state)
        return hashlib.sha256((self.model / "model.safetensors").read_bytes()).hexdigest(), sha256.hexdigest()

    def killed(self, kind: str, moment: Moment | None, after: float) -> dict[str, Any]:
        """Kill a training at `moment`, or `after` seconds, and let it go on; return what came of it."""
        shutil.rmtree(self.model)
        if kind == "resumed":
            shutil.copytree(self.base, self.model)
        child = self.train(kind, moment)
        if moment is None:
            time.sleep(after)
            os.kill(child, signal.SIGKILL)
        was_killed = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) in SIGNALS
        if kind == "resumed":
            read_model(self.model)
        self.finish(self.train(kind, resume=checkpoint.state_path(self.model).exists()))
        left = [str(path.name) for path in (*self.folder.rglob(".*.part"), *self.folder.rglob(".*.lock"))]
        return {"killed": was_killed, "same": self.digest() == self.digests[kind], "left": left}


def _add(update: Callable[[bytes], Any], value: Any) -> None:
    """Add a nested value to a hash; of settings the ones about time are not there."""
    if isinstance(value, dict):
        for key in sorted(value, key=str):
            update(str(key).encode())
            _add(update, value[key])
    elif isinstance(value, list | tuple):
        for part in value:
            _add(update, part)
    elif isinstance(value, torch.Tensor):
        update(value.contiguous().view(torch.uint8).numpy().tobytes() if value.dim() else repr(value.item()).encode())
    else:
        update(repr(value).encode())


def measure(at_random: int, at_saving: int, seed: int) -> dict[str, Any]:
    """Return how many runs were killed, how many ended with the same bytes, and what the others were."""
    generator, results = random.Random(seed), []
    with tempfile.TemporaryDirectory() as name:
        trainings = Trainings(Path(name).resolve())
        for number in range(at_random + at_saving):
            kind = list(STEPS)[number % 2]
            moment, after = None, generator.uniform(0, trainings.seconds[kind])
            if number >= at_random:
                most = trainings.accesses[kind]
                first = max(1, most - ENDING) if number % 8 < 4 else 1
                size = generator.randrange(trainings.size) if number % 4 > 1 else None
                moment = Moment(generator.randint(first, most), size)
            results.append({"kind": kind, "moment": moment and vars(moment)} | trainings.killed(kind, moment, after))
    different = [result for result in results if not result["same"] or result["left"]]
    same, killed = (sum(result[part] for result in results) for part in ("same", "killed"))
    return {"runs": len(results), "killed": killed, "same": same, "seed": seed, "different": different}


def main() -> None:
    """Run the benchmark by its command line; the exit code is 1 where a run ended with other bytes."""
    parser = argparse.ArgumentParser(description="Kill trainings and resume them.")
    parser.add_argument("--random", type=int, default=20, help="runs killed at random moments")
    parser.add_argument("--saving", type=int, default=10, help="runs killed at moments of saving")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print one JSON object on one line")
    options = parser.parse_args()
    result = measure(options.random, options.saving, options.seed)
    print(json.dumps(result) if options.json else "\n".join(f"{name:10} {value}" for name, value in result.items()))
    sys.exit(result["same"] < result["runs"] or bool(result["different"]))


if __name__ == "__main__":
    main()
