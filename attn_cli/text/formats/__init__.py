"""The formats of parallel text, one module per format, and the choice between them by the file's name.

A location of parallel text is PREFIX, which stands for PREFIX.en and PREFIX.fr (two_files.py), or a file of two
columns, FILE.tsv (tsv.py). Every file may be compressed: its name then ends in .gz.
"""

from collections.abc import Iterator
from pathlib import Path

from attn_cli.text.formats import tsv, two_files

__all__ = ["Pair", "read_parallel"]

Pair = tuple[str, str]  # a sentence and its translation


def read_parallel(location: str, languages: tuple[str, str]) -> Iterator[Pair]:
    """Yield the sentence pairs at `location`, without surrounding white space; the text is never held as a whole.

    Raises CorpusError, while it is iterated over, where a file is missing, cannot be read or is not UTF-8, where a
    line of a .tsv file does not have two columns, and at the end where two files differ in their number of lines.
    """
    path = Path(location)
    return tsv.read(path) if path.name.endswith(tsv.ENDINGS) else two_files.read(path, languages)
