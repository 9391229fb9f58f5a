"""Exit codes: expected failures become one line, and options are named instead of settings."""

import ast
import os
import re
import signal
from dataclasses import fields
from pathlib import Path

import pytest
import typer

from attn_cli.cli import exit_codes as module
from attn_cli.cli.app import app
from attn_cli.cli.exit_codes import exit_codes, interruptions, usage_errors, with_options
from attn_cli.foundation.errors import SettingsError, TrainingStateError
from attn_cli.foundation.settings import DecodingConfig, MachineConfig, ModelConfig, TrainingConfig


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (MemoryError(), "out of memory"),
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), "out of memory"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), "out of memory"),
    ],
)
def test_a_lack_of_memory_is_one_line(error, shown, capsys):
    with pytest.raises(typer.Exit) as caught, exit_codes():
        raise error
    assert caught.value.exit_code == 1
    assert shown in capsys.readouterr().err


def test_an_error_of_the_program_itself_is_not_hidden():
    with pytest.raises(RuntimeError, match="refer to a single memory location"), exit_codes():
        raise RuntimeError("elements refer to a single memory location")


@pytest.fixture
def signals(monkeypatch):
    """Handlers as they were after the test, and a list of the signals that end the program at once."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    ended = []
    monkeypatch.setattr(module.signal, "raise_signal", ended.append)
    yield ended
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("patience, ended", [(100.0, []), (-1.0, [signal.SIGTERM])])
def test_the_third_signal_ends_the_program_once_there_was_time_to_save(signals, monkeypatch, patience, ended):
    monkeypatch.setattr(module, "PATIENCE", patience)
    with interruptions() as interrupted:
        assert interrupted() == 0
        for number in (signal.SIGINT, signal.SIGTERM):
            os.kill(os.getpid(), number)
        assert (interrupted(), signals) == (signal.SIGINT, [])
        os.kill(os.getpid(), signal.SIGTERM)
        assert (interrupted(), signals) == (signal.SIGINT, ended)
    assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN  # nothing disturbs the end of the process


def test_without_a_signal_the_handlers_are_as_before():
    before = signal.getsignal(signal.SIGINT)
    with interruptions():
        assert signal.getsignal(signal.SIGINT) != before
    assert signal.getsignal(signal.SIGINT) == before


def test_settings_in_backquotes_become_options():
    message = "`hidden_size` 33, `beam_size` 0 and `resume`: not `a b`, `Upper` or `/path`"
    assert with_options(message) == "--hidden-size 33, --beam 0 and --resume: not `a b`, `Upper` or `/path`"


def test_an_error_is_shown_with_options(capsys):
    with pytest.raises(typer.Exit), exit_codes():
        raise TrainingStateError("state.pt: nothing to resume; train without `resume`")
    assert capsys.readouterr().err == "error: state.pt: nothing to resume; train without --resume\n"
    with pytest.raises(typer.BadParameter, match=r"^--beam 0: must be"), usage_errors():
        raise SettingsError("`beam_size` 0: must be at least 1")


def named_settings() -> set[str]:
    """The names in backquotes in the messages of all errors that are raised."""
    names: set[str] = set()
    for path in (Path(__file__).parents[2] / "attn_cli").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Raise):
                names |= set(re.findall(r"`([a-z]\w*)`", ast.unparse(node)))
    return names


def test_every_setting_that_a_message_names_has_an_option():
    commands = typer.main.get_command(app).commands.values()
    options = {option for command in commands for parameter in command.params for option in parameter.opts}
    assert {"overwrite", "resume", "learning_rate"} <= named_settings()
    settings = {
        field.name for kind in (ModelConfig, TrainingConfig, DecodingConfig, MachineConfig) for field in fields(kind)
    }
    internal = {"warmup", "max_norm"}  # the command line does not change these
    names = named_settings() | settings - internal
    assert {name for name in names if with_options(f"`{name}`") not in options} == set()
