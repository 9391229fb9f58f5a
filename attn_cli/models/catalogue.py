"""The models that a user has, by name: those in the home, and folders anywhere."""

from pathlib import Path

from attn_cli.foundation import storage
from attn_cli.foundation.errors import ModelFolderError, WorkspaceError
from attn_cli.models.folder import CONFIG, StoredModel, read_model


def model_folder(name: str) -> Path:
    """Return the folder of the model called `name` (a name or a folder); it need not exist."""
    return storage.folder_of("models", name)


def open_model(name: str) -> StoredModel:
    """Read the model called `name` (a name or a folder).

    Raises ModelFolderError where it is missing or damaged. The message suggests a model folder of that name
    in the current folder.
    """
    folder = model_folder(name)
    if not folder.is_dir() and (Path(name) / CONFIG).is_file():
        raise ModelFolderError(
            f"{name}: no such model in {folder.parent}; for the folder of that name here, write ./{name}"
        )
    return read_model(folder)


def trained_models() -> list[Path]:
    """Return the folders of the complete models in the home, the one trained last first."""
    configs = storage.home().glob(f"models/*/{CONFIG}")
    return [path.parent for path in sorted(configs, key=lambda path: path.stat().st_mtime, reverse=True)]


def default_model() -> tuple[Path, bool]:
    """Return the folder of the model trained last, and whether there are others.

    Raises WorkspaceError where there is no model.
    """
    models = trained_models()
    if not models:
        raise WorkspaceError(f"no model in {storage.home() / 'models'}; train one first")
    return models[0], len(models) > 1
