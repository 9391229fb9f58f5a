"""The first weights of a network that is fine-tuned: the parent's, with another vocabulary if need be. No torch.

A tokenizer made for other languages cuts their words into many pieces, so for such languages a corpus keeps its own.
The embedding of each piece that both vocabularies have is the parent's (Lakew et al. 2018, arXiv:1811.01137, section
3.2); the others are random.
"""

import numpy as np

from attn_cli.foundation.errors import ModelFolderError
from attn_cli.models.folder import StoredModel
from attn_cli.models.weights import MISFIT, Weights
from attn_cli.text.tokenizer import Tokenizer

EMBEDDING = "embedding.weight"  # the only weights whose shape depends on the vocabulary


def transferred(parent: StoredModel, tokenizer: Tokenizer, seed: int) -> Weights:
    """Return the weights of `parent` for the vocabulary of `tokenizer`.

    Random embeddings have the mean and the standard deviation of the parent's, drawn with `seed`. Raises
    ModelFolderError where the parent's weights do not fit its tokenizer.
    """
    if tokenizer.model == parent.tokenizer.model:
        return parent.weights
    old = parent.weights.get(EMBEDDING, np.zeros(0, dtype=np.float32))  # (V, E)
    if old.ndim != 2 or len(old) != parent.tokenizer.vocab_size:
        raise ModelFolderError(MISFIT)
    rows = {piece: row for row, piece in enumerate(parent.tokenizer.vocabulary)}
    size = (tokenizer.vocab_size, old.shape[1])
    new = np.random.default_rng(seed).normal(old.mean(), old.std(), size).astype(np.float32)
    for row, piece in enumerate(tokenizer.vocabulary):
        if piece in rows:
            new[row] = old[rows[piece]]
    return {**parent.weights, EMBEDDING: new}
