"""The formats of parallel text, one module per format, and the choice between them by the file's name or content.

A location of parallel text is PREFIX, which stands for PREFIX.en and PREFIX.fr, two files separated by a comma
(two_files.py), or one file in another format. Every file may be packed (opening.py).
"""

from collections.abc import Iterator
from pathlib import Path

from attn_cli.foundation.errors import CorpusError
from attn_cli.text.formats import tsv, two_files

__all__ = ["Pair", "read_parallel"]

Pair = tuple[str, str]  # a sentence and its translation


def read_parallel(location: str, languages: tuple[str, str]) -> Iterator[Pair]:
    """Yield the sentence pairs at `location`, without surrounding white space; the text is never held as a whole.

    Raises CorpusError, while it is iterated over, where a file is missing, cannot be read or is not UTF-8, where a
    line of a .tsv file does not have two columns, and at the end where two files differ in their number of lines.
    """
    path = Path(location)
    if path.name.endswith(tsv.ENDINGS):
        pairs = tsv.read(path)
    elif "," in location and not two_files.exists(path, languages):
        pairs = two_files.read_files(*_two_paths(location))
    else:
        pairs = two_files.read(path, languages)
    for source, target in pairs:
        yield source.strip(), target.strip()


def _two_paths(location: str) -> tuple[Path, Path]:
    paths = [Path(part.strip()) for part in location.split(",")]
    if len(paths) != 2:
        raise CorpusError(f"{location}: {len(paths)} files; give two, as in text.en,text.fr")
    return paths[0], paths[1]
