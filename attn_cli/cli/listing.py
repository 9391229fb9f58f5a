"""What there is: models and corpora, in a table or as JSON on stdout, and their names for the shell's completion.

Neither reads weights or text, nor imports torch or rich; completion, which runs at every Tab, does without NumPy too.
"""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from attn_cli.cli import streams
from attn_cli.cli.exit_codes import refuse_others, with_options
from attn_cli.foundation import storage
from attn_cli.foundation.errors import AttnMTError, WorkspaceError

if TYPE_CHECKING:
    from attn_cli.models.summary import ModelSummary
    from attn_cli.text.corpora.index import Reporter

PLAIN_NAME = re.compile(r"\w[\w.+-]*")  # no shell treats anything in it specially


def list_models(ctx: typer.Context, *, as_json: bool) -> None:
    """Write the models of the home, the one trained last first, and those of the package to stdout."""
    from attn_cli.display.listing import model_table
    from attn_cli.models.catalogue import packaged_models, trained_models

    refuse_others(ctx, "--list", with_="--json", allowed={"list_only", "as_json", "quiet"})
    complete = trained_models()
    others = [folder for folder in storage.folders("models") if folder not in complete]
    models = [_entry(folder, _summarise_model) for folder in [*complete, *others, *packaged_models()]]
    streams.write(_json(models=models) if as_json else model_table(models, streams.plain))


def list_corpora(ctx: typer.Context, *, as_json: bool) -> None:
    """Write the corpora of the home, and the starter corpora of the package to stdout."""
    from attn_cli.display.listing import corpus_table
    from attn_cli.text.catalogue import starter_corpora, summarise, summarise_starter

    refuse_others(ctx, "--list", with_="--json", allowed={"list_only", "as_json", "quiet"})
    corpora = [_entry(folder, summarise) for folder in storage.folders("corpora")]
    corpora += [_entry(folder, summarise_starter) for folder in starter_corpora()]
    streams.write(_json(corpora=corpora) if as_json else corpus_table(corpora, streams.plain))


def list_available(pair: tuple[str, str], reporter: "Reporter", *, as_json: bool) -> None:
    """Write the corpora of a pair that can be downloaded to stdout."""
    from attn_cli.display.listing import available_table
    from attn_cli.text.corpora import available

    corpora = available(pair, reporter)
    streams.write(_json(corpora=corpora) if as_json else available_table(corpora, streams.plain))


def model_names() -> list[str]:
    """Return the names of models that the shell may complete."""
    from attn_cli.models.catalogue import packaged_models

    return _plain_names([*_complete("models"), *packaged_models()])


def corpus_names() -> list[str]:
    """Return the names of corpora that the shell may complete."""
    from attn_cli.text.catalogue import starter_corpora

    return _plain_names([*_complete("corpora"), *starter_corpora()])


def _complete(kind: storage.Kind) -> list[Path]:
    try:
        return [folder for folder in storage.folders(kind) if storage.is_complete(kind, folder)]
    except (OSError, WorkspaceError):  # no home, or it cannot be read; a message would end in the line being typed
        return []


def _plain_names(folders: Iterable[Path]) -> list[str]:
    return sorted({folder.name for folder in folders if PLAIN_NAME.fullmatch(folder.name)})


def _summarise_model(folder: Path) -> "ModelSummary":
    """Return the summary of a model; the log of its training may have the BLEU that an old config.json lacks."""
    from attn_cli.models.summary import summarise
    from attn_cli.training.log import best_bleu

    summary = summarise(folder)
    return summary if summary.validation_bleu is not None else replace(summary, validation_bleu=best_bleu(folder))


def _entry(folder: Path, summarise: Callable[[Path], Any]) -> dict[str, Any]:
    """Return the summary of a model or a corpus, or the problem that makes it unusable, as JSON types."""
    entry = {"name": folder.name, "folder": str(folder)}
    try:
        return entry | asdict(summarise(folder))
    except AttnMTError as error:
        return entry | {"problem": with_options(str(error))}
    except OSError as error:
        return entry | {"problem": f"{error.filename}: cannot be read ({error.strerror})"}


def _json(**lists: list[dict[str, Any]]) -> str:
    return json.dumps(lists) + "\n"
