"""The engine for many sentences, for a GPU, and for validation during training: a network of network/ in torch."""

import copy
import math
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import replace
from threading import Event
from typing import Self

import numpy as np
import torch

from attn_cli.decoding.engine import BATCH_ROWS, NEVER_OUT, Batch, Engine, Floats, Ids, Result
from attn_cli.decoding.ensemble import EnsembleSession
from attn_cli.foundation.errors import ModelFolderError
from attn_cli.foundation.settings import ModelConfig
from attn_cli.models.weights import MISFIT, Weights
from attn_cli.network.attention import Memory, Sharing
from attn_cli.network.int8 import quantize
from attn_cli.network.machine import Machine
from attn_cli.network.matmul import rounded
from attn_cli.network.seq2seq import DecoderState, Seq2Seq
from attn_cli.text.batches import pad

GPU_ROWS = 8192  # hypotheses decoded at once at most
MOST_WORKERS = 8  # threads that decode a batch each: one more took 290 MB (19 M parameters, beam 5)
# The memory is copied when less than this share of its sentences is still read.
SHRINK_BELOW = 0.85


def load_network(config: ModelConfig, weights: Weights) -> Seq2Seq:
    """Return the network with stored weights, on the CPU.

    Raises ModelFolderError where the weights do not fit `config`.
    """
    model = Seq2Seq(config)
    load_weights(model, weights)
    return model


def load_weights(model: Seq2Seq, weights: Weights) -> None:
    """Copy stored weights into a network.

    Raises ModelFolderError where they do not fit it.
    """
    try:
        model.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})
    except RuntimeError:
        raise ModelFolderError(MISFIT) from None


class TorchEngine(Engine):
    """A frozen copy of a network, on a machine's device and in its precision; see engine.Engine."""

    def __init__(self, model: Seq2Seq, machine: Machine) -> None:
        self._model = copy.deepcopy(model).to(machine.device, machine.precision).eval().requires_grad_(False)
        if machine.int8:
            quantize(self._model)
        self._device, self._threads = machine.device, machine.threads
        self._abandoned = Event()  # set when decoding in several threads is to end early

    @classmethod
    def from_weights(cls, config: ModelConfig, weights: Weights, machine: Machine) -> Self:
        """Make an engine from a model's weights.

        Raises ModelFolderError where the weights do not fit `config`.
        """
        return cls(load_network(config, weights), machine)

    @torch.inference_mode()
    def start(self, sources: Sequence[Sequence[int]]) -> "TorchSession":
        """Encode sources, each a sequence of token ids that ends with EOS."""
        lengths = torch.tensor([len(source) for source in sources])
        padded = torch.from_numpy(pad(sources)).to(self._device)
        memory, state = self._model.encode(padded, lengths)
        return TorchSession(self._model, memory, state, self._abandoned)

    @property
    def on_gpu(self) -> bool:
        """Return whether the engine decodes on a GPU."""
        return self._device.type == "cuda"

    def batch_rows(self, length: int) -> int:
        """Return how many hypotheses to decode at once: on a GPU, as many as its free memory holds with ease."""
        if not self.on_gpu:
            return BATCH_ROWS
        unused = torch.cuda.memory_reserved(self._device) - torch.cuda.memory_allocated(self._device)
        return rows_within(torch.cuda.mem_get_info(self._device)[0] + unused, length, self._model.config)

    @property
    def at_once(self) -> int:
        """Return how many batches are decoded at the same time: on a CPU, one in each thread."""
        return min(self._threads, MOST_WORKERS) if self._device.type == "cpu" else 1

    def decode_all(self, decode: Callable[[Batch], Result], batches: Sequence[Batch]) -> list[Result]:
        """Return `decode(batch)` of each batch, in order; on a CPU, several at the same time, each in its own thread.

        So the threads do not wait for each other at every step, and search, which is NumPy's, runs in all of them.
        """
        workers = min(self.at_once, len(batches))
        if workers <= 1:
            return super().decode_all(decode, batches)
        threads_each = self._threads // workers
        try:
            with ThreadPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(threads_each,)) as pool:
                try:
                    return list(pool.map(decode, batches))
                except BaseException:
                    self._abandoned.set()  # the threads end at their next step
                    raise
        finally:
            torch.set_num_threads(self._threads)
            self._abandoned.clear()


def rows_within(free: int, length: int, config: ModelConfig) -> int:
    """Return how many hypotheses to decode at once on a GPU with `free` bytes, for sources of `length` tokens.

    It counts the memory of attention twice, because it is copied when hypotheses end (4 H per token, and 2 E with a
    lexical model), the activations of the encoder (E + 6 H per token), and three tensors of the size of the logits, all
    in float32. Half of the bytes are left to others.
    """
    embeddings = 3 if config.lexical else 1
    numbers = length * (embeddings * config.embedding_size + 10 * config.hidden_size) + 3 * config.vocab_size
    return min(GPU_ROWS, max(1, free // 2 // (4 * numbers)))


class TorchSession:
    """The decoding of one batch of sources; see engine.Session.

    The memory of a source is stored once, for all of its rows, and the memory of a source that has no rows stays for a
    while, instead of the others being copied. The number of rows of the state is rounded (see network/matmul.py): those
    behind the rows of the step repeat the first one.
    """

    def __init__(self, model: Seq2Seq, memory: Memory, state: DecoderState, abandoned: Event) -> None:
        self._model, self._memory, self._state, self._abandoned = model, memory, state, abandoned
        self._readers = np.arange(len(memory.mask))  # (R,) the sentence of the memory that each row reads
        self._rows = len(memory.mask)  # of the state
        self._never_out = self._on_device(np.array(NEVER_OUT))

    def step(self, tokens: Ids, rows: Ids, k: int | None = None) -> tuple[Floats, Ids]:
        """Append `tokens` (R,) to the hypotheses in `rows` (R,); see engine.Session."""
        return best(self.log_probabilities(tokens, rows), k)

    @torch.inference_mode()
    def log_probabilities(self, tokens: Ids, rows: Ids) -> torch.Tensor:
        """Append `tokens` (R,) to the hypotheses in `rows` (R,), and return those of all next tokens, (R, V).

        Raises CancelledError when the decoding has been abandoned.
        """
        if self._abandoned.is_set():
            raise CancelledError
        padding = np.zeros(rounded(len(rows), self._model.embedding.weight) - len(rows), dtype=np.int64)
        numbers = np.concatenate([np.arange(len(rows)), padding])  # of the rows of this step that the state will have
        self._select_state(rows[numbers])
        self._select_memory(self._readers[rows])
        cells, width = grid_cells(self._readers)
        memory = replace(self._memory, sharing=Sharing(self._on_device(cells[numbers]), width))
        target_in = self._on_device(tokens[numbers, None])
        output, self._state, self._weights = self._model.decode(target_in, self._state, memory)
        logits = self._model.logits(output[: len(rows), 0])
        logp = torch.log_softmax(logits, dim=-1, dtype=torch.float32)  # (R, V)
        return logp.index_fill_(1, self._never_out, float("-inf"))

    def attention(self) -> Floats:
        """Return the attention weights (R, S) of the last step; the network must have attention."""
        assert self._weights is not None
        weights: Floats = self._weights[: len(self._readers), 0].float().cpu().numpy()
        return weights

    def _on_device(self, array: Ids) -> torch.Tensor:
        return torch.from_numpy(array).to(self._memory.mask.device)

    def _select_state(self, rows: Ids) -> None:
        if not np.array_equal(rows, np.arange(self._rows)):
            self._state, self._rows = self._state.select(self._on_device(rows)), len(rows)

    def _select_memory(self, readers: Ids) -> None:
        """Let the rows of this step read the sentences `readers` (R,) of the memory, and forget others if many."""
        sentences, renumbered = np.unique(readers, return_inverse=True)
        if len(sentences) < SHRINK_BELOW * len(self._memory.mask):
            self._memory, readers = self._memory.select(self._on_device(sentences)), renumbered
        self._readers = readers


class TorchEnsemble(Engine):
    """Torch engines of models that share one tokenizer; as EnsembleEngine, but only the best tokens are copied."""

    def __init__(self, engines: Sequence[TorchEngine]) -> None:
        self._engines = engines

    def start(self, sources: Sequence[Sequence[int]]) -> "TorchEnsembleSession":
        """Encode sources, each a sequence of token ids that ends with EOS."""
        return TorchEnsembleSession([engine.start(sources) for engine in self._engines])

    def batch_rows(self, length: int) -> int:
        """Return how many hypotheses to decode at once: on a GPU, the engines share the memory."""
        rows = min(engine.batch_rows(length) for engine in self._engines)
        return max(1, rows // len(self._engines)) if self._engines[0].on_gpu else rows

    @property
    def at_once(self) -> int:
        """Return how many batches are decoded at the same time."""
        return self._engines[0].at_once

    def decode_all(self, decode: Callable[[Batch], Result], batches: Sequence[Batch]) -> list[Result]:
        """Return `decode(batch)` of each batch, as TorchEngine does."""
        return self._engines[0].decode_all(decode, batches)


class TorchEnsembleSession(EnsembleSession):
    """The decoding of one batch of sources; see engine.Session."""

    def __init__(self, sessions: Sequence[TorchSession]) -> None:
        super().__init__(sessions)
        self._torch_sessions = sessions

    @torch.inference_mode()
    def step(self, tokens: Ids, rows: Ids, k: int | None = None) -> tuple[Floats, Ids]:
        """Append `tokens` (R,) to the hypotheses in `rows` (R,); see engine.Session."""
        steps = torch.stack([session.log_probabilities(tokens, rows) for session in self._torch_sessions])
        return best(steps.logsumexp(0) - math.log(len(steps)), k)


def best(logp: torch.Tensor, k: int | None) -> tuple[Floats, Ids]:
    """Return the k greatest of log-probabilities (R, V) and their ids, (R, k); see engine.Session."""
    if k is None:
        return logp.cpu().numpy(), np.broadcast_to(np.arange(logp.shape[1]), logp.shape)
    if k == 1 and logp.device.type == "cpu":  # NumPy finds a maximum ten times as fast as torch
        ids = logp.numpy().argmax(axis=1)[:, None]
        return np.take_along_axis(logp.numpy(), ids, axis=1), ids
    found = torch.stack([part.double() for part in logp.topk(min(k, logp.shape[1]))]).cpu().numpy()  # one copy
    return found[0].astype(np.float32), found[1].astype(np.int64)


def grid_cells(readers: Ids) -> tuple[Ids, int]:
    """Return the cells (R,) of rows that read the sentences `readers` (R,), and the width of the grid: see Sharing."""
    order = np.argsort(readers, kind="stable")
    in_order = readers[order]
    ranks = np.empty_like(readers)  # of each row among those that read the same sentence
    ranks[order] = np.arange(len(readers)) - np.searchsorted(in_order, in_order)
    width = int(ranks.max()) + 1
    return readers * width + ranks, width
