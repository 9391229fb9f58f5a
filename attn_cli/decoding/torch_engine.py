"""The engine for many sentences, for a GPU, and for validation during training: a network of network/ in torch."""

import copy
import math
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from threading import Event
from typing import Self

import numpy as np
import torch

from attn_cli.decoding.engine import BATCH_ROWS, NEVER_OUT, Batch, Engine, Floats, Ids, Result
from attn_cli.decoding.ensemble import EnsembleSession
from attn_cli.foundation.errors import ModelFolderError
from attn_cli.foundation.settings import EOS_ID, ModelConfig
from attn_cli.models.weights import MISFIT, Weights
from attn_cli.network.attention import Memory
from attn_cli.network.machine import Machine
from attn_cli.network.matmul import rounded
from attn_cli.network.seq2seq import DecoderState, Seq2Seq
from attn_cli.text.batches import pad

GPU_ROWS = 8192  # hypotheses decoded at once at most
MOST_WORKERS = 8  # threads that decode a batch each: one more took 290 MB (19 M parameters, beam 5)
# The memory is copied into fewer slots when less than this share of the slots is needed.
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

    def decode_all(self, decode: Callable[[Batch], Result], batches: Sequence[Batch]) -> list[Result]:
        """Return `decode(batch)` of each batch, in order; on a CPU, several at the same time, each in its own thread.

        So the threads do not wait for each other at every step, and search, which is NumPy's, runs in all of them.
        """
        workers = min(self._threads, len(batches), MOST_WORKERS)
        if workers <= 1 or self._device.type != "cpu":
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

    It counts the memory of attention twice, because it is copied when hypotheses end (4 H per token), the activations
    of the encoder (E + 6 H per token), and three tensors of the size of the logits, all in float32. Half of the bytes
    are left to others.
    """
    numbers = length * (config.embedding_size + 10 * config.hidden_size) + 3 * config.vocab_size
    return min(GPU_ROWS, max(1, free // 2 // (4 * numbers)))


class TorchSession:
    """The decoding of one batch of sources; see engine.Session.

    The tensors of memory and state have slots. Each row of a step occupies one slot, which holds the memory of the
    row's source; some slots are free. So when hypotheses end, the memory of the others can stay in its slots instead of
    being copied, and the number of slots takes few values (see network/matmul.py).
    """

    def __init__(self, model: Seq2Seq, memory: Memory, state: DecoderState, abandoned: Event) -> None:
        self._model, self._memory, self._state, self._abandoned = model, memory, state, abandoned
        self._sources = np.arange(len(memory.mask))  # (slots,) the source whose memory each slot holds
        self._slots = self._sources  # (R,) the slot of each row of the last step
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
        self._arrange(rows)
        slots = self._on_device(self._slots)
        target_in = torch.full((len(self._sources), 1), EOS_ID, device=slots.device)  # (slots, 1)
        target_in[slots, 0] = self._on_device(tokens)
        output, self._state, self._weights = self._model.decode(target_in, self._state, self._memory)
        logp = torch.log_softmax(self._model.logits(output[slots, 0]), dim=-1, dtype=torch.float32)  # (R, V)
        return logp.index_fill_(1, self._never_out, float("-inf"))

    def attention(self) -> Floats:
        """Return the attention weights (R, S) of the last step; the network must have attention."""
        assert self._weights is not None
        weights: Floats = self._weights[torch.from_numpy(self._slots), 0].float().cpu().numpy()
        return weights

    def _on_device(self, array: Ids) -> torch.Tensor:
        return torch.from_numpy(array).to(self._memory.mask.device)

    def _arrange(self, rows: Ids) -> None:
        """Assign a slot to each of `rows` (R,), indices into the rows of the last step, and move its state there."""
        origins = self._slots[rows]  # (R,) the slot that holds the state of each row
        count = rounded(len(rows), self._model.embedding.weight)
        enough_in_use = SHRINK_BELOW * len(self._sources) <= count <= len(self._sources)
        slots = matching_slots(self._sources[origins], self._sources) if enough_in_use else None
        if slots is None:
            self._move_memory(origins, count)
        else:
            self._keep_memory(origins, slots)

    def _keep_memory(self, origins: Ids, slots: Ids) -> None:
        """Move the states from the slots `origins` (R,) to `slots` (R,), which hold the memory of the same sources."""
        everywhere = np.arange(len(self._sources))
        filled_from = everywhere.copy()  # (slots,) free slots keep their state
        filled_from[slots] = origins
        if not np.array_equal(filled_from, everywhere):
            self._state = self._state.select(self._on_device(filled_from))
        self._slots = slots

    def _move_memory(self, origins: Ids, count: int) -> None:
        """Copy memory and state from the slots `origins` (R,) to the first R of `count` new slots."""
        filled_from = np.full(count, origins[0])  # (slots,) free slots repeat the first row
        filled_from[: len(origins)] = origins
        index = self._on_device(filled_from)
        self._memory, self._state = self._memory.select(index), self._state.select(index)
        self._sources = self._sources[filled_from]
        self._slots = np.arange(len(origins))


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


def matching_slots(wanted: Ids, held: Ids) -> Ids | None:
    """Return for each row a slot that holds the memory of its source, no slot twice; None if there are too few.

    `wanted` (R,) has the source of each row, `held` (slots,) that of each slot.
    """
    by_wanted, by_held = np.argsort(wanted, kind="stable"), np.argsort(held, kind="stable")
    wanted, held = wanted[by_wanted], held[by_held]
    rank = np.arange(len(wanted)) - np.searchsorted(wanted, wanted)  # of each row among those of its source
    position = np.searchsorted(held, wanted) + rank
    if (position >= np.searchsorted(held, wanted, side="right")).any():
        return None
    slots = np.empty(len(wanted), dtype=np.int64)
    slots[by_wanted] = by_held[position]
    return slots
