"""Time and memory of preparing a large corpus, and of the first update of a training on it.

The text is made from a real corpus by a seeded perturbation: each pair is repeated in variants in which numbers and
some words are replaced, on both sides alike. Run as

    python -m benchmarks.prepare_scale --data PREFIX --pairs 1000000 3000000 10000000

PREFIX means two files, PREFIX.en and PREFIX.fr. Everything is written to a temporary folder, about 5 GB for ten million
pairs of law text, and removed at the end.
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from attn_cli.text.formats import Pair, read_parallel

LANGUAGES = ("en", "fr")
NUMBER = re.compile(r"\d+")


def perturbed(pairs: list[Pair], count: int, seed: int) -> Iterator[Pair]:
    """Yield `count` different pairs: those given, then variants of them with other numbers and a name at the end."""
    yield from islice(pairs, count)
    generator = random.Random(seed)
    for _ in range(count - len(pairs)):
        source, target = pairs[generator.randrange(len(pairs))]
        shift, mark = generator.randrange(1, 1000), f"{generator.randrange(36**4):x}"

        def other(match: re.Match[str], shift: int = shift) -> str:
            return str((int(match[0][:9]) + shift) % 10 ** len(match[0][:9]))

        yield f"{NUMBER.sub(other, source)} {mark}", f"{NUMBER.sub(other, target)} {mark}"


def write(prefix: Path, pairs: Iterator[Pair]) -> None:
    """Write pairs to the two files of PREFIX."""
    with (
        Path(f"{prefix}.en").open("w", encoding="utf-8") as source,
        Path(f"{prefix}.fr").open("w", encoding="utf-8") as target,
    ):
        for pair in pairs:
            source.write(f"{pair[0]}\n")
            target.write(f"{pair[1]}\n")


def measured(command: list[str], home: Path) -> dict[str, float]:
    """Return the seconds of wall time and of processors, and the memory of the largest process in GB, of a command."""
    begin = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", *command], env=os.environ | {"ATTN_MT_HOME": str(home)})
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command}: failed")
    seconds = {"seconds": time.perf_counter() - begin, "processor_seconds": usage.ru_utime + usage.ru_stime}
    return {name: round(value, 1) for name, value in seconds.items()} | {"memory_gb": round(usage.ru_maxrss / 2**20, 2)}


def update_once(corpus: str) -> None:
    """Begin a training on a corpus with the settings that suit it, as `train` does, and make one update."""
    from attn_cli.foundation.settings import MachineConfig
    from attn_cli.network.machine import start_machine
    from attn_cli.text.catalogue import corpus_folder
    from attn_cli.text.prepared_corpus import PreparedCorpus
    from attn_cli.training.presets import suited_settings
    from attn_cli.training.trainer import Trainer

    opened = PreparedCorpus(corpus_folder(corpus))
    trainer = Trainer(opened, suited_settings(opened, {}), start_machine(MachineConfig()))
    trainer.update(next(iter(trainer.stream())))


def main() -> None:
    """Measure each number of pairs, and print a JSON object for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="", help="PREFIX of an English-French corpus")
    parser.add_argument("--pairs", type=int, nargs="+", default=[1_000_000])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--update-once", metavar="CORPUS", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.update_once:
        update_once(arguments.update_once)
        return
    real = list(read_parallel(arguments.data, LANGUAGES))
    for count in sorted(arguments.pairs):
        with tempfile.TemporaryDirectory() as name:
            home = Path(name)
            write(home / "text", perturbed(real, count, arguments.seed))
            prepare = ["attn_cli", "prepare", "en-fr", "--train", str(home / "text"), "--out", "large"]
            update = ["benchmarks.prepare_scale", "--update-once", "large"]
            result = {"prepare": measured(prepare, home), "first_update": measured(update, home)}
            print(json.dumps({"pairs": count, **result}), flush=True)


if __name__ == "__main__":
    main()
