"""Models by name: those that a user has trained, in the home; those that come with the package; folders anywhere."""

from pathlib import Path

from attn_cli.foundation import storage
from attn_cli.foundation.errors import ModelFolderError, WorkspaceError
from attn_cli.models.folder import CONFIG, StoredModel, read_model


def model_folder(name: str) -> Path:
    """Return the folder in which a model called `name` (a name or a folder) is written; it need not exist."""
    return storage.folder_of("models", name)


def packaged_models() -> list[Path]:
    """Return the folders of the models that come with the package, in the order of their names. They are read only."""
    configs = [path for data in storage.PACKAGE_DATA for path in sorted(data.glob(f"models/*/{CONFIG}"))]
    return [path.parent for path in configs]


def open_model(name: str) -> StoredModel:
    """Read the model called `name` (a name or a folder): that in the home, else that of the package.

    Raises ModelFolderError where it is missing or damaged. A folder of that name in the current folder is suggested,
    or the model with the most similar name.
    """
    folder = model_folder(name)
    if not folder.is_dir() and not storage.is_folder(name):
        packaged = next((path for path in packaged_models() if path.name == name), None)
        if packaged:
            return read_model(packaged)
        if (Path(name) / CONFIG).is_file():
            raise ModelFolderError(
                f"{name}: no such model in {folder.parent}; for the folder of that name here, write ./{name}"
            )
        from difflib import get_close_matches  # not at the top: a start of the program is short

        names = [path.name for path in [*trained_models(), *packaged_models()]]
        if similar := get_close_matches(name, names, 1):
            raise ModelFolderError(f"{name}: no such model in {folder.parent}; the most similar name is {similar[0]}")
    return read_model(folder)


def trained_models() -> list[Path]:
    """Return the folders of the complete models in the home, the one trained last first."""
    configs = storage.home().glob(f"models/*/{CONFIG}")
    return [path.parent for path in sorted(configs, key=lambda path: path.stat().st_mtime, reverse=True)]


def default_model() -> tuple[Path, bool]:
    """Return the folder of the model trained last, and whether there are others; without any, one of the package.

    Raises WorkspaceError where there is no model at all.
    """
    models = trained_models()
    if models:
        return models[0], len(models) > 1
    packaged = packaged_models()
    if not packaged:
        raise WorkspaceError(f"no model in {storage.home() / 'models'}; train one first")
    return packaged[0], False
