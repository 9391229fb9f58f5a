"""The speed of decoding in bulk, its share of the fastest matrix product, and what low precision costs.

    python benchmarks/decode_speed.py MODEL --source FILE [--reference FILE] [--lines 10000] [--json]

Translates the lines of FILE with a model on disk, greedily and with beam 5, start-up not counted. `share_of_matmul` is
that of train_speed.py: the operations of the model's matrix products on real tokens and active hypotheses, as a share
of those that the fastest large product would have made in the same time. Then the first `--compare` lines are
translated in float32 as well: the share of lines that differ and, with a reference, both BLEU scores.
"""

import argparse
import json
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from attn_cli.network.openmp import share_cores

share_cores()  # as in the program: before NumPy and torch are loaded

import sacrebleu
import torch
from train_speed import best_product_rate, forward_flop

from attn_cli.decoding.engine import Batch, Engine, Floats, Ids, Result, Session
from attn_cli.decoding.search import search
from attn_cli.decoding.torch_engine import TorchEngine
from attn_cli.foundation.settings import DecodingConfig, MachineConfig, ModelConfig
from attn_cli.models.folder import read_model
from attn_cli.network.machine import Machine, start_machine
from attn_cli.text.formats.lines import read_lines


class CountingEngine(Engine):
    """An engine that counts the source tokens and the hypotheses' steps that go through it."""

    def __init__(self, engine: TorchEngine) -> None:
        self._engine = engine
        self.source_tokens = self.steps = 0

    def start(self, sources: Any) -> Session:
        """Start decoding, counting."""
        self.source_tokens += sum(map(len, sources))
        return _CountingSession(self, self._engine.start(sources))

    def batch_rows(self, length: int) -> int:
        """Return how many hypotheses to decode at once."""
        return self._engine.batch_rows(length)

    @property
    def at_once(self) -> int:
        """Return how many batches the engine decodes at the same time."""
        return self._engine.at_once

    def decode_all(self, decode: Callable[[Batch], Result], batches: Sequence[Batch]) -> list[Result]:
        """Decode all batches as the engine does."""
        return self._engine.decode_all(decode, batches)


class _CountingSession:
    def __init__(self, counter: CountingEngine, session: Session) -> None:
        self._counter, self._session = counter, session

    def step(self, tokens: Ids, rows: Ids, k: int | None = None) -> tuple[Floats, Ids]:
        self._counter.steps += len(rows)
        return self._session.step(tokens, rows, k)

    def attention(self) -> Floats:
        return self._session.attention()


def measure(
    engine: TorchEngine, config: ModelConfig, sources: list[list[int]], beam: int, machine: Machine
) -> tuple[dict[str, Any], list[list[int]]]:
    """Return the speed of translating `sources`, and the translations."""
    counter = CountingEngine(engine)
    search(engine, sources[:64], DecodingConfig(beam_size=beam))  # warm up
    rate = best_product_rate(machine.device, machine.precision)
    begin = time.perf_counter()
    found = [best for best, *_ in search(counter, sources, DecodingConfig(beam_size=beam))]
    seconds = time.perf_counter() - begin
    rate = max(rate, best_product_rate(machine.device, machine.precision))
    figures = {
        "sentences_per_s": round(len(sources) / seconds, 1),
        "pieces_per_sentence": round(sum(len(hypothesis.tokens) for hypothesis in found) / len(found), 2),
        "share_of_matmul": round(forward_flop(config, counter.source_tokens, counter.steps) / seconds / rate, 4),
        "matmul_gflop_per_s": round(rate / 1e9, 1),
    }
    return figures, [hypothesis.tokens for hypothesis in found]


def main() -> None:
    """Run the benchmark by its command line."""
    parser = argparse.ArgumentParser(description="Measure the speed of decoding.")
    parser.add_argument("model", type=Path, help="a model's folder")
    parser.add_argument("--source", type=Path, required=True)
    parser.add_argument("--reference", type=Path)
    parser.add_argument("--lines", type=int, default=10_000)
    parser.add_argument("--compare", type=int, default=1000, help="lines to translate in float32 as well; 0: none")
    parser.add_argument("--beams", type=int, nargs="+", default=[1, 5])
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--json", action="store_true", help="print one JSON object on one line")
    options = parser.parse_args()
    wanted = MachineConfig(device=options.device, precision=options.precision, threads=options.threads)
    machine = start_machine(wanted, decoding=True)
    stored = read_model(options.model)
    config, tokenizer = stored.settings.model, stored.tokenizer
    texts = [read_lines(path) for path in (options.source, options.reference) if path]
    rows = [row for row in zip(*texts, strict=True) if row[0].strip()][: options.lines]
    sources = tokenizer.encode([row[0] for row in rows])
    references = [row[1] for row in rows[: options.compare]] if options.reference else []
    engine = TorchEngine.from_weights(config, stored.weights, machine)
    exact_machine = start_machine(replace(wanted, precision="float32"), decoding=True)
    exact = TorchEngine.from_weights(config, stored.weights, exact_machine)
    result: dict[str, Any] = {"lines": len(rows)}
    for beam in options.beams:
        figures, found = measure(engine, config, sources, beam, machine)
        if options.compare:
            decoding = DecodingConfig(beam_size=beam)
            expected = [best.tokens for best, *_ in search(exact, sources[: options.compare], decoding)]
            same = sum(a == b for a, b in zip(found, expected, strict=False))
            figures["lines_that_differ_from_float32"] = round(1 - same / len(expected), 4)
            for name, tokens in (("bleu", found[: len(expected)]), ("bleu_float32", expected)) if references else ():
                figures[name] = round(sacrebleu.corpus_bleu(tokenizer.decode(tokens), [references]).score, 2)
        result[f"beam {beam}"] = figures
    result["peak_memory_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    result |= {"precision": machine.precision_name, "threads": machine.threads, "device": str(machine.device)}
    result |= {"model": config.to_dict(), "torch": torch.__version__}
    print(json.dumps(result) if options.json else "\n".join(f"{name:16} {value}" for name, value in result.items()))


if __name__ == "__main__":
    main()
