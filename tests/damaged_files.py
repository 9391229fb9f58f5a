"""Damage models, training states and prepared corpora, and see how the program takes them.

    python tests/damaged_files.py numpy|torch|state|corpus COUNT [--seed 1] [--first 0]

Each case is a copy of a small folder with one damage, drawn from the seed and the number of the case. The program reads
it in a process that is forked from this one, with 5 seconds of computing and 1 GB. It must work, or end with exit code
1 and one line; anything else (a traceback, a warning, a signal, too much time or memory) is a failure and is shown.
Prints the number of cases by outcome, and exits with 1 if one failed.
"""

import argparse
import copy
import hashlib
import json
import math
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "ATTN_MT_PRECISION": "float32"}
sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

import numpy as np  # noqa: E402  # after the variables that it reads
import safetensors.torch  # noqa: E402
import torch  # noqa: E402

from attn_cli.cli.app import main as attn_mt  # noqa: E402
from attn_cli.decoding import choice, torch_engine  # noqa: E402, F401  # so that no case has to import them
from attn_cli.display import preparation, terminal  # noqa: E402, F401
from attn_cli.training import loop  # noqa: E402, F401

RELEASED = Path(__file__).parent / "released"
SECONDS, WAITING, BYTES = 5, 30, 1 << 30  # of computing, and of waiting, as for a named pipe
SMALL = ["--embedding-size", "8", "--hidden-size", "8", "--decoder-layers", "1", "--batch-tokens", "400"]
HOSTILE = [
    0, -1, 1, 7, 2**31, 2**63, 10**9, 10**30, 1e308, 0.5, -0.0, float("nan"), float("inf"), None, True, False, "", "x",
    "../../x", "/", "\0", "\ud800", "\u202e", "x" * 10_000, [], {}, [1, 2], {"a": 1}, [[[[]]]], "float16", "lstm",
    "local-p",
]  # fmt: skip
WORST = [0.0, -1.0, 1e10, 3e38, -3e38, 1e-40, math.inf, -math.inf, math.nan]


class Damage:
    """The damages of one case; each method changes a file of the folder."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self.folder, self.chance = folder, chance

    def file(self, *endings: str) -> Path:
        """Return one of the files."""
        files = sorted(path for path in self.folder.rglob("*") if path.is_file())
        return self.chance.choice([path for path in files if not endings or path.name.endswith(endings)])

    def flip(self, *endings: str) -> None:
        """Change some bytes."""
        path = self.file(*endings)
        content = bytearray(path.read_bytes())
        begin = self.chance.choice([1, 1, 64, 1024])  # of the file, in which the bytes are changed
        for _ in range(self.chance.choice([1, 1, 2, 8, 50])):
            if content:
                content[self.chance.randrange(max(1, len(content) // begin))] = self.chance.randrange(256)
        path.write_bytes(content)

    def cut(self) -> None:
        """Cut a file, lengthen it, or take out or repeat a part."""
        path = self.file()
        content = path.read_bytes()
        at, to = sorted(self.chance.randrange(len(content) + 1) for _ in range(2))
        changes = [content[:at], content[at:], content[:at] + content[to:], content[:to] + content[at:], content * 2]
        path.write_bytes(self.chance.choice(changes))

    def swap(self) -> None:
        """Put something else in the place of a file."""
        path, other = self.file(), self.file()
        content = other.read_bytes()
        path.unlink()
        kind = self.chance.randrange(9)
        if kind < 3:
            path.write_bytes([content, b"", self.chance.randbytes(3000)][kind])
        elif kind == 3:
            path.mkdir()
        elif kind == 4:
            os.mkfifo(path)
        elif kind < 8:
            path.symlink_to(["/dev/zero", path.name, "/nowhere"][kind - 5])

    def json(self, *endings: str) -> None:
        """Change a value of a JSON file."""
        path = self.file(*endings)
        path.write_text(self.changed_json(path.read_text(encoding="utf-8")), encoding="utf-8")

    def changed_json(self, text: str) -> str:
        """Return a JSON text with another value at one place."""
        kind = self.chance.randrange(12)
        if kind == 0:
            return "[" * 100_000 + text
        if kind == 1:
            return text.replace(": ", ": 1e999, ".replace(",", " ") if self.chance.random() < 0.5 else ": ", 1)
        value = json.loads(text)
        for _ in range(self.chance.choice([1, 1, 1, 2, 3])):
            self.change(value)
        return json.dumps(value).replace("Infinity", self.chance.choice(["Infinity", "1e999"]))

    def change(self, value: Any) -> None:
        """Change a value somewhere in nested lists and dictionaries."""
        places = list(leaves(value))
        if not places:
            return
        parent, key = self.chance.choice(places)
        kind = self.chance.randrange(8)
        if kind == 0:
            del parent[key]
        elif kind == 1 and isinstance(parent, dict):
            parent[self.chance.choice(["x", "__metadata__", "é" * 300])] = self.chance.choice(HOSTILE)
        elif kind == 2 and isinstance(parent[key], int | float):
            parent[key] = type(parent[key])(
                parent[key] * self.chance.choice([2, 3, 1000, -1]) + self.chance.choice([0, 1])
            )
        elif kind == 3:
            parent[key] = copy.deepcopy(self.chance.choice(places)[0])
        else:
            parent[key] = self.chance.choice(HOSTILE)

    def tensor(self, value: torch.Tensor) -> torch.Tensor:
        """Return a tensor of another shape, type or content."""
        kind = self.chance.randrange(9)
        if kind == 0:
            return value.flatten()[: self.chance.randrange(value.numel() + 1)].clone()
        if kind == 1:
            return value.t().contiguous() if value.dim() == 2 else value.unsqueeze(0)
        if kind == 2:
            return value.flatten().clone()
        if kind == 3:
            return torch.cat([value.reshape(-1)] * 2)
        if kind == 4:
            kinds = [
                torch.bfloat16,
                torch.float64,
                torch.float16,
                torch.int8,
                torch.int64,
                torch.bool,
                torch.float8_e5m2,
            ]
            return value.to(torch.float32).to(self.chance.choice(kinds))
        if kind == 5:
            return torch.zeros(self.chance.choice([(), (0,), (1,), (0, 10**6), (3, 3), (1, 1, 1, 1)]))
        changed = value.clone()
        if changed.is_floating_point() and changed.numel():
            flat = changed.view(-1)
            number = self.chance.choice(WORST)
            if kind == 6:
                flat[self.chance.randrange(len(flat))] = number
            elif kind == 7:
                flat.fill_(number)
            else:
                flat.mul_(self.chance.choice([1e3, 1e6, 1e20, -1.0]))
        return changed


class ModelDamage(Damage):
    """Damages of a model's folder; most times the hashes in config.json are made right again."""

    def once(self) -> None:
        """Make one damage."""
        kinds = [
            self.flip,
            self.cut,
            self.swap,
            lambda: self.json("config.json"),
            self.header,
            self.weights,
            self.tokenizer,
        ]
        self.chance.choices(kinds, [3, 2, 2, 5, 3, 5, 2])[0]()
        config = self.folder / "config.json"
        if self.chance.random() < 0.85 and config.is_file() and not config.is_symlink():
            self.rehash(config)

    def rehash(self, config: Path) -> None:
        """Put the hashes of the files into config.json, if it is still a dictionary."""
        try:
            content = json.loads(config.read_bytes())
            files = content["files"]
            for name in ("model.safetensors", "tokenizer.model"):
                if (path := self.folder / name).is_file():
                    files[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        except (ValueError, TypeError, LookupError, OSError, RecursionError):
            return
        config.write_text(json.dumps(content), encoding="utf-8")

    def header(self) -> None:
        """Change the header of the weights."""
        path = self.folder / "model.safetensors"
        content = path.read_bytes()
        size = int.from_bytes(content[:8], "little")
        text = self.changed_json(content[8 : 8 + size].decode()).encode()
        said = len(text) if self.chance.random() < 0.8 else self.chance.choice([0, 1, 2**20, 2**63, 2**64 - 1])
        path.write_bytes(said.to_bytes(8, "little") + text + content[8 + size :])

    def weights(self) -> None:
        """Change some tensors."""
        path = self.folder / "model.safetensors"
        tensors = safetensors.torch.load(path.read_bytes())
        for _ in range(self.chance.choice([1, 1, 2, 5])):
            name = self.chance.choice(sorted(tensors))
            kind = self.chance.randrange(6)
            if kind == 0:
                del tensors[name]
            elif kind == 1:
                tensors[name + self.chance.choice([".scale", "x"])] = torch.ones(len(tensors[name]))
            else:
                tensors[name] = self.tensor(tensors[name])
        path.write_bytes(safetensors.torch.save({name: value.contiguous() for name, value in tensors.items()}))

    def tokenizer(self) -> None:
        """Change bytes of the tokenizer alone."""
        self.flip("tokenizer.model")


class StateDamage(Damage):
    """Damages of a training's state."""

    def once(self) -> None:
        """Make one damage."""
        self.chance.choices(
            [lambda: self.flip("state.pt"), self.cut, self.swap, self.value, self.packed], [2, 1, 1, 12, 1]
        )[0]()

    def value(self) -> None:
        """Change some values of the state."""
        path = self.folder / "training" / "state.pt"
        state = torch.load(path, weights_only=True)
        for _ in range(self.chance.choice([1, 1, 1, 3])):
            places = list(leaves(state))
            tensors = [(parent, key) for parent, key in places if isinstance(parent[key], torch.Tensor)]
            if self.chance.random() < 0.3:
                self.change(state)
                continue
            parent, key = self.chance.choice(tensors)
            if not isinstance(value := parent.get(key), torch.Tensor):
                continue
            kind = self.chance.randrange(5)
            if kind == 0:
                parent[key] = torch.tensor(0.0).expand(value.shape)
            elif kind == 1:
                parent[key] = value.to_sparse() if value.dim() else torch.nn.Parameter(value.float())
            else:
                parent[key] = self.tensor(value)
        torch.save(state, path)

    def packed(self) -> None:
        """Pack the state, with much that is empty in it."""
        path = self.folder / "training" / "state.pt"
        with zipfile.ZipFile(path) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(name, content + bytes(3 * 10**8) if name.endswith("/0") else content)


class CorpusDamage(Damage):
    """Damages of a prepared corpus."""

    def once(self) -> None:
        """Make one damage."""
        kinds = [self.flip, self.cut, self.swap, lambda: self.json("prepared.json"), self.header, self.numbers]
        self.chance.choices(kinds, [2, 2, 2, 4, 4, 4])[0]()

    def header(self) -> None:
        """Change the header of an array."""
        path = self.file(".npy")
        content = path.read_bytes()
        size = 10 + int.from_bytes(content[8:10], "little")
        text = content[10:size].decode()
        changes = [
            ("(", "(-"), ("(", "(99999999999999999999"), (",)", ", 1)"), (",)", ",0)"), ("<", ">"), ("u2", "f8"),
            ("i8", "O8"), ("u2", "u1"), ("False", "True"), ("{", "[" * 100), ("'", ""), ("(", "(9"),
            (",)", "0000000,)"), ("<", "|"),
        ]  # fmt: skip
        text = text.replace(*self.chance.choice(changes), 1).rstrip("\n ").ljust(size - 11) + "\n"
        path.write_bytes(content[:8] + (len(text) & 0xFFFF).to_bytes(2, "little") + text.encode() + content[size:])

    def numbers(self) -> None:
        """Change numbers of an array."""
        path = self.file(".npy")
        array = np.array(np.load(path))
        worst = [
            0,
            1,
            3,
            65535,
            int(array.max()) + 1,
            320,
            *([] if array.dtype == np.uint16 else [-1, 2**31, 2**62, -(2**63)]),
        ]
        for _ in range(self.chance.choice([1, 1, 10])):
            array[self.chance.randrange(len(array))] = min(self.chance.choice(worst), np.iinfo(array.dtype).max)
        if self.chance.random() < 0.2:
            array = array[: self.chance.randrange(len(array))]
        np.save(path, array)


def leaves(value: Any) -> Any:
    """Yield each place in nested lists and dictionaries as its parent and its key."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in list(items):
        yield value, key
        yield from leaves(child)


def run(arguments: list[str], errors: Path) -> tuple[str, str, int]:
    """Run a command in a forked process; return the outcome, what it wrote to stderr, and its peak memory in bytes."""
    child = os.fork()
    if child == 0:
        os._exit(_command(arguments, errors))
    _, status, usage = os.wait4(child, 0)
    code, text = os.waitstatus_to_exitcode(status), errors.read_text(encoding="utf-8", errors="replace")
    return _outcome(code, text.splitlines()), text, usage.ru_maxrss * 1024


def _outcome(code: int, lines: list[str]) -> str:
    if code in (-signal.SIGALRM, -signal.SIGXCPU, -signal.SIGKILL):
        return "FAILURE: too slow"
    if code < 0:
        return f"FAILURE: {signal.Signals(-code).name}"
    if any("Traceback" in line for line in lines):
        return "FAILURE: traceback"
    if any("Warning" in line for line in lines):
        return "FAILURE: warning"
    if any("out of memory" in line for line in lines):
        return "FAILURE: memory"
    if code == 0:
        return "works"
    one_line = len(lines) == 1 and lines[0].startswith("error: ") and len(lines[0]) < 1000
    return "named error" if code == 1 and one_line else f"FAILURE: exit code {code}"


def _command(arguments: list[str], errors: Path) -> int:
    """Run a command in this process, within the limits."""
    used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (used + BYTES, used + BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    signal.alarm(WAITING)
    for descriptor, path in enumerate((os.devnull, os.devnull, errors)):
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC * (descriptor == 2)), descriptor)
    sys.argv = ["attn-mt", *arguments]
    try:
        attn_mt()
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stderr.flush()
    return code


def cases(kind: str, base: Path) -> tuple[list[Path], type[Damage], Callable[[Path], list[str]]]:
    """Return the folders to damage, how, and the command that reads one."""
    if kind in ("numpy", "torch"):
        models = [RELEASED / "format-1" / "model", RELEASED / "format-2" / "model"]
        sentence = ["-q", "--engine", kind, "--max-length", "20", "one two three"]
        return models, ModelDamage, lambda folder: ["translate", "-m", str(folder), *sentence]
    corpus = RELEASED / "format-1" / "corpus"
    if kind == "corpus":
        train = ["-q", "--overwrite", "--steps", "2", *SMALL, "--out", str(base / "new" / "m")]
        return [corpus], CorpusDamage, lambda folder: ["train", str(folder), *train]
    shutil.copytree(corpus, base / "corpus")
    train = ["train", str(base / "corpus"), "-q", "--out"]
    outcome, text, _ = run([*train, str(base / "model"), "--steps", "3", *SMALL], base / "errors")
    assert outcome == "works", text
    return [base / "model"], StateDamage, lambda folder: [*train, str(folder), "--resume", "--steps", "5"]


def main() -> None:
    """Run the script by its command line."""
    parser = argparse.ArgumentParser(description="Damage files, and see how the program takes them.")
    parser.add_argument("kind", choices=["numpy", "torch", "state", "corpus"])
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="number of the first case, to repeat one")
    options = parser.parse_args()
    counts: Counter[str] = Counter()
    most = 0
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        os.environ["ATTN_MT_HOME"] = str(base / "home")
        folders, damage, command = cases(options.kind, base)
        for number in range(options.first, options.first + options.count):
            chance = random.Random(f"{options.kind} {options.seed} {number}")
            folder = base / "damaged"
            shutil.copytree(chance.choice(folders), folder)
            damage(folder, chance).once()
            outcome, text, memory = run(command(folder), base / "errors")
            counts[outcome] += 1
            most = max(most, memory)
            if outcome.startswith("FAILURE"):
                print(f"case {number}: {outcome}\n{text[-1500:]}", flush=True)
            shutil.rmtree(folder)
    for outcome, count in sorted(counts.items()):
        print(f"{count:6} {outcome}")
    print(f"{most >> 20:6} MB at most, {SECONDS} s of computing at most for each case")
    sys.exit(any(outcome.startswith("FAILURE") for outcome in counts))


if __name__ == "__main__":
    main()
