"""Parallel text in a zip file as OPUS ships it: NAME.en-fr.en and NAME.en-fr.fr, line by line; nothing is extracted."""

import io
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from zipfile import ZipFile, ZipInfo

from attn_cli.foundation.errors import CorpusError
from attn_cli.text.formats.lines import read_lines
from attn_cli.text.formats.opening import ALWAYS_ALLOWED, MOST_RATIO, opened
from attn_cli.text.formats.two_files import side_by_side

ENDINGS = (".zip",)
_MOST_MEMBERS = 1000


def read(path: Path, languages: tuple[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the sentence pairs of every two members whose names differ only in their ends, .en and .fr.

    Raises CorpusError where there are none, where a member's name leads out of the archive, or where a member is
    damaged, has a password, or unpacks to more than 200 times its size and 64 MiB; and as `side_by_side` does.
    """
    with opened(path) as file:
        try:
            archive = ZipFile(file)
        except (NotImplementedError, ValueError) as error:
            raise CorpusError(f"{path}: cannot be read ({error})") from None
        members = {member.filename: member for member in archive.infolist()}
        _check(path, members)
        ends = tuple(f".{language}" for language in languages)
        stems = [name.removesuffix(ends[0]) for name in members if name.endswith(ends[0])]
        both = [stem for stem in stems if f"{stem}{ends[1]}" in members]
        if not both:
            names = ", ".join(list(members)[:9])
            raise CorpusError(f"{path}: no two members that end in {ends[0]} and {ends[1]}; it has {names or 'none'}")
        for stem in both:
            source, target = (partial(_lines, path, archive, members[f"{stem}{end}"]) for end in ends)
            yield from side_by_side((source, target), (f"{path}:{stem}{ends[0]}", f"{path}:{stem}{ends[1]}"))


def _check(path: Path, members: dict[str, ZipInfo]) -> None:
    if len(members) > _MOST_MEMBERS:
        raise CorpusError(f"{path}: {len(members):,} members; one archive of parallel text has a few")
    for name in members:
        if re.match(r"/|\\|[A-Za-z]:", name) or ".." in re.split(r"[/\\]", name):
            raise CorpusError(f"{path}: the name of its member {name} leads out of it; use an archive that you trust")


def _lines(path: Path, archive: ZipFile, member: ZipInfo) -> Iterator[str]:
    name = f"{path}:{member.filename}"
    if member.file_size > max(ALWAYS_ALLOWED, MOST_RATIO * member.compress_size):
        raise CorpusError(f"{name}: unpacks to more than {MOST_RATIO} times its size, which is not text")
    try:
        stream: Any = archive.open(member)
    except (NotImplementedError, RuntimeError) as error:  # an unknown packing, a password
        raise CorpusError(f"{name}: cannot be read ({error}); pack it again, without a password") from None
    yield from read_lines(io.BufferedReader(stream), name)
