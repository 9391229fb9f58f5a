"""`translate --page`: the model as a page for a browser, instead of translations."""

from pathlib import Path

import typer

from attn_cli.cli import streams
from attn_cli.cli.exit_codes import refuse_others
from attn_cli.cli.models import open_model_or_default
from attn_cli.foundation.replacing import check_writable


def write_page(ctx: typer.Context, path: Path, names: list[str] | None, *, quiet: bool) -> None:
    """Write the page of the model that `names` has, else of the default one, and say so on stderr.

    Raises WorkspaceError where the file cannot be written, ModelFolderError where the page could not run the model.
    """
    refuse_others(ctx, "--page", with_="--model", allowed={"page", "model", "quiet"})
    if names and len(names) > 1:
        raise typer.BadParameter("--page: a page has one model; give -m once")
    check_writable(path, b"<!DOCTYPE html>")
    from attn_cli.display.page import page  # not at the top: translating needs none of it

    stored = open_model_or_default(names[0] if names else None, quiet=quiet)
    size = page.write(path, stored)
    if not quiet:
        streams.note(f"page: {path}, {size / 1e6:.1f} MB, the model {stored.folder.name}")
