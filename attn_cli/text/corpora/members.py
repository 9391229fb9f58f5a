"""The files in an archive, zip or tar, that hold the text of a corpus: copied out one by one, to names of our own.

Archives are hostile. So none is unpacked as a whole; names that lead out of the archive, links, and members that unpack
to more than text could are refused.
"""

import re
import shutil
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import IO
from zipfile import ZipFile

from attn_cli.foundation.errors import CorpusError
from attn_cli.text.formats.opening import ALWAYS_ALLOWED, MOST_RATIO, opened


def copy_members(archive: Path, patterns: Sequence[str], targets: Sequence[Path]) -> None:
    """Copy the member that each pattern matches, which may have wildcards, to the target at the same position.

    Raises CorpusError where a pattern matches no member or several, where a name leads out of the archive, where a
    member is a link or too large, and where the archive is damaged.
    """
    copied: list[str] = []
    with opened(archive) as file:
        members = _zip_members if file.peek(4).startswith(b"PK\3\4") else _tar_members
        with _whole(archive):
            for name, stream in members(archive, file, patterns):
                for pattern, target in zip(patterns, targets, strict=True):
                    if fnmatchcase(name, pattern):
                        copied.append(pattern)
                        with target.open("wb") as copy:
                            shutil.copyfileobj(stream, copy)
    for pattern in patterns:
        if copied.count(pattern) != 1:
            raise CorpusError(f"{archive}: {copied.count(pattern) or 'no'} members called {pattern}; one is needed")


@contextmanager
def _whole(archive: Path) -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, NotImplementedError, RuntimeError, ValueError) as error:  # the second two: of zip files
        raise CorpusError(f"{archive}: cannot be read ({error}); delete it, and it is downloaded again") from None


def _zip_members(archive: Path, file: IO[bytes], patterns: Sequence[str]) -> Iterator[tuple[str, IO[bytes]]]:
    with ZipFile(file) as opened_archive:
        for member in opened_archive.infolist():
            _check_name(archive, member.filename)
            if not _is_wanted(member.filename, patterns):
                continue
            if member.file_size > max(ALWAYS_ALLOWED, MOST_RATIO * member.compress_size):
                raise CorpusError(
                    f"{archive}:{member.filename}: unpacks to more than {MOST_RATIO} times its size, which is not text"
                )
            with opened_archive.open(member) as stream:
                yield member.filename, stream


def _tar_members(archive: Path, file: IO[bytes], patterns: Sequence[str]) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield the members that are wanted; what the whole archive unpacks to is bounded by `opened`."""
    with tarfile.open(fileobj=file, mode="r|") as opened_archive:
        for member in opened_archive:
            name = member.name.removeprefix("./")
            _check_name(archive, name)
            if not _is_wanted(name, patterns):
                continue
            stream = opened_archive.extractfile(member) if member.isreg() and not member.issparse() else None
            if stream is None:
                raise CorpusError(f"{archive}:{name}: a link or the like, not a file; use an archive that you trust")
            yield name, stream


def _is_wanted(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _check_name(archive: Path, name: str) -> None:
    if re.match(r"/|\\|[A-Za-z]:", name) or ".." in re.split(r"[/\\]", name):
        raise CorpusError(f"{archive}: the name of its member {name} leads out of it; use an archive that you trust")
