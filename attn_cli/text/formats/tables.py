"""Parallel text in the columns of a table: values separated by tabs (.tsv), or by commas and the like (.csv)."""

import csv
import re
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from attn_cli.foundation.errors import CorpusError, SettingsError
from attn_cli.text.formats.lines import read_lines
from attn_cli.text.languages import is_named

Columns = tuple[int, int]  # of source and target, from 1
Row = tuple[int, list[str]]  # a line's number and its cells

_ROLES = ({"source", "src"}, {"target", "tgt", "trg", "translation"})
_QUOTED = r'"(?:[^"]|"")*"'
_ALL_QUOTED = re.compile(rf"{_QUOTED}(?:\t{_QUOTED})*")
_SAMPLE = 100  # lines of which the separator is read


def parse_columns(text: str) -> Columns:
    """Return the numbers of two columns, as in "1,3". Raises SettingsError where `text` is something else."""
    match = re.fullmatch(r"\s*([1-9]\d{0,4})\s*,\s*([1-9]\d{0,4})\s*", text)
    if not match or match[1] == match[2]:
        raise SettingsError(f"`columns` {text}: give the numbers of two columns, source first, as in 1,3")
    return int(match[1]), int(match[2])


def read_tsv(
    path: Path, languages: tuple[str, str], columns: Columns | None, note: Callable[[str], None]
) -> Iterator[tuple[str, str]]:
    """Yield the sentence pairs of a .tsv file, from `columns`; a blank line is an empty pair.

    A quotation mark is a character, unless every cell of the file is quoted. Raises CorpusError as `read_lines` does,
    and where a line lacks the columns, or has more than two and none are chosen.
    """
    rows: Iterator[Row] = ((number, line.split("\t")) for number, line in enumerate(read_lines(path), 1))
    if _all_quoted(path):
        note(f"{path}: the quotation marks around every column are left out")
        rows = ((number, [_unquoted(cell) for cell in _cells(cells)]) for number, cells in rows)
    return _pairs(path, rows, languages, columns, note)


def read_csv(
    path: Path, languages: tuple[str, str], columns: Columns | None, note: Callable[[str], None]
) -> Iterator[tuple[str, str]]:
    """Yield the sentence pairs of a .csv file as `read_tsv` does; cells may be quoted, and may then have line breaks.

    The cells are separated by commas, semicolons or tabs. Raises CorpusError also where a quotation mark is missing.
    """
    return _pairs(path, _csv_rows(path), languages, columns, note)


def _pairs(
    path: Path, rows: Iterator[Row], languages: tuple[str, str], columns: Columns | None, note: Callable[[str], None]
) -> Iterator[tuple[str, str]]:
    for index, (number, cells) in enumerate(rows):
        if index == 0 and (header := _header(cells, languages, columns)):
            columns = header
            note(f"{path}: its header is left out; columns {header[0]} and {header[1]} are source and target")
        elif not any(cell.strip() for cell in cells):
            yield "", ""
        elif (columns is None and len(cells) != 2) or (columns is not None and len(cells) < max(columns)):
            raise CorpusError(f"{path}, line {number}: {_wrong(cells, columns, first=index == 0)}")
        else:
            source, target = columns or (1, 2)
            yield cells[source - 1], cells[target - 1]


def _header(cells: list[str], languages: tuple[str, str], columns: Columns | None) -> Columns | None:
    """Return the columns that a first row names, in any order, or None where it is no header."""
    names = [cell.strip().casefold() for cell in cells]
    where = [
        [column for column, name in enumerate(names, 1) if name in role or is_named(language, name)]
        for language, role in zip(languages, _ROLES, strict=True)
    ]
    if columns:
        chosen = {column for column in columns if column in (*where[0], *where[1])}
        return columns if len(chosen) == 2 else None
    return (where[0][0], where[1][0]) if all(where) else None


def _wrong(cells: list[str], columns: Columns | None, *, first: bool) -> str:
    """Return what is wrong with a row: the number of its cells, and what to do."""
    count = f"{len(cells)} column{'s' * (len(cells) > 1)}"
    if columns:
        return f"{count}; columns {columns[0]} and {columns[1]} are needed"
    if first and len(cells) > 2:
        longest = sorted(range(len(cells)), key=lambda column: -len(cells[column]))[:2]
        return f"{count}; choose two with `columns`, for example {min(longest) + 1},{max(longest) + 1}"
    if '"' in str(cells):
        return f"{count}, not two; a quotation mark is a character in .tsv: call the file .csv where it is none"
    return f"{count}; each line needs two, separated by a tab (.tsv) or a comma (.csv)"


def _all_quoted(path: Path) -> bool:
    """Return whether every cell of a .tsv file is quoted; it is read as far as that holds."""
    quoted = False
    for line in read_lines(path):
        if line.strip() and not (quoted := bool(_ALL_QUOTED.fullmatch(line))):
            return False
    return quoted


def _cells(cells: list[str]) -> list[str]:
    return re.findall(_QUOTED, "\t".join(cells))  # a tab may be quoted


def _unquoted(cell: str) -> str:
    return cell[1:-1].replace('""', '"')


def _csv_rows(path: Path) -> Iterator[Row]:
    lines = (f"{line}\n" for line in read_lines(path))
    rows = csv.reader(lines, delimiter=_separator(path), strict=True, skipinitialspace=True)
    number = 1  # of the line that a row begins in
    try:
        for cells in rows:
            yield number, cells
            number = rows.line_num + 1
    except csv.Error as error:
        reason = f"a cell of more than {csv.field_size_limit():,} characters" if "limit" in str(error) else str(error)
        raise CorpusError(f"{path}, line {number}: {reason}; check the quotation marks from there on") from None


def _separator(path: Path) -> str:
    """Return the character that separates the first lines of a .csv file into equally many columns; else a comma."""
    lines = [f"{line}\n" for line in islice(read_lines(path), _SAMPLE)]
    for separator in ",;\t":
        try:
            widths = [len(cells) for cells in csv.reader(lines, delimiter=separator, skipinitialspace=True) if cells]
        except csv.Error:
            continue
        whole = widths[:-1] if len(lines) == _SAMPLE else widths  # the sample may end within quotation marks
        if len(set(whole)) == 1 and whole[0] > 1:
            return separator
    return ","


READERS = {".tsv": read_tsv, ".tab": read_tsv, ".csv": read_csv}  # by the end of a name
