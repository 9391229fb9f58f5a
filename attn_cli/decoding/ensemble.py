"""Several models as one engine, which gives each token the average of the probabilities that they give it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from attn_cli.decoding.choice import Engines
from attn_cli.decoding.numpy_engine import top
from attn_cli.decoding.search import Engine, Floats, Ids, Session
from attn_cli.foundation.errors import SettingsError
from attn_cli.models.folder import StoredModel


class EnsembleEngine:
    """Engines of one vocabulary, ready to decode together."""

    def __init__(self, engines: Sequence[Engine]) -> None:
        self._engines = engines

    def start(self, sources: Sequence[Sequence[int]]) -> "EnsembleSession":
        """Encode sources, each token ids with an end mark."""
        return EnsembleSession([engine.start(sources) for engine in self._engines])


class EnsembleSession:
    """Decoding of some sources under way; see search.Session."""

    def __init__(self, sessions: Sequence[Session]) -> None:
        self._sessions = sessions

    def step(self, tokens: Ids, rows: Ids, k: int | None = None) -> tuple[Floats, Ids]:
        """Extend hypotheses by `tokens` (R,), continuing `rows` (R,); see search.Session."""
        steps = [session.step(tokens, rows)[0] for session in self._sessions]  # each (R, V)
        average: Floats = sum(np.exp(step) for step in steps) / len(steps)  # type: ignore[assignment]
        ids = np.broadcast_to(np.arange(average.shape[1]), average.shape)
        best, ids = (average, ids) if k is None else top(average, min(k, average.shape[1]))
        with np.errstate(divide="ignore"):  # what may not come out has no probability
            return np.log(best), ids

    def attention(self) -> Floats:
        """Return the average of the models' attention weights (R, S) of the last step."""
        weights: Floats = np.mean([session.attention() for session in self._sessions], axis=0)
        return weights


def together(models: Sequence[StoredModel], machine: Mapping[str, Any]) -> Callable[[int], Engine]:
    """Return what gives an engine of all `models`, on `machine` (Engines' arguments), for so many lines.

    Raises SettingsError where they have not one tokenizer and one direction.
    """
    first, *others = models
    for other in others:
        pairs = [(model.settings.source_language, model.settings.target_language) for model in (first, other)]
        if pairs[0] != pairs[1] or first.tokenizer.model != other.tokenizer.model:
            raise SettingsError(
                f"{first.folder.name} and {other.folder.name}: not of one tokenizer and direction; "
                f"models that translate together are trained on one prepared corpus"
            )
    engines = [Engines(model, **machine) for model in models]
    return lambda count: EnsembleEngine([engine.for_lines(count) for engine in engines])
