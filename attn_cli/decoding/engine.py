"""The interface between search and a model: engines and their sessions.

An engine is a model, or an ensemble of models, that is ready to decode. A session is the decoding of one batch of
sources. numpy_engine.py, torch_engine.py and ensemble.py implement both. Shapes: R rows, each one hypothesis, S source
length, V vocabulary.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from attn_cli.foundation.settings import BOS_ID, PAD_ID, UNK_ID

Ids = NDArray[np.int64]
Floats = NDArray[np.floating[Any]]
Batch = TypeVar("Batch")
Result = TypeVar("Result")

BATCH_ROWS = 384  # docs/performance.md: on a CPU, more are no faster
NEVER_OUT = [PAD_ID, UNK_ID, BOS_ID]  # no translation contains these ids: every engine gives them probability 0


class Session(Protocol):
    """The decoding of one batch of sources, step by step."""

    def step(self, tokens: Ids, rows: Ids, k: int | None = None) -> tuple[Floats, Ids]:
        """Append one token to each hypothesis, and return the log-probabilities of the next tokens.

        `tokens` (R,) are appended to the hypotheses in `rows` (R,), indices into the rows of the previous step; in the
        first step, into the sources. Rows may be repeated, left out and reordered.

        Returns log-probabilities and ids (R, k) of the k most probable next tokens, best first; without `k`, of all
        tokens in order of id, (R, V). The ids in NEVER_OUT have the log-probability -inf.
        """

    def attention(self) -> Floats:
        """Return the attention weights (R, S) of the last step; the model must have attention."""


class Engine(Protocol):
    """A model that is ready to decode."""

    def start(self, sources: Sequence[Sequence[int]]) -> Session:
        """Encode sources, each a sequence of token ids that ends with EOS."""

    def batch_rows(self, _length: int) -> int:
        """Return how many hypotheses to decode at once, for sources of up to `length` tokens."""
        return BATCH_ROWS

    @property
    def at_once(self) -> int:
        """Return how many batches `decode_all` decodes at the same time."""
        return 1

    def decode_all(self, decode: Callable[[Batch], Result], batches: Sequence[Batch]) -> list[Result]:
        """Return `decode(batch)` of each batch, in order; an engine may decode several at the same time."""
        return [decode(batch) for batch in batches]
