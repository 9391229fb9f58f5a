"""The commands of the prompt, which change what is shown of each line."""

from collections.abc import Iterator
from dataclasses import replace

from attn_cli.cli import streams
from attn_cli.cli.exit_codes import with_options
from attn_cli.cli.translate.session import Session
from attn_cli.display.prompt import Command, typed_lines
from attn_cli.foundation.errors import SettingsError


def typed_batches(session: Session) -> Iterator[list[str]]:
    """Return what a person types at the prompt, whose commands change the session."""

    def toggle_heatmap(_: str) -> str:
        session.show(heatmap=not session.pictures)
        return f"heat map: {'on' if session.pictures else 'off'}"

    def show_several(count: str) -> str:
        most = session.translator.config.beam_size
        if not (count.isdecimal() and 1 <= int(count) <= most):
            raise SettingsError(f":nbest {count}: give a number from 1 to {most}, the `beam_size`")
        session.translator = session.translator.with_config(n_best=int(count))
        session.form = replace(session.form, n_best=int(count) > 1)
        return f"translations of each line: {count}"

    commands = {
        "heatmap": Command("show which source words each word attends to, or no longer", toggle_heatmap),
        "nbest": Command("show N translations of each line, best first", show_several, "N"),
    }
    return typed_lines(commands, lambda text: streams.note(with_options(text)))
