"""Runs a command in the process of command_server.py: python command_client.py SOCKET ARGUMENTS."""

import json
import os
import socket
import sys
from pathlib import Path


def ask(path: str, arguments: list[str], environment: dict[str, str], streams: list[int], timeout: float = 240) -> int:
    """Run `attn-mt ARGUMENTS` with three open files as its streams; return the exit code.

    Raises TimeoutError after `timeout` seconds.
    """
    content = json.dumps([arguments, environment, str(Path.cwd())]).encode()
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(timeout)
        connection.connect(path)
        socket.send_fds(connection, [f"{len(content)}\n".encode()], streams)
        connection.sendall(content)
        answer = b"".join(iter(lambda: connection.recv(100), b""))
    return int(answer or 255)  # nothing from a process that was killed


if __name__ == "__main__":
    sys.exit(ask(sys.argv[1], sys.argv[2:], dict(os.environ), [0, 1, 2]))
