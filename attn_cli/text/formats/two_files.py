"""Parallel text in two files, PREFIX.en and PREFIX.fr: one sentence per line, its translation on the same line."""

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from attn_cli.foundation.errors import CorpusError
from attn_cli.text.analysis.parting import MOST_LINES, parting
from attn_cli.text.formats.lines import read_lines
from attn_cli.text.formats.opening import PACKED

_KEPT = 500  # characters of a line that are kept in memory, to find where two sides part


def read(prefix: Path, languages: tuple[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the sentence pairs of PREFIX.source and PREFIX.target, each possibly with .gz, .bz2, .xz or .zst.

    Raises CorpusError as `read_lines` does, and at the end where the files differ in their number of lines.
    """
    return read_files(*(_file_of(prefix, language) for language in languages))


def read_files(source: Path, target: Path) -> Iterator[tuple[str, str]]:
    """Yield the sentence pairs of two files. Raises CorpusError as `read` does."""
    return side_by_side((read_lines(source), read_lines(target)), (str(source), str(target)))


def side_by_side(sides: tuple[Iterator[str], Iterator[str]], names: tuple[str, str]) -> Iterator[tuple[str, str]]:
    """Yield pairs of lines; raises CorpusError at the end where one side, of those `names`, has more than the other."""
    starts: tuple[list[str], list[str]] = ([], [])
    for count, pair in enumerate(zip_longest(*sides)):
        for start, line in zip(starts, pair, strict=True):
            if count < MOST_LINES and line is not None:
                start.append(line[:_KEPT])
        if None in pair:
            longer = count + 1 + _count_rest(sides, starts)
            lengths = (count, longer) if pair[0] is None else (longer, count)
            raise CorpusError(_unlike(names, lengths, starts))
        yield pair


def _count_rest(sides: tuple[Iterator[str], Iterator[str]], starts: tuple[list[str], list[str]]) -> int:
    """Return how many lines are left, and keep the first of them."""
    count = 0
    for side, start in zip(sides, starts, strict=True):
        for line in side:
            count += 1
            if len(start) < MOST_LINES:
                start.append(line[:_KEPT])
    return count


def _unlike(names: tuple[str, str], lengths: tuple[int, int], starts: tuple[list[str], list[str]]) -> str:
    counts = " and ".join(f"{name} has {lines:,} lines" for name, lines in zip(names, lengths, strict=True))
    found = parting(*starts)
    reason = found.message(names) if found else "the two sides of a corpus must match line by line"
    return f"{counts}; {reason}"


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
