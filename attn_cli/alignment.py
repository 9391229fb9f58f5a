"""Which source words a model attends to for each word of a translation."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from attn_cli.dataset import pad
from attn_cli.search import Engine
from attn_cli.tokenizer import BOS_ID, EOS_ID, Tokenizer
from attn_cli.torch_engine import TorchEngine


@dataclass(frozen=True)
class Alignment:
    """Attention weights (target words, source words) between words; the last on each side is the end mark "</s>"."""

    source: tuple[str, ...]
    target: tuple[str, ...]
    weights: NDArray[np.float32]


@torch.inference_mode()
def align(
    engine: Engine, tokenizer: Tokenizer, sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]]
) -> list[Alignment]:
    """Return the attention of each target, token ids without end mark, to its source, token ids with one."""
    assert isinstance(engine, TorchEngine)
    alignments = []
    for source, target in zip(sources, targets, strict=True):
        memory, state = engine._model.encode(torch.from_numpy(pad([source])), torch.tensor([len(source)]))
        _, _, pieces = engine._model.decode(torch.tensor([[BOS_ID, *target]]), state, memory)
        assert pieces is not None
        groups = [_words(tokenizer, tokens) for tokens in ([*target, EOS_ID], source)]
        weights = pieces[0].float().numpy()  # (T, S)
        weights = np.stack([weights[places].mean(0) for places in groups[0]])
        weights = np.stack([weights[:, places].sum(1) for places in groups[1]], axis=1)
        target_words, source_words = (
            (*tokenizer.decode([[tokens[place] for place in places] for places in words[:-1]]), "</s>")
            for tokens, words in ((target, groups[0]), (source, groups[1]))
        )
        alignments.append(Alignment(source_words, target_words, weights))
    return alignments


def _words(tokenizer: Tokenizer, tokens: Sequence[int]) -> list[list[int]]:
    """Return the places of each word's pieces; the end mark is a word."""
    words: list[list[int]] = []
    for place, (token, piece) in enumerate(zip(tokens, tokenizer.pieces(tokens), strict=True)):
        if not words or token == EOS_ID or piece.startswith("▁"):
            words.append([])
        words[-1].append(place)
    return words
