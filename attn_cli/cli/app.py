"""The program `attn-mt`: its commands. Importing it, or any module of this room, does not import torch."""

from typing import Annotated

import typer

from attn_cli import __version__
from attn_cli.cli import streams
from attn_cli.cli.evaluate import evaluate
from attn_cli.cli.exit_codes import Commands, TextCommand
from attn_cli.cli.prepare import prepare
from attn_cli.cli.train import train
from attn_cli.cli.translate import translate
from attn_cli.network.openmp import share_cores

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (prepare, train, translate, evaluate):
    app.command(cls=TextCommand if command is translate else None)(command)


def main() -> None:
    """Run the command line."""
    app(prog_name="attn-mt")


def _show_version(ctx: typer.Context, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:  # which completion does
        streams.write(f"attn-mt {__version__}\n")
        raise typer.Exit


@app.callback()
def attn_mt(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Train and run neural translation models with attention, from the shell, on an ordinary computer."""
    streams.use_utf8()
    share_cores()
