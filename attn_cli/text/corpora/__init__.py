"""Corpora from the network, by name: found in the list of the library mtdata, downloaded, and kept in the home."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from attn_cli.text.corpora.download import Progress, fetch
from attn_cli.text.corpora.entries import Entry
from attn_cli.text.corpora.index import CorpusList, Reporter, downloads, read_list
from attn_cli.text.corpora.names import NAMES
from attn_cli.text.corpora.texts import locations

__all__ = ["Corpus", "available", "get_corpora"]


@dataclass(frozen=True)
class Corpus:
    """A corpus on disk: locations of its text (see text/formats), and a record of where it comes from."""

    locations: tuple[str, ...]
    record: dict[str, Any]


def get_corpora(
    names: Sequence[str], pair: tuple[str, str], reporter: Reporter, progress: Progress, *, offline: bool = False
) -> list[Corpus]:
    """Return the corpora called `names`, downloaded where they are not there yet; with `offline`, never.

    The licence and the citation of each are reported. Raises CorpusError where there is no such corpus of this pair,
    where it cannot be downloaded, with what to do by hand, and where its files cannot be read.
    """
    if not names:
        return []
    known = read_list(pair, reporter)
    entries = {entry.id: (name, entry) for name in names for entry in [known.find(name)]}
    return [_get(name, entry, known, reporter, progress, offline=offline) for name, entry in entries.values()]


def available(pair: tuple[str, str], reporter: Reporter) -> list[dict[str, Any]]:
    """Return the records of all corpora of a pair that can be read; those with a short name come first."""
    known = read_list(pair, reporter)
    newest = {entry.id: name for name in NAMES if (entry := known.newest(name))}
    readable = [entry for entry in known.entries.values() if entry.is_readable]
    records = [known.record(newest.get(entry.id, entry.id), entry) for entry in readable]
    return sorted(records, key=lambda record: (record["name"] == record["id"], record["name"]))


def _get(
    name: str, entry: Entry, known: CorpusList, reporter: Reporter, progress: Progress, *, offline: bool
) -> Corpus:
    record = known.record(name, entry)
    licence = record["licence"] or "not known to attn-mt"
    reporter.note(f"{name}: {entry.id}; licence: {licence}, see {record['licence_page']}")
    if record["citation"]:
        reporter.note(f"  please cite {record['citation']}")
    files = [downloads() / entry.id / filename for filename in entry.filenames]
    for url, path in zip(entry.urls, files, strict=True):
        fetch(url, path, progress, offline=offline)
    sides = known.pair[::-1] if known.is_reversed(entry) else known.pair
    return Corpus(locations(entry, files, sides, reporter.note), record)
