"""The formats of parallel text, one module per format, and the choice between them by the file's name or content.

A location of parallel text is PREFIX, which stands for PREFIX.en and PREFIX.fr, two files separated by a comma
(two_files.py), or one file in another format. Every file may be packed (opening.py).
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from attn_cli.foundation.errors import CorpusError
from attn_cli.text.formats import jsonl, moses_zip, po, tables, tmx, two_files, xliff
from attn_cli.text.formats.opening import PACKED, as_utf8, opened

__all__ = ["Pair", "ending_of", "read_parallel"]

Pair = tuple[str, str]  # a sentence and its translation

_READERS: dict[str, Callable[[Path, tuple[str, str]], Iterator[Pair]]] = {
    **dict.fromkeys(jsonl.ENDINGS, jsonl.read),
    **dict.fromkeys(xliff.ENDINGS, xliff.read),
    **dict.fromkeys(po.ENDINGS, po.read),
    **dict.fromkeys(moses_zip.ENDINGS, moses_zip.read),
}
ENDINGS = (*tables.READERS, *tmx.ENDINGS, *_READERS)
_BEGINNINGS = {r"<tmx\b": ".tmx", r"<(\w+:)?xliff\b": ".xlf", r"\A\s*\{": ".jsonl", r"^msgid\s": ".po"}


def read_parallel(
    location: str,
    languages: tuple[str, str],
    columns: tables.Columns | None = None,
    note: Callable[[str], None] = lambda _: None,
) -> Iterator[Pair]:
    """Yield the sentence pairs at `location`, each side on one line and without surrounding white space.

    The text is never held as a whole. `columns` are those of source and target in tables, from 1; `note` receives
    remarks on what is left out. Raises CorpusError, while it is iterated over, where a file is missing, cannot be read
    or is not in its format, and at the end where two files differ in their number of lines.
    """
    for source, target in _opened(location, languages, columns, note):
        yield _one_line(source), _one_line(target)


def ending_of(location: str) -> str:
    """Return the end of a name that tells a format, such as ".tsv" for "text.TSV.gz"; it may be none that is known."""
    path = Path(location)
    return Path(path.stem if path.suffix.lower() in PACKED else path.name).suffix.lower()


def _opened(
    location: str, languages: tuple[str, str], columns: tables.Columns | None, note: Callable[[str], None]
) -> Iterator[Pair]:
    path, ending = Path(location), ending_of(location)
    if not path.is_file() and two_files.exists(path, languages):
        return two_files.read(path, languages)
    if not path.exists() and ending not in ENDINGS:
        return two_files.read_files(*_two_paths(location)) if "," in location else two_files.read(path, languages)
    if ending not in ENDINGS:
        ending = _ending_by_content(path)
    if ending in tables.READERS:
        return tables.READERS[ending](path, languages, columns, note)
    if ending in tmx.ENDINGS:
        return tmx.read(path, languages, note)
    return _READERS[ending](path, languages)


def _ending_by_content(path: Path) -> str:
    """Return the end that the name of a file should have. Raises CorpusError where its content does not tell."""
    with opened(path) as file:
        if file.peek(4).startswith(b"PK\3\4"):
            return ".zip"
        start = as_utf8(file, str(path)).read(1 << 16)
    lines = start.decode(errors="replace").removeprefix("\ufeff").splitlines()[:20]
    for expression, ending in _BEGINNINGS.items():
        if re.search(expression, "\n".join(lines), re.MULTILINE):
            return ending
    if lines and all("\t" in line for line in lines):
        return ".tsv"
    raise CorpusError(
        f"{path}: not in a format that is known ({', '.join(ENDINGS)}, each also packed); "
        f"for two files, one per language, give their names with a comma between them"
    )


def _one_line(text: str) -> str:
    return re.sub(r"\s*\n\s*", " ", text.strip()) if "\n" in text else text.strip()


def _two_paths(location: str) -> tuple[Path, Path]:
    paths = [Path(part.strip()) for part in location.split(",")]
    if len(paths) != 2:
        raise CorpusError(f"{location}: {len(paths)} files; give two, as in text.en,text.fr")
    return paths[0], paths[1]
