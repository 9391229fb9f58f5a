"""A finished model on disk; knows no torch.

    model.safetensors   the weights, float32
    tokenizer.model     SentencePiece
    config.json         settings, and the SHA-256 of the two others; written last, so that a folder with it is whole
    README.md           what this is, for a person

A folder is complete in itself: it can be moved, renamed, zipped. Nothing in it is code, and loading it runs none.
"""

import hashlib
import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from attn_cli import __version__
from attn_cli.foundation import storage
from attn_cli.foundation.errors import ModelFolderError, SettingsError
from attn_cli.foundation.settings import BUDGETS, ModelConfig, Settings, TrainingConfig
from attn_cli.text.tokenizer import Tokenizer

FORMAT_VERSION = 1
# From each older version of config.json to the next: pure functions of dictionaries.
MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}

MISFIT = "the weights do not fit config.json; copy or train the model again"
WEIGHTS, TOKENIZER, CONFIG, README = "model.safetensors", "tokenizer.model", "config.json", "README.md"
Weights = dict[str, NDArray[np.float32]]


@dataclass(frozen=True, kw_only=True)
class ModelSettings(Settings):
    """All that was decided about a model: languages, corpus (a name or folder), how it is built and was trained."""

    source_language: str
    target_language: str
    corpus: str
    model: ModelConfig
    training: TrainingConfig
    device: str = "auto"
    precision: str = "auto"
    threads: int | None = None

    def described(self, parameters: int) -> list[tuple[str, str]]:
        """Return in words how a model of so many parameters is built and trained: what is said, and of what."""
        model, training = self.model, self.training
        window = model.window if model.window == "global" else f"{model.window} (±{model.window_size})"
        hard = "hard" if model.hard_attention else "soft"
        attention = (
            f"{model.attention}, {window}, {hard}, {model.attention_function}" if model.has_attention else "none"
        )
        directions = "both directions" if model.bidirectional else "one direction"
        fed = ", input feeding" if model.input_feeding else ""
        budgets = {name: getattr(training, name) for name in BUDGETS}
        budget = next(f"{value:,} {name}" for name, value in budgets.items() if value)
        batches = f"batches of {training.batch_tokens:,} tokens; learning rate {training.learning_rate:g}"
        regularisation = f"dropout {training.dropout:g}, of words {training.word_dropout:g}"
        return [
            ("Corpus", f"{self.corpus}, {self.source_language} to {self.target_language}"),
            ("Attention", attention + fed),
            ("Layers", f"{model.cell}; encoder {model.encoder_layers}, {directions}; decoder {model.decoder_layers}"),
            ("Sizes", f"hidden {model.hidden_size}, embedding {model.embedding_size}, vocabulary {model.vocab_size:,}"),
            ("Parameters", f"{parameters / 1e6:.1f} million"),
            ("Training", f"{budget}; {batches}; seed {training.seed}"),
            ("Regularisation", f"{regularisation}; label smoothing {training.label_smoothing:g}"),
            ("Machine", f"{self.device}, {self.precision}, threads: {self.threads or 'all'}"),
        ]


@dataclass(frozen=True)
class StoredModel:
    """A model read from disk."""

    folder: Path
    settings: ModelSettings
    tokenizer: Tokenizer
    weights: Weights

    @property
    def parameters(self) -> int:
        """Return the number of its weights."""
        return sum(array.size for array in self.weights.values())


def write(folder: Path, settings: ModelSettings, weights: Weights, tokenizer: Tokenizer, about: str) -> None:
    """Write a model to `folder`, config.json last; `about` is what README.md says of its training."""
    contents = {
        WEIGHTS: safetensors.numpy.save(weights),
        TOKENIZER: tokenizer.model,
        README: _readme(folder, settings, about).encode(),
    }
    hashes = {name: hashlib.sha256(contents[name]).hexdigest() for name in (WEIGHTS, TOKENIZER)}
    config = {"format_version": FORMAT_VERSION, "attn_mt_version": __version__, "files": hashes}
    text = json.dumps(config | {"settings": settings.to_dict()}, indent=2, ensure_ascii=False)
    # All are written, beside the files they replace, before the first is renamed: a full disk loses nothing. The stack
    # renames the last entered first, and so config.json, entered first, last.
    with ExitStack() as stack:
        for name, content in [(CONFIG, f"{text}\n".encode()), *contents.items()]:
            stack.enter_context(storage.replace_file(folder / name)).write_bytes(content)


def read(folder: Path) -> StoredModel:
    """Read the model in `folder`.

    Raises ModelFolderError where it is missing, incomplete, damaged, or of a newer format.
    """
    if not folder.is_dir():
        raise ModelFolderError(f"{folder}: no such model; train one, or see which there are in {folder.parent}")
    missing = [name for name in (CONFIG, WEIGHTS, TOKENIZER) if not (folder / name).is_file()]
    if missing:
        raise ModelFolderError(
            f"{folder}: not a complete model, {' and '.join(missing)} missing; copy or train it again"
        )
    config = _read_config(folder / CONFIG)
    contents = {name: (folder / name).read_bytes() for name in (WEIGHTS, TOKENIZER)}
    for name, content in contents.items():
        if hashlib.sha256(content).hexdigest() != config["files"].get(name):
            raise ModelFolderError(f"{folder / name}: damaged, not what config.json describes; copy or train it again")
    try:
        settings = ModelSettings.from_dict(config["settings"])
        weights = safetensors.numpy.load(contents[WEIGHTS])
    except (SettingsError, safetensors.SafetensorError) as error:
        raise ModelFolderError(f"{folder}: cannot be used: {error}") from None
    return StoredModel(folder, settings, Tokenizer(contents[TOKENIZER]), weights)


def _read_config(path: Path) -> dict[str, Any]:
    try:
        config: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        version = int(config["format_version"])
        if version > FORMAT_VERSION:
            known = f"format {version}, this program knows up to {FORMAT_VERSION}"
            raise ModelFolderError(f"{path}: written by a newer attn-mt ({known}); update attn-mt")
        for old in range(version, FORMAT_VERSION):
            config = MIGRATIONS[old](config)
        if isinstance(config["files"], dict) and isinstance(config["settings"], dict):
            return config
    except (ValueError, KeyError, TypeError):
        pass
    raise ModelFolderError(f"{path}: damaged, not a model's settings; copy or train the model again")


def _readme(folder: Path, settings: ModelSettings, about: str) -> str:
    pair = f"{settings.source_language}-{settings.target_language}"
    model = settings.model
    return f"""# {folder.name}: {settings.source_language} to {settings.target_language}

A translation model made by attn-mt {__version__} from the corpus `{settings.corpus}`. {about}

    attn-mt translate -m PATH-OF-THIS-FOLDER "..."

- `model.safetensors`: the weights ({model.decoder_layers} decoder layer(s) of {model.hidden_size}, attention
  "{model.attention}", {model.vocab_size} pieces)
- `tokenizer.model`: SentencePiece, for both languages of {pair}
- `config.json`: all settings, and the hashes of the two files above
- `training/` (where it is still there): for `train --resume`, and for the curves of `evaluate --report`
"""
