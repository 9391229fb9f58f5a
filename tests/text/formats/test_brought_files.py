"""Files that people brought, where they are available: $ATTN_MT_TEST_CASES names their folder."""

import os
from pathlib import Path

import pytest

from attn_cli.text.formats import read_parallel

CASES = Path(os.environ.get("ATTN_MT_TEST_CASES", "no-such-folder"))
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="ATTN_MT_TEST_CASES does not name a folder of files")


@pytest.mark.parametrize(
    "name, columns",
    [
        ("every-field-quoted.tsv", None),
        ("pairs.csv", None),
        ("tatoeba-four-columns.tsv", (2, 4)),
        ("three-columns-score.tsv", (2, 3)),
        ("pairs.jsonl", None),
        ("translation-memory-with-inline-tags.tmx", None),
        ("memory.xlf", None),
        ("opus-moses.en-fr.zip", None),
        ("parallel/bz2", None),
        ("parallel/xz", None),
        ("parallel/zst", None),
    ],
)
def test_a_file_that_somebody_brought_is_read(name, columns):
    if name.endswith("zst"):
        pytest.importorskip("zstandard")
    pairs = list(read_parallel(str(CASES / name), ("en", "fr"), columns))
    assert len(pairs) == 300
    assert all(map(all, pairs))
