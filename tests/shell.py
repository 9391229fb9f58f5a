"""The command line as a user runs it: processes with a home of their own, and what they wrote."""

import os
import subprocess
import sys
from pathlib import Path


class Shell:
    """Runs the command line as a user does, in a process of its own, with a home of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        mine = {"ATTN_MT_HOME": str(home), "OMP_NUM_THREADS": "1", "ATTN_MT_PRECISION": "float32", "COLUMNS": "100"}
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
        code += "from attn_cli.cli.app import main; main()"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=self.environment, check=False)
        return done.stdout, set(done.stderr.decode().splitlines()[-1].split())


def text_of(output: bytes) -> str:
    return output.decode("utf-8")


def assert_fails(done: subprocess.CompletedProcess[bytes], *parts: str, code: int = 1) -> None:
    """Check for one clear line on stderr, nothing on stdout, and the exit code."""
    error = text_of(done.stderr)
    assert done.returncode == code, error
    assert done.stdout == b""
    lines = [line for line in error.splitlines() if line.startswith("error: ")]
    assert lines == error.splitlines()[-1:], error
    for part in parts:
        assert part in lines[0]
