"""Corpora by name: those prepared under the home, and the starter corpora that come with the package."""

from pathlib import Path

from attn_cli.foundation import storage
from attn_cli.foundation.errors import WorkspaceError
from attn_cli.foundation.settings import PrepareConfig
from attn_cli.text.languages import reversed_pair, split_pair
from attn_cli.text.prepare import Prepared, Reporter, Sources, prepare
from attn_cli.text.prepared_corpus import PreparedCorpus


def corpus_folder(name: str) -> Path:
    """Return the folder of the corpus called `name` (a name or a folder); it need not exist."""
    return storage.folder_of("corpora", name)


def starter_corpus(pair: str) -> Path | None:
    """Return the folder of the text that comes with the package for `pair`, or None."""
    languages = split_pair(pair)
    folders = [folder / pair for folder in storage.PACKAGE_DATA] if languages else []
    return next((folder for folder in folders if (folder / f"train.{pair.partition('-')[0]}").exists()), None)


def starter_sources(pair: str) -> Sources | None:
    """Return the locations of the starter corpus of `pair`, or None where there is none."""
    folder = starter_corpus(pair)
    return Sources((str(folder / "train"),), str(folder / "valid"), str(folder / "test")) if folder else None


def is_starter(name: str) -> bool:
    """Return whether the corpus called `name` was prepared from a starter corpus that comes with the package."""
    try:
        info = storage.parse_json(storage.read_file(corpus_folder(name) / "prepared.json"))
        sources = starter_sources(f"{info['source_language']}-{info['target_language']}")
        return sources is not None and tuple(info["sources"]["train"]) == sources.train
    except (OSError, ValueError, LookupError, TypeError):
        return False


def prepare_starter(pair: str, folder: Path, config: PrepareConfig, reporter: Reporter) -> Prepared:
    """Prepare the starter corpus of `pair` into `folder`.

    Raises WorkspaceError where the package has none, and as `prepare` does.
    """
    languages, sources = split_pair(pair), starter_sources(pair)
    if languages is None or sources is None:
        raise WorkspaceError(f"{pair}: no corpus of this pair comes with attn-mt; give your own text with `train`")
    return prepare(languages, sources, folder, config, reporter)


def open_corpus(name: str, reporter: Reporter, *, reverse: bool = False) -> PreparedCorpus:
    """Return the corpus called `name` (a name or a folder), read backwards with `reverse`.

    A corpus serves both directions: where no corpus is prepared under the name of a language pair, that of the
    reversed pair is read backwards. Where neither is prepared, the starter corpus of either is prepared first.
    Raises WorkspaceError where there is none, and CorpusError where the corpus cannot be read.
    """
    if storage.is_folder(name):
        return PreparedCorpus(corpus_folder(name), reverse=reverse)
    other = reversed_pair(name)
    choices = [(name, reverse), *([(other, not reverse)] if other else [])]
    for choice, backwards in choices:
        if corpus_folder(choice).exists():
            return PreparedCorpus(corpus_folder(choice), reverse=backwards)
    for choice, backwards in choices:
        if starter_corpus(choice):
            reporter.note(f"{choice}: not prepared yet; preparing the starter corpus that comes with attn-mt")
            prepared = prepare_starter(choice, corpus_folder(choice), PrepareConfig(), reporter)
            return PreparedCorpus(prepared.folder, reverse=backwards)
    raise WorkspaceError(f"{name}: no such corpus in {storage.home() / 'corpora'}; prepare one first")
