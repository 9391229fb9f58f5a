"""Parallel text in two files, PREFIX.en and PREFIX.fr: one sentence per line, its translation on the same line."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice, zip_longest
from pathlib import Path

from attn_cli.foundation.errors import CorpusError
from attn_cli.text.analysis.parting import MOST_LINES, parting
from attn_cli.text.formats.lines import read_lines
from attn_cli.text.formats.opening import PACKED

Side = Callable[[], Iterator[str]]
_COMPARED = 500  # characters of a line, where two sides part


def read(prefix: Path, languages: tuple[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the sentence pairs of PREFIX.source and PREFIX.target, each possibly with .gz, .bz2, .xz or .zst.

    Raises CorpusError as `read_lines` does, and at the end where the files differ in their number of lines.
    """
    return read_files(*(_file_of(prefix, language) for language in languages))


def read_files(source: Path, target: Path) -> Iterator[tuple[str, str]]:
    """Yield the sentence pairs of two files. Raises CorpusError as `read` does."""
    return side_by_side((partial(read_lines, source), partial(read_lines, target)), (str(source), str(target)))


def side_by_side(sides: tuple[Side, Side], names: tuple[str, str]) -> Iterator[tuple[str, str]]:
    """Yield pairs of lines of two sides, which are functions that begin to read.

    Raises CorpusError at the end where one side, of those `names`, has more lines than the other. Their beginnings are
    read again then, to find where they part.
    """
    source_lines, target_lines = (begin() for begin in sides)
    for count, (source, target) in enumerate(zip_longest(source_lines, target_lines)):
        if source is None or target is None:
            longer = count + 1 + sum(1 for lines in (source_lines, target_lines) for _ in lines)
            lengths = (count, longer) if source is None else (longer, count)
            counts = " and ".join(f"{name} has {lines:,} lines" for name, lines in zip(names, lengths, strict=True))
            found = parting(*([line[:_COMPARED] for line in islice(begin(), MOST_LINES)] for begin in sides))
            reason = found.message(names) if found else "the two sides of a corpus must match line by line"
            raise CorpusError(f"{counts}; {reason}")
        yield source, target


def exists(prefix: Path, languages: tuple[str, str]) -> bool:
    """Return whether there is a file of one of the two sides of PREFIX."""
    return any(path.exists() for language in languages for path in _files_of(prefix, language))


def _file_of(prefix: Path, language: str) -> Path:
    files = _files_of(prefix, language)
    found = next((path for path in files if path.exists()), None)
    if found is None:
        packed = f"{', '.join(PACKED[:-1])} or {PACKED[-1]}"
        raise CorpusError(f"{files[0]}: no such file, nor with {packed}; {prefix} means two files, one per language")
    return found


def _files_of(prefix: Path, language: str) -> list[Path]:
    return [Path(f"{prefix}.{language}{ending}") for ending in ("", *PACKED)]
