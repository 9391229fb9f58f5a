"""The test sets of sacreBLEU, by name: it downloads one on first use and keeps it in its cache."""

import difflib
from pathlib import Path

from sacrebleu.dataset import DATASETS

from attn_cli.foundation.errors import CorpusError
from attn_cli.text.formats import Pair
from attn_cli.text.formats.lines import read_lines
from attn_cli.text.languages import base_code


def read_test_set(name: str, languages: tuple[str, str]) -> list[Pair]:
    """Return the sentence pairs of sacreBLEU's test set `name`; of several references, the first by file name.

    Raises CorpusError where there is no such set, where it lacks these languages, and where it is neither in the cache
    nor can be downloaded.
    """
    if name not in DATASETS:
        similar = difflib.get_close_matches(name, DATASETS, n=3) or ["wmt14"]
        raise CorpusError(f"{name}: not a test set of sacreBLEU; similar names: {', '.join(similar)}")
    dataset, pair = DATASETS[name], "-".join(languages)
    if pair not in dataset.langpairs:  # it has en-zh, and no en-zh_Hans
        pair = "-".join(map(base_code, languages))
    if pair not in dataset.langpairs:
        raise CorpusError(f"{name}: has no pair {pair}; choose from {', '.join(sorted(dataset.langpairs))}")
    try:
        paths = dataset.get_source_file(pair), min(dataset.get_reference_files(pair))  # type: ignore[no-untyped-call]
        source, reference = (list(read_lines(Path(path))) for path in paths)
    except (Exception, SystemExit) as error:  # no network, a damaged archive, a wrong checksum: different types
        raise CorpusError(f"{name}: could not be downloaded ({error}); check the files in sacreBLEU's cache") from None
    if len(source) != len(reference) or not source:
        raise CorpusError(f"{name}: incomplete in sacreBLEU's cache; delete it there and download it again")
    return list(zip(source, reference, strict=True))
