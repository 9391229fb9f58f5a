"""Runs commands in processes that are forked from this one, which has imported torch: the import takes seconds.

Reads one request per line from stdin and answers with one line, the exit code. Started by shell.py.
"""

import json
import os
import sys
import traceback
from typing import Any

from attn_cli.text.analysis.language_check import identifier

FLAGS = (os.O_RDONLY, os.O_WRONLY, os.O_WRONLY)  # of stdin, stdout, stderr


def main() -> None:
    """Answer requests until stdin ends."""
    identifier()  # which takes a second to load
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os._exit(run(json.loads(line)))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def run(request: dict[str, Any]) -> int:
    """Run `attn-mt ARGUMENTS` with the request's environment, and files as its streams; return the exit code."""
    os.environ.clear()
    os.environ.update(request["environment"])
    for descriptor, (path, flags) in enumerate(zip(request["streams"], FLAGS, strict=True)):
        os.dup2(os.open(path, flags), descriptor)
    sys.stdin, sys.stdout, sys.stderr = (open(number, mode) for number, mode in enumerate("rww"))  # noqa: PTH123, SIM115
    sys.argv = ["attn-mt", *request["arguments"]]
    from attn_cli.cli.app import main

    try:
        main()
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return code


main()
