"""The prompt of a translation on a terminal: line editing and history by prompt_toolkit, and commands after a colon.

Ctrl-C clears the line and never leaves, as in a shell; Ctrl-D leaves. The prompt is on stderr.
"""

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from prompt_toolkit import PromptSession
from prompt_toolkit.history import History
from prompt_toolkit.output import create_output

from attn_cli.foundation.errors import AttnMTError
from attn_cli.foundation.replacing import replace_file
from attn_cli.foundation.storage import append, home, read_file

KEPT, LONGEST = 1000, 10_000  # entries of the history; characters of an entry
_COMMAND = re.compile(r":(\w+)\s*(.*)")


class Command(NamedTuple):
    """What a command of the prompt does: its help, and a function of its argument that returns what to tell."""

    help: str
    run: Callable[[str], str]
    argument: str = ""  # its name in the help


def typed_lines(commands: Mapping[str, Command], tell: Callable[[str], None]) -> Iterator[list[str]]:
    """Yield the lines that are typed or pasted at once, until Ctrl-D or :quit.

    A line that begins with a colon and a letter is a command: it is run, and `tell` is called with its result.
    """
    session: PromptSession[str] = PromptSession(
        history=_StoredHistory(home() / "history"), output=create_output(sys.stderr), enable_suspend=True
    )
    tell("Type a line to translate; :help lists the commands, Ctrl-D ends.")
    while True:
        try:
            text = session.prompt("> ")
        except KeyboardInterrupt:
            continue
        except EOFError:
            return
        command = _COMMAND.fullmatch(text)
        if command is None:
            # Bytes that are not UTF-8 come as lone surrogates.
            yield text.encode("utf-8", "surrogateescape").decode("utf-8", "replace").split("\n")
        elif command[1] == "quit":
            return
        else:
            _run(commands, command[1], command[2].strip(), tell)


def _run(commands: Mapping[str, Command], name: str, argument: str, tell: Callable[[str], None]) -> None:
    if name == "help":
        for line in _help(commands):
            tell(line)
    elif name not in commands:
        tell(f"no command :{name}; :help lists them; to translate this line, begin it with a space")
    else:
        try:
            tell(commands[name].run(argument))
        except AttnMTError as error:
            tell(str(error))


def _help(commands: Mapping[str, Command]) -> Iterator[str]:
    for name, command in commands.items():
        yield f"{f':{name} {command.argument}':12}{command.help}"
    yield f"{':help':12}list the commands"
    yield f"{':quit':12}leave, as does Ctrl-D"
    yield "Ctrl-C clears the line; the arrow keys move in it, and bring back earlier ones; Ctrl-R searches them."


class _StoredHistory(History):
    """The lines typed, in a file that only its owner can read; where it cannot be used, they are only remembered."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def load_history_strings(self) -> list[str]:
        """Return the entries, the last one first, and cut a file that has become long."""
        with suppress(OSError):
            entries = [entry for entry in read_file(self._path).decode(errors="replace").split("\n") if entry]
            if len(entries) > 2 * KEPT:
                with replace_file(self._path) as part:
                    part.touch(0o600)
                    part.write_text("".join(f"{entry}\n" for entry in entries[-KEPT:]), encoding="utf-8")
            return entries[: -KEPT - 1 : -1]
        return []

    def store_string(self, string: str) -> None:
        """Add a line to the file."""
        with suppress(OSError, UnicodeError):
            if len(string) <= LONGEST:
                append(self._path, f"{string}\n", 0o600)
