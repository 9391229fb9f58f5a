"""The command line as a user runs it: processes with a home of their own, and what they wrote."""

import functools
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from command_client import ask

# As in a job that a shell script runs in the background; its processes ignore Ctrl-C too.
needs_ctrl_c = pytest.mark.skipif(signal.getsignal(signal.SIGINT) is signal.SIG_IGN, reason="SIGINT is ignored here")


@functools.cache
def server() -> Path:
    """Start the process from which those of commands are forked; return the path of its socket."""
    path = Path(tempfile.mkdtemp()) / "socket"
    alone = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("command_server.py")), str(path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ | alone,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    _servers.append(process)
    return path


_servers: list[subprocess.Popen[bytes]] = []  # they end when this process does, for their stdin is closed then


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
        if environment.keys() & {"LC_ALL", "LANG", "SACREBLEU"}:  # which are read at the start, or by an import
            command = [sys.executable, "-m", "attn_cli", *arguments]
            return subprocess.run(command, input=data, capture_output=True, env=whole, timeout=240, check=False)
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            given.write(data)
            given.seek(0)
            code = ask(str(server()), list(arguments), whole, [stream.fileno() for stream in (given, out, err)])
            out.seek(0)
            err.seek(0)
            return subprocess.CompletedProcess(arguments, code, out.read(), err.read())

    def command(self, folder: Path) -> Path:
        """Write to `folder` a program attn-mt that is as fast as this shell; return its path."""
        program = folder / "attn-mt"
        client = Path(__file__).with_name("command_client.py")
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "{client}" "{server()}" "$@"\n', encoding="utf-8")
        program.chmod(0o755)
        return program

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
