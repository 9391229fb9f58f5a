"""Models by name: those that a user has trained, in the home; those that come with the package; folders anywhere."""

from pathlib import Path
from typing import TYPE_CHECKING

from attn_cli.foundation import storage
from attn_cli.foundation.errors import ModelFolderError, WorkspaceError

if TYPE_CHECKING:
    from attn_cli.models.folder import StoredModel

CONFIG = storage.WRITTEN_LAST["models"]


def model_folder(name: str) -> Path:
    """Return the folder in which a model called `name` (a name or a folder) is written; it need not exist."""
    return storage.folder_of("models", name)


def packaged_models() -> list[Path]:
    """Return the folders of the models that come with the package, in the order of their names. They are read only."""
    configs = [path for data in storage.PACKAGE_DATA for path in sorted(data.glob(f"models/*/{CONFIG}"))]
    return [path.parent for path in configs]


def find_model(name: str) -> Path:
    """Return the folder of the model called `name` (a name or a folder): that in the home, else that of the package.

    Raises ModelFolderError where there is none. A folder of that name in the current folder is suggested, or the models
    with the most similar names.
    """
    folder = model_folder(name)
    if folder.is_dir():
        return folder
    packaged = {} if storage.is_folder(name) else {path.name: path for path in packaged_models()}
    if name in packaged:
        return packaged[name]
    if not storage.is_folder(name) and storage.is_complete("models", Path(name)):
        raise ModelFolderError(
            f"{name}: no such model in {folder.parent}; for the folder of that name here, write ./{name}"
        )
    if similar := storage.similar("models", name, packaged):
        raise ModelFolderError(f"{name}: no such model in {folder.parent}{similar}")
    raise ModelFolderError(f"{folder}: no such model; train one, or see which models {folder.parent} holds")


def open_model(name: str) -> "StoredModel":
    """Read the model called `name`, found as `find_model` finds it.

    Raises ModelFolderError where it is missing or damaged.
    """
    from attn_cli.models.folder import read_model  # not at the top: names are completed without NumPy

    return read_model(find_model(name))


def trained_models() -> list[Path]:
    """Return the folders of the complete models in the home, the one trained last first."""
    complete = [folder for folder in storage.folders("models") if storage.is_complete("models", folder)]
    return sorted(complete, key=lambda folder: (folder / CONFIG).stat().st_mtime, reverse=True)


def default_model() -> tuple[Path, bool]:
    """Return the folder of the default model, and whether there are others among which it was not chosen.

    It is the one that ATTN_MT_MODEL names; else the one trained last; else one of the package. Raises ModelFolderError
    where ATTN_MT_MODEL names none, WorkspaceError where there is no model at all.
    """
    if chosen := storage.chosen_model():
        try:
            return find_model(chosen), False
        except ModelFolderError as error:
            raise ModelFolderError(f"ATTN_MT_MODEL: {error}") from None
    models = trained_models()
    if models:
        return models[0], len(models) > 1
    packaged = packaged_models()
    if not packaged:
        raise WorkspaceError(f"no model in {storage.home() / 'models'}; train one first")
    return packaged[0], False
