"""The speed of training, and its share of the fastest matrix product on this machine.

    python benchmarks/train_speed.py [--json] [--hidden 512] [--updates 60]

Trains with all parts of an update (batching, dropout, clipping, optimizer) on generated sentences whose lengths are
distributed like those of Multi30k en-fr. The measure is `share_of_matmul`: the floating-point operations of the model's
matrix products on real tokens, forward and backward, as a share of those that the fastest 2048 x 2048 by 2048 x 2048
product of the same run, precision and threads would have made in the same time. Padding, conversions, element-wise work
and the optimizer count as nothing: the share rises when less time goes to them.
"""

import argparse
import json
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

from attn_cli.network.openmp import share_cores

share_cores()  # as in the program: before NumPy and torch are loaded

import numpy as np
import torch

from attn_cli.foundation.settings import PAD_ID, CleaningConfig, MachineConfig, ModelConfig, TrainingConfig
from attn_cli.models.folder import ModelSettings
from attn_cli.network.machine import Machine, start_machine
from attn_cli.text.batches import Batch
from attn_cli.text.formats import Pair
from attn_cli.text.token_files import TokenFile
from attn_cli.training.trainer import Trainer

# Measured on Multi30k en-fr in 6,000 pieces, end marks included: lengths of sources, and of targets over sources, are
# about log-normal, with these means and standard deviations of the logarithm (15.8 and 18.1 pieces on average).
SOURCE_LENGTH, TARGET_OVER_SOURCE = (2.71, 0.30), (0.128, 0.176)
REFERENCE_SIZE = 2048  # of the product that a model's products are compared with


class GeneratedCorpus:
    """Random token ids in place of a prepared corpus, in sentences `length` times as long as Multi30k's.

    It has no validation text.
    """

    cleaning = CleaningConfig()
    fingerprint = "generated"

    def __init__(self, folder: Path, *, sentences: int, length: float, vocab_size: int, seed: int) -> None:
        random = np.random.default_rng(seed)
        source = length * np.exp(random.normal(*SOURCE_LENGTH, sentences))
        target = source * np.exp(random.normal(*TARGET_OVER_SOURCE, sentences))
        self._prefixes = (folder / "source", folder / "target")
        for prefix, exact in zip(self._prefixes, (source, target), strict=True):
            lengths = np.clip(np.rint(exact), 3, 80 * length).astype(int)
            TokenFile.write(prefix, [random.integers(4, vocab_size, length).tolist() for length in lengths])
        self.tokenizer, self._vocab_size = self, vocab_size

    @property
    def vocab_size(self) -> int:
        """Return the number of pieces (as the corpus' tokenizer)."""
        return self._vocab_size

    def train(self) -> tuple[TokenFile, TokenFile]:
        """Return both sides of the training text."""
        source, target = map(TokenFile, self._prefixes)
        return source, target

    def split(self, _name: str) -> list[Pair]:
        """Return no text to validate on."""
        return []

    def encode(self, _texts: list[str]) -> list[list[int]]:
        """Return the tokens of no text (as the corpus' tokenizer)."""
        return []


def forward_flop(config: ModelConfig, source_tokens: int, target_tokens: int) -> float:
    """Return the floating-point operations of the matrix products of a forward pass, attention's sums aside.

    Two per multiplication; for GRUs and one bidirectional encoder layer.
    """
    embedding, hidden = config.embedding_size, config.hidden_size
    context = hidden if config.has_attention else 0
    further = (config.decoder_layers - 1) * 3 * hidden * (context + hidden + hidden)
    keys = hidden * hidden if config.attention in ("general", "additive") else 0
    query = hidden * hidden if config.attention == "additive" else 0
    read = embedding * (context + hidden + config.vocab_size + embedding * config.lexical)
    source = 2 * 3 * hidden // 2 * (embedding + hidden // 2) + keys
    target = 3 * hidden * (embedding + hidden) + further + query + read
    return 2.0 * (source * source_tokens + target * target_tokens)


def update_flop(config: ModelConfig, batch: Batch) -> float:
    """Return the floating-point operations of an update's matrix products on real tokens.

    The backward pass takes twice the forward pass: one product for the gradient of each factor.
    """
    source_lengths, target_lengths = batch.source_lengths, (batch.target_out != PAD_ID).sum(1)
    pairs = int((source_lengths * target_lengths).sum()) if config.has_attention else 0
    attended = (2 * config.hidden_size + config.embedding_size * config.lexical) * pairs  # scores and contexts
    first_states = config.decoder_layers * config.hidden_size**2 * len(source_lengths)
    forward = forward_flop(config, int(source_lengths.sum()), int(target_lengths.sum()))
    return 3 * (forward + 2 * (attended + first_states))


def best_product_rate(device: torch.device, dtype: torch.dtype) -> float:
    """Return the floating-point operations per second of the fastest of ten large products."""
    matrix = torch.randn(REFERENCE_SIZE, REFERENCE_SIZE, device=device, dtype=dtype)
    seconds = []
    for _ in range(11):
        begin = time.perf_counter()
        (matrix @ matrix)[0, 0].item()
        seconds.append(time.perf_counter() - begin)
    return float(2 * REFERENCE_SIZE**3 / min(seconds[1:]))


def measure(
    settings: ModelSettings, machine: Machine, *, updates: int, warmup: int, sentences: int, length: float
) -> dict[str, Any]:
    """Time `updates` updates after `warmup` ones; the large product is timed before and after, and the best counts."""
    config = settings.model
    with tempfile.TemporaryDirectory() as folder:
        corpus = GeneratedCorpus(Path(folder), sentences=sentences, length=length, vocab_size=config.vocab_size, seed=1)
        trainer = Trainer(corpus, settings, machine)  # type: ignore[arg-type]
        batches = trainer.stream()
        for _ in range(warmup):
            trainer.update(next(batches))
        rate = best_product_rate(machine.device, machine.precision)
        flop, tokens, padded = 0.0, 0, 0
        begin = time.perf_counter()
        for _ in range(updates):
            batch = next(batches)
            nll, count = trainer.update(batch)
            flop, tokens, padded = flop + update_flop(config, batch), tokens + count, padded + batch.target_out.size
        float(nll)  # wait for the device
        seconds = time.perf_counter() - begin
        rate = max(rate, best_product_rate(machine.device, machine.precision))
    return {
        "target_tokens_per_s": round(tokens / seconds, 1),
        "share_of_matmul": round(flop / seconds / rate, 4),
        "model_gflop_per_s": round(flop / seconds / 1e9, 1),
        "matmul_gflop_per_s": round(rate / 1e9, 1),
        "mflop_per_target_token": round(flop / tokens / 1e6, 2),
        "target_padding": round(1 - tokens / padded, 4),
        "ms_per_update": round(1000 * seconds / updates, 1),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def main() -> None:
    """Run the benchmark by its command line."""
    parser = argparse.ArgumentParser(description="Measure the speed of training.")
    parser.add_argument("--json", action="store_true", help="print one JSON object on one line")
    parser.add_argument("--embedding", type=int, default=256)
    parser.add_argument("--hidden", type=int, default=512)
    parser.add_argument("--vocabulary", type=int, default=6000)
    parser.add_argument("--layers", type=int, default=2, help="decoder layers")
    parser.add_argument("--attention", default="general")
    parser.add_argument("--batch-tokens", type=int, default=TrainingConfig.batch_tokens)
    parser.add_argument("--sentences", type=int, default=20_000, help="in the generated corpus")
    parser.add_argument("--length", type=float, default=1.0, help="of its sentences, as a factor of Multi30k's")
    parser.add_argument("--updates", type=int, default=60)
    parser.add_argument("--warmup", type=int, default=8)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--threads", type=int)
    options = parser.parse_args()
    machine = start_machine(MachineConfig(device=options.device, precision=options.precision, threads=options.threads))
    model = ModelConfig(
        vocab_size=options.vocabulary,
        embedding_size=options.embedding,
        hidden_size=options.hidden,
        decoder_layers=options.layers,
        attention=options.attention,
    )
    training = TrainingConfig(steps=options.updates + options.warmup, batch_tokens=options.batch_tokens)
    settings = ModelSettings(
        source_language="xx", target_language="yy", corpus="generated", model=model, training=training,
        precision=machine.precision_name, threads=machine.threads,
    )  # fmt: skip
    result = measure(
        settings, machine, updates=options.updates, warmup=options.warmup,
        sentences=options.sentences, length=options.length,
    )  # fmt: skip
    result |= {"settings": settings.to_dict(), "device": str(machine.device), "torch": torch.__version__}
    print(json.dumps(result) if options.json else "\n".join(f"{name:22} {value}" for name, value in result.items()))


if __name__ == "__main__":
    main()
