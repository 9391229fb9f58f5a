"""How a command ends: 0 done; 1 failed (`error: ...` on stderr); 2 wrong usage; 130 Ctrl-C (143: SIGTERM, 129: SIGHUP).

Also turns the settings that messages name in backquotes into the command line's options.
"""

import re
import shlex
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from attn_cli.cli import streams
from attn_cli.foundation.errors import AttnMTError, SettingsError, lacks_memory

_OPTIONS = {
    "beam_size": "--beam",
    "split_sentences": "--no-split",
    "copy_literals": "--no-copy",
}  # those that are not spelled as their setting

PATIENCE = 10.0  # seconds in which no further signal ends a training that is being saved

_DASHED_TEXT = re.compile(r"-\d|-.*\s")


def with_options(message: str) -> str:
    """Return `message` with each setting in backquotes as an option: `hidden_size` becomes --hidden-size."""

    def option(match: re.Match[str]) -> str:
        return _OPTIONS.get(match[1], f"--{match[1].replace('_', '-')}")

    return re.sub(r"`([a-z]\w*)`", option, message)


@contextmanager
def usage_errors() -> Iterator[None]:
    """Turn a SettingsError about the options given into a usage error."""
    try:
        yield
    except SettingsError as error:
        raise typer.BadParameter(with_options(str(error))) from None


def refuse_others(ctx: typer.Context, option: str, *, with_: str, allowed: set[str]) -> None:
    """Refuse all arguments and options beside `option` whose parameters are not `allowed`; `with_` is what to use.

    Without it they would have no effect, and the user would not learn of it.
    """
    for parameter in ctx.command.params:
        name = str(parameter.name)
        source = ctx.get_parameter_source(name)
        if source and source.name == "COMMANDLINE" and name not in allowed:
            shown = parameter.opts[0] if parameter.param_type_name == "option" else name.upper()
            raise typer.BadParameter(f"{option} goes with {with_} only, not with {shown}")


@contextmanager
def exit_codes() -> Iterator[None]:
    """Turn every expected failure into one line on stderr and an exit code."""
    try:
        yield
    except AttnMTError as error:
        _fail(with_options(str(error)))
    except BrokenPipeError:
        streams.discard_output()
    except OSError as error:
        if error.errno is None:
            raise
        _fail(f"{error.filename or 'input or output'}: {error.strerror}")
    except (MemoryError, RuntimeError) as error:
        if not lacks_memory(error):
            raise
        _fail("out of memory; choose a smaller --batch-tokens, --hidden-size or --beam")
    except KeyboardInterrupt:
        raise typer.Exit(128 + signal.SIGINT) from None


def _fail(message: str) -> None:
    streams.print_error(message)
    raise typer.Exit(1)


class Commands(TyperGroup):
    """The commands, each run within `exit_codes`."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Parse the arguments, on behalf of the shell's completion without rich."""
        if extra.get("resilient_parsing"):  # Typer would import it to show the help of options, at every Tab
            sys.modules["rich"] = None  # type: ignore[assignment]
        with exit_codes():  # --install-completion writes files
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        with exit_codes():
            return super().invoke(ctx)


class TextCommand(TyperCommand):
    """A command whose arguments are text, and may so begin with a dash."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments; where a text has been taken for an option, say how to write it."""
        options = args[: args.index("--")] if "--" in args else args[:]
        try:
            return super().parse_args(ctx, args)
        except Exception as error:
            text = next(filter(_DASHED_TEXT.match, options), None)
            if text and hasattr(error, "option_name"):  # what typer raises about an option has no public name
                command = f"{ctx.command_path} -- {shlex.quote(text)}"
                error.message = f"{error}; put -- before a text that begins with a dash: {command}"  # type: ignore[attr-defined]
            raise


@contextmanager
def interruptions() -> Iterator[Callable[[], int]]:
    """Catch SIGINT, SIGTERM and SIGHUP; yield a function that returns the number of the first one, or 0.

    A second one has no effect: a shell, make and a batch system often send one each, and a key held down sends many. A
    third or later one ends the program at once, if the first came ten seconds ago or more. SIGHUP stays ignored under
    nohup. Once one was received, they are ignored from then on, so that none breaks off the end of the process.
    """
    received: list[tuple[int, float]] = []

    def receive(number: int, _frame: FrameType | None) -> None:
        received.append((number, time.monotonic()))
        if len(received) > 2 and received[-1][1] - received[0][1] > PATIENCE:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)

    numbers = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    before = {number: signal.signal(number, receive) for number in numbers}
    try:
        yield lambda: received[0][0] if received else 0
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_IGN if received else handler)
