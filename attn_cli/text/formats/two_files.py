"""Parallel text in two files, PREFIX.en and PREFIX.fr: one sentence per line, its translation on the same line."""

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from attn_cli.foundation.errors import CorpusError
from attn_cli.text.formats.lines import read_lines


def read(prefix: Path, languages: tuple[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the sentence pairs of PREFIX.source and PREFIX.target, each possibly with .gz.

    Raises CorpusError as `read_lines` does, and at the end where the files differ in their number of lines.
    """
    paths = [_file_of(prefix, language) for language in languages]
    sides = [read_lines(path) for path in paths]
    for count, (source, target) in enumerate(zip_longest(*sides)):
        if source is None or target is None:
            longer = count + 1 + sum(1 for side in sides for _ in side)
            lengths = (count, longer) if source is None else (longer, count)
            counts = " and ".join(f"{path} has {lines} lines" for path, lines in zip(paths, lengths, strict=True))
            raise CorpusError(f"{counts}; the two sides of a corpus must match line by line")
        yield source.strip(), target.strip()


def _file_of(prefix: Path, language: str) -> Path:
    plain, compressed = Path(f"{prefix}.{language}"), Path(f"{prefix}.{language}.gz")
    if not plain.exists() and not compressed.exists():
        raise CorpusError(f"{plain}: no such file, nor {compressed.name}; {prefix} means two files, one per language")
    return plain if plain.exists() else compressed
