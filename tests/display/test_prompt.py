"""The prompt, typed at through a terminal: lines, commands, keys, and the history on disk."""

import fcntl
import os
import pty
import random
import select
import stat
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shell import needs_ctrl_c

from attn_cli.display.prompt import KEPT, LONGEST, _StoredHistory
from attn_cli.foundation.shapes import weight_shapes
from attn_cli.models.folder import read_model, write_model

MODEL = str(Path(__file__).parents[1] / "released" / "format-1" / "model")
PROMPT = b"\x1b[?2004h"  # sent when a line is expected
CTRL_C, CTRL_D, UP, PASTE = b"\x03", b"\x04", b"\x1b[A", b"\x1b[200~%s\x1b[201~"


class Person:
    """Somebody at a terminal that a running command has as its stdin and stderr; stdout is a pipe."""

    def __init__(self, process: subprocess.Popen[bytes], terminal: int) -> None:
        self.process, self._terminal = process, terminal
        self.seen = b""

    def wait_for(self, text: bytes) -> bytes:
        """Return what the terminal shows up to `text`."""
        deadline = time.monotonic() + 20
        while text not in self.seen:
            assert select.select([self._terminal], [], [], deadline - time.monotonic())[0], (text, self.seen)
            self.seen += os.read(self._terminal, 1 << 16)
        before, _, self.seen = self.seen.partition(text)
        return before

    def type(self, keys: bytes) -> None:
        """Wait for the prompt, and press keys."""
        self.wait_for(PROMPT)
        os.write(self._terminal, keys)

    def leave(self, keys: bytes = CTRL_D) -> tuple[int, str]:
        """Type the last keys; return the exit code, and all of stdout."""
        self.type(keys)
        output, _ = self.process.communicate(timeout=60)
        return self.process.returncode, output.decode()


def write_silent_model(folder: Path, **changed: Any) -> str:
    """Write a model like MODEL with other settings of the network, all weights zero, and return its folder."""
    stored = read_model(Path(MODEL))
    network = replace(stored.settings.model, **changed)
    weights = {name: np.zeros(shape, dtype=np.float32) for name, shape in weight_shapes(network).items()}
    write_model(folder, replace(stored.settings, model=network), weights, stored.tokenizer, "", None)
    return str(folder)


def take_terminal() -> None:
    """Make stdin the terminal whose Ctrl-C interrupts this process."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@pytest.fixture
def home(tmp_path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def sit_down(home):
    """Start `attn-mt translate` with some options at a terminal."""

    @contextmanager
    def sit_down(*options: str) -> Iterator[Person]:
        ours, theirs = pty.openpty()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ATTN_MT_")}
        environment |= {"ATTN_MT_HOME": str(home), "PROMPT_TOOLKIT_NO_CPR": "1", "TERM": "xterm", "COLUMNS": "100"}
        command = [sys.executable, "-m", "attn_cli", "translate", "-m", MODEL, *options]
        with subprocess.Popen(
            command, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, env=environment, start_new_session=True,
            preexec_fn=take_terminal,
        ) as process:  # fmt: skip
            os.close(theirs)
            try:
                yield Person(process, ours)
            finally:
                process.kill()
                os.close(ours)

    return sit_down


def test_lines_commands_and_keys(sit_down):
    with sit_down() as person:
        assert b":help lists the commands" in person.wait_for(b"Ctrl-D ends")
        person.type(b"one two\r")
        person.type(b"\r")  # a blank line stays blank
        person.type(b"wrong" + CTRL_C)
        person.type(CTRL_C)
        person.type(UP + UP + b" three\r")
        person.type(PASTE % b"four\nfive" + b"\r")
        person.type(b"nin\xffe\r")
        person.type(b":-)\r")  # no command
        person.type(b":paint it black\r")
        assert b"no command :paint; :help lists them" in person.wait_for(b"begin it with a space")
        person.type(b":help\r")
        shown = person.wait_for(b"Ctrl-R searches them")
        assert all(name in shown for name in (b":heatmap ", b":nbest N ", b":help ", b":quit "))
        code, output = person.leave()
    lines = output.split("\n")
    assert (code, lines[:5], lines[6:]) == (0, ["deux un", "", "trois deux un", "quatre", "cinq"], [":-)", ""])
    assert lines[5]


def test_the_heat_map_is_switched_on_and_off(sit_down):
    with sit_down() as person:
        person.type(b":heatmap\r")
        person.wait_for(b"heat map: on")
        person.type(b"one\r")
        assert b"</s>" in person.wait_for(b"un ")
        person.type(b":heatmap\r")
        person.wait_for(b"heat map: off")
        person.type(b"two\r")
        person.wait_for(b"> two")
        assert b"</s>" not in person.wait_for(PROMPT)
        person.seen = PROMPT
        assert person.leave(b":quit\r") == (0, "un\ndeux\n")


def test_several_translations_of_a_line_are_shown(sit_down):
    with sit_down("--beam", "4") as person:
        for count in (b"5", b"0", b"many", b""):
            person.type(b":nbest " + count + b"\r")
            person.wait_for(b"give a number from 1 to 4, the --beam")
        person.type(b":nbest 3\r")
        person.wait_for(b"translations of each line: 3")
        person.type(b"one two\r")
        person.type(b"\r")
        person.type(b":nbest 1\r")
        person.type(b"three\r")
        code, output = person.leave()
    *listed, last = output.splitlines()
    rows = [line.split(" ||| ") for line in listed]
    assert (code, rows[0][1], [row[0] for row in rows], rows[3][1], last) == (
        0,
        "deux un",
        ["0"] * 3 + ["1"],
        "",
        "trois",
    )
    assert len({row[1] for row in rows[:3]}) == 3


def test_what_a_command_cannot_do_is_told_and_the_prompt_stays(sit_down, tmp_path):
    with sit_down("-m", write_silent_model(tmp_path / "without-attention", attention="none")) as person:
        person.type(b":heatmap\r")
        person.wait_for(b"trained with --attention none")
        person.type(b":quit now\r")
        person.process.communicate(timeout=60)


@needs_ctrl_c
def test_ctrl_c_stops_a_translation_and_the_program(sit_down, tmp_path):
    # Work for seconds, also on a fast machine: equal sentences would be translated once, and MODEL alone is too small.
    large = write_silent_model(tmp_path / "large", hidden_size=1024)
    words = random.Random(1).choices(["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"], k=1350)
    with sit_down("-m", large, "--beam", "500") as person:
        person.type(" ".join(words).encode() + b"\r")
        person.wait_for(b"\x1b[?2004l")  # sent when the line is taken
        time.sleep(0.3)
        os.write(person._terminal, CTRL_C)
        assert person.process.wait(timeout=20) == 130


def test_the_history_is_private_and_there_the_next_time(sit_down, home):
    with sit_down() as person:
        person.type(b"one two\r")
        person.leave()
    history = home / "history"
    assert history.read_text(encoding="utf-8") == "one two\n"
    assert stat.S_IMODE(history.stat().st_mode) == 0o600
    with sit_down() as person:
        person.type(UP + b" three\r")
        assert person.leave() == (0, "trois deux un\n")


def test_without_a_history_there_is_still_a_prompt(sit_down, home):
    home.mkdir()
    os.mkfifo(home / "history")  # nobody would ever read from it or write to it
    with sit_down() as person:
        person.type(b"one\r")
        assert person.leave() == (0, "un\n")


def test_quiet_is_without_a_prompt(sit_down):
    with sit_down("-q") as person:
        time.sleep(0.1)
        os.write(person._terminal, b"one\n" + CTRL_D)
        output, _ = person.process.communicate(timeout=60)
        assert output == b"un\n"
        assert b">" not in os.read(person._terminal, 1 << 16)


def test_a_history_that_has_become_long_is_cut_and_stays_private(tmp_path):
    path = tmp_path / "history"
    path.write_bytes(b"\xff\n" + b"".join(b"line %d\n" % number for number in range(3 * KEPT)))
    history = _StoredHistory(path)
    entries = history.load_history_strings()
    assert (len(entries), entries[0], entries[-1]) == (KEPT, f"line {3 * KEPT - 1}", f"line {2 * KEPT}")
    assert path.read_text().count("\n") == KEPT
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    history.store_string("x" * (LONGEST + 1))
    history.store_string("next")
    assert _StoredHistory(path).load_history_strings()[:2] == ["next", f"line {3 * KEPT - 1}"]


def test_a_translation_without_prompt_imports_neither_its_library_nor_that_of_tables(shell, tmp_path):
    (tmp_path / "in").write_text("one\n")
    for arguments in (["one"], ["-i", str(tmp_path / "in")]):
        output, imported = shell.imports({"prompt_toolkit", "rich", "torch"}, "translate", "-m", MODEL, *arguments)
        assert (output, imported) == (b"un\n", set())
