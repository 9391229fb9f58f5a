"""Where things live: the home folder, the corpora and models in it, and the corpus that comes with the package.

Also how files and folders are replaced so that nothing is lost. A NAME is a folder's name under the home; anything with
a path separator in it, or beginning with a dot, is a FOLDER anywhere.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs

from attn_cli.foundation.errors import WorkspaceError


def home() -> Path:
    """Return the folder that holds all a user's commands leave: `$ATTN_MT_HOME`, else the platform's data folder."""
    chosen = os.environ.get("ATTN_MT_HOME")
    return Path(chosen) if chosen else Path(platformdirs.user_data_dir("attn-mt", appauthor=False))


def is_folder(name: str) -> bool:
    """Tell whether `name` means a folder anywhere, rather than a name under the home."""
    return name.startswith(".") or "/" in name or os.sep in name


def corpus_folder(name: str) -> Path:
    """Return the folder of the corpus called `name` (a name or a folder); it need not exist."""
    return Path(name).resolve() if is_folder(name) else home() / "corpora" / name


def model_folder(name: str) -> Path:
    """Return the folder of the model called `name` (a name or a folder); it need not exist."""
    return Path(name).resolve() if is_folder(name) else home() / "models" / name


def split_pair(pair: str) -> tuple[str, str] | None:
    """Return the two languages of `pair` ("en-fr" -> "en", "fr"), or None where it is not of that form."""
    source, _, target = pair.partition("-")
    return (source, target) if source.isalpha() and target.isalpha() and source != target else None


def reversed_pair(pair: str) -> str | None:
    """Return "fr-en" for "en-fr", or None where `pair` is not a language pair."""
    languages = split_pair(pair)
    return f"{languages[1]}-{languages[0]}" if languages else None


def trained_models() -> list[Path]:
    """Return the folders of the complete models under the home, the one trained last first."""
    configs = (home() / "models").glob("*/config.json")
    return [path.parent for path in sorted(configs, key=lambda path: path.stat().st_mtime, reverse=True)]


def default_model() -> tuple[Path, bool]:
    """Return the model to use when none is named, and whether it was chosen among several.

    Raises WorkspaceError where there is none.
    """
    models = trained_models()
    if not models:
        raise WorkspaceError(f"no model in {home() / 'models'}; train one first, for example: attn-mt train en-fr")
    return models[0], len(models) > 1


def starter_corpus(pair: str) -> Path | None:
    """Return the folder of the corpus that comes with the package for `pair`, or None.

    It lies inside an installed package, and at the top of a checkout.
    """
    package = Path(__file__).parents[1]
    candidates = (package / "data" / pair, package.parent / "data" / pair)
    return next((folder for folder in candidates if (folder / "train.en").exists()), None)


@contextmanager
def replace_file(path: Path) -> Iterator[Path]:
    """Yield a path beside `path` to write to; on success it is synced and renamed to `path`, else removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield temporary
        _sync(temporary)
        temporary.replace(path)
        _sync(path.parent)
    except OSError as error:
        error.filename = error.filename or str(path)  # so that the message can name it
        raise
    finally:
        temporary.unlink(missing_ok=True)


def check_writable(path: Path, beginning: bytes) -> None:
    """Check that `replace_file` can write to `path`, by beginning to, and that nothing else would be lost.

    Raises WorkspaceError where it cannot, or where `path` is no file, or one that does not start with `beginning`.
    """
    try:
        if path.exists() and not path.is_file():
            raise WorkspaceError(f"{path}: a folder or device, not a file; choose another place")
        if path.exists() and not beginning.startswith(_head(path, len(beginning))):
            raise WorkspaceError(f"{path}: holds something else, which would be lost; choose another place")
        path.parent.mkdir(parents=True, exist_ok=True)
        trial = path.with_name(f".{path.name}.{os.getpid()}.part")
        trial.touch()
        trial.unlink()
    except OSError as error:
        raise WorkspaceError(f"{path}: cannot be written ({error.strerror}); choose another place") from None


def _head(path: Path, size: int) -> bytes:
    with path.open("rb") as file:
        return file.read(size)


def check_replaceable(path: Path, *markers: str) -> None:
    """Check that nothing of somebody else's would be lost if the folder `path` was written anew.

    Raises WorkspaceError where `path` is a file, or a folder that holds something, but nothing called as a marker.
    """
    foreign = not path.is_dir() or (any(path.iterdir()) and not any((path / marker).exists() for marker in markers))
    if path.exists() and foreign:
        raise WorkspaceError(f"{path}: holds something else, which might be lost; choose another place with --out")


@contextmanager
def replace_folder(path: Path, marker: str) -> Iterator[Path]:
    """Yield a new folder beside `path`; on success it takes the place of `path` as a whole, else it is removed.

    Raises WorkspaceError as `check_replaceable` does.
    """
    check_replaceable(path, marker)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    try:
        yield temporary
        for file in temporary.iterdir():
            _sync(file)
        _swap(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _swap(new: Path, path: Path) -> None:
    """Rename `new` to `path`, moving what is there out of the way for as long as that takes."""
    old = path.with_name(f".{path.name}.{os.getpid()}.old")
    if path.exists():
        path.replace(old)
    try:
        new.replace(path)
    except OSError:
        if old.exists():
            old.replace(path)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _sync(path: Path) -> None:
    """Ask the operating system to put `path` on disk now (folders cannot be opened so on Windows)."""
    if path.is_dir() and os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
