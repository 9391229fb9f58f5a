"""The text of a corpus, as locations for text/formats: the downloaded file itself, or files made from it beside it."""

import shutil
import tempfile
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path

from attn_cli.text.corpora.entries import ARCHIVES, Entry
from attn_cli.text.corpora.members import copy_members
from attn_cli.text.formats.tables import read_tsv

_MISSING = "__NULL__"  # a sentence that a table of NeuLab lacks

Note = Callable[[str], None]


def locations(entry: Entry, files: Sequence[Path], sides: tuple[str, str], note: Note) -> tuple[str, ...]:
    """Return locations of a corpus whose files have been downloaded.

    `sides` are its languages as the user writes them, in the corpus' order. A zip of OPUS and a file of TMX are read
    as they are. Else text.en and text.fr, or files of TMX, are made from members or columns, unless they are there
    already. Raises CorpusError where the files cannot be read.
    """
    folder, is_tmx = files[0].parent, entry.kind == "tmx"
    if is_tmx and entry.form not in ARCHIVES:
        return tuple(map(str, files))
    if entry.form == "zip" and set(entry.members) == {f"*.{side}" for side in sides}:
        return (str(files[0]),)
    names = [f"text-{number}.tmx" for number, _ in enumerate(entry.members, 1)] if is_tmx else _names(sides)
    made = [folder / name for name in names]
    if not _are_newer(made, files):
        with tempfile.TemporaryDirectory(dir=folder, prefix=".") as temporary:
            parts = _parts(entry, files, Path(temporary))
            if entry.kind == "tsv":
                parts = _written(entry, parts, sides, Path(temporary), note)
            for part, path in zip(parts, made, strict=True):
                part.replace(path)
    return tuple(map(str, made)) if is_tmx else (str(folder / "text"),)


def _names(sides: tuple[str, str]) -> list[str]:
    return [f"text.{side}" for side in sides]


def _are_newer(made: Sequence[Path], files: Sequence[Path]) -> bool:
    if not all(path.is_file() for path in made):
        return False
    return min(path.stat().st_mtime for path in made) >= max(path.stat().st_mtime for path in files)


def _parts(entry: Entry, files: Sequence[Path], folder: Path) -> list[Path]:
    """Return the files that hold the text: members of an archive, or copies of what was downloaded; tables, as is."""
    if entry.kind == "tsv" and entry.form not in ARCHIVES:
        return list(files)
    copies = [folder / str(number) for number, _ in enumerate(entry.members or files)]
    if entry.form in ARCHIVES:
        copy_members(files[0], entry.members, copies)
    else:
        for file, copy in zip(files, copies, strict=True):
            shutil.copyfile(file, copy)
    return copies


def _written(entry: Entry, tables: Sequence[Path], sides: tuple[str, str], folder: Path, note: Note) -> list[Path]:
    """Write a file for each of two columns of tables."""
    first, second = entry.columns or (0, 1)
    pairs = chain.from_iterable(read_tsv(table, sides, (first + 1, second + 1), note) for table in tables)
    paths = [folder / name for name in _names(sides)]
    with (
        paths[0].open("w", encoding="utf-8", newline="\n") as source,
        paths[1].open("w", encoding="utf-8", newline="\n") as target,
    ):
        for pair in pairs:
            if _MISSING not in pair:
                source.write(f"{pair[0]}\n")
                target.write(f"{pair[1]}\n")
    return paths
