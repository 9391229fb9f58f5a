"""Test sets by name: those that sacreBLEU knows and keeps in its cache, fetched when they are first asked for."""

import difflib
from pathlib import Path

from sacrebleu.dataset import DATASETS

from attn_cli.foundation.errors import CorpusError
from attn_cli.text.cleaning import Pair, read_lines


def read_test_set(name: str, languages: tuple[str, str]) -> list[Pair]:
    """Return the sentence pairs of sacreBLEU's test set `name`, with the first of its references by name.

    Raises CorpusError where there is no such set, where it has not this pair of languages, or where it is not in the
    cache and cannot be fetched.
    """
    if name not in DATASETS:
        near = difflib.get_close_matches(name, DATASETS, n=3) or ["wmt14"]
        raise CorpusError(f"{name}: sacreBLEU knows no such test set; is it {' or '.join(near)}? (sacrebleu --list)")
    dataset, pair = DATASETS[name], "-".join(languages)
    if pair not in dataset.langpairs:
        raise CorpusError(f"{name}: not for {pair}; it has {', '.join(sorted(dataset.langpairs))}")
    try:
        paths = dataset.get_source_file(pair), min(dataset.get_reference_files(pair))  # type: ignore[no-untyped-call]
        source, reference = (list(read_lines(Path(path))) for path in paths)
    except (Exception, SystemExit) as error:  # no route, a damaged archive, a wrong checksum: it leaves by many doors
        raise CorpusError(f"{name}: it could not be fetched ({error}); see the files in sacreBLEU's cache") from None
    if len(source) != len(reference) or not source:
        raise CorpusError(f"{name}: sacreBLEU's cache holds only a part of it; delete that and fetch it again")
    return list(zip(source, reference, strict=True))
