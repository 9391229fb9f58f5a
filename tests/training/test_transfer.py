"""The first weights of fine-tuning: the parent's, with another vocabulary for other languages."""

from dataclasses import replace

import numpy as np
import pytest
from digit_language import digit_pairs

from attn_cli.foundation.errors import ModelFolderError
from attn_cli.foundation.settings import TokenizerConfig
from attn_cli.text.tokenizer import Tokenizer
from attn_cli.training.transfer import EMBEDDING, transferred


@pytest.fixture(scope="module")
def tokenizer():
    """A tokenizer of another language, which shares some pieces with English."""
    words = [f"{source} {target} ghij kl" for source, target in digit_pairs(60, seed=4)]
    return Tokenizer.train(words, TokenizerConfig(vocab_size=330))


def test_with_the_same_tokenizer_the_weights_are_the_parents(stored):
    assert transferred(stored, Tokenizer(stored.tokenizer.model), seed=1) is stored.weights


def test_pieces_of_both_vocabularies_keep_their_embeddings_and_the_others_get_random_ones(stored, tokenizer):
    weights = transferred(stored, tokenizer, seed=1)
    new, old = weights[EMBEDDING], stored.weights[EMBEDDING]
    assert (new.shape, new.dtype) == ((tokenizer.vocab_size, old.shape[1]), np.float32)
    rows = {piece: row for row, piece in enumerate(stored.tokenizer.vocabulary)}
    kept = [
        piece in rows and bool((new[row] == old[rows[piece]]).all()) for row, piece in enumerate(tokenizer.vocabulary)
    ]
    shared = [piece in rows for piece in tokenizer.vocabulary]
    assert kept == shared
    assert 260 < sum(shared) < len(shared)
    others = new[~np.array(shared)]
    assert others.std() == pytest.approx(old.std(), rel=0.1)
    assert len(np.unique(others, axis=0)) == len(others)
    assert all(weights[name] is array for name, array in stored.weights.items() if name != EMBEDDING)


def test_the_seed_decides_the_random_embeddings(stored, tokenizer):
    first, again, other = (transferred(stored, tokenizer, seed=seed)[EMBEDDING] for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


@pytest.mark.parametrize(
    "change", [lambda array: array[:-1], lambda array: array[0], None], ids=["rows", "axes", "none"]
)
def test_embeddings_that_do_not_fit_the_tokenizer_are_refused(stored, tokenizer, change):
    weights = {name: array for name, array in stored.weights.items() if change or name != EMBEDDING}
    if change:
        weights[EMBEDDING] = change(weights[EMBEDDING])
    with pytest.raises(ModelFolderError, match="the weights do not fit"):
        transferred(replace(stored, weights=weights), tokenizer, seed=1)
