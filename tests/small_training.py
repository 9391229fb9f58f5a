"""Small trainings on the digit language, and a reporter that remembers them."""

import json
from pathlib import Path

import torch
from digit_language import digit_pairs, write_pairs
from recorder import Recorder

from attn_cli.foundation.settings import CleaningConfig, ModelConfig, PrepareConfig, TrainingConfig
from attn_cli.models.folder import ModelSettings
from attn_cli.network.machine import Machine
from attn_cli.text.preparation.prepare import Sources, prepare
from attn_cli.text.prepared_corpus import PreparedCorpus
from attn_cli.training.presets import settings_of

MACHINE = Machine(device=torch.device("cpu"), precision=torch.float32, threads=2)


def make_corpus(folder: Path, count: int, *, held_out: bool, vocab_size: int = 310) -> PreparedCorpus:
    pairs = digit_pairs(count + 40, seed=2, longest=5)
    write_pairs(folder / "train", pairs[:count])
    write_pairs(folder / "valid", pairs[count : count + 20])
    held = str(folder / "valid") if held_out else None
    config = PrepareConfig(vocab_size=vocab_size, cleaning=CleaningConfig())
    prepare(("en", "fr"), Sources((str(folder / "train"),), held, held), folder / "corpus", config, Recorder())
    return PreparedCorpus(folder / "corpus")


def with_synthetic(folder: Path, number: object) -> PreparedCorpus:
    """Return the corpus in `folder`, after its description says that the last `number` training pairs are synthetic."""
    path = folder / "prepared.json"
    info = json.loads(path.read_text(encoding="utf-8"))
    info["pairs"]["synthetic"] = number
    path.write_text(json.dumps(info), encoding="utf-8")
    return PreparedCorpus(folder)


def settings(corpus: PreparedCorpus, **choices: object) -> ModelSettings:
    sizes = {"embedding_size": 16, "hidden_size": 32, "decoder_layers": 2} | settings_of(ModelConfig, choices)
    model = ModelConfig(vocab_size=corpus.tokenizer.vocab_size, **sizes)
    usual = {"steps": 12, "batch_tokens": 200, "dropout": 0.2, "learning_rate": 5e-3}
    chosen = usual | settings_of(TrainingConfig, choices)
    return ModelSettings(
        source_language="en", target_language="fr", corpus="digits", model=model, training=TrainingConfig(**chosen)
    )


def weights_of(folder: Path) -> bytes:
    return (folder / "model.safetensors").read_bytes()
