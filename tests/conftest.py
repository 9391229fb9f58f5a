"""What several test files share: a small made-up language pair, its files on disk, and one model trained on it."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
import torch

ENGLISH = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
FRENCH = ["zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"]

torch.set_num_threads(1)  # the models are so small that a second thread only costs


def digit_pairs(count: int, seed: int, longest: int = 6) -> list[tuple[str, str]]:
    """Return distinct pairs of digits in words, the French ones in reverse order: attention has something to do."""
    generator = random.Random(seed)
    pairs: dict[str, str] = {}
    while len(pairs) < count:
        digits = [generator.randrange(10) for _ in range(generator.randint(2, longest))]
        source = " ".join(ENGLISH[digit] for digit in digits)
        pairs[source] = " ".join(FRENCH[digit] for digit in reversed(digits))
    return list(pairs.items())


def write_pairs(prefix: Path, pairs: list[tuple[str, str]]) -> None:
    """Write pairs as PREFIX.en and PREFIX.fr."""
    for side, language in enumerate(("en", "fr")):
        text = "".join(f"{pair[side]}\n" for pair in pairs)
        prefix.with_name(f"{prefix.name}.{language}").write_text(text, encoding="utf-8", newline="\n")


class Shell:
    """Runs the command line as a user does, in a process of its own, with a home of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        mine = {"ATTN_MT_HOME": str(home), "ATTN_MT_THREADS": "1", "ATTN_MT_PRECISION": "float32", "COLUMNS": "100"}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ATTN_MT_")}
        self.environment = kept | mine

    def __call__(
        self, *arguments: str, stdin: str | bytes | None = None, **environment: str
    ) -> subprocess.CompletedProcess[bytes]:
        """Run `attn-mt ARGUMENTS`; without `stdin` there is nothing to read."""
        data = stdin.encode() if isinstance(stdin, str) else stdin or b""
        command = [sys.executable, "-m", "attn_cli", *arguments]
        return subprocess.run(
            command, input=data, capture_output=True, env=self.environment | environment, timeout=240, check=False
        )

    def imports(self, modules: set[str], *arguments: str) -> tuple[bytes, set[str]]:
        """Run `attn-mt ARGUMENTS`; return what it writes, and which of `modules` it imported."""
        code = f"import atexit, sys; sys.argv[1:] = {list(arguments)!r}\n"
        code += f"atexit.register(lambda: print(*{modules!r} & set(sys.modules), file=sys.stderr))\n"
        code += "from attn_cli.cli import main; main()"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=self.environment, check=False)
        return done.stdout, set(done.stderr.decode().splitlines()[-1].split())


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with train, valid and test text of the digit language."""
    folder = tmp_path_factory.mktemp("digits")
    pairs = digit_pairs(700, seed=1)
    for name, part in (("train", pairs[:600]), ("valid", pairs[600:650]), ("test", pairs[650:])):
        write_pairs(folder / name, part)
    return folder


@pytest.fixture(scope="session")
def shell(tmp_path_factory: pytest.TempPathFactory, digits: Path) -> Shell:
    """A shell whose home holds the prepared digit corpus, and a model that was trained on it for some seconds."""
    shell = Shell(tmp_path_factory.mktemp("home"))
    texts = [argument for name in ("train", "valid", "test") for argument in (f"--{name}", str(digits / name))]
    prepared = shell("prepare", "en-fr", *texts, "--out", "digits", "--vocab-size", "320")
    assert prepared.returncode == 0, prepared.stderr.decode()
    small = ["--embedding-size", "32", "--hidden-size", "64", "--decoder-layers", "1", "--dropout", "0"]
    learning = ["--word-dropout", "0", "--learning-rate", "0.005", "--batch-tokens", "400", "--steps", "400"]
    trained = shell("train", "digits", *small, *learning)
    assert trained.returncode == 0, trained.stderr.decode()
    return shell
