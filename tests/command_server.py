"""Runs commands in processes that are forked from this one, which has imported torch: the import takes seconds.

    python command_server.py SOCKET

A client (command_client.py) sends arguments, environment, folder and its three streams, and receives the exit code.
The server ends with its standard input.
"""

import json
import os
import select
import signal
import socket
import sys
import traceback

# What commands import, so that they find it done.
from attn_cli.cli import app
from attn_cli.decoding import choice, torch_engine  # noqa: F401
from attn_cli.display import preparation, report, terminal  # noqa: F401
from attn_cli.evaluation import bleu, scores  # noqa: F401
from attn_cli.text.analysis.language_check import identifier
from attn_cli.text.preparation import prepare  # noqa: F401
from attn_cli.training import loop  # noqa: F401


def main(path: str) -> None:
    """Serve until standard input ends."""
    identifier()  # which takes a second to load
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # so that no process has to be waited for
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        print("ready", flush=True)
        while sys.stdin not in select.select([server, sys.stdin], [], [])[0]:
            connection, _ = server.accept()
            if os.fork() == 0:
                server.close()
                os._exit(serve(connection))
            connection.close()


def serve(connection: socket.socket) -> int:
    """Run one command, and send its exit code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    first, descriptors, _, _ = socket.recv_fds(connection, 1 << 16, 3)
    size, _, content = first.partition(b"\n")
    while len(content) < int(size):
        content += connection.recv(1 << 20)
    arguments, environment, folder = json.loads(content)
    code = run(arguments, environment, folder, descriptors)
    connection.sendall(f"{code}\n".encode())
    return code


def run(arguments: list[str], environment: dict[str, str], folder: str, descriptors: list[int]) -> int:
    """Run `attn-mt ARGUMENTS`; return the exit code."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.stdin, sys.stdout, sys.stderr = (open(number, mode) for number, mode in enumerate("rww"))  # noqa: PTH123, SIM115
    sys.argv = ["attn-mt", *arguments]
    try:
        app.main()
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return code


if __name__ == "__main__":
    main(sys.argv[1])
