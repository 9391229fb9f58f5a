"""Corpora by name: those prepared under the home, and the starter corpora that come with the package."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from attn_cli.foundation import replacing, storage
from attn_cli.foundation.errors import CorpusError, WorkspaceError
from attn_cli.foundation.settings import PrepareConfig
from attn_cli.text.languages import count_words, reversed_pair, split_pair

if TYPE_CHECKING:
    from attn_cli.text.preparation.prepare import Sources
    from attn_cli.text.preparation.progress import Reporter
    from attn_cli.text.prepared_corpus import PreparedCorpus

# The modules of preparing and reading are imported in functions: names are completed without NumPy.


def corpus_folder(name: str) -> Path:
    """Return the folder of the corpus called `name` (a name or a folder); it need not exist.

    Where a process was killed while it replaced the folder, the one before is put back.
    """
    folder = storage.folder_of("corpora", name)
    replacing.put_back(folder)
    return folder


def starter_corpus(pair: str) -> Path | None:
    """Return the folder of the text that comes with the package for `pair`, or None."""
    languages = split_pair(pair)
    folders = [folder / pair for folder in storage.PACKAGE_DATA] if languages else []
    return next((folder for folder in folders if (folder / f"train.{pair.partition('-')[0]}").exists()), None)


def starter_corpora() -> list[Path]:
    """Return the folders of the texts that come with the package, in the order of their names; each is a pair's."""
    names = sorted({path.name for data in storage.PACKAGE_DATA for path in data.glob("*-*")})
    return [folder for name in names if (folder := starter_corpus(name))]


def starter_sources(pair: str) -> "Sources":
    """Return the locations of the starter corpus of `pair`. Raises WorkspaceError where the package has none."""
    from attn_cli.text.preparation.prepare import Sources

    folder = starter_corpus(pair)
    if folder is None:
        raise WorkspaceError(f"{pair}: no corpus of this pair comes with attn-mt; give your own text with `train`")
    return Sources((str(folder / "train"),), str(folder / "valid"), str(folder / "test"))


def is_starter(name: str) -> bool:
    """Return whether the corpus called `name` was prepared from a starter corpus that comes with the package."""
    try:
        info = storage.parse_json(storage.read_file(corpus_folder(name) / "prepared.json", storage.DESCRIPTION_MOST))
        sources = starter_sources(f"{info['source_language']}-{info['target_language']}")
        return tuple(info["sources"]["train"]) == sources.train
    except (OSError, ValueError, LookupError, TypeError, WorkspaceError):
        return False


@dataclass(frozen=True, kw_only=True)
class CorpusSummary:
    """A corpus: its languages, pairs to train on, words by language, size of vocabulary, and day of its preparation.

    A starter corpus is not prepared: it has no vocabulary and no day.
    """

    pair: str
    pairs: int
    words: dict[str, int]
    vocab_size: int | None = None
    date: str | None = None


def summarise(folder: Path) -> CorpusSummary:
    """Return the summary of the prepared corpus in `folder`.

    Raises CorpusError where its description is missing or damaged.
    """
    from attn_cli.text.prepared_corpus import read_info

    info = read_info(folder)
    languages = info["source_language"], info["target_language"]
    return CorpusSummary(
        pair="-".join(languages),
        pairs=info["pairs"]["train"],
        words={language: info["words"][language] for language in languages},
        vocab_size=info["tokenizer"]["vocab_size"],
        date=date.fromtimestamp((folder / storage.WRITTEN_LAST["corpora"]).stat().st_mtime).isoformat(),
    )


def summarise_starter(folder: Path) -> CorpusSummary:
    """Return the summary of the starter corpus in `folder`."""
    texts = {
        language: (folder / f"train.{language}").read_text(encoding="utf-8") for language in folder.name.split("-")
    }
    return CorpusSummary(
        pair=folder.name,
        pairs=min(text.count("\n") for text in texts.values()),
        words={language: count_words(text) for language, text in texts.items()},
    )


def open_corpus(name: str, reporter: "Reporter", *, reverse: bool = False) -> "PreparedCorpus":
    """Return the corpus called `name` (a name or a folder), read backwards with `reverse`.

    A corpus serves both directions: where no corpus is prepared under the name of a language pair, that of the
    reversed pair is read backwards. Where neither is prepared, the starter corpus of either is prepared first.
    Raises WorkspaceError where there is none, with similar names, and CorpusError where the corpus cannot be read, or a
    folder in the current folder is meant.
    """
    from attn_cli.text.prepared_corpus import PreparedCorpus

    folder = corpus_folder(name)
    if storage.is_folder(name):
        if not folder.is_dir() and (similar := storage.similar("corpora", name)):
            raise WorkspaceError(f"{name}: no such corpus{similar}; prepare one first")
        return PreparedCorpus(folder, reverse=reverse)
    other = reversed_pair(name)
    choices = [(name, reverse), *([(other, not reverse)] if other else [])]
    for choice, backwards in choices:
        if corpus_folder(choice).exists():
            return PreparedCorpus(corpus_folder(choice), reverse=backwards)
    for choice, backwards in choices:
        if starter_corpus(choice):
            reporter.note(f"{choice}: not prepared yet; preparing the starter corpus that comes with attn-mt")
            return PreparedCorpus(_prepare_starter(choice, reporter), reverse=backwards)
    if storage.is_complete("corpora", Path(name)):
        raise CorpusError(
            f"{name}: no such corpus in {folder.parent}; for the folder of that name here, write ./{name}"
        )
    similar = storage.similar("corpora", name, [starter.name for starter in starter_corpora()])
    raise WorkspaceError(f"{name}: no such corpus in {folder.parent}{similar}; prepare one first")


def _prepare_starter(pair: str, reporter: "Reporter") -> Path:
    """Prepare the starter corpus of `pair` under its name, and return its folder."""
    from attn_cli.text.preparation.prepare import prepare

    source, _, target = pair.partition("-")
    return prepare((source, target), starter_sources(pair), corpus_folder(pair), PrepareConfig(), reporter).folder
