"""A model ready to decode with torch: in bulk, on a GPU, and for validation in training."""

import copy
from collections.abc import Sequence
from typing import Self

import numpy as np
import torch

from attn_cli.decoding.search import NEVER_OUT, Floats, Ids
from attn_cli.foundation.errors import ModelFolderError
from attn_cli.foundation.settings import ModelConfig
from attn_cli.models.folder import MISFIT, Weights
from attn_cli.network.attention import Memory
from attn_cli.network.machine import Runtime
from attn_cli.network.matmul import rounded
from attn_cli.network.seq2seq import DecoderState, Seq2Seq
from attn_cli.text.prepared_corpus import pad
from attn_cli.text.tokenizer import EOS_ID

# Rows are moved together when no more than this share of places is in use: moving copies the memory.
MOVED_WHEN = 0.85


class TorchEngine:
    """A frozen copy of a model, on the runtime's device and in its precision."""

    def __init__(self, model: Seq2Seq, runtime: Runtime) -> None:
        self._model = copy.deepcopy(model).to(runtime.device, runtime.precision).eval().requires_grad_(False)
        self._device = runtime.device

    @classmethod
    def from_weights(cls, config: ModelConfig, weights: Weights, runtime: Runtime) -> Self:
        """Make an engine of a stored model's weights.

        Raises ModelFolderError where they do not fit the configuration.
        """
        return cls(load(config, weights), runtime)

    @torch.inference_mode()
    def start(self, sources: Sequence[Sequence[int]]) -> "TorchSession":
        """Encode sources, each token ids with an end mark."""
        lengths = torch.tensor([len(source) for source in sources])
        padded = torch.from_numpy(pad(sources)).to(self._device)
        memory, state = self._model.encode(padded, lengths)
        return TorchSession(self._model, memory, state)


def load(config: ModelConfig, weights: Weights) -> Seq2Seq:
    """Return the network with stored weights.

    Raises ModelFolderError where they do not fit the configuration.
    """
    model = Seq2Seq(config)
    try:
        model.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})
    except RuntimeError:
        raise ModelFolderError(MISFIT) from None
    return model


class TorchSession:
    """Decoding of some sources under way; see search.Session.

    The rows of a step lie in *places* of the tensors. There are some more places than rows, so that a sentence can stay
    where its memory is while others end, and products have few shapes (see products.py).
    """

    def __init__(self, model: Seq2Seq, memory: Memory, state: DecoderState) -> None:
        self._model, self._memory, self._state = model, memory, state
        self._held = np.arange(len(memory.mask))  # the sentence at each place
        self._places = self._held  # of each row of the last step

    @torch.inference_mode()
    def step(self, tokens: Ids, rows: Ids, k: int | None = None) -> tuple[Floats, Ids]:
        """Extend hypotheses by `tokens` (R,), continuing `rows` (R,); see search.Session."""
        self._arrange(rows)
        device = self._memory.mask.device
        target_in = torch.full((len(self._held), 1), EOS_ID, device=device)  # (places, 1)
        places = torch.from_numpy(self._places).to(device)
        target_in[places, 0] = torch.from_numpy(tokens).to(device)
        output, self._state, self._weights = self._model.decode(target_in, self._state, self._memory)
        logp = torch.log_softmax(self._model.logits(output[places, 0]), dim=-1, dtype=torch.float32)  # (R, V)
        logp[:, NEVER_OUT] = float("-inf")
        if k is None:
            return logp.cpu().numpy(), np.broadcast_to(np.arange(logp.shape[1]), logp.shape)
        if k == 1 and logp.device.type == "cpu":  # NumPy finds a maximum ten times as fast as torch
            ids = logp.numpy().argmax(axis=1)[:, None]
            return np.take_along_axis(logp.numpy(), ids, axis=1), ids
        best, top = logp.topk(min(k, logp.shape[1]))
        return best.cpu().numpy(), top.cpu().numpy()

    def attention(self) -> Floats:
        """Return the attention weights (R, S) of the last step; the model must have attention."""
        assert self._weights is not None
        weights: Floats = self._weights[torch.from_numpy(self._places), 0].float().cpu().numpy()
        return weights

    def _arrange(self, rows: Ids) -> None:
        """Find places for `rows` of the last step: where the memory of their sentences is, or else all anew."""
        before = self._places[rows]
        sentences = self._held[before]
        size = rounded(len(rows), self._model.embedding.weight)
        if MOVED_WHEN * len(self._held) <= size <= len(self._held):
            size = len(self._held)
        places = _places(sentences, self._held) if size == len(self._held) else None
        anew = places is None
        places = np.arange(len(rows)) if places is None else places
        moved = np.full(size, before[0]) if anew else np.arange(size)  # from which place each place is filled
        moved[places] = before
        if anew or not np.array_equal(moved, np.arange(size)):
            index = torch.from_numpy(moved).to(self._memory.mask.device)
            self._state = self._state.select(index)
            if anew:
                self._memory, self._held = self._memory.select(index), self._held[moved]
        self._places = places


def _places(wanted: Ids, held: Ids) -> Ids | None:
    """Return a place that holds each row's sentence, none twice: `wanted` (R,) among `held` (P,); None: too few."""
    by_wanted, by_held = np.argsort(wanted, kind="stable"), np.argsort(held, kind="stable")
    wanted, held = wanted[by_wanted], held[by_held]
    rank = np.arange(len(wanted)) - np.searchsorted(wanted, wanted)  # among the rows of one sentence
    found = np.searchsorted(held, wanted) + rank
    if (found >= np.searchsorted(held, wanted, side="right")).any():
        return None
    places = np.empty(len(wanted), dtype=np.int64)
    places[by_wanted] = by_held[found]
    return places
