"""The command line as a user runs it: processes with a home of their own, and what they wrote."""

import functools
import json
import os
import select
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any


@functools.cache
def _server() -> subprocess.Popen[str]:
    """Start the process from which those of commands are forked; it has no threads of its own."""
    alone = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("command_server.py"))],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ | alone, text=True,
    )  # fmt: skip


def _ask(request: dict[str, Any]) -> int:
    """Return the exit code of a command that the server runs."""
    server = _server()
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write(json.dumps(request) + "\n")
    server.stdin.flush()
    if not select.select([server.stdout], [], [], 240)[0]:
        server.kill()
        _server.cache_clear()
        raise TimeoutError(f"attn-mt {' '.join(request['arguments'])}")
    return int(server.stdout.readline())


class Shell:
    """Runs the command line as a user does, in processes of their own, with a home of its own."""

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
        whole = self.environment | environment
        if environment.keys() & {"LC_ALL", "LANG"}:  # Python reads these when it starts
            command = [sys.executable, "-m", "attn_cli", *arguments]
            return subprocess.run(command, input=data, capture_output=True, env=whole, timeout=240, check=False)
        with tempfile.TemporaryDirectory() as folder:
            streams = [Path(folder) / name for name in ("in", "out", "err")]
            for path, content in zip(streams, (data, b"", b""), strict=True):
                path.write_bytes(content)
            code = _ask({"arguments": arguments, "environment": whole, "streams": [*map(str, streams)]})
            return subprocess.CompletedProcess(arguments, code, streams[1].read_bytes(), streams[2].read_bytes())

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
