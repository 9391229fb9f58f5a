"""The time and memory that preparing a corpus takes, and the time and memory from `train` to its first update.

    python -m benchmarks.prepare_speed en-fr --train PREFIX [--valid PREFIX] [--test PREFIX] [--pairs N] [--json]

Runs the commands in processes of their own, in a temporary home: `prepare` on the whole text, tokenizer included, then
`train --steps 1`, timed until it reports that update. With `--pairs`, the training text is made larger: further pairs
are variants of its own, with other numbers and a mark at their ends, both drawn with a fixed seed.
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from attn_cli.text.formats import Pair, read_parallel
from attn_cli.text.languages import split_pair

NUMBER = re.compile(r"\d{1,9}")
SAMPLE_EVERY = 0.5  # seconds between two measurements of memory


def perturbed(pairs: list[Pair], count: int, seed: int = 1) -> Iterator[Pair]:
    """Yield `count` different pairs: those given, then variants of them."""
    yield from islice(pairs, count)
    generator = random.Random(seed)
    for _ in range(count - len(pairs)):
        pair = pairs[generator.randrange(len(pairs))]
        shift, mark = generator.randrange(1, 1000), f"{generator.randrange(36**4):x}"
        source, target = (f"{with_other_numbers(side, shift)} {mark}" for side in pair)
        yield source, target


def with_other_numbers(text: str, shift: int) -> str:
    """Return `text` with `shift` added to each number."""
    return NUMBER.sub(lambda match: str(int(match[0]) + shift), text)


def write(prefix: Path, languages: tuple[str, str], pairs: Iterator[Pair]) -> None:
    """Write pairs to the two files of PREFIX."""
    with (
        Path(f"{prefix}.{languages[0]}").open("w", encoding="utf-8") as source,
        Path(f"{prefix}.{languages[1]}").open("w", encoding="utf-8") as target,
    ):
        for pair in pairs:
            source.write(f"{pair[0]}\n")
            target.write(f"{pair[1]}\n")


class Memory(threading.Thread):
    """The highest memory of a process and its descendants, in GB, each shared page counted once (Linux)."""

    def __init__(self, process: int) -> None:
        super().__init__(daemon=True)
        self._process, self.highest = process, 0.0
        self.start()

    def run(self) -> None:
        """Measure until the process ends."""
        while Path(f"/proc/{self._process}/smaps_rollup").exists():
            kilobytes = sum(map(proportional_set_size, family(self._process)))
            self.highest = max(self.highest, round(kilobytes / 2**20, 2))
            time.sleep(SAMPLE_EVERY)


def family(process: int) -> list[int]:
    """Return the numbers of a process and of its descendants."""
    children: list[int] = []
    with suppress(OSError):
        children = [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    return [process, *(one for child in children for one in family(child))]


def proportional_set_size(process: int) -> int:
    """Return the memory of a process in kilobytes; a page that several processes share counts as its part."""
    with suppress(OSError):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


def prepare(arguments: list[str], environment: dict[str, str]) -> dict[str, float]:
    """Return the wall time and the time of processors (s) and the highest memory (GB) of `attn-mt prepare`."""
    begin = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "attn_cli", "prepare", *arguments], env=environment)
    memory = Memory(process.pid)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit("prepare failed")
    seconds = {"seconds": time.perf_counter() - begin, "processor_seconds": usage.ru_utime + usage.ru_stime}
    return {name: round(value, 1) for name, value in seconds.items()} | {"memory_gb": memory.highest}


def first_update(corpus: str, environment: dict[str, str]) -> dict[str, float]:
    """Return the time from the start of `attn-mt train` to the report of its first update (s), and the memory (GB)."""
    command = [sys.executable, "-m", "attn_cli", "train", corpus, "--steps", "1"]
    begin = time.perf_counter()
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        memory = Memory(process.pid)
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("step"):
                seconds = round(time.perf_counter() - begin, 2)
                process.kill()
                return {"seconds": seconds, "memory_gb": memory.highest}
    raise SystemExit("train reported no update")


def main() -> None:
    """Run the benchmark by its command line."""
    parser = argparse.ArgumentParser(description="Measure preparing, and the time to the first update.")
    parser.add_argument("pair")
    for name in ("train", "valid", "test"):
        parser.add_argument(f"--{name}", required=name == "train")
    parser.add_argument("--pairs", type=int, help="make the training text this large")
    parser.add_argument("--json", action="store_true", help="print one JSON object on one line")
    options = parser.parse_args()
    languages = split_pair(options.pair) or parser.error("PAIR is two languages, as in en-fr")
    with tempfile.TemporaryDirectory() as home:
        if options.pairs:
            pairs = list(read_parallel(options.train, languages))
            options.train = f"{home}/text"
            write(Path(options.train), languages, perturbed(pairs, options.pairs))
            del pairs
        given = {name: vars(options)[name] for name in ("train", "valid", "test")}
        texts = [part for name, prefix in given.items() if prefix for part in (f"--{name}", prefix)]
        environment = os.environ | {"ATTN_MT_HOME": home}
        result: dict[str, object] = {"prepare": prepare([options.pair, *texts], environment)}
        result["first_update"] = first_update(options.pair, environment)
    print(json.dumps(result) if options.json else "\n".join(f"{name:15} {value}" for name, value in result.items()))


if __name__ == "__main__":
    main()
