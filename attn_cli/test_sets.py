"""Test sets by name: those that sacreBLEU knows and keeps in its cache, fetched when they are first asked for."""

import difflib
from pathlib import Path

from sacrebleu.dataset import DATASETS

from attn_cli.corpus import Pair, read_lines
from attn_cli.errors import CorpusError


def read_test_set(name: str, languages: tuple[str, str]) -> list[Pair]:
    """Return the sentence pairs of sacreBLEU's test set `name`, with its first reference.

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
        fields, paths = dataset.fieldnames(pair), dataset.get_files(pair)  # type: ignore[no-untyped-call]
    except (OSError, SystemExit) as error:  # it leaves by sys.exit where a checksum is wrong
        raise CorpusError(f"{name}: it could not be fetched ({error}); see the files in sacreBLEU's cache") from None
    files = dict(zip(fields, paths, strict=True))
    first = next(field for field in fields if field.startswith("ref"))
    source, reference = (read_lines(Path(files[field])) for field in ("src", first))
    return list(zip(source, reference, strict=True))
