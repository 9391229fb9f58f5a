"""Parallel text in one file of two columns, separated by a tab: source and target."""

from collections.abc import Iterator
from pathlib import Path

from attn_cli.foundation.errors import CorpusError
from attn_cli.text.formats.lines import read_lines

ENDINGS = (".tsv", ".tsv.gz")


def read(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the sentence pairs of a .tsv file; a blank line is an empty pair.

    Raises CorpusError as `read_lines` does, and where a line does not have two columns.
    """
    for number, line in enumerate(read_lines(path), 1):
        columns = line.split("\t") if line.strip() else ["", ""]
        if len(columns) != 2:
            raise CorpusError(f"{path}, line {number}: {len(columns)} columns; each line needs two, separated by a tab")
        yield columns[0].strip(), columns[1].strip()
