"""From stored models to a translator: the choice of the engine.

NumPy starts to decode immediately; torch takes up to two seconds to import, and decodes many lines faster. So torch is
imported only when it is needed.
"""

from collections.abc import Callable, Sequence
from typing import Literal, get_args

from attn_cli.decoding import numpy_engine
from attn_cli.decoding.engine import Engine
from attn_cli.decoding.ensemble import EnsembleEngine
from attn_cli.decoding.translator import Translator
from attn_cli.foundation.errors import SettingsError
from attn_cli.foundation.settings import DecodingConfig, MachineConfig
from attn_cli.models.catalogue import default_model, open_model
from attn_cli.models.folder import StoredModel, read_model
from attn_cli.network.openmp import share_cores

FEW_LINES = 32  # lines that the NumPy engine translates in about the time that importing torch takes
EngineName = Literal["auto", "numpy", "torch"]


class EngineChoice:
    """The engines of one stored model, each made when it is first needed.

    `name` is "numpy", "torch" or "auto", which decides by the number of lines. A setting that only torch supports (a
    GPU, bfloat16 or int8, a number of threads) makes "auto" choose torch.
    """

    def __init__(self, stored: StoredModel, machine: MachineConfig, name: str = "auto") -> None:
        """Keep the weights and the settings of the engines; none is made yet.

        Raises SettingsError where `name` is unknown, or is "numpy" for a model or a machine that only torch supports.
        """
        self._model, self._weights, self._machine = stored.settings.model, stored.weights, machine
        if name not in get_args(EngineName):
            raise SettingsError(f"`engine` {name}: choose one of {', '.join(get_args(EngineName))}")
        covered = _numpy_suffices(machine) and numpy_engine.covers(self._model)
        if name == "numpy" and not covered:
            raise SettingsError(
                "`engine` numpy: not for this model, or not with `threads`, `precision` bfloat16 or int8, or a GPU; "
                "leave it out"
            )
        self._few = {"numpy": float("inf"), "torch": 0}.get(name, FEW_LINES if covered else 0)
        self._numpy: Engine | None = None
        self._torch: Engine | None = None

    def for_lines(self, count: int) -> Engine:
        """Return the engine for the next `count` lines; once torch has been loaded, it is always torch's."""
        if self._torch or count > self._few:
            return self._torch or self._load_torch()
        self._numpy = self._numpy or numpy_engine.NumpyEngine(self._model, self._weights)
        return self._numpy

    def _load_torch(self) -> Engine:
        from attn_cli.decoding.torch_engine import TorchEngine
        from attn_cli.network.machine import start_machine

        self._numpy = None
        self._torch = TorchEngine.from_weights(self._model, self._weights, start_machine(self._machine, decoding=True))
        return self._torch


def _numpy_suffices(machine: MachineConfig) -> bool:
    """Return whether nothing in `machine` needs torch."""
    return machine.device in ("auto", "cpu") and machine.precision in ("auto", "float32") and machine.threads is None


def make_translator(
    models: Sequence[StoredModel], decoding: DecodingConfig, machine: MachineConfig, engine: str = "auto"
) -> Translator:
    """Return a translator for one model, or for several that translate together.

    Raises SettingsError where the models do not share tokenizer and direction, and as EngineChoice does.
    """
    first, *others = models
    for other in others:
        if first.settings.languages != other.settings.languages or first.tokenizer.model != other.tokenizer.model:
            raise SettingsError(
                f"{first.folder.name} and {other.folder.name}: models that translate together must share tokenizer and "
                "direction; train them on the same prepared corpus"
            )
    choices = [EngineChoice(model, machine, engine) for model in models]
    return Translator(_engine_for(choices), first.tokenizer, decoding, models)


def _engine_for(choices: Sequence[EngineChoice]) -> Callable[[int], Engine]:
    """Return the function that returns the engine for a number of lines."""
    if len(choices) == 1:
        return choices[0].for_lines
    return lambda count: _together([choice.for_lines(count) for choice in choices])


def _together(engines: Sequence[Engine]) -> Engine:
    """Return several engines as one."""
    if any(isinstance(engine, numpy_engine.NumpyEngine) for engine in engines):
        return EnsembleEngine(engines)
    from attn_cli.decoding.torch_engine import TorchEnsemble

    return TorchEnsemble(engines)  # type: ignore[arg-type]  # the other kind of engine is torch's


def load_model(
    name: str | None = None,
    *others: str,
    beam_size: int = DecodingConfig.beam_size,
    length_penalty: float = DecodingConfig.length_penalty,
    split_sentences: bool = DecodingConfig.split_sentences,
    copy_literals: bool = DecodingConfig.copy_literals,
    device: str = MachineConfig.device,
    precision: str = MachineConfig.precision,
    threads: int | None = MachineConfig.threads,
    engine: EngineName = "auto",
) -> Translator:
    """Load one model, or several that translate together, and return the translator.

    A model is given by its name in the home folder or by the path of its folder, which contains a path separator;
    without a name it is the default model. The other arguments are settings of the search and of the machine; further
    settings of the search, such as `n_best`, are set by `Translator.with_config`.
    `engine` "auto" uses NumPy for a few lines and torch for many; "numpy" and "torch" force one of them.

        >>> translator = load_model("en-fr", beam_size=8)
        >>> [translation] = translator.translate(["he doesn't like apples"], align=True)
        >>> translation.text
        "il n'aime pas les pommes"
        >>> translation.alignments[0].links()
        [(0, 0), (1, 1), ...]

    Raises ModelFolderError where a model is missing, damaged or written by a newer version; WorkspaceError where no
    name is given and there is no model; SettingsError where a setting is out of its range, the models do not share
    tokenizer and direction, or the NumPy engine is asked for but does not suffice.
    """
    share_cores()
    decoding = DecodingConfig(
        beam_size=beam_size,
        length_penalty=length_penalty,
        split_sentences=split_sentences,
        copy_literals=copy_literals,
    )
    machine = MachineConfig(device=device, precision=precision, threads=threads)
    models = [read_model(default_model()[0])] if name is None else [open_model(each) for each in (name, *others)]
    return make_translator(models, decoding, machine, engine)
