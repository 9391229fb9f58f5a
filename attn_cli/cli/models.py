"""The model of a command: the one named, else the default one, which is named on stderr if there are several.

The default one can be chosen by ATTN_MT_MODEL; then nothing is said about it.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from attn_cli.cli import streams
from attn_cli.foundation.errors import ModelFolderError, WorkspaceError
from attn_cli.foundation.storage import chosen_model, read_file

if TYPE_CHECKING:
    from attn_cli.models.folder import StoredModel
    from attn_cli.text.tokenizer import Tokenizer


def open_model_or_default(name: str | None, *, quiet: bool) -> "StoredModel":
    """Read the model called `name`, or without a name the default one."""
    from attn_cli.models.catalogue import default_model, open_model
    from attn_cli.models.folder import read_model

    if name is not None:
        return open_model(name)
    try:
        folder, several = default_model()
    except WorkspaceError as error:
        raise WorkspaceError(f"{error}, for example: attn-mt train en-fr") from None
    stored = read_model(folder)
    if quiet or chosen_model():
        return stored
    if several:
        streams.note(f"model: {folder.name}, trained last; choose another one by its name")
    if general := _better_than_starter(stored):
        streams.note(f"{folder.name} knows the starter corpus only; for everyday language choose: -m {general}")
    return stored


def open_tokenizer(name: str) -> "Tokenizer":
    """Read the tokenizer of the model called `name`, or that in a SentencePiece model file.

    Raises ModelFolderError where it cannot be read.
    """
    from attn_cli.models.catalogue import open_model
    from attn_cli.text.tokenizer import TOKENIZER_MOST, Tokenizer

    if not Path(name).is_file():
        return open_model(name).tokenizer
    try:
        return Tokenizer(read_file(Path(name), most=TOKENIZER_MOST))
    except OSError as error:
        raise ModelFolderError(f"{name}: cannot be read ({error.strerror})") from None
    except ModelFolderError as error:
        raise ModelFolderError(f"{name}: {error}") from None


def _better_than_starter(stored: "StoredModel") -> str | None:
    """Return the name of the package's model for the same languages, if `stored` knows only the starter corpus."""
    from attn_cli.models.catalogue import packaged_models
    from attn_cli.text.catalogue import is_starter

    if stored.settings.parent:
        return None
    general = "-".join(["general", *stored.settings.languages])
    names = [folder.name for folder in packaged_models()]
    return general if general in names and is_starter(stored.settings.corpus) else None
