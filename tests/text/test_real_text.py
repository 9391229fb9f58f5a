"""Real parallel text, where it is available: $ATTN_MT_TEST_DATA names its folder."""

import os
from pathlib import Path

import numpy as np
import pytest

from attn_cli.foundation.settings import CleaningConfig, TokenizerConfig
from attn_cli.text.formats import read_parallel
from attn_cli.text.preparation.cleaning import Cleaner, normalized
from attn_cli.text.preparation.selection import drop_known, drop_repeated
from attn_cli.text.preparation.spool import TRAIN, cleaned, compared_hash
from attn_cli.text.tokenizer import Tokenizer, fold

DATA = Path(os.environ.get("ATTN_MT_TEST_DATA", "no-such-folder"))
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="ATTN_MT_TEST_DATA does not name a folder of real text")
CORPORA = [
    ("multi30k", "en", "fr"),
    ("tatoeba-en-fr", "en", "fr"),
    ("tatoeba-en-de", "en", "de"),
    ("tanaka-en-ja", "en", "ja"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "source", "target"), CORPORA)
def test_a_real_corpus_is_read_cleaned_and_tokenised(name, source, target):
    if not (DATA / name).is_dir():
        pytest.skip(f"no {name} in {DATA}")
    train, valid = (list(read_parallel(str(DATA / name / split), (source, target))) for split in ("train", "valid"))
    rows = cleaned(Cleaner(CleaningConfig(), (source, target)), train).rows
    drop_repeated(rows, one_translation=False)
    drop_known(rows, tuple(np.array([*map(compared_hash, side)], np.uint64) for side in zip(*valid, strict=True)))
    kept = [pair for pair, fate in zip(train, rows["fate"], strict=True) if fate == TRAIN]
    assert len(kept) > 0.95 * len(train)
    known = {normalized(pair[0]) for pair in valid}
    assert not any(normalized(pair[0]) in known for pair in kept)
    sentences = [sentence for pair in kept[:4000] for sentence in pair]
    tokenizer = Tokenizer.train(sentences, TokenizerConfig(vocab_size=3000))
    decoded = tokenizer.decode(tokenizer.encode(sentences))
    same = sum(fold(a) == b for a, b in zip(sentences, decoded, strict=True))
    assert same > 0.98 * len(sentences)
