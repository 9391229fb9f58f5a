"""A finished model on disk, read and written without torch.

    model.safetensors   the weights (see weights.py)
    tokenizer.model     SentencePiece
    config.json         settings, the SHA-256 of the two others, the fingerprint of the training corpus, and the outcome
                        of the training
    README.md           a description for people

config.json is written last, so a folder that has one is complete. A folder can be moved, renamed or zipped. Nothing in
it is code, and loading it runs none.
"""

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, get_args

from attn_cli import __version__
from attn_cli.foundation import replacing, storage
from attn_cli.foundation.errors import ModelFolderError, SettingsError
from attn_cli.foundation.settings import MachineConfig, ModelConfig, Settings, StorageType, TrainingConfig
from attn_cli.foundation.shapes import weight_shapes
from attn_cli.models.confidence import UNCALIBRATED, Calibration
from attn_cli.models.weights import Weights, most_bytes, pack, unpack
from attn_cli.text.languages import is_code
from attn_cli.text.tokenizer import TOKENIZER_MOST, Tokenizer

FORMAT_VERSION = 2
# From each older version of config.json to the next: pure functions of dictionaries. Format 2 came with weights that
# are not float32; its settings have defaults for whatever format 1 lacks.
MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {1: lambda config: config}

# Seconds before each reading of files that do not match, because a training may be writing them. Beside a process that
# only writes, 13 % of the readings did not match on ext4; six in a row hardly occur.
WAITS: tuple[float, ...] = (0.0, 0.02, 0.05, 0.1, 0.15, 0.25)
WEIGHTS, TOKENIZER, CONFIG, README = "model.safetensors", "tokenizer.model", storage.WRITTEN_LAST["models"], "README.md"


@dataclass(frozen=True, kw_only=True)
class ModelSettings(Settings):
    """All settings of a model: languages, corpus (a name or a folder), network, training, and the machine it ran on.

    A model that was fine-tuned has a `parent` (a name or a folder), and the `fingerprint` that the parent had then.
    """

    source_language: str
    target_language: str
    corpus: str
    model: ModelConfig
    training: TrainingConfig
    device: str = "auto"
    precision: str = "auto"
    threads: int | None = None
    weights: str = "float32"
    parent: str | None = None
    parent_fingerprint: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not all(map(is_code, self.languages)):
            raise SettingsError("source_language or target_language is not a language, such as en or pt_BR")
        MachineConfig(precision=self.precision, threads=self.threads)
        if self.weights not in get_args(StorageType):
            raise SettingsError(f"`weights` {self.weights:.60}: choose one of {', '.join(get_args(StorageType))}")

    @property
    def languages(self) -> tuple[str, str]:
        """Return the source and the target language."""
        return self.source_language, self.target_language


@dataclass(frozen=True, kw_only=True)
class Outcome(Settings):
    """What a training came to.

    The day on which it ended, as in 2026-11-27, the greedy BLEU of its model on the validation text, and how confidence
    follows from probability. The first two are None where they are not known. Models of version 0.1.0 have none.
    """

    date: str | None = None
    validation_bleu: float | None = None
    calibration: Calibration = UNCALIBRATED

    def __post_init__(self) -> None:
        super().__post_init__()
        try:
            date.fromisoformat(self.date or "2000-01-01")
        except ValueError:
            raise SettingsError(f"Outcome: {self.date:.60} is not a date such as 2026-11-27") from None


@dataclass(frozen=True)
class Config:
    """The content of config.json; `hashes` are the SHA-256 of the other files, by name."""

    settings: ModelSettings
    outcome: Outcome
    hashes: dict[str, str]
    corpus_fingerprint: str | None


@dataclass(frozen=True)
class StoredModel:
    """A model read from disk; `fingerprint` distinguishes its weights and tokenizer from those of any other.

    Models of version 0.1.0 have no `corpus_fingerprint`.
    """

    folder: Path
    settings: ModelSettings
    tokenizer: Tokenizer
    weights: Weights
    fingerprint: str
    corpus_fingerprint: str | None = None
    outcome: Outcome = Outcome()

    @property
    def parameters(self) -> int:
        """Return the number of its weights."""
        return sum(array.size for array in self.weights.values())

    def knows(self, languages: tuple[str, str]) -> bool:
        """Return whether its tokenizer was made for these languages, in either direction."""
        return set(languages) <= set(self.settings.languages)


def write_model(
    folder: Path,
    settings: ModelSettings,
    weights: Weights,
    tokenizer: Tokenizer,
    about: str,
    corpus_fingerprint: str | None,
    outcome: Outcome = Outcome(),
) -> None:
    """Write a model to `folder`, config.json last; `about` is a sentence about its training for README.md."""
    contents = {
        README: _readme(folder, settings, about).encode(),
        TOKENIZER: tokenizer.model,
        WEIGHTS: pack(weights, settings.weights),
    }
    config = {
        "format_version": FORMAT_VERSION,
        "attn_mt_version": __version__,
        "files": {name: hashlib.sha256(contents[name]).hexdigest() for name in (WEIGHTS, TOKENIZER)},
        "corpus_fingerprint": corpus_fingerprint,
        "outcome": outcome.to_dict(),
        "settings": settings.to_dict(),
    }
    text = json.dumps(config, indent=2, ensure_ascii=False)
    replacing.replace_files(folder, contents | {CONFIG: f"{text}\n".encode()})


def read_model(folder: Path) -> StoredModel:
    """Read the model in `folder`.

    Raises ModelFolderError where it is missing, incomplete, damaged, or of a newer format.
    """
    config, contents = _read_files(folder)
    try:
        weights = unpack(contents[WEIGHTS], weight_shapes(config.settings.model))
        tokenizer = Tokenizer(contents[TOKENIZER])
        if tokenizer.vocab_size != config.settings.model.vocab_size:
            raise ModelFolderError("the tokenizer does not fit config.json; copy or train the model again")
    except ModelFolderError as error:
        raise ModelFolderError(f"{folder}: cannot be used: {error}") from None
    fingerprint = hashlib.sha256("".join(config.hashes[name] for name in contents).encode()).hexdigest()
    return StoredModel(
        folder, config.settings, tokenizer, weights, fingerprint, config.corpus_fingerprint, config.outcome
    )


def _read_files(folder: Path) -> tuple[Config, dict[str, bytes]]:
    """Return config.json, and the two files whose hashes it has.

    They are read again where a training is replacing them, and put in their places where it was killed meanwhile.
    Raises ModelFolderError where they do not belong together.
    """
    for wait in WAITS:
        time.sleep(wait)
        config = read_config(folder)
        most = {WEIGHTS: most_bytes(weight_shapes(config.settings.model)), TOKENIZER: TOKENIZER_MOST}
        try:
            contents = {name: storage.read_file(folder / name, most[name]) for name in most}
            others = [name for name in most if hashlib.sha256(contents[name]).hexdigest() != config.hashes.get(name)]
        except OSError as error:
            problem = f"{error.filename}: cannot be read ({error.strerror})"
        else:
            if not others:
                return config, contents
            problem = f"{folder / others[0]}: damaged, does not match its hash in config.json"
        replacing.finish_files(folder, (README, TOKENIZER, WEIGHTS, CONFIG))
    raise ModelFolderError(f"{problem}; copy or train it again")


def read_config(folder: Path) -> Config:
    """Read config.json of the model in `folder`, and check that the other files are there.

    Raises ModelFolderError where the model is missing, incomplete, or of a newer format, or its config.json is damaged.
    """
    if not folder.is_dir():
        raise ModelFolderError(f"{folder}: no such model; train one, or see which models {folder.parent} holds")
    missing = [name for name in (CONFIG, WEIGHTS, TOKENIZER) if not (folder / name).is_file()]
    if missing:
        raise ModelFolderError(
            f"{folder}: not a complete model, {' and '.join(missing)} missing; copy or train it again"
        )
    config = _migrated(folder / CONFIG)
    try:
        settings, outcome = ModelSettings.from_dict(config["settings"]), Outcome.from_dict(config.get("outcome", {}))
    except SettingsError as error:
        raise ModelFolderError(f"{folder}: cannot be used: {error}") from None
    return Config(settings, outcome, config["files"], config.get("corpus_fingerprint"))


def _migrated(path: Path) -> dict[str, Any]:
    """Return the content of config.json in the format of today."""
    try:
        config: dict[str, Any] = storage.parse_json(storage.read_file(path, most=storage.DESCRIPTION_MOST))
        version = int(config["format_version"])
        if version > FORMAT_VERSION:
            known = f"format {version}, this program knows up to {FORMAT_VERSION}"
            raise ModelFolderError(f"{path}: written by a newer attn-mt ({known}); update attn-mt")
        for old in range(version, FORMAT_VERSION):
            config = MIGRATIONS[old](config)
        parts = (config["files"], config["settings"], config.get("outcome", {}))
        if all(isinstance(part, dict) for part in parts) and isinstance(config.get("corpus_fingerprint"), str | None):
            return config
    except (ValueError, KeyError, TypeError):
        pass
    raise ModelFolderError(f"{path}: damaged, does not hold a model's settings; copy or train the model again")


def _readme(folder: Path, settings: ModelSettings, about: str) -> str:
    source, target = settings.languages
    model = settings.model
    if settings.parent:
        about += f" It was fine-tuned from the model `{settings.parent}`, whose licences apply to it as well."
    return f"""# {folder.name}: {source} to {target}

A translation model made by attn-mt {__version__} from the corpus `{settings.corpus}`. {about}

    attn-mt translate -m PATH-OF-THIS-FOLDER "..."

- `model.safetensors`: the weights ({model.decoder_layers} decoder layer(s) of {model.hidden_size}, attention
  "{model.attention}", {model.vocab_size} pieces)
- `tokenizer.model`: SentencePiece, for both languages of {source}-{target}
- `config.json`: all settings, and the hashes of the two files above
- `training/` (if it is still there): for `train --resume`, and for the curves of `evaluate --report`
"""
