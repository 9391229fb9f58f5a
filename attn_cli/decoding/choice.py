"""Which engine decodes: NumPy, at once, for a few lines; torch, which takes two seconds to import, for many."""

from attn_cli.decoding import numpy_engine
from attn_cli.decoding.search import Engine
from attn_cli.foundation.errors import SettingsError
from attn_cli.models.folder import StoredModel

FEW_LINES = 32  # as many as NumPy translates in about the time that importing torch takes


class Engines:
    """The engines of a stored model, each made when it is first needed.

    `name` is "numpy", "torch" or "auto", which goes by the number of lines. Asking for a GPU, for bfloat16 or for a
    number of threads is asking for torch.
    """

    def __init__(
        self,
        stored: StoredModel,
        *,
        name: str = "auto",
        device: str = "auto",
        precision: str = "auto",
        threads: int | None = None,
    ) -> None:
        """Keep what is needed to make an engine.

        Raises SettingsError where NumPy is demanded for what only torch can do.
        """
        self._model, self._weights = stored.settings.model, stored.weights
        self._runtime = {"device": device, "precision": precision, "threads": threads}
        plain = device in ("auto", "cpu") and precision in ("auto", "float32") and threads is None
        able = plain and numpy_engine.covers(self._model)
        if name == "numpy" and not able:
            raise SettingsError(
                "--engine numpy: not for this model, or not with --threads, --precision bfloat16 or a GPU; leave it out"
            )
        self._few = {"numpy": float("inf"), "torch": 0}.get(name, FEW_LINES if able else 0)
        self._numpy: Engine | None = None
        self._torch: Engine | None = None

    def for_lines(self, count: int) -> Engine:
        """Return the engine for the next `count` lines; once torch is there, it is torch."""
        if self._torch or count > self._few:
            return self._torch or self._load_torch()
        self._numpy = self._numpy or numpy_engine.NumpyEngine(self._model, self._weights)
        return self._numpy

    def _load_torch(self) -> Engine:
        from attn_cli.decoding.torch_engine import TorchEngine
        from attn_cli.network import machine

        self._numpy = None
        self._torch = TorchEngine.from_weights(self._model, self._weights, machine.start(**self._runtime))  # type: ignore[arg-type]
        return self._torch
