"""Several models as one engine: each token gets the mean of the probabilities that the models give it."""

from collections.abc import Sequence

import numpy as np

from attn_cli.decoding.engine import Engine, Floats, Ids, Session
from attn_cli.decoding.numpy_engine import top


class EnsembleEngine(Engine):
    """Engines of models that share one tokenizer, ready to decode together; see engine.Engine."""

    def __init__(self, engines: Sequence[Engine]) -> None:
        self._engines = engines

    def start(self, sources: Sequence[Sequence[int]]) -> "EnsembleSession":
        """Encode sources, each a sequence of token ids that ends with EOS."""
        return EnsembleSession([engine.start(sources) for engine in self._engines])


class EnsembleSession:
    """The decoding of one batch of sources; see engine.Session."""

    def __init__(self, sessions: Sequence[Session]) -> None:
        self._sessions = sessions

    def step(self, tokens: Ids, rows: Ids, k: int | None = None) -> tuple[Floats, Ids]:
        """Append `tokens` (R,) to the hypotheses in `rows` (R,); see engine.Session."""
        steps = [session.step(tokens, rows)[0] for session in self._sessions]  # each (R, V)
        mean: Floats = sum(np.exp(logp) for logp in steps) / len(steps)  # type: ignore[assignment]
        best, ids = top(mean, k)
        with np.errstate(divide="ignore"):  # the tokens in NEVER_OUT have probability 0
            logp = np.log(best)
        lost = best == 0  # so are those whose mean is too small for float32
        separate = [np.take_along_axis(step, ids, axis=1)[lost] for step in steps]
        logp[lost] = np.logaddexp.reduce(separate) - np.log(len(steps))
        return logp, ids

    def attention(self) -> Floats:
        """Return the mean of the models' attention weights (R, S) of the last step."""
        weights: Floats = np.mean([session.attention() for session in self._sessions], axis=0)
        return weights
