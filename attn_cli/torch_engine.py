"""A model ready to decode with torch: in bulk, on a GPU, and for validation in training."""

import copy
from collections.abc import Sequence
from typing import Self

import numpy as np
import torch

from attn_cli.attention import Memory
from attn_cli.config import ModelConfig
from attn_cli.dataset import pad
from attn_cli.errors import ModelFolderError
from attn_cli.model import DecoderState, Seq2Seq
from attn_cli.model_folder import Weights
from attn_cli.runtime import Runtime
from attn_cli.search import Floats, Ids
from attn_cli.tokenizer import BOS_ID, PAD_ID, UNK_ID

NEVER_OUT = [PAD_ID, UNK_ID, BOS_ID]


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
        model = Seq2Seq(config)
        try:
            model.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})
        except RuntimeError:
            raise ModelFolderError("the weights do not fit config.json; copy or train the model again") from None
        return cls(model, runtime)

    @torch.inference_mode()
    def start(self, sources: Sequence[Sequence[int]]) -> "TorchSession":
        """Encode sources, each token ids with an end mark."""
        lengths = torch.tensor([len(source) for source in sources])
        padded = torch.from_numpy(pad(sources)).to(self._device)
        memory, state = self._model.encode(padded, lengths)
        return TorchSession(self._model, memory, state)


class TorchSession:
    """Decoding of some sources under way; see search.Session."""

    def __init__(self, model: Seq2Seq, memory: Memory, state: DecoderState) -> None:
        self._model, self._memory, self._state = model, memory, state
        self._sentences = np.arange(len(memory.mask))  # of each row

    @torch.inference_mode()
    def step(self, tokens: Ids, rows: Ids, k: int | None = None) -> tuple[Floats, Ids]:
        """Extend hypotheses by `tokens` (R,), continuing `rows` (R,); see search.Session."""
        self._select(rows)
        device = self._memory.mask.device
        target_in = torch.from_numpy(tokens).to(device).unsqueeze(1)  # (R, 1)
        output, self._state, _ = self._model.decode(target_in, self._state, self._memory)
        logp = torch.log_softmax(self._model.logits(output[:, 0]), dim=-1, dtype=torch.float32)  # (R, V)
        logp[:, NEVER_OUT] = float("-inf")
        if k is None:
            return logp.cpu().numpy(), np.broadcast_to(np.arange(logp.shape[1]), logp.shape)
        best, ids = logp.topk(min(k, logp.shape[1]))
        return best.cpu().numpy(), ids.cpu().numpy()

    def _select(self, rows: Ids) -> None:
        """Make `rows` of the last step the rows of this one; the memory is copied only where sentences change."""
        if np.array_equal(rows, np.arange(len(self._sentences))):
            return
        index = torch.from_numpy(rows).to(self._memory.mask.device)
        self._state = self._state.select(index)
        sentences = self._sentences[rows]
        if not np.array_equal(sentences, self._sentences):
            self._memory = self._memory.select(index)
        self._sentences = sentences
