"""The list of corpora: read from the library mtdata once, and kept in the home, a line of JSON for each corpus."""

import gzip
import json
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

from attn_cli.foundation import replacing, storage
from attn_cli.foundation.errors import CorpusError
from attn_cli.text.corpora import mtdata_list
from attn_cli.text.corpora.entries import Entry, Languages
from attn_cli.text.corpora.names import NAMES, known

_PROGRAM = Path(mtdata_list.__file__)


class Reporter(Protocol):
    """Receives what happens."""

    def doing(self, stage: str, /) -> None:
        """Receive the name of the stage that begins."""

    def note(self, text: str, /) -> None:
        """Receive a remark for the user."""


def downloads() -> Path:
    """Return the folder of what has been downloaded: the list of corpora, and a folder for each corpus."""
    return storage.home() / "downloads"


@dataclass(frozen=True)
class CorpusList:
    """The corpora of two languages, in the order of the list; corpora in other varieties of them are `similar`."""

    pair: tuple[str, str]
    languages: Languages
    citations: dict[str, str]
    entries: dict[str, Entry]  # by their ids

    def find(self, name: str) -> Entry:
        """Return the corpus called `name`: a short name, whose newest version is meant, or an id of mtdata.

        Raises CorpusError where there is none, with similar names, and where the corpus cannot be read.
        """
        entry = self.entries.get(name) or self.newest(name)
        if entry is None:
            raise CorpusError(f"{name}: no corpus of {'-'.join(self.pair)} has this name{self._similar(name)}")
        if not entry.is_readable:
            raise CorpusError(f"{name}: it is in a format that is not read ({entry.form}, {entry.kind})")
        return entry

    def newest(self, name: str) -> Entry | None:
        """Return the newest version of a corpus by its short name; one without a region, where the pair names none."""
        if name not in NAMES:
            return None
        beginning = f"{NAMES[name].group}-{NAMES[name].version}"
        distances = {
            entry: distance
            for entry in self.entries.values()
            if entry.id.startswith(beginning) and entry.is_readable and (distance := self._distance(entry)) is not None
        }
        closest = [entry for entry, distance in distances.items() if distance == min(distances.values())]
        return max(closest, key=lambda entry: entry.version, default=None)

    def is_reversed(self, entry: Entry) -> bool:
        """Return whether the corpus has the second language of the pair first."""
        return bool(self.languages.is_reversed(self.pair, entry.languages))

    def record(self, name: str, entry: Entry) -> dict[str, Any]:
        """Return where a corpus comes from: name, id, url, licence (None where it is not known), page and citation."""
        about = known(entry.group)
        cited = [self.citations[key] for key in entry.cited if key in self.citations]
        return {
            "name": name,
            "id": entry.id,
            "url": ", ".join(entry.urls),
            "licence": about.licence if about else None,
            "licence_page": about.page if about else _page(entry),
            "citation": about.citation if about else "; ".join(cited) or None,
        }

    def _distance(self, entry: Entry) -> int | None:
        had = entry.languages[::-1] if self.is_reversed(entry) else entry.languages
        return self.languages.distance(self.pair, had)

    def _similar(self, name: str) -> str:
        varieties = [entry.id for entry in self.entries.values() if name in NAMES and entry.group == NAMES[name].group]
        names = [short for short in NAMES if self.newest(short)]
        close = varieties[-3:] or get_close_matches(name, [*names, *self.entries], 3, 0.5)
        similar = f"; similar: {', '.join(close)}" if close else ""
        return f"{similar}; `corpus` list shows all"


def _page(entry: Entry) -> str:
    return "https://opus.nlpl.eu" if entry.group.startswith("OPUS-") else entry.urls[0]


def read_list(pair: tuple[str, str], reporter: Reporter) -> CorpusList:
    """Return the corpora of a pair of languages, in either order.

    The list is read from mtdata where the home has none, or one of another version of mtdata than is installed. Raises
    CorpusError where it is needed and mtdata is not installed, and where the list is damaged.
    """
    path = downloads() / mtdata_list.LIST
    if not path.exists() or _is_outdated(path):
        _ask_mtdata(path, reporter)
    with _whole(path), gzip.open(path, "rt", encoding="utf-8") as file:
        about = json.loads(next(file))
        languages = Languages(about["codes"], about["scripts"])
        entries = {entry.id: entry for entry in _entries(file, pair, languages)}
        return CorpusList(pair, languages, about["citations"], entries)


def _entries(lines: Iterator[str], pair: tuple[str, str], languages: Languages) -> Iterator[Entry]:
    wanted: dict[str, bool] = {}  # by the languages at the end of an id
    for line in lines:
        _, first, second = line[: line.index('",')].rsplit("-", 2)
        key = f"{first}-{second}"
        if key not in wanted:
            wanted[key] = languages.is_reversed(pair, (first, second)) is not None
        if wanted[key]:
            lists: dict[str, Any] = json.loads(line)
            values: dict[str, Any] = {
                name: tuple(value) if isinstance(value, list) else value for name, value in lists.items()
            }
            yield Entry(**values)


def _is_outdated(path: Path) -> bool:
    try:
        installed = metadata.version("mtdata")
    except metadata.PackageNotFoundError:
        return False
    with _whole(path), gzip.open(path, "rt", encoding="utf-8") as file:
        return bool(json.loads(next(file))["version"] != installed)


@contextmanager
def _whole(path: Path) -> Iterator[None]:
    try:
        yield
    except (ValueError, LookupError, TypeError, EOFError, StopIteration, zlib.error, gzip.BadGzipFile):
        raise CorpusError(f"{path}: damaged; delete it, and it is made again") from None


def _ask_mtdata(path: Path, reporter: Reporter) -> None:
    reporter.doing("reading the list of corpora, once (half a minute)")
    with replacing.replace_file(path) as part, tempfile.TemporaryDirectory(dir=path.parent, prefix=".") as folder:
        # -P and the empty folder: mtdata imports no module from beside the program, nor from the current folder.
        command = [sys.executable, "-P", str(_PROGRAM.resolve())]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", check=False)
        if done.returncode == mtdata_list.NOT_INSTALLED:
            raise CorpusError("`corpus` takes the list of corpora from the package mtdata: pip install mtdata")
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise CorpusError(f"mtdata: its list of corpora cannot be read ({reason}); try pip install mtdata==0.5.1")
        (Path(folder) / mtdata_list.LIST).replace(part)
